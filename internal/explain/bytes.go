package explain

import (
	"encoding/json"
	"unicode/utf8"
)

// Bytes is a text that may be none: in JSON it is a string or, where it is not UTF-8,
// {"base64": "..."}. Nil is null.
type Bytes []byte

type coded struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (b Bytes) MarshalJSON() ([]byte, error) {
	switch {
	case b == nil:
		return []byte("null"), nil
	case utf8.Valid(b):
		return json.Marshal(string(b))
	}
	return json.Marshal(coded{b})
}

// UnmarshalJSON implements json.Unmarshaler.
func (b *Bytes) UnmarshalJSON(data []byte) error {
	var c coded
	if len(data) > 0 && data[0] == '{' {
		err := json.Unmarshal(data, &c)
		*b = c.Base64
		return err
	}
	var text *string
	err := json.Unmarshal(data, &text)
	if *b = nil; text != nil {
		*b = append(Bytes{}, *text...)
	}
	return err
}

func (b Bytes) String() string { return string(b) }
