package iab

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// bits is a string under construction.
type bits struct {
	data []byte
	n    int
}

func (b *bits) put(value uint64, width int) *bits {
	for i := width - 1; i >= 0; i-- {
		if b.n%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[b.n/8] |= byte(value>>i&1) << (7 - b.n%8)
		b.n++
	}
	return b
}

func (b *bits) encode() string { return base64.RawURLEncoding.EncodeToString(b.data) }

// tcString is a TC string to be written. Vendors are written as ranges, unless asBits.
type tcString struct {
	version      int // 2, where it is not said
	policy       int
	created      time.Time
	purposes     []int
	interests    []int
	features     []int
	vendors      []int
	restrictions []restriction
	segments     []string
	asBits       bool
}

type restriction struct{ purpose, kind, vendor int }

func (s tcString) encode() string {
	var b bits
	created := uint64(s.created.UnixMilli() / 100)
	if s.created.IsZero() {
		created = uint64(time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC).UnixMilli() / 100)
	}
	b.put(uint64(max(s.version, 2)), 6).put(created, 36).put(created, 36).put(31, 12).put(1, 12).put(0, 6)
	b.put(4, 6).put(13, 6).put(100, 12).put(uint64(max(s.policy, 4)), 6).put(0, 2)
	b.put(uint64(flagged(s.features, 12)), 12).put(uint64(flagged(s.purposes, 24)), 24).put(uint64(flagged(s.interests, 24)), 24)
	b.put(0, 1).put(4, 6).put(4, 6)
	put := putRanges
	if s.asBits {
		put = putBits
	}
	put(&b, s.vendors)
	put(&b, s.vendors) // legitimate interests
	b.put(uint64(len(s.restrictions)), 12)
	for _, r := range s.restrictions {
		b.put(uint64(r.purpose), 6).put(uint64(r.kind), 2).put(1, 12).put(0, 1).put(uint64(r.vendor), 16)
	}
	return strings.Join(append([]string{b.encode()}, s.segments...), ".")
}

// flagged sets bit n of a field, counted from its first.
func flagged(numbers []int, width int) (field int) {
	for _, n := range numbers {
		field |= 1 << (width - n)
	}
	return field
}

func putRanges(b *bits, vendors []int) {
	most := 0
	for _, v := range vendors {
		most = max(most, v)
	}
	b.put(uint64(most), 16).put(1, 1).put(uint64(len(vendors)), 12)
	for _, v := range vendors {
		b.put(0, 1).put(uint64(v), 16)
	}
}

// segment writes a list of vendors as ranges.
func segment(kind int, vendors ...int) string {
	var b bits
	putRanges(b.put(uint64(kind), 3), vendors)
	return b.encode()
}

// field writes a list of vendors as a bit for each up to most.
func field(kind, most int, vendors ...int) string {
	var b bits
	b.put(uint64(kind), 3)
	putField(&b, most, vendors)
	return b.encode()
}

func putBits(b *bits, vendors []int) { putField(b, slices.Max(vendors), vendors) }

func putField(b *bits, most int, vendors []int) {
	b.put(uint64(most), 16).put(0, 1)
	for v := 1; v <= most; v++ {
		bit := uint64(0)
		if slices.Contains(vendors, v) {
			bit = 1
		}
		b.put(bit, 1)
	}
}

// header writes the header of a GPP string: each id by itself.
func header(ids ...int) string {
	var b bits
	b.put(headerType, 6).put(headerVersion, 6).put(uint64(len(ids)), 12)
	last := 0
	for _, id := range ids {
		putFibonacci(b.put(0, 1), id-last)
		last = id
	}
	return b.encode()
}

// putFibonacci writes the largest numbers first, as Zeckendorf has it.
func putFibonacci(b *bits, n int) {
	numbers := []int{1, 2}
	for numbers[len(numbers)-1] <= n {
		numbers = append(numbers, numbers[len(numbers)-1]+numbers[len(numbers)-2])
	}
	code, width := uint64(0), 0
	for i := len(numbers) - 1; i >= 0; i-- {
		if numbers[i] <= n {
			n -= numbers[i]
			code |= 1 << i
			width = max(width, i+1)
		}
	}
	for i := range width {
		b.put(code>>i&1, 1)
	}
	b.put(1, 1)
}
