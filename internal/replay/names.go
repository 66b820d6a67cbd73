package replay

import (
	"strings"

	"github.com/consentd/consentd/internal/unlisted"
)

// withoutValues puts a star for each name of a locator that may be a value itself, such
// as the user that an object is about.
func withoutValues(at string) string {
	var b strings.Builder
	for i := 0; i < len(at); {
		end := nameEnd(at, i)
		name := at[i:end]
		if unlisted.LooksLikeValue([]byte(strings.ReplaceAll(name, `\`, ""))) {
			name = "*"
		}
		b.WriteString(name)
		if i = end; i < len(at) {
			b.WriteByte(at[i])
			i++
		}
	}
	return b.String()
}

// nameEnd is where a name ends: at a sign that no backslash makes a part of it.
func nameEnd(at string, i int) int {
	for ; i < len(at); i++ {
		switch at[i] {
		case '\\':
			i++
		case '.', '/', '|', ':', ' ':
			return i
		}
	}
	return len(at)
}
