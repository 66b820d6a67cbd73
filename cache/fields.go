package cache

import (
	"maps"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

const (
	fieldMinor   = "_minor"
	fieldUpdated = "_updated"
	fieldExpires = "_expires"
	fieldSource  = "_source"
	fieldPolicy  = "_policy"
	fieldDeleted = "_deleted"
	fieldLinks   = "_links"

	granted = "1"
	denied  = "0"
)

// fields is a record as it is stored. It keeps what this configuration does not
// know, such as the flags of another one, so that a change does not lose it.
type fields map[string]string

// record reads a stored record. Anyone may have written it, so that whatever is
// not exactly a grant denies.
func (f fields) record(v *consent.Vocabulary) consent.Record {
	updated, _ := parseTime(f[fieldUpdated])
	expires, readable := parseTime(f[fieldExpires])
	links, linked := f.linkedKeys()
	r := consent.Record{
		Minor:   isSet(f[fieldMinor]),
		Deleted: isSet(f[fieldDeleted]) || !readable || !linked,
		Source:  f[fieldSource],
		Policy:  f[fieldPolicy],
		Updated: updated,
		Expires: expires,
		Links:   links,
	}
	r.Granted, r.Denied = f.flags(v)
	return r
}

func (f fields) flags(v *consent.Vocabulary) (grants, denies consent.Flags) {
	for i, name := range v.Names() {
		switch value, ok := f[name]; {
		case value == granted:
			grants |= 1 << i
		case ok:
			denies |= 1 << i
		}
	}
	return grants, denies
}

// isSet reads a field that restricts: what it says unclearly restricts too.
func isSet(value string) bool {
	return value != "" && value != denied && value != "false"
}

// parseTime takes an absent time as the zero time.
func parseTime(text string) (at time.Time, readable bool) {
	if text == "" {
		return time.Time{}, true
	}
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil
}

func formatTime(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// merge gives the most restrictive of two records of one subject; an empty one is
// no record. A record under an old secret thus never brings back what the record
// under a newer one withdrew, nor the other way round.
func merge(a, b fields) fields {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	m := make(fields, len(a)+len(b))
	for _, from := range [...]fields{a, b} {
		for name := range from {
			m[name] = mergeField(name, a, b)
		}
	}
	maps.DeleteFunc(m, func(_, value string) bool { return value == "" })
	return m
}

func mergeField(name string, a, b fields) string {
	switch name {
	case fieldMinor, fieldDeleted:
		return either(a[name], b[name])
	case fieldExpires:
		return earliest(a[name], b[name])
	case fieldPolicy:
		return oldest(a[name], b[name])
	case fieldSource, fieldUpdated:
		return latest(a, b)[name]
	case fieldLinks:
		return bothLinks(a, b)
	}
	if a[name] == granted && b[name] == granted {
		return granted
	}
	return denied
}

func bothLinks(a, b fields) string {
	for _, one := range [...]fields{a, b} {
		if _, readable := one.links(); !readable {
			return one[fieldLinks] // which denies
		}
	}
	names, _ := b.links()
	return a.relinked(linking{add: names})[fieldLinks]
}

func either(a, b string) string {
	if isSet(a) || isSet(b) {
		return "1"
	}
	return ""
}

func earliest(a, b string) string {
	at, ok := parseTime(a)
	bt, bok := parseTime(b)
	switch {
	case !ok || b == "":
		return a // unreadable denies everything
	case !bok || a == "" || bt.Before(at):
		return b
	}
	return a
}

func oldest(a, b string) string {
	if consent.ComparePolicy(a, b) <= 0 {
		return a
	}
	return b
}

func latest(a, b fields) fields {
	at, _ := parseTime(a[fieldUpdated])
	bt, _ := parseTime(b[fieldUpdated])
	if bt.After(at) {
		return b
	}
	return a
}
