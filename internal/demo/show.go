package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/terminal"
)

// The captures that are shown. SOURCES.txt beside them says where they are from.
const (
	phoneInParis = "03-app-ifa-geo-latlon.json"
	appInSeattle = "04-app-userdata-geo-gdpr-schain.json"
	chineseApp   = "07-app-cn-imei-oaid-gaid-in-user-ext.json"
)

// Run sends all samples.
func (s *Show) Run() error {
	defer s.client.CloseIdleConnections()
	s.welcome()
	if err := s.sameFromThree(); err != nil {
		return err
	}
	for _, one := range scenes() {
		if err := s.play(one); err != nil {
			return err
		}
	}
	return s.unreadable()
}

func (s *Show) welcome() {
	s.printf("%s\n\n", s.paint(terminal.Bold, "consentd removes from requests what the device did not consent to."))
	s.printf("  apps ──▶ %s ──▶ backend\n", s.paint(terminal.Cyan, "consentd "+s.Proxy))
	s.printf("                  %s\n", s.paint(terminal.Dim, "└ consent records, metrics: admin "+s.Admin))
	s.printf("\nThree devices, and what they granted:\n\n")
	var rows [][]terminal.Cell
	for _, d := range Devices() {
		granted := strings.Join(d.Granted, ", ")
		color := terminal.Yellow
		switch {
		case d.All:
			granted, color = "everything", terminal.Green
		case granted == "":
			granted, color = "nothing", terminal.Red
		}
		rows = append(rows, []terminal.Cell{cell(d.Subject(), terminal.Cyan), cell(granted, color)})
	}
	s.table(rows, 44, 60)
	s.printf("\nWhat follows are recorded OpenRTB requests, sent through the proxy just now.\n")
}

func (s *Show) source(name string) { s.printf("%s\n\n", s.paint(terminal.Dim, "   "+name)) }

// scene is one request and its story.
type scene struct {
	title   string
	capture string
	headers []headerLine
	all     bool // from the device that granted everything
}

func scenes() []scene {
	return []scene{
		{"2. Some is granted, but the request is under the GDPR, and its consent string is none", appInSeattle, nil, false},
		{"3. Everything is granted: the phone in Paris again", phoneInParis, nil, true},
		{"4. The same phone says Sec-GPC: 1, and takes back what it granted for ads", phoneInParis, []headerLine{{"Sec-GPC", "1"}}, true},
		{"5. Nobody knows this device, so nothing is granted: IMEI, OAID and GAID in lists", chineseApp, nil, false},
	}
}

func (s *Show) play(one scene) error {
	sent, err := capture(one.capture, one.headers...)
	if err != nil {
		return err
	}
	if devices := Devices(); one.all {
		sent = sent.as(devices[0], devices[2])
	}
	r, err := s.send(sent)
	if err != nil {
		return err
	}
	s.title("%s", one.title)
	s.story(one.capture, &r)
	return nil
}

// unreadable sends a request that ends too early.
func (s *Show) unreadable() error {
	one, err := capture(phoneInParis)
	if err != nil {
		return err
	}
	one.body = one.body[:len(one.body)/2]
	r, err := s.send(one)
	if err != nil {
		return err
	}
	s.title("6. What cannot be read is not sent on: the first request, cut in half")
	got := "the backend got it"
	if r.arrived == nil {
		got = "the backend got nothing"
	}
	s.printf("\n  %s, %s\n  %s\n", s.paint(terminal.Red, fmt.Sprintf("%d", r.status)), got, s.paint(terminal.Dim, strings.TrimSpace(string(r.answer))))
	return nil
}

// story tells one request: who sent it, what changed and why.
func (s *Show) story(name string, r *result) {
	s.source(name)
	s.who(r.why)
	if r.arrived == nil {
		s.printf("  %s\n", s.paint(terminal.Red, fmt.Sprintf("%d, the backend got nothing", r.status)))
		return
	}
	s.changes(r)
	bodyChanges := slices.ContainsFunc(r.changes, func(c Change) bool { return !isHeader(c) })
	if !bodyChanges {
		s.printf("\n  %s\n", s.paint(terminal.Green, fmt.Sprintf("The body, %d bytes, went out byte for byte.", len(r.body))))
	}
	s.printf("\n  %s\n", s.paint(terminal.Dim, fmt.Sprintf("%d of the %d fields in the body went out as they were; answered with %d in %s",
		r.kept, r.fields, r.status, r.took.Round(10*time.Microsecond))))
}

// isHeader tells headers from fields of the body, which begin with a small letter.
func isHeader(c Change) bool { return c.Path != "" && c.Path[0] >= 'A' && c.Path[0] <= 'Z' }

func (s *Show) who(r *explain.Result) {
	var unknown, seen []string
	for _, subject := range r.Subjects {
		name := subject.Kind + ":" + subject.Value
		if slices.Contains(seen, name) {
			continue
		}
		seen = append(seen, name)
		granted, color := strings.Join(subject.Flags, ", "), terminal.Yellow
		switch {
		case subject.State != explain.Found:
			unknown = append(unknown, name)
			continue
		case granted == "":
			granted, color = "nothing", terminal.Red
		case len(subject.Flags) == s.Flags:
			granted, color = "everything", terminal.Green
		}
		s.printf("  %s granted %s\n", s.paint(terminal.Cyan, name), s.paint(color, granted))
	}
	if len(unknown) > 0 && len(unknown) == len(seen) {
		s.printf("  %s %s\n", s.paint(terminal.Cyan, unknown[0]), s.paint(terminal.Red, fmt.Sprintf("and %d other ids have no record", len(unknown)-1)))
	}
	if lost := signalled(r); len(lost) > 0 {
		s.printf("  %s %s\n", s.paint(terminal.Yellow, "the request itself takes away"), strings.Join(lost, ", "))
	}
	s.printf("\n")
}

// signalled lists the flags that the request takes from itself.
func signalled(r *explain.Result) (flags []string) {
	for _, record := range r.Records {
		for _, lost := range record.Lost {
			for _, flag := range lost.Flags {
				own := lost.Why == explain.LostSignal || lost.Why == explain.LostMinor
				if own && !slices.Contains(flags, flag) {
					flags = append(flags, flag)
				}
			}
		}
	}
	return flags
}

// valueWidth is how much of a value is shown.
const valueWidth = 26

func (s *Show) changes(r *result) {
	var rows [][]terminal.Cell
	for _, c := range r.changes {
		was, is := terminal.CutPair(plain(c.Before), plain(c.After), valueWidth)
		before, after := cell(was, terminal.Dim), cell("→ "+is, terminal.Yellow)
		switch {
		case c.After == "":
			after = cell("✗ removed", terminal.Red)
		case c.Before == "":
			before, after = cell(absent, terminal.Dim), cell("+ "+plain(c.After), terminal.Cyan)
		}
		rows = append(rows, []terminal.Cell{cell(c.Path, ""), before, after, cell(c.Why, terminal.Dim)})
	}
	s.table(rows, 18, valueWidth, valueWidth+2, 40)
}
