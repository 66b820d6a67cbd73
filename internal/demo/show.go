package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
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
	s.printf("%s\n\n", s.paint(bold, "consentd removes from requests what the device did not consent to."))
	s.printf("  apps ──▶ %s ──▶ backend\n", s.paint(cyan, "consentd "+s.Proxy))
	s.printf("                  %s\n", s.paint(dim, "└ consent records, metrics: admin "+s.Admin))
	s.printf("\nThree devices, and what they granted:\n\n")
	var rows [][]cell
	for _, d := range Devices() {
		granted := strings.Join(d.Granted, ", ")
		color := yellow
		switch {
		case d.All:
			granted, color = "everything", green
		case granted == "":
			granted, color = "nothing", red
		}
		rows = append(rows, []cell{{d.Subject(), cyan}, {granted, color}})
	}
	s.table(rows, 44, 60)
	s.printf("\nWhat follows are recorded OpenRTB requests, sent through the proxy just now.\n")
}

func (s *Show) source(name string) { s.printf("%s\n\n", s.paint(dim, "   "+name)) }

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
	s.printf("\n  %s, %s\n  %s\n", s.paint(red, fmt.Sprintf("%d", r.status)), got, s.paint(dim, strings.TrimSpace(string(r.answer))))
	return nil
}

// story tells one request: who sent it, what changed and why.
func (s *Show) story(name string, r *result) {
	s.source(name)
	s.who(r.verdict)
	if r.arrived == nil {
		s.printf("  %s\n", s.paint(red, fmt.Sprintf("%d, the backend got nothing", r.status)))
		return
	}
	s.changes(r)
	bodyChanges := slices.ContainsFunc(r.changes, func(c Change) bool { return !isHeader(c) })
	if !bodyChanges {
		s.printf("\n  %s\n", s.paint(green, fmt.Sprintf("The body, %d bytes, went out byte for byte.", len(r.body))))
	}
	s.printf("\n  %s\n", s.paint(dim, fmt.Sprintf("%d of the %d fields in the body went out as they were; answered with %d in %s",
		r.kept, r.fields, r.status, r.took.Round(10*time.Microsecond))))
}

// isHeader tells headers from fields of the body, which begin with a small letter.
func isHeader(c Change) bool { return c.Path != "" && c.Path[0] >= 'A' && c.Path[0] <= 'Z' }

func (s *Show) who(v Verdict) {
	var unknown []string
	for _, subject := range v.Subjects {
		granted, color := strings.Join(subject.Granted, ", "), yellow
		switch {
		case !subject.Known:
			unknown = append(unknown, subject.Name)
			continue
		case granted == "":
			granted, color = "nothing", red
		case subject.All:
			granted, color = "everything", green
		}
		s.printf("  %s granted %s\n", s.paint(cyan, subject.Name), s.paint(color, granted))
	}
	if len(unknown) > 0 && len(unknown) == len(v.Subjects) {
		s.printf("  %s %s\n", s.paint(cyan, unknown[0]), s.paint(red, fmt.Sprintf("and %d other ids have no record", len(unknown)-1)))
	}
	if len(v.Lost) > 0 {
		s.printf("  %s %s\n", s.paint(yellow, "the request itself takes away"), strings.Join(v.Lost, ", "))
	}
	s.printf("\n")
}

// valueWidth is how much of a value is shown.
const valueWidth = 26

func (s *Show) changes(r *result) {
	var rows [][]cell
	for _, c := range r.changes {
		was, is := cutPair(plain(c.Before), plain(c.After), valueWidth)
		before, after := cell{was, dim}, cell{"→ " + is, yellow}
		switch {
		case c.After == "":
			after = cell{"✗ removed", red}
		case c.Before == "":
			before, after = cell{absent, dim}, cell{"+ " + plain(c.After), cyan}
		}
		rows = append(rows, []cell{{c.Path, ""}, before, after, {c.Why, dim}})
	}
	s.table(rows, 18, valueWidth, valueWidth+2, 40)
}
