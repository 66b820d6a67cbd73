package replay

import (
	"bytes"
	"errors"
	"strings"
)

// http reads raw HTTP/1.1 requests: one, several one behind the other as a connection
// has them, or several between lines of ### as editors write them.
func (s *source) http(path string, data []byte) {
	for at := skipNotes(data, 0); at < len(data); at = skipNotes(data, at) {
		raw, next := cutRequest(data, at)
		place := Place{File: path, Line: 1 + bytes.Count(data[:at], []byte("\n"))}
		if whole, err := completed(raw); err != nil {
			s.fail(place, "%v", err)
		} else {
			s.emit(place, whole, nil)
		}
		at = next
	}
}

// skipNotes skips what stands between requests: blank lines, comments, and variables.
func skipNotes(data []byte, at int) int {
	for at < len(data) {
		line := data[at:lineEnd(data, at)]
		text := bytes.TrimSpace(line)
		if len(text) > 0 && text[0] != '#' && text[0] != '@' && !bytes.HasPrefix(text, []byte("//")) {
			break
		}
		at += len(line)
	}
	return at
}

// lineEnd is the offset after a line and its end.
func lineEnd(data []byte, at int) int {
	if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(data)
}

// cutRequest gives the request that begins there, and where the next may begin.
func cutRequest(data []byte, at int) (raw []byte, next int) {
	body, framing := headEnd(data, at)
	if isSeparator(data[body:]) {
		return data[at:body], body
	}
	if n, known := framing.length(data[body:]); known && beginsAnew(data[body+n:]) {
		return data[at : body+n], body + n
	}
	if !framing.given && beginsRequest(bytes.TrimLeft(data[body:], "\r\n")) {
		return data[at:body], body
	}
	for next = body; next < len(data) && !isSeparator(data[next:]); {
		next = lineEnd(data, next)
	}
	raw = data[at:next]
	if next < len(data) { // blank lines before a separator are for the eye
		raw = append(data[at:body:body], bytes.TrimRight(data[body:next], "\r\n")...)
	}
	return raw, next
}

func isSeparator(data []byte) bool { return bytes.HasPrefix(data, []byte("###")) }

// beginsAnew reports whether a request may end here.
func beginsAnew(data []byte) bool {
	data = bytes.TrimLeft(data, "\r\n")
	return len(data) == 0 || isSeparator(data) || beginsRequest(data)
}

// beginsRequest reports whether a line is the first of a request.
func beginsRequest(data []byte) bool {
	words := strings.Split(strings.TrimRight(string(data[:lineEnd(data, 0)]), "\r\n"), " ")
	return len(words) == 3 && isMethod(words[0]) && words[1] != "" && strings.HasPrefix(words[2], "HTTP/")
}

func isMethod(word string) bool {
	return word != "" && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == ""
}

var errNoRequest = errors.New("no request begins here: METHOD TARGET HTTP/1.1, then header lines, an empty line and the body")

// completed writes the first line as a server expects it where an editor's has less:
// METHOD URL, or a URL alone.
func completed(raw []byte) ([]byte, error) {
	end := lineEnd(raw, 0)
	line := strings.TrimRight(string(raw[:end]), "\r\n")
	words := strings.Fields(line)
	switch {
	case strings.Contains(line, "{{"):
		return nil, errors.New("the request line holds a variable; write its value")
	case len(words) == 1 && strings.Contains(line, "://"):
		words = append([]string{"GET"}, words...)
	case len(words) < 2 || !isMethod(words[0]):
		return nil, errNoRequest
	}
	switch {
	case len(words) == 2:
		words = append(words, "HTTP/1.1")
	case strings.HasPrefix(words[2], "HTTP/2"), strings.HasPrefix(words[2], "HTTP/3"): // as browsers print them
		words[2] = "HTTP/1.1"
	case !strings.HasPrefix(words[1], "http"):
		return raw, nil // as sent, whatever it is
	}
	host, target, ok := splitURL(words[1])
	if !ok {
		return append([]byte(strings.Join(words, " ")+"\r\n"), raw[end:]...), nil
	}
	words[1] = target
	first := strings.Join(words, " ") + "\r\n"
	if !hasHost(raw[end:]) {
		first += "Host: " + host + "\r\n"
	}
	return append([]byte(first), raw[end:]...), nil
}

// splitURL gives host and request target of a URL, whose bytes stay as they are.
func splitURL(text string) (host, target string, ok bool) {
	scheme, rest, ok := strings.Cut(text, "://")
	if scheme = strings.ToLower(scheme); !ok || scheme != "http" && scheme != "https" {
		return "", "", false
	}
	rest, _, _ = strings.Cut(rest, "#")
	n := strings.IndexAny(rest, "/?")
	if n < 0 {
		n = len(rest)
	}
	host, target = rest[strings.LastIndexByte(rest[:n], '@')+1:n], rest[n:]
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	return host, target, host != ""
}

// hasHost reports whether lines of a head name the host.
func hasHost(lines []byte) bool {
	for line := range bytes.Lines(lines) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if strings.EqualFold(string(name), "host") {
			return true
		}
	}
	return false
}
