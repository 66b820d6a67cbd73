package cache

import (
	"errors"
	"maps"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// ErrExpires says that a change holds a date that cannot be stored.
var ErrExpires = errors.New("expires must be an RFC 3339 time, for example 2027-06-30T00:00:00Z, or empty for never")

func checkChange(c consent.Change) error {
	if c.Expires == nil {
		return nil
	}
	if _, readable := parseTime(*c.Expires); !readable {
		return ErrExpires
	}
	return nil
}

// apply gives the record after a change; f stays as it is. A flag that the change
// both grants and takes away is taken away.
func (f fields) apply(v *consent.Vocabulary, c consent.Change, now time.Time) fields {
	next := f.base(c)
	if c.Grant != 0 {
		delete(next, fieldDeleted)
	}
	next.setFlags(v, c.Grant&^c.Unset&^c.Deny, granted)
	next.removeFlags(v, c.Unset&^c.Deny)
	next.setFlags(v, c.Deny, denied)
	if c.Minor != nil {
		next.set(fieldMinor, text(*c.Minor))
	}
	next.setOptional(fieldPolicy, c.Policy)
	next.setOptional(fieldExpires, c.Expires)
	if c.Source != "" {
		next[fieldSource] = c.Source
	}
	next[fieldUpdated] = formatTime(now)
	return next
}

// base is what a change builds on. A grant brings a deleted record back, but none
// of the grants that it may still hold.
func (f fields) base(c consent.Change) fields {
	switch {
	case c.Replace:
		return fields{}
	case c.Grant != 0 && isSet(f[fieldDeleted]):
		next := fields{}
		next.set(fieldMinor, f[fieldMinor])
		return next
	case f == nil:
		return fields{}
	}
	return maps.Clone(f)
}

// tombstone is the record of a subject that was deleted.
func tombstone(now time.Time) fields {
	return fields{fieldDeleted: "1", fieldUpdated: formatTime(now)}
}

func (f fields) setFlags(v *consent.Vocabulary, flags consent.Flags, value string) {
	for _, name := range v.AppendNames(nil, flags) {
		f[name] = value
	}
}

func (f fields) removeFlags(v *consent.Vocabulary, flags consent.Flags) {
	for _, name := range v.AppendNames(nil, flags) {
		delete(f, name)
	}
}

func (f fields) setOptional(name string, value *string) {
	if value != nil {
		f.set(name, *value)
	}
}

// set keeps empty values out of the store.
func (f fields) set(name, value string) {
	if value == "" {
		delete(f, name)
		return
	}
	f[name] = value
}

func text(set bool) string {
	if set {
		return "1"
	}
	return "0"
}

// differences lists what turns the stored record into the next one.
func differences(stored, next fields) (set []any, remove []string) {
	for name, value := range next {
		if old, ok := stored[name]; !ok || old != value {
			set = append(set, name, value)
		}
	}
	for name := range stored {
		if _, stays := next[name]; !stays {
			remove = append(remove, name)
		}
	}
	return set, remove
}
