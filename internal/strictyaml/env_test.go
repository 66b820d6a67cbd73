package strictyaml

import (
	"strings"
	"testing"
)

func environment(name string) (string, bool) {
	value, ok := map[string]string{"NAME": "value", "EMPTY": "", "NESTED": "${NAME}", "NUMBER": "7", "SECRET": "hunter2"}[name]
	return value, ok
}

func TestVariablesExpandInQuotedScalarsOnly(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"double quotes", `"a ${NAME} b"`, "a value b"},
		{"single quotes", `'${NAME}${NAME}'`, "valuevalue"},
		{"plain", `${NAME}`, "${NAME}"},
		{"literal block", "|\n  ${NAME}", "${NAME}"},
		{"default of an unset variable", `"${OTHER:-x:-y}"`, "x:-y"},
		{"default of an empty variable", `"${EMPTY:-x}"`, "x"},
		{"empty default", `"${OTHER:-}"`, ""},
		{"empty variable", `"${EMPTY}"`, ""},
		{"not recursive", `"${NESTED}"`, "${NAME}"},
		{"two dollars", `"$$ $${NAME} a$$"`, "$$ $${NAME} a$$"},
		{"a dollar alone", `"$NAME $"`, "$NAME $"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got outer
			err := DecodeEnv("f", []byte("listen: "+row.in), &got, environment).Err()
			if err != nil || got.Listen != row.want {
				t.Errorf("got %q, %v; want %q", got.Listen, err, row.want)
			}
		})
	}
}

func TestWithoutALookupNothingExpands(t *testing.T) {
	var got outer
	if err := Decode("f", []byte(`listen: "${NAME}"`), &got).Err(); err != nil || got.Listen != "${NAME}" {
		t.Errorf("got %q, %v", got.Listen, err)
	}
}

func TestAKeyIsNotExpanded(t *testing.T) {
	var got outer
	if err := DecodeEnv("f", []byte(`named: {"${NAME}": {path: x}}`), &got, environment).Err(); err != nil || got.Named[0].Key.Value != "${NAME}" {
		t.Errorf("got %+v, %v", got.Named, err)
	}
}

func TestAQuotedVariableCanBeANumber(t *testing.T) {
	var got outer
	if err := DecodeEnv("f", []byte("count: \"${NUMBER}\"\non: '${OTHER:-true}'"), &got, environment).Err(); err != nil || got.Count != 7 || !got.On {
		t.Errorf("got %d, %v, %v", got.Count, got.On, err)
	}
}

func TestAVariableThatCannotBeExpandedIsAnError(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"unset", `"${OTHER}"`, `f:1:9: the environment variable OTHER is not set: set it, or write ${OTHER:-default}`},
		{"not closed", `"x ${NAME"`, `f:1:9: "${" without "}": write ${NAME} or ${NAME:-default}`},
		{"no name", `"${}"`, `f:1:9: "${}" is no variable: write ${NAME} or ${NAME:-default}`},
		{"other shell syntax", `"${NAME:?x}"`, `f:1:9: "${NAME:?x}" is no variable: write ${NAME} or ${NAME:-default}`},
		{"name starts with a digit", `"${1A}"`, `f:1:9: "${1A}" is no variable: write ${NAME} or ${NAME:-default}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := DecodeEnv("f", []byte("listen: "+row.in), &outer{}, environment).Err()
			if err == nil || err.Error() != row.want {
				t.Errorf("got\n%v\nwant\n%s", err, row.want)
			}
		})
	}
}

func TestAnErrorShowsTheVariableAndNotItsValue(t *testing.T) {
	in := "count: \"${SECRET}\"\nwait: \"${SECRET}\"\nsize: \"${SECRET}\"\nlist: \"${SECRET}\"\nin: \"${SECRET}\"\non: \"${SECRET}\""
	err := DecodeEnv("f", []byte(in), &outer{}, environment).Err()
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Count(err.Error(), "${SECRET}") < 6 {
		t.Errorf("got %v", err)
	}
}
