package consent

import (
	"context"
	"errors"
)

// Linked reads records by the names that stand in Record.Links.
type Linked interface {
	GetLinked(ctx context.Context, links []Key, records []Record, errs []error)
}

// Restricted takes from a record what those that it is linked with do not grant, as
// serving does. Those that do not exist take nothing.
func Restricted(ctx context.Context, store Linked, r Record) (Record, error) {
	if len(r.Links) == 0 {
		return r, nil
	}
	linked, errs := make([]Record, len(r.Links)), make([]error, len(r.Links))
	store.GetLinked(ctx, r.Links, linked, errs)
	for i, err := range errs {
		switch {
		case err == nil:
			r = r.And(linked[i])
		case !errors.Is(err, ErrNotFound):
			return Record{}, ErrUnavailable
		}
	}
	return r, nil
}
