package iab

import (
	"fmt"
	"sync"
	"testing"
)

func TestADecoderGivesTheSameAnswerTwice(t *testing.T) {
	d := NewDecoder(755)
	text := []byte(wellFormed().encode())
	if first, again := d.TCF(text), d.TCF(text); first != allOf() || again != first {
		t.Errorf("%#x, then %#x", first, again)
	}
	if got := d.GPP(text); got != unreadGPP() {
		t.Errorf("read as a GPP string, a TC string says %+v", got)
	}
	if d.TCF(text) != allOf() {
		t.Error("reading it as another standard changed what a string says")
	}
}

func TestADecoderThatRemembersAllocatesNothing(t *testing.T) {
	d := NewDecoder(755)
	text, us := []byte(wellFormed().encode()), []byte("DBABLA~CAAaqqqqqgBA.QA")
	if n := testing.AllocsPerRun(100, func() { d.TCF(text); d.GPP(us) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestADecoderServesManyAtOnce(t *testing.T) {
	d := NewDecoder(0)
	texts := [][]byte{[]byte(wellFormed().encode()), []byte("consent")}
	want := []Consents{allOf(), 0}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 2000 {
				d.TCF(fmt.Appendf(nil, "other %d", i)) // takes places away
				if got := d.TCF(texts[i%2]); got != want[i%2] {
					t.Errorf("got %#x", got)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestAMacroIsNoString(t *testing.T) {
	for _, text := range []string{"", "${GDPR_CONSENT_755}", "{GPP}", "[GDPR_CONSENT]", "%%CONSENT%%", "__GDPR_CONSENT__"} {
		if !IsMissing([]byte(text)) {
			t.Errorf("%q counts as a string", text)
		}
	}
	tc := "CQSUAAQSUAAAfAAAENBkEgAAAAAEIAAAAAAAAALzgAgLzAA"
	for _, text := range []string{"[" + tc + "]", "%" + tc, "{" + tc + "}", "null", "consent", "1---", "0", "[7,8]", `{"a":1}`, "{}", "$", "__", "_C", "{a b}", "{é}"} {
		if IsMissing([]byte(text)) {
			t.Errorf("%q counts as none", text)
		}
	}
}

// FuzzDecoder reads anything as anything. Nothing panics, and a string that was cut
// off, or came with more behind it, never consents to more.
func FuzzDecoder(f *testing.F) {
	for _, text := range []string{
		"CQSU_AAQSU_AAAfAAAENBkEoAPIAAAAAAAAAF5wBAABAAGAAQAvMAAAAAAAA.IAAA", "DBABLA~CAAaqqqqqgBA.QA",
		"DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN", "1YNN", "DBABUYA~BQCg.qqo", "D", "C.", "~",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxString {
			return
		}
		most, one := tcf(text, 0), tcf(text, 755)
		if !most.Has(one) {
			t.Errorf("%q consents to %#x, but for a vendor to %#x", text, most, one)
		}
		g, v := gpp(text, 0), gpp(text, 755)
		if !g.Consents.Has(v.Consents) || g.OptOuts != v.OptOuts || g.Sections != v.Sections {
			t.Errorf("%q: %+v, but for a vendor %+v", text, g, v)
		}
		OptedOut([]byte(text))
		Named([]byte(text))
		IsMissing([]byte(text))
	})
}
