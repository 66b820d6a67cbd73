package cache

import (
	"context"

	"github.com/consentd/consentd/internal/consent"
)

// GetLinked reads records by the names that links give them, which with secrets hold
// digests.
func (r *Redis) GetLinked(ctx context.Context, links []consent.Key, records []consent.Record, errs []error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	names := make([][]string, len(links))
	for i, key := range links {
		names[i], errs[i] = []string{nameOf(key)}, nil
	}
	r.getNamed(ctx, names, records, errs)
}

// Link makes one group of the subjects. Each record is written by itself, since in a
// cluster they are on different servers.
func (r *Redis) Link(ctx context.Context, keys []consent.Key, by consent.Author) error {
	return link(redisShelf{r, ctx}, keys, by)
}

// Unlink takes each of the subjects out of its group.
func (r *Redis) Unlink(ctx context.Context, keys []consent.Key, by consent.Author) error {
	return unlink(redisShelf{r, ctx}, keys, by)
}

// redisShelf is the store during one call.
type redisShelf struct {
	r   *Redis
	ctx context.Context
}

func (s redisShelf) names(key consent.Key) ([]string, error) { return s.r.names(key) }

func (s redisShelf) load(names []string) (fields, error) { return s.r.read(s.ctx, names) }

func (s redisShelf) alter(names []string, by consent.Author, change func(fields) fields) error {
	_, err := s.r.rewrite(s.ctx, names, by, change)
	return err
}
