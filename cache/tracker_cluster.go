package cache

import (
	"context"
	"slices"
	"sync"

	"github.com/redis/go-redis/v9"
)

// survey finds the masters of a cluster, now and then and whenever one is missing.
// Each look also renews the map of slots by which records are read.
func (t *Tracker) survey() {
	for t.ctx.Err() == nil {
		if masters := t.masters(); len(masters) > 0 {
			t.adjust(masters)
		} else {
			t.settle(errCluster)
		}
		ctx, cancel := context.WithTimeout(t.ctx, beatEvery)
		select {
		case <-t.look:
			pause(ctx, comeback)
		case <-ctx.Done():
		}
		cancel()
	}
}

// masters may be out of date: whether they are all is for the feeds to say.
func (t *Tracker) masters() (addresses []string) {
	ctx, cancel := context.WithTimeout(t.ctx, beatEvery)
	defer cancel()
	var mu sync.Mutex
	cluster, ok := t.store.client.(*redis.ClusterClient)
	if !ok {
		return nil
	}
	_ = cluster.ForEachMaster(ctx, func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		addresses = append(addresses, node.Options().Addr)
		return nil
	})
	return addresses
}

// adjust follows new masters, and lets go of those that neither the cluster lists
// nor can prove that they are masters.
func (t *Tracker) adjust(masters []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.cache.elapsed()
	for address, f := range t.feeds {
		if !slices.Contains(masters, address) && f.until() <= now {
			f.cancel()
			delete(t.feeds, address)
		}
	}
	for _, address := range masters {
		if t.feeds[address] == nil {
			t.add(address, t.clientOf(address))
		}
	}
}

// complete reports whether each master that any of the feeds knows of has a feed.
func (t *Tracker) complete() bool {
	nodes := make([]string, 0, len(t.feeds))
	for _, f := range t.feeds {
		nodes = append(nodes, f.proof.node)
	}
	for _, f := range t.feeds {
		for _, master := range f.proof.masters {
			if !slices.Contains(nodes, master) {
				t.ask()
				return false
			}
		}
	}
	return true
}

// ask asks for a survey, if none is asked for already.
func (t *Tracker) ask() {
	select {
	case t.look <- struct{}{}:
	default:
	}
}
