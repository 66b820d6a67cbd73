package main

import (
	"math"
	"testing"
)

func TestAFitFindsTheWeightsOfALinearCost(t *testing.T) {
	rows := [][]float64{{1, 1, 10}, {1, 4, 10}, {1, 32, 10}, {1, 4, 100}, {1, 32, 400}}
	want := []float64{2.5, 0.75, 0.01}
	measured := make([]float64, len(rows))
	for i, row := range rows {
		measured[i] = dot(row, want)
	}
	for i, got := range fit(rows, measured) {
		if math.Abs(got-want[i]) > 1e-9 {
			t.Errorf("weight %d is %v, want %v", i, got, want[i])
		}
	}
}

func TestEveryPointOfTheModelCanBeMeasured(t *testing.T) {
	for _, p := range grid() {
		if _, err := newRun(p); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
