package cache

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// DefaultHistoryKeep is how long the history of a deleted record is kept where
// the configuration does not say otherwise.
const DefaultHistoryKeep = 180 * 24 * time.Hour

// Event is one change in the history of a record.
type Event struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Source  string    `json:"source,omitempty"`
	Changes Changes   `json:"changes"`
}

// Changes maps a field of the record to its value before and after: a bool for a
// flag, _minor and _deleted, a string for _policy and _expires, nil for none. Of _links
// there is the number alone: the history of one subject names no other.
type Changes map[string][2]any

// newEvent reports false where nothing changed but who wrote it when, so that a
// repeated write leaves one event.
func newEvent(before, after fields, by consent.Author, now time.Time) (Event, bool) {
	changes := compare(before, after)
	if by.Did != nil {
		*by.Did = changes
	}
	e := Event{At: now.UTC(), By: by.By, Source: by.Source, Changes: changes}
	return e, len(changes) > 0
}

func compare(before, after fields) Changes {
	changes := Changes{}
	for _, side := range [...]fields{before, after} {
		for name := range side {
			old, next := before.value(name), after.value(name)
			if old != next && name != fieldUpdated && name != fieldSource {
				changes[name] = [2]any{old, next}
			}
		}
	}
	return changes
}

// value gives a field as its JSON value; the result is comparable.
func (f fields) value(name string) any {
	text, ok := f[name]
	switch {
	case !ok:
		return nil
	case name == fieldMinor || name == fieldDeleted:
		return isSet(text)
	case name == fieldLinks:
		names, _ := f.links()
		return float64(len(names)) // as JSON reads numbers
	case name[:min(1, len(name))] == "_":
		return text
	}
	return text == granted
}

const (
	eventAt      = "at"
	eventBy      = "by"
	eventSource  = "source"
	eventChanges = "changes"
)

// values is the event as an entry of a Redis stream.
func (e Event) values() ([]any, error) {
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return nil, err
	}
	at := e.At.Format(time.RFC3339Nano)
	return []any{eventAt, at, eventBy, e.By, eventSource, e.Source, eventChanges, changes}, nil
}

// parseEvent reads a stream entry. What cannot be read of it stays empty: a
// history with a gap tells more than none.
func parseEvent(values map[string]any) Event {
	get := func(name string) string {
		text, _ := values[name].(string)
		return text
	}
	e := Event{By: get(eventBy), Source: get(eventSource)}
	e.At, _ = parseTime(get(eventAt))
	if json.Unmarshal([]byte(get(eventChanges)), &e.Changes) != nil {
		e.Changes = nil
	}
	return e
}

func sortEvents(events []Event) {
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
}
