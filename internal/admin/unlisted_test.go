package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/unlisted"
)

func TestUnlistedKeysAreListed(t *testing.T) {
	d := newDesk(t)
	first := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	d.unlisted = []unlisted.Key{
		{Route: "ads", Path: "device.bootmark", Shape: "uuid-like", First: first, Last: first.Add(time.Hour), Count: 7},
		{Route: "events", Path: "form:x", Shape: "integer", First: first.Add(time.Minute), Last: first.Add(time.Hour), Count: 1},
	}
	const one = `{"route":"ads","path":"device.bootmark","shape":"uuid-like","first_seen":"2027-01-02T03:04:05Z","last_seen":"2027-01-02T04:04:05Z","count":7}`
	const two = `{"route":"events","path":"form:x","shape":"integer","first_seen":"2027-01-02T03:05:05Z","last_seen":"2027-01-02T04:04:05Z","count":1}`
	for query, want := range map[string]string{
		"":                                      one + "," + two,
		"?route=ads":                            one,
		"?route=none":                           "",
		"?since=2027-01-02T03:05:05Z":           two,
		"?since=2027-01-02T03:05:05Z&route=ads": "",
	} {
		got := d.ask(http.MethodGet, "/v1/unlisted"+query, "")
		if got.Code != 200 || strings.TrimSpace(got.Body.String()) != `{"keys":[`+want+`]}` {
			t.Errorf("%q: %d %s", query, got.Code, got.Body)
		}
	}
	if got := d.ask(http.MethodGet, "/v1/unlisted?since=yesterday", ""); got.Code != http.StatusBadRequest {
		t.Errorf("a since that is no time: %d", got.Code)
	}
	if got := d.ask(http.MethodGet, "/v1/unlisted", "", func(r *http.Request) { r.Header.Del("Authorization") }); got.Code != http.StatusUnauthorized {
		t.Errorf("without the token: %d", got.Code)
	}
}
