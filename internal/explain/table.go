package explain

import (
	"slices"

	"github.com/consentd/consentd/internal/consent"
)

// Table tells what becomes of every field under each flag alone.
type Table struct {
	Flags []string `json:"flags"` // of the columns; the first column grants nothing, the last everything
	Rows  []Row    `json:"rows"`
}

// Row is one place of the request, and what becomes of it: AsIs, Absent, NotSent or an action.
type Row struct {
	Where string   `json:"where"`
	Short string   `json:"short"`
	Items []string `json:"items,omitempty"`
	Fates []string `json:"fates"` // one more than flags on either side
}

// What becomes of a place, beside the actions.
const (
	AsIs    = "as is"
	Absent  = "absent"
	NotSent = "not sent"
)

// Tabulate runs a request with nothing granted, with each flag alone, and with
// everything. Whoever is named in it has the same record.
func Tabulate(run func(consent.Record) *Result, v *consent.Vocabulary) Table {
	t := Table{Flags: v.Names()}
	sets := []consent.Flags{0}
	for _, name := range t.Flags {
		flag, _ := v.Flag(name)
		sets = append(sets, flag)
	}
	for column, flags := range append(sets, v.All()) {
		t.add(run(consent.Record{Granted: flags, Denied: v.All() &^ flags}), column, len(sets)+1)
	}
	return t
}

func (t *Table) add(r *Result, column, columns int) {
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Answer {
			continue
		}
		row := t.row(f, columns)
		if f.Item != "" && !slices.Contains(row.Items, f.Item) {
			row.Items = append(row.Items, f.Item)
		}
		if row.Fates[column] == Absent || f.Changed && f.Action != Kept {
			row.Fates[column] = fate(r, f)
		}
	}
}

func (t *Table) row(f *Field, columns int) *Row {
	for i := range t.Rows {
		if t.Rows[i].Where == f.Where {
			return &t.Rows[i]
		}
	}
	t.Rows = append(t.Rows, Row{f.Where, f.Short, nil, slices.Repeat([]string{Absent}, columns)})
	return &t.Rows[len(t.Rows)-1]
}

func fate(r *Result, f *Field) string {
	switch {
	case r.Outcome != Forwarded:
		return NotSent
	case !f.Changed || f.Action == Kept:
		return AsIs
	}
	return f.Action
}
