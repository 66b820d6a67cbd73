package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/consentd/consentd/internal/consent"
)

const (
	// maxGroup bounds the subjects of a group: a look-up of one reads all.
	maxGroup = 16
	// maxLinks bounds the names in a record. Each secret gives a subject one.
	maxLinks = 64
)

// The reasons why subjects cannot be linked.
var (
	ErrPair    = errors.New("a link needs at least two different subjects of one scope")
	ErrGroup   = fmt.Errorf("a group of linked subjects has at most %d members", maxGroup)
	ErrNoGroup = errors.New("a subject without a record cannot be linked; set its consent first")
)

// links lists the names of the records that count too. What cannot be read there
// might have named one that denies.
func (f fields) links() (names []string, readable bool) {
	text := f[fieldLinks]
	if text == "" {
		return nil, true
	}
	err := json.Unmarshal([]byte(text), &names)
	return names, err == nil && len(names) <= maxLinks
}

func (f fields) linkedKeys() ([]consent.Key, bool) {
	names, readable := f.links()
	if len(names) == 0 {
		return nil, readable
	}
	keys := make([]consent.Key, len(names))
	for i, name := range names {
		key, ok := parseName(name)
		keys[i], readable = key, readable && ok
	}
	return keys, readable
}

// linking is a change of what a record is linked with.
type linking struct {
	own  []string // the record's names, which are no links
	add  []string
	drop []string
}

// relinked gives the record after the change; f stays as it is.
func (f fields) relinked(l linking) fields {
	names, _ := f.links()
	names = slices.Concat(names, l.add)
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains(l.own, name) || slices.Contains(l.drop, name)
	})
	next := f.base(consent.Change{})
	next.setLinks(names)
	return next
}

func (f fields) setLinks(names []string) {
	slices.Sort(names)
	text := ""
	if names = slices.Compact(names); len(names) > 0 {
		list, _ := json.Marshal(names) // texts have no error
		text = string(list)
	}
	f.set(fieldLinks, text)
}

// inherit gives the record after one that it was linked with is gone: what that one
// denied stays denied.
func (f fields) inherit(from fields, l linking, now time.Time) fields {
	next := merge(f, from)
	next.set(fieldSource, f[fieldSource])
	next.set(fieldLinks, f[fieldLinks])
	next[fieldUpdated] = formatTime(now)
	return next.relinked(l)
}

// shelf is what linking needs of a store: records by their names, of which the first
// is the one to write.
type shelf interface {
	names(consent.Key) ([]string, error)
	load(names []string) (fields, error) // the most restrictive of all
	// alter changes a record as it is at that moment. A change that gives nil leaves it.
	alter(names []string, by consent.Author, change func(fields) fields) error
}

// group is what a link is about.
type group struct {
	given [][]string // the names of each subject that is named
	all   []string   // names of them and of those that they are linked with
}

// others are the members that are known by a name in a record alone.
func (g *group) others() []string {
	var names []string
	for _, name := range g.all {
		if !slices.ContainsFunc(g.given, func(own []string) bool { return slices.Contains(own, name) }) {
			names = append(names, name)
		}
	}
	return names
}

// gather finds the group that the subjects belong to. With strict each of them must
// have a record: one that holds links alone would deny.
func gather(s shelf, keys []consent.Key, strict bool) (*group, error) {
	g := &group{}
	for i, key := range keys {
		names, err := s.names(key)
		if err != nil {
			return nil, err
		}
		stored, err := s.load(names)
		if err != nil {
			return nil, err
		}
		if strict && len(stored) == 0 {
			return nil, fmt.Errorf("%w (number %d of those given)", ErrNoGroup, i+1)
		}
		links, _ := stored.links()
		g.given = append(g.given, names)
		g.all = slices.Concat(g.all, names, links)
	}
	slices.Sort(g.all)
	g.all = slices.Compact(g.all)
	return g, nil
}

// link only ever adds links, and these only restrict: where it fails midway, what is
// done stands, and doing it again completes it. It looks once more at the end, since
// somebody may have linked one of the subjects with another meanwhile.
func link(s shelf, keys []consent.Key, by consent.Author) error {
	if err := checkPair(keys); err != nil {
		return err
	}
	for joined := 0; ; {
		g, err := gather(s, keys, true)
		if err != nil || len(g.all) <= joined {
			return err
		}
		if err := g.join(s, by); err != nil {
			return err
		}
		joined = len(g.all)
	}
}

// join tells each member of all others.
func (g *group) join(s shelf, by consent.Author) error {
	if len(g.all) > maxGroup*len(g.given[0]) {
		return ErrGroup
	}
	for _, own := range g.given {
		if err := alterExisting(s, own, by, linking{own: own, add: g.all}); err != nil {
			return err
		}
	}
	for _, name := range g.others() {
		own := []string{name}
		if err := alterExisting(s, own, by, linking{own: own, add: g.all}); err != nil {
			return err
		}
	}
	return nil
}

// unlink lets the others go first: the subjects' own records tell who they are, in
// case it has to be done again.
func unlink(s shelf, keys []consent.Key, by consent.Author) error {
	g, err := gather(s, keys, false)
	if err != nil {
		return err
	}
	gone := slices.Concat(g.given...)
	for _, name := range g.others() {
		if err := alterExisting(s, []string{name}, by, linking{drop: gone}); err != nil {
			return err
		}
	}
	for _, own := range g.given {
		if err := alterExisting(s, own, by, linking{drop: g.all}); err != nil {
			return err
		}
	}
	return nil
}

func alterExisting(s shelf, names []string, by consent.Author, l linking) error {
	return s.alter(names, by, func(stored fields) fields {
		if len(stored) == 0 {
			return nil
		}
		return stored.relinked(l)
	})
}

// bequeath prepares that a record is erased: no other one names it any more, and each
// denies by itself what the link with it denied.
func bequeath(s shelf, names []string, by consent.Author, now time.Time) error {
	stored, err := s.load(names)
	if err != nil {
		return err
	}
	links, _ := stored.links()
	for _, name := range links {
		err := s.alter([]string{name}, by, func(other fields) fields {
			if len(other) == 0 {
				return nil
			}
			return other.inherit(stored, linking{own: []string{name}, drop: names}, now)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func checkPair(keys []consent.Key) error {
	distinct := 0
	for i, key := range keys {
		if key.Scope != keys[0].Scope {
			return ErrPair
		}
		if !slices.Contains(keys[:i], key) {
			distinct++
		}
	}
	if distinct < 2 {
		return ErrPair
	}
	return nil
}
