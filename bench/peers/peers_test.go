package main

import (
	"testing"
	"time"
)

func TestTheCheckerTellsHowWellADocumentArrived(t *testing.T) {
	for _, row := range []struct{ name, got, wanted, verdict string }{
		{"in another order", `{"b":[1,2],"a":1.50}`, `{"a":1.50,"b":[1,2]}`, exact},
		{"with a number written anew", `{"a":1.5}`, `{"a":1.50}`, float64s},
		{"with digits lost", `{"a":1690000000.1234}`, `{"a":1690000000.12345}`, lossy},
		{"with another number", `{"a":1.6}`, `{"a":1.5}`, wrong},
		{"with another text", `{"a":"1"}`, `{"a":"2"}`, wrong},
		{"with a key that was to go", `{"a":1,"imei":"1"}`, `{"a":1}`, wrong},
		{"without a key", `{}`, `{"a":1}`, wrong},
		{"with one key for another", `{"b":null}`, `{"a":null}`, wrong},
		{"with elements in another order", `[1,2]`, `[2,1]`, wrong},
		{"with an object for an array", `{}`, `[]`, wrong},
		{"with a text for a number", `"1"`, `1`, wrong},
		{"cut off", `{"a":1`, `{"a":1}`, wrong},
	} {
		if got := compare([]byte(row.got), []byte(row.wanted)); got != row.verdict {
			t.Errorf("%s: %s, want %s", row.name, got, row.verdict)
		}
	}
}

func TestAnAnswerIsCompleteByItsLength(t *testing.T) {
	for _, row := range []struct {
		name, got string
		size      int
		fails     bool
	}{
		{"a part of the head", "HTTP/1.1 200 OK\r\nContent-Len", 0, false},
		{"the head alone", "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\nA: b\r\n\r\n", 49, false},
		{"a length at the end of the head", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length:5\r\n\r\nhello", 48, false},
		{"no length", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 0, true},
		{"an error", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 0, true},
	} {
		size, err := answerSize([]byte(row.got))
		if (err != nil) != row.fails || !row.fails && size != row.size {
			t.Errorf("%s: %d, %v", row.name, size, err)
		}
	}
}

func TestProcessorTimeIsReadBehindTheName(t *testing.T) {
	const stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 9 0 0 0 123 45 0 0 20 0 8 0 1 2 3"
	if got := ticks([]byte(stat)); got != 1680*time.Millisecond {
		t.Error(got)
	}
}

func TestAMedianIsThatOfTheRounds(t *testing.T) {
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Error(got)
	}
	if got := median([]float64{4, 1, 2, 3}); got != 2.5 {
		t.Error(got)
	}
}
