package rules_test

import (
	"bytes"
	"compress/zlib"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// leaf is a field of a protobuf message: the numbers that lead to it, and its value.
type leaf struct {
	path  string
	value any // string, uint64, float32 or float64
}

// encode writes the leaves as one message, in their order.
func encode(leaves []leaf) (out []byte) {
	for i := 0; i < len(leaves); {
		head, _, nested := strings.Cut(leaves[i].path, ".")
		number, _ := strconv.Atoi(head)
		if !nested {
			out = appendLeaf(out, protowire.Number(number), leaves[i].value)
			i++
			continue
		}
		var inside []leaf
		for ; i < len(leaves) && strings.HasPrefix(leaves[i].path, head+"."); i++ {
			inside = append(inside, leaf{strings.TrimPrefix(leaves[i].path, head+"."), leaves[i].value})
		}
		out = protowire.AppendTag(out, protowire.Number(number), protowire.BytesType)
		out = protowire.AppendBytes(out, encode(inside))
	}
	return out
}

func appendLeaf(out []byte, number protowire.Number, value any) []byte {
	switch v := value.(type) {
	case uint64:
		return protowire.AppendVarint(protowire.AppendTag(out, number, protowire.VarintType), v)
	case float32:
		return binary.LittleEndian.AppendUint32(protowire.AppendTag(out, number, protowire.Fixed32Type), math.Float32bits(v))
	case float64:
		return binary.LittleEndian.AppendUint64(protowire.AppendTag(out, number, protowire.Fixed64Type), math.Float64bits(v))
	}
	return protowire.AppendString(protowire.AppendTag(out, number, protowire.BytesType), value.(string))
}

// decode reads a message into leaves; messages are the paths that lead on.
func decode(t testing.TB, data []byte, at string, messages []string) (leaves []leaf) {
	t.Helper()
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			t.Fatalf("a bad tag at %s", at)
		}
		data = data[n:]
		path := strings.TrimPrefix(fmt.Sprintf("%s.%d", at, number), ".")
		var value any
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			var bits uint32
			bits, n = protowire.ConsumeFixed32(data)
			value = math.Float32frombits(bits)
		case protowire.Fixed64Type:
			var bits uint64
			bits, n = protowire.ConsumeFixed64(data)
			value = math.Float64frombits(bits)
		default:
			var text []byte
			text, n = protowire.ConsumeBytes(data)
			value = string(text)
			if slices.Contains(messages, path) {
				leaves = append(leaves, decode(t, text, path, messages)...)
				data = data[max(n, 0):]
				continue
			}
		}
		if n < 0 {
			t.Fatalf("a bad value at %s", path)
		}
		data = data[n:]
		leaves = append(leaves, leaf{path, value})
	}
	return leaves
}

// messagesOf lists the paths of leaves that are messages.
func messagesOf(leaves []leaf) (paths []string) {
	for _, l := range leaves {
		for i, c := range l.path {
			if c == '.' {
				paths = append(paths, l.path[:i])
			}
		}
	}
	return paths
}

// last gives the value of a field that counts: the last one.
func last(leaves []leaf, path string) (value any) {
	for _, l := range leaves {
		if l.path == path {
			value = l.value
		}
	}
	return value
}

func deflated(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func inflated(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// token is what an app hands to its bidding server, and untoken what is in it.
func token(t testing.TB, message []byte) string {
	return "2.01|" + base64.StdEncoding.EncodeToString(deflated(t, message))
}

func untoken(t testing.TB, text string) []byte {
	t.Helper()
	rest, ok := strings.CutPrefix(text, "2.01|")
	data, err := base64.StdEncoding.DecodeString(rest)
	if !ok || err != nil {
		t.Fatalf("a token that is none: %v", err)
	}
	return inflated(t, data)
}

// logBody is a body of the event log; values are percent-encoded once more.
func logBody(t testing.TB, records []map[string]string) string {
	t.Helper()
	var list []string
	for _, record := range records {
		var members []string
		for key, value := range record {
			members = append(members, strconv.Quote(key)+":"+strconv.Quote(url.QueryEscape(value)))
		}
		slices.Sort(members)
		list = append(list, "{"+strings.Join(members, ",")+"}")
	}
	text := "_uniq_key=k1&_batch_value=[" + strings.Join(list, ",") + "]"
	return url.QueryEscape(base64.StdEncoding.EncodeToString(deflated(t, []byte(text))))
}

func logText(t testing.TB, body []byte) string {
	t.Helper()
	text, err := url.QueryUnescape(string(body))
	if err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(inflated(t, data))
}

// gcm is the cipher of a key that the test made.
func gcm(t testing.TB, key []byte) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead
}

func randomBytes(t testing.TB, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}
