package admin

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// call answers a request, or gives the *Problem to answer with.
type call func(w http.ResponseWriter, r *http.Request) error

// methods are the calls of one path. HEAD is a GET whose body net/http drops.
type methods map[string]call

// ServeHTTP implements http.Handler.
func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	do, ok := m[method]
	if !ok {
		w.Header().Set("Allow", strings.Join(m.allowed(), ", "))
		write(w, fail(http.StatusMethodNotAllowed, "this path takes %s", strings.Join(m.allowed(), ", ")))
		return
	}
	if err := do(w, r); err != nil {
		write(w, err)
	}
}

func (m methods) allowed() []string {
	list := slices.Collect(maps.Keys(m))
	if m[http.MethodGet] != nil {
		list = append(list, http.MethodHead)
	}
	slices.Sort(list)
	return list
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, status int, contentType string, value any) error {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // the client is gone, or there is no error
	return nil
}
