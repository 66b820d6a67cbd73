package ruletest

import (
	"bytes"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/consentd/consentd/internal/strictyaml"
)

// usualHost is the host of requests that name none.
const usualHost = "consentd.test"

// message is an HTTP/1.1 message in parts.
type message struct {
	first string // request line or status line
	lines []string
	body  []byte
}

// parseMessage takes a message apart; its lines may end in LF alone.
func parseMessage(raw []byte) message {
	raw = bytes.TrimLeft(raw, "\r\n")
	head, content := raw, []byte(nil)
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if before, after, found := bytes.Cut(raw, []byte(end)); found && len(before) < len(head) {
			head, content = before, after
		}
	}
	lines := strings.Split(strings.ReplaceAll(strings.TrimRight(string(head), "\r\n"), "\r\n", "\n"), "\n")
	return message{lines[0], lines[1:], content}
}

func (m *message) bytes() []byte {
	head := strings.Join(append([]string{m.first}, m.lines...), "\r\n") + "\r\n\r\n"
	return append([]byte(head), m.body...)
}

func (m *message) has(name string) bool { return len(valuesOf(m.lines, name)) > 0 }

// set puts header lines in the place of those of that name; without values it removes
// them.
func (m *message) set(name string, values ...string) {
	var kept []string
	for _, line := range m.lines {
		if !isNamed(line, name) {
			kept = append(kept, line)
		}
	}
	for _, value := range values {
		kept = append(kept, name+": "+value)
	}
	m.lines = kept
}

func isNamed(line, name string) bool {
	own, _, _ := strings.Cut(line, ":")
	return strings.EqualFold(strings.TrimSpace(own), name)
}

// valuesOf gives the values of header lines of a name.
func valuesOf(lines []string, name string) (values []string) {
	for _, line := range lines {
		if isNamed(line, name) {
			_, value, _ := strings.Cut(line, ":")
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// put gives a message a body, and says what it is and how long.
func (m *message) put(b body) {
	if !b.given {
		return
	}
	m.body = b.data
	if b.mediaType != "" && !m.has("Content-Type") {
		m.set("Content-Type", b.mediaType)
	}
	if !m.has("Transfer-Encoding") {
		m.set("Content-Length", strconv.Itoa(len(b.data)))
	}
}

func (m *message) setAll(headers strictyaml.Map[Strings]) {
	for _, h := range headers {
		m.set(h.Key.Value, h.Value.Texts...)
	}
}

// request makes the bytes of a test's request.
func (r *reader) request(t *Test) []byte {
	file, written := t.RequestFile, &t.Request
	if written.RequestFile.Value != "" {
		file = written.RequestFile
	}
	if t.RequestFile.Value != "" && written.RequestFile.Value != "" {
		r.problem(t.RequestFile.Pos, "request_file stands twice: remove one")
	}
	content := r.content(&written.Content)
	query := r.form(written.Query)
	if file.Value == "" {
		return r.written(t, content, query)
	}
	raw := r.read(file)
	if written.Pos == (strictyaml.Pos{}) {
		return raw
	}
	m := parseMessage(raw)
	method, target, version := requestLine(m.first)
	if written.Method.Value != "" {
		method = written.Method.Value
	}
	if written.Path.Value != "" {
		target = written.Path.Value
	}
	m.first = method + " " + withQuery(target, query) + version
	m.setAll(written.Headers)
	m.put(content)
	return m.bytes()
}

func requestLine(line string) (method, target, version string) {
	method, rest, _ := strings.Cut(line, " ")
	if i := strings.LastIndex(rest, " "); i >= 0 {
		return method, rest[:i], rest[i:]
	}
	return method, rest, ""
}

func withQuery(target string, query []byte) string {
	switch {
	case len(query) == 0:
		return target
	case strings.Contains(target, "?"):
		return target + "&" + string(query)
	}
	return target + "?" + string(query)
}

// written makes a request that comes from no file.
func (r *reader) written(t *Test, content body, query []byte) []byte {
	q := &t.Request
	switch {
	case q.Pos == (strictyaml.Pos{}):
		r.problem(t.Pos, `the key "request" is missing: write request: {method: GET, path: /}, or request_file`)
		return nil
	case q.Path.Value == "":
		r.problem(q.Pos, `the key "path" is missing`)
	case !strings.HasPrefix(q.Path.Value, "/") && q.Path.Value != "*":
		r.problem(q.Path.Pos, "expected a path that begins with /, got %q", q.Path.Value)
	}
	method := q.Method.Value
	if method == "" {
		method = http.MethodGet
		if content.given {
			method = http.MethodPost
		}
	}
	m := message{first: method + " " + withQuery(q.Path.Value, query) + " HTTP/1.1", lines: []string{"Host: " + usualHost}}
	m.setAll(q.Headers)
	m.put(content)
	return m.bytes()
}

// peer is the client's address; none gives the usual one.
func (r *reader) peer(t *Test) netip.AddrPort {
	text := t.Request.Peer
	if text.Value == "" {
		return netip.AddrPort{}
	}
	if addr, err := netip.ParseAddr(text.Value); err == nil {
		return netip.AddrPortFrom(addr, 50000)
	}
	both, err := netip.ParseAddrPort(text.Value)
	if err != nil {
		r.problem(text.Pos, "expected an address such as 192.0.2.1, got %q", text.Value)
	}
	return both
}

// answer makes the bytes of what the upstream answers; nil: an empty 200.
func (r *reader) answer(t *Test) []byte {
	a := &t.Response
	content := r.content(&a.Content)
	if a.Pos == (strictyaml.Pos{}) {
		return nil
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	if status < 200 || status > 999 {
		r.problem(a.Pos, "expected a status from 200 to 999, got %d", status)
	}
	content.given = true // an answer says that it is empty
	m := message{first: "HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status)}
	m.setAll(a.Headers)
	m.put(content)
	return m.bytes()
}

// params takes a query or a form apart, in its order.
func params(text string) (list []kid) {
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		list = append(list, kid{unescaped(name), textNode(unescaped(value))})
	}
	return list
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
