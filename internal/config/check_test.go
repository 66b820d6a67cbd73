package config

import (
	"strings"
	"testing"
)

// wrapped is a valid file into whose sections the rows put theirs; what a row writes
// starts on line 1.
func wrapped(section string) string {
	for _, s := range []struct{ key, text string }{
		{"consent:", "consent: {store: {embedded: {}}}"},
		{"upstreams:", `upstreams: {u: {urls: ["http://b"]}, other: {urls: ["http://b"]}}`},
	} {
		if !strings.HasPrefix(section, s.key) {
			section += "\n" + s.text
		}
	}
	return section
}

func TestEveryMistakeHasItsMessage(t *testing.T) {
	const store = ", store: {embedded: {}}}"
	for _, row := range []struct{ name, in, want string }{
		{"unknown key", "proxy:\n  listn: x", `f:2:3: unknown key "listn", did you mean "listen"?`},
		{"unknown key of an upstream", "upstreams: {u: {urls: [http://b], timout: 5s}}", `f:1:35: unknown key "timout", did you mean "timeout"?`},
		{"listen without port", "proxy: {listen: localhost}", `f:1:17: expected host:port such as 127.0.0.1:8080 or :8080, got "localhost"`},
		{"listen on a port too high", "admin: {listen: \":99999\"}", `f:1:17: expected host:port such as 127.0.0.1:8080 or :8080, got ":99999"`},
		{"listen empty", "proxy: {listen: }", `f:1:17: expected host:port such as 127.0.0.1:8080 or :8080, got nothing`},
		{"certificate without key", "proxy: {tls: {cert_file: a}}", `f:1:26: cert_file needs its private key: write key_file too`},
		{"key without certificate", "proxy: {tls: {key_file: a}}", `f:1:25: key_file needs its certificate: write cert_file too`},
		{"client CA without TLS", "proxy: {tls: {client_ca_file: a}}", `f:1:31: client_ca_file needs TLS: write cert_file and key_file too`},
		{"trusted proxy that is a name", "proxy: {trusted_proxies: [lb]}", `f:1:27: expected an address range such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1, got "lb"`},
		{"trusted proxy with a zone", "proxy: {trusted_proxies: [fe80::1%eth0]}", `f:1:27: expected an address range such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1, got "fe80::1%eth0"`},
		{"trusted range beyond its length", "proxy: {trusted_proxies: [10.1.2.3/8]}", `f:1:27: the range "10.1.2.3/8" has bits beyond its length, did you mean "10.0.0.0/8"?`},
		{"trusted proxies not a list", "proxy: {trusted_proxies: 10.0.0.0/8}", `f:1:26: expected a list, got "10.0.0.0/8": write ["10.0.0.0/8"]`},
		{"limit of zero", "proxy: {limits: {depth: 0}}", `f:1:25: depth must be more than 0: it cannot be switched off`},
		{"negative limit", "proxy: {limits: {records: -1}}", `f:1:27: records must be more than 0: it cannot be switched off`},
		{"size of zero", "proxy: {limits: {body_bytes: 0}}", `f:1:30: body_bytes must be more than 0: it cannot be switched off`},
		{"depth that recursion cannot bear", "proxy: {limits: {depth: 10001}}", `f:1:25: depth is at most 10000, since a value is read by recursion, whose stack every request may take`},
		{"layers without end", "proxy: {limits: {layers: 33}}", `f:1:26: layers is at most 32, since each layer is decoded and searched anew`},
		{"header lines without end", "proxy: {limits: {header_lines: 10001}}", `f:1:32: header_lines is at most 10000, since the rules look at each line`},
		{"records without end", "proxy: {limits: {records: 1000001}}", `f:1:27: records is at most 1000000, since the consent of each record is looked up`},
		{"a body of more than a gibibyte", "proxy: {limits: {body_bytes: 2GiB}}", `f:1:30: body_bytes is at most 1073741824, since a body is held in memory as a whole`},
		{"more than a gibibyte decoded", "proxy: {limits: {decoded_bytes: 1025MiB}}", `f:1:33: decoded_bytes is at most 1073741824, since what is decoded is held in memory as a whole`},
		{"timeout of zero", "proxy: {timeouts: {read: 0s}}", `f:1:26: read must be longer than 0, such as 5s: 0 would mean forever`},
		{"negative timeout", "proxy: {timeouts: {idle: -1s}}", `f:1:26: idle must be longer than 0, such as 5s: 0 would mean forever`},
		{"no admin token", `admin: {token_file: ""}`, `f:1:21: token_file is empty: name the file of the admin token, it is made where it does not exist`},
		{"log level", "log: {level: warning}", `f:1:14: expected debug, info, warn or error, got "warning"`},
		{"log format", "log: {format: jsno}", `f:1:15: expected json or text, got "jsno", did you mean "json"?`},

		{"unknown flag in default", "consent: {default: [locaton]" + store, `f:1:21: unknown flag "locaton", did you mean "location"?`},
		{"unknown flag in minors", "consent: {flags: [a, b], minors: [a, zzz]" + store, `f:1:38: unknown flag "zzz", known: a, b`},
		{"flags without the default minors", "consent: {flags: [location]" + store, `f:1:10: minors is not written, and its default names "device_id", which is not one of flags: write minors too`},
		{"flag named twice", "consent: {flags: [a, b, a]" + store, `f:1:25: flag "a" is named twice`},
		{"flag with a forbidden letter", "consent: {flags: [a-b]" + store, `f:1:19: "a-b" cannot be a flag: write lower case letters, digits and underscores, and none of and, or, never, minors`},
		{"flag that is a word of rules", "consent: {flags: [never]" + store, `f:1:19: "never" cannot be a flag: write lower case letters, digits and underscores, and none of and, or, never, minors`},
		{"too many flags", "consent: {flags: [" + manyFlags(65) + "]" + store, `f:1:339: 65 flags, at most 64 are possible`},
		{"no flags", "consent: {flags: []" + store, `f:1:18: flags is empty: name at least one, such as device_id`},
		{"unavailable", "consent: {unavailable: allow" + store, `f:1:24: expected deny or reject, got "allow"`},
		{"subject secret without name", `consent: {subject_secrets: [""]` + store, `f:1:29: the file name is empty: write a name or remove it`},
		{"no store", "consent: {store: {}}", `f:1:18: consent.store is missing: write redis: {addresses: ["127.0.0.1:6379"]} or embedded: {path: consent.db}`},
		{"no store key", "consent: {min_policy: v1}", `f:1:10: consent.store is missing: write redis: {addresses: ["127.0.0.1:6379"]} or embedded: {path: consent.db}`},
		{"empty store", "consent: {store: , default: []}", `f:1:18: consent.store is missing: write redis: {addresses: ["127.0.0.1:6379"]} or embedded: {path: consent.db}`},
		{"two stores", "consent: {store: {redis: {}, embedded: {}}}", `f:1:18: consent.store holds redis and embedded: remove one of them`},
		{"embedded store without file", `consent: {store: {embedded: {path: ""}}}`, `f:1:36: path is empty: name the file of the embedded store, such as consent.db`},
		{"redis mode", "consent: {store: {redis: {mode: clutser}}}", `f:1:33: expected single, sentinel or cluster, got "clutser", did you mean "cluster"?`},
		{"redis timeout", "consent: {store: {redis: {timeout: 0s}}}", `f:1:36: timeout must be longer than 0, such as 5s: 0 would mean forever`},
		{"redis without address", "consent: {store: {redis: {addresses: []}}}", `f:1:38: addresses is empty: write ["host:port"]`},
		{"redis with two addresses", `consent: {store: {redis: {addresses: ["a:1", "b:1"]}}}`, `f:1:38: mode single has one address, got 2: write mode: sentinel or mode: cluster`},
		{"redis address without port", "consent: {store: {redis: {addresses: [a]}}}", `f:1:39: expected host:port such as 127.0.0.1:8080 or :8080, got "a"`},
		{"sentinel without master", "consent: {store: {redis: {mode: sentinel}}}", `f:1:33: mode sentinel needs the name of the master: write sentinel_master`},
		{"sentinel password without sentinel", "consent: {store: {redis: {sentinel_password_file: p}}}", `f:1:51: sentinel_password_file is for mode sentinel only: write mode: sentinel or remove it`},
		{"sentinel user without password", "consent: {store: {redis: {mode: sentinel, sentinel_master: m, sentinel_username: u}}}", `f:1:82: sentinel_username needs a password: write sentinel_password_file too`},
		{"master without sentinel", "consent: {store: {redis: {sentinel_master: m}}}", `f:1:44: sentinel_master is for mode sentinel only: write mode: sentinel or remove it`},
		{"redis user without password", "consent: {store: {redis: {username: u}}}", `f:1:37: username needs a password: write password_file too`},
		{"cache without entries", "consent: {cache: {entries: 0}" + store, `f:1:28: entries must be more than 0: it cannot be switched off`},
		{"cache for ever", "consent: {cache: {negative_ttl: 0s}" + store, `f:1:33: negative_ttl must be longer than 0, such as 5s: 0 would mean forever`},

		{"pseudonym key without file", "pseudonyms: {keys: [{id: a}]}", `f:1:21: the key "file" is missing`},
		{"pseudonym key with an empty id", `pseudonyms: {keys: [{id: "", file: a}]}`, `f:1:26: id is empty: write a text`},
		{"pseudonym key id twice", "pseudonyms:\n  keys:\n    - {id: a, file: a}\n    - {id: a, file: b}", `f:4:12: the id "a" is used twice, first on line 3: give each key its own`},
		{"audit without bound", "audit: {max_size: 0}", `f:1:19: max_size must be more than 0: it cannot be switched off`},
		{"audit kept for ever", "audit: {keep: 0d}", `f:1:15: keep must be longer than 0, such as 5s: 0 would mean forever`},
		{"rule file without name", `rule_files: [a, ""]`, `f:1:17: the file name is empty: write a name or remove it`},
		{"rule file that is no list", "rule_files: rules/*.yaml", `f:1:13: expected a list, got "rules/*.yaml": write ["rules/*.yaml"]`},

		{"upstream name", `upstreams: {"a b": {urls: [http://b]}}`, `f:1:13: the upstream "a b": expected letters, digits, _, . and - only`},
		{"upstream without URLs", "upstreams: {u: }", `f:1:16: the key "urls" is missing`},
		{"upstream with no URL", "upstreams: {u: {urls: []}}", `f:1:23: urls is empty: write ["http://host:port"]`},
		{"URL of another scheme", "upstreams: {u: {urls: [ftp://b]}}", `f:1:24: expected http://host:port or https://host:port, got "ftp://b"`},
		{"URL without scheme", `upstreams: {u: {urls: ["b:80"]}}`, `f:1:24: expected http://host:port or https://host:port, got "b:80"`},
		{"URL without host", `upstreams: {u: {urls: ["http://"]}}`, `f:1:24: expected http://host:port or https://host:port, got "http://"`},
		{"URL with port too high", `upstreams: {u: {urls: ["http://b:65536"]}}`, `f:1:24: expected http://host:port or https://host:port, got "http://b:65536"`},
		{"URL with path", `upstreams: {u: {urls: ["http://b/x"]}}`, `f:1:24: a URL of an upstream has no path, query or fragment, the client's is sent: write "http://b"`},
		{"URL with query", `upstreams: {u: {urls: ["http://b?k=v"]}}`, `f:1:24: a URL of an upstream has no path, query or fragment, the client's is sent: write "http://b"`},
		{"URL with password", `upstreams: {u: {urls: ["http://n:pw@b"]}}`, `f:1:24: a URL of an upstream holds no user name, password or @: write http://host:port`},
		{"upstream host", `upstreams: {u: {urls: [http://b], host: "a/b"}}`, `f:1:41: expected client, upstream or a host name such as sdk.example.com, got "a/b"`},
		{"upstream timeout", `upstreams: {u: {urls: [http://b], timeout: 0s}}`, `f:1:44: timeout must be longer than 0, such as 5s: 0 would mean forever`},
		{"upstream connections", `upstreams: {u: {urls: [http://b], connections: 0}}`, `f:1:48: connections must be more than 0: it cannot be switched off`},
		{"upstream certificate without key", `upstreams: {u: {urls: [http://b], tls: {cert_file: a}}}`, `f:1:52: cert_file needs its private key: write key_file too`},
		{"vendor", `upstreams: {u: {urls: [http://b], tcf_vendor: -1}}`, `f:1:47: expected a vendor id from 1 to 65535, or 0 for none, got -1`},

		{"route without name", "routes: [{match: {paths: [/a]}, upstream: u}]", `f:1:10: the key "name" is missing`},
		{"route with an empty name", `routes: [{name: "", match: {paths: [/a]}, upstream: u}]`, `f:1:17: name is empty: write a text`},
		{"route name", "routes: [{name: a b, match: {paths: [/a]}, upstream: u}]", `f:1:17: expected letters, digits, _, . and - only, got "a b"`},
		{"route without match", "routes: [{name: r, upstream: u}]", `f:1:10: the key "match" is missing`},
		{"route without paths", "routes: [{name: r, match: {hosts: [h]}, upstream: u}]", `f:1:27: a route needs paths: write paths: ["/path"], or ["/*"] for all`},
		{"route with empty paths", "routes: [{name: r, match: {paths: []}, upstream: u}]", `f:1:35: a route needs paths: write paths: ["/path"], or ["/*"] for all`},
		{"relative path", "routes: [{name: r, match: {paths: [a]}, upstream: u}]", `f:1:36: expected a path such as /sa, or /sa/* for all that begin so, got "a"`},
		{"star inside a path", `routes: [{name: r, match: {paths: ["/a*b"]}, upstream: u}]`, `f:1:36: expected a path such as /sa, or /sa/* for all that begin so, got "/a*b"`},
		{"path with query", `routes: [{name: r, match: {paths: ["/a?b"]}, upstream: u}]`, `f:1:36: expected a path such as /sa, or /sa/* for all that begin so, got "/a?b"`},
		{"path twice", `routes: [{name: r, match: {paths: [/a, /a]}, upstream: u}]`, `f:1:40: "/a" is written twice: remove one`},
		{"host with port", `routes: [{name: r, match: {paths: [/a], hosts: ["h:80"]}, upstream: u}]`, `f:1:49: expected a host name without port such as sdk.example.com, got "h:80"`},
		{"method in lower case", `routes: [{name: r, match: {paths: [/a], methods: [post]}, upstream: u}]`, `f:1:51: expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, which alone are accepted, got "post"`},
		{"method that is never accepted", `routes: [{name: r, match: {paths: [/a], methods: [TRACE]}, upstream: u}]`, `f:1:51: expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, which alone are accepted, got "TRACE"`},
		{"unknown upstream with a slip", "routes: [{name: r, match: {paths: [/a]}, upstream: othr}]", `f:1:52: unknown upstream "othr", did you mean "other"?`},
		{"unknown upstream", "routes: [{name: r, match: {paths: [/a]}, upstream: backend}]", `f:1:52: unknown upstream "backend", known: u, other`},
		{"no upstream", "routes: [{name: r, match: {paths: [/a]}}]", `f:1:10: the key "upstream" is missing`},
		{"empty upstream", `routes: [{name: r, match: {paths: [/a]}, upstream: ""}]`, `f:1:52: upstream is empty: write a text`},
		{"rules that are no list", "routes: [{name: r, match: {paths: [/a]}, upstream: u, rules: common}]", `f:1:62: expected a list, got "common": write ["common"]`},
		{"rule without name", `routes: [{name: r, match: {paths: [/a]}, upstream: u, rules: [a, ""]}]`, `f:1:66: the name of a rule file is empty: write a name or remove it`},
		{"scope", `routes: [{name: r, match: {paths: [/a]}, upstream: u, scope: "a/b"}]`, `f:1:62: expected letters, digits, _, . and - only, got "a/b"`},
		{"mode", `routes: [{name: r, match: {paths: [/a]}, upstream: u, mode: enforc}]`, `f:1:61: expected enforce or report, got "enforc", did you mean "enforce"?`},
		{"refuse", `routes: [{name: r, match: {paths: [/a]}, upstream: u, refuse: drop}]`, `f:1:63: expected problem or absorb, got "drop"`},
		{"opaque", `routes: [{name: r, match: {paths: [/a]}, upstream: u, opaque: forward}]`, `f:1:63: expected refuse or forward_if_granted, got "forward"`},
		{"unlisted", `routes: [{name: r, match: {paths: [/a]}, upstream: u, unlisted: Keep}]`, `f:1:65: expected keep, report or remove, got "Keep", did you mean "keep"?`},
		{"absorb", `routes: [{name: r, match: {paths: [/a]}, upstream: u, absorb: gif}]`, `f:1:63: expected auto or {status: 200, content_type: text/plain, body: ""}, got "gif"`},
		{"absorb with a status", `routes: [{name: r, match: {paths: [/a]}, upstream: u, absorb: {status: 99}}]`, `f:1:72: expected a status from 200 to 599, got 99`},
		{"absorb with a line end", `routes: [{name: r, match: {paths: [/a]}, upstream: u, absorb: {content_type: "a\nb"}}]`, `f:1:78: expected a media type such as application/json, without line ends`},
		{"absorb with an unknown key", `routes: [{name: r, match: {paths: [/a]}, upstream: u, absorb: {state: 200}}]`, `f:1:64: unknown key "state", known here: status, content_type, body`},
		{"exempt without basis", `routes: [{name: r, match: {paths: [/a]}, upstream: u, exempt: [{item: imei, until: 2027-06-30}]}]`, `f:1:64: the key "basis" is missing`},
		{"exempt with a blank basis", `routes: [{name: r, match: {paths: [/a]}, upstream: u, exempt: [{item: imei, basis: " ", until: 2027-06-30}]}]`, `f:1:84: basis is empty: write a text`},
		{"exempt without item", `routes: [{name: r, match: {paths: [/a]}, upstream: u, exempt: [{basis: b, until: 2027-06-30}]}]`, `f:1:64: the key "item" is missing`},
		{"exempt for ever", `routes: [{name: r, match: {paths: [/a]}, upstream: u, exempt: [{item: imei, basis: b}]}]`, `f:1:64: the key "until" is missing`},
		{"exempt until no date", `routes: [{name: r, match: {paths: [/a]}, upstream: u, exempt: [{item: imei, basis: b, until: 2027-02-30}]}]`, `f:1:94: expected a date such as 2027-06-30, got "2027-02-30"`},

		{"route name twice", "routes:\n  - {name: r, match: {paths: [/a]}, upstream: u}\n  - {name: r, match: {paths: [/b]}, upstream: u}",
			`f:3:5: the route name "r" is used twice, first on line 2: give each route its own`},
		{"match twice", "routes:\n  - {name: r, match: {paths: [/a, /b]}, upstream: u}\n  - {name: s, match: {paths: [/c, /b]}, upstream: u}",
			`f:3:22: path "/b" is matched by the route "r" on line 2 too: remove it from one`},
		{"method that is misspelt", `routes: [{name: r, match: {paths: [/a], methods: [PSOT]}, upstream: u}]`, `f:1:51: expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, which alone are accepted, got "PSOT"`},
		{"match of host and method twice", "routes:\n  - {name: r, match: {hosts: [H], paths: [/a], methods: [GET, PUT]}, upstream: u}\n  - {name: s, match: {hosts: [h], paths: [/a], methods: [PUT]}, upstream: u}",
			`f:3:22: path "/a", host "h", method PUT is matched by the route "r" on line 2 too: remove it from one`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, problems := Parse("f", []byte(wrapped(row.in)), noEnv)
			if err := problems.Err(); err == nil || err.Error() != row.want {
				t.Errorf("got\n%v\nwant\n%s", err, row.want)
			}
		})
	}
}

func manyFlags(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "f" + string(rune('a'+i/26)) + string(rune('a'+i%26))
	}
	return strings.Join(names, ", ")
}

func TestPathsThatCompareAlikeAreOnePath(t *testing.T) {
	for _, row := range []struct {
		one, other string
		alike      bool
	}{
		{"/A", "/a", true}, {"/%61", "/a", true}, {"/%41*", "/a*", true}, {"/a%2Db%7e", "/A-B~", true}, {"/%e4", "/%E4", true},
		{"/%2f", "//", false}, {"/%2a", "/*", false}, {"/%6", "/%60", false}, {"/a", "/a*", false}, {"/a", "/b", false},
	} {
		file := wrapped("routes:\n  - {name: r, match: {paths: [\"" + row.one + "\"]}, upstream: u}\n" +
			"  - {name: s, match: {paths: [\"" + row.other + "\"]}, upstream: u}")
		_, problems := Parse("f", []byte(file), nil)
		want := ""
		if row.alike {
			want = "f:3:22: path \"" + row.other + "\" is matched by the route \"r\" on line 2 too: remove it from one"
		}
		if got := problems.Error(); got != want {
			t.Errorf("%s and %s:\n got %s\nwant %s", row.one, row.other, got, want)
		}
	}
}

func TestAMoreSpecificMatchIsNoDuplicate(t *testing.T) {
	const routes = `routes:
  - {name: a, match: {paths: [/a]}, upstream: u}
  - {name: b, match: {paths: ["/a*"]}, upstream: u}
  - {name: c, match: {paths: [/a], methods: [POST]}, upstream: u}
  - {name: d, match: {paths: [/a], hosts: [h]}, upstream: u}`
	if _, problems := Parse("f", []byte(wrapped(routes)), noEnv); problems.Err() != nil {
		t.Error(problems)
	}
}

func TestAllMistakesComeAtOnceInTheOrderOfTheFile(t *testing.T) {
	const in = `proxy: {listen: 8080, timeouts: {read: 0s}}
log: {level: loud}
consent: {default: [x]}
routes: [{name: r, upstream: u}]
`
	_, problems := Parse("f", []byte(in), noEnv)
	want := []string{"f:1:17: ", "f:1:40: ", "f:2:14: ", "f:3:10: ", "f:3:21: ", "f:4:10: ", "f:4:30: "}
	lines := strings.Split(problems.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("got\n%v", problems)
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("line %d: got %s, want it at %s", i+1, lines[i], want[i])
		}
	}
}

func TestAFileOfAnotherShapeIsRefused(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"empty", "", "f:1:1: the file is empty, expected a mapping: key: value"},
		{"a list", "- a", "f:1:1: expected a mapping (key: value), got a list"},
		{"not YAML", "a: [", "f:2:1: not valid YAML: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, problems := Parse("f", []byte(row.in), noEnv)
			if len(problems) != 1 || !strings.HasPrefix(problems.Error(), row.want) {
				t.Errorf("got %v", problems)
			}
		})
	}
}

func TestAProblemNeverShowsWhatTheEnvironmentHolds(t *testing.T) {
	const in = `proxy: {listen: "${S}", limits: {depth: "${S}", body_bytes: "${S}"}, timeouts: {read: "${S}"}, trusted_proxies: ["${S}"]}
log: {level: "${S}"}
upstreams: {u: {urls: ["${S}"], host: "${S}"}}
routes: [{name: "${S}", match: {hosts: ["${S}"], paths: ["${S}"], methods: ["${S}"]}, upstream: u, scope: "${S}", absorb: "${S}"}]`
	env := func(string) (string, bool) { return "hunter2 !", true }
	_, problems := Parse("f", []byte(wrapped(in)), env)
	if len(problems) < 13 || strings.Contains(problems.Error(), "hunter2") {
		t.Errorf("got %d problems:\n%v", len(problems), problems)
	}
}
