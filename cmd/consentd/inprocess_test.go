package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func through(t *testing.T, h http.HandlerFunc, body string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://localhost/x", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: inProcess{h}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer, err
}

func TestAnAnswerWithoutABodyArrives(t *testing.T) {
	answer, err := through(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "")
	if err != nil || answer.StatusCode != http.StatusNoContent {
		t.Fatal(answer.StatusCode, err)
	}
}

func TestAStreamPassesWithoutBeingKept(t *testing.T) {
	const size = 8 << 20
	answer, err := through(t, func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(w, r.Body); n != size || err != nil {
			t.Error(n, err)
		}
	}, strings.Repeat("x", size))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.StatusCode, err)
	}
}

func TestAnAnswerThatIsCutOffIsAnError(t *testing.T) {
	_, err := through(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	}, "")
	if err == nil {
		t.Fatal("the end was not noticed")
	}
}

func TestAListenerOfAllAddressesIsReachedOnThisMachine(t *testing.T) {
	for listen, want := range map[string]string{
		":9090": "127.0.0.1:9090", "0.0.0.0:9090": "127.0.0.1:9090", "[::]:9090": "[::1]:9090", "10.0.0.1:9": "10.0.0.1:9",
		"admin.example:9": "admin.example:9", "": defaultAdmin,
	} {
		if got := reachable(listen); got != want {
			t.Errorf("%q: got %s, want %s", listen, got, want)
		}
	}
}
