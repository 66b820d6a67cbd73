package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// What the checker finds, from the best to the worst.
const (
	exact    = "exact"   // the document that is wanted, each number in its own digits
	float64s = "float64" // numbers are written anew and are equal as doubles
	lossy    = "lossy"   // numbers lost digits
	wrong    = "WRONG"
)

// precision is what is left of numbers that lost digits.
const precision = 1e-12

// checked is how many bodies of each kind are looked at.
const checked = 50

// check sends bodies through a peer and tells how well they arrive.
func (s *site) check(p *contender, j *job) (string, error) {
	c, err := dial(p.addr)
	if err != nil {
		return "", err
	}
	defer closeAll([]*client{c})
	verdict := exact
	for i := range checked {
		got, err := s.backend.watch(c, j.requests[i])
		if err != nil {
			return "", fmt.Errorf("%s, body %d: %w", j.name, i, err)
		}
		verdict = worse(verdict, s.judge(j, i, got))
	}
	return verdict, nil
}

func (s *site) judge(j *job, i int, got arrived) string {
	body, err := j.open(got.body)
	wanted := j.bodies[i].Wanted
	if s.settings.Granted {
		wanted = j.bodies[i].Sent
	}
	if err != nil || (got.cookie == "") == s.settings.Granted {
		return wrong
	}
	return compare(body, wanted)
}

func compare(got, wanted []byte) string {
	a, errA := decode(got)
	b, errB := decode(wanted)
	if errA != nil || errB != nil {
		return wrong
	}
	return same(a, b)
}

func decode(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}

func worse(a, b string) string {
	order := map[string]int{exact: 0, float64s: 1, lossy: 2, wrong: 3}
	if order[a] > order[b] {
		return a
	}
	return b
}

// same compares two documents.
func same(a, b any) string {
	switch a := a.(type) {
	case map[string]any:
		return sameObjects(a, b)
	case []any:
		return sameArrays(a, b)
	case json.Number:
		return sameNumbers(a, b)
	}
	if a != b {
		return wrong
	}
	return exact
}

func sameObjects(a map[string]any, other any) string {
	b, ok := other.(map[string]any)
	if !ok || len(a) != len(b) {
		return wrong
	}
	verdict := exact
	for key, value := range a {
		if _, ok := b[key]; !ok {
			return wrong
		}
		verdict = worse(verdict, same(value, b[key]))
	}
	return verdict
}

func sameArrays(a []any, other any) string {
	b, ok := other.([]any)
	if !ok || len(a) != len(b) {
		return wrong
	}
	verdict := exact
	for i := range a {
		verdict = worse(verdict, same(a[i], b[i]))
	}
	return verdict
}

func sameNumbers(a json.Number, other any) string {
	b, ok := other.(json.Number)
	if !ok {
		return wrong
	}
	x, errX := a.Float64()
	y, errY := b.Float64()
	switch {
	case a == b:
		return exact
	case errX != nil || errY != nil:
		return wrong
	case x == y:
		return float64s
	case math.Abs(x-y) <= precision*math.Abs(y):
		return lossy
	}
	return wrong
}
