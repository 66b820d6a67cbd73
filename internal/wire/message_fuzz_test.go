package wire

import (
	"bytes"
	"testing"
)

// FuzzCodings decodes anything within a limit, and encodes again what was decoded.
func FuzzCodings(f *testing.F) {
	for i, coding := range realCodings {
		f.Add(byte(i), []byte(encode(f, coding, `{"a":1}`)), uint16(100))
		f.Add(byte(i), []byte(encode(f, coding, string(bytes.Repeat([]byte("[["), 500)))), uint16(999))
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte, limit uint16) {
		var codecs Codecs
		before := []byte("before")
		for range 2 { // the second time with used states
			out, used, fault := codecs.Decode(before, data, realCodings[int(which)%len(realCodings)], int(limit))
			if fault.Failed() {
				if fault.What == "" || fault.Offset < 0 || fault.Offset > len(data) {
					t.Fatalf("%+v", fault)
				}
				continue
			}
			inside, ok := bytes.CutPrefix(out, before)
			if !ok || len(inside) > int(limit) {
				t.Fatalf("%d bytes for a limit of %d", len(out), limit)
			}
			again, fault := codecs.Encode(nil, inside, used)
			if fault.Failed() {
				t.Fatal(fault)
			}
			back, usedAgain, fault := codecs.Decode(nil, again, used, len(inside))
			if fault.Failed() || !bytes.Equal(back, inside) || usedAgain != used {
				t.Fatalf("%q comes back as %q, %v", inside, back, fault)
			}
		}
	})
}

// FuzzBody edits whatever can be read of a body. What goes out can be read again.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		"{\"imei\":1}\n{\"a\":[{\"oaid\":\"x\"}]}", `{"a":"{\"imei\":\"\\\"\"}","device":{"imei":2}}`, "imei=1&a=%7b;b", `[[{"imei":{}},"[{}]"]]`,
		`{"a":"\"{\\\"imei\\\":1}\""}`, "\ufeff{}", "{}{}", `{"imei" : 1 , "imei" : 2 }`,
	} {
		f.Add([]byte(seed), false)
	}
	f.Add([]byte("{\"a\":\"\xed\xa0\xbd\",\"imei\":1}"), true)
	p := newPlan(f, "**.imei", "device", "record a.#", "oaid*", "form:imei")
	f.Fuzz(func(t *testing.T, body []byte, lax bool) {
		p := *p
		p.roots.Lax = lax
		m := p.message()
		kept := bytes.Clone(body)
		doc, fault := m.AddBody(body, nil)
		if fault.Failed() {
			return
		}
		editAll(m)
		out := seal(t, m, doc)
		if !bytes.Equal(body, kept) {
			t.Fatal("the body was written to")
		}
		if _, fault := p.message().AddBody([]byte(out), nil); fault.Code == Malformed && m.Docs[doc].Kind == DocJSON {
			t.Fatalf("%q became %q: %v", body, out, fault)
		}
	})
}
