package setup

import (
	"context"
	"log/slog"
	"time"

	"github.com/consentd/consentd/cache"
)

const pruneEvery = 24 * time.Hour

// pruner erases histories of an embedded store that have had their time; Redis does
// that by itself.
type pruner struct {
	store *cache.Embedded
	keep  time.Duration
	now   func() time.Time
	log   *slog.Logger
	last  time.Time
}

// due prunes at the first call, and then once a day.
func (p *pruner) due(ctx context.Context) {
	now := p.now()
	if !p.last.IsZero() && now.Sub(p.last) < pruneEvery {
		return
	}
	p.last = now
	if err := p.store.Prune(ctx, p.keep); err != nil && ctx.Err() == nil {
		p.log.Error("histories of deleted records could not be erased", "error", err)
	}
}

// run looks every hour, since a machine may sleep, until the context is done.
func (p *pruner) run(ctx context.Context) {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		p.due(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
