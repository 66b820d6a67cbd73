// Package peer is what the programs that consentd is measured beside have in common:
// their flags, and consent that is kept in the process in front of Redis.
package peer

import (
	"context"
	"flag"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// What a device can grant, as bits of the number in Redis.
const (
	DeviceID = 1 << iota
	Location
	AppList
	NetworkID
	Cookies
	Profile
	DeviceInfo
)

// All is everything granted.
const All = 1<<iota - 1

// Options say where a peer listens and what it asks.
type Options struct{ Listen, Backend, Redis string }

// Parse reads the command line.
func Parse() (o Options) {
	flag.StringVar(&o.Listen, "listen", "127.0.0.1:8080", "where requests come in")
	flag.StringVar(&o.Backend, "backend", "127.0.0.1:8106", "where they go")
	flag.StringVar(&o.Redis, "redis", "127.0.0.1:6379", "where consent is kept: the number at c:SUBJECT")
	flag.Parse()
	return o
}

const (
	keep    = 5 * time.Minute
	timeout = 200 * time.Millisecond
)

// Consent answers what a subject granted.
type Consent struct {
	redis *redis.Client
	known sync.Map // string to answer
}

type answer struct {
	flags int
	until time.Time
}

// NewConsent makes one that asks the Redis at addr.
func NewConsent(addr string) *Consent {
	return &Consent{redis: redis.NewClient(&redis.Options{Addr: addr})}
}

// Of gives the flags of a subject; who is not known granted nothing.
func (c *Consent) Of(subject string) int {
	now := time.Now()
	if a, ok := c.known.Load(subject); ok && now.Before(a.(answer).until) {
		return a.(answer).flags
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	text, err := c.redis.Get(ctx, "c:"+subject).Result()
	if err != nil && err != redis.Nil {
		return 0
	}
	flags, _ := strconv.Atoi(text) // nothing is 0
	c.known.Store(subject, answer{flags, now.Add(keep)})
	return flags
}
