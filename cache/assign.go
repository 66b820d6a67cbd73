package cache

import (
	"errors"
	"fmt"
	"strings"

	"github.com/consentd/consentd/internal/consent"
)

// ErrAssignment says that a text is no assignment to a field of a record.
var ErrAssignment = errors.New("not an assignment")

// ParseAssignments reads the fields of a record as people type them: FLAG=1 or
// FLAG=0, _minor=1, _policy=TEXT, _source=TEXT and _expires=TIME. Its errors tell
// all that is wrong.
func ParseAssignments(assignments []string, v *consent.Vocabulary) (consent.Change, error) {
	var c consent.Change
	var errs []error
	seen := make(map[string]bool, len(assignments))
	for _, one := range assignments {
		name, value, ok := strings.Cut(one, "=")
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%w: write %s=1 or %[2]s=0", ErrAssignment, name))
		case seen[name]:
			errs = append(errs, fmt.Errorf("%w: %s is given twice", ErrAssignment, name))
		default:
			errs = append(errs, assign(&c, v, name, value))
		}
		seen[name] = true
	}
	if err := errors.Join(errs...); err != nil {
		return consent.Change{}, err
	}
	return c, nil
}

func assign(c *consent.Change, v *consent.Vocabulary, name, value string) error {
	switch name {
	case fieldPolicy:
		c.Policy = &value
		return nil
	case fieldSource:
		c.Source = value
		return nil
	case fieldExpires:
		c.Expires = &value
		return checkChange(*c)
	case fieldUpdated, fieldDeleted:
		return fmt.Errorf("%w: %s is set by the store alone", ErrAssignment, name)
	}
	return assignBool(c, v, name, value)
}

func assignBool(c *consent.Change, v *consent.Vocabulary, name, value string) error {
	flag, known := v.Flag(name)
	if !known && name != fieldMinor {
		return unknownName(v, name)
	}
	set := value == "1" || value == "true"
	switch {
	case !set && value != "0" && value != "false":
		return fmt.Errorf("%w: %s takes 1 or 0", ErrAssignment, name)
	case name == fieldMinor:
		c.Minor = &set
	case set:
		c.Grant |= flag
	default:
		c.Deny |= flag
	}
	return nil
}

func unknownName(v *consent.Vocabulary, name string) error {
	known := append([]string{fieldMinor, fieldPolicy, fieldSource, fieldExpires}, v.Names()...)
	if near := nearest(name, known); near != "" {
		return fmt.Errorf("%w: there is no flag %q, did you mean %q?", ErrAssignment, name, near)
	}
	return fmt.Errorf("%w: there is no flag %q; the flags are %s", ErrAssignment, name, strings.Join(v.Names(), ", "))
}

// nearest gives the known name that is the fewest edits away, or none where a
// third of the name would have to change.
func nearest(name string, known []string) string {
	best, limit := "", max(len(name)/3, 1)+1
	for _, one := range known {
		if d := edits(name, one); d < limit {
			best, limit = one, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
