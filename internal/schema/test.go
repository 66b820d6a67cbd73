package schema

import (
	"maps"
	"reflect"

	"github.com/consentd/consentd/internal/ruletest"
	"github.com/consentd/consentd/proxy"
)

// testKeys says what each key of a test file is for.
func testKeys() map[string]key {
	keys := map[string]key{
		"config": {about: "The configuration whose routes the tests go through, relative to the test file.", example: "../consentd.yaml"},
		"now":    {about: "The time of all tests. Default: the present.", example: "2026-06-01T12:00:00Z"},
		"tests":  {about: "Requests, and what should become of them.", example: []any{aTest()}},

		"tests.name":         {about: "What is tested, in a sentence.", example: "no consent removes the IMEI"},
		"tests.flags":        {about: "What everybody whom the request names has granted: a list, or all. It may name nobody.", example: []string{"device_id"}},
		"tests.now":          {about: "The time of this test.", example: "2026-06-01"},
		"tests.request":      {about: "What the client sends.", example: aTest()["request"]},
		"tests.request_file": {about: "The request as a file, HTTP/1.1 as it went over the wire; keys of request take the place of what is in it.", example: "testdata/track.http"},
		"tests.response":     {about: "What the upstream answers. Default: an empty 200.", example: map[string]any{"status": 200, "body": map[string]any{"ok": true}}},
		"tests.expect":       {about: "What should become of the request. Only what is written is compared.", example: aTest()["expect"]},
		"tests.records":      {about: "Consent records in place of flags; subjects that are not listed have none.", example: []any{map[string]any{"subject": "oaid:5f1c9a0e", "flags": map[string]any{"device_id": true}}}},
	}
	maps.Copy(keys, below("tests.records", recordKeys()))
	maps.Copy(keys, below("tests.request", requestKeys()))
	maps.Copy(keys, below("tests.response", answerKeys()))
	maps.Copy(keys, below("tests.expect", expectKeys()))
	maps.Copy(keys, below("tests.expect.response", answerKeys()))
	return keys
}

func aTest() map[string]any {
	return map[string]any{
		"name": "no consent removes the IMEI", "flags": []string{"analytics"},
		"request": map[string]any{"path": "/openrtb2", "body": map[string]any{"device": map[string]any{"imei": "867530912345678"}}},
		"expect":  map[string]any{"status": "forwarded", "body": map[string]any{"device": map[string]any{"lmt": 1}}},
	}
}

func recordKeys() map[string]key {
	return map[string]key{
		"subject": {about: "KIND:VALUE.", example: "oaid:5f1c9a0e"},
		"scope":   {about: "The scope of the route, where it has one.", example: "app-1"},
		"flags":   {about: "What is granted and what is denied; or a list of what is granted, or all.", example: map[string]any{"device_id": true, "location": false}},
		"minor":   {about: "The person is a minor. Default false.", example: true},
		"deleted": {about: "Consent was withdrawn as a whole. Default false.", example: true},
		"source":  {about: "Where the consent comes from.", example: "app"},
		"policy":  {about: "The version of the policy that was agreed to. Default: consent.min_policy.", example: "v3"},
		"expires": {about: "When the grant ends.", example: "2027-01-01T00:00:00Z"},
		"updated": {about: "When the record was written.", example: "2026-01-01"},
	}
}

// contentKeys are the ways of writing a body.
func contentKeys() map[string]key {
	keys := map[string]key{
		"form": {about: "A form: names, and values as texts or as body, body_file or protobuf with encode.", example: map[string]any{"data": map[string]any{"body": map[string]any{"event": "buy"}, "encode": []string{"base64"}}}},
	}
	maps.Copy(keys, blobKeys())
	maps.Copy(keys, below("form", blobKeys()))
	return keys
}

func blobKeys() map[string]key {
	return map[string]key{
		"body":      {about: "A text, byte for byte, or JSON as a mapping or list.", example: map[string]any{"device": map[string]any{"imei": "867530912345678"}}},
		"body_file": {about: "A file with the bytes, relative to the test file.", example: "testdata/request.json"},
		"protobuf":  {about: "A protobuf message as a mapping of field numbers.", example: map[string]any{"4": map[string]any{"13": "5f1c9a0e"}}},
		"encode":    {about: "What the body is packed with, from left to right: base64, base64url, percent, gzip, zlib.", example: []string{"gzip", "base64"}},
	}
}

func requestKeys() map[string]key {
	keys := map[string]key{
		"request_file": {about: "The request as a file; other keys take the place of what is in it.", example: "testdata/track.http"},
		"method":       {about: "Default: POST with a body, else GET.", example: "POST"},
		"path":         {about: "The path, and the query after a question mark.", example: "/openrtb2?a=1"},
		"query":        {about: "Parameters that are added to the query, percent-encoded.", example: map[string]any{"imei": "867530912345678"}},
		"headers":      {about: "Header lines; a list for several of a name, null for none.", example: map[string]any{"user-agent": "Mozilla/5.0"}},
		"peer":         {about: "The client's address. Default 192.0.2.1.", example: "203.0.113.7"},
	}
	maps.Copy(keys, below("query", blobKeys()))
	maps.Copy(keys, contentKeys())
	return keys
}

func answerKeys() map[string]key {
	keys := map[string]key{
		"status":  {about: "The HTTP status.", example: 200},
		"headers": {about: "Header lines; a list for several of a name, null for none.", example: map[string]any{"set-cookie": nil}},
	}
	maps.Copy(keys, contentKeys())
	return keys
}

func expectKeys() map[string]key {
	keys := map[string]key{
		"status":    {about: "forwarded, absorbed, refused, unrouted, or the HTTP status of a refusal. Default forwarded, and with a reason refused.", example: "forwarded"},
		"reason":    {about: "Why it is refused, in the word of the metrics.", example: "opaque_body", words: reasons()},
		"route":     {about: "The name of the route.", example: "openrtb"},
		"upstream":  {about: "The name of the upstream.", example: "openrtb"},
		"unchanged": {about: "Path, query and body go out byte for byte, and no rule changes a header. Default false.", example: true},
		"path":      {about: "The path that is sent; with the query, if there is a question mark.", example: "/r/k=1"},
		"query":     {about: "The query that is sent, or single parameters of it; null for one that is absent.", example: map[string]any{"imei": nil, "a": "1"}},
		"headers":   {about: "Header lines that are sent; null for one that is absent.", example: map[string]any{"cookie": nil}},
		"decoded":   {about: "What containers hold, by their names; or the document of the only one.", example: map[string]any{"events": []any{map[string]any{"event": "buy"}}}},
		"items":     {about: "What was done to items: actions, kept, gone, or none.", example: map[string]any{"imei": "remove", "ip": "truncate"}},
		"response":  {about: "What the client gets.", example: map[string]any{"status": 200}},
	}
	maps.Copy(keys, contentKeys())
	return keys
}

func reasons() (words []string) {
	for _, r := range proxy.Reasons() {
		words = append(words, string(r))
	}
	return words
}

// ofTests describes the types of test files that read themselves.
func (w writer) ofTests(t reflect.Type, path string) node {
	one := node{"type": []string{"string", "number", "boolean", "null"}}
	switch t {
	case reflect.TypeFor[ruletest.Value]():
		return node{}
	case reflect.TypeFor[ruletest.Flags]():
		granted := node{"type": "object", "additionalProperties": node{"type": "boolean"}}
		return node{"anyOf": []any{node{"const": "all"}, node{"type": "array", "items": text()}, granted}}
	case reflect.TypeFor[ruletest.Strings]():
		return node{"anyOf": []any{one, node{"type": "array", "items": text()}}}
	case reflect.TypeFor[ruletest.Words]():
		return node{"anyOf": []any{text(), node{"type": "array", "items": text()}}}
	case reflect.TypeFor[ruletest.Part]():
		return node{"anyOf": []any{one, w.object(reflect.TypeFor[ruletest.Blob](), path)}}
	case reflect.TypeFor[ruletest.Query]():
		return node{"anyOf": []any{one, node{"type": "object", "additionalProperties": w.ofTests(reflect.TypeFor[ruletest.Strings](), path)}}}
	case reflect.TypeFor[ruletest.Time]():
		return node{"type": "string", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}`}
	}
	return nil
}
