package proxy

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// checkTarget judges the request target (RFC 9112, section 3.2): origin-form,
// absolute-form, or "*" for OPTIONS, of visible ASCII without a fragment, and with
// a path that every backend resolves alike.
func checkTarget(h *fasthttp.RequestHeader) Reason {
	target := h.RequestURI()
	for _, c := range target {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return ReasonBadTarget
		}
	}
	if len(target) == 1 && target[0] == '*' {
		if h.IsOptions() {
			return ""
		}
		return ReasonBadTarget
	}
	origin := originForm(target)
	if origin[0] != '/' {
		return ReasonBadTarget
	}
	if scanPath(pathOf(origin)) == pathBad {
		return ReasonBadPath
	}
	return ""
}

// authorityOf gives the authority of an absolute-form target.
func authorityOf(target []byte) (authority []byte, absolute bool) {
	rest, ok := cutScheme(target)
	if !ok {
		return nil, false
	}
	if end := bytes.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	return rest, true
}

// originForm gives the part of a target after scheme and authority. A target of
// another form is returned as it is.
func originForm(target []byte) []byte {
	rest, ok := cutScheme(target)
	if !ok {
		return target
	}
	end := bytes.IndexAny(rest, "/?")
	switch {
	case end < 0:
		return []byte("/")
	case rest[end] == '?':
		return append([]byte("/"), rest[end:]...)
	}
	return rest[end:]
}

func cutScheme(target []byte) (rest []byte, ok bool) {
	for _, scheme := range [...]string{"http://", "https://"} {
		if len(target) >= len(scheme) && isName(target[:len(scheme)], scheme) {
			return target[len(scheme):], true
		}
	}
	return nil, false
}

func pathOf(target []byte) []byte {
	if end := bytes.IndexByte(target, '?'); end >= 0 {
		return target[:end]
	}
	return target
}

// CanonicalPath gives the path of a target in the one form that routes are matched
// on: unreserved characters decoded once, other escapes in upper case. ok is false
// where a backend might resolve the path to another one: empty or dot segments,
// backslashes, path parameters, encoded separators, dots, controls or percents,
// and malformed escapes. The path is appended to dst, or is a part of target where
// nothing is encoded. It allocates nothing but what dst lacks.
func CanonicalPath(dst, target []byte) (path []byte, ok bool) {
	path, kind := readPath(dst, target)
	return path, kind > pathLoose
}

// readPath is CanonicalPath with what kind of path it is.
func readPath(dst, target []byte) (path []byte, kind pathKind) {
	path = pathOf(target)
	if string(path) == "*" {
		return path, pathPlain
	}
	switch kind = scanPath(path); kind {
	case pathBad:
		return nil, kind
	case pathPlain:
		return path, kind
	}
	return appendDecoded(dst, path), kind
}

// pathKind says how far a path can be trusted to mean one thing.
type pathKind uint8

const (
	pathBad     pathKind = iota // a backend may resolve it to another
	pathLoose                   // it holds a URL or slashes as data: only routes whose rules read paths take it
	pathEscaped                 // it has escapes
	pathPlain
)

// maxLoose bounds the marks of a loose path: some parsers take quadratic time.
const maxLoose = 32

// scanPath tells the kind of a path.
func scanPath(path []byte) pathKind {
	if len(path) == 0 || path[0] != '/' {
		return pathBad
	}
	segment, escaped, loose := 1, false, 0
	for i := 1; i < len(path); i++ {
		switch c := path[i]; {
		case c == '/':
			if isDots(path[segment:i]) {
				return pathBad
			}
			if segment == i {
				loose++
			}
			segment = i + 1
		case c == '%':
			if isLooseEscape(path[i:]) {
				loose++
			} else if !isPlainEscape(path[i:]) {
				return pathBad
			}
			escaped = true
		case c <= ' ', c >= 0x7f, c == '\\', c == ';', c == '#':
			return pathBad
		}
	}
	switch {
	case isDots(path[segment:]), loose > maxLoose:
		return pathBad
	case loose > 0:
		return pathLoose
	case escaped:
		return pathEscaped
	}
	return pathPlain
}

// isDots names the segments that a backend resolves.
func isDots(segment []byte) bool { return string(segment) == "." || string(segment) == ".." }

// isLooseEscape recognises an encoded slash, and an encoded percent, which is an escape
// to whoever decodes twice.
func isLooseEscape(b []byte) bool {
	c, ok := unescape(b)
	return ok && (c == '/' || c == '%')
}

// isPlainEscape accepts an escape that no backend takes for structure.
func isPlainEscape(b []byte) bool {
	c, ok := unescape(b)
	if !ok || c < ' ' || c == 0x7f {
		return false
	}
	switch c {
	case '/', '\\', '.', ';', '%': // a percent would be an escape to whoever decodes twice
		return false
	}
	return true
}

func unescape(b []byte) (c byte, ok bool) {
	if len(b) < 3 || !isHex(b[1]) || !isHex(b[2]) {
		return 0, false
	}
	return fromHex(b[1])<<4 | fromHex(b[2]), true
}

func appendDecoded(dst, path []byte) []byte {
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			dst = append(dst, path[i])
			continue
		}
		c, _ := unescape(path[i:])
		if isUnreserved(c) {
			dst = append(dst, c)
		} else {
			const digits = "0123456789ABCDEF"
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
		i += 2
	}
	return dst
}

func isUnreserved(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return c == '-' || c == '_' || c == '~'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func fromHex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
