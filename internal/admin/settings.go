package admin

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/strictyaml"
)

// settings is a configuration as JSON, under the names that the file has. It holds
// names of files and never what is in them.
func settings(c *config.Config) any { return setting(reflect.ValueOf(*c)) }

func setting(v reflect.Value) any {
	switch value := v.Interface().(type) {
	case strictyaml.String:
		return value.Value
	case time.Duration:
		return value.String()
	case config.Date:
		return value.Format(time.DateOnly)
	case config.Absorb:
		if value.Auto {
			return "auto"
		}
	case interface{ Keys() []string }:
		return named(v)
	case fmt.Stringer:
		return value.String()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return setting(v.Elem())
	case reflect.Slice:
		return list(v)
	case reflect.Struct:
		return members(v)
	}
	return v.Interface()
}

func list(v reflect.Value) []any {
	out := make([]any, v.Len())
	for i := range out {
		out[i] = setting(v.Index(i))
	}
	return out
}

// named is a strictyaml.Map, whose keys are names of the user's.
func named(v reflect.Value) map[string]any {
	out := make(map[string]any, v.Len())
	for i := range v.Len() {
		entry := v.Index(i)
		out[entry.FieldByName("Key").FieldByName("Value").String()] = setting(entry.FieldByName("Value"))
	}
	return out
}

// members leaves out what has no name in the file, and what the file leaves out.
func members(v reflect.Value) map[string]any {
	out := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		field := v.Field(i)
		if name == "" || field.Kind() == reflect.Pointer && field.IsNil() {
			continue
		}
		out[name] = setting(field)
	}
	return out
}
