package unlisted

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/consentd/consentd/internal/wire"
)

// kept is the file. Steps stand apart, so that no name is read as two.
type kept struct {
	Version int         `json:"version"`
	Routes  []keptRoute `json:"routes"`
}

type keptRoute struct {
	Name string     `json:"name"`
	Wide [][]string `json:"wide,omitempty"` // objects whose members have one path together
	Keys []keptKey  `json:"keys"`
}

type keptKey struct {
	Steps  []string  `json:"steps"`
	Shapes []string  `json:"shapes"`
	First  time.Time `json:"first_seen"`
	Last   time.Time `json:"last_seen"`
	Count  uint64    `json:"count"`
}

const fileVersion = 1

// Save writes what was met, where anything was since the last time.
func (s *Store) Save() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	if s.options.File == "" || !s.dirty.Swap(false) {
		return nil
	}
	all := kept{Version: fileVersion}
	for _, r := range s.all() {
		all.Routes = append(all.Routes, r.keep())
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err == nil {
		err = replaceFile(s.options.File, data)
	}
	if err != nil {
		s.dirty.Store(true)
	}
	return err
}

// replaceFile writes a file as a whole or not at all.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (s *Store) load() error {
	data, err := os.ReadFile(s.options.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var all kept
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err == nil && all.Version != fileVersion {
		err = fmt.Errorf("it has version %d, this consentd writes version %d", all.Version, fileVersion)
	}
	if err != nil {
		return err
	}
	for _, k := range all.Routes {
		s.Route(k.Name).restore(k)
	}
	return nil
}

func (r *Route) keep() keptRoute {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := keptRoute{Name: r.name, Keys: []keptKey{}}
	r.root.each(nil, func(way []string, n *node) {
		if n.wide {
			k.Wide = append(k.Wide, append([]string{}, way...))
		}
		if n.key != nil {
			k.Keys = append(k.Keys, n.key.keep(way))
		}
	})
	return k
}

func (e *entry) keep(way []string) keptKey {
	return keptKey{
		Steps: append([]string{}, way...), Shapes: e.shapes, Count: e.count.Load(),
		First: time.Unix(e.first, 0).UTC(), Last: time.Unix(e.last.Load(), 0).UTC(),
	}
}

// each visits a node and all below it.
func (n *node) each(way []string, visit func(way []string, n *node)) {
	visit(way, n)
	for step, k := range n.kids {
		k.each(append(way[:len(way):len(way)], step), visit)
	}
}

func (r *Route) restore(k keptRoute) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, way := range k.Wide {
		if n := r.reach(way); n != nil {
			n.wide = true
		}
	}
	for _, key := range k.Keys {
		if n := r.reach(key.Steps); n != nil && n.key == nil && r.paths < maxPaths {
			r.paths++
			n.key = &entry{first: key.First.Unix(), shapes: key.Shapes}
			n.key.count.Store(key.Count)
			n.key.last.Store(key.Last.Unix())
			n.key.kinds.Store(uint32(wire.Any)) // it was looked at
		}
	}
}

// reach gives the node at the end of a way; nil: there is no room.
func (r *Route) reach(way []string) *node {
	n := &r.root
	for _, step := range way {
		if n = r.kid(n, step); n == nil {
			return nil
		}
	}
	return n
}

func (r *Route) appendKeys(list []Key) []Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.root.each(nil, func(way []string, n *node) {
		if e := n.key; e != nil {
			list = append(list, Key{
				Route: r.name, Path: joined(way), Shape: e.shape(), Count: e.count.Load(),
				First: time.Unix(e.first, 0).UTC(), Last: time.Unix(e.last.Load(), 0).UTC(),
			})
		}
	})
	return list
}
