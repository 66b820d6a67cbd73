package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// bidRequest makes a request of about 1, 4 or 32 KB as ad exchanges send them: many
// short names and values, a list of installed apps, a document in a text.
func bidRequest(kilobytes int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, uint64(kilobytes)))
	imps, apps, segments := 1, 3, 0
	switch kilobytes {
	case 4:
		imps, apps, segments = 2, 25, 6
	case 32:
		imps, apps, segments = 18, 220, 220
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"id":"%016x%016x","imp":[%s],"app":{"id":"%08d","name":"天气预报","bundle":"com.example.app%d","ver":"%d.%d.1"`,
		r.Uint64(), r.Uint64(), list(imps, func(i int) string { return impression(r, i) }), r.IntN(1e8), r.IntN(100), r.IntN(12), r.IntN(30))
	if kilobytes > 1 {
		b.WriteString(`,"storeurl":"https:\/\/store.example.com\/app\/C1?locale=zh_CN","cat":["IAB1","IAB9-30"],"publisher":{"id":"7","name":"\u5317\u4eac"}`)
	}
	fmt.Fprintf(&b, `},"device":{"ua":"Mozilla\/5.0 (Linux; Android %d; X Build\/K; wv) AppleWebKit\/537.36 (KHTML, like Gecko) Mobile Safari\/537.36",`+
		`"ip":"203.0.113.%d","geo":{"lat":%d.%06d,"lon":%d.%06d,"type":1,"country":"CHN","city":"Chengdu"},"imei":"86%013d","oaid":"%016x",`+
		`"ifa":"%08x-0000-4000-a000-%012x","make":"HUAWEI","model":"%06X","os":"Android","osv":"14","w":1080,"h":2400,"connectiontype":2,"language":"zh",`+
		`"ext":{"disk":137438953472,"sensors":["acc","gyro"],"applist":[%s]}},"user":{"id":"%016x"`,
		9+r.IntN(6), r.IntN(256), 20+r.IntN(25), r.IntN(1e6), 80+r.IntN(45), r.IntN(1e6), r.Uint64N(1e13), r.Uint64(), r.Uint32(), r.Uint64N(1<<48),
		r.IntN(1<<24), list(apps, func(i int) string {
			return fmt.Sprintf(`{"p":"com.%s.%s%d","v":"%d.%d.%d","t":%d}`, word(r), word(r), r.IntN(99), r.IntN(12), r.IntN(30), r.IntN(99), 1600000000+r.IntN(150000000))
		}), r.Uint64())
	if segments > 0 {
		fmt.Fprintf(&b, `,"yob":%d,"gender":"F","data":[{"id":"%d","name":"dmp.example","segment":[%s]}]`, 1960+r.IntN(50), r.IntN(1000), list(segments, func(int) string {
			return fmt.Sprintf(`{"id":"%06d","name":"%s-%s","value":"0.%03d"}`, r.IntN(1e6), word(r), word(r), r.IntN(1000))
		}))
	}
	b.WriteString(`},"at":2,"tmax":300,"cur":["CNY"],"regs":{"coppa":0,"ext":{"gdpr":0}}}`)
	return b.Bytes()
}

func list(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return strings.Join(items, ",")
}

func word(r *rand.Rand) string {
	words := strings.Fields("game video shop news music chat pay map photo read travel food sport bank car weather tencent baidu example")
	return words[r.IntN(len(words))]
}

func impression(r *rand.Rand, i int) string {
	head := fmt.Sprintf(`{"id":"%d","tagid":"%010d","bidfloor":%d.%02d,"bidfloorcur":"CNY","secure":1,`, i+1, r.Uint64N(1e10), r.IntN(40), r.IntN(100))
	switch i % 3 {
	case 1:
		return head + fmt.Sprintf(`"native":{"request":"{\"native\":{\"ver\":\"1.2\",\"context\":1,\"assets\":[{\"id\":1,\"required\":1,\"title\":{\"len\":%d}},`+
			`{\"id\":2,\"required\":1,\"img\":{\"type\":3,\"w\":1200,\"h\":627}}],\"eventtrackers\":[{\"event\":1,\"methods\":[1,2]}]}}","ver":"1.2","api":[3,5]}}`, r.IntN(90))
	case 2:
		return head + fmt.Sprintf(`"video":{"mimes":["video\/mp4","video\/3gpp"],"minduration":5,"maxduration":%d,"protocols":[2,3,5,6,7,8],"w":1280,"h":720,`+
			`"linearity":1,"skip":1,"playbackmethod":[1,2],"delivery":[2],"api":[1,2,7],"companionad":[{"w":300,"h":250,"id":"%06x"}]},"ext":{"rewarded":%d,"scene":"%s"}}`,
			15+r.IntN(45), r.IntN(1<<24), r.IntN(2), word(r))
	}
	return head + fmt.Sprintf(`"instl":0,"banner":{"w":320,"h":50,"pos":1,"mimes":["image\/jpeg","image\/png"],"btype":[1,4],"battr":[1,2,3,8,9,10]},"ext":{"slot":"%08x","tmpl":[%d,%d]}}`,
		r.Uint32(), r.IntN(100), r.IntN(100))
}

// narrowLocators are the fields of the job that every kernel does.
func narrowLocators() []string {
	return []string{"device.imei", "device.oaid", "device.ifa", "device.geo.lat", "device.geo.lon", "device.ext.applist", "device.ip"}
}

// shippedLocators are the places in bodies that the shipped openrtb file names.
func shippedLocators(t testing.TB) (locators []string) {
	text, err := os.ReadFile("../../configs/rules/openrtb.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"([a-z_0-9*#][^":, ]*)"`).FindAllSubmatch(text, -1) {
		if at := string(m[1]); strings.Contains(at, ".") && !slices.Contains(locators, at) {
			locators = append(locators, at)
		}
	}
	if len(locators) < 100 {
		t.Fatalf("only %d places", len(locators))
	}
	return locators
}

const pseudonym = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// scanAndSplice does the job with the scanner of this package.
func scanAndSplice(t testing.TB, locators []string) func(body []byte) []byte {
	p := newPlan(t, locators...)
	p.limits, p.roots.ReadsForm = Limits{Decoded: 1 << 20, Depth: 64, Layers: 6, Records: 1000}, false
	m := new(Message)
	return func(body []byte) []byte {
		p.reset(m)
		doc, fault := m.AddBody(body, nil)
		if fault.Failed() {
			t.Fatal(fault)
		}
		for i := range m.Spans {
			s := &m.Spans[i]
			if s.Key == s.Start { // an element of an array that goes as a whole
				continue
			}
			text := m.Docs[s.Doc].Buf
			switch name := text[s.Key+1 : s.Start]; {
			case bytes.HasPrefix(name, []byte("imei")), bytes.HasPrefix(name, []byte("applist")):
				m.Remove(s)
			case bytes.HasPrefix(name, []byte("oaid")), bytes.HasPrefix(name, []byte("ifa")):
				m.ReplaceText(s, []byte(pseudonym))
			case bytes.HasPrefix(name, []byte("ip")):
				m.ReplaceText(s, []byte("203.0.113.0"))
			case bytes.HasPrefix(name, []byte("lat")), bytes.HasPrefix(name, []byte("lon")):
				var number [24]byte
				m.ReplaceRaw(s, round(number[:0], string(s.Raw(text))))
			}
		}
		if fault := m.Seal(); fault.Failed() {
			t.Fatal(fault)
		}
		return m.Docs[doc].Out
	}
}

func round(dst []byte, text string) []byte {
	f, _ := strconv.ParseFloat(text, 64)
	return strconv.AppendFloat(dst, f, 'f', 1, 64)
}

// gjsonAndSplice does the job with gjson and one copy, which is the fastest way with a
// library that is at hand: it checks nothing, and meets one spelling of each name once.
func gjsonAndSplice() func(body []byte) []byte {
	var out []byte
	return func(body []byte) []byte {
		out = out[:0]
		at, dropped := 0, false
		splice := func(from, to int, with ...string) {
			from = max(from, at)
			out = append(out, body[at:from]...)
			for _, text := range with {
				out = append(out, text...)
			}
			at, dropped = to, false
		}
		drop := func(k, v gjson.Result) {
			from, to := k.Index, v.Index+len(v.Raw)
			if body[to] == ',' {
				to++
			} else if body[from-1] == ',' && !dropped {
				from--
			}
			splice(from, to)
			dropped = true
		}
		gjson.GetBytes(body, "device").ForEach(func(k, v gjson.Result) bool {
			switch k.Str {
			case "imei":
				drop(k, v)
			case "oaid", "ifa":
				splice(v.Index, v.Index+len(v.Raw), `"`, pseudonym, `"`)
			case "ip":
				splice(v.Index, v.Index+len(v.Raw), `"`, v.Str[:strings.LastIndexByte(v.Str, '.')], `.0"`)
			case "geo":
				v.ForEach(func(k, v gjson.Result) bool {
					if k.Str == "lat" || k.Str == "lon" {
						splice(v.Index, v.Index, "")
						out, at = round(out, v.Raw), v.Index+len(v.Raw)
					}
					return true
				})
			case "ext":
				v.ForEach(func(k, v gjson.Result) bool {
					if k.Str == "applist" {
						drop(k, v)
					}
					return true
				})
			}
			return true
		})
		out = append(out, body[at:]...)
		return out
	}
}

func TestKernelsDoTheSameJob(t *testing.T) {
	ours, theirs := scanAndSplice(t, narrowLocators()), gjsonAndSplice()
	for _, size := range []int{1, 4, 32} {
		body := bidRequest(size, 1)
		got, want := ours(body), theirs(bytes.Clone(body))
		if !bytes.Equal(got, want) || bytes.Contains(got, []byte("applist")) {
			t.Errorf("%d KB: got\n%s\nwant\n%s", size, got, want)
		}
	}
}

// BenchmarkKernel measures the scanner between what just touching the bytes costs and
// what others need for the same job.
func BenchmarkKernel(b *testing.B) {
	room := make([]byte, 64<<10)
	tokenizer := func() func([]byte) {
		s, p := new(Scanner), newPlan(b)
		p.limits.Depth = 64
		return func(body []byte) {
			s.Reset(p.matcher, p.limits)
			s.Document(body, 0, nil, false)
		}
	}()
	narrow, shipped, others := scanAndSplice(b, narrowLocators()), scanAndSplice(b, shippedLocators(b)), gjsonAndSplice()
	for _, size := range []int{1, 4, 32} {
		var bodies [16][]byte
		total := 0
		for i := range bodies {
			bodies[i] = bidRequest(size, uint64(i))
			total += len(bodies[i])
		}
		for _, kernel := range []struct {
			name string
			do   func(body []byte)
		}{
			{"copy", func(body []byte) { copy(room, body) }},
			{"IndexByte", func(body []byte) { bytes.IndexByte(body, 0) }},
			{"utf8.Valid", func(body []byte) { utf8.Valid(body) }},
			{"tokenizer", tokenizer},
			{"narrow plan and splice", func(body []byte) { narrow(body) }},
			{"shipped plan and splice", func(body []byte) { shipped(body) }},
			{"gjson and splice", func(body []byte) { others(body) }},
		} {
			b.Run(fmt.Sprintf("%dK/%s", size, kernel.name), func(b *testing.B) {
				b.SetBytes(int64(total / len(bodies)))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					kernel.do(bodies[i%len(bodies)])
				}
			})
		}
	}
}
