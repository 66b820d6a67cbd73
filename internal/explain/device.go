package explain

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/consent"
)

// Run is what runs requests: Runner.Run, or what does more.
type Run func(Request) *Result

// For runs a request for devices. For one that the request does not name, the header
// X-Consent-Subject is added. Whether that makes it decide is told in the notes.
func For(run Run, request Request, devices ...consent.Subject) *Result {
	result := run(request)
	var added []consent.Subject
	for _, device := range devices {
		if !result.names(device) {
			request.Raw = withLine(request.Raw, "X-Consent-Subject: "+device.String())
			added = append(added, device)
		}
	}
	if len(added) == 0 {
		return result
	}
	result = run(request)
	for _, device := range added {
		result.Notes = append(slices.Clone(result.Notes), result.standing(device))
	}
	return result
}

// standing tells of a device that was added.
func (r *Result) standing(device consent.Subject) string {
	note := fmt.Sprintf("the request does not name %s: it was added as X-Consent-Subject", device)
	decides := slices.ContainsFunc(r.Records, func(one Record) bool { return slices.Contains(one.Subjects, device.String()) })
	if len(r.Records) > 0 && !decides {
		note += ", but the subjects in the body decide"
	}
	return note
}

func (r *Result) names(device consent.Subject) bool {
	return slices.ContainsFunc(r.Subjects, func(s Subject) bool { return s.Kind == device.Kind && s.Value == device.Value })
}

// withLine adds a header line after the request line.
func withLine(raw []byte, line string) []byte {
	raw = bytes.TrimLeft(raw, "\r\n")
	first, rest, _ := bytes.Cut(raw, []byte("\n"))
	end := "\n"
	if strings.HasSuffix(string(first), "\r") {
		end = "\r\n"
	}
	return slices.Concat(first, []byte("\n"+line+end), rest)
}
