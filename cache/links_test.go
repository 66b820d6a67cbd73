package cache

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/redistest"
)

// memoryShelf is a store that fails after a number of changes.
type memoryShelf struct {
	records map[string]fields
	left    int
	between func(left int) // changes; nil: nothing happens
}

var errShelf = errors.New("the store went away")

func newShelf(values ...string) *memoryShelf {
	s := &memoryShelf{records: map[string]fields{}, left: 1000}
	for _, value := range values {
		s.records["oaid:"+value] = fields{"device_id": granted}
	}
	return s
}

func (s *memoryShelf) names(key consent.Key) ([]string, error) { return []string{nameOf(key)}, nil }

func (s *memoryShelf) load(names []string) (fields, error) { return s.records[names[0]], nil }

func (s *memoryShelf) alter(names []string, _ consent.Author, change func(fields) fields) error {
	if s.left == 0 {
		return errShelf
	}
	s.left--
	if s.between != nil {
		s.between(s.left)
	}
	if next := change(s.records[names[0]]); next != nil {
		s.records[names[0]] = next
	}
	return nil
}

// reads are the names of the records that a look-up of a subject reads.
func (s *memoryShelf) reads(name string) map[string]bool {
	links, _ := s.records[name].links()
	all := map[string]bool{}
	for _, one := range links {
		all[one] = true
	}
	return all
}

// cut runs a change of four subjects until it fails, at every place where it can.
func cut(t *testing.T, change func(*memoryShelf) error, see func(t *testing.T, before, after *memoryShelf)) {
	for n := 0; ; n++ {
		s := newShelf("a", "b", "c", "d")
		check(t, link(s, oaids("a", "b"), consent.Author{}))
		check(t, link(s, oaids("c", "d"), consent.Author{}))
		before := &memoryShelf{records: maps.Clone(s.records)}
		s.left = n
		err := change(s)
		if err != nil && !errors.Is(err, errShelf) {
			t.Fatal(err)
		}
		t.Run(fmt.Sprintf("after %d changes", n), func(t *testing.T) { see(t, before, s) })
		if err == nil {
			return
		}
	}
}

func TestALinkThatFailsMidwayOnlyRestricts(t *testing.T) {
	join := func(s *memoryShelf) error { return link(s, oaids("a", "c"), consent.Author{}) }
	cut(t, join, func(t *testing.T, before, after *memoryShelf) {
		for name := range before.records {
			for linked := range before.reads(name) {
				if !after.reads(name)[linked] {
					t.Errorf("%s is not covered by %s any more", name, linked)
				}
			}
		}
		after.left = 1000
		check(t, join(after))
		for name := range after.records {
			if n := len(after.reads(name)); n != 3 {
				t.Errorf("done again, %s is linked with %d others, want 3", name, n)
			}
		}
	})
}

func TestTwoLinksAtOnceMakeOneGroup(t *testing.T) {
	for at := range 5 {
		s := newShelf("a", "b", "c", "d")
		check(t, link(s, oaids("c", "d"), consent.Author{}))
		first := s.left
		s.between = func(left int) {
			if first-left == at+1 {
				s.between = nil
				check(t, link(s, oaids("b", "c"), consent.Author{}))
			}
		}
		check(t, link(s, oaids("a", "b"), consent.Author{}))
		for name := range s.records {
			if n := len(s.reads(name)); s.between == nil && n != 3 {
				t.Errorf("the other before change %d: %s is linked with %d others, want 3", at+1, name, n)
			}
		}
	}
}

func TestAnUnlinkThatFailsMidwayCanBeDoneAgain(t *testing.T) {
	leave := func(s *memoryShelf) error { return unlink(s, oaids("a"), consent.Author{}) }
	cut(t, leave, func(t *testing.T, _, after *memoryShelf) {
		after.left = 1000
		check(t, leave(after))
		for name, want := range map[string]int{"oaid:a": 0, "oaid:b": 0, "oaid:c": 1} {
			if n := len(after.reads(name)); n != want {
				t.Errorf("done again, %s is linked with %d others, want %d", name, n, want)
			}
		}
	})
}

// A link that was made by halves is known to one of the two alone.
func TestAHalfMadeLinkIsUndoneByNamingBoth(t *testing.T) {
	s := newShelf("a", "b")
	s.left = 1
	if err := link(s, oaids("a", "b"), consent.Author{}); !errors.Is(err, errShelf) {
		t.Fatal(err)
	}
	s.left = 1000
	check(t, unlink(s, oaids("b", "a"), consent.Author{}))
	if len(s.reads("oaid:a"))+len(s.reads("oaid:b")) != 0 {
		t.Fatalf("left: %v", s.records)
	}
}

func TestAnErasureThatFailsMidwayLosesNoDenial(t *testing.T) {
	erase := func(s *memoryShelf) error {
		s.records["oaid:a"] = fields{"device_id": denied, fieldLinks: s.records["oaid:a"][fieldLinks]}
		return bequeath(s, []string{"oaid:a"}, consent.Author{}, newClock().now())
	}
	cut(t, erase, func(t *testing.T, _, after *memoryShelf) {
		if after.records["oaid:b"]["device_id"] == granted && !after.reads("oaid:b")["oaid:a"] {
			t.Error("b is granted again")
		}
	})
}

func TestLinksThatCannotBeReadDeny(t *testing.T) {
	v := newVocabulary(t)
	many := fields{}
	var names []string
	for i := range maxLinks + 1 {
		names = append(names, fmt.Sprintf("oaid:%d", i))
	}
	many.setLinks(names)
	for name, text := range map[string]string{
		"no JSON": "oaid:b", "no list": `{"a":"oaid:b"}`, "no text": `[1]`, "no name": `["oaid"]`, "too many": many[fieldLinks],
	} {
		r := fields{"device_id": granted, fieldLinks: text}.record(v)
		if g := (consent.Terms{}).Grant(r); g.Flags != 0 {
			t.Errorf("%s: granted %b", name, g.Flags)
		}
		merged := merge(fields{"device_id": granted, fieldLinks: text}, fields{"device_id": granted, fieldLinks: `["oaid:b"]`})
		if g := (consent.Terms{}).Grant(merged.record(v)); g.Flags != 0 {
			t.Errorf("%s, merged: granted %b", name, g.Flags)
		}
	}
}

// linkedStub answers for linked records as for others.
type linkedStub struct {
	*stubStore
	between func() // the question for the record and that for those linked with it
}

func (s *linkedStub) GetLinked(ctx context.Context, keys []consent.Key, records []consent.Record, errs []error) {
	if s.between != nil {
		s.between()
	}
	s.GetMany(ctx, keys, records, errs)
}

func newLinkedStub() *linkedStub {
	s := &linkedStub{stubStore: newStub()}
	s.set(oaid("a"), consent.Record{Granted: deviceID, Links: oaids("b")})
	s.set(oaid("b"), consent.Record{Granted: deviceID | location, Links: oaids("a")})
	return s
}

func TestALinkedRecordThatCannotBeReadDenies(t *testing.T) {
	s := newLinkedStub()
	s.between = func() { s.fail(true) }
	c := newCache(s, newClock())
	expectGrant(t, c, oaid("a"), consent.Unknown, 0)
	if c.Len() != 0 {
		t.Fatal("what is not known is kept")
	}
}

func TestALinkedRecordThatDoesNotExistTakesNothing(t *testing.T) {
	s := newStub()
	s.set(oaid("a"), consent.Record{Granted: deviceID, Links: oaids("gone")})
	expectGrant(t, newCache(&linkedStub{stubStore: s}, newClock()), oaid("a"), consent.Found, deviceID)
}

func TestAChangeOfALinkedRecordOvertakesTheAnswer(t *testing.T) {
	for name, links := range map[string][]consent.Key{"one link": oaids("b"), "three links": oaids("b", "c", "d")} {
		s := newLinkedStub()
		s.set(oaid("a"), consent.Record{Granted: deviceID, Links: links})
		c := leased(s, newClock())
		c.trust(forever)
		withdraw := func() {
			s.set(oaid("b"), consent.Record{})
			c.changed([]byte("consent:{oaid:b}"))
		}
		t.Run(name+", that is kept", func(t *testing.T) {
			expectGrant(t, c, oaid("a"), consent.Found, deviceID)
			before := s.asked.Load()
			expectGrant(t, c, oaid("a"), consent.Found, deviceID)
			expectAsked(t, s.stubStore, before)
			withdraw()
			expectGrant(t, c, oaid("a"), consent.Found, 0)
		})
		t.Run(name+", that is on its way", func(t *testing.T) {
			s.set(oaid("b"), consent.Record{Granted: deviceID})
			c.Flush()
			asked := 0
			s.gate = func(context.Context) {
				if asked++; asked == 2 { // after the linked records were read
					withdraw()
				}
			}
			expectGrant(t, c, oaid("a"), consent.Found, deviceID)
			expectGrant(t, c, oaid("a"), consent.Found, 0)
		})
	}
}

// With an embedded store nothing but the admin API tells of changes.
func TestInvalidatingASubjectOvertakesTheAnswersOfThoseLinked(t *testing.T) {
	s := newLinkedStub()
	c := newCache(s, newClock())
	expectGrant(t, c, oaid("a"), consent.Found, deviceID)
	s.set(oaid("b"), consent.Record{})
	c.Invalidate(oaid("b"))
	expectGrant(t, c, oaid("a"), consent.Found, 0)
}

// linksAreFollowed shows that a withdrawal under one id by any client is pushed to the
// answers of the others.
func linksAreFollowed(t *testing.T, f *follower, hset func(key string, args ...string)) {
	t.Helper()
	for _, values := range [][]string{{"x1", "x2"}, {"y1", "y2", "y3"}} {
		for _, value := range values {
			update(t, f.store, oaid(value), consent.Change{Grant: deviceID})
		}
		linkAll(t, f.store, values...)
		f.trusted()
		for _, by := range values {
			for _, value := range values {
				f.cached(value)
			}
			hset(f.key(by), "device_id", "0")
			for _, value := range values {
				f.withdrawn(value)
			}
			hset(f.key(by), "device_id", "1")
			eventually(t, "the grant is known again", func() bool { return f.grant(values[0]).Flags == deviceID })
		}
	}
}

func TestAWithdrawalUnderALinkedIDByAnyClientIsInForce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for mode, secrets := range map[string][]string{"plain": nil, "under a secret": {"s"}, "under two secrets": {"new", "old"}} {
		t.Run(mode, func(t *testing.T) {
			server.Must("FLUSHALL")
			linksAreFollowed(t, followServer(t, server, secrets...), func(key string, args ...string) {
				server.CLI(append([]string{"HSET", key}, args...)...)
			})
		})
	}
}

// When the first secret is replaced, records move as they are written.
func TestALinkOutlivesTheSecretItWasMadeUnder(t *testing.T) {
	t.Parallel()
	server, clock := redistest.Start(t), newClock()
	old := emptyRedis(t, server, clock, "old")
	grantAll(t, old, "a", "b", "c")
	linkAll(t, old, "a", "b", "c")
	both := openRedis(t, server.Addr, clock, patience, "new", "old")
	update(t, both, oaid("b"), consent.Change{Deny: deviceID})
	expectMissing(t, old, oaid("b"))
	for _, value := range []string{"a", "b", "c"} {
		expectGranted(t, both, oaid(value), location|analytics)
	}
	update(t, both, oaid("a"), consent.Change{Deny: location})
	update(t, both, oaid("c"), consent.Change{Author: consent.Author{Source: "moved"}})
	fresh := openRedis(t, server.Addr, clock, patience, "new")
	for _, value := range []string{"a", "b", "c"} {
		expectGranted(t, fresh, oaid(value), analytics)
		if n := len(get(t, fresh, oaid(value)).Links); n != 2 {
			t.Errorf("%s is linked under %d names, want 2", value, n)
		}
	}
}
