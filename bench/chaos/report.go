package chaos

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// calm is what goes on while no fault does.
const calm = "(none)"

// maxShown bounds the violations that are written out.
const maxShown = 20

// Report is what came of a campaign.
type Report struct {
	mu       sync.Mutex
	now      string // the fault that goes on
	kinds    map[string]*kind
	order    []string
	granted  int
	denied   int
	checked  int // withdrawals
	oldest   time.Duration
	changes  map[outcome]int
	lost     int
	findings []string
	number   int // of findings
}

// kind is what happened during the faults of one kind.
type kind struct {
	faults    int
	latencies []time.Duration
	recovery  time.Duration // the longest
}

func newReport() *Report {
	r := &Report{now: calm, kinds: map[string]*kind{}, changes: map[outcome]int{}}
	r.kind(calm)
	return r
}

// kind is called with the lock held.
func (r *Report) kind(name string) *kind {
	if r.kinds[name] == nil {
		r.kinds[name] = &kind{}
		r.order = append(r.order, name)
	}
	return r.kinds[name]
}

func (r *Report) begin(fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kind(fault).faults++
	r.now = fault
}

func (r *Report) end(fault string, recovery time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.kind(fault)
	k.recovery = max(k.recovery, recovery)
	r.now = calm
}

func (r *Report) current() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *Report) served(during string, took time.Duration, granted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.kind(during)
	k.latencies = append(k.latencies, took)
	if granted {
		r.granted++
	} else {
		r.denied++
	}
}

func (r *Report) judged(v verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.first {
		r.checked++
	}
}

// stale notes a request that was served under a grant withdrawn a while before.
func (r *Report) stale(age time.Duration, what string) {
	r.mu.Lock()
	r.oldest = max(r.oldest, age)
	r.mu.Unlock()
	if age > limit {
		r.violate("%s: served under a grant that was withdrawn %v before the request was sent", what, age)
	}
}

func (r *Report) changed(o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes[o]++
}

// forgotten counts acknowledged changes that a failover has undone.
func (r *Report) forgotten() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost++
}

func (r *Report) violate(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.number++; len(r.findings) < maxShown {
		r.findings = append(r.findings, fmt.Sprintf(format, args...))
	}
}

// Requests counts those that were served.
func (r *Report) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.granted + r.denied
}

// Faults counts those that were injected.
func (r *Report) Faults() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.kinds {
		n += k.faults
	}
	return n
}

// Checked counts the withdrawals that requests were judged by more than a second later.
func (r *Report) Checked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.checked
}

// Violations gives their number, and the first of them.
func (r *Report) Violations() (number int, first []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.number, slices.Clone(r.findings)
}

// at gives a part of the latencies, which are sorted.
func at(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(part*float64(len(sorted)-1))]
}

// Latency gives the time of the request that a part of those during a kind of fault
// did not exceed, and their number.
func (r *Report) Latency(during string, part float64) (took time.Duration, requests int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.kind(during)
	slices.Sort(k.latencies)
	return at(k.latencies, part), len(k.latencies)
}

// Print writes the tables.
func (r *Report) Print(w io.Writer, title string) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%s\nfault\tinjected\trequests\tmedian ms\tp99 ms\tworst ms\tin order after ms\t\n", title)
	for _, name := range r.order {
		half, requests := r.Latency(name, 0.5)
		most, _ := r.Latency(name, 0.99)
		worst, _ := r.Latency(name, 1)
		k := r.kinds[name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t\n", name, k.faults, requests, ms(half), ms(most), ms(worst), ms(k.recovery))
	}
	_ = table.Flush()
	number, first := r.Violations()
	fmt.Fprintf(w, "%d faults, %d requests: %d served as granted, %d as denied\n", r.Faults(), r.Requests(), r.granted, r.denied)
	fmt.Fprintf(w, "changes: %d confirmed, %d without certainty, %d refused; %d acknowledged ones lost by a failover\n",
		r.changes[confirmed], r.changes[open], r.changes[refused], r.lost)
	fmt.Fprintf(w, "%d withdrawals checked, the oldest grant served was withdrawn %s ms before the request; %d violations\n\n", r.checked, ms(r.oldest), number)
	for _, finding := range first {
		fmt.Fprintln(w, "  VIOLATION", finding)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()*1e3) }
