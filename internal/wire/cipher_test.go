package wire

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"testing"
)

// aesKey makes a key from one byte.
func aesKey(c byte, size int) []byte { return bytes.Repeat([]byte{c}, size) }

func gcmSealed(t testing.TB, key, nonce []byte, text string) string {
	t.Helper()
	return string(gcm(t, key).Seal(nil, nonce, []byte(text), nil))
}

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

// cbcSealed is an IV and what follows from it, padded as given or as PKCS 7 says.
func cbcSealed(t testing.TB, key, iv []byte, text string, padding ...byte) string {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	if padding == nil {
		n := 16 - len(text)%16
		padding = bytes.Repeat([]byte{byte(n)}, n)
	}
	data := append([]byte(text), padding...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return string(iv) + string(data)
}

func cbcOpened(t testing.TB, key []byte, data string) (iv, text string) {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil || len(data) < 32 || len(data)%16 != 0 {
		t.Fatal(err, len(data))
	}
	plain := []byte(data[16:])
	cipher.NewCBCDecrypter(block, []byte(data[:16])).CryptBlocks(plain, plain)
	n := int(plain[len(plain)-1])
	if n == 0 || n > 16 || strings.Trim(string(plain[len(plain)-n:]), string(rune(n))) != "" {
		t.Fatalf("padding of %d", n)
	}
	return data[:16], string(plain[:len(plain)-n])
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func unb64(t testing.TB, text string) string {
	t.Helper()
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

const gcmChain = "form:d | base64 | aes_gcm(key=k, nonce=header:agn) | zlib | protobuf"

// readSealed opens a head and a form.
func readSealed(r *rig, m *Message, head, body string) (headDoc, doc int32, fault Fault) {
	r.reset(m)
	m.Random = mathrand.NewChaCha8([32]byte{1})
	headDoc = m.AddHead([]byte(head))
	if doc, fault = m.AddBody([]byte(body), nil); fault.Failed() {
		return headDoc, doc, fault
	}
	return headDoc, doc, m.OpenContainers()
}

func TestAuthenticatedLayersAreSealedWithAFreshNonce(t *testing.T) {
	zlib := newStack(t, "zlib")
	nonce := "twelve bytes"
	for _, key := range [][]byte{aesKey('k', 16), aesKey('k', 32)} {
		in := gcmSealed(t, key, []byte(nonce), zlib.on(t, num(1, 1)+str(2, "867")))
		r := newRigWithKeys(t, map[string][]byte{"k": key}, "d: "+gcmChain, "d/2")
		m := new(Message)
		head, body := "Host: h\r\nAGN: "+b64(nonce)+"\r\nCp: 1\r\n", "a=1&d="+escaped(t, b64(in))
		headDoc, doc, fault := readSealed(r, m, head, body)
		if fault.Failed() {
			t.Fatal(fault)
		}
		if got := seal(t, m, doc); got != body || string(m.Docs[headDoc].Out) != head {
			t.Errorf("unedited, but %q %q came out", got, m.Docs[headDoc].Out)
		}
		headDoc, doc, _ = readSealed(r, m, head, body)
		m.Remove(r.at(t, m, "d/2")[0])
		data := unb64(t, formValue(t, strings.TrimPrefix(seal(t, m, doc), "a=1&d=")))
		fresh := unb64(t, between("Host: h\r\nAGN: ", "\r\nCp: 1\r\n", same)(t, string(m.Docs[headDoc].Out)))
		if fresh == nonce || len(fresh) != 12 {
			t.Errorf("sealed again under the nonce %q", fresh)
		}
		plain, err := gcm(t, key).Open(nil, []byte(fresh), []byte(data), nil)
		if err != nil || zlib.off(t, string(plain)) != num(1, 1) {
			t.Errorf("%q, %v", plain, err)
		}
	}
}

func TestNoNonceIsUsedTwice(t *testing.T) {
	key, seen := aesKey('k', 16), map[string]bool{}
	r := newRigWithKeys(t, map[string][]byte{"k": key}, "d: form:d | base64 | aes_gcm(key=k, nonce=header:agn) | json", "d/imei")
	body := "d=" + escaped(t, b64(gcmSealed(t, key, []byte("twelve bytes"), `{"imei":1}`)))
	m := new(Message)
	r.reset(m)
	m.Random = rand.Reader
	for range 100 {
		r.reset(m)
		head := m.AddHead([]byte("agn: " + b64("twelve bytes") + "\r\n"))
		if _, fault := m.AddBody([]byte(body), nil); fault.Failed() || m.OpenContainers().Failed() {
			t.Fatal(fault)
		}
		m.Remove(r.at(t, m, "d/imei")[0])
		if fault := m.Seal(); fault.Failed() {
			t.Fatal(fault)
		}
		if out := string(m.Docs[head].Out); seen[out] {
			t.Fatalf("%q came twice", out)
		} else {
			seen[out] = true
		}
	}
}

func TestTwoLayersUnderOneNonceAreRefused(t *testing.T) {
	key := aesKey('k', 16)
	r := newRigWithKeys(t, map[string][]byte{"k": key}, "d: form:d | base64 | aes_gcm(key=k, nonce=header:agn) | json", "d/imei")
	one := "d=" + escaped(t, b64(gcmSealed(t, key, []byte("twelve bytes"), `{}`)))
	_, _, fault := readSealed(r, new(Message), "agn: "+b64("twelve bytes")+"\r\n", one+"&"+one)
	if fault.Code != Opaque {
		t.Errorf("got %v", fault)
	}
}

func TestALayerWithItsIVInFrontIsSealedWithAFreshOne(t *testing.T) {
	for _, row := range []struct {
		name string
		key  []byte // as configured
		raw  []byte
	}{
		{"a raw key of 16 bytes", aesKey('k', 16), aesKey('k', 16)},
		{"a raw key of 32 bytes", aesKey('k', 32), aesKey('k', 32)},
		{"a key of 16 bytes in hexadecimal", []byte(hex.EncodeToString(aesKey(0xfe, 16))), aesKey(0xfe, 16)},
		{"a key of 32 bytes in hexadecimal", []byte(hex.EncodeToString(aesKey(0xfe, 32))), aesKey(0xfe, 32)},
		{"a key of 16 bytes in base64", []byte(b64(string(aesKey(0xfe, 16))) + "\n"), aesKey(0xfe, 16)},
		{"a key of 32 bytes in base64", []byte(b64(string(aesKey(0xfe, 32)))), aesKey(0xfe, 32)},
	} {
		t.Run(row.name, func(t *testing.T) {
			iv := "sixteen bytes iv"
			r := newRigWithKeys(t, map[string][]byte{"k": row.key}, "d: form:d | json", "p: d/payload | base64 | aes_cbc(key=k) | json", "p/imei")
			in := "d=" + escaped(t, `{"key_id":7,"payload":"`+b64(cbcSealed(t, row.raw, []byte(iv), `{"imei":1,"b":2}`))+`"}`)
			m := new(Message)
			_, doc, fault := readSealed(r, m, "", in)
			if fault.Failed() || seal(t, m, doc) != in {
				t.Fatal(fault)
			}
			_, doc, _ = readSealed(r, m, "", in)
			m.Remove(r.at(t, m, "p/imei")[0])
			payload := between(`{"key_id":7,"payload":"`, `"}`, unb64)(t, formValue(t, seal(t, m, doc)[2:]))
			fresh, text := cbcOpened(t, row.raw, payload)
			if fresh == iv || text != `{"b":2}` {
				t.Errorf("%q under %q", text, fresh)
			}
		})
	}
}

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
	out, err := rsa.EncryptPKCS1v15(rand.Reader, &to.PublicKey, key) //nolint:staticcheck // the scheme of the SDKs
	if err != nil {
		t.Fatal(err)
	}
	return b64(string(out))
}

const wrappedChain = "p: d/payloads | base64 | aes_cbc(key=k, wrapped=d/ekey) | gzip | json"

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

func TestWhatAKeyDoesNotOpenGetsOneAnswer(t *testing.T) {
	_, pemKey := owner(t)
	key, nonce := aesKey('k', 16), []byte("twelve bytes")
	keys := map[string][]byte{"k": key, "rsa": pemKey}
	cbc, auth := "form:d | base64 | aes_cbc(key=k) | gzip | json", "form:d | base64 | aes_gcm(key=k, nonce=header:agn) | json"
	iv := aesKey('i', 16)
	for _, row := range []struct{ name, chain, head, data string }{
		{"another key", auth, b64(string(nonce)), gcmSealed(t, aesKey('x', 16), nonce, "{}")},
		{"another nonce", auth, b64("twelve bytez"), gcmSealed(t, key, nonce, "{}")},
		{"a nonce of 11 bytes", auth, b64("eleven byte"), gcmSealed(t, key, nonce, "{}")},
		{"a nonce that is no base64", auth, "!", gcmSealed(t, key, nonce, "{}")},
		{"no nonce", auth, "", gcmSealed(t, key, nonce, "{}")},
		{"a bit that changed", auth, b64(string(nonce)), "\x00" + gcmSealed(t, key, nonce, "{}")[1:]},
		{"no data", auth, b64(string(nonce)), "short"},
		{"another key and an IV in front", cbc, "", cbcSealed(t, aesKey('x', 16), iv, "{}")},
		{"padding of 0", cbc, "", cbcSealed(t, key, iv, strings.Repeat(" ", 15), 0)},
		{"padding of 17", cbc, "", cbcSealed(t, key, iv, strings.Repeat(" ", 15), 17)},
		{"padding of one wrong byte", cbc, "", cbcSealed(t, key, iv, strings.Repeat(" ", 13), 3, 2, 3)},
		{"good padding around what is no gzip", cbc, "", cbcSealed(t, key, iv, "{}")},
		{"good padding around broken gzip", cbc, "", cbcSealed(t, key, iv, "\x1f\x8b\x08")},
		{"good padding around what is no JSON", cbc, "", cbcSealed(t, key, iv, encode(t, Gzip, "abc"))},
		{"good padding around broken JSON", cbc, "", cbcSealed(t, key, iv, encode(t, Gzip, "{"))},
		{"half a block", cbc, "", cbcSealed(t, key, iv, "{}")[:24]},
		{"an IV alone", cbc, "", string(iv)},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRigWithKeys(t, keys, "d: "+row.chain, "d/imei")
			head := ""
			if row.head != "" {
				head = "agn: " + row.head + "\r\n"
			}
			if _, _, fault := readSealed(r, new(Message), head, "d="+escaped(t, b64(row.data))); fault != notOpened {
				t.Errorf("got %v (%d)", fault, fault.Code)
			}
		})
	}
}

func TestEveryPaddingIsRead(t *testing.T) {
	key := aesKey('k', 16)
	r := newRigWithKeys(t, map[string][]byte{"k": key}, "d: form:d | base64 | aes_cbc(key=k) | json", "d/a")
	for n := range 33 {
		text := `{"a":"` + strings.Repeat("x", n) + `"}`
		m := new(Message)
		if _, _, fault := readSealed(r, m, "", "d="+escaped(t, b64(cbcSealed(t, key, aesKey('i', 16), text)))); fault.Failed() || r.texts(t, m, "d/a") != strings.Repeat("x", n) {
			t.Errorf("%d bytes: %v", len(text), fault)
		}
	}
}

func TestWithoutRandomnessNothingIsSealed(t *testing.T) {
	key := aesKey('k', 16)
	r := newRigWithKeys(t, map[string][]byte{"k": key}, "d: form:d | base64 | aes_cbc(key=k) | json", "d/a",
		"e: form:e | base64 | aes_gcm(key=k, nonce=form:n) | json", "e/a")
	for _, in := range []string{
		"d=" + escaped(t, b64(cbcSealed(t, key, aesKey('i', 16), `{"a":1}`))),
		"n=" + escaped(t, b64("twelve bytes")) + "&e=" + escaped(t, b64(gcmSealed(t, key, []byte("twelve bytes"), `{"a":1}`))),
	} {
		m := new(Message)
		if _, _, fault := readSealed(r, m, "", in); fault.Failed() {
			t.Fatal(fault)
		}
		m.Random = nil
		removeAll(m)
		if fault := m.Seal(); fault.Code != Internal {
			t.Errorf("%s: %v", in, fault)
		}
		m.Random = strings.NewReader("short")
		if m.random(make([]byte, 12)) {
			t.Error("randomness that ends is taken for enough")
		}
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
