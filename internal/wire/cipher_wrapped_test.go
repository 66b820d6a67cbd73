package wire

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
)

// owner is an RSA key made for the tests, once.
func owner(t testing.TB) (*rsa.PrivateKey, []byte) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return private, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
}

func wrap(t testing.TB, to *rsa.PrivateKey, key []byte) string {
	t.Helper()
	//lint:ignore SA1019 this is what the SDKs do
	out, err := rsa.EncryptPKCS1v15(rand.Reader, &to.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return b64(string(out))
}

func TestKeysThatComeWithTheDataAreUnwrapped(t *testing.T) {
	private, pemKey := owner(t)
	gz := newStack(t, "gzip")
	one, two := aesKey('1', 16), aesKey('2', 16)
	payload := func(key []byte, id string) string {
		return b64(cbcSealed(t, key, aesKey('i', 16), gz.on(t, `{"imei":"`+id+`","b":2}`)))
	}
	element := func(before bool, ekey, payloads string) string {
		if before {
			return fmt.Sprintf(`{"ekey":"%s","pkv":7,"payloads":%s}`, ekey, payloads)
		}
		return fmt.Sprintf(`{"pkv":7,"payloads":%s,"ekey":"%s"}`, payloads, ekey)
	}
	r := newRigWithKeys(t, map[string][]byte{"k": pemKey}, "d: form:d | needs(key=k) | json", wrappedChain, "p/imei")
	for _, before := range []bool{true, false} {
		w1, w2 := wrap(t, private, one), wrap(t, private, two)
		in := "d=" + escaped(t, "["+element(before, w1, `["`+payload(one, "a")+`","`+payload(one, "b")+`"]`)+","+element(before, w2, `"`+payload(two, "c")+`"`)+"]")
		m := new(Message)
		_, doc, fault := readSealed(r, m, "", in)
		if fault.Failed() || r.texts(t, m, "p/imei") != "a b c" || len(m.unwrapped) != 2 {
			t.Fatalf("%v, met %q with %d keys", fault, r.texts(t, m, "p/imei"), len(m.unwrapped))
		}
		for _, s := range r.at(t, m, "p/imei") {
			m.Remove(s)
		}
		out := formValue(t, seal(t, m, doc)[2:])
		rest := out
		for i, key := range [][]byte{one, one, two} {
			text := nextPayload(t, &rest)
			if _, plain := cbcOpened(t, key, text); gz.off(t, plain) != `{"b":2}` {
				t.Errorf("payload %d: %q", i, plain)
			}
		}
		if strings.Count(out, w1) != 1 || strings.Count(out, w2) != 1 {
			t.Error("the wrapped keys did not stay")
		}
	}
}

// nextPayload takes the next text out of payloads.
func nextPayload(t testing.TB, rest *string) string {
	t.Helper()
	for {
		_, after, ok := strings.Cut(*rest, `"`)
		if !ok {
			t.Fatal("no payload")
		}
		text, after, _ := strings.Cut(after, `"`)
		*rest = after
		if data, err := base64.StdEncoding.DecodeString(text); err == nil && len(data) >= 32 && len(data) < 200 {
			return string(data)
		}
	}
}

func TestAKeyOfAnotherElementOpensNothing(t *testing.T) {
	private, pemKey := owner(t)
	key := aesKey('1', 16)
	payload := b64(cbcSealed(t, key, aesKey('i', 16), newStack(t, "gzip").on(t, `{"imei":1}`)))
	r := newRigWithKeys(t, map[string][]byte{"k": pemKey}, "d: form:d | json", wrappedChain, "p/imei")
	for name, in := range map[string]string{
		"of the element before": `[{"ekey":"` + wrap(t, private, key) + `","payloads":1},{"payloads":"` + payload + `"}]`,
		"of the element after":  `[{"payloads":"` + payload + `"},{"payloads":1,"ekey":"` + wrap(t, private, key) + `"}]`,
		"of no element":         `[{"payloads":"` + payload + `"}]`,
		"that is none":          `[{"ekey":"AAAA","payloads":"` + payload + `"}]`,
		"that is no base64":     `[{"ekey":"!","payloads":"` + payload + `"}]`,
		"of another length":     `[{"ekey":"` + wrap(t, private, aesKey('1', 32)) + `","payloads":"` + payload + `"}]`,
		"that is another":       `[{"ekey":"` + wrap(t, private, aesKey('2', 16)) + `","payloads":"` + payload + `"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			m := new(Message)
			_, _, fault := readSealed(r, m, "", "d="+escaped(t, in))
			if fault.Failed() || r.texts(t, m, "p/imei") != "" {
				t.Errorf("%v, met %q", fault, r.texts(t, m, "p/imei"))
			}
		})
	}
}

func TestTheKeysOfARequestAreLimited(t *testing.T) {
	private, pemKey := owner(t)
	key := aesKey('1', 16)
	payload := b64(cbcSealed(t, key, aesKey('i', 16), newStack(t, "gzip").on(t, `{"imei":1}`)))
	var list []string
	for i := range maxUnwrapped + 2 {
		ekey := wrap(t, private, key)
		if i == maxUnwrapped+1 { // one that is known already still opens
			ekey, _, _ = strings.Cut(strings.TrimPrefix(list[0], `{"ekey":"`), `"`)
		}
		list = append(list, `{"ekey":"`+ekey+`","payloads":"`+payload+`"}`)
	}
	r := newRigWithKeys(t, map[string][]byte{"k": pemKey}, "d: form:d | json", wrappedChain, "p/imei")
	m := new(Message)
	if _, _, fault := readSealed(r, m, "", "d="+escaped(t, "["+strings.Join(list, ",")+"]")); fault.Failed() {
		t.Fatal(fault)
	}
	if n := len(r.at(t, m, "p/imei")); n != maxUnwrapped+1 || len(m.unwrapped) != maxUnwrapped {
		t.Errorf("%d opened with %d keys", n, len(m.unwrapped))
	}
}

func BenchmarkUnwrap(b *testing.B) {
	private, pemKey := owner(b)
	key := aesKey('1', 16)
	payload := b64(cbcSealed(b, key, aesKey('i', 16), newStack(b, "gzip").on(b, `{"imei":1}`)))
	one := wrap(b, private, key)
	for _, row := range []struct {
		name string
		ekey func() string
	}{{"one key for 50 events", func() string { return one }}, {"a key each", func() string { return wrap(b, private, key) }}} {
		b.Run(row.name, func(b *testing.B) {
			var list []string
			for range 50 {
				list = append(list, `{"ekey":"`+row.ekey()+`","payloads":"`+payload+`"}`)
			}
			r := newRigWithKeys(b, map[string][]byte{"k": pemKey}, "d: form:d | json", wrappedChain, "p/imei")
			in := "d=" + escaped(b, "["+strings.Join(list, ",")+"]")
			m := new(Message)
			for b.Loop() {
				if _, _, fault := readSealed(r, m, "", in); fault.Failed() {
					b.Fatal(fault)
				}
			}
		})
	}
}
