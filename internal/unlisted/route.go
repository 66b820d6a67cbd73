package unlisted

import (
	"hash/maphash"
	"maps"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/consentd/consentd/internal/wire"
)

// Bounds of what is kept of a route: whoever sends requests could make up keys for ever.
const (
	maxPaths  = 10_000
	maxNodes  = 2 * maxPaths
	maxKids   = 200 // beyond it, the names of an object are taken for values
	maxDepth  = 16
	maxAtOnce = 64      // new paths in one request: the next one has the rest
	maxRead   = 1 << 20 // bytes on the way to them, after the first: as good as one more pass
)

// Route learns the keys of one route. It is the wire.Names of its requests, and safe for
// concurrent use: what is known already takes no lock and allocates nothing.
type Route struct {
	store    *Store
	name     string
	seed     maphash.Seed
	star     uint64 // stands for names that are values; as random as the seed, so that nobody can make up paths that collide
	known    atomic.Pointer[table]
	wide     atomic.Pointer[map[uint64]struct{}] // objects whose names are values
	news     prometheus.Counter
	overflow prometheus.Counter

	mu    sync.Mutex // guards what follows, and the tree
	root  node
	paths int
	nodes int
	text  []byte
	spill entry // what there was no room for
}

// node is one step of the paths that were met.
type node struct {
	kids map[string]*node // by step, as it is written in a path
	wide bool             // its members have one path together
	key  *entry           // nil: no value was met here
}

// entry is a path at which values were met.
type entry struct {
	count  atomic.Uint64
	last   atomic.Int64 // Unix seconds
	first  int64
	kinds  atomic.Uint32 // of the values that were looked at
	shapes []string      // guarded by Route.mu
}

func newRoute(s *Store, name string) *Route {
	r := &Route{store: s, name: name, seed: maphash.MakeSeed(), star: rand.Uint64(), news: s.keys.WithLabelValues(name), overflow: s.overflow.WithLabelValues(name)}
	r.known.Store(newTable())
	r.wide.Store(&map[uint64]struct{}{})
	return r
}

// Step implements wire.Names. Names that are values share a path.
func (r *Route) Step(object uint64, name []byte) uint64 {
	h := r.star
	if !r.isWide(object) && !LooksLikeValue(name) {
		h = maphash.Bytes(r.seed, name)
	}
	hi, lo := bits.Mul64(object^0x9e3779b97f4a7c15, h|1)
	return hi ^ lo ^ h
}

func (r *Route) isWide(object uint64) bool {
	wide := *r.wide.Load()
	if len(wide) == 0 {
		return false
	}
	_, is := wide[object]
	return is
}

// Learn counts the unlisted keys of a request, and takes down those that are new.
func (r *Route) Learn(m *wire.Message) {
	if len(m.Unlisted) == 0 {
		return
	}
	now, left, read, known := r.store.options.Now(), maxAtOnce, 0, r.known.Load()
	for i := range m.Unlisted {
		u := &m.Unlisted[i]
		e := known.get(u.Path)
		switch {
		case e == &r.spill, e == nil && known.isFull():
			r.overflow.Inc()
		case e == nil && left > 0 && read < maxRead:
			left--
			read += r.learn(m, u, now)
		case e == nil: // later
		case e.meet(kindOf(u), now.Unix()):
			r.look(m, u, e)
		}
	}
	if !r.store.dirty.Load() {
		r.store.dirty.Store(true)
	}
}

// meet counts a value and reports whether it deserves a look: one of another kind, or
// the second, fourth, eighth.
func (e *entry) meet(kind uint32, now int64) bool {
	if e.last.Load() != now {
		e.last.Store(now)
	}
	n := e.count.Add(1)
	return e.kinds.Load()&kind == 0 || n&(n-1) == 0
}

// kindOf is the kind of a value; an empty text says as little as null.
func kindOf(u *wire.Unlisted) uint32 {
	if n := u.End - u.Start; u.Kind == wire.String && (n == 0 || n == 2) {
		return uint32(wire.Null)
	}
	return uint32(u.Kind)
}

// look adds what a value looks like.
func (r *Route) look(m *wire.Message, u *wire.Unlisted, e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.addShape(m, u, e)
}

func (r *Route) addShape(m *wire.Message, u *wire.Unlisted, e *entry) {
	e.kinds.Or(kindOf(u))
	r.text = r.text[:0]
	if u.End-u.Start <= maxLook {
		r.text = m.AppendText(r.text, &u.Span)
	}
	e.add(shapeOf(u.Kind, r.text, int(u.End-u.Start)))
	clear(r.text)
}

// learn takes a path down, and says how much it read. The path may be known under another
// hash, or from before a restart.
func (r *Route) learn(m *wire.Message, u *wire.Unlisted, now time.Time) (read int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := walker{route: r, at: &r.root}
	_, read = m.PathTo(&u.Span, r, w.step)
	hash := u.Path
	if w.widened {
		hash, _ = m.PathTo(&u.Span, r, func(wire.Crumb) {}) // which has changed
	}
	switch {
	case w.lost, w.at.key == nil && r.paths >= maxPaths:
		r.overflow.Inc()
		r.known.Load().put(hash, &r.spill)
		return read
	case w.at.key == nil:
		r.paths++
		w.at.key = &entry{first: now.Unix()}
		r.addShape(m, u, w.at.key)
		r.news.Inc()
		r.store.options.Log.Info("a key that no rule names was met for the first time", "route", r.name, "path", joined(w.way), "shape", w.at.key.shape())
	}
	w.at.key.count.Add(1)
	w.at.key.last.Store(now.Unix())
	r.known.Load().put(hash, w.at.key)
	return read
}

// walker goes down the tree along the way to a value, and makes what is missing.
type walker struct {
	route   *Route
	at      *node
	way     []string
	widened bool
	lost    bool // there is no room
}

func (w *walker) step(c wire.Crumb) {
	if w.lost || len(w.way) > maxDepth {
		return
	}
	text := written(c)
	if len(w.way) == maxDepth {
		text = "**"
	}
	if c.Kind == wire.CrumbName && text != "**" {
		text = w.name(c, text)
	}
	w.at = w.route.kid(w.at, text)
	w.way = append(w.way, text)
	w.lost = w.at == nil
}

// name gives the step that a name is: of an object with very many names it is a star.
func (w *walker) name(c wire.Crumb, text string) string {
	switch {
	case w.at.wide:
	case w.at.kids[text] != nil || len(w.at.kids) < maxKids:
		return text
	default:
		w.route.widen(w.at)
	}
	w.widened = w.widened || !w.route.isWide(c.Object)
	w.route.markWide(c.Object)
	return "*"
}

// kid gives the node of a step; nil: there is no room.
func (r *Route) kid(n *node, step string) *node {
	if k := n.kids[step]; k != nil {
		return k
	}
	if r.nodes >= maxNodes {
		return nil
	}
	if n.kids == nil {
		n.kids = make(map[string]*node)
	}
	r.nodes++
	k := new(node)
	n.kids[step] = k
	return k
}

func (r *Route) markWide(object uint64) {
	before := *r.wide.Load()
	if _, known := before[object]; known || len(before) >= maxNodes {
		return
	}
	after := maps.Clone(before)
	after[object] = struct{}{}
	r.wide.Store(&after)
}

// widen gives the members of an object one path together. What led to their paths is
// forgotten.
func (r *Route) widen(n *node) {
	all := &node{}
	for step, k := range n.kids {
		if !isNameless(step) {
			all.merge(k)
			delete(n.kids, step)
		}
	}
	n.kids["*"], n.wide = all, true
	r.nodes, r.paths = r.root.size()
	r.known.Store(newTable())
}

// merge takes another node's paths in.
func (n *node) merge(other *node) {
	switch {
	case n.key == nil:
		n.key = other.key
	case other.key != nil:
		n.key.merge(other.key)
	}
	n.wide = n.wide || other.wide
	for step, k := range other.kids {
		switch mine := n.kids[step]; {
		case mine != nil:
			mine.merge(k)
		case n.kids == nil:
			n.kids = map[string]*node{step: k}
		default:
			n.kids[step] = k
		}
	}
}

func (e *entry) merge(other *entry) {
	e.count.Add(other.count.Load())
	e.first = min(e.first, other.first)
	e.last.Store(max(e.last.Load(), other.last.Load()))
	e.kinds.Or(other.kinds.Load())
	for _, s := range other.shapes {
		e.add(s)
	}
}

// size counts the nodes below, and the paths.
func (n *node) size() (nodes, paths int) {
	if n.key != nil {
		paths = 1
	}
	for _, k := range n.kids {
		inner, more := k.size()
		nodes, paths = nodes+1+inner, paths+more
	}
	return nodes, paths
}
