package strictyaml

import (
	"fmt"
	"strings"
)

// Suggest gives `, did you mean "x"?` for the known name that differs from name by a
// slip of the keyboard, and "" where none does.
func Suggest(name string, known []string) string {
	best, least := "", maxSlips(name)+1
	for _, k := range known {
		if d := slips(name, k, least); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// maxSlips keeps short names from resembling everything.
func maxSlips(name string) int { return max(1, min(3, len(name)/3)) }

// slips counts the edits that turn a into b: a letter more, less, other, or two
// swapped. Case does not count. Anything from limit on is given as limit.
func slips(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	a, b = strings.ToLower(a), strings.ToLower(b)
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = edit(a[:i], b[:j], before, last, row)
		}
		before, last, row = last, row, before
	}
	return min(limit, last[len(b)])
}

// edit is one cell of the edit distance table, for two prefixes.
func edit(a, b string, before, last, row []int) int {
	i, j := len(a), len(b)
	cost := 1
	if a[i-1] == b[j-1] {
		cost = 0
	}
	d := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
	if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
		d = min(d, before[j-2]+1)
	}
	return d
}
