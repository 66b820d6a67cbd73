package explain

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Prepare puts right what people and tools leave wrong in a request, or an answer, that
// they write down: line ends of the head and Content-Length. It tells what it did.
// Framing that two readers may take differently stays, and is refused.
func Prepare(raw []byte) (message []byte, fixes []string) {
	head, body := splitMessage(raw)
	lines := strings.Split(strings.TrimRight(string(head), "\r\n"), "\n")
	bare := false
	for i, line := range lines {
		trimmed := strings.TrimSuffix(line, "\r")
		bare = bare || trimmed == line && i+1 < len(lines)
		lines[i] = trimmed
	}
	if bare {
		fixes = append(fixes, "line ends of the head: CRLF written for LF")
	}
	lines, body, fixed := fixLength(lines, body)
	text := strings.Join(lines, "\r\n") + "\r\n\r\n"
	return append([]byte(text), body...), append(fixes, fixed...)
}

// splitMessage cuts after the first empty line. Empty lines in front are none.
func splitMessage(raw []byte) (head, body []byte) {
	raw = bytes.TrimLeft(raw, "\r\n")
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\n' {
			continue
		}
		switch rest := raw[i+1:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			return raw[:i+1], rest[1:]
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return raw[:i+1], rest[2:]
		}
	}
	return raw, nil
}

// fixLength makes the one Content-Length that there is, or should be, true. An editor's
// line end after the body is no part of it.
func fixLength(lines []string, body []byte) ([]string, []byte, []string) {
	at, lengths := -1, 0
	for i, line := range lines {
		switch name, _, _ := strings.Cut(line, ":"); {
		case strings.EqualFold(name, "transfer-encoding"):
			return lines, body, nil
		case strings.EqualFold(name, "content-length"):
			at, lengths = i, lengths+1
		}
	}
	switch {
	case lengths == 0 && len(body) == 0, lengths > 1:
		return lines, body, nil
	case lengths == 0:
		body, fixes := withoutLineEnd(body)
		if len(body) == 0 {
			return lines, body, fixes
		}
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
		return lines, body, append(fixes, fmt.Sprintf("Content-Length: %d added", len(body)))
	}
	return correctLength(lines, at, body)
}

func correctLength(lines []string, at int, body []byte) ([]string, []byte, []string) {
	name, value, _ := strings.Cut(lines[at], ":")
	said, err := strconv.Atoi(strings.TrimSpace(value))
	switch {
	case err != nil || said < 0 || said == len(body):
		return lines, body, nil
	case said < len(body) && len(bytes.Trim(body[said:], "\r\n")) == 0:
		return lines, body[:said], []string{"line ends after the body left out"}
	}
	lines[at] = name + ": " + strconv.Itoa(len(body))
	return lines, body, []string{fmt.Sprintf("Content-Length: %d written for %d", len(body), said)}
}

func withoutLineEnd(body []byte) ([]byte, []string) {
	cut := bytes.TrimSuffix(bytes.TrimSuffix(body, []byte("\n")), []byte("\r"))
	if len(cut) == len(body) {
		return body, nil
	}
	return cut, []string{"line end after the body left out"}
}
