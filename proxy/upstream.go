package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// What can go wrong with an upstream. The errors carry no values: addresses are
// configuration, everything else is somebody's data.
var (
	ErrUpstreamRefused  = errors.New("the upstream cannot be reached or closed the connection without an answer")
	ErrUpstreamTimeout  = errors.New("the upstream did not answer in time")
	ErrUpstreamTooLarge = errors.New("the answer of the upstream is over the limit")
	ErrUpstreamBusy     = errors.New("all connections to the upstream are in use")
	ErrUpstreamBroken   = errors.New("the answer of the upstream cannot be read")

	// errNotSent says that no byte of the request has left: it may be tried again,
	// whatever its method.
	errNotSent = errors.New("nothing was sent")
)

// UpstreamReason gives the reason for an error of Upstream.Do.
func UpstreamReason(err error) Reason {
	switch {
	case errors.Is(err, ErrUpstreamRefused):
		return ReasonUpstreamRefused
	case errors.Is(err, ErrUpstreamTimeout):
		return ReasonUpstreamTimeout
	case errors.Is(err, ErrUpstreamTooLarge):
		return ReasonUpstreamTooLarge
	case errors.Is(err, ErrUpstreamBusy):
		return ReasonUpstreamBusy
	case errors.Is(err, ErrUpstreamBroken):
		return ReasonUpstreamUnreadable
	}
	return ReasonInternal
}

// The values of UpstreamOptions.Host; any other is sent as it is.
const (
	HostClient   = "client"   // the Host header of the request
	HostUpstream = "upstream" // host and port of the URL
)

const (
	maxURLs             = 64 // bits of the set of those that were tried
	defaultConnections  = 512
	defaultResponseBody = 16 << 20
	// busyWait bounds the wait for a free connection.
	busyWait = time.Second
	// maxIdle is below the keep-alive timeouts in common use, of which the shortest
	// are 5 s.
	maxIdle = 4 * time.Second
)

// UpstreamOptions describes one upstream.
type UpstreamOptions struct {
	Name            string
	URLs            []string      // scheme and host; used in turn
	Host            string        // HostClient, HostUpstream or a literal
	Timeout         time.Duration // of one request, waiting and retries included
	Connections     int           // in use at the same time, over all URLs; 0: 512
	TLS             *tls.Config   // for https URLs; nil: the system's roots
	MaxResponseBody int           // bytes; 0: 16 MiB
	Dial            Dial          // nil: TCP
}

// Dial makes a connection to an address, below TLS.
type Dial func(address string, deadline time.Time) (net.Conn, error)

func dialTCP(address string, deadline time.Time) (net.Conn, error) {
	dialer := net.Dialer{Deadline: deadline}
	return dialer.Dial("tcp", address)
}

// Upstream sends requests to one backend. It is safe for concurrent use.
//
// It has its own connections rather than fasthttp.HostClient's, which writes the
// target and the header in another order and form than they came in, replaces the
// Date of the answer, merges trailers into its header, and offers no place to look
// at a pooled connection before it is used.
type Upstream struct {
	options UpstreamOptions
	pools   []*connPool
	slots   chan struct{}
	turn    atomic.Uint32
	down    atomic.Bool
	heads   sync.Pool // *headBuffer
	stop    chan struct{}
	once    sync.Once
}

// NewUpstream checks the options and starts the upkeep of idle connections, which
// Close ends. It connects to nothing yet.
func NewUpstream(o UpstreamOptions) (*Upstream, error) {
	if len(o.URLs) == 0 || len(o.URLs) > maxURLs {
		return nil, fmt.Errorf("upstream %s: %d URLs, 1 to %d are possible", o.Name, len(o.URLs), maxURLs)
	}
	if o.Timeout <= 0 {
		return nil, fmt.Errorf("upstream %s: the timeout must be positive", o.Name)
	}
	if o.Connections <= 0 {
		o.Connections = defaultConnections
	}
	if o.MaxResponseBody <= 0 {
		o.MaxResponseBody = defaultResponseBody
	}
	if o.Dial == nil {
		o.Dial = dialTCP
	}
	u := &Upstream{options: o, slots: make(chan struct{}, o.Connections), stop: make(chan struct{})}
	u.heads.New = newHeadBuffer
	readers := newReaderPool()
	for _, text := range o.URLs {
		pool, err := newConnPool(text, &o, readers)
		if err != nil {
			return nil, fmt.Errorf("upstream %s: %w", o.Name, err)
		}
		u.pools = append(u.pools, pool)
	}
	go u.upkeep()
	return u, nil
}

func parseUpstreamURL(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	switch {
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, fmt.Errorf("URL %s: the scheme is http or https", parsed.Redacted())
	case parsed.Hostname() == "":
		return nil, fmt.Errorf("URL %s: no host", parsed.Redacted())
	case parsed.User != nil, parsed.RawQuery != "", parsed.Fragment != "", parsed.Path != "" && parsed.Path != "/":
		return nil, fmt.Errorf("URL %s: only scheme, host and port are possible", parsed.Redacted())
	}
	return parsed, nil
}

func dialAddress(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// Send sends a request and fills the response, until the deadline or the upstream's
// own timeout, whichever is first; a zero deadline means the latter. The error is one
// of ErrUpstream*; resp is then empty. resp should be the response of the server's
// context: it alone keeps the Date of the upstream.
func (u *Upstream) Send(o *Outgoing, resp *fasthttp.Response, deadline time.Time) error {
	if own := time.Now().Add(u.options.Timeout); deadline.IsZero() || own.Before(deadline) {
		deadline = own
	}
	err := u.take(deadline)
	if err == nil {
		err = u.tryURLs(o, resp, deadline)
		<-u.slots
	}
	if err != nil {
		resp.Reset()
		resp.SetStatusCode(fasthttp.StatusBadGateway)
	}
	return err
}

// take waits for one of the connections that may be in use.
func (u *Upstream) take(deadline time.Time) error {
	select {
	case u.slots <- struct{}{}:
		return nil
	default:
	}
	timer := fasthttp.AcquireTimer(min(busyWait, time.Until(deadline)))
	defer fasthttp.ReleaseTimer(timer)
	select {
	case u.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return ErrUpstreamBusy
	}
}

func (u *Upstream) tryURLs(o *Outgoing, resp *fasthttp.Response, deadline time.Time) error {
	buffer := u.heads.Get().(*headBuffer)
	defer u.putHead(buffer)
	first, tried := int(u.turn.Add(1)%uint32(len(u.pools))), uint64(0)
	for left := len(u.pools); left > 0; left-- {
		pool := u.next(first, &tried)
		buffer.bytes = o.appendHead(buffer.bytes[:0], u.host(pool))
		err := pool.try(buffer.bytes, o.Body, resp, exchangeLimits{
			deadline: deadline, dial: dialDeadline(deadline, left), body: u.options.MaxResponseBody,
			noBody: string(o.Method) == fasthttp.MethodHead,
		})
		if err != errNotSent {
			u.setDown(false)
			return err
		}
	}
	u.setDown(true)
	if time.Until(deadline) <= 0 {
		return ErrUpstreamTimeout
	}
	return ErrUpstreamRefused
}

// setDown writes only on a change: the word is shared by all requests.
func (u *Upstream) setDown(down bool) {
	if u.down.Load() != down {
		u.down.Store(down)
	}
}

// next gives a URL that has not been tried: each in its turn, but one that could not
// be reached a moment ago only where no other is left.
func (u *Upstream) next(first int, tried *uint64) *connPool {
	choice, now := -1, time.Now()
	for k := range u.pools {
		i := (first + k) % len(u.pools)
		if *tried>>i&1 != 0 {
			continue
		}
		if !u.pools[i].failedLately(now) {
			choice = i
			break
		}
		if choice < 0 {
			choice = i
		}
	}
	*tried |= 1 << choice
	return u.pools[choice]
}

// dialDeadline leaves time for the URLs that have not been tried.
func dialDeadline(deadline time.Time, left int) time.Time {
	return time.Now().Add(time.Until(deadline) / time.Duration(left))
}

// host gives the Host field, and whether that of the client comes before it.
func (u *Upstream) host(pool *connPool) sentHost {
	switch u.options.Host {
	case HostUpstream:
		return sentHost{name: pool.host}
	case HostClient, "":
		return sentHost{name: pool.host, clients: true}
	}
	return sentHost{name: u.options.Host}
}

// maxHead bounds what a pooled buffer for heads keeps.
const maxHead = 128 << 10

// headBuffer holds a head, with room for a small body behind it.
type headBuffer struct{ bytes []byte }

func newHeadBuffer() any { return &headBuffer{make([]byte, 0, oneWrite)} }

func (u *Upstream) putHead(b *headBuffer) {
	if cap(b.bytes) <= maxHead {
		u.heads.Put(b)
	}
}

// Name is the name of the upstream in the configuration.
func (u *Upstream) Name() string { return u.options.Name }

// Up reports whether the last request reached one of the URLs.
func (u *Upstream) Up() bool { return !u.down.Load() }

// Close closes idle connections at once and the others after their request.
func (u *Upstream) Close() {
	u.once.Do(func() {
		close(u.stop)
		for _, pool := range u.pools {
			pool.close()
		}
	})
}

func (u *Upstream) upkeep() {
	tick := time.NewTicker(maxIdle / 4)
	defer tick.Stop()
	for {
		select {
		case <-u.stop:
			return
		case now := <-tick.C:
			for _, pool := range u.pools {
				pool.closeIdleSince(now.Add(-maxIdle))
			}
		}
	}
}
