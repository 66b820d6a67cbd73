package rules

import (
	"errors"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
)

// addSignal compiles a condition, or a string of a standard: one of them.
func (c *compiler) addSignal(s *Signal) {
	given := 0
	for _, one := range [...]bool{s.When.Line > 0 || s.Clear.Line > 0, s.TCF != nil, s.GPP != nil, s.USPrivacy != nil} {
		if one {
			given++
		}
	}
	if given > 1 {
		c.fail(s.Pos, "a signal is either when and clear, or tcf, or gpp, or us_privacy; write several as entries of their own")
		return
	}
	from := len(c.plan.signals)
	switch {
	case s.TCF != nil:
		c.addTCF(s.TCF)
	case s.GPP != nil:
		c.addGPP(s.GPP)
	case s.USPrivacy != nil:
		c.addUSPrivacy(s.USPrivacy)
	default:
		c.addCondition(s)
	}
	for i := range c.plan.signals[from:] {
		c.plan.signals[from+i].origin = Origin{c.file.Path, s.Line, s.Column}
	}
}

func (c *compiler) addCondition(s *Signal) {
	if s.When.Line == 0 {
		c.fail(s.Pos, "the key %q is missing", "when")
	}
	if s.Clear.Line == 0 {
		c.fail(s.Pos, "the key %q is missing", "clear")
	}
	if s.When.Line == 0 || s.Clear.Line == 0 {
		return
	}
	clear := c.flagsToClear(s.Pos, &s.Clear)
	if when, ok := c.condition(s.When); ok {
		c.plan.signals = append(c.plan.signals, signal{when: when, lacks: noAtom, clear: clear, minor: s.Clear.Minors})
	}
}

// flagsToClear reads the flags of a signal; there has to be one.
func (c *compiler) flagsToClear(at strictyaml.Pos, l *FlagList) consent.Flags {
	if l.Names != nil && len(l.Names) == 0 {
		c.fail(at, "a signal that clears nothing; write clear: [device_id] or clear: minors")
	}
	return c.flagList(l)
}

// condition reads comparisons; without any it always holds.
func (c *compiler) condition(text strictyaml.String) ([]atomSet, bool) {
	if text.Line == 0 {
		return []atomSet{{}}, true
	}
	var sets []atomSet
	t, err := parseExpr(text.Value, "a comparison such as device.lmt == 1", func(p *exprParser) (uint64, error) {
		return c.atomBit(p, &sets)
	})
	if err != nil {
		c.failExpr(text, err)
		return nil, false
	}
	var when []atomSet
	for _, mask := range t {
		when = append(when, union(sets, mask))
	}
	return when, true
}

// union merges the atoms of the operands that a term names.
func union(sets []atomSet, mask uint64) (out atomSet) {
	for i := range sets {
		if mask&(1<<i) != 0 {
			out.merge(&sets[i])
		}
	}
	return out
}

// maxOperands is the number of bits of a term.
const maxOperands = 64

// atomBit reads LOCATOR OP LITERAL. Bits are those of the expression's operands.
func (c *compiler) atomBit(p *exprParser, sets *[]atomSet) (uint64, error) {
	switch {
	case len(*sets) == maxOperands:
		return 0, p.fail("a condition has more than %d comparisons; split the signal", maxOperands)
	case len(c.plan.atoms) == maxAtoms:
		return 0, p.fail("the rule files of a route have more than %d comparisons in their signals", maxAtoms)
	}
	l, path, err := c.find(p.peek())
	if err != nil {
		return 0, p.fail("%v", err)
	}
	p.next()
	a, err := p.comparison()
	if err != nil {
		return 0, err
	}
	var set atomSet
	set.add(c.addAtom(l, path[len(path)-1], a))
	*sets = append(*sets, set)
	return 1 << (len(*sets) - 1), nil
}

// comparison reads OP LITERAL.
func (p *exprParser) comparison() (atom, error) {
	op, ok := comparisonOf(p.peek())
	if !ok {
		return atom{}, p.fail("expected ==, !=, <, <=, > or >=, got %s", p.got())
	}
	p.next()
	switch p.peek() {
	case "", "(", ")", "and", "or":
		return atom{}, p.fail("expected a value to compare with, got %s", p.got())
	}
	a := newAtom(op, p.peek())
	if op.isOrder() && !a.numeric {
		return a, p.fail("expected a number, since < and > compare numbers, got %s", p.got())
	}
	p.next()
	return a, nil
}

func (c *compiler) addAtom(l wire.Locator, at wire.NodeID, a atom) int32 {
	c.want(l, at, wire.Scalars)
	i := int32(len(c.plan.atoms))
	n := c.node(at)
	n.atoms = append(n.atoms, i)
	c.plan.atoms = append(c.plan.atoms, a)
	return i
}

func (c *compiler) failExpr(at strictyaml.String, err error) {
	var e *exprError
	if errors.As(err, &e) {
		c.failIn(at, e.offset, "%v", err)
		return
	}
	c.fail(at.Pos, "%v", err)
}

// flagList reports the flags that it does not know.
func (c *compiler) flagList(l *FlagList) consent.Flags {
	if l.Minors {
		return c.plan.options.Minors
	}
	var set consent.Flags
	for _, name := range l.Names {
		f, known := c.plan.options.Vocabulary.Flag(name.Value)
		if !known {
			c.fail(name.Pos, "%s", c.unknownFlag(name.Value))
		}
		set |= f
	}
	return set
}

func (c *compiler) unknownFlag(name string) string {
	return unknown("flag", name, c.plan.options.Vocabulary.Names())
}

// flagExpr reads an expression over flags; never holds nowhere.
func (c *compiler) flagExpr(s strictyaml.String) (terms, bool) {
	if s.Value == never {
		return nil, true
	}
	t, err := parseExpr(s.Value, "a flag", c.flagBit)
	if err != nil {
		c.failExpr(s, err)
	}
	return t, err == nil
}

const never = "never"

func (c *compiler) flagBit(p *exprParser) (uint64, error) {
	f, known := c.plan.options.Vocabulary.Flag(p.peek())
	switch {
	case p.peek() == never:
		return 0, p.fail("never stands alone: unless: never")
	case !known && strictyaml.Suggest(p.peek(), []string{never}) != "":
		return 0, p.fail("%s", unknown("flag", p.peek(), []string{never}))
	case !known:
		return 0, p.fail("%s", c.unknownFlag(p.peek()))
	}
	p.next()
	return uint64(f), nil
}
