package wire

import "testing"

func TestSmoke(t *testing.T) {
	b := NewBuilder()
	loc, err := ParseLocator("**.imei", func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	p := b.Add(b.Plain(), JSON, loc.Steps, false)
	b.Want(p[len(p)-1], Any)
	hr, qr, cr := b.Root(), b.Root(), b.Root()
	x := b.Add(cr, Cookie, []Step{{Name, "uid"}}, false)
	b.Want(x[0], Any)
	x = b.Add(qr, Query, []Step{{Name, "imei"}}, false)
	b.Want(x[0], Any)
	x = b.Add(hr, Header, []Step{{Name, "x-imei"}}, false)
	b.Want(x[0], Any)
	m, err := b.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	var msg Message
	for range 2 {
		msg.Reset(m, Roots{Header: hr, Query: qr, Cookie: cr}, Limits{Decoded: 1 << 20, Depth: 64, Layers: 6, Records: 100}, 1<<16)
		q := msg.AddQuery([]byte("a=1&%69mei=3&b=4;imei[]=9"))
		h := msg.AddHead([]byte("Host: a\r\nX-Imei: 1\r\nCookie: UID=1; b=2, uid=8; c=\"3;uid=5\"\r\nCookie: uid=9\r\nZ: 1\r\n"))
		doc, f := msg.AddBody([]byte(`{"imei":"1", "a":[{"IMEI":2},{"x":"{\"\\u0069mei\":3, \"b\":\"\\/\"}"}],"imei":{"imei":4} }`), nil)
		if f.Failed() {
			t.Fatal(f)
		}
		for i := range msg.Spans {
			msg.Remove(&msg.Spans[i])
		}
		if f := msg.Seal(); f.Failed() {
			t.Fatal(f)
		}
		t.Logf("%s\n%s\n%s", msg.Docs[q].Out, msg.Docs[h].Out, msg.Docs[doc].Out)
	}
}
