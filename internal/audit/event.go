package audit

import (
	"encoding/json"
	"time"
)

// Event is a change of consent or configuration, or the attempt of one, by an
// operator, or the start of the process. It names a subject by its keyed reference alone.
type Event struct {
	By       string            `json:"by"`               // whose token it was; "": nobody's
	From     string            `json:"from,omitempty"`   // the operator's address
	Call     string            `json:"call"`             // put, patch, delete, forget, link, unlink, import, export, reload, start, or login for a wrong token
	Status   int               `json:"status,omitempty"` // of the answer
	Scope    string            `json:"scope,omitempty"`
	Subject  string            `json:"subject,omitempty"`
	Linked   []string          `json:"linked,omitempty"`  // the other subjects of a link or unlink
	Changes  map[string][2]any `json:"changes,omitempty"` // of the record: before and after
	Records  *int              `json:"records,omitempty"` // imported or exported
	Failures *int              `json:"failures,omitempty"`
	Version  string            `json:"version,omitempty"` // of the configuration, after a reload
}

// Record appends an event. A nil Log takes none.
func (l *Log) Record(at time.Time, e Event) {
	if l == nil {
		return
	}
	text, err := json.Marshal(e)
	if err != nil { // unreachable: texts, numbers and booleans
		l.lose(1)
		return
	}
	line := append(l.AppendHead(nil, at), `,"kind":"change",`...)
	line = append(append(line, text[1:]...), '\n')
	l.Append(line)
}
