package find

import "testing"

func TestMAC(t *testing.T) {
	checkRows(t, MAC, []row{
		{"with colons", "a4:83:e7:1b:2c:3d", "a4:83:e7:1b:2c:3d"},
		{"with hyphens", "A4-83-E7-1B-2C-3D", "A4-83-E7-1B-2C-3D"},
		{"with escaped colons", "?mac=a4%3A83%3Ae7%3A1b%3A2c%3A3d&x", "a4%3A83%3Ae7%3A1b%3A2c%3A3d"},
		{"in a Chinese sentence", "地址是a4:83:e7:1b:2c:3d。", "a4:83:e7:1b:2c:3d"},
		{"behind a word and a colon", "mac:a4:83:e7:1b:2c:3d", "a4:83:e7:1b:2c:3d"},
		{"before a port", "a4:83:e7:1b:2c:3d:8080", "a4:83:e7:1b:2c:3d"},
		{"in JSON", `{"bssid":"a4:83:e7:1b:2c:3d"}`, "a4:83:e7:1b:2c:3d"},
		{"without separators", "mac=A483E71B2C3D&", "A483E71B2C3D"},
		{"without separators behind an escape", "mac%3DA483E71B2C3D", "A483E71B2C3D"},
		{"without separators behind Chinese", "地址a483e71b2c3d", "a483e71b2c3d"},

		{"zeros", "00:00:00:00:00:00", ""},
		{"ones", "FF:FF:FF:FF:FF:FF", ""},
		{"the placeholder of phones", "02:00:00:00:00:00", ""},
		{"the escaped placeholder", "02%3A00%3A00%3A00%3A00%3A00", ""},
		{"mixed separators", "a4:83-e7:1b-2c:3d", ""},
		{"five pairs", "a4:83:e7:1b:2c", ""},
		{"a fingerprint", "a4:83:e7:1b:2c:3d:4e:5f", ""},
		{"a pair of three", "a4:83:e7:1b:2c:3d4", ""},
		{"within a word", "xa4:83:e7:1b:2c:3d", ""},
		{"a time", "02:05:41", ""},
		{"twelve digits", "202611220205", ""},
		{"twelve letters", "abcdefabcdef", ""},
		{"an MD5", "d41d8cd98f00b204e9800998ecf8427e", ""},
		{"the end of a UUID", "550e8400-e29b-41d4-a716-a483e71b2c3d", ""},
		{"the end of an escaped UUID", "550e8400%2De29b%2D41d4%2Da716%2Da483e71b2c3d", ""},
	})
}

func TestUUID(t *testing.T) {
	checkRows(t, UUID, []row{
		{"alone", "550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"},
		{"in capitals", "550E8400-E29B-41D4-A716-446655440000", "550E8400-E29B-41D4-A716-446655440000"},
		{"in a URN", "urn:uuid:550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"},
		{"in braces", "{550e8400-e29b-41d4-a716-446655440000}", "550e8400-e29b-41d4-a716-446655440000"},
		{"in Chinese", "标识550e8400-e29b-41d4-a716-446655440000结束", "550e8400-e29b-41d4-a716-446655440000"},
		{"in a URL", "/u/550e8400-e29b-41d4-a716-446655440000?x", "550e8400-e29b-41d4-a716-446655440000"},
		{"behind an escape", "%3D550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"},
		{"with escaped hyphens", "550e8400%2de29b%2d41d4%2da716%2d446655440000", "550e8400%2de29b%2d41d4%2da716%2d446655440000"},

		{"zeros", "00000000-0000-0000-0000-000000000000", ""},
		{"a group too short", "550e8400-e29b-41d4-a71-446655440000", ""},
		{"a digit more", "550e8400-e29b-41d4-a716-4466554400001", ""},
		{"a digit before", "1550e8400-e29b-41d4-a716-446655440000", ""},
		{"no hex digit", "550g8400-e29b-41d4-a716-446655440000", ""},
		{"no hyphens", "550e8400e29b41d4a716446655440000", ""},
	})
}
