package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/consentd/consentd/configs"
	"github.com/consentd/consentd/internal/explain"
)

// target is where the samples are sent to, the path of the demo's route.
const target = "/openrtb2/auction"

// Why a field changed where no consent is missing.
const (
	announced   = "tells the backend"
	clientAdded = "adds the client: network_id"
)

// sampleTimeout bounds one sample.
const sampleTimeout = 10 * time.Second

// headerLine is one header of a sample.
type headerLine struct{ name, value string }

// phone is what a phone sends beside the body. The address is one for documentation
// (RFC 5737).
func phone() []headerLine {
	return []headerLine{
		{"User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"},
		{"Cookie", "uid=7d1fa0c2; theme=dark"},
		{"X-Forwarded-For", "203.0.113.77"},
		{"Content-Type", "application/json"},
	}
}

// sample is one request.
type sample struct {
	headers []headerLine
	body    []byte
}

// capture gives a recorded request as a phone would send it.
func capture(name string, more ...headerLine) (sample, error) {
	body, err := configs.Files.ReadFile(path.Join(Captures, name))
	return sample{append(phone(), more...), body}, err
}

// as gives the same request from another device.
func (s sample) as(from, to Device) sample {
	s.body = bytes.ReplaceAll(s.body, []byte(from.IFA), []byte(to.IFA))
	return s
}

// raw is the request as it goes over the wire.
func (s sample) raw() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: demo.test\r\nContent-Length: %d\r\n", target, len(s.body))
	for _, h := range s.headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h.name, h.value)
	}
	b.WriteString("\r\n")
	b.Write(s.body)
	return b.Bytes()
}

// result is what became of a sample.
type result struct {
	sample
	status  int
	answer  []byte
	arrived *Arrival // nil: the backend got nothing
	took    time.Duration
	changes []Change
	fields  int // of the body
	kept    int // of these, as they were
	why     *explain.Result
}

// Show sends samples and prints what became of them.
type Show struct {
	Proxy, Admin string // host:port
	Dir          string // where the files are
	Echo         *Echo
	Explain      func(raw []byte) (*explain.Result, error)
	Flags        int // how many there are
	Out          io.Writer
	Color        bool
	Now          func() time.Time

	client http.Client
}

// send sends a sample through the proxy and compares what arrived.
func (s *Show) send(one sample) (result, error) {
	request, err := http.NewRequest(http.MethodPost, "http://"+s.Proxy+target, bytes.NewReader(one.body))
	if err != nil {
		return result{}, err
	}
	for _, h := range one.headers {
		request.Header.Add(h.name, h.value)
	}
	s.client.Timeout = sampleTimeout
	r, begun := result{sample: one}, s.Now()
	answer, err := s.client.Do(request)
	if err != nil {
		return r, err
	}
	defer answer.Body.Close()
	r.answer, err = io.ReadAll(answer.Body)
	r.status, r.took, r.arrived = answer.StatusCode, s.Now().Sub(begun), s.Echo.Take()
	if err != nil || r.arrived == nil {
		return r, err
	}
	if r.why, err = s.Explain(one.raw()); err != nil {
		return r, err
	}
	return r, r.compare()
}

// compare finds what changed between the sample and what arrived.
func (r *result) compare() error {
	before, err := readTree(r.body)
	if err != nil {
		return err
	}
	after, err := readTree(r.arrived.Body)
	if err != nil {
		return errors.New("what arrived at the backend is no JSON")
	}
	r.fields, r.kept = before.leaves(), before.leaves()
	r.changes = compare(&before, &after)
	for i := range r.changes {
		c := &r.changes[i]
		r.kept -= c.leaves
		if c.Why = r.reason(where(c.Path)); c.Before == "" {
			c.Why = announced
		}
	}
	r.compareHeaders()
	return nil
}

func (r *result) compareHeaders() {
	for _, h := range r.headers {
		after := strings.Join(r.arrived.Header.Values(h.name), ", ")
		if after != h.value {
			r.changes = append(r.changes, Change{
				Path: h.name, Before: h.value, After: after, Why: r.headerWhy(h, after),
			})
		}
	}
}

func (r *result) headerWhy(h headerLine, after string) string {
	why := r.reason("header:" + strings.ToLower(h.name))
	if strings.EqualFold(h.name, "cookie") {
		why = r.reason("cookie:uid")
	}
	if why == "" && strings.HasPrefix(after, h.value+", ") {
		return clientAdded
	}
	return why
}

// where is a path as explain writes it.
func where(path string) string {
	return strings.TrimPrefix(strings.NewReplacer("[", ".#", "]", "").Replace(path), ".")
}

// reason names the flags that the rule at a place asked for and did not get.
func (r *result) reason(where string) string {
	for i := range r.why.Fields {
		f := &r.why.Fields[i]
		switch {
		case f.Where != where || !f.Changed || f.Action == explain.Kept || f.Answer:
		case f.Wanted == "never":
			return "always"
		case len(f.Lacked) > 0:
			return "needs " + strings.Join(f.Lacked, " and ")
		}
	}
	return ""
}
