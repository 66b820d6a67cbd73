//go:build goexperiment.simd && amd64

package wire

import "simd/archsimd"

// Kernel names the way in which documents are skimmed on this machine.
func Kernel() string {
	switch {
	case archsimd.X86.AVX512():
		return "avx512"
	case archsimd.X86.AVX2():
		return "avx2"
	}
	return "plain"
}

func classify(m *masks, p *[blockSize]byte) {
	switch {
	case archsimd.X86.AVX512():
		classify512(m, p)
	case archsimd.X86.AVX2():
		classify256(m, p)
	default:
		classifyPlainly(m, p)
	}
}

// highBytes marks the bytes outside ASCII.
func highBytes(p *[blockSize]byte) uint64 {
	if archsimd.X86.AVX512() {
		return archsimd.LoadUint8x64(p).AsInt8x64().Less(archsimd.BroadcastInt8x64(0)).ToBits()
	}
	return highBytesPlainly(p)
}

// blankAt holds each blank of JSON at the place of its low four bits: a byte is a
// blank where a look-up by itself gives itself.
var blankAt = [64]byte{
	0: ' ', 9: '\t', 10: '\n', 13: '\r', 16: ' ', 25: '\t', 26: '\n', 29: '\r',
	32: ' ', 41: '\t', 42: '\n', 45: '\r', 48: ' ', 57: '\t', 58: '\n', 61: '\r',
}

// The bit that tells [ from {, and ] from }.
const braceBit = 0x20

func classify512(m *masks, p *[blockSize]byte) {
	v := archsimd.LoadUint8x64(p)
	brace := v.Or(archsimd.BroadcastUint8x64(braceBit))
	m.quote = v.Equal(archsimd.BroadcastUint8x64('"')).ToBits()
	m.slash = v.Equal(archsimd.BroadcastUint8x64('\\')).ToBits()
	m.control = v.Less(archsimd.BroadcastUint8x64(' ')).ToBits()
	m.space = archsimd.LoadUint8x64(&blankAt).PermuteOrZeroGrouped(v.AsInt8x64()).Equal(v).ToBits()
	m.colon = v.Equal(archsimd.BroadcastUint8x64(':')).ToBits()
	m.comma = v.Equal(archsimd.BroadcastUint8x64(',')).ToBits()
	m.curly = brace.Equal(v).ToBits()
	m.open = brace.Equal(archsimd.BroadcastUint8x64('{')).ToBits()
	m.shut = brace.Equal(archsimd.BroadcastUint8x64('}')).ToBits()
	m.digit = v.Sub(archsimd.BroadcastUint8x64('0')).Less(archsimd.BroadcastUint8x64(10)).ToBits()
	m.zero = v.Equal(archsimd.BroadcastUint8x64('0')).ToBits()
}

func classify256(m *masks, p *[blockSize]byte) {
	v := archsimd.LoadUint8x32((*[32]byte)(p[:32]))
	w := archsimd.LoadUint8x32((*[32]byte)(p[32:]))
	m.quote = equal256(v, w, '"')
	m.slash = equal256(v, w, '\\')
	m.colon = equal256(v, w, ':')
	m.comma = equal256(v, w, ',')
	m.zero = equal256(v, w, '0')
	bit := archsimd.BroadcastUint8x32(braceBit)
	brace, other := v.Or(bit), w.Or(bit)
	m.curly = join256(brace.Equal(v), other.Equal(w))
	m.open = equal256(brace, other, '{')
	m.shut = equal256(brace, other, '}')
	m.control = atMost256(v, w, ' '-1)
	zero := archsimd.BroadcastUint8x32('0')
	m.digit = atMost256(v.Sub(zero), w.Sub(zero), 9)
	blank := archsimd.LoadUint8x32((*[32]byte)(blankAt[:32]))
	m.space = join256(blank.PermuteOrZeroGrouped(v.AsInt8x32()).Equal(v), blank.PermuteOrZeroGrouped(w.AsInt8x32()).Equal(w))
}

func equal256(v, w archsimd.Uint8x32, c byte) uint64 {
	all := archsimd.BroadcastUint8x32(c)
	return join256(v.Equal(all), w.Equal(all))
}

func atMost256(v, w archsimd.Uint8x32, c byte) uint64 {
	all := archsimd.BroadcastUint8x32(c)
	return join256(v.Min(all).Equal(v), w.Min(all).Equal(w))
}

func join256(low, high archsimd.Mask8x32) uint64 {
	return uint64(low.ToBits()) | uint64(high.ToBits())<<32
}
