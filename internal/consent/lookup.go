package consent

import (
	"context"
	"errors"
)

// Ref names a subject on the hot path: Value points into the request and is only
// valid during the call.
type Ref struct {
	Scope string // consent given to one app or recipient only; usually empty
	Kind  string
	Value []byte // canonical, never a placeholder
}

// Key is a reference that owns its bytes.
type Key struct {
	Scope string
	Subject
}

// ErrNotFound says that the store holds no record of the subject.
var ErrNotFound = errors.New("no record of this subject")

// ErrUnavailable says that the store did not answer in time.
var ErrUnavailable = errors.New("the consent store does not answer")

// Store keeps consent records. It is safe for concurrent use. Every error but
// ErrNotFound means that nothing is known, which the caller treats as a denial.
type Store interface {
	// GetMany fills records[i] and errs[i] for keys[i] in one round trip.
	GetMany(ctx context.Context, keys []Key, records []Record, errs []error)
	// GetLinked is GetMany for keys that stand in Record.Links.
	GetLinked(ctx context.Context, links []Key, records []Record, errs []error)
	// Update applies a change atomically to the record of the key.
	Update(ctx context.Context, key Key, change Change) (Record, error)
	// UpdateMany applies writes in their order, each atomically. What is in place
	// already is not written: changed[i] tells, and errs[i] whether writes[i] failed.
	UpdateMany(ctx context.Context, writes []Write, changed []bool, errs []error)
	// Link makes one group of the subjects and of all that they are linked with
	// already. Each must have a record.
	Link(ctx context.Context, keys []Key, by Author) error
	// Unlink takes each of the subjects out of its group.
	Unlink(ctx context.Context, keys []Key, by Author) error
	// Delete leaves a denying record; with forget it erases record and history, and
	// what the record denied goes over to the subjects that it was linked with.
	Delete(ctx context.Context, key Key, forget bool, by Author) error
	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
	Close() error
}

// Author says who changes a record, for its history.
type Author struct {
	By     string // an operator's name or "admin"
	Source string // free text of the caller, kept as _source

	// Did, where it is set, is given what the change does to each field of the record:
	// its value before and after. It holds only where the change succeeds.
	Did *map[string][2]any
}

// Change says what to do with a record.
type Change struct {
	Author
	Replace bool  // PUT: what is not set below is removed
	Grant   Flags // flags to store as 1
	Deny    Flags // flags to store as 0
	Unset   Flags // flags to remove
	Minor   *bool // nil: as it is
	Policy  *string
	Expires *string // RFC 3339, empty: never
	Delete  bool    // as Store.Delete without forget; of the rest only Links counts
	Links   []Key   // to add to those of the record; the other records stay as they are
}

// Write is a change of one record among many.
type Write struct {
	Key
	Change
}
