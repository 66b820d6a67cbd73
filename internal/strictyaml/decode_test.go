package strictyaml

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

type inner struct {
	Pos
	Path string `yaml:"path,required"`
}

type outer struct {
	Pos
	Listen  string        `yaml:"listen"`
	On      bool          `yaml:"on"`
	Count   int           `yaml:"count"`
	Big     int64         `yaml:"big"`
	Ratio   float64       `yaml:"ratio"`
	Wait    time.Duration `yaml:"wait"`
	Size    Size          `yaml:"size"`
	List    []string      `yaml:"list"`
	Numbers []int         `yaml:"numbers"`
	In      inner         `yaml:"in"`
	Maybe   *inner        `yaml:"maybe"`
	Many    []inner       `yaml:"many"`
	Named   Map[inner]    `yaml:"named"`
	Text    String        `yaml:"text"`
	Texts   []String      `yaml:"texts"`
	Any     Scalar        `yaml:"any"`
	AnyOr   *Scalar       `yaml:"any_or"`
	Own     upper         `yaml:"own"`
	Hidden  string
}

// upper reads itself.
type upper string

func (u *upper) DecodeYAML(n *yaml.Node, c *Context) {
	var text string
	c.Decode(n, &text)
	if text == "bad" {
		c.Problem(n, "expected anything but %q", text)
	}
	*u = upper(strings.ToUpper(text))
}

func TestEveryErrorHasItsPlaceAndSaysWhatWouldBeRight(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"unknown key with a slip", "listne: x", `f:1:1: unknown key "listne", did you mean "listen"?`},
		{"unknown key like no other", "in: {zzzzzz: 1, path: x}", `f:1:6: unknown key "zzzzzz", known here: path`},
		{"duplicate key", "on: true\non: false", `f:2:1: duplicate key "on", first on line 1: remove one`},
		{"duplicate key of a map", "named:\n  a: {path: x}\n  a: {path: y}", `f:3:3: duplicate key "a", first on line 2: remove one`},
		{"two documents", "on: true\n---\non: false", `f:2:1: a second document starts here, a file holds one: write it into a file of its own`},
		{"anchor", "listen: &a x", `f:1:9: anchors (&a) are not supported: remove it and write the value out where it is used`},
		{"alias", "listen: &a x\ntext: *a", `f:1:9: anchors (&a) are not supported: remove it and write the value out where it is used` +
			"\n" + `f:2:7: aliases (*a) are not supported: write the value out`},
		{"alias to itself", "texts: &a [*a]", `f:1:8: anchors (&a) are not supported: remove it and write the value out where it is used` +
			"\n" + `f:1:12: aliases (*a) are not supported: write the value out`},
		{"merge key", "in:\n  <<: {path: x}\n  path: y", `f:2:3: merge keys (<<) are not supported: write the keys out`},
		{"tag", "listen: !!str 5", `f:1:9: tags (!!str) are not supported: remove it, and put a text in quotes`},
		{"tag of a mapping", "in: !!map {path: x}", `f:1:5: tags (!!map) are not supported: remove it, and put a text in quotes`},
		{"tag of an own type", "any: !secret x", `f:1:6: tags (!secret) are not supported: remove it, and put a text in quotes`},
		{"anchor of a key", "&a listen: x", `f:1:1: a key is a plain text, without list, mapping, anchor or tag`},
		{"marker without a document", "---", `f:2:1: the document is empty, expected a mapping: key: value`},
		{"syntax of a second document", "on: true\n---\n]", `f:3:1: not valid YAML: while parsing a block node: did not find expected node content`},
		{"key that is a list", "? [a]\n: x", `f:1:3: a key is a plain text, without list, mapping, anchor or tag`},
		{"list at the root", "- a", `f:1:1: expected a mapping (key: value), got a list`},
		{"text at the root", "a", `f:1:1: expected a mapping (key: value), got "a"`},
		{"empty file", "", `f:1:1: the file is empty, expected a mapping: key: value`},
		{"only a comment", "# none", `f:1:1: the file is empty, expected a mapping: key: value`},
		{"null at the root", "~", `f:1:1: the document is empty, expected a mapping: key: value`},
		{"syntax", "on: true\nlist: [x", `f:3:1: not valid YAML: while parsing a flow sequence that begins at 2:7: did not find expected ',' or ']'`},
		{"tab", "in:\n\tpath: x", `f:2:1: not valid YAML: while scanning for the next token: found character that cannot start any token`},
		{"not UTF-8", "on: true\nlisten: \xff", `f:2:9: the byte 0xff is not UTF-8: save the file as UTF-8`},
		{"UTF-16", "\xff\xfeo\x00n\x00", `f:1:1: the byte 0xff is not UTF-8: save the file as UTF-8`},
		{"control character", "listen: é\x01", `f:1:10: the control character U+0001 is not allowed: remove it`},
		{"text where a list is right", "list: x", `f:1:7: expected a list, got "x": write ["x"]`},
		{"mapping where a list is right", "list: {a: b}", `f:1:7: expected a list, got a mapping: write each entry after "- "`},
		{"list where a mapping is right", "in: [a]", `f:1:5: expected a mapping (key: value), got a list`},
		{"text where a map is right", "named: a", `f:1:8: expected a mapping (key: value), got "a"`},
		{"list where a text is right", "listen: [a]", `f:1:9: expected a text, got a list`},
		{"mapping where any scalar is right", "any: {a: b}", `f:1:6: expected a single value, got a mapping`},
		{"empty list entry", "list: [a, ]\nnumbers:\n- 1\n-", `f:4:2: the list entry is empty: write a value or remove it`},
		{"yes is no boolean", "on: yes", `f:1:5: expected true or false, got "yes"`},
		{"quoted boolean", `on: "true"`, `f:1:5: expected true or false, got the text "true": remove the quotes`},
		{"text where a number is right", "count: many", `f:1:8: expected a whole number, got "many"`},
		{"nothing where a number is right", "count:", `f:1:7: expected a whole number, got nothing`},
		{"quoted number", `count: "5"`, `f:1:8: expected a whole number, got the text "5": remove the quotes`},
		{"octal number", "count: 017", `f:1:8: expected a whole number, got "017"`},
		{"fraction", "big: 1.5", `f:1:6: expected a whole number, got "1.5"`},
		{"number too large", "big: 9223372036854775808", `f:1:6: expected a whole number, got "9223372036854775808"`},
		{"no number", "ratio: .nan", `f:1:8: expected a number, got ".nan"`},
		{"duration without unit", "wait: 5", `f:1:7: expected a duration such as 20ms, 10s, 5m or 180d, got "5"`},
		{"too many days", "wait: 999999d", `f:1:7: expected a duration such as 20ms, 10s, 5m or 180d, got "999999d"`},
		{"size with unknown unit", "size: 4Mb", `f:1:7: expected a size such as 65536, 64KiB or 4MiB, got "4Mb"`},
		{"negative size", "size: -1", `f:1:7: expected a size such as 65536, 64KiB or 4MiB, got "-1"`},
		{"size too large", "size: 8388608TiB", `f:1:7: expected a size such as 65536, 64KiB or 4MiB, got "8388608TiB"`},
		{"missing key", "in: {}", `f:1:5: the key "path" is missing`},
		{"missing key of an empty value in a map", "named: {a: }", `f:1:12: the key "path" is missing`},
		{"required key without value", "in: {path: }", `f:1:5: the key "path" is missing`},
		{"hexadecimal scalar", "any: 0x1F", `f:1:6: expected a decimal number such as 42 or 1.5, got "0x1F": put it in quotes if it is a text`},
		{"own decoder", "own: bad", `f:1:6: expected anything but "bad"`},
		{"long text", "on: " + strings.Repeat("é", 90), `f:1:5: expected true or false, got "` + strings.Repeat("é", 60) + `..."`},
		{"all at once, by place", "count: x\nin: {pth: y}\non: 1", `f:1:8: expected a whole number, got "x"` + "\n" +
			`f:2:5: the key "path" is missing` + "\n" + `f:2:6: unknown key "pth", did you mean "path"?` + "\n" + `f:3:5: expected true or false, got "1"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := Decode("f", []byte(row.in), &outer{}).Err()
			if err == nil || err.Error() != row.want {
				t.Errorf("got\n%v\nwant\n%s", err, row.want)
			}
		})
	}
}

func TestEveryKindOfFieldIsRead(t *testing.T) {
	var got outer
	problems := Decode("f", []byte(`listen: 1.10
on: True
count: -3
big: 9223372036854775807
ratio: 1
wait: 180d
size: 64KiB
list: [a, 2]
numbers: []
in: {path: p}
maybe: {path: m}
many:
  - path: "1"
named: {b: {path: x}, a: {path: y}}
text: t
texts: ["", u]
any: 2027-06-30
any_or: null
own: shout
`), &got)
	want := outer{
		Pos: Pos{1, 1}, Listen: "1.10", On: true, Count: -3, Big: 1<<63 - 1, Ratio: 1, Wait: 180 * 24 * time.Hour, Size: 65536,
		List: []string{"a", "2"}, Numbers: []int{}, In: inner{Pos{10, 5}, "p"}, Maybe: &inner{Pos{11, 8}, "m"},
		Many: []inner{{Pos{13, 5}, "1"}},
		Named: Map[inner]{
			{String{"b", Pos{14, 9}}, inner{Pos{14, 12}, "x"}},
			{String{"a", Pos{14, 23}}, inner{Pos{14, 26}, "y"}},
		},
		Text: String{"t", Pos{15, 7}}, Texts: []String{{"", Pos{16, 9}}, {"u", Pos{16, 13}}},
		Any: Scalar{"2027-06-30", Text, Pos{17, 6}}, AnyOr: &Scalar{"null", Null, Pos{18, 9}}, Own: "SHOUT",
	}
	if err := problems.Err(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestAnAbsentOrEmptyKeyKeepsWhatTheFieldHolds(t *testing.T) {
	held := outer{Listen: "x", Count: 4, List: []string{"a"}, In: inner{Path: "p"}, Named: Map[inner]{{}}, Maybe: &inner{Path: "m"}}
	for _, row := range []struct{ name, in string }{
		{"absent", "on: false"},
		{"empty list, mapping, map, pointer", "list:\nin: ~\nnamed: null\nmaybe:"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := held
			err := Decode("f", []byte(row.in), &got).Err()
			got.Pos = Pos{}
			if err != nil || !reflect.DeepEqual(got, held) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestAnEmptyTextReplacesWhatTheFieldHolds(t *testing.T) {
	got := outer{Listen: "x"}
	if err := Decode("f", []byte("listen:"), &got).Err(); err != nil || got.Listen != "" {
		t.Errorf("got %q, %v", got.Listen, err)
	}
}

func TestKeysOfAnEmbeddedStructAreThoseOfTheStructAround(t *testing.T) {
	type Inner struct {
		Path string `yaml:"path,required"`
	}
	type whole struct {
		Name string `yaml:"name"`
		Inner
	}
	var w whole
	if problems := Decode("f", []byte("name: a\npath: b"), &w); len(problems) > 0 || w.Path != "b" || w.Name != "a" {
		t.Errorf("%v, %+v", problems, w)
	}
	if problems := Decode("f", []byte("name: a"), &w); len(problems) != 1 {
		t.Errorf("a required key is missing: %v", problems)
	}
}

func TestAMapIsAskedByKey(t *testing.T) {
	m := Map[int]{{Key: String{Value: "b"}, Value: 1}, {Key: String{Value: "a"}, Value: 2}}
	if got, ok := m.Get("a"); got != 2 || !ok {
		t.Errorf("a is %d, %v", got, ok)
	}
	if got, ok := m.Get("c"); got != 0 || ok {
		t.Errorf("c is %d, %v", got, ok)
	}
	if got := m.Keys(); !reflect.DeepEqual(got, []string{"b", "a"}) {
		t.Errorf("the keys are %v", got)
	}
}

func TestOnlyAPointerCanBeFilled(t *testing.T) {
	for _, into := range []any{nil, outer{}, (*outer)(nil), new(chan int)} {
		if Decode("f", []byte("on: true"), into).Err() == nil {
			t.Errorf("%T was accepted", into)
		}
	}
}

func FuzzDecodeEndsWithAnAnswer(f *testing.F) {
	for _, seed := range []string{"listen: ${A:-b}", "in: {path: x}\nany: 1e3", "named: {a: &a {path: *a}}", "? [a]\n: - b", "<<: {on: true}", "text: '${A}$${'", "a\xff", "%YAML 1.1\n---\n- !!x"} {
		f.Add([]byte(seed))
	}
	lookup := func(string) (string, bool) { return "${A}", true }
	f.Fuzz(func(t *testing.T, data []byte) {
		var got outer
		problems := DecodeEnv("f", data, &got, lookup)
		for _, p := range problems {
			if p.Line < 1 || p.Text == "" {
				t.Errorf("a problem without place or text: %q", p.Error())
			}
		}
		if problems.Err() == nil && got.Line == 0 {
			t.Error("neither a problem nor a mapping")
		}
	})
}
