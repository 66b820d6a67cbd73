//go:build race

package proxy

// poolsForget: with the race detector a sync.Pool drops what it is given at random,
// so that allocations cannot be counted.
const poolsForget = true
