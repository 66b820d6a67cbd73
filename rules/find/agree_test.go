package find

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pieces are what texts are put together from, so that hits, near misses and what
// touches them come often.
func pieces() map[Kind]string {
	return map[Kind]string{
		Phone:  `1[3-9][0-9]{9}|1[3-9][0-9][ +-]?[0-9]{4}[ +-]?[0-9]{4}|\+86|0086|86|\+[1-9][0-9]{6,14}|\+1 \([0-9]{3}\) |[0-9]{1,13}|[a-fx-z]{1,5}|[0-9]\.|[ +().-]|电话`,
		Email:  `[a-z0-9._+-]{1,6}|@|@qq\.com|\.cn|\.|-|@2x\.png|张三|谢谢|ü|[ ,:/=&'"]|\x{ff}`,
		IDCard: `110105194[0-9]{7}00[0-9]{1,2}|[1-9][0-9]{5} ?(19|20|21)[0-9]{2}(02|1[0-3])(2[89]|3[01]) ?00[0-9]{1,2}[0-9Xx]|11010[0-9]{7}|[0-9]{1,4}|[Xxa-g]|11010519491231002X|440524188001010014|110105491231002|[ .+-]|号`,
		IMEI:   `35209900176148[0-9]|35-?209900-?17614[0-9]-?[0-9]|352099 17 61481[0-9] [0-9]|0{15}|490154203237518|[0-9]{1,3}|[a-gz]|[ .+-]|号`,
		MAC:    `([0-9a-f]{2}[:-]){1,6}|[0-9A-F]{12}|[0-9a-f]{1,3}|a4:83:e7:1b:2c:3d|02:00:00:00:00:00|A4-83-E7-1B-2C-3D|550e8400-e29b-41d4-a716-|[ :.g-]|号`,
		UUID:   `550e8400-e29b-41d4-a716-[0-9a-f]{12}|[0-9A-F]{8}-([0-9A-F]{4}-){3}|0{8}-0{4}-0{4}-0{4}-0{12}|[0-9a-f]{1,12}|[ :.g-]|号`,
		IP:     `[12]?[0-9]{1,2}\.[12]?[0-9]{1,2}\.|203\.0\.113\.7|127\.0\.0\.1|2001:db8::|fe80::1|::ffff:|([0-9a-f]{1,4}:){1,7}|[0-9a-f]{1,4}|[0-9]{1,3}|::?|\.|/|//|mac|[ g\[\]-]|号`,
	}
}

func drawText(t *rapid.T, k Kind) string {
	return strings.Join(rapid.SliceOfN(rapid.StringMatching(pieces()[k]), 0, 8).Draw(t, "pieces"), "")
}

func TestScannersAgreeWithTheirTwins(t *testing.T) {
	for k, twin := range twins() {
		t.Run(k.String(), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				text := drawText(rt, k)
				if got, want := all(t, k, text), twin(text); !slices.Equal(got, want) {
					rt.Fatalf("%q holds %q, its twin says %q", text, got, want)
				}
			})
		})
	}
}

// drawEscaped escapes some bytes of text, some of them more than once.
func drawEscaped(t *rapid.T, text string) string {
	layers := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}), len(text), len(text)).Draw(t, "layers")
	var b strings.Builder
	for i := range len(text) {
		if layers[i] == 0 {
			b.WriteByte(text[i])
			continue
		}
		fmt.Fprintf(&b, "%%%s%02x", strings.Repeat("25", layers[i]-1), text[i])
	}
	return b.String()
}

func TestEscapesChangeNothing(t *testing.T) {
	for k := range pieces() {
		t.Run(k.String(), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				text := drawText(rt, k)
				escaped := drawEscaped(rt, text)
				got := all(t, k, escaped)
				for i := range got {
					for range 3 {
						got[i], _ = url.PathUnescape(got[i])
					}
				}
				if want := all(t, k, text); !slices.Equal(got, want) {
					rt.Fatalf("%q holds %q, but escaped as %q it holds %q", text, want, escaped, got)
				}
			})
		})
	}
}

func FuzzScannersAgreeWithTheirTwins(f *testing.F) {
	for _, text := range []string{
		"+86 139 1234 5678,+1 (415) 555-2671", "11010519491231002X", "35-209900-176148-1",
		"mac:a4:83:e7:1b:2c:3d", "550e8400-e29b-41d4-a716-446655440000",
		"ip:203.0.113.7 [2001:db8::7]:443 ::ffff:1.2.3.4", "写到a.b@qq.com或li@例.中国 jörg@bücher.de i@2x.png", "%2540", "",
	} {
		f.Add(text)
	}
	known := twins()
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(text, "%", "/")
		if len(text) > 200 {
			return
		}
		for k, twin := range known {
			if got, want := all(t, k, text), twin(text); !slices.Equal(got, want) {
				t.Fatalf("%q holds as %v %q, its twin says %q", text, k, got, want)
			}
		}
	})
}

func FuzzPartsLieInOrder(f *testing.F) {
	for _, text := range []string{"a%2540b.cn %E4%BD%A0@%E4%BD%A0.cn", "\xff@\xe4%bd.%a0", "%25%32%35", "+%2B8613912345678", "fe80::1%25"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for k := Phone; k <= IP; k++ {
			for _, part := range all(t, k, text) {
				if again := all(t, k, " "+part+" "); len(again) != 1 || again[0] != part {
					t.Fatalf("%q holds as %v %q, which alone holds %q", text, k, part, again)
				}
			}
		}
	})
}
