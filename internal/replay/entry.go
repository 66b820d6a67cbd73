package replay

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// entry is what a replay needs of an entry of an HTTP Archive.
type entry struct {
	Request  request  `json:"request"`
	Response response `json:"response"`
}

type request struct {
	Method   string  `json:"method"`
	URL      string  `json:"url"`
	Headers  []pair  `json:"headers"`
	PostData *posted `json:"postData"`
}

type response struct {
	Status  int    `json:"status"`
	Headers []pair `json:"headers"`
	Content posted `json:"content"`
}

type pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// posted is a body. Encoding is in the standard for answers alone; programs write it
// for requests, too, and some with a line before it.
type posted struct {
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
	Encoding string `json:"encoding"`
	Other    string `json:"_encoding"`
	Params   []pair `json:"params"`
}

var (
	errNoServer = errors.New("a request to no server of HTTP")
	errNoMethod = errors.New("request.method is no method of HTTP")
	errBadURL   = errors.New("request.url has blanks or no host")
	errBroken   = errors.New("the body was compressed, and postData.text has lost bytes of it; capture with a program that writes base64")
	errHeader   = errors.New("request.headers has a name or value with a line end or other signs that HTTP/1.1 cannot have")
	errParams   = errors.New("postData has params alone, from which only a form can be made")
)

// raw writes the request as HTTP/1.1, with a body that has a length.
func (r *request) raw() ([]byte, error) {
	scheme, _, _ := strings.Cut(r.URL, ":")
	if scheme = strings.ToLower(scheme); scheme != "http" && scheme != "https" {
		return nil, errNoServer
	}
	host, target, ok := splitURL(r.URL)
	switch {
	case !isMethod(r.Method):
		return nil, errNoMethod
	case !ok || strings.ContainsFunc(host+target, isBlank):
		return nil, errBadURL
	}
	body, coded, err := r.body()
	if err != nil {
		return nil, err
	}
	h := head{first: r.Method + " " + target + " HTTP/1.1", host: host, coded: coded}
	text, err := h.text(r.Headers)
	if err != nil {
		return nil, err
	}
	if r.PostData != nil {
		text += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	return append([]byte(text+"\r\n"), body...), nil
}

func isBlank(c rune) bool { return c <= ' ' || c == 0x7f }

// body gives the bytes that were sent, and whether Content-Encoding is true of them: a
// body that is text was decoded by the program that wrote it down.
func (r *request) body() (body []byte, coded bool, err error) {
	p := r.PostData
	switch {
	case p == nil:
		return nil, false, nil
	case p.Text == "" && len(p.Params) > 0:
		body, err = p.form()
		return body, false, err
	case p.isBase64():
		body, err = base64.StdEncoding.DecodeString(p.Text)
		if err != nil {
			err = errors.New("postData.text is not base64, as its encoding says")
		}
		return body, true, err
	case !hasCoding(r.Headers):
		return []byte(p.Text), false, nil
	case strings.HasPrefix(p.Text, "\x1f\u008b"): // gzip, a character for each byte
		return latin1(p.Text)
	case strings.ContainsRune(p.Text, utf8.RuneError):
		return nil, false, errBroken
	}
	return []byte(p.Text), false, nil
}

func (p *posted) isBase64() bool {
	return strings.EqualFold(p.Encoding, "base64") || strings.EqualFold(p.Other, "base64")
}

// form writes params as a form.
func (p *posted) form() ([]byte, error) {
	if !strings.HasPrefix(strings.ToLower(p.MimeType), "application/x-www-form-urlencoded") {
		return nil, errParams
	}
	var b strings.Builder
	for i, pair := range p.Params {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(pair.Name) + "=" + url.QueryEscape(pair.Value))
	}
	return []byte(b.String()), nil
}

func hasCoding(headers []pair) bool {
	for _, h := range headers {
		if strings.EqualFold(h.Name, "content-encoding") && !strings.EqualFold(strings.TrimSpace(h.Value), "identity") {
			return true
		}
	}
	return false
}

func latin1(text string) (body []byte, coded bool, err error) {
	for _, c := range text {
		if c > 0xff {
			return nil, false, errBroken
		}
		body = append(body, byte(c))
	}
	return body, true, nil
}

// head writes the lines of a head. Those of a connection, and those that only HTTP/2
// and later have, are not of HTTP/1.1 with a length.
type head struct {
	first string
	host  string // empty: an answer
	coded bool   // the body is as Content-Encoding says
}

func (h *head) text(headers []pair) (string, error) {
	lines, named := h.first+"\r\n", h.host == ""
	for _, p := range headers {
		name := strings.ToLower(p.Name)
		if h.drops(name) {
			continue
		}
		if h.host == "" { // browsers join the lines of an answer that have one name
			p.Value = strings.ReplaceAll(p.Value, "\n", "\r\n"+p.Name+": ")
		} else if strings.ContainsAny(p.Value, "\r\n\x00") {
			return "", errHeader
		}
		if strings.ContainsAny(p.Name, "\r\n\x00 \t:") || p.Name == "" {
			return "", errHeader
		}
		named = named || name == "host"
		lines += p.Name + ": " + p.Value + "\r\n"
	}
	if !named {
		lines += "Host: " + h.host + "\r\n"
	}
	return lines, nil
}

func (h *head) drops(name string) bool {
	switch name {
	case "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade", "expect", "te", "trailer":
		return true
	case "content-encoding":
		return !h.coded
	}
	return strings.HasPrefix(name, ":")
}

// raw writes the answer as HTTP/1.1; nil: there was none, or none that can be written.
func (r *response) raw() []byte {
	if r.Status < 200 || r.Status > 599 {
		return nil
	}
	body := []byte(r.Content.Text)
	if r.Content.isBase64() {
		body, _ = base64.StdEncoding.DecodeString(r.Content.Text) // what is broken is left out
	}
	h := head{first: fmt.Sprintf("HTTP/1.1 %d %s", r.Status, http.StatusText(r.Status))}
	text, err := h.text(r.Headers)
	if err != nil {
		return nil
	}
	if r.Status == http.StatusNoContent || r.Status == http.StatusNotModified {
		return []byte(text + "\r\n")
	}
	return append([]byte(text+"Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"), body...)
}
