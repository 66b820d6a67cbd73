package explain

import (
	"context"
	"errors"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

// Source answers look-ups: it fills records[i] and states[i] for keys[i].
type Source func(keys []consent.Key, records []consent.Record, states []consent.State)

// Given answers from these records; every other subject has none.
func Given(given map[consent.Key]consent.Record) Source {
	return func(keys []consent.Key, records []consent.Record, states []consent.State) {
		for i, key := range keys {
			states[i] = consent.Missing
			if r, ok := given[key]; ok {
				records[i], states[i] = r, consent.Found
				for _, link := range r.Links {
					if other, ok := given[link]; ok {
						records[i] = records[i].And(other)
					}
				}
			}
		}
	}
}

// Everybody answers with the same record for every subject.
func Everybody(r consent.Record) Source {
	return func(keys []consent.Key, records []consent.Record, states []consent.State) {
		for i := range keys {
			records[i], states[i] = r, consent.Found
		}
	}
}

// FromStore answers from a store, which has so long for the subjects of a request.
func FromStore(s consent.Store, timeout time.Duration) Source {
	return func(keys []consent.Key, records []consent.Record, states []consent.State) {
		if len(keys) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		errs := make([]error, len(keys))
		s.GetMany(ctx, keys, records, errs)
		for i, err := range errs {
			if err == nil {
				records[i], err = consent.Restricted(ctx, s, records[i])
			}
			switch {
			case err == nil:
				states[i] = consent.Found
			case errors.Is(err, consent.ErrNotFound):
				states[i] = consent.Missing
			default:
				states[i] = consent.Unknown
			}
		}
	}
}
