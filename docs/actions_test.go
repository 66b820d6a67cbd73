package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// effectRow is a row of the table that shows what the actions do: name, before, after.
// What comes after is a body, or a word for what becomes of the request.
var effectRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| `(\\{.*\\})` \\| (?:`(\\{.*\\})`|([a-z]+)) \\|$")

// The example of each action does what the second table says.
func TestEveryExampleOfAnActionHasItsEffect(t *testing.T) {
	page := read(t, "rules.md")
	effects := make(map[string][]string)
	for _, m := range effectRow.FindAllStringSubmatch(page, -1) {
		effects[m[1]] = m
	}
	for _, m := range actionRow.FindAllStringSubmatch(page, -1) {
		t.Run(m[1], func(t *testing.T) {
			effect := effects[m[1]]
			if effect == nil {
				t.Fatal("the table of effects does not have it")
			}
			showsEffect(t, m[2], effect[2], effect[3], effect[4])
		})
	}
}

func showsEffect(t *testing.T, rule, before, after, status string) {
	t.Helper()
	expect := "status: " + status
	if status == "" {
		expect = "body: '" + after + "'"
	}
	page := "```yaml rules\nname: shop\nrules:\n  - " + rule + "\n```\n"
	test := fmt.Sprintf(`{config: ../consentd.yaml, tests: [{name: example, flags: [], request: {path: /shop, body: '%s'}, expect: {%s}}]}`, before, expect)
	if failed, printed := runExample(t, page, strings.TrimSpace(test)); failed > 0 {
		t.Error(printed)
	}
}
