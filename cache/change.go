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
func (f fields) apply(v *consent.Vocabulary, c consent.Change, l linking, now time.Time) fields {
	next := f.base(c)
	if c.Delete {
		next[fieldDeleted], next[fieldUpdated] = "1", formatTime(now)
		return next.relinked(l)
	}
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
	return next.relinked(l)
}

// base is what a change builds on. A grant brings a deleted record back, but none
// of the grants that it may still hold. Links always stay.
func (f fields) base(c consent.Change) fields {
	next := fields{}
	switch revived := c.Grant != 0 && isSet(f[fieldDeleted]); {
	case c.Replace || c.Delete:
	case revived:
		next.set(fieldMinor, f[fieldMinor])
	default:
		maps.Copy(next, f)
	}
	next.set(fieldLinks, f[fieldLinks])
	return next
}

// differs reports whether a change does more than to say when it was made. That a
// subject is no minor need not be written.
func (f fields) differs(next fields) bool {
	return len(f) == 0 || !maps.Equal(f.substance(), next.substance())
}

func (f fields) substance() fields {
	s := maps.Clone(f)
	delete(s, fieldUpdated)
	if !isSet(s[fieldMinor]) {
		delete(s, fieldMinor)
	}
	return s
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

// linksOf checks a change, and gives the links that it adds. With secrets a subject
// is linked under all of its names, since its record may stand under any.
func linksOf(key consent.Key, c consent.Change, secrets [][]byte) (l linking, err error) {
	if err := checkChange(c); err != nil {
		return l, err
	}
	for _, other := range c.Links {
		if err := checkKey(other); err != nil {
			return l, err
		}
		if other.Scope != key.Scope {
			return l, ErrPair
		}
		l.add = append(l.add, recordNames(other, secrets)...)
	}
	return l, nil
}

// unlessInPlace leaves a record as it is where a change would only say that it was
// made.
func unlessInPlace(apply func(fields) fields) func(fields) fields {
	return func(stored fields) fields {
		if next := apply(stored); stored.differs(next) {
			return next
		}
		return nil
	}
}
