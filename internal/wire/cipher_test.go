package wire

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
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

const wrappedChain = "p: d/payloads | base64 | aes_cbc(key=k, wrapped=d/ekey) | gzip | json"

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
