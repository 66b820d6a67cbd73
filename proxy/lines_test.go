package proxy

import (
	"bytes"
	"testing"
)

func TestAFieldValueIsJudgedByEachOfItsBytes(t *testing.T) {
	for length := range 20 {
		for at := range length {
			for c := range 256 {
				value := bytes.Repeat([]byte{'a'}, length)
				value[at] = byte(c)
				want := c >= ' ' && c != 0x7f || c == '\t'
				if isFieldValue(value) != want {
					t.Fatalf("%q: %v", value, !want)
				}
			}
		}
	}
}

func TestATabBeforeAControlByteHidesNothing(t *testing.T) {
	for _, value := range []string{"\t\x00", "aaaaaaa\tbbbbbbb\x01", "\taaaaaaaaaaaaaaaaaaaaaa\x7f"} {
		if isFieldValue([]byte(value)) {
			t.Errorf("%q is taken for a value", value)
		}
	}
}
