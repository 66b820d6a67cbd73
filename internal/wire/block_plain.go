//go:build !(goexperiment.simd && amd64)

package wire

// Kernel names the way in which documents are skimmed on this machine.
func Kernel() string { return "plain" }

func classify(m *masks, p *[blockSize]byte) { classifyPlainly(m, p) }

// highBytes marks the bytes outside ASCII.
func highBytes(p *[blockSize]byte) uint64 { return highBytesPlainly(p) }
