package replay

// Report is what became of the requests of captures. Lists begin with what is most.
type Report struct {
	Files    int       `json:"files"`
	Requests int       `json:"requests"`
	Skipped  int       `json:"skipped"` // entries of archives that no server of HTTP was asked
	Routes   []Route   `json:"routes"`
	Items    []Item    `json:"items"`
	Refusals []Refusal `json:"refusals"`
	Changed  []Change  `json:"changed"`

	Unlisted  []Unlisted `json:"unlisted"`
	Leftovers []Leftover `json:"leftovers"`
	Overflow  int        `json:"overflow,omitempty"` // leftovers at more places than are told apart

	Problems []Problem `json:"problems"`
}

// Route is what became of the requests of one route; none has an empty name.
type Route struct {
	Route     string `json:"route"`
	Forwarded int    `json:"forwarded"`
	Absorbed  int    `json:"absorbed"`
	Refused   int    `json:"refused"`
	Report    bool   `json:"report,omitempty"` // in report mode
}

// Item is how often something was done to an item.
type Item struct {
	Item   string `json:"item"`
	Action string `json:"action"`           // a verb, gone (with what it stood in), or kept
	Why    string `json:"why,omitempty"`    // kept: granted, exempt, ...
	Report bool   `json:"report,omitempty"` // it would have been done, but for report mode
	Count  int    `json:"count"`
}

// Example is the first request of its kind.
type Example struct {
	Place
	Offset *int   `json:"offset,omitempty"` // in the layer that could not be read
	Detail string `json:"detail,omitempty"`
	Value  string `json:"value,omitempty"` // where values were asked for

	seq int
}

// Refusal is a reason for which requests of a route were refused.
type Refusal struct {
	Route  string  `json:"route"`
	Reason string  `json:"reason"`
	Count  int     `json:"count"`
	First  Example `json:"first"`
}

// Leftover is a place whose values go out, look like identifiers, and are met by no rule.
type Leftover struct {
	Route string  `json:"route"`
	At    string  `json:"at"` // a locator, with * for names that may be values
	Kind  string  `json:"kind"`
	Count int     `json:"count"`
	First Example `json:"first"`
}

// Unlisted is a key that no rule names.
type Unlisted struct {
	Route string `json:"route"`
	Path  string `json:"path"`
	Shape string `json:"shape"` // what its values look like
	Count int    `json:"count"`
}

// What changes the meaning of a request for its backend.
const (
	ChangeNeeded = "needed" // it lost what the backend cannot do without
	ChangeUnread = "unread" // what was sent cannot be read any more
)

// Change is how requests of a route may have changed their meaning for its backend.
type Change struct {
	Route string  `json:"route"`
	What  string  `json:"what"`
	Key   string  `json:"key,omitempty"`  // needed: the locator
	Rule  string  `json:"rule,omitempty"` // needed: where it is written
	Count int     `json:"count"`
	First Example `json:"first"`
}

// Failed reports whether captures could not be read, or requests changed their meaning.
func (r *Report) Failed() bool { return len(r.Problems) > 0 || len(r.Changed) > 0 }

// Has reports whether there is anything of a kind: refusals, leftovers or unlisted.
func (r *Report) Has(kind string) bool {
	switch kind {
	case "refusals":
		return len(r.Refusals) > 0
	case "leftovers":
		return len(r.Leftovers) > 0
	case "unlisted":
		return len(r.Unlisted) > 0
	}
	return false
}
