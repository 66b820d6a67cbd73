//go:build !race

package wire

import "testing"

// The race detector takes things out of pools at random, so that this one is not run
// under it.
func TestEncodingAllocatesNothingHoweverItCompresses(t *testing.T) {
	text, dst := generated(4<<10), make([]byte, 0, 1<<16)
	for _, row := range compressions() {
		for _, coding := range realCodings {
			var codecs Codecs
			codecs.Compress(row.how)
			if n := testing.AllocsPerRun(50, func() {
				if _, fault := codecs.Encode(dst, text, coding); fault.Failed() {
					t.Fatal(fault)
				}
			}); n > 0 {
				t.Errorf("%s %s: %v allocations", row.name, codingNames[coding], n)
			}
		}
	}
}
