package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// Record is a consent record as the API writes it.
type Record struct {
	Subject string          `json:"subject"`
	Scope   string          `json:"scope,omitempty"`
	Hashed  bool            `json:"hashed,omitempty"` // the subject is a digest: the store holds no other
	Flags   map[string]bool `json:"flags"`
	Minor   bool            `json:"minor"`
	Deleted bool            `json:"deleted,omitempty"`
	Source  string          `json:"source,omitempty"`
	Policy  string          `json:"policy,omitempty"`
	Expires string          `json:"expires,omitempty"`
	Updated string          `json:"updated,omitempty"`
	Linked  []string        `json:"linked,omitempty"` // other subjects of the same device
}

func newRecord(v *consent.Vocabulary, key consent.Key, r consent.Record) Record {
	out := Record{
		Subject: key.String(), Scope: key.Scope, Flags: map[string]bool{}, Minor: r.Minor, Deleted: r.Deleted,
		Source: r.Source, Policy: r.Policy, Expires: rfc3339(r.Expires), Updated: rfc3339(r.Updated),
		Linked: linkedTexts(r.Links),
	}
	for _, name := range v.AppendNames(nil, r.Granted) {
		out.Flags[name] = true
	}
	for _, name := range v.AppendNames(nil, r.Denied) {
		out.Flags[name] = false
	}
	return out
}

func rfc3339(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// written is a record as a caller wrote it.
type written struct {
	consent.Change
	subject, scope *string
	linked         []string // only an import looks at it
	deleted        bool
	hashed         bool
}

// memberNames are those of a record, in the order of the documentation.
func memberNames() []string {
	return []string{"subject", "scope", "flags", "minor", "source", "policy", "expires", "updated", "linked", "deleted", "hashed"}
}

// parseRecord reads a record. Its errors tell all that is wrong with it.
func parseRecord(data []byte, v *consent.Vocabulary) (written, error) {
	var w written
	list, err := readObject(data)
	if err != nil {
		return w, err
	}
	var errs []error
	for _, m := range list {
		errs = append(errs, w.read(m, v))
	}
	return w, errors.Join(errs...)
}

func (w *written) read(m member, v *consent.Vocabulary) error {
	switch m.name {
	case "subject":
		return value(m, "a text", &w.subject)
	case "scope":
		return value(m, "a text", &w.scope)
	case "flags":
		return w.readFlags(m, v)
	case "minor":
		return w.readMinor(m)
	case "source":
		return value(m, "a text", &w.Source)
	case "policy":
		return optional(m, &w.Policy)
	case "expires":
		return optional(m, &w.Expires)
	case "updated": // the store's own; accepted so that what GET gives can be sent back
		return nil
	case "linked":
		return w.readLinked(m)
	case "deleted":
		return value(m, "true or false", &w.deleted)
	case "hashed":
		return value(m, "true or false", &w.hashed)
	}
	return unknown("member", m.name, memberNames())
}

// value refuses null, which encoding/json would skip.
func value(m member, want string, into any) error {
	if isNull(m) || json.Unmarshal(m.value, into) != nil {
		return fmt.Errorf("%s takes %s", m.name, want)
	}
	return nil
}

func isNull(m member) bool { return string(m.value) == "null" }

// optional takes null as the empty text, which unsets.
func optional(m member, into **string) error {
	text := ""
	*into = &text
	if isNull(m) {
		return nil
	}
	return value(m, "a text, or null for none", into)
}

func (w *written) readMinor(m member) error {
	minor := false
	w.Minor = &minor
	if isNull(m) {
		return nil
	}
	return value(m, "true or false", w.Minor)
}

// readFlags takes true, false, and null for a flag to unset.
func (w *written) readFlags(m member, v *consent.Vocabulary) error {
	list, err := readObject(m.value)
	if err != nil {
		return fmt.Errorf("flags: %w", err)
	}
	var errs []error
	for _, one := range list {
		errs = append(errs, w.readFlag(one, v))
	}
	return errors.Join(errs...)
}

func (w *written) readFlag(m member, v *consent.Vocabulary) error {
	flag, ok := v.Flag(m.name)
	if !ok {
		return unknown("flag", m.name, v.Names())
	}
	switch string(m.value) {
	case "true":
		w.Grant |= flag
	case "false":
		w.Deny |= flag
	case "null":
		w.Unset |= flag
	default:
		return fmt.Errorf("the flag %s takes true, false, or null to unset it", m.name)
	}
	return nil
}
