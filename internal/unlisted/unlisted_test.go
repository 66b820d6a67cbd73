package unlisted_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/consentd/consentd/internal/unlisted"
	"github.com/consentd/consentd/internal/wire"
)

// site learns the keys of bodies, of which the plan lists known alone.
type site struct {
	t       testing.TB
	store   *unlisted.Store
	metrics *prometheus.Registry
	matcher *wire.Matcher
	listing []wire.Listed
	roots   wire.Roots
	log     bytes.Buffer
	now     time.Time
	message wire.Message
}

func newSite(t testing.TB, file string) *site {
	b := wire.NewBuilder()
	known := b.Add(b.Plain(), wire.JSON, []wire.Step{{Text: "known"}}, false)[0]
	form := b.Root()
	m, err := b.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, metrics: prometheus.NewRegistry(), matcher: m, now: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)}
	s.listing = make([]wire.Listed, m.Nodes())
	s.listing[known] = wire.Covers
	s.roots = wire.Roots{Body: true, ReadsForm: true, Form: form}
	s.store = unlisted.Open(unlisted.Options{
		File: file, Now: func() time.Time { return s.now }, Registerer: s.metrics,
		Log: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	return s
}

func (s *site) learn(route string, bodies ...string) {
	s.t.Helper()
	for _, body := range bodies {
		s.meet(s.store.Route(route), []byte(body))
	}
}

func (s *site) meet(r *unlisted.Route, body []byte) {
	m := &s.message
	m.Reset(s.matcher, s.roots, wire.Limits{Decoded: 1 << 24, Depth: 64, Layers: 6, Records: 1000}, 1<<20)
	if _, fault := m.AddBody(body, nil); fault.Failed() {
		s.t.Fatal(fault)
	}
	m.Sweep(s.listing, r, false)
	r.Learn(m)
}

// paths lists paths with their shapes.
func (s *site) paths() (list []string) {
	for _, k := range s.store.Keys() {
		list = append(list, k.Path+" "+k.Shape)
	}
	return list
}

func (s *site) counted(name, route string) float64 {
	s.t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && m.GetLabel()[0].GetValue() == route {
				return m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

func TestANewKeyIsSaidOnceByPathAndShape(t *testing.T) {
	s := newSite(t, "")
	s.learn("a", `{"known":{"x":1},"device":{"boot.mark":"ec7f4f33-411a-47bc-8067-744a4e7e0723"},"n":[1,[2]]}`)
	s.now = s.now.Add(time.Hour)
	s.learn("a", `{"device":{"boot.mark":"ec7f4f33-411a-47bc-8067-744a4e7e0724"}}`)
	s.learn("b", `new=1&known=2`)
	want := []string{`device.boot\.mark uuid-like`, "n.# integer", "n.#.# integer", "form:known integer", "form:new integer"}
	if got := s.paths(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	k := s.store.Keys()[0]
	if k.Count != 2 || k.Route != "a" || k.Last.Sub(k.First) != time.Hour {
		t.Errorf("%+v", k)
	}
	if a, b := s.counted("consentd_unlisted_keys_total", "a"), s.counted("consentd_unlisted_keys_total", "b"); a != 3 || b != 2 {
		t.Errorf("counted %v and %v", a, b)
	}
	if lines := strings.Count(s.log.String(), "\n"); lines != 5 || !strings.Contains(s.log.String(), "shape=uuid-like") {
		t.Errorf("logged %s", s.log.String())
	}
}

func TestNoValueIsSaidOrKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	s := newSite(t, file)
	secrets := []string{"867400020316620", "13912345678", "a.b@example.com", "b827ebf02b42", "192.0.2.77", "quite private"}
	for _, secret := range secrets {
		s.learn("a", fmt.Sprintf(`{"k":%q,"users":{"x-%s":{"age":1}}}`, secret, strings.Replace(secret, "quite private", "550e8400-e29b-41d4-a716-446655440000", 1)))
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	said := s.log.String() + string(data) + fmt.Sprint(s.store.Keys())
	for _, secret := range append(secrets, "550e8400") {
		if strings.Contains(said, secret) {
			t.Errorf("%s is in %s", secret, said)
		}
	}
	if got := s.paths(); len(got) != 2 || got[1] != "users.*.age integer" {
		t.Errorf("got %q", got)
	}
}

func TestTheNamesOfALargeMapAreOnePath(t *testing.T) {
	s := newSite(t, "")
	for i := range 300 {
		s.learn("a", fmt.Sprintf(`{"by":{"%s":{"n":1}},"other":1}`, word(i)))
	}
	if got := s.paths(); !slices.Equal(got, []string{"by.*.n integer", "other integer"}) {
		t.Errorf("got %q", got)
	}
	if got := s.store.Keys()[0].Count; got != 300 {
		t.Errorf("counted %d", got)
	}
}

// word is a name of letters.
func word(i int) string {
	return "user" + string([]byte{'g' + byte(i%20), 'g' + byte(i/20%20), 'g' + byte(i/400%20)})
}

func TestWhatIsKeptOfARouteIsBounded(t *testing.T) {
	s := newSite(t, "")
	for i := range 80 {
		var b strings.Builder
		for j := range 60 {
			fmt.Fprintf(&b, `,"%s":1`, word(j))
		}
		for k := range 3 {
			s.learn("a", fmt.Sprintf(`{"%s":{"%s":{%s}}}`, word(i), word(k), b.String()[1:]))
		}
	}
	if got := len(s.store.Keys()); got != 10_000 {
		t.Errorf("%d paths", got)
	}
	if got := s.counted("consentd_unlisted_overflow_total", "a"); got < 4000 {
		t.Errorf("overflow %v", got)
	}
}

func TestKeysOutliveARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	s := newSite(t, file)
	s.learn("a", `{"x.y":1,"d":{"e":"text"}}`)
	for i := range 201 {
		s.learn("a", fmt.Sprintf(`{"by":{"%s":1}}`, word(i)))
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	again := newSite(t, file)
	again.learn("a", `{"x.y":1,"d":{"e":"text"},"by":{"someone":1}}`, `{"by":{"other":1}}`)
	if got := again.paths(); !slices.Equal(got, []string{"by.* integer", "d.e short text", `x\.y integer`}) || again.counted("consentd_unlisted_keys_total", "a") != 0 {
		t.Errorf("got %q, logged %s", got, again.log.String())
	}
	if k := again.store.Keys()[0]; k.Count != 203 {
		t.Errorf("counted %d", k.Count)
	}
	if err := again.store.Close(); err != nil {
		t.Error(err)
	}
}

func TestABrokenFileIsLearntAnew(t *testing.T) {
	for _, text := range []string{"{", `{"version":7}`} {
		file := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSite(t, file)
		s.learn("a", `{"x":1}`)
		if err := s.store.Close(); err != nil || !strings.Contains(s.log.String(), "learnt anew") {
			t.Errorf("%v, logged %s", err, s.log.String())
		}
		if got := newSite(t, file).paths(); len(got) != 1 {
			t.Errorf("got %q", got)
		}
	}
}

func TestAFileThatCannotBeWrittenIsSaid(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "none", "keys.json"))
	s.learn("a", `{"x":1}`)
	if s.store.Close() == nil {
		t.Error("no error")
	}
}

func TestAKeyThatShowsMoreGetsMoreShapes(t *testing.T) {
	s := newSite(t, "")
	s.learn("a", `{"x":null}`, `{"x":""}`, `{"x":"a@b.example"}`, `{"x":5}`, `{"x":[]}`, `{"x":true}`)
	if got := s.paths(); !slices.Equal(got, []string{"x null, empty, email-like, integer"}) {
		t.Errorf("got %q", got)
	}
}

func TestShapes(t *testing.T) {
	for value, want := range map[string]string{
		`"550e8400-e29b-41d4-a716-446655440000"`: "uuid-like",
		`"867400020316620"`:                      "15 digits (Luhn ok)",
		`867400020316620`:                        "15 digits (Luhn ok)",
		`"867400020316621"`:                      "15 digits",
		`"b8:27:eb:f0:2b:42"`:                    "mac",
		`"31.2304,121.4737"`:                     "coordinates",
		`31.230416`:                              "coordinates",
		`"192.0.2.77"`:                           "ipv4",
		`"2001:db8::1"`:                          "ipv6",
		`"a.b@example.com"`:                      "email-like",
		`"13912345678"`:                          "phone-like",
		`"+8613912345678"`:                       "phone-like",
		`"d41d8cd98f00b204e9800998ecf8427e"`:     "hex32",
		`"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`: "hex64",
		`12`:                                    "integer",
		`-12`:                                   "integer",
		`1.5`:                                   "number",
		`"12"`:                                  "integer",
		`"1.5e3"`:                               "number",
		`"1234567890"`:                          "10 digits",
		`"hello"`:                               "short text",
		`"` + strings.Repeat("word ", 20) + `"`: "text",
		`"` + strings.Repeat("word ", 2000) + `"`:     "text",
		`"call me: 13912345678 or so, as you please"`: "text with an identifier in it",
		`true`: "bool", `null`: "null", `{}`: "empty", `[]`: "empty", `""`: "empty",
	} {
		s := newSite(t, "")
		s.learn("a", `{"x":`+value+`}`)
		if got := s.paths(); len(got) != 1 || got[0] != "x "+want {
			t.Errorf("%s: got %q, want %s", value, got, want)
		}
	}
}

func TestKnownKeysCostNoAllocation(t *testing.T) {
	s := newSite(t, "")
	r, body := s.store.Route("a"), []byte(`{"a":{"b":1,"c":["x"]},"f":{"867400020316620":{"g":1}}}`)
	once := func() { s.meet(r, body) }
	for range 70 {
		once()
	}
	if n := testing.AllocsPerRun(50, once); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMetricsAreThereBeforeTheFirstKey(t *testing.T) {
	s := newSite(t, "")
	s.store.Route("a")
	for _, name := range []string{"consentd_unlisted_keys_total", "consentd_unlisted_overflow_total"} {
		if got := s.counted(name, "a"); got != 0 {
			t.Errorf("%s is %v", name, got)
		}
	}
}

func TestManyCanLearnAtOnce(t *testing.T) {
	s := newSite(t, "")
	var all sync.WaitGroup
	for who := range 4 {
		all.Go(func() {
			own := &site{t: t, matcher: s.matcher, listing: s.listing, roots: s.roots}
			for i := range 300 {
				own.meet(s.store.Route("a"), fmt.Appendf(nil, `{"by":{"%s":{"n":1}},"w%d":null}`, word(i), who))
			}
		})
	}
	for range 20 {
		s.store.Keys()
	}
	all.Wait()
	if got := s.paths(); len(got) != 5 {
		t.Errorf("got %q", got)
	}
}

// A hostile request has many new keys, deep down and far behind.
func TestARequestIsNotReadAgainForEachOfItsNewKeys(t *testing.T) {
	s := newSite(t, "")
	const depth, keys = 15, 20
	body := strings.Repeat(`{"a":`, depth) + `{"text":"` + strings.Repeat("x", 1<<20) + `"`
	for i := range keys {
		body += fmt.Sprintf(`,"n%c":1`, 'a'+i)
	}
	body += strings.Repeat("}", depth+1)
	s.learn("a", body)
	if n := len(s.paths()); n == 0 || n > 2 {
		t.Errorf("learnt %d keys of one request", n)
	}
	for range keys {
		s.learn("a", body)
	}
	if n := len(s.paths()); n != keys+1 {
		t.Errorf("learnt %d keys of all", n)
	}
}
