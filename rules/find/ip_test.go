package find

import "testing"

func TestIPv4(t *testing.T) {
	checkRows(t, IP, []row{
		{"alone", "203.0.113.7", "203.0.113.7"},
		{"in a Chinese sentence", "来自203.0.113.7的请求", "203.0.113.7"},
		{"at the end of a sentence", "It came from 203.0.113.7.", "203.0.113.7"},
		{"with a port", "203.0.113.7:8080", "203.0.113.7"},
		{"with a prefix length", "203.0.113.0/24", "203.0.113.0"},
		{"as the host of a URL", "http://203.0.113.7/x", "203.0.113.7"},
		{"as the host of an escaped URL", "?u=http%3A%2F%2F203.0.113.7%2Fx", "203.0.113.7"},
		{"with escaped points", "203%2E0%2E113%2E7", "203%2E0%2E113%2E7"},
		{"behind an escape", "ip%3D203.0.113.7", "203.0.113.7"},
		{"behind a colon", "ip:203.0.113.7", "203.0.113.7"},
		{"behind a hex word and a colon", "bad:203.0.113.7", "203.0.113.7"},
		{"as Java writes it", "from /203.0.113.7", "203.0.113.7"},
		{"in JSON", `["203.0.113.7"]`, "203.0.113.7"},
		{"the broadcast address", "255.255.255.255", "255.255.255.255"},

		{"this host", "127.0.0.1", ""},
		{"no address", "0.0.0.0", ""},
		{"an octet too large", "203.0.113.256", ""},
		{"an octet with leading zeros", "203.0.013.7", ""},
		{"five numbers", "1.2.3.4.5", ""},
		{"six numbers", "1.2.3.4.5.6", ""},
		{"three numbers", "1.2.3", ""},
		{"an octet of four digits", "1.2.3.4567", ""},
		{"a version of a browser", "Chrome/99.0.4844.88", ""},
		{"a version with small numbers", "QQ/8.9.50.10", ""},
		{"a version behind a letter", "v1.2.3.4", ""},
		{"an empty octet", "1..2.3.4", ""},
	})
}

func TestIPv6(t *testing.T) {
	checkRows(t, IP, []row{
		{"in full", "2001:db8:0:0:0:0:0:7", "2001:db8:0:0:0:0:0:7"},
		{"shortened", "2001:db8::7", "2001:db8::7"},
		{"in capitals", "2001:DB8::7", "2001:DB8::7"},
		{"shortened in front", "::ffff:7", "::ffff:7"},
		{"shortened behind", "2001:db8::", "2001:db8::"},
		{"link-local with a zone", "fe80::1%eth0", "fe80::1"},
		{"with an escaped zone", "http://[fe80::1%25eth0]/", "fe80::1"},
		{"in brackets with a port", "[2001:db8::7]:443", "2001:db8::7"},
		{"in a URL", "https://[2001:db8::7]/x", "2001:db8::7"},
		{"escaped", "?ip=2001%3Adb8%3A%3A7&x", "2001%3Adb8%3A%3A7"},
		{"with IPv4", "::ffff:203.0.113.7", "::ffff:203.0.113.7"},
		{"in Chinese", "地址2001:db8::7。", "2001:db8::7"},
		{"at the end of a sentence", "From 2001:db8::7.", "2001:db8::7"},
		{"before a sentence of hex digits", "From 2001:db8::7.Each", "2001:db8::7"},
		{"before a colon", "2001:db8::7: refused", "2001:db8::7"},
		{"behind a word and a colon", "addr:2001:db8::7", "2001:db8::7"},
		{"behind a word with hex digits at its end", "mac:2001:db8::7", "2001:db8::7"},
		{"shortened in front, behind a word and a colon", "ip:::ffff:203.0.113.7", "::ffff:203.0.113.7"},
		{"with a prefix length", "2001:db8::/32", "2001:db8::"},
		{"in JSON", `{"ip":"2001:db8::7"}`, "2001:db8::7"},

		{"this host", "::1", ""},
		{"this host in full", "0:0:0:0:0:0:0:1", ""},
		{"this host as IPv4", "::ffff:127.0.0.1", ""},
		{"no address", "::", ""},
		{"a time", "02:05:41", ""},
		{"a MAC address", "a4:83:e7:1b:2c:3d", ""},
		{"a name of C++", "std::vector", ""},
		{"a name of hex letters", "dead::beef", ""},
		{"too few hex digits", "1::2", ""},
		{"two double colons", "2001::db8::7", ""},
		{"three colons", "2001:::db8", ""},
		{"a group too long", "2001:db800::7", ""},
		{"nine groups", "1:2:3:4:5:6:7:8:9", ""},
		{"within a word", "2001:db8::7g", ""},
		{"IPv4 with an octet too large", "::ffff:1.2.3.400", ""},
		{"colons alone", "::::::::", ""},
	})
}
