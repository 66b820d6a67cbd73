package find

import "testing"

// all gives the parts of text that are of the kind.
func all(t testing.TB, k Kind, text string) (parts []string) {
	t.Helper()
	for from := 0; ; {
		lo, hi, ok := k.Next([]byte(text), from)
		if !ok {
			return parts
		}
		if lo < from || hi <= lo || hi > len(text) {
			t.Fatalf("%v from %d of %q gives %d:%d", k, from, text, lo, hi)
		}
		parts, from = append(parts, text[lo:hi]), hi
	}
}

// row is a text and the part of it that is to be found; "" where there is none.
type row struct{ name, text, want string }

func checkRows(t *testing.T, k Kind, rows []row) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			parts := all(t, k, row.text)
			if row.want == "" && len(parts) > 0 {
				t.Errorf("%q holds %q", row.text, parts)
			}
			if row.want != "" && (len(parts) != 1 || parts[0] != row.want) {
				t.Errorf("%q holds %q, want %q", row.text, parts, row.want)
			}
		})
	}
}

func TestEveryKindHasAName(t *testing.T) {
	for _, name := range Names() {
		if k, ok := KindOf(name); !ok || k.String() != name {
			t.Errorf("%q is the kind %v, %v", name, k, ok)
		}
	}
	if k, ok := KindOf("name"); ok || k != 0 {
		t.Errorf("an unknown name is the kind %v", k)
	}
}

func TestWhatIsNoKindIsNeverFound(t *testing.T) {
	for _, k := range []Kind{0, Kind(len(Names()) + 1), 255} {
		if _, _, ok := k.Next([]byte("13912345678 a@b.cn"), 0); ok || k.String() != "none" {
			t.Errorf("kind %d is %v and finds something", uint8(k), k)
		}
	}
}

func TestNextTakesAnyOffset(t *testing.T) {
	for k := Phone; k <= IP; k++ {
		for from := -3; from < 20; from++ {
			k.Next([]byte("%2540%4"), from)
			k.Next(nil, from)
		}
	}
}

func TestNextGoesOnFromWhereItEnded(t *testing.T) {
	text := "张三 13912345678，李四 13812345678; zhang@qq.com,li%40163.com 10.0.0.7 10.0.0.8"
	for k, want := range map[Kind]int{Phone: 2, Email: 2, IP: 2, UUID: 0} {
		if parts := all(t, k, text); len(parts) != want {
			t.Errorf("%v finds %q, want %d", k, parts, want)
		}
	}
}
