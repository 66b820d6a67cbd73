package ruletest

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// appendProto writes a mapping of field numbers as a message: texts and messages by
// their length, whole numbers and booleans as varints, other numbers as doubles, lists
// as repeated fields.
func appendProto(dst []byte, n *node) ([]byte, error) {
	if n.kind != object {
		return nil, fmt.Errorf("a protobuf message is a mapping of field numbers, such as {4: {13: text}}")
	}
	for _, k := range n.kids {
		number, err := strconv.ParseInt(k.name, 10, 32)
		if err != nil || !protowire.Number(number).IsValid() {
			return nil, fmt.Errorf("%q is no field number of a protobuf message", k.name)
		}
		if dst, err = appendField(dst, protowire.Number(number), k.node); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func appendField(dst []byte, number protowire.Number, n *node) (_ []byte, err error) {
	switch n.kind {
	case array:
		for _, k := range n.kids {
			if dst, err = appendField(dst, number, k.node); err != nil {
				return nil, err
			}
		}
		return dst, nil
	case text:
		return protowire.AppendString(protowire.AppendTag(dst, number, protowire.BytesType), n.text), nil
	case literal:
		return appendNumber(dst, number, n.text)
	}
	message, err := appendProto(nil, n)
	return protowire.AppendBytes(protowire.AppendTag(dst, number, protowire.BytesType), message), err
}

func appendNumber(dst []byte, number protowire.Number, literal string) ([]byte, error) {
	varint := protowire.AppendTag(dst, number, protowire.VarintType)
	if b, err := strconv.ParseBool(literal); err == nil && len(literal) > 1 {
		return protowire.AppendVarint(varint, protowire.EncodeBool(b)), nil
	}
	if i, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return protowire.AppendVarint(varint, uint64(i)), nil
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return nil, fmt.Errorf("%s is nothing that a protobuf field holds", literal)
	}
	return protowire.AppendFixed64(protowire.AppendTag(dst, number, protowire.Fixed64Type), math.Float64bits(f)), nil
}

// parseProto shows a message by its field numbers. What a length-delimited field holds
// is not known without a schema: what reads as a text is shown as one, else as a message.
func parseProto(data []byte) (*node, bool) {
	n := &node{kind: object}
	for len(data) > 0 {
		number, wire, length := protowire.ConsumeTag(data)
		if length < 0 {
			return nil, false
		}
		data = data[length:]
		if length = protowire.ConsumeFieldValue(number, wire, data); length < 0 {
			return nil, false
		}
		n.kids = append(n.kids, kid{strconv.Itoa(int(number)), protoValue(wire, data[:length])})
		data = data[length:]
	}
	return n, true
}

func protoValue(wire protowire.Type, value []byte) *node {
	switch wire {
	case protowire.VarintType:
		v, _ := protowire.ConsumeVarint(value)
		return &node{kind: literal, text: strconv.FormatUint(v, 10)}
	case protowire.Fixed64Type:
		v, _ := protowire.ConsumeFixed64(value)
		return &node{kind: literal, text: strconv.FormatFloat(math.Float64frombits(v), 'g', -1, 64)}
	case protowire.BytesType:
		v, _ := protowire.ConsumeBytes(value)
		return protoBytes(v)
	}
	return textNode(fmt.Sprintf("%x", value))
}

func protoBytes(v []byte) *node {
	if isPrintable(v) {
		return textNode(string(v))
	}
	if message, ok := parseProto(v); ok {
		return message
	}
	return textNode(fmt.Sprintf("%x", v))
}

func isPrintable(v []byte) bool {
	for _, r := range string(v) {
		if r == utf8.RuneError || r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return false
		}
	}
	return true
}
