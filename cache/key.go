package cache

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/consentd/consentd/internal/consent"
)

const (
	recordPrefix  = "consent:{"
	historyPrefix = "consent-history:{"
	keySuffix     = "}"
	digestBytes   = 16 // of HMAC-SHA-256: 32 hex digits
)

// ErrKey says that a key cannot be written without being mistaken for another
// one: ':' ends the kind and '/' the scope, and braces are Redis Cluster's.
var ErrKey = errors.New("a scope must not hold any of : / { } and a kind must not be empty or hold them")

// RedisKey gives the Redis key of a subject's record. With secrets its value is
// replaced by an HMAC under the first, so that Redis holds no raw identifier.
func RedisKey(key consent.Key, secrets [][]byte) string {
	return recordKey(recordNames(key, secrets)[0])
}

// recordKey and historyKey share the text in braces, the hash tag that keeps a
// record and its history on one node of a cluster.
func recordKey(name string) string  { return recordPrefix + name + keySuffix }
func historyKey(name string) string { return historyPrefix + name + keySuffix }

// recordNames lists the names that a record may have, the one to write first.
func recordNames(key consent.Key, secrets [][]byte) []string {
	if len(secrets) == 0 {
		return []string{recordName(key.Scope, key.Kind, key.Value)}
	}
	names := make([]string, len(secrets))
	for i, secret := range secrets {
		names[i] = recordName(key.Scope, key.Kind, digest(secret, key.Subject))
	}
	return names
}

func digest(secret []byte, subject consent.Subject) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(subject.String()))
	return hex.EncodeToString(mac.Sum(nil)[:digestBytes])
}

// nameOf is the name of a key as links hold it.
func nameOf(key consent.Key) string { return recordName(key.Scope, key.Kind, key.Value) }

func recordName(scope, kind, value string) string {
	if scope == "" {
		return kind + ":" + value
	}
	return scope + "/" + kind + ":" + value
}

// slots is how many parts Redis Cluster divides its keys into.
const slots = 1 << 14

// slotOf gives the slot of a record and its history: CRC-16 (XMODEM) of what stands
// in the first pair of braces.
func slotOf(name string) int {
	tag, _, _ := strings.Cut(name, keySuffix)
	crc := uint16(0)
	for i := range len(tag) {
		crc ^= uint16(tag[i]) << 8
		for range 8 {
			carry := crc >> 15
			crc = crc<<1 ^ carry*0x1021
		}
	}
	return int(crc) % slots
}

func checkKey(key consent.Key) error {
	if key.Kind == "" || strings.ContainsAny(key.Kind, ":/{}") || strings.ContainsAny(key.Scope, ":/{}") {
		return ErrKey
	}
	return nil
}

// parseName undoes recordName. With secrets the value is the digest.
func parseName(name string) (consent.Key, bool) {
	head, value, ok := strings.Cut(name, ":")
	scope, kind, scoped := strings.Cut(head, "/")
	if !scoped {
		scope, kind = "", head
	}
	key := consent.Key{Scope: scope, Subject: consent.Subject{Kind: kind, Value: value}}
	return key, ok && checkKey(key) == nil
}

func parseRecordKey(text string) (consent.Key, bool) {
	if !strings.HasPrefix(text, recordPrefix) || !strings.HasSuffix(text, keySuffix) {
		return consent.Key{}, false
	}
	return parseName(text[len(recordPrefix) : len(text)-len(keySuffix)])
}
