package setup_test

import (
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// scrape gives the metrics as Prometheus reads them.
func (s *site) scrape() string {
	w := httptest.NewRecorder()
	promhttp.HandlerFor(s.engine.Registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// metrics gives every series of consentd by its name and labels.
func (s *site) metrics() map[string]float64 {
	values := make(map[string]float64)
	for _, line := range strings.Split(s.scrape(), "\n") {
		if end := strings.LastIndexByte(line, ' '); end >= 0 && strings.HasPrefix(line, "consentd_") {
			values[line[:end]], _ = strconv.ParseFloat(line[end+1:], 64)
		}
	}
	return values
}
