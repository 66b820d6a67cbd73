package wire

import "testing"

// sweepRig knows some keys in every kind of document.
func sweepRig(t testing.TB) (*rig, []Listed) {
	r := newRig(t, "f: form:f | json", "p: t | pairs", `b: f/b | base64 | protobuf`, "u: u | url",
		"a.k", "a.#", "**.z", "f/k", "p/k", "b/1.2", "u/k", "form:k")
	listing := make([]Listed, r.matcher.Nodes())
	for _, at := range []string{"a.k", "a.#", "**.z", "f/k", "p/k", "b/1.2", "u/k", "form:k"} {
		listing[r.node(t, at)] = Ends | Covers
	}
	for _, at := range []string{"a", "t", "u", "f/b", "b/1", "form:f"} {
		listing[r.node(t, at)] |= Through
	}
	return r, listing
}

// FuzzNothingUnlistedIsLeft removes what is not listed, and looks at what goes out as at
// a request of its own.
func FuzzNothingUnlistedIsLeft(f *testing.F) {
	for _, body := range []string{
		`{"a":{"k":1,"x":2},"z":[3],"y":{"z":1}}`, `{"a":[1,{"k":"\u0041"}],"t":"k=1##x=2"}`, "{\"a\":1}\n[{\"b\":{}}]",
		`{"a":"{\"k\":1,\"x\":2}","u":"http://h/?k=1&x=2"}`, `k=1&x=2;k&f={"k":1,"b":"CgQQARgC"}`, `{"q":"[{\"z\":1},2]"}`, `k;x=1&%6b=2`, `{"a":1,"t":"x","u":[2]}`,
		`f={"V":1,"b":"SgMQ_gC"}`,
	} {
		f.Add([]byte(body))
	}
	r, listing := sweepRig(f)
	m, again := new(Message), new(Message)
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, fault := r.read(m, "", string(body))
		if fault.Failed() || m.Crowded() {
			return
		}
		m.Sweep(listing, nil, true)
		m.CutUnlisted()
		if fault := m.Seal(); fault.Failed() {
			t.Fatal(fault)
		}
		out := string(m.Docs[doc].Out)
		if _, fault := r.read(again, "", out); fault.Failed() {
			return // such as an emptied form, which is no form
		}
		again.Sweep(listing, nil, true)
		if len(again.Unlisted) > 0 {
			t.Errorf("%q became %q, in which %q is not listed", body, out, again.Unlisted[0].Raw(again.Docs[again.Unlisted[0].Doc].Buf))
		}
	})
}

// sums tells names apart.
type sums struct{}

func (sums) Step(object uint64, name []byte) uint64 {
	for _, c := range name {
		object = object*131 + uint64(c)
	}
	return object*131 + 7
}

// FuzzTheWayToAKeyIsThatOfTheSweep finds each unlisted value again.
func FuzzTheWayToAKeyIsThatOfTheSweep(f *testing.F) {
	for _, body := range []string{
		`{"a":{"x":[2,{"y":null}]}}`, "[1]\n{\"b\":{}}", `{"a":"{\"x\":{\"y\":\"\"}}","t":"x=2"}`, `x=2&f={"b":"CgQQARgC","y":1}`,
	} {
		f.Add([]byte(body))
	}
	r, listing := sweepRig(f)
	m := new(Message)
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, fault := r.read(m, "", string(body)); fault.Failed() {
			return
		}
		m.Sweep(listing, sums{}, false)
		for i := range min(len(m.Unlisted), 100) {
			u := &m.Unlisted[i]
			if got, _ := m.PathTo(&u.Span, sums{}, func(Crumb) {}); got != u.Path {
				t.Errorf("%q: %+v has the path %x, found again %x", body, u.Span, u.Path, got)
			}
		}
	})
}
