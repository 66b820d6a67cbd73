package iab

import (
	"strings"
	"testing"
	"time"
)

// allOf is what the well-formed strings of these tests consent to.
func allOf() Consents {
	return Purpose(1) | Purpose(2) | Purpose(3) | Purpose(4) | Purpose(7) | SpecialFeature(1)
}

func wellFormed() tcString {
	return tcString{purposes: []int{1, 2, 3, 4, 7}, features: []int{1}, vendors: []int{2, 755}}
}

func TestATCStringConsentsToWhatItSays(t *testing.T) {
	last := time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC)
	with := func(change func(*tcString)) string {
		s := wellFormed()
		change(&s)
		return s.encode()
	}
	segments := func(list ...string) string { return with(func(s *tcString) { s.segments = list }) }
	publisher := new(bits).put(segmentPublisher, 3).put(0, 80).encode()
	for _, r := range []struct {
		name, text string
		vendor     uint16
		want       Consents
	}{
		{"purposes and special features", wellFormed().encode(), 0, allOf()},
		{"of a vendor with consent", wellFormed().encode(), 755, allOf()},
		{"of a vendor without", wellFormed().encode(), 754, 0},
		{"of a vendor past the last", wellFormed().encode(), 756, 0},
		{"a string of the reference encoder, 2.2", "CQSU_AAQSU_AAAfAAAENBkEoAPIAAAAAAAAAF5wBAABAAGAAQAvMAAAAAAAA", 755, allOf()},
		{"a string of the reference encoder, 2.3", "CQh-8AAQh-8AAAfAAAENBkFoAPIAAAAAAAAAF5wBAABAAGAAQAvMAAAAAAAA.IF5wAwABAAGAXmAA.YAAAAAAAAAAA", 755, allOf()},
		{"2.3, a vendor that has consent and was not disclosed", "CQh-8AAQh-8AAAfAAAENBkFoAPIAAAAAAAAAF5wBAABAAGAAQAvMAAAAAAAA.IF5wAwABAAGAXmAA.YAAAAAAAAAAA", 8, 0},
		{"legitimate interest alone", "CQSU_AAQSU_AAAfAAAENBkEgAAAAAEIAAAAAAAALzgAgLzAA", 755, 0},
		{"legitimate interest beside consent", with(func(s *tcString) { s.interests = []int{8, 9, 10} }), 755, allOf()},

		{"a disclosed vendor", segments(segment(segmentDisclosed, 755)), 755, allOf()},
		{"a vendor that was not disclosed", segments(segment(segmentDisclosed, 2)), 755, 0},
		{"nobody was disclosed", segments("IAAA"), 755, 0},
		{"nobody was disclosed, and no vendor is asked for", segments("IAAA"), 0, allOf()},
		{"disclosed as a field", segments(field(segmentDisclosed, 800, 755)), 755, allOf()},
		{"not disclosed as a field", segments(field(segmentDisclosed, 800, 754)), 755, 0},
		{"a field that ends before the vendor", segments(field(segmentDisclosed, 700, 2)), 755, 0},
		{"the publisher's segment first", segments(publisher, segment(segmentDisclosed, 755)), 755, allOf()},
		{"allowed vendors say nothing of disclosure", segments(segment(segmentAllowed, 2)), 755, allOf()},

		{"policy 5 without disclosed vendors", with(func(s *tcString) { s.policy = 5 }), 0, 0},
		{"policy 5 with them", with(func(s *tcString) { s.policy, s.segments = 5, []string{segment(segmentDisclosed, 755)} }), 755, allOf()},
		{"made on the last day without disclosed vendors", with(func(s *tcString) { s.created = last }), 0, allOf()},
		{"made on the day after", with(func(s *tcString) { s.created = last.Add(time.Second) }), 0, 0},

		{"a purpose that the publisher forbids", with(func(s *tcString) { s.restrictions = []restriction{{3, 0, 755}} }), 755, allOf() &^ Purpose(3)},
		{"a purpose that must have consent", with(func(s *tcString) { s.restrictions = []restriction{{3, 1, 755}} }), 755, allOf()},
		{"a purpose left to legitimate interest", with(func(s *tcString) { s.restrictions = []restriction{{3, 2, 755}} }), 755, allOf() &^ Purpose(3)},
		{"a purpose that is forbidden, and then to another", with(func(s *tcString) { s.restrictions = []restriction{{3, 0, 755}, {3, 0, 2}} }), 755, allOf() &^ Purpose(3)},
		{"a purpose that is forbidden behind vendors with a bit each", with(func(s *tcString) { s.asBits, s.restrictions = true, []restriction{{3, 0, 755}} }), 755, allOf() &^ Purpose(3)},
		{"a restriction of another vendor", with(func(s *tcString) { s.restrictions = []restriction{{3, 0, 2}} }), 755, allOf()},

		{"empty", "", 0, 0},
		{"no base64", "C!", 0, 0},
		{"a word", "consent", 0, 0},
		{"version 1", "BOlOrv1OlOr2EAAABADECg-AAAApp7v______9______9uz_Ov_v_f__33e8__9v_l_7_-___u_-3zd4u_1vf99yfm1-7etr3tp_87ues2_Xur__79__3z3_9phP78k89r7337Ew-v02", 0, 0},
		{"version 3", with(func(s *tcString) { s.version = 3 }), 0, 0},
		{"a GPP string", "DBABMA~" + wellFormed().encode(), 0, 0},
		{"padded", wellFormed().encode() + "=", 0, 0},
		{"an empty segment", segments(""), 0, 0},
		{"a segment of unknown type", segments(segment(4, 755)), 0, 0},
		{"two lists of disclosed vendors", segments(segment(segmentDisclosed, 755), segment(segmentDisclosed, 755)), 755, 0},
		{"a disclosed range that ends before it begins", segments(new(bits).put(1, 3).put(800, 16).put(1, 1).put(1, 12).put(1, 1).put(756, 16).put(700, 16).encode()), 0, 0},
		{"a disclosed vendor above the highest", segments(new(bits).put(1, 3).put(100, 16).put(1, 1).put(1, 12).put(0, 1).put(755, 16).encode()), 755, 0},
		{"a disclosed field that is cut off", segments(new(bits).put(1, 3).put(800, 16).put(0, 1).encode()), 0, 0},
		{"more ranges than there is room for", segments(new(bits).put(1, 3).put(800, 16).put(1, 1).put(4095, 12).encode()), 0, 0},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := NewDecoder(r.vendor).TCF([]byte(r.text)); got != r.want {
				t.Errorf("got %#x, want %#x", got, r.want)
			}
		})
	}
}

func TestATCStringThatIsCutOffConsentsToNothing(t *testing.T) {
	s := wellFormed()
	s.policy, s.segments = 5, []string{segment(segmentDisclosed, 2, 755)}
	text := s.encode()
	d := NewDecoder(755)
	for n := range len(text) - 1 { // the last letter is filling
		if got := d.TCF([]byte(text[:n])); got != 0 {
			t.Errorf("%d of %d letters consent to %#x", n, len(text), got)
		}
	}
}

func TestATCStringThatIsTooLongConsentsToNothing(t *testing.T) {
	if got := NewDecoder(0).TCF([]byte(wellFormed().encode() + strings.Repeat("A", maxString))); got != 0 {
		t.Errorf("got %#x", got)
	}
}
