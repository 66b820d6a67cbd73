package rules_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
)

func TestAnAdRequestIsOpenedWithItsOwnersKeyAndSealedWithAFreshNonce(t *testing.T) {
	key, nonce := randomBytes(t, 16), randomBytes(t, 12)
	leaves := leavesOf(bidRequest())
	for _, r := range []struct {
		name   string
		wrap   func([]byte) []byte
		unwrap func([]byte) []byte
	}{
		{"compressed", func(b []byte) []byte { return deflated(t, b) }, func(b []byte) []byte { return inflated(t, b) }},
		{"plain", bytes.Clone, bytes.Clone},
	} {
		t.Run(r.name, func(t *testing.T) {
			in := message{path: "/ad/v4", head: "Host: h\r\nagn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\ncp: 1\r\n"}
			in.body = string(gcm(t, key).Seal(nil, nonce, r.wrap(encode(leaves)), nil))
			p := sigmobPlan(t, key, "sigmob", "common")
			if out := sent(t, p, all(), in); out != in {
				t.Error("a granted request was changed")
			}
			out := sent(t, p, 0, in)
			text, _, _ := strings.Cut(strings.SplitN(out.head, "agn: ", 2)[1], "\r\n")
			fresh, err := base64.StdEncoding.DecodeString(text)
			if err != nil || bytes.Equal(fresh, nonce) {
				t.Fatalf("the nonce is not fresh: %v", err)
			}
			plain, err := gcm(t, key).Open(nil, fresh, []byte(out.body), nil)
			if err != nil {
				t.Fatal(err)
			}
			foundNowhere(t, bidRequest(), string(r.unwrap(plain)))
			if !holds(decode(t, r.unwrap(plain), "", messagesOf(leaves)), leaf{"99", "unknown-at-root"}) {
				t.Error("an unknown field is gone")
			}
		})
	}
}

func TestAnAdRequestWithoutItsKeyIsOpaque(t *testing.T) {
	// Not random: one in some hundreds begins as JSON does, and is refused as such.
	key, nonce := bytes.Repeat([]byte("k"), 16), bytes.Repeat([]byte("n"), 12)
	body := gcm(t, key).Seal(nil, nonce, deflated(t, encode(leavesOf(bidRequest()))), nil)
	for _, r := range []struct {
		name string
		key  []byte
		head string
	}{
		{"no key is configured", nil, "agn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\n"},
		{"another key is configured", bytes.Repeat([]byte("o"), 16), "agn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\n"},
		{"the nonce is missing", key, ""},
		{"the nonce is no nonce", key, "agn: AAAA\r\n"},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := newExchange()
			in := &rules.Request{Path: []byte("/ad/v4"), Head: []byte(r.head), Body: body}
			if fault := sigmobPlan(t, r.key, "sigmob", "common").Open(x, in); fault.Code != wire.Opaque {
				t.Errorf("fault %v", fault)
			}
		})
	}
}

// Encrypted bytes can begin as JSON does, or as a byte order mark.
func TestAnAdRequestIsOpenedWhateverItsFirstBytesAre(t *testing.T) {
	key := randomBytes(t, 16)
	p, seen := sigmobPlan(t, key, "sigmob", "common"), 0
	for i := 0; seen < 3 && i < 100_000; i++ {
		nonce := []byte(fmt.Sprintf("%012d", i))
		body := gcm(t, key).Seal(nil, nonce, deflated(t, encode([]leaf{{"4.6.13", "oaid-5e2a41c0"}})), nil)
		if body[0] != '{' && body[0] != '[' && !bytes.HasPrefix(body, []byte("\xff\xfe")) {
			continue
		}
		seen++
		in := message{head: "agn: " + base64.StdEncoding.EncodeToString(nonce) + "\r\n", body: string(body)}
		if out := sent(t, p, 0, in); out.body == in.body {
			t.Error("the body went out as it came")
		}
	}
}
