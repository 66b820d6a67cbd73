package wire

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
)

// Cipher is an encrypted layer, opened with the key of its owner and sealed again
// under the same scheme with a fresh nonce.
type Cipher struct {
	Key     []byte          // AES, 16 or 32 bytes; nil: it comes wrapped with the data
	Private *rsa.PrivateKey // unwraps the key that comes with the data
	Nonce   string          // locator of the nonce, in base64; empty: it stands before the data
	Wrapped string          // locator of the wrapped key, in base64

	NonceAt   NodeID // where Nonce and Wrapped lead; set by the compiler of the rules
	WrappedAt NodeID
}

// parseCipher reads aes_gcm(key=NAME, nonce=LOCATOR), aes_cbc(key=NAME), whose IV
// stands before the data, aes_cbc(key=NAME, wrapped=LOCATOR), whose AES key comes
// encrypted for an RSA key, and needs(key=NAME), which opens nothing.
func parseCipher(name string, args []string, keys map[string][]byte) (Link, error) {
	given := make(map[string]string)
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		given[key] = value
	}
	key, ok := keys[given["key"]]
	switch {
	case given["key"] == "":
		return Link{}, fmt.Errorf("%s needs the name of a key: %s(key=NAME)", name, name)
	case !ok:
		return Link{}, ErrNoKey
	case name == "needs":
		return Link{Coding: Identity}, nil
	case name == "aes_gcm" && given["nonce"] == "":
		return Link{}, fmt.Errorf("aes_gcm needs the place of its nonce: aes_gcm(key=%s, nonce=header:NAME)", given["key"])
	}
	c := &Cipher{Nonce: given["nonce"], Wrapped: given["wrapped"]}
	coding := AESCBC
	if name == "aes_gcm" {
		coding = AESGCM
	}
	return Link{Coding: coding, Cipher: c}, c.setKey(key)
}

// setKey reads an AES key (16 or 32 bytes, raw, in base64 or hexadecimal) or, for
// wrapped keys, an RSA key in PEM.
func (c *Cipher) setKey(key []byte) error {
	if c.Wrapped != "" {
		return c.setPrivate(key)
	}
	if c.Key = readAESKey(key); c.Key == nil {
		return fmt.Errorf("an AES key has 16 or 32 bytes, raw, in base64 or in hexadecimal; this one has %d bytes", len(key))
	}
	return nil
}

func readAESKey(key []byte) []byte {
	if len(key) == 16 || len(key) == 32 && !isHexText(key) {
		return key
	}
	if isHexText(key) && (len(key) == 32 || len(key) == 64) {
		raw := make([]byte, len(key)/2)
		for i := range raw {
			raw[i] = byte(unhex(key[2*i])<<4 | unhex(key[2*i+1]))
		}
		return raw
	}
	raw, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(key)))
	if err != nil || len(raw) != 16 && len(raw) != 32 {
		return nil
	}
	return raw
}

func isHexText(b []byte) bool {
	for _, c := range b {
		if unhex(c) < 0 {
			return false
		}
	}
	return true
}

func (c *Cipher) setPrivate(key []byte) error {
	block, _ := pem.Decode(key)
	if block == nil {
		return fmt.Errorf("a key that unwraps others is an RSA key in PEM form")
	}
	if private, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		c.Private = private
		return nil
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := any.(*rsa.PrivateKey)
	if err != nil || !ok {
		return fmt.Errorf("a key that unwraps others is an RSA key in PEM form")
	}
	c.Private = private
	return nil
}

// unseal appends the plain text of an encrypted layer.
func (m *Message) unseal(d *Doc, link Link) (Coding, Fault) {
	key := m.keyFor(d, link.Cipher)
	block, err := aes.NewCipher(key)
	if err != nil {
		return link.Coding, Fault{Opaque, 0, "an encrypted layer whose key cannot be had"}
	}
	d.cipher, d.key = link.Cipher, key
	if link.Coding == AESGCM {
		return link.Coding, m.openGCM(d, block)
	}
	return link.Coding, m.openCBC(d, block)
}

// keyFor gives the key of a layer: the configured one, or the one that came with
// the data, encrypted for its owner.
func (m *Message) keyFor(d *Doc, c *Cipher) []byte {
	if c.Private == nil {
		return c.Key
	}
	s := m.nearest(c.WrappedAt, &d.At)
	if s == nil {
		return nil
	}
	wrapped, err := base64.StdEncoding.DecodeString(string(m.AppendText(nil, s)))
	if err != nil {
		return nil
	}
	key, err := rsa.DecryptPKCS1v15(nil, c.Private, wrapped) //nolint:staticcheck // the scheme of the SDKs
	if err != nil {
		return nil
	}
	return key
}

// nearest finds the value of a node that stands in the innermost object around a
// place, in whatever order its members are.
func (m *Message) nearest(id NodeID, at *Span) *Span {
	var found *Span
	for i := range m.Spans {
		s := &m.Spans[i]
		if s.Node != id || s.Doc == at.Doc && s.Parent > at.Start {
			continue
		}
		if found == nil || s.Doc == at.Doc && s.Parent > found.Parent {
			found = s
		}
	}
	return found
}

func (m *Message) openGCM(d *Doc, block cipher.Block) Fault {
	nonce := m.nearest(d.cipher.NonceAt, &d.At)
	aead, err := cipher.NewGCM(block)
	if err != nil || nonce == nil {
		return Fault{Opaque, 0, "an encrypted layer without its nonce"}
	}
	iv, err := base64.StdEncoding.DecodeString(string(m.AppendText(nil, nonce)))
	if err != nil || len(iv) != aead.NonceSize() {
		return Fault{Opaque, 0, "an encrypted layer without its nonce"}
	}
	out, err := aead.Open(m.arena, iv, d.Buf, nil)
	if err != nil {
		return Fault{Opaque, 0, "an encrypted layer that its key does not open"}
	}
	m.arena = out
	return Fault{}
}

// openCBC reads IV, then blocks with the padding of PKCS 7 (RFC 5652 section 6.3).
func (m *Message) openCBC(d *Doc, block cipher.Block) Fault {
	size := block.BlockSize()
	if len(d.Buf) < 2*size || len(d.Buf)%size != 0 {
		return Fault{Opaque, 0, "an encrypted layer of a length that its scheme does not have"}
	}
	from := len(m.arena)
	m.arena = append(m.arena, d.Buf[size:]...)
	plain := m.arena[from:]
	cipher.NewCBCDecrypter(block, d.Buf[:size]).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > size || !bytes.Equal(plain[len(plain)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		m.arena = m.arena[:from]
		return Fault{Opaque, 0, "an encrypted layer that its key does not open"}
	}
	m.arena = m.arena[:len(m.arena)-pad]
	return Fault{}
}

// seal appends an edited layer under its scheme, with a fresh nonce: one that came
// in a field of its own is written there.
func (m *Message) seal(d *Doc, inside []byte, coding Coding) Fault {
	block, err := aes.NewCipher(d.key)
	if err != nil {
		return Fault{Internal, 0, "a layer that cannot be encrypted again"}
	}
	if coding == AESCBC {
		return m.sealCBC(inside, block)
	}
	aead, err := cipher.NewGCM(block)
	nonce := make([]byte, 12)
	if _, fail := m.Random.Read(nonce); err != nil || fail != nil {
		return Fault{Internal, 0, "a layer that cannot be encrypted again"}
	}
	m.sealed = aead.Seal(m.sealed, nonce, inside, nil)
	if s := m.nearest(d.cipher.NonceAt, &d.At); s != nil {
		m.ReplaceText(s, base64.StdEncoding.AppendEncode(nil, nonce))
	}
	return Fault{}
}

func (m *Message) sealCBC(inside []byte, block cipher.Block) Fault {
	size := block.BlockSize()
	from := len(m.sealed)
	m.sealed = append(m.sealed, make([]byte, size)...)
	iv := m.sealed[from:]
	if _, err := m.Random.Read(iv); err != nil {
		return Fault{Internal, 0, "a layer that cannot be encrypted again"}
	}
	m.sealed = append(m.sealed, inside...)
	pad := size - len(inside)%size
	m.sealed = append(m.sealed, bytes.Repeat([]byte{byte(pad)}, pad)...)
	out := m.sealed[from:]
	cipher.NewCBCEncrypter(block, out[:size]).CryptBlocks(out[size:], out[size:])
	return Fault{}
}
