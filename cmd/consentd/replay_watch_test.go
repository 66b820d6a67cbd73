package main

import "testing"

func TestABarTellsHowFarAReplayIs(t *testing.T) {
	for want, at := range map[string][3]int64{
		"[..............................]   0%  0 requests":  {0, 100, 0},
		"[###############...............]  50%  7 requests":  {50, 100, 7},
		"[##############################] 100%  9 requests":  {120, 100, 9},
		"[..............................]   0%  10 requests": {0, 0, 10},
	} {
		if got := bar(at[0], at[1], at[2]); got != want {
			t.Errorf("%v: got %s", at, got)
		}
	}
}
