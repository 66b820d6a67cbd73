package demo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/terminal"
)

// absent stands for a field that is not there.
const absent = "–"

// sameFromThree shows one request as each of the devices sends it.
func (s *Show) sameFromThree() error {
	one, err := capture(phoneInParis)
	if err != nil {
		return err
	}
	devices := Devices()
	var results []result
	for _, d := range devices {
		r, err := s.send(one.as(devices[0], d))
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	s.title("1. One request, three devices: a phone in Paris opens an app")
	s.source(phoneInParis)
	s.comparison(results)
	return nil
}

// comparison is a table of every field that changed for any device, by the consent
// that it needs.
func (s *Show) comparison(results []result) {
	head := []terminal.Cell{cell("field", terminal.Dim), cell("as sent", terminal.Dim)}
	for _, d := range Devices() {
		head = append(head, cell(d.Name+" granted", terminal.Dim))
	}
	rows, group := [][]terminal.Cell{head}, ""
	for _, c := range changed(results) {
		if c.Why != group {
			group = c.Why
			rows = append(rows, []terminal.Cell{cell(group, terminal.Cyan)})
		}
		sent := sentText(c.Path, results)
		row := []terminal.Cell{cell("  "+c.Path, ""), cell(sent, "")}
		for i := range results {
			row = append(row, outcome(sent, results[i].change(c.Path)))
		}
		rows = append(rows, row)
	}
	s.table(rows, 18, 20, 18, 18, 18)
	s.printf("\n  %s\n", s.paint(terminal.Dim, fmt.Sprintf("The other %d fields of the body went out as they were, whoever sent it.", results[0].kept)))
}

// changed lists the fields that changed, those of one reason together.
func changed(results []result) []Change {
	var list []Change
	for i := range results {
		for _, c := range results[i].changes {
			if !slices.ContainsFunc(list, func(o Change) bool { return o.Path == c.Path }) {
				list = append(list, c)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Change) int { return strings.Compare(a.Why, b.Why) })
	return list
}

func (r *result) change(path string) *Change {
	for i := range r.changes {
		if r.changes[i].Path == path {
			return &r.changes[i]
		}
	}
	return nil
}

// sentText is what the devices sent; their ids differ.
func sentText(path string, results []result) string {
	text := ""
	for i := range results {
		c := results[i].change(path)
		switch {
		case c == nil:
		case text == "":
			text = plain(c.Before)
		case text != plain(c.Before):
			return "its own"
		}
	}
	if text == "" {
		return absent
	}
	return text
}

func outcome(sent string, c *Change) terminal.Cell {
	switch {
	case c == nil && sent == absent:
		return cell(absent, terminal.Dim)
	case c == nil:
		return cell("as sent", terminal.Green)
	case c.After == "":
		return cell("removed", terminal.Red)
	case c.Before == "":
		return cell("+ "+plain(c.After), terminal.Cyan)
	case c.Why == clientAdded:
		return cell("as sent, + client", terminal.Green)
	default:
		_, after := terminal.CutPair(plain(c.Before), plain(c.After), 18)
		return cell(after, terminal.Yellow)
	}
}
