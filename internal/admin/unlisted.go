package admin

import (
	"net/http"
	"slices"
	"time"

	"github.com/consentd/consentd/internal/unlisted"
)

// unlisted lists the keys that no rule names: of one route with ?route=, those first
// seen at a time or later with ?since=.
func (s *Server) unlisted(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	var since time.Time
	if text := query.Get("since"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, text); err != nil {
			return fail(http.StatusBadRequest, "since is a time such as 2027-01-31T00:00:00Z")
		}
	}
	list := []unlisted.Key{}
	if s.options.Unlisted != nil {
		list = append(list, s.options.Unlisted()...)
	}
	list = slices.DeleteFunc(list, func(k unlisted.Key) bool {
		return k.First.Before(since) || query.Has("route") && k.Route != query.Get("route")
	})
	return answer(w, http.StatusOK, jsonType, map[string]any{"keys": list})
}
