package wire

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
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
	case name == "aes_gcm" && given["nonce"] == "":
		return Link{}, fmt.Errorf("aes_gcm needs the place of its nonce: aes_gcm(key=%s, nonce=header:NAME)", given["key"])
	case !ok:
		return Link{}, errNoKey
	case name == "needs":
		return Link{Coding: Identity}, nil
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

// notOpened is the one answer to bad keys, bad padding and what comes out of either:
// two answers would tell apart what a forger may not know.
var notOpened = Fault{Opaque, 0, "an encrypted layer that its key does not open"}

// noKey says the same of a chain whose key is not configured.
var noKey = Fault{Opaque, 0, "an encrypted layer whose key is not configured"}

// blurred hides what was found below an encrypted layer that holds no proof of its
// origin.
func (d *Doc) blurred(fault Fault) Fault {
	for i := range d.coats {
		if d.coats[i].coding == AESCBC && (fault.Code == Malformed || fault.Code == Opaque) {
			return notOpened
		}
	}
	return fault
}

// unseal appends the plain text of an encrypted layer.
func (m *Message) unseal(d *Doc, link Link) (coat, Fault) {
	c := coat{coding: link.Coding, cipher: link.Cipher, key: m.keyFor(d, link.Cipher)}
	block, err := aes.NewCipher(c.key)
	fault := notOpened
	switch {
	case err != nil:
	case link.Coding == AESGCM:
		fault = m.openGCM(d, &c, block)
	default:
		fault = m.openCBC(d, block)
	}
	return c, fault
}

// keyFor gives the key of a layer: the configured one, or the one that came with
// the data, encrypted for its owner.
func (m *Message) keyFor(d *Doc, c *Cipher) []byte {
	if c.Private == nil {
		return c.Key
	}
	i := m.nearest(c.WrappedAt, &d.At)
	if i < 0 {
		return nil
	}
	wrapped := m.AppendText(nil, &m.Spans[i])
	for k := range m.unwrapped {
		if u := &m.unwrapped[k]; u.by == c && string(u.wrapped) == string(wrapped) {
			return u.key
		}
	}
	if len(m.unwrapped) == maxUnwrapped {
		return nil
	}
	key := m.unwrapKey(wrapped, c.Private)
	m.unwrapped = append(m.unwrapped, unwrapped{c, wrapped, key})
	return key
}

// unwrapped is a key that came with the data. SDKs use one for many events, and to
// decrypt one takes about a millisecond.
type unwrapped struct {
	by           *Cipher
	wrapped, key []byte
}

// maxUnwrapped bounds the keys of one request, and so the work that it can cause.
const maxUnwrapped = 64

// wrappedKeyBytes is the length of the keys that SDKs wrap.
const wrappedKeyBytes = 16

// unwrapKey decrypts a key. Where the padding is wrong the key is a random one, as
// RFC 3218 section 2.3.2 asks for: it opens nothing, and nobody learns why.
func (m *Message) unwrapKey(wrapped []byte, private *rsa.PrivateKey) []byte {
	key := make([]byte, wrappedKeyBytes)
	if !m.random(key) {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(string(wrapped))
	if err == nil {
		//lint:ignore SA1019 this is what the SDKs do
		err = rsa.DecryptPKCS1v15SessionKey(nil, private, data, key)
	}
	if err != nil {
		return nil
	}
	return key
}

func (m *Message) random(dst []byte) bool {
	if m.Random == nil {
		return false
	}
	_, err := io.ReadFull(m.Random, dst)
	return err == nil
}

// nearest finds the value of a node that stands in the innermost object around a
// place, in whatever order its members are, or else in another document; -1: none.
func (m *Message) nearest(id NodeID, at *Span) int {
	found, beside := -1, false
	for i := range m.Spans {
		s := &m.Spans[i]
		switch {
		case s.Node != id || s.Doc == at.Doc && s.Parent > at.Start:
		case found < 0, s.Doc == at.Doc && (!beside || s.Parent > m.Spans[found].Parent):
			found, beside = i, s.Doc == at.Doc
		}
	}
	if beside && !m.isAround(m.Spans[found].Parent, at) {
		return -1
	}
	return found
}

// isAround reports whether the object that begins at from holds a place.
func (m *Message) isAround(from int32, at *Span) bool {
	d := &m.Docs[at.Doc]
	return d.Kind != DocJSON || from < 0 || skipValue(d.Buf, int(from)) > int(at.Start)
}

func (m *Message) openGCM(d *Doc, c *coat, block cipher.Block) Fault {
	at := m.nearest(c.cipher.NonceAt, &d.At)
	aead, err := cipher.NewGCM(block)
	if err != nil || at < 0 || m.isNonce(at) {
		return notOpened
	}
	c.nonce = int32(at + 1)
	nonce, err := base64.StdEncoding.DecodeString(string(m.AppendText(nil, &m.Spans[at])))
	if err != nil || len(nonce) != aead.NonceSize() {
		return notOpened
	}
	out, err := aead.Open(m.arena, nonce, d.Buf, nil)
	if err != nil {
		return notOpened
	}
	m.arena = out
	return Fault{}
}

// isNonce reports whether a value is the nonce of another layer already: a fresh one
// for either would leave the other unreadable.
func (m *Message) isNonce(span int) bool {
	for i := range m.coats {
		if int(m.coats[i].nonce) == span+1 {
			return true
		}
	}
	return false
}

// openCBC reads IV, then blocks with the padding of PKCS 7 (RFC 5652 section 6.3).
func (m *Message) openCBC(d *Doc, block cipher.Block) Fault {
	size := block.BlockSize()
	if len(d.Buf) < 2*size || len(d.Buf)%size != 0 {
		return notOpened
	}
	from := len(m.arena)
	m.arena = append(m.arena, d.Buf[size:]...)
	plain := m.arena[from:]
	cipher.NewCBCDecrypter(block, d.Buf[:size]).CryptBlocks(plain, plain)
	pad := paddingOf(plain, size)
	if pad == 0 {
		m.arena = m.arena[:from]
		return notOpened
	}
	m.arena = m.arena[:len(m.arena)-pad]
	return Fault{}
}

// paddingOf gives the length of the padding, 0 where it is none, in constant time.
func paddingOf(plain []byte, size int) int {
	last := plain[len(plain)-size:]
	pad := int(last[size-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, size)
	for i, c := range last {
		inside := subtle.ConstantTimeLessOrEq(size-pad, i)
		good &= subtle.ConstantTimeSelect(inside, subtle.ConstantTimeByteEq(c, byte(pad)), 1)
	}
	return subtle.ConstantTimeSelect(good, pad, 0)
}

var notSealed = Fault{Internal, 0, "a layer that cannot be encrypted again"}

// seal appends an edited layer under its scheme, with a fresh nonce: one that came
// in a field of its own is written there.
func (m *Message) seal(inside []byte, c *coat) Fault {
	block, err := aes.NewCipher(c.key)
	if err != nil {
		return notSealed
	}
	if c.coding == AESCBC {
		return m.sealCBC(inside, block)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return notSealed
	}
	nonce := make([]byte, aead.NonceSize())
	if !m.random(nonce) {
		return notSealed
	}
	m.sealed = aead.Seal(m.sealed, nonce, inside, nil)
	m.ReplaceText(&m.Spans[c.nonce-1], base64.StdEncoding.AppendEncode(nil, nonce))
	return Fault{}
}

func (m *Message) sealCBC(inside []byte, block cipher.Block) Fault {
	size, from := block.BlockSize(), len(m.sealed)
	m.sealed = append(m.sealed, make([]byte, size)...)
	if !m.random(m.sealed[from:]) {
		return notSealed
	}
	m.sealed = append(m.sealed, inside...)
	pad := size - len(inside)%size
	m.sealed = append(m.sealed, bytes.Repeat([]byte{byte(pad)}, pad)...)
	out := m.sealed[from:]
	cipher.NewCBCEncrypter(block, out[:size]).CryptBlocks(out[size:], out[size:])
	return Fault{}
}
