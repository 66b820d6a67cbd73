package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/terminal"
)

// WriteTable tells what each flag alone frees. Flags that alone free nothing have no column.
func (w *Writer) WriteTable(t explain.Table) {
	columns, idle := telling(t)
	head := []terminal.Cell{{Text: "field", Color: terminal.Dim}, {Text: "item", Color: terminal.Dim}}
	names := append(append([]string{"nothing"}, t.Flags...), "everything")
	for _, c := range columns {
		head = append(head, terminal.Cell{Text: names[c], Color: terminal.Dim})
	}
	rows := [][]terminal.Cell{head}
	untouched := 0
	for i := range t.Rows {
		r := &t.Rows[i]
		if !w.All && !slices.ContainsFunc(r.Fates, func(fate string) bool { return fate != explain.AsIs }) {
			untouched++
			continue
		}
		row := []terminal.Cell{{Text: terminal.Plain(r.Where)}, {Text: strings.Join(r.Items, ", "), Color: terminal.Dim}}
		for _, c := range columns {
			row = append(row, fateCell(r.Fates[c]))
		}
		rows = append(rows, row)
	}
	w.Table(rows, make([]int, len(head))...)
	if untouched > 0 {
		w.Printf("\n  %s\n", w.Paint(terminal.Dim, fmt.Sprintf("As they are whatever is granted: %d; --all lists them", untouched)))
	}
	if len(idle) > 0 {
		w.Printf("\n  %s\n", w.Paint(terminal.Dim, "Alone, these free nothing here: "+strings.Join(idle, ", ")))
	}
}

// telling gives the columns that differ from that of nothing, and the flags of the others.
func telling(t explain.Table) (columns []int, idle []string) {
	columns = []int{0}
	for c := 1; c <= len(t.Flags); c++ {
		differs := false
		for i := range t.Rows {
			differs = differs || t.Rows[i].Fates[c] != t.Rows[i].Fates[0]
		}
		if differs {
			columns = append(columns, c)
		} else {
			idle = append(idle, t.Flags[c-1])
		}
	}
	return append(columns, len(t.Flags)+1), idle
}

func fateCell(fate string) terminal.Cell {
	switch fate {
	case explain.AsIs:
		return terminal.Cell{Text: fate, Color: terminal.Green}
	case explain.Absent:
		return terminal.Cell{Text: "–", Color: terminal.Dim}
	case "remove", explain.Gone, explain.NotSent, "drop_record":
		return terminal.Cell{Text: fate, Color: terminal.Red}
	}
	return terminal.Cell{Text: fate, Color: terminal.Yellow}
}
