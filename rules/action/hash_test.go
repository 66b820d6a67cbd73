package action

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm3"
	"pgregory.net/rapid"
)

// direct is the definition, written out.
func direct(key []byte, text string, spec HashSpec) string {
	newHash := sha256.New
	if spec.SM3 {
		newHash = func() hash.Hash { return sm3.New() }
	}
	mac := hmac.New(newHash, key)
	if spec.Upstream != "" && !spec.Global {
		mac.Write([]byte(spec.Upstream + "\x00"))
	}
	mac.Write([]byte(text))
	digits := hex.EncodeToString(mac.Sum(nil))
	if spec.UUID {
		return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:32]
	}
	return digits
}

func TestHashKnownAnswers(t *testing.T) {
	h := NewHasher([]byte("Jefe")) // RFC 4231 section 4.3
	text := []byte("what do ya want for nothing?")
	const want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	if got := string(h.Append(nil, text, HashSpec{})); got != want {
		t.Errorf("hash is %s, want %s", got, want)
	}
	const uuid = "5bdcc146-bf60-754e-6a04-2426089575c7"
	if got := string(h.Append([]byte(">"), text, HashSpec{UUID: true})); got != ">"+uuid {
		t.Errorf("UUID is %s, want >%s", got, uuid)
	}
}

func TestHashAgreesWithItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 32, 100).Draw(t, "key")
		h := NewHasher(key)
		for range 4 { // the states must not remember the text before
			text := rapid.String().Draw(t, "text")
			spec := HashSpec{
				Upstream: rapid.SampledFrom([]string{"", "sigmob", "sensorsdata"}).Draw(t, "upstream"),
				Global:   rapid.Bool().Draw(t, "global"),
				SM3:      rapid.Bool().Draw(t, "sm3"),
				UUID:     rapid.Bool().Draw(t, "uuid"),
			}
			if got, want := string(h.Append(nil, []byte(text), spec)), direct(key, text, spec); got != want {
				t.Fatalf("%q hashes to %s, want %s", text, got, want)
			}
		}
	})
}

func TestHashOfAValueThatComesAgainIsTheSame(t *testing.T) {
	key := make([]byte, 32)
	texts := []string{"", "a", "b", "c", "d", strings.Repeat("x", maxKnown), strings.Repeat("x", maxKnown+1), "a\x00"}
	rapid.Check(t, func(t *rapid.T) {
		h := NewHasher(key)
		for range 30 {
			if rapid.IntRange(0, 9).Draw(t, "end of the request") == 0 {
				h.Forget()
			}
			text := rapid.SampledFrom(texts).Draw(t, "text")
			spec := HashSpec{
				Upstream: rapid.SampledFrom([]string{"", "a"}).Draw(t, "upstream"),
				Global:   rapid.Bool().Draw(t, "global"), SM3: rapid.Bool().Draw(t, "sm3"), UUID: rapid.Bool().Draw(t, "uuid"),
			}
			if got, want := string(h.Append(nil, []byte(text), spec)), direct(key, text, spec); got != want {
				t.Fatalf("%q hashes to %s, want %s", text, got, want)
			}
		}
	})
}

func TestAHasherThatForgetsHoldsNoValue(t *testing.T) {
	h := NewHasher(make([]byte, 32))
	for _, text := range []string{"one", "two", "three"} {
		h.Append(nil, []byte(text), HashSpec{})
	}
	h.Forget()
	if h.known != [remembered]pseudonym{} {
		t.Error("a value is still there")
	}
}

func TestHashTellsRecipientsApart(t *testing.T) {
	h := NewHasher(make([]byte, 32))
	seen := map[string]string{}
	for name, spec := range map[string]HashSpec{
		"one upstream":     {Upstream: "sigmob"},
		"another upstream": {Upstream: "sensorsdata"},
		"global":           {Upstream: "sigmob", Global: true},
		"SM3":              {Upstream: "sigmob", SM3: true},
	} {
		got := string(h.Append(nil, []byte("867400022047199"), spec))
		if other, taken := seen[got]; taken {
			t.Errorf("%s and %s give the same pseudonym", name, other)
		}
		seen[got] = name
	}
}
