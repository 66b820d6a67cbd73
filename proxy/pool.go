package proxy

import (
	"crypto/tls"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// avoidFor is how long a URL that could not be reached is tried last.
const avoidFor = time.Second

// connPool holds the idle connections to one URL, the latest used on top, so that
// what is not needed grows old and is closed.
type connPool struct {
	host    string // as a Host header names it
	address string
	tls     *tls.Config // nil: clear text
	open    Dial
	readers *readerPool
	failed  atomic.Int64 // Unix nanoseconds of the last failure to connect

	mu     sync.Mutex
	idle   []*upstreamConn
	closed bool
}

func newConnPool(text string, o *UpstreamOptions, readers *readerPool) (*connPool, error) {
	u, err := parseUpstreamURL(text)
	if err != nil {
		return nil, err
	}
	p := &connPool{host: u.Host, address: dialAddress(u), open: o.Dial, readers: readers}
	if u.Scheme == "https" {
		p.tls = upstreamTLS(o.TLS, u.Hostname())
	}
	return p, nil
}

func upstreamTLS(config *tls.Config, host string) *tls.Config {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = http11Only(config)
	if config.ServerName == "" {
		config.ServerName = host
	}
	return config
}

type exchangeLimits struct {
	deadline, dial time.Time
	body           int
	noBody         bool // the answer to HEAD
}

// try sends a request on an idle connection, and on others as long as nothing has
// been sent; the last one is new. errNotSent means that the next URL may be tried.
func (p *connPool) try(head, body []byte, resp *fasthttp.Response, l exchangeLimits) error {
	for {
		c := p.takeIdle()
		reused := c != nil
		if !reused {
			var err error
			if c, err = p.dial(l.dial); err != nil {
				p.failed.Store(time.Now().UnixNano())
				return errNotSent
			}
		}
		keep, err := c.exchange(head, body, resp, l)
		if keep {
			p.put(c)
		} else {
			c.close()
		}
		if !reused || !errors.Is(err, errNotSent) {
			return err
		}
	}
}

// takeIdle gives an idle connection on which nothing has arrived. Whatever has
// arrived belongs to no request: it is the end of the connection, or would be taken
// for the answer to the next device's request.
func (p *connPool) takeIdle() *upstreamConn {
	for {
		c := p.pop()
		if c == nil || !c.stale() {
			return c
		}
		c.close()
	}
}

func (p *connPool) pop() *upstreamConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	c := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return c
}

func (p *connPool) put(c *upstreamConn) {
	c.idleSince = time.Now()
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if closed {
		c.close()
	}
}

func (p *connPool) failedLately(now time.Time) bool {
	failed := p.failed.Load()
	return failed != 0 && now.UnixNano()-failed < int64(avoidFor)
}

// closeIdleSince closes what has not been used since a time: the bottom of the
// stack.
func (p *connPool) closeIdleSince(since time.Time) {
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && !p.idle[n].idleSince.After(since) {
		n++
	}
	old := append([]*upstreamConn(nil), p.idle[:n]...)
	rest := copy(p.idle, p.idle[n:])
	clear(p.idle[rest:])
	p.idle = p.idle[:rest]
	p.mu.Unlock()
	for _, c := range old {
		c.close()
	}
}

func (p *connPool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
}
