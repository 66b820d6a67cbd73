// Package explain runs one request through the code that serves, without a network and
// without a store of its own, and tells what is sent and why.
package explain

// Outcome is what becomes of a request.
type Outcome string

// The outcomes.
const (
	Forwarded Outcome = "forwarded"
	Absorbed  Outcome = "absorbed" // answered here, by a rule or because nothing was left to send
	Refused   Outcome = "refused"  // with refuse: absorb the client sees an absorbed answer all the same
	Unrouted  Outcome = "unrouted"
)

// Result is what became of one request, and why. It holds values of the request: it is
// for whoever supplied that request, and for nobody else.
type Result struct {
	Outcome  Outcome  `json:"outcome"`
	Status   int      `json:"status"` // of the answer to the client
	Reason   string   `json:"reason,omitempty"`
	Detail   string   `json:"detail,omitempty"`
	Offset   *int     `json:"offset,omitempty"` // in the layer that could not be read
	Route    string   `json:"route,omitempty"`
	Upstream string   `json:"upstream,omitempty"`
	Report   bool     `json:"report,omitempty"` // the route is in report mode; see setup.Explainer for what is told then
	Fixes    []string `json:"fixes,omitempty"`  // what was put right in the request before it was run
	Notes    []string `json:"notes,omitempty"`  // in what the run differs from serving

	Subjects []Subject `json:"subjects"`
	Records  []Record  `json:"records"`
	Fields   []Field   `json:"fields"`

	// Leftovers look like identifiers, stay as they are, and no rule met them.
	Leftovers []Leftover `json:"leftovers,omitempty"`

	Received []Layer `json:"received,omitempty"` // the request as read, layer by layer
	Sent     *Sent   `json:"sent,omitempty"`     // nil: the upstream got nothing
	Answer   Answer  `json:"answer"`
	Expected []Layer `json:"expected,omitempty"` // Request.Expected as read; none where it cannot be

	Needed []Need `json:"needed,omitempty"` // what the backend needs, and was sent less of
}

// Need is a field that a rule file says the backend cannot do without.
type Need struct {
	Where  string  `json:"where"` // as the rule file writes it
	Rule   *Origin `json:"rule"`
	Before int     `json:"before"` // how many there were, in records that were sent
	After  int     `json:"after"`
}

// Origin is where a rule, a signal or an announcement stands.
type Origin struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// The states of a subject.
const (
	Found       = "found"
	Missing     = "missing"     // the store holds no record of it
	Unknown     = "unknown"     // the store gave no answer
	Placeholder = "placeholder" // the value stands for no device: it is no subject
)

// Subject is a place where the request names a device or a person.
type Subject struct {
	Kind   string   `json:"kind"`
	Value  string   `json:"value"` // in canonical form
	Where  string   `json:"where"`
	Short  string   `json:"short"`
	Record int      `json:"record"` // index in Result.Records; 0: outside of them
	State  string   `json:"state"`
	Flags  []string `json:"flags"` // what its record grants now
}

// Record is one unit of decision. The first is everything outside the records: where
// there are others, it has the flags that all of them have.
type Record struct {
	Where    string   `json:"where,omitempty"` // its value; empty: everything outside the records
	Subjects []string `json:"subjects"`        // KIND:VALUE of those that decided
	From     string   `json:"from"`            // own, siblings, outside, default or records
	Flags    []string `json:"flags"`
	Lost     []Lost   `json:"lost,omitempty"`
	Minor    bool     `json:"minor,omitempty"`
	Dropped  bool     `json:"dropped,omitempty"`
}

// Why flags are lost.
const (
	LostDenied      = "denied"       // the record of the subject does not grant them
	LostNoSubject   = "no_subject"   // nobody is named, and consent.default does not grant them
	LostNoRecord    = "no_record"    // nobody who is named has a record
	LostUnknown     = "unknown"      // the store gave no answer
	LostDeleted     = "deleted"      // consent was withdrawn as a whole
	LostExpired     = "expired"      // the grant has ended
	LostPolicy      = "policy"       // it was given under an older policy than consent.min_policy
	LostSignal      = "signal"       // the request says so of itself
	LostMinor       = "minor"        // a minor never has them
	LostRecords     = "records"      // another record of the request lacks them
	LostCrossBorder = "cross_border" // the upstream is abroad: the record is not sent
)

// Lost is a reason why a record does not have flags.
type Lost struct {
	Why     string   `json:"why"`
	Flags   []string `json:"flags"`
	Subject string   `json:"subject,omitempty"` // whose record
	Signal  *Origin  `json:"signal,omitempty"`
}

// Why a field was left as it is, although a rule met it, or went without one.
const (
	WhyGranted     = "granted"
	WhyKeep        = "keep" // the rule says so
	WhyExempt      = "exempt"
	WhyPlaceholder = "placeholder" // it stands for nothing
	WhyReport      = "report"      // the route, or the rule, is in report mode
	WhyWeaker      = "weaker"      // another rule did something stronger
	WhyNothing     = "nothing"     // the action had nothing to change
	WhyInside      = "inside"      // the value is read as a document: its fields are met one by one
	WhyUnread      = "unread"      // it stands where rules look inside, and cannot be read
	WhyHeader      = "own_header"  // X-Consent-Subject is for consentd alone
	WhyAnnounced   = "announced"
	WhyUnlisted    = "unlisted" // no path of the rules lists it, and the route asks for such keys
)

// Field is one rule at one place, or an announcement.
type Field struct {
	Where  string   `json:"where"`  // layer by layer: form:data_list | base64 | gzip | json  #2.properties.$imei
	Short  string   `json:"short"`  // as rule files write it: events/properties.$imei
	Record int      `json:"record"` // index in Result.Records
	Item   string   `json:"item,omitempty"`
	Rule   *Origin  `json:"rule,omitempty"` // nil: consentd's own
	Verb   string   `json:"verb,omitempty"` // the action of the rule, as written
	Wanted string   `json:"wanted,omitempty"`
	Had    []string `json:"had"`              // the flags of the record
	Lacked []string `json:"lacked,omitempty"` // those that Wanted names and the record has not

	// Action is what was done: the verb that acted, which differs from Verb where rules
	// combined; announce; gone, with the record or the value that it stands in; or kept
	// by this rule, and then Why says why. In report mode it is the verb, and Why is report.
	Action string `json:"action"`
	Why    string `json:"why,omitempty"`
	Basis  string `json:"basis,omitempty"` // of an exemption

	Before  Bytes `json:"before"` // decoded; null: it was not there
	After   Bytes `json:"after"`  // decoded; null: it is not there
	Changed bool  `json:"changed"`

	Answer bool `json:"answer,omitempty"` // a field of the answer, not of the request
}

// Actions that are no verbs of rules.
const (
	Kept     = "kept"
	Announce = "announce"
	Gone     = "gone"
)

// Leftover is what looks like an identifier, although no rule says anything of it.
type Leftover struct {
	Where   string `json:"where"`             // as Field.Where
	Locator string `json:"locator,omitempty"` // with which a rule would meet it; none: no rule of the route reads the body
	Kind    string `json:"kind"`              // a kind of find, or one of those below
	Value   string `json:"value"`
	Within  bool   `json:"within,omitempty"` // a part of a longer text
}

// Kinds of leftovers beside those of find.
const (
	KindHash        = "hash"       // 32, 40 or 64 hex digits under the name of an identifier
	KindAndroidID   = "android_id" // 16 of them
	KindCoordinates = "coordinates"
	KindPackages    = "packages" // a list of applications
)

// Layer is one document of a message, decoded.
type Layer struct {
	Where string `json:"where"`
	Kind  string `json:"kind"` // json, form, pairs, protobuf, cookies, head, path, text, opaque
	Text  Bytes  `json:"text"`

	Container string `json:"container,omitempty"` // what rule files call it
}

// Sent is what the upstream would have got: the very bytes.
type Sent struct {
	Head   Bytes   `json:"head"` // request line and lines, with the empty one
	Body   Bytes   `json:"body"`
	Layers []Layer `json:"layers,omitempty"` // the same read again; none where it cannot be
	Unread string  `json:"unread,omitempty"` // why not, although what came could be read
}

// Answer is what the client would have got.
type Answer struct {
	Status int   `json:"status"`
	Head   Bytes `json:"head"`
	Body   Bytes `json:"body"`
}
