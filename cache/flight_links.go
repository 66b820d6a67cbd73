package cache

import (
	"context"
	"slices"

	"github.com/consentd/consentd/internal/consent"
)

// readLinked takes from each grant what the records that its own is linked with do not
// grant. Those that do not exist take nothing; those that cannot be read take all. Their
// own links are not followed: a group's records name all of it.
func (c *Cache) readLinked(ctx context.Context, own []*flight, records []consent.Record, grants []consent.Grant) {
	var keys []consent.Key
	alone := slices.Clone(grants)
	for i, f := range own {
		if len(records[i].Links) > 0 {
			keys = append(keys, records[i].Links...)
			c.markLinked(f, records[i].Links)
			grants[i] = consent.Grant{} // should anything fail on the way
		}
	}
	if len(keys) == 0 {
		return
	}
	linked, errs := make([]consent.Record, len(keys)), make([]error, len(keys))
	for i := range errs {
		errs[i] = consent.ErrUnavailable
	}
	c.read(ctx, c.options.Store.GetLinked, keys, linked, errs)
	for i := range own {
		n := len(records[i].Links)
		grants[i] = c.restrict(alone[i], linked[:n], errs[:n])
		linked, errs = linked[n:], errs[n:]
	}
}

func (c *Cache) restrict(g consent.Grant, linked []consent.Record, errs []error) consent.Grant {
	for i := range linked {
		if other := c.judge(linked[i], errs[i]); other.State != consent.Missing {
			g = g.And(other)
		}
	}
	return g
}

// markLinked marks a flight with the names of linked records too, before they are read.
// A subject with one name and one link has room for both. With more, the second mark is
// the coarse one, from when the subject's own names were marked.
func (c *Cache) markLinked(f *flight, links []consent.Key) {
	s := c.flights.shard(f.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(links) == 1 && f.marks[0] == f.marks[1] {
		f.marks[1] = c.fences.mark(c.linkedNames(links[0]))[0]
		return
	}
	f.marks[1] = f.any
}

// linkedNames are what changes of a linked record are known by.
func (c *Cache) linkedNames(link consent.Key) []string {
	if c.options.Names == nil {
		return c.names(sum(c.hasher, link.Scope, link.Kind, link.Value), link)
	}
	return []string{recordKey(nameOf(link))}
}
