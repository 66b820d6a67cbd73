package consent

import (
	"math"
	"time"
)

// Record is what a store keeps of one subject.
type Record struct {
	Granted Flags // flags stored as 1
	Denied  Flags // flags stored as 0; a flag in neither set is denied too
	Minor   bool
	Deleted bool // DELETE leaves a record that denies everything
	Source  string
	Policy  string
	Updated time.Time // zero: not recorded
	Expires time.Time // zero: never
	Links   []Key     // other subjects of the same device, as the store names them
}

// Grant is what a record means for a request: the compact form that is cached.
// Flags hold until Expires; Minor is reported so that a minor loses flags
// whatever the record grants.
type Grant struct {
	Flags   Flags
	Expires int64 // Unix seconds after which Flags count as none; 0: never
	State   State
	Minor   bool
	Cached  bool   // the store was not asked for this look-up
	Age     uint32 // of a cached answer, in milliseconds
}

// Aged is the grant as a cache gives it.
func (g Grant) Aged(age time.Duration) Grant {
	g.Cached, g.Age = true, uint32(min(max(age.Milliseconds(), 0), math.MaxUint32))
	return g
}

// State says how a grant came to be known.
type State uint8

// Unknown is the zero value, so that whatever is forgotten denies.
const (
	Unknown State = iota // the store gave no answer
	Missing              // the store holds no record
	Found                // the store holds a record
)

// Terms are the conditions of the operator under which a record grants anything.
type Terms struct {
	MinPolicy string // an older policy version grants nothing; empty: any version
}

// Grant reduces a record to its effect.
func (t Terms) Grant(r Record) Grant {
	g := Grant{State: Found, Flags: r.Granted &^ r.Denied, Minor: r.Minor}
	if r.Deleted || ComparePolicy(r.Policy, t.MinPolicy) < 0 {
		g.Flags = 0
	}
	if !r.Expires.IsZero() {
		g.Expires = max(r.Expires.Unix(), 1)
	}
	return g
}

// And gives what both of two grants that were found allow; where one is unknown, so is
// the outcome. Everything but the effect is that of the first.
func (g Grant) And(other Grant) Grant {
	if g.State != Found || other.State != Found {
		return Grant{}
	}
	g.Flags &= other.Flags
	g.Minor = g.Minor || other.Minor
	if g.Expires == 0 || other.Expires != 0 && other.Expires < g.Expires {
		g.Expires = other.Expires
	}
	return g
}

// At gives the flags that stand at a time in Unix seconds.
func (g Grant) At(now int64) Flags {
	if g.State != Found || g.Expires != 0 && now >= g.Expires {
		return 0
	}
	return g.Flags
}

// And gives a record whose Grant is, under any terms, that of both: what is kept of one
// device under several subjects.
func (r Record) And(other Record) Record {
	r.Granted &= other.Granted &^ other.Denied
	if other.Deleted {
		r.Granted = 0
	}
	r.Minor = r.Minor || other.Minor
	if ComparePolicy(other.Policy, r.Policy) < 0 {
		r.Policy = other.Policy
	}
	if r.Expires.IsZero() || !other.Expires.IsZero() && other.Expires.Before(r.Expires) {
		r.Expires = other.Expires
	}
	return r
}

// ComparePolicy orders policy versions the way people number them: runs of digits
// compare as numbers, everything else byte by byte, so v9 < v10 and
// 2026-02-01 < 2026-10-01. The empty version is the oldest.
func ComparePolicy(a, b string) int {
	for a != "" && b != "" {
		if isDigit(a[0]) && isDigit(b[0]) {
			na, nb := digits(a), digits(b)
			if c := compareNumbers(a[:na], b[:nb]); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return sign(int(a[0]) - int(b[0]))
		}
		a, b = a[1:], b[1:]
	}
	return sign(len(a) - len(b))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func compareNumbers(a, b string) int {
	for len(a) > 1 && a[0] == '0' {
		a = a[1:]
	}
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	if len(a) != len(b) {
		return sign(len(a) - len(b))
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
