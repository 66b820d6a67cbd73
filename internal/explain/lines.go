package explain

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/consentd/consentd/internal/wire"
)

// Lines is a layer as people read it: a member, parameter or header on each line. They
// hold whatever the request held.
func (l Layer) Lines() []string {
	switch l.Kind {
	case wire.DocJSON.String():
		return jsonLines(l.Text)
	case wire.DocParams.String():
		return decodedLines(strings.FieldsFunc(string(l.Text), func(r rune) bool { return r == '&' }))
	case wire.DocCookies.String():
		lines := strings.Split(string(l.Text), ";")
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		return lines
	case wire.DocProto.String():
		return protoLines(l.Text)
	case wire.DocHead.String():
		return strings.Split(strings.TrimSpace(strings.ReplaceAll(string(l.Text), "\r\n", "\n")), "\n")
	}
	return strings.Split(string(l.Text), "\n")
}

// jsonLines leaves numbers and the order of members as they are.
func jsonLines(text []byte) (lines []string) {
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var one json.RawMessage
		if d.Decode(&one) != nil {
			return lines
		}
		var out bytes.Buffer
		_ = json.Indent(&out, one, "", "  ") // it was decoded
		lines = append(lines, strings.Split(out.String(), "\n")...)
	}
}

func decodedLines(lines []string) []string {
	for i, line := range lines {
		lines[i] = string(wire.AppendPercentDecoded(nil, []byte(line)))
	}
	return lines
}

// protoLines gives the fields of a message, those in messages that nobody reads as they
// are.
func protoLines(text []byte) (lines []string) {
	eachNumber(text, 0, func(v value) { lines = append(lines, v.number+": "+string(v.text)) })
	return lines
}
