package cache

import (
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// Redis lives and takes changes, but the network brings no word of them.
func TestAChannelThatWentSilentIsNotTrusted(t *testing.T) {
	t.Parallel()
	for name, coming := range map[string]bool{"old connections alone": false, "new connections too": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			r := redistest.NewRelay(t, server.Addr)
			f := newFollower(t, RedisOptions{Addresses: []string{r.Addr}})
			server.Must("HSET", f.key("a"), "device_id", "1")
			f.trusted()
			f.cached("a")
			r.Swallow(redistest.Answers, coming)
			server.Must("HSET", f.key("a"), "device_id", "0")
			eventually(t, "the old grant is served no more", func() bool { return f.grant("a").Flags == 0 })
			if coming {
				if g := f.grant("a"); g.State == consent.Found && g.Flags != 0 {
					t.Fatalf("got %+v", g)
				}
				r.Heal()
			}
			f.withdrawn("a")
			f.follows(server, "b")
		})
	}
}
