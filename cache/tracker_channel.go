package cache

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// invalidations is where Redis publishes the keys that changed (RESP2).
const invalidations = "__redis__:invalidate"

// channel is one connection to one master. It carries both the tracking and the
// subscription to what the tracking finds, so that neither can die without the
// other: with two connections, the loss of the tracking one goes unnoticed while the
// subscription looks healthy for ever.
//
// It is not a redis.PubSub, which takes the null that stands for FLUSHALL for an
// error like any other, and which makes a new connection on its own.
type channel struct {
	conn   net.Conn
	reader *respReader
	server string // run id of the process at the other end
}

// listener is told what a channel brings. Names and payloads are only valid during
// the call.
type listener interface {
	changed(name []byte)
	flushed()
	answered(payload []byte)
}

// openChannel connects as a client of these options would. When it returns, every
// change from then on will be told.
func openChannel(ctx context.Context, o *redis.Options) (*channel, error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	conn, err := o.Dialer(ctx, o.Network, o.Addr)
	if err != nil {
		return nil, err
	}
	c := &channel{conn: conn, reader: newRESPReader(conn)}
	if err := c.arm(o); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *channel) close() { _ = c.conn.Close() } // also to wake up the reader

func (c *channel) arm(o *redis.Options) error {
	if err := c.conn.SetDeadline(time.Now().Add(adminTimeout)); err != nil {
		return err
	}
	if err := c.authenticate(o); err != nil {
		return err
	}
	info, err := c.ask("INFO", "server")
	if err != nil {
		return err
	}
	c.server = infoField(string(info.text), "run_id")
	own, err := c.ask("CLIENT", "ID")
	if err != nil {
		return err
	}
	// To itself: a client that redirects must name a connection that subscribes.
	_, err = c.ask("CLIENT", "TRACKING", "ON", "REDIRECT", strconv.FormatInt(own.number, 10), "BCAST", "PREFIX", recordPrefix)
	if err != nil {
		return err
	}
	return c.subscribe()
}

func (c *channel) authenticate(o *redis.Options) (err error) {
	switch {
	case o.Username != "":
		_, err = c.ask("AUTH", o.Username, o.Password)
	case o.Password != "":
		_, err = c.ask("AUTH", o.Password)
	}
	return err
}

func (c *channel) subscribe() error {
	reply, err := c.ask("SUBSCRIBE", invalidations)
	if err != nil {
		return err
	}
	if reply.kind != '*' || reply.number != 3 {
		return errRESP
	}
	for range reply.number {
		if _, err := c.reader.next(); err != nil {
			return err
		}
	}
	return nil
}

func (c *channel) ask(args ...string) (respValue, error) {
	if _, err := c.conn.Write(appendCommand(nil, args...)); err != nil {
		return respValue{}, err
	}
	return c.reader.next()
}

// ping asks for an answer, which comes behind every change that Redis has told
// before it.
func (c *channel) ping(payload string) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(beatEvery)); err != nil {
		return err
	}
	_, err := c.conn.Write(appendCommand(nil, "PING", payload))
	return err
}

// listen tells what comes until the connection ends, or is silent for too long.
func (c *channel) listen(l listener) error {
	for {
		answered, err := c.message(l)
		if err != nil {
			return err
		}
		if answered {
			if err := c.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
				return err
			}
		}
	}
}

// message reads one message. Anything unexpected ends the channel: what it meant
// may have been a change.
func (c *channel) message(l listener) (answered bool, err error) {
	head, err := c.reader.next()
	if err != nil {
		return false, err
	}
	if head.kind != '*' || head.number < 2 {
		return false, errRESP
	}
	kind, err := c.reader.bulk()
	if err != nil {
		return false, err
	}
	switch string(kind) {
	case "pong":
		payload, err := c.reader.bulk()
		if err == nil {
			l.answered(payload)
		}
		return true, err
	case "message":
		return false, c.changes(l)
	}
	return false, errRESP
}

// changes reads the channel's name and the keys. A null stands for all keys. So does
// a text: no server sends one, but any client may publish one.
func (c *channel) changes(l listener) error {
	if _, err := c.reader.bulk(); err != nil {
		return err
	}
	keys, err := c.reader.next()
	if err != nil {
		return err
	}
	if keys.kind != '*' || keys.number < 0 {
		l.flushed()
		return nil
	}
	for range keys.number {
		name, err := c.reader.bulk()
		if err != nil {
			return err
		}
		l.changed(name)
	}
	return nil
}

// infoField gives a field of what INFO answers.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

var errRESP = errors.New("the server sent what a Redis server does not send")
