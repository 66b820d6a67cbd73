package proxy

import (
	"maps"
	"slices"
)

// Reason says in one word why a request was not passed on. The same word is
// written to the log, labels the metric and stands in the problem that the client
// gets, so that the three can be put side by side.
type Reason string

// The reasons of this package. A word, once published, keeps its meaning.
const (
	// The head of the request.
	ReasonMalformedHead       Reason = "malformed_head"
	ReasonHeaderTooLarge      Reason = "header_too_large"
	ReasonTooManyHeaderLines  Reason = "too_many_header_lines"
	ReasonBadHeaderName       Reason = "bad_header_name"
	ReasonBadHeaderValue      Reason = "bad_header_value"
	ReasonRepeatedHeader      Reason = "repeated_header"
	ReasonFoldedHeader        Reason = "folded_header"
	ReasonAmbiguousFraming    Reason = "ambiguous_framing"
	ReasonTrailers            Reason = "trailers_not_supported"
	ReasonBadHost             Reason = "bad_host"
	ReasonBadTarget           Reason = "bad_target"
	ReasonBadPath             Reason = "bad_path"
	ReasonVersionNotSupported Reason = "version_not_supported"
	ReasonMethodNotSupported  Reason = "method_not_supported"
	ReasonUpgradeNotSupported Reason = "upgrade_not_supported"
	ReasonExpectationFailed   Reason = "expectation_failed"
	ReasonReadTimeout         Reason = "read_timeout"

	// Routes and rules.
	ReasonNoRoute        Reason = "no_route"
	ReasonMalformedBody  Reason = "malformed_body"
	ReasonOpaqueBody     Reason = "opaque_body"
	ReasonBodyTooLarge   Reason = "body_too_large"
	ReasonDecodedTooBig  Reason = "decoded_too_large"
	ReasonTooDeep        Reason = "too_deep"
	ReasonTooManyLayers  Reason = "too_many_layers"
	ReasonTooManyRecords Reason = "too_many_records"
	ReasonRejectedByRule Reason = "rejected_by_rule"

	// The proxy itself and what it depends on.
	ReasonOverloaded         Reason = "overloaded"
	ReasonTooManyConnections Reason = "too_many_connections"
	ReasonStoreUnavailable   Reason = "store_unavailable"
	ReasonInternal           Reason = "internal"

	// The upstream.
	ReasonUpstreamRefused    Reason = "upstream_refused"
	ReasonUpstreamTimeout    Reason = "upstream_timeout"
	ReasonUpstreamBusy       Reason = "upstream_busy"
	ReasonUpstreamUnreadable Reason = "upstream_answer_unreadable"
	ReasonUpstreamTooLarge   Reason = "upstream_answer_too_large"
	ReasonUpstreamRedirect   Reason = "upstream_redirect"
)

// traits is what follows from a reason.
type traits struct {
	status int
	closes bool // where the next request starts is uncertain, or the body is unread
}

// reasonTraits is a constant table. A reason that is missing here counts as
// internal, so that a forgotten entry refuses.
var reasonTraits = map[Reason]traits{
	ReasonMalformedHead:       {400, true},
	ReasonHeaderTooLarge:      {431, true},
	ReasonTooManyHeaderLines:  {431, true},
	ReasonBadHeaderName:       {400, true},
	ReasonBadHeaderValue:      {400, true},
	ReasonRepeatedHeader:      {400, true},
	ReasonFoldedHeader:        {400, true},
	ReasonAmbiguousFraming:    {400, true},
	ReasonTrailers:            {400, true},
	ReasonBadHost:             {400, true},
	ReasonBadTarget:           {400, true},
	ReasonBadPath:             {400, true},
	ReasonVersionNotSupported: {505, true},
	ReasonMethodNotSupported:  {501, true},
	ReasonUpgradeNotSupported: {501, true},
	ReasonExpectationFailed:   {417, true},
	ReasonReadTimeout:         {408, true},

	ReasonNoRoute:        {404, false},
	ReasonMalformedBody:  {422, false},
	ReasonOpaqueBody:     {415, false},
	ReasonBodyTooLarge:   {413, false},
	ReasonDecodedTooBig:  {413, false},
	ReasonTooDeep:        {413, false},
	ReasonTooManyLayers:  {413, false},
	ReasonTooManyRecords: {413, false},
	ReasonRejectedByRule: {422, false},

	ReasonOverloaded:         {503, false},
	ReasonTooManyConnections: {503, true},
	ReasonStoreUnavailable:   {503, false},
	ReasonInternal:           {500, false},

	ReasonUpstreamRefused:    {502, false},
	ReasonUpstreamTimeout:    {504, false},
	ReasonUpstreamBusy:       {503, false},
	ReasonUpstreamUnreadable: {502, false},
	ReasonUpstreamTooLarge:   {502, false},
	ReasonUpstreamRedirect:   {502, false},
}

func (r Reason) traits() traits {
	if t, ok := reasonTraits[r]; ok {
		return t
	}
	return traits{status: 500, closes: true}
}

// Status is the HTTP status of a refusal for this reason.
func (r Reason) Status() int { return r.traits().status }

// Closes reports whether the connection ends with the refusal.
func (r Reason) Closes() bool { return r.traits().closes }

// Reasons lists all of them, in the order of the alphabet.
func Reasons() []Reason { return slices.Sorted(maps.Keys(reasonTraits)) }
