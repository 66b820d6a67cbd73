package find

import (
	"strings"
	"testing"
)

// hostile are texts of which a scanner that reads on from every byte, or goes back
// from every sign, would never come to the end within a test.
func hostile() []string {
	return []string{
		"1", "0", "a", "%", "@", ":", "::", ".", "-", "+", " ", "号", "\xff",
		"%2", "%25", "%2525", "%252525252540", "%40", "%31", "%E5%8F%B7", "a@", "@a", "a.", "@a.b.",
		"1.", "1.2.3.", "1:", "a:a", "zz:1:", "::1.", "+1 ", "+1234567 ", "139 1234 567 ", "a1", "f13912345678",
		"352099001761481a", "aa:bb:cc:dd:ee:", "aabb-", "550e8400-e29b-41d4-a716-44665544000-", "110105194912310021",
	}
}

func TestHostileTextsAreReadToTheEnd(t *testing.T) {
	for _, unit := range hostile() {
		size := 1 << 18
		if len(unit) == 1 {
			size = 1 << 20
		}
		text := []byte(strings.Repeat(unit, size/len(unit)))
		for k := Phone; k <= IP; k++ {
			for from, ok := 0, true; ok; {
				_, from, ok = k.Next(text, from)
			}
		}
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	text := []byte(`{"u":"https://x.cn/?m=zhang%40qq.com&t=%2B8613912345678","id":"11010519491231002X 352099001761481",` +
		`"m":"a4:83:e7:1b:2c:3d","v":"550e8400-e29b-41d4-a716-446655440000","ip":"203.0.113.7 2001:db8::7","n":"张三@例子.中国"}`)
	for k := Phone; k <= IP; k++ {
		found := 0
		allocs := testing.AllocsPerRun(20, func() {
			for from, ok := 0, true; ok; found++ {
				_, from, ok = k.Next(text, from)
			}
		})
		if allocs != 0 || found == 21 {
			t.Errorf("%v allocates %v times and finds %d parts", k, allocs, found/21-1)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	text := []byte(strings.Repeat("首页-商品详情 https://shop.example.cn/item?id=2026112200418&from=share&t=1700000000000 ", 10))
	for k := Phone; k <= IP; k++ {
		b.Run(k.String(), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				k.Next(text, 0)
			}
		})
	}
}
