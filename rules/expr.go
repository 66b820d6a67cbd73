package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxTerms bounds an expression when it is written out as alternatives.
const maxTerms = 64

// terms is an expression written out: it holds where all bits of any term are set.
// No terms never hold; a term without bits always does.
type terms []uint64

// holds is the mask test of the hot path.
func (t terms) holds(bits uint64) bool {
	for _, mask := range t {
		if bits&mask == mask {
			return true
		}
	}
	return false
}

// exprError is a fault in an expression: the offset of the word and what is wrong.
type exprError struct {
	offset int
	text   string
}

func (e *exprError) Error() string { return e.text }

// word is a token of an expression with its offset.
type word struct {
	text   string
	offset int
}

// exprParser reads words joined by and, or and parentheses. atom reads one operand
// from the words and gives its bit; wants says what an operand is.
type exprParser struct {
	words []word
	end   int
	wants string
	atom  func(*exprParser) (uint64, error)
}

func parseExpr(text, wants string, atom func(*exprParser) (uint64, error)) (terms, error) {
	p := &exprParser{words: splitWords(text), end: len(text), wants: wants, atom: atom}
	t, err := p.or()
	if err == nil && len(p.words) > 0 {
		err = p.fail("expected and, or, or the end, got %s", p.got())
	}
	return t, err
}

// fail reports a fault at the next word.
func (p *exprParser) fail(format string, args ...any) error {
	at := p.end
	if len(p.words) > 0 {
		at = p.words[0].offset
	}
	return &exprError{at, fmt.Sprintf(format, args...)}
}

// got says what the next word is, for an error.
func (p *exprParser) got() string {
	if len(p.words) == 0 {
		return "the end"
	}
	return strconv.Quote(p.words[0].text)
}

func (p *exprParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0].text
}

func (p *exprParser) next() string {
	text := p.peek()
	if len(p.words) > 0 {
		p.words = p.words[1:]
	}
	return text
}

func (p *exprParser) or() (terms, error) {
	left, err := p.and()
	for err == nil && p.peek() == "or" {
		p.next()
		var right terms
		if right, err = p.and(); err == nil {
			left, err = p.bounded(append(left, right...))
		}
	}
	return left, err
}

func (p *exprParser) and() (terms, error) {
	left, err := p.operand()
	for err == nil && p.peek() == "and" {
		p.next()
		var right terms
		if right, err = p.operand(); err == nil {
			left, err = p.bounded(product(left, right))
		}
	}
	return left, err
}

// bounded drops repetitions, and fails early: alternatives multiply.
func (p *exprParser) bounded(t terms) (terms, error) {
	slices.Sort(t)
	if t = slices.Compact(t); len(t) > maxTerms {
		return nil, p.fail("the expression has more than %d alternatives when written out; split the rule", maxTerms)
	}
	return t, nil
}

func product(left, right terms) terms {
	out := make(terms, 0, len(left)*len(right))
	for _, l := range left {
		for _, r := range right {
			out = append(out, l|r)
		}
	}
	return out
}

func (p *exprParser) operand() (terms, error) {
	switch p.peek() {
	case "(":
		p.next()
		inner, err := p.or()
		if err == nil && p.peek() != ")" {
			err = p.fail("expected and, or, or a closing parenthesis, got %s", p.got())
		}
		p.next()
		return inner, err
	case "", ")", "and", "or":
		return nil, p.fail("expected %s, got %s", p.wants, p.got())
	}
	bit, err := p.atom(p)
	return terms{bit}, err
}

// splitWords cuts at blanks; parentheses and comparison operators are words, a text
// in double quotes is one.
func splitWords(text string) []word {
	var words []word
	for i := 0; i < len(text); {
		if text[i] == ' ' || text[i] == '\t' || text[i] == '\n' {
			i++
			continue
		}
		n := wordLength(text[i:])
		words = append(words, word{text[i : i+n], i})
		i += n
	}
	return words
}

func wordLength(text string) int {
	for _, op := range [...]string{"==", "!=", "<=", ">=", "<", ">", "(", ")"} {
		if strings.HasPrefix(text, op) {
			return len(op)
		}
	}
	if text[0] == '"' {
		if end := strings.IndexByte(text[1:], '"'); end >= 0 {
			return end + 2
		}
	}
	if n := strings.IndexAny(text, " \t\n()<>=!"); n > 0 {
		return n
	}
	return max(1, strings.IndexAny(text+" ", " \t\n()<>="))
}
