package corpus

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestBodiesHaveTheSizeThatTheyAreCalledBy(t *testing.T) {
	for _, row := range []struct {
		size     string
		from, to int
	}{{Small, 900, 1150}, {Medium, 3700, 4500}, {Large, 30000, 35000}} {
		total := 0
		for i := range 50 {
			total += len(Bid(row.size, i).Sent)
		}
		if n := total / 50; n < row.from || n > row.to {
			t.Errorf("%s has %d bytes", row.size, n)
		}
	}
	t.Log(len(Batch(1).Sent), len(Seal(Batch(1).Sent)))
}

func TestABodyIsTheSameInEveryRun(t *testing.T) {
	for _, make := range []func() Body{func() Body { return Bid(Medium, 7) }, func() Body { return Batch(7) }} {
		if a, b := make(), make(); !bytes.Equal(a.Sent, b.Sent) || !bytes.Equal(a.Wanted, b.Wanted) {
			t.Error("two bodies of one number differ")
		}
	}
}

func TestWhatHasToArriveHoldsNoIdentifier(t *testing.T) {
	for _, b := range []Body{Bid(Small, 3), Bid(Medium, 3), Bid(Large, 3), Batch(3)} {
		if !json.Valid(b.Sent) || !json.Valid(b.Wanted) {
			t.Fatalf("no JSON: %s\n%s", b.Sent, b.Wanted)
		}
		for _, word := range []string{"imei", "applist", b.Subject, "$latitude"} {
			if strings.Contains(string(b.Wanted), word) {
				t.Errorf("%s is in %s", word, b.Wanted)
			}
		}
	}
}

func TestAnEnvelopeOpensToWhatWasSealed(t *testing.T) {
	b := Batch(1)
	if got, err := Unseal(Seal(b.Sent)); err != nil || !bytes.Equal(got, b.Sent) {
		t.Error(err)
	}
}
