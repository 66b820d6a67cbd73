package wire

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of protobuf messages, as protowire writes them.

func num(number int, v uint64) string {
	b := protowire.AppendTag(nil, protowire.Number(number), protowire.VarintType)
	return string(protowire.AppendVarint(b, v))
}

func str(number int, text ...string) string {
	b := protowire.AppendTag(nil, protowire.Number(number), protowire.BytesType)
	return string(protowire.AppendString(b, strings.Join(text, "")))
}

func float32s(number int, v float32) string {
	b := protowire.AppendTag(nil, protowire.Number(number), protowire.Fixed32Type)
	return string(protowire.AppendFixed32(b, math.Float32bits(v)))
}

func float64s(number int, v float64) string {
	b := protowire.AppendTag(nil, protowire.Number(number), protowire.Fixed64Type)
	return string(protowire.AppendFixed64(b, math.Float64bits(v)))
}

func group(number int, fields ...string) string {
	b := protowire.AppendTag(nil, protowire.Number(number), protowire.StartGroupType)
	return string(protowire.AppendGroup(b, protowire.Number(number), []byte(strings.Join(fields, ""))))
}

func TestFieldsOfMessagesAreRemoved(t *testing.T) {
	long := strings.Repeat("x", 125)
	for _, row := range []struct{ name, path, in, want string }{
		{"a text", "2", num(1, 1) + str(2, "867") + num(3, 3), num(1, 1) + num(3, 3)},
		{"a number", "1", num(1, 300) + str(2, "867"), str(2, "867")},
		{"the only field", "1", num(1, 300), ""},
		{"a repeated field, each time", "2", str(2, "a") + num(1, 1) + str(2, "b"), num(1, 1)},
		{"a packed field, as a whole", "3", str(3, "\x01\x02\x03") + num(1, 1), num(1, 1)},
		{"a float", "1", float32s(1, 31.5) + float64s(2, 121.25), float64s(2, 121.25)},
		{"a double", "2", float32s(1, 31.5) + float64s(2, 121.25), float32s(1, 31.5)},
		{"a group", "4", num(1, 1) + group(4, num(2, 1)) + str(5, "a"), num(1, 1) + str(5, "a")},
		{"in a message", "4.2", str(4, num(1, 1), str(2, "867")), str(4, num(1, 1))},
		{"in a message in a message", "4.6.13", str(4, str(6, num(13, 1), num(14, 2))), str(4, str(6, num(14, 2)))},
		{"in repeated messages", "4.2", str(4, num(2, 1)) + str(4, num(2, 1), num(3, 1)), str(4) + str(4, num(3, 1))},
		{"in the entries of a map, values", "7.2", str(7, str(1, "k"), str(2, "v")), str(7, str(1, "k"))},
		{"a message as a whole", "4", str(4, num(1, 1)) + num(9, 9), num(9, 9)},
		{"where the length loses a byte", "4.2", str(4, str(1, long), num(2, 1)) + num(9, 9), str(4, str(1, long)) + num(9, 9)},
		{"where two lengths lose a byte", "4.4.2", str(4, str(4, str(1, long[2:]), num(2, 1))), str(4, str(4, str(1, long[2:])))},
		{"of any number below", "4.*", str(4, num(1, 1), str(2, "a")) + num(1, 1), str(4) + num(1, 1)},
		{"nothing, where the number differs", "14", num(1, 4) + str(4, "x"), num(1, 4) + str(4, "x")},
		{"nothing, where a number stands in place of a message", "4.2", num(4, 2) + float32s(4, 2), num(4, 2) + float32s(4, 2)},
		{"the same number in another message stays", "4.2", str(4, num(2, 1)) + str(5, num(2, 1)) + num(2, 1), str(4) + str(5, num(2, 1)) + num(2, 1)},
		{"a field with a long tag and a long number", "2", "\x90\x80\x00\x81\x80\x00" + num(1, 1), num(1, 1)},
		{"unknown fields stay byte for byte", "1", num(1, 1) + "\x98\x80\x00\x81\x80\x00" + group(9, group(10), str(2, "x")) + float64s(536870911, 1), "\x98\x80\x00\x81\x80\x00" + group(9, group(10), str(2, "x")) + float64s(536870911, 1)},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, "p: form:p | protobuf", "p/"+row.path)
			got := formValue(t, strings.TrimPrefix(r.without(t, "form:", "p="+escaped(t, row.in), "p/"+row.path), "p="))
			if got != row.want {
				t.Errorf("\n got %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestFieldsOfMessagesAreReplaced(t *testing.T) {
	long := strings.Repeat("y", 130)
	for _, row := range []struct{ name, path, in, text, want string }{
		{"a text", "2", num(1, 1) + str(2, "867") + num(3, 3), "x", num(1, 1) + str(2, "x") + num(3, 3)},
		{"a text by nothing", "2", str(2, "867"), "", str(2)},
		{"a text where the lengths gain a byte", "4.2", str(4, str(2, "a")) + num(1, 1), long, str(4, str(2, long)) + num(1, 1)},
		{"a text where the lengths lose a byte", "4.2", str(4, str(2, long)), "a", str(4, str(2, "a"))},
		{"a number", "4.1", str(4, num(1, 300)), "7", str(4, num(1, 7))},
		{"a number by zero", "1", num(1, math.MaxUint64), "0", num(1, 0)},
		{"a number by a negative one", "1", num(1, 1), "-1", num(1, math.MaxUint64)},
		{"a number by true", "1", num(1, 0), "true", num(1, 1)},
		{"a number by false", "1", num(1, 1), "false", num(1, 0)},
		{"a number by nothing", "1", num(1, 9), "", num(1, 0)},
		{"a number by a pseudonym goes", "1", num(1, 9) + num(2, 1), "8a9554ca", num(2, 1)},
		{"a number by one too large goes", "1", num(1, 9), "99999999999999999999", ""},
		{"a float", "1", float32s(1, 31.23041), "31.23", float32s(1, 31.23)},
		{"a double", "1", float64s(1, 121.47370), "121.47", float64s(1, 121.47)},
		{"a double by zero", "1", float64s(1, 121.47370), "0", float64s(1, 0)},
		{"a double by a pseudonym goes", "1", float64s(1, 1) + num(2, 1), "8a9554ca", num(2, 1)},
		{"a group goes", "1", group(1, num(1, 1)) + num(2, 1), "x", num(2, 1)},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, "p: form:p | protobuf", "p/"+row.path)
			m, doc := r.mustRead(t, "form:", "p="+escaped(t, row.in))
			for _, s := range r.at(t, m, "p/"+row.path) {
				m.ReplaceText(s, []byte(row.text))
			}
			if got := formValue(t, strings.TrimPrefix(seal(t, m, doc), "p=")); got != row.want {
				t.Errorf("\n got %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestTextsOfFieldsAreReadInDecimal(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"a text", str(1, "867"), "867"}, {"a number", num(1, 867), "867"}, {"a large number", num(1, math.MaxUint64), "18446744073709551615"},
		{"a float", float32s(1, 31.23), "31.23"}, {"a double", float64s(1, -121.4737), "-121.4737"}, {"several", num(1, 1) + str(1, "a"), "1 a"},
	} {
		r := newRig(t, "p: form:p | protobuf", "p/1")
		m, _ := r.mustRead(t, "form:", "p="+escaped(t, row.in))
		if got := r.texts(t, m, "p/1"); got != row.want {
			t.Errorf("%s: %q", row.name, got)
		}
	}
}

func TestNullAndZeroInAMessage(t *testing.T) {
	r := newRig(t, "p: form:p | protobuf", "p/1", "p/2")
	m, doc := r.mustRead(t, "form:", "p="+escaped(t, num(1, 7)+str(2, "x")))
	m.ReplaceRaw(r.at(t, m, "p/1")[0], []byte("0"))
	m.ReplaceRaw(r.at(t, m, "p/2")[0], []byte("null"))
	if got := formValue(t, strings.TrimPrefix(seal(t, m, doc), "p=")); got != num(1, 0)+str(2) {
		t.Errorf("got %q", got)
	}
}

func TestMessagesThatAreNotRead(t *testing.T) {
	deep := num(1, 1)
	for range 20 {
		deep = str(4, deep)
	}
	for _, row := range []struct {
		name, in string
		code     Code
	}{
		{"a tag alone", "\x08", Malformed},
		{"half a tag", "\x88", Malformed},
		{"a tag of eleven bytes", strings.Repeat("\x80", 10) + "\x01\x01", Malformed},
		{"field 0", "\x00\x01", Malformed},
		{"a field number over the largest", string(protowire.AppendVarint(nil, (6+1<<29)<<3|2)) + "\x01a", Malformed},
		{"wire type 6", "\x0e\x01", Malformed},
		{"wire type 7", "\x0f\x01", Malformed},
		{"half a number", "\x08\x80", Malformed},
		{"a number of eleven bytes", "\x08" + strings.Repeat("\xff", 10) + "\x01", Malformed},
		{"half a float", float32s(1, 1)[:4], Malformed},
		{"half a double", float64s(1, 1)[:8], Malformed},
		{"a text that ends early", "\x0a\x05abc", Malformed},
		{"a length over all", "\x0a" + string(protowire.AppendVarint(nil, math.MaxUint64)), Malformed},
		{"a group that does not end", "\x23\x08\x01", Malformed},
		{"a group that ends as another", "\x23\x08\x01\x2c", Malformed},
		{"the end of a group alone", "\x24", Malformed},
		{"a message that is none, where a path goes on", str(4, "\x08"), Malformed},
		{"a group where a path goes on", group(4, num(4, 1)), Malformed},
		{"messages deeper than the limit", deep, TooDeep},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := "p/4" + strings.Repeat(".4", 18)
			r := newRig(t, "p: form:p | protobuf", path)
			r.limits.Records = 100
			_, fault := r.read(new(Message), "form:", "p="+escaped(t, row.in))
			if fault.Code != row.code || fault.What == "" {
				t.Errorf("got %v (%d)", fault, fault.Code)
			}
		})
	}
}

func TestMessagesInsideMessagesAreCounted(t *testing.T) {
	r := newRig(t, "p: form:p | protobuf", "p/4.1")
	in := strings.Repeat(str(4, num(1, 1)), r.limits.Records)
	m, _ := r.mustRead(t, "form:", "p="+escaped(t, in))
	if n := len(r.at(t, m, "p/4.1")); n != r.limits.Records {
		t.Errorf("met %d", n)
	}
	if _, fault := r.read(m, "form:", "p="+escaped(t, in+str(4))); fault.Code != TooManyRecords {
		t.Errorf("got %v", fault)
	}
}

func TestMessagesInEveryCarrier(t *testing.T) {
	in, want := str(4, str(2, "867", strings.Repeat("x", 200)), num(3, 1)), str(4, num(3, 1))
	for _, row := range []struct{ carrier, layers string }{
		{"json", "base64 > zlib"}, {"json", "after > base64 > zlib"}, {"form", "base64 > gzip"}, {"form", "base64"}, {"query", "base64url"}, {"cookie", "base64 url raw > zlib"}, {"form", ""},
	} {
		t.Run(row.carrier+" > "+row.layers, func(t *testing.T) {
			at, stack := carriers()[row.carrier], newStack(t, row.layers)
			r := newRig(t, "p: "+stack.chain(at.source, "protobuf"), "p/4.2")
			if got := stack.off(t, at.get(t, r.without(t, at.source, at.put(stack.on(t, in)), "p/4.2"))); got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestContainersInFieldsOfMessages(t *testing.T) {
	b64 := newStack(t, "base64")
	r := newRig(t, "p: form:p | protobuf", "j: p/4.2 | base64 | json", "j/imei")
	in := str(4, num(1, 1), str(2, b64.on(t, `{"imei":1,"a":2}`)))
	got := formValue(t, strings.TrimPrefix(r.without(t, "form:", "p="+escaped(t, in), "j/imei"), "p="))
	if want := str(4, num(1, 1), str(2, b64.on(t, `{"a":2}`))); got != want {
		t.Errorf("got %q", got)
	}
}
