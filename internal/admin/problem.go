package admin

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/consentd/consentd/cache"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
)

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
	// retryAfter is the number of seconds that a caller is asked to wait.
	retryAfter = "1"
)

// Problem is an error answer of RFC 9457.
type Problem struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Detail   string  `json:"detail,omitempty"`
	Errors   []Fault `json:"errors,omitempty"`   // of a configuration that was refused
	Imported *int    `json:"imported,omitempty"` // lines in the store when an import ended early
}

// Fault is one error in a file.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"`
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

func fail(status int, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// Faults gives problems as they stand in an answer.
func Faults(problems strictyaml.Problems) []Fault {
	list := make([]Fault, len(problems))
	for i, p := range problems {
		list[i] = Fault{File: p.File, Line: p.Line, Column: p.Column, Text: p.Text}
	}
	return list
}

// write answers with an error. Only problems are shown as they are: what other
// errors say may come from anywhere.
func write(w http.ResponseWriter, err error) {
	p := problemOf(err)
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", retryAfter)
	}
	_ = answer(w, p.Status, problemType, p)
}

func problemOf(err error) *Problem {
	var p *Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, consent.ErrNotFound):
		return fail(http.StatusNotFound, "%v", consent.ErrNotFound)
	case errors.Is(err, consent.ErrUnavailable):
		return fail(http.StatusServiceUnavailable, "%v", consent.ErrUnavailable)
	case errors.Is(err, cache.ErrKey):
		return fail(http.StatusUnprocessableEntity, "%v", cache.ErrKey)
	case errors.Is(err, cache.ErrExpires):
		return fail(http.StatusUnprocessableEntity, "%v", cache.ErrExpires)
	case errors.Is(err, cache.ErrPair), errors.Is(err, cache.ErrGroup):
		return fail(http.StatusUnprocessableEntity, "%v", err)
	case errors.Is(err, cache.ErrNoGroup):
		return fail(http.StatusNotFound, "%v", err)
	case errors.Is(err, cache.ErrRecord):
		return fail(http.StatusConflict, "%v", cache.ErrRecord)
	}
	return fail(http.StatusInternalServerError, "the call failed; the log says more")
}
