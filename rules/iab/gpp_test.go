package iab

import (
	"bufio"
	"os"
	"strings"
	"testing"

	gogpp "github.com/prebid/go-gpp"
	"github.com/prebid/go-gpp/sections"
	"github.com/prebid/go-gpp/sections/uspca"
	"github.com/prebid/go-gpp/sections/uspco"
	"github.com/prebid/go-gpp/sections/uspct"
	"github.com/prebid/go-gpp/sections/uspnat"
	"github.com/prebid/go-gpp/sections/usput"
	"github.com/prebid/go-gpp/sections/uspva"
)

// optOutNamed is a name of the file of vectors.
func optOutNamed(name string) (OptOuts, bool) {
	o, ok := map[string]OptOuts{
		"-": 0, "Sale": Sale, "Sharing": Sharing, "TargetedAdvertising": TargetedAdvertising,
		"SensitiveData": SensitiveData, "KnownChild": KnownChild, "GPC": GPC,
	}[name]
	return o, ok
}

func TestEachSectionIsReadAsTheReferenceEncoderWritesIt(t *testing.T) {
	f, err := os.Open("testdata/sections.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, seen := NewDecoder(0), Sections(0)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		words := strings.Fields(lines.Text())
		want, ok := optOutNamed(words[1])
		got := d.GPP([]byte(words[2]))
		if !ok || got.OptOuts != want || got.Sections&UnitedStates != got.Sections {
			t.Errorf("%s: got %+v, want %08b", lines.Text(), got, want)
		}
		seen |= got.Sections
	}
	if want := UnitedStates &^ (1 << sectionUSP); seen != want {
		t.Errorf("sections %b, want %b", seen, want)
	}
}

func TestAGPPString(t *testing.T) {
	core := wellFormed().encode()
	unread := unreadGPP()
	of := func(ids ...int) (s Sections) {
		for _, id := range ids {
			s |= 1 << id
		}
		return s
	}
	for _, r := range []struct {
		name, text string
		want       GPP
	}{
		{"the example of the specification, without consents", "DBABMA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA", GPP{Sections: of(2)}},
		{"its header without filling", "DBABM~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA", GPP{Sections: of(2)}},
		{"two sections as a range of the specification", "DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN", GPP{Sections: of(2, 6)}},
		{"EU TCF with consents", header(2) + "~" + core, GPP{Sections: of(2), Consents: allOf()}},
		{"US Privacy with an opt-out", header(2, 6) + "~" + core + "~1YYN", GPP{Sections: of(2, 6), Consents: allOf(), OptOuts: Sale}},
		{"a malformed US Privacy string", header(6) + "~2YNN", GPP{Sections: of(6), OptOuts: Sale}},
		{"the national section in version 1", "DBABLA~BAAQqqqqAQA.QA", GPP{Sections: of(7), OptOuts: Sale}},
		{"California and Virginia", "DBABh4A~BAaqqoBA.QA~BAmqqhA", GPP{Sections: of(8, 9), OptOuts: Sale | TargetedAdvertising}},
		{"one section opts out, the other is malformed", header(7, 9) + "~CAAaqqqqqgBA.QA~B", GPP{Sections: of(7, 9), OptOuts: Sale | Unread}},
		{"a malformed EU TCF beside a state", header(2, 9) + "~consent~BAqqqhA", GPP{Sections: of(2, 9)}},
		{"no section", header(), GPP{}},

		{"empty", "", unread},
		{"a word", "gppString", unread},
		{"a TC string", core, unread},
		{"a header of another version", "DCABMA~" + core, unread},
		{"a header that is cut off", "DB~" + core, unread},
		{"a section too few", header(2, 7) + "~" + core, unread},
		{"a section too many", header(2) + "~" + core + "~1YNN", unread},
		{"the Canadian TCF, which is not known here", header(5) + "~" + core, unread},
		{"a section that nobody registered", header(40) + "~BAqqqhA", unread},
		{"a section past all", header(90) + "~BAqqqhA", unread},
		{"a range up to 65535", endlessRange(), unread},
		{"a Fibonacci number without end", header() + strings.Repeat("V", 4000) + "~x", unread},
		{"hundreds of sections", header(2) + strings.Repeat("~", 500), unread},
		{"a section of version 2 that has none", header(9) + "~CAqqqhA", GPP{Sections: of(9), OptOuts: Unread}},
		{"a field of value 3", header(9) + "~BA_qqhA", GPP{Sections: of(9), OptOuts: Unread}},
		{"a national section of version 1 in the layout of version 2", header(7) + "~BAAqqqqqqgBA", GPP{Sections: of(7), OptOuts: Unread}},
		{"a segment that is no GPC", header(7) + "~CAAqqqqqqgBA.gA", GPP{Sections: of(7), OptOuts: Unread}},
		{"a third segment", header(7) + "~CAAqqqqqqgBA.QA.QA", GPP{Sections: of(7), OptOuts: Unread}},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := NewDecoder(0).GPP([]byte(r.text)); got != r.want {
				t.Errorf("\n got %+v\nwant %+v", got, r.want)
			}
		})
	}
}

// endlessRange is a header on which the parser of go-gpp does not end.
func endlessRange() string {
	var b bits
	b.put(headerType, 6).put(headerVersion, 6).put(1, 12).put(1, 1)
	putFibonacci(&b, 1)
	putFibonacci(&b, 65534)
	return b.encode() + "~x"
}

func TestASectionThatIsCutOffIsUnread(t *testing.T) {
	d := NewDecoder(0)
	const section = "CAAqqqqqqgBA"
	for n := range len(section) - 1 { // the last letter is filling
		if got := d.GPP([]byte(header(7) + "~" + section[:n])); got.OptOuts != Unread {
			t.Errorf("%d letters say %08b", n, got.OptOuts)
		}
	}
}

func TestAUSPrivacyString(t *testing.T) {
	for _, r := range []struct {
		name, text string
		want       bool
	}{
		{"did not opt out", "1YNN", false}, {"opted out", "1YYN", true}, {"not applicable", "1---", false},
		{"opted out without notice", "1NYN", true}, {"lower case", "1yyn", true}, {"lower case, did not", "1ynn", false},
		{"version 2", "2YNN", true}, {"a version alone", "1", true}, {"too long", "1YNNN", true}, {"another letter", "1YXN", true}, {"a word", "none", true},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := OptedOut([]byte(r.text)); got != r.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestTheSectionsInForceAreNamed(t *testing.T) {
	for _, r := range []struct {
		name, text string
		want       Sections
	}{
		{"one", "7", 1 << 7}, {"several", "2,7", 1<<2 | 1<<7}, {"with underscores", "2_8", 1<<2 | 1<<8}, {"with blanks", "2 , 8", 1<<2 | 1<<8}, {"in brackets", "[2,8]", 1<<2 | 1<<8},
		{"none, as the API of the page says", "-1", 0}, {"zero", "0", 0}, {"no number", "usnat", Unreadable}, {"a number past all", "64", Unreadable},
		{"a number without end", strings.Repeat("9", 100), Unreadable}, {"one of them is no number", "7,x", 1<<7 | Unreadable}, {"a fraction", "7.5", Unreadable},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := Named([]byte(r.text)); got != r.want {
				t.Errorf("got %b, want %b", got, r.want)
			}
		})
	}
}

// goGPP gives what go-gpp reads from a section of version 1.
func goGPP(id int, text string) (core sections.CommonUSCoreSegment, sharing byte, gpc, ok bool) {
	var err error
	switch id {
	case sectionUSNat:
		s, e := uspnat.NewUSPNAT(text)
		core.Version, core.SaleOptOut, sharing = s.CoreSegment.Version, s.CoreSegment.SaleOptOut, s.CoreSegment.SharingOptOut
		core.TargetedAdvertisingOptOut, gpc, err = s.CoreSegment.TargetedAdvertisingOptOut, s.GPCSegment.Gpc, e
		core.SensitiveDataProcessing, core.KnownChildSensitiveDataConsents = s.CoreSegment.SensitiveDataProcessing, s.CoreSegment.KnownChildSensitiveDataConsents
	case sectionUSCA:
		s, e := uspca.NewUSPCA(text)
		core.Version, core.SaleOptOut, sharing = s.CoreSegment.Version, s.CoreSegment.SaleOptOut, s.CoreSegment.SharingOptOut
		core.SensitiveDataProcessing, core.KnownChildSensitiveDataConsents = s.CoreSegment.SensitiveDataProcessing, s.CoreSegment.KnownChildSensitiveDataConsents
		gpc, err = s.GPCSegment.Gpc, e
	case sectionUSUT:
		s, e := usput.NewUSPUT(text)
		core.Version, core.SaleOptOut, core.TargetedAdvertisingOptOut = s.CoreSegment.Version, s.CoreSegment.SaleOptOut, s.CoreSegment.TargetedAdvertisingOptOut
		core.SensitiveDataProcessing, err = s.CoreSegment.SensitiveDataProcessing, e
		core.KnownChildSensitiveDataConsents = []byte{s.CoreSegment.KnownChildSensitiveDataConsents}
	case sectionUSVA:
		s, e := uspva.NewUSPVA(text)
		core, err = s.CoreSegment, e
	case sectionUSCO:
		s, e := uspco.NewUSPCO(text)
		core, gpc, err = s.CoreSegment, s.GPCSegment.Gpc, e
	case sectionUSCT:
		s, e := uspct.NewUSPCT(text)
		core, gpc, err = s.CoreSegment, s.GPCSegment.Gpc, e
	}
	return core, sharing, gpc, err == nil
}

// FuzzSections holds what is read of the sections that go-gpp knows against go-gpp.
func FuzzSections(f *testing.F) {
	for id, text := range map[int]string{7: "BAAQqqqqAQA.QA", 8: "BAqqqoBA.YA", 9: "BAqqqhA", 10: "BAqqqEA.QA", 11: "BAKqqoQA", 12: "BAqqqgEA.QA"} {
		f.Add(id, text)
	}
	f.Fuzz(func(t *testing.T, id int, text string) {
		if id < sectionUSNat || id > sectionUSCT || len(text) > 1000 {
			return
		}
		got := readUS(id, text)
		core, sharing, gpc, ok := goGPP(id, text)
		if got&Unread != 0 || core.Version != 1 {
			return
		}
		want := OptOuts(0)
		for i, v := range append([]byte{core.SaleOptOut, sharing, core.TargetedAdvertisingOptOut}, core.SensitiveDataProcessing...) {
			if v == 1 {
				want |= OptOuts(1) << min(i, 3)
			}
		}
		for _, v := range core.KnownChildSensitiveDataConsents {
			if v != 0 {
				want |= KnownChild
			}
		}
		if gpc {
			want |= GPC
		}
		if !ok || got&^GPC != want&^GPC || gpc && got&GPC == 0 {
			t.Errorf("section %d %q: got %08b, go-gpp %08b (%v)", id, text, got, want, ok)
		}
	})
}

func TestGoGPPReadsTheSameHeaders(t *testing.T) {
	for _, ids := range [][]int{{2}, {2, 6}, {7}, {5, 6, 7}, {8, 9, 10, 11, 12}, {2, 27}, {1, 63}} {
		text := header(ids...) + strings.Repeat("~1YNN", len(ids))
		theirs, _ := gogpp.Parse(text)
		ours, ok := readHeader(header(ids...))
		if !ok || len(ours) != len(ids) || len(theirs.SectionTypes) != len(ids) {
			t.Fatalf("%v: got %v, go-gpp %v", ids, ours, theirs.SectionTypes)
		}
		for i := range ids {
			if ours[i] != ids[i] || int(theirs.SectionTypes[i]) != ids[i] {
				t.Errorf("%v: got %v, go-gpp %v", ids, ours, theirs.SectionTypes)
			}
		}
	}
}
