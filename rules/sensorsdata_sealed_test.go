package rules_test

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/wire"
	"github.com/consentd/consentd/rules"
	"github.com/consentd/consentd/rules/action"
)

// sealer encrypts as the SDKs do, without any code of the package wire.
type sealer struct {
	private *rsa.PrivateKey
	web     []byte
}

func newSealer(t *testing.T) sealer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return sealer{private, []byte("0123456789abcdef")}
}

func (s sealer) keys() map[string][]byte {
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(s.private)}
	return map[string][]byte{"sensorsdata": pem.EncodeToMemory(block), "sensorsdata_web": s.web}
}

func cbc(t *testing.T, key, plain []byte) string {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	pad := 16 - len(plain)%16
	plain = append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	out := make([]byte, 16+len(plain))
	rand.Read(out[:16])
	cipher.NewCBCEncrypter(block, out[:16]).CryptBlocks(out[16:], plain)
	return base64.StdEncoding.EncodeToString(out)
}

func uncbc(t *testing.T, key []byte, text string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := aes.NewCipher(key)
	cipher.NewCBCDecrypter(block, raw[:16]).CryptBlocks(raw[16:], raw[16:])
	return raw[16 : len(raw)-int(raw[len(raw)-1])]
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func unzipped(t *testing.T, data []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(r)
	return string(text)
}

func (s sealer) element(t *testing.T, key []byte, payloads any) map[string]any {
	t.Helper()
	//lint:ignore SA1019 this is what the SDKs do
	wrapped, err := rsa.EncryptPKCS1v15(rand.Reader, &s.private.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"ekey": base64.StdEncoding.EncodeToString(wrapped), "pkv": 7, "payloads": payloads, "flush_time": 1}
}

func sealedPlan(t *testing.T, keys map[string][]byte) *rules.Plan {
	t.Helper()
	p, problems := rules.Compile(shippedFiles(t, "sensorsdata"), rules.Options{
		Vocabulary: vocabulary(t), Upstream: "sa", Keys: keys,
		Limits: wire.Limits{Decoded: 1 << 20, Depth: 64, Layers: 6, Records: 1000},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

func open(p *rules.Plan, body string) (*rules.Exchange, *rules.Request, wire.Fault) {
	x := &rules.Exchange{Hasher: action.NewHasher(make([]byte, 32))}
	x.Msg.Random = rand.Reader
	r := &rules.Request{Path: []byte("/sa"), Body: []byte(body)}
	return x, r, p.Open(x, r)
}

func treatSealed(t *testing.T, p *rules.Plan, granted []string, body string) string {
	t.Helper()
	x, r, fault := open(p, body)
	if fault.Failed() {
		t.Fatal(fault)
	}
	flags, _ := vocabulary(t).Set(granted)
	for i := range x.Grants {
		x.Grants[i] = consent.Grant{State: consent.Found, Flags: flags}
	}
	if outcome := p.Decide(x, 1); outcome != rules.Forward {
		t.Fatalf("outcome %d", outcome)
	}
	if fault := p.Seal(x); fault.Failed() {
		t.Fatal(fault)
	}
	return string(x.Sealed(r).Body)
}

const sealedEvent = `{"type":"track","event":"Buy","distinct_id":"d-1","anonymous_id":"d-1","properties":{"$carrier":"C","$latitude":31230416,"price":1}}`

func TestEncryptedEventsAreOpenedWithTheOwnersKeyAndSealedAgain(t *testing.T) {
	s := newSealer(t)
	p := sealedPlan(t, s.keys())
	one, two := []byte("aaaaaaaaaaaaaaaa"), []byte("bbbbbbbbbbbbbbbb")
	for _, row := range []struct {
		name string
		list any
	}{
		{"event by event, under two keys (gzip=9)", []any{
			s.element(t, one, []string{cbc(t, one, zipped(sealedEvent)), cbc(t, one, zipped(sealedEvent))}),
			s.element(t, two, []string{cbc(t, two, zipped(sealedEvent))}),
		}},
		{"as a whole (gzip=13)", []any{
			s.element(t, one, cbc(t, one, zipped("["+sealedEvent+"]"))),
			s.element(t, two, cbc(t, two, zipped("["+sealedEvent+"]"))),
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, _ := json.Marshal(row.list)
			body := "crc=1&gzip=9&data_list=" + url.QueryEscape(string(text))
			if got := treatSealed(t, p, vocabulary(t).Names(), body); got != body {
				t.Errorf("everything granted: got %s", got)
			}
			form, err := url.ParseQuery(treatSealed(t, p, []string{"analytics"}, body))
			if err != nil {
				t.Fatal(err)
			}
			var list []struct {
				Payloads json.RawMessage `json:"payloads"`
			}
			if err := json.Unmarshal([]byte(form.Get("data_list")), &list); err != nil {
				t.Fatal(err)
			}
			for i, key := range [][]byte{one, two} {
				for _, text := range strings.Split(strings.Trim(string(list[i].Payloads), `[]"`), `","`) {
					got := unzipped(t, uncbc(t, key, text))
					if strings.Contains(got, "d-1") || strings.Contains(got, "31230416") || !strings.Contains(got, `"price":1`) {
						t.Errorf("key %d: got %s", i, got)
					}
				}
			}
			if form.Get("crc") == "1" {
				t.Error("the checksum was not redone")
			}
		})
	}
}

func TestTheWebPluginIsOpenedWithThePagesKey(t *testing.T) {
	s := newSealer(t)
	text, _ := json.Marshal(map[string]any{"key_id": 7, "nc": 1, "payload": cbc(t, s.web, []byte(sealedEvent))})
	body := "data=" + url.QueryEscape(string(text)) + "&ext=crc%3D1&gzip=9"
	form, err := url.ParseQuery(treatSealed(t, sealedPlan(t, s.keys()), []string{"analytics"}, body))
	if err != nil {
		t.Fatal(err)
	}
	var sealed struct{ Payload string }
	if err := json.Unmarshal([]byte(form.Get("data")), &sealed); err != nil {
		t.Fatal(err)
	}
	if got := string(uncbc(t, s.web, sealed.Payload)); strings.Contains(got, "d-1") || !strings.Contains(got, `"price":1`) {
		t.Errorf("got %s", got)
	}
	if form.Get("ext") == "crc=1" {
		t.Error("the checksum was not redone")
	}
}

func TestWithoutKeysEncryptedEventsAreOpaque(t *testing.T) {
	s := newSealer(t)
	key := []byte("aaaaaaaaaaaaaaaa")
	text, _ := json.Marshal([]any{s.element(t, key, []string{cbc(t, key, zipped(sealedEvent))})})
	body := "crc=1&gzip=9&data_list=" + url.QueryEscape(string(text))
	if _, _, fault := open(sealedPlan(t, nil), body); fault.Code != wire.Opaque {
		t.Errorf("got %v", fault)
	}
}
