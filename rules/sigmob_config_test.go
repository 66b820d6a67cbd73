package rules_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

// asConfig moves the fields of a bid request to where the configuration's request has
// them.
func asConfig(request []planted) (out []planted) {
	for _, p := range request {
		head, rest, nested := strings.Cut(p.path, ".")
		to, ok := map[string]string{"3": "1", "4": "2", "5": "3", "10": "4", "17": "5"}[head]
		if ok && nested {
			out = append(out, planted{leaf{to + "." + rest, p.value}, p.flag})
		}
	}
	return out
}

func TestTheSigmobConfigurationIsAskedForWithoutWhatIsNotGranted(t *testing.T) {
	p := sigmobPlan(t, nil, "sigmob_config", "common")
	request := asConfig(bidRequest())
	leaves := leavesOf(request)
	for _, r := range []struct {
		name         string
		wrap, unwrap func(testing.TB, []byte) []byte
	}{{"compressed", deflated, inflated}, {"plain", asIs, asIs}} {
		t.Run(r.name, func(t *testing.T) {
			in := message{path: "/s/config", query: "appId=1", body: string(r.wrap(t, encode(leaves)))}
			if out := sent(t, p, all(), in); out != in {
				t.Error("a granted request was changed")
			}
			plain := r.unwrap(t, []byte(sent(t, p, 0, in).body))
			got := decode(t, plain, "", messagesOf(leaves))
			for _, row := range request {
				if kept := holds(got, row.leaf); kept != (row.flag == "") {
					t.Errorf("%s kept: %v", row.path, kept)
				}
			}
			foundNowhere(t, request, string(plain))
		})
	}
}

func asIs(_ testing.TB, data []byte) []byte { return data }

func TestAnEncryptedRequestForTheSigmobConfigurationNeedsItsOwnersKey(t *testing.T) {
	key, nonce := randomBytes(t, 16), []byte("012345678901")
	request := asConfig(bidRequest())
	in := message{path: "/s/config", head: "agn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\n"}
	in.body = string(gcm(t, key).Seal(nil, nonce, encode(leavesOf(request)), nil))
	out := sent(t, sigmobPlan(t, key, "sigmob_config", "common"), 0, in)
	fresh, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(out.head, "agn: "), "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm(t, key).Open(nil, fresh, []byte(out.body), nil)
	if err != nil {
		t.Fatal(err)
	}
	foundNowhere(t, request, string(plain))
	if fault := sigmobPlan(t, nil, "sigmob_config", "common").Open(newExchange(), in.request()); fault.Code != wire.Opaque {
		t.Errorf("without the key: fault %v", fault)
	}
}

// A container of answers opens no request: unread, its body would not be opaque.
func TestWhatOnlyAnswersAreReadThroughIsNotOpenedInRequests(t *testing.T) {
	p := compile(t, nil, `
containers: {answer: ["body | protobuf"], settings: ["answer/3 | protobuf"]}
rules: [{item: ip, at: ["**.ip"], unless: network_id, action: remove}]
response: [{item: wifi, at: [settings/1], unless: network_id, action: remove}]
`)
	body := encode([]leaf{{"3.1", "06:aa:bb:cc:dd:ee"}})
	if fault := p.Open(newExchange(), &rules.Request{Body: body}); fault.Code != wire.Opaque && fault.Code != wire.Malformed {
		t.Errorf("fault %v", fault)
	}
}

func TestTheSigmobConfigurationSwitchesOffWhatIsNotGranted(t *testing.T) {
	p := compileFiles(t, nil, rules.CompileResponse, "sigmob_config", "common")
	answer := []leaf{
		{"1", uint64(0)}, {"3.1.1.1", "https://dc.example/log"}, {"3.1.7.1.1", uint64(20)}, {"3.1.17", uint64(1)},
		{"3.3.3", uint64(600)}, {"3.3.11", uint64(1)}, {"3.3.14", "com.bank.one"}, {"3.9", "unknown-3"}, {"9", "unknown-9"},
	}
	for _, coded := range []bool{false, true} {
		for _, r := range []struct {
			name  string
			grant consent.Flags
			want  map[string]any
		}{
			{"nothing granted", 0, map[string]any{
				"3.1.1.1": "https://dc.example/log", "3.1.7.1.1": nil, "3.1.16": uint64(1), "3.1.17": nil, "3.3.1": uint64(1), "3.3.3": nil,
				"3.3.4": uint64(2), "3.3.8": uint64(1), "3.3.9": uint64(1), "3.3.11": uint64(2), "3.3.14": nil, "3.3.17": uint64(1), "3.9": "unknown-3", "9": "unknown-9"}},
			{"everything granted", all(), map[string]any{
				"3.1.7.1.1": uint64(20), "3.1.16": nil, "3.1.17": nil, "3.3.1": nil, "3.3.3": uint64(600), "3.3.4": nil, "3.3.11": uint64(1), "3.3.14": "com.bank.one"}},
		} {
			t.Run(fmt.Sprintf("%s, compressed %v", r.name, coded), func(t *testing.T) {
				body := encode(answer)
				if coded {
					body = deflated(t, body)
				}
				out := answered(t, p, r.grant, body)
				if coded {
					out = inflated(t, out)
				}
				got := decode(t, out, "", []string{"3", "3.1", "3.1.1", "3.1.7", "3.1.7.1", "3.3"})
				for path, want := range r.want {
					if last(got, path) != want {
						t.Errorf("%s is %v, want %v", path, last(got, path), want)
					}
				}
			})
		}
	}
}

func TestASigmobErrorIsNoConfiguration(t *testing.T) {
	p := compileFiles(t, nil, rules.CompileResponse, "sigmob_config", "common")
	body := encode([]leaf{{"1", uint64(500)}, {"2", "no such app"}})
	if out := answered(t, p, 0, body); !bytes.Equal(out, body) {
		t.Errorf("sent %q", out)
	}
}

func answered(t testing.TB, p *rules.Plan, grant consent.Flags, body []byte) []byte {
	t.Helper()
	x, r := newExchange(), &rules.Request{Body: body}
	if fault := p.Open(x, r); fault.Failed() {
		t.Fatal(fault)
	}
	p.DecideAs(x, grant, noon)
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	return x.Sealed(r).Body
}
