package action

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTruncateIP(t *testing.T) {
	for _, row := range []struct {
		name, text, want string
		v4, v6           int
	}{
		{"an IPv4 address to /24", "203.0.113.77", "203.0.113.0", 24, 48},
		{"an IPv4 address to /16", "203.0.113.77", "203.0.0.0", 16, 48},
		{"an IPv4 address to bits inside an octet", "203.0.113.255", "203.0.113.240", 28, 48},
		{"an IPv4 address to nothing", "203.0.113.77", "0.0.0.0", 0, 48},
		{"a negative width is none", "203.0.113.77", "0.0.0.0", -5, 48},
		{"a width beyond the address is all of it", "203.0.113.77", "203.0.113.77", 99, 48},
		{"an IPv6 address to /48", "2001:db8:1:2:3:4:5:6", "2001:db8:1::", 24, 48},
		{"an IPv6 address to /56", "2001:db8:1:2345:3:4:5:6", "2001:db8:1:2300::", 24, 56},
		{"an IPv6 address in capitals with leading zeros", "2001:0DB8:0001:0000:0000:0000:0000:0001", "2001:db8:1::", 24, 48},
		{"an IPv6 address that ends in IPv4", "2001:db8:1::1.2.3.4", "2001:db8:1::", 24, 48},
		{"the unspecified address", "::", "::", 24, 48},
		{"the loopback address", "::1", "::", 24, 48},
		{"a link-local address with a zone", "fe80::1%eth0", "fe80::", 24, 48},
		{"a mapped address counts as IPv4", "::ffff:203.0.113.77", "::ffff:203.0.113.0", 24, 48},
		{"a mapped address in hexadecimal", "::ffff:cb00:714d", "::ffff:203.0.113.0", 24, 48},
		{"a 6to4 address holds IPv4 inside its /48", "2002:cb00:714d::1", "2002:cb00:7100::", 24, 48},
		{"an IPv4 port is dropped", "203.0.113.77:8080", "203.0.113.0", 24, 48},
		{"an IPv6 port is dropped, brackets stay", "[2001:db8::1]:443", "[2001:db8::]", 24, 48},
		{"brackets without a port", "[2001:db8::1]", "[2001:db8::]", 24, 48},
		{"a zone in brackets", "[fe80::1%25eth0]:443", "[fe80::]", 24, 48},
		{"a list with blanks", "203.0.113.77, 198.51.100.9", "203.0.113.0, 198.51.100.0", 24, 48},
		{"a list without blanks", "203.0.113.77,2001:db8::1", "203.0.113.0,2001:db8::", 24, 48},
		{"items that are no address are dropped", "unknown, 203.0.113.77,, x, 198.51.100.9:1", "203.0.113.0, 198.51.100.0", 24, 48},
		{"blanks around", " \t203.0.113.77 ", "203.0.113.0", 24, 48},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := TruncateIP([]byte(">"), []byte(row.text), row.v4, row.v6)
			if !ok || string(got) != ">"+row.want {
				t.Errorf("%q becomes %q, %v; want %q", row.text, got, ok, ">"+row.want)
			}
		})
	}
}

func TestTruncateIPDoesNotUnderstand(t *testing.T) {
	for name, text := range map[string]string{
		"the empty text":               "",
		"a word":                       "ip",
		"unknown":                      "unknown",
		"three octets":                 "1.2.3",
		"five octets":                  "1.2.3.4.5",
		"an octet with a leading zero": "01.2.3.4",
		"an octet of 256":              "1.2.3.256",
		"an empty octet":               "1..3.4",
		"a trailing dot":               "1.2.3.4.",
		"a decimal number":             "3405803853",
		"a hexadecimal number":         "0xcb00714d",
		"hexadecimal octets":           "0xcb.0.0x71.0x4d",
		"digits of another script":     "١.٢.٣.٤",
		"a blank inside":               "1.2.3. 4",
		"a prefix length":              "1.2.3.4/24",
		"IPv4 in brackets":             "[1.2.3.4]:80",
		"IPv4 with a zone":             "1.2.3.4%eth0",
		"a port that is none":          "1.2.3.4:x",
		"an empty port":                "1.2.3.4:",
		"a port of six digits":         "1.2.3.4:123456",
		"an open bracket":              "[2001:db8::1",
		"text behind the bracket":      "[2001:db8::1]x",
		"an empty zone":                "fe80::1%",
		"seven groups":                 "1:2:3:4:5:6:7",
		"nine groups":                  "1:2:3:4:5:6:7:8:9",
		"eight groups and a gap":       "1:2:3:4::5:6:7:8",
		"two gaps":                     "1::2::3",
		"three colons":                 ":::",
		"a lone colon":                 ":",
		"a group of five digits":       "2001:db8::12345",
		"IPv4 before a gap":            "1.2.3.4::",
		"a trailing colon":             "1:2:3:4:5:6:7:",
		"a list of no addresses":       "unknown, ,x",
		"a URL":                        "http://1.2.3.4/",
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := TruncateIP([]byte(">"), []byte(text), 24, 48); ok || string(got) != ">" {
				t.Errorf("%q becomes %q, %v", text, got, ok)
			}
		})
	}
}

// addrText draws an address in one of its text forms, or something near one.
func addrText(t *rapid.T) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], rapid.Uint64().Draw(t, "high"))
	binary.BigEndian.PutUint64(b[8:], rapid.Uint64().Draw(t, "low"))
	for i := range b {
		if rapid.Bool().Draw(t, "zero") {
			b[i] = 0
		}
	}
	v6, v4 := netip.AddrFrom16(b), netip.AddrFrom4([4]byte(b[:4]))
	return rapid.SampledFrom([]string{
		v6.String(), v6.StringExpanded(), strings.ToUpper(v6.String()), v6.WithZone("eth0").String(),
		v4.String(), "::ffff:" + v4.String(), "64:ff9b::" + v4.String(), "2002" + v6.StringExpanded()[4:],
		rapid.StringMatching(`[0-9a-f:.%]{0,20}`).Draw(t, "noise"),
		rapid.StringMatching(`([0-9a-f]{0,5}:){0,8}[0-9a-f.:]{0,8}`).Draw(t, "groups"),
		rapid.StringMatching(`([0-9]{0,3}\.){2,4}[0-9]{1,3}`).Draw(t, "octets"),
	}).Draw(t, "text")
}

// oracle is what net/netip says of an address without a port.
func oracle(text string, v4, v6 int) (string, bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return "", false
	}
	addr = addr.WithZone("")
	bits := v6
	switch {
	case addr.Is4():
		bits = v4
	case addr.Is4In6():
		bits = 96 + v4
	case netip.MustParsePrefix("2002::/16").Contains(addr):
		bits = min(v6, 16+v4)
	}
	prefix, err := addr.Prefix(bits)
	return prefix.Addr().String(), err == nil
}

func TestTruncateIPAgreesWithNetip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := addrText(t)
		v4, v6 := rapid.IntRange(0, 32).Draw(t, "v4"), rapid.IntRange(0, 128).Draw(t, "v6")
		addr, ok := parseAddr([]byte(text))
		want, wantOK := oracle(text, v4, v6)
		if ok != wantOK {
			t.Fatalf("%q is an address: %v, netip says %v", text, ok, wantOK)
		}
		if got := string(appendNode(nil, node{addr: addr}, v4, v6)); ok && got != want {
			t.Fatalf("%q becomes %q, netip says %q", text, got, want)
		}
	})
}

func TestTruncateForwarded(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"an IPv4 node", "for=203.0.113.77", "for=203.0.113.0"},
		{"names in any case", "For=203.0.113.77;BY=203.0.113.9", "for=203.0.113.0;by=203.0.113.0"},
		{"a quoted IPv6 node with a port", `for="[2001:db8:cafe::17]:4711"`, `for="[2001:db8:cafe::]"`},
		{"an IPv6 node without its quotes", "for=[2001:db8:cafe::17]", `for="[2001:db8:cafe::]"`},
		{"an IPv6 node without its brackets", `for="2001:db8:cafe::17"`, `for="[2001:db8:cafe::]"`},
		{"a mapped node", `for="[::ffff:203.0.113.77]"`, `for="[::ffff:203.0.113.0]"`},
		{"a quoted IPv4 node with a port", `for="203.0.113.77:47011"`, "for=203.0.113.0"},
		{"an obfuscated port", `for="203.0.113.77:_port9"`, "for=203.0.113.0"},
		{"host and proto stay", "for=203.0.113.77;proto=https;host=ads.example.com", "for=203.0.113.0;proto=https;host=ads.example.com"},
		{"a host with a port", `host="ads.example.com:8443"`, `host="ads.example.com:8443"`},
		{"a host with a port without its quotes", `host=ads.example.com:8443`, `host="ads.example.com:8443"`},
		{"unknown stays", "for=unknown, for=203.0.113.77", "for=unknown, for=203.0.113.0"},
		{"unknown in capitals with a port", `for="UNKNOWN:8080"`, "for=unknown"},
		{"obfuscated identifiers are dropped", "for=_SEVKISEK;proto=http, for=203.0.113.77;by=_hidden", "proto=http, for=203.0.113.0"},
		{"an element that loses all of it", "for=_a, for=_b, for=203.0.113.77", "for=203.0.113.0"},
		{"extensions are dropped", "for=203.0.113.77;imei=867400022047199;proto=http", "for=203.0.113.0;proto=http"},
		{"separators inside quotes", `for="_a;b,c";by=203.0.113.77`, "by=203.0.113.0"},
		{"escapes inside quotes", `for="203.0.113\.77", by="\"";proto=http`, "proto=http"},
		{"a host that is no host", `host="u:p@h";proto=http`, "proto=http"},
		{"empty pairs", ";for=203.0.113.77;;,,proto=http;", "for=203.0.113.0, proto=http"},
		{"blanks around the pairs", " for=203.0.113.77 ; proto=http , by=203.0.113.9", "for=203.0.113.0;proto=http, by=203.0.113.0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := TruncateForwarded([]byte(">"), []byte(row.text), 24, 48)
			if !ok || string(got) != ">"+row.want {
				t.Errorf("%q becomes %q, %v; want %q", row.text, got, ok, ">"+row.want)
			}
		})
	}
}

func TestTruncateForwardedDoesNotUnderstand(t *testing.T) {
	for name, text := range map[string]string{
		"the empty text":         "",
		"a bare address":         "203.0.113.77",
		"an open quote":          `proto=http;for="203.0.113.77`,
		"obfuscated nodes alone": "for=_a;by=_b",
		"an empty value":         "for=",
		"empty quotes":           `for=""`,
		"a quote in the middle":  `for=203"."0.113.77`,
		"a blank before equals":  "for =203.0.113.77",
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := TruncateForwarded([]byte(">"), []byte(text), 24, 48); ok || string(got) != ">" {
				t.Errorf("%q becomes %q, %v", text, got, ok)
			}
		})
	}
}
