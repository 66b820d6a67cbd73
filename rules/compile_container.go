package rules

import (
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/internal/wire"
)

// container is a value that holds data, declared once in a file.
type container struct {
	root    wire.NodeID
	absent  bool          // it stands in requests, and this is an answer, or the other way round
	place   wire.Place    // how its fields are named
	sources []wire.NodeID // where it stands
	outers  []*container  // the container that each source stands in; nil: the message
}

// addContainers compiles the containers of a file, in their order: one may stand in
// another that is declared before it. What only answers are read through is not opened
// in a request: no rule would meet its fields, and it would not count as opaque.
func (c *compiler) addContainers(f *File) {
	inAnswers, inRequests := f.answerContainers(), f.requestContainers()
	c.addContainersIf(f, func(name string) bool { return inRequests[name] || !inAnswers[name] })
}

// addAnswerContainers compiles the containers that a response rule or announcement
// names. The others would have every answer read, images too, for nothing.
func (c *compiler) addAnswerContainers(f *File) {
	named := f.answerContainers()
	c.addContainersIf(f, func(name string) bool { return named[name] })
}

func (c *compiler) addContainersIf(f *File, wanted func(name string) bool) {
	c.containers = make(map[string]*container, len(f.Containers))
	for _, entry := range f.Containers {
		name := entry.Key.Value
		if !wanted(name) {
			continue
		}
		if len(entry.Value) == 0 {
			c.fail(entry.Key.Pos, `the container %q stands nowhere; list its places, for example ["form:data | base64 | json"]`, name)
		}
		here := slices.DeleteFunc(slices.Clone(entry.Value), c.isElsewhere)
		k := &container{root: c.builder.Root(), absent: len(here) == 0 && len(entry.Value) > 0}
		for _, text := range here {
			c.addChain(name, k, text)
		}
		c.containers[name] = k
		if k.place == wire.JSON {
			c.documents = append(c.documents, k)
		}
		if strings.ContainsAny(name, ".*#:/") {
			c.fail(entry.Key.Pos, "the name of a container is one word, got %q", name)
		}
	}
}

// isElsewhere reports whether a place of a container is one of the other direction: a
// file may read what requests and answers hold alike.
func (c *compiler) isElsewhere(chain strictyaml.String) bool {
	source, _, _ := strings.Cut(chain.Value, "|")
	l, err := wire.ParseLocator(strings.TrimSpace(source))
	return err == nil && c.checkDirection(l.Place) != nil
}

// answerContainers are the containers that a response rule or announcement names.
func (f *File) answerContainers() map[string]bool {
	var places []strictyaml.String
	for i := range f.Response {
		places = append(places, f.Response[i].At...)
	}
	for i := range f.ResponseAnnounce {
		places = append(places, f.ResponseAnnounce[i].At)
	}
	return f.containersOf(places)
}

// requestContainers are the containers that anything for requests names, and those that
// end in JSON, where paths without a container are tried too.
func (f *File) requestContainers() map[string]bool {
	places := slices.Concat(f.Subjects, f.Records)
	for i := range f.Signals {
		places = append(places, f.Signals[i].When)
	}
	for i := range f.Rules {
		places = append(places, f.Rules[i].At...)
	}
	for i := range f.Announce {
		places = append(places, f.Announce[i].At)
	}
	for _, sum := range f.Checksums {
		places = append(places, sum.At, sum.Of)
	}
	for _, entry := range f.Containers {
		if slices.ContainsFunc(entry.Value, endsInJSON) {
			places = append(places, strictyaml.String{Value: entry.Key.Value + "/"})
		}
	}
	return f.containersOf(places)
}

func endsInJSON(chain strictyaml.String) bool {
	return strings.HasSuffix(chain.Value, "json") || strings.HasSuffix(chain.Value, "jsonstring")
}

// containersOf are the containers that places name, and those that they stand in, which
// are declared before them.
func (f *File) containersOf(places []strictyaml.String) map[string]bool {
	named := make(map[string]bool)
	for _, entry := range slices.Backward(f.Containers) {
		if namesContainer(places, entry.Key.Value) {
			named[entry.Key.Value] = true
			places = append(places, entry.Value...)
		}
	}
	return named
}

// namesContainer finds a container in locators, subjects, chains and conditions.
func namesContainer(places []strictyaml.String, name string) bool {
	return slices.ContainsFunc(places, func(s strictyaml.String) bool {
		words := strings.FieldsFunc(s.Value, func(r rune) bool { return strings.ContainsRune(" \t\n@()=,|", r) })
		return slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, name+"/") })
	})
}

// addChain compiles one way to a container. All of them end in documents whose
// fields are named alike.
func (c *compiler) addChain(name string, k *container, text strictyaml.String) {
	source, chain, err := wire.ParseChain(text.Value, c.plan.options.Keys)
	if err != nil {
		c.fail(text.Pos, "%v", err)
		return
	}
	switch {
	case len(k.sources) == 0:
		k.place = chain.Place()
	case k.place != chain.Place():
		c.fail(text.Pos, "the container %s ends in documents of different kinds", name)
		return
	}
	l, at, ok := c.source(strictyaml.String{Value: source, Pos: text.Pos})
	if !ok {
		return
	}
	if l.Place == wire.Path && chain.Syntax != nil {
		chain.Syntax.Percent = true // a path is encoded part by part
	}
	chain.Root, chain.Name = k.root, name
	chain.Inline = l.Place == wire.JSON && len(l.Steps) > 0 && chain.ReadsAsIs()
	chain.Refuse = l.Container == "" && (l.Place == wire.Form || l.Place == wire.Query || l.Place == wire.Path)
	chain.Lax = c.file.Text.Value == "lax"
	chain.First = c.holdsChecksum(name)
	if by := c.readers[at]; by != nil && by != c.file {
		c.fail(text.Pos, "a container of %s reads the same place; declare it in one file", by.Path)
		return
	}
	c.readers[at] = c.file
	c.aimCiphers(chain, text)
	k.outers = append(k.outers, c.containers[l.Container])
	k.sources = append(k.sources, at)
	c.builder.Contain(at, chain)
	c.want(l, at, wire.String|wire.Number)
}

// source finds the place of a container. The word body is the body as a whole.
func (c *compiler) source(text strictyaml.String) (wire.Locator, wire.NodeID, bool) {
	if text.Value != wholeBody {
		l, path, ok := c.locate(text)
		if !ok {
			return l, 0, false
		}
		return l, path[len(path)-1], true
	}
	if c.plan.roots.BodyText == 0 {
		c.plan.roots.BodyText = c.builder.Root()
	}
	return wire.Locator{}, c.plan.roots.BodyText, true
}

const wholeBody = "body"

// holdsChecksum reports whether a checksum of the file stands in the container.
func (c *compiler) holdsChecksum(name string) bool {
	for _, sum := range c.file.Checksums {
		if strings.HasPrefix(sum.At.Value, name+"/") {
			return true
		}
	}
	return false
}

// aimCiphers finds the nodes of the fields that encrypted layers depend on.
func (c *compiler) aimCiphers(chain *wire.Chain, text strictyaml.String) {
	for _, link := range chain.Steps {
		if link.Cipher == nil {
			continue
		}
		link.Cipher.NonceAt = c.fieldOf(link.Cipher.Nonce, text)
		link.Cipher.WrappedAt = c.fieldOf(link.Cipher.Wrapped, text)
	}
}

func (c *compiler) fieldOf(locator string, text strictyaml.String) wire.NodeID {
	if locator == "" {
		return 0
	}
	l, path, ok := c.locate(strictyaml.String{Value: locator, Pos: text.Pos})
	if !ok {
		return 0
	}
	at := path[len(path)-1]
	c.want(l, at, wire.String)
	return at
}

// expect lets a rule inside a container act on the container as a whole, should that
// turn out to be unreadable.
func (k *container) expect(c *compiler, id int32) {
	if k == nil {
		return
	}
	for i, at := range k.sources {
		if n := c.node(at); !slices.Contains(n.held, id) {
			n.held = append(n.held, id)
			k.outers[i].expect(c, id)
		}
	}
}

// addChecksums compiles the checksums of a file.
func (c *compiler) addChecksums(f *File) {
	for _, sum := range f.Checksums {
		if sum.Algorithm.Value != "java_string_hash" {
			c.fail(sum.Algorithm.Pos, "the algorithm of a checksum is java_string_hash, got %q", sum.Algorithm.Value)
		}
		atPlace, at, ok := c.locate(sum.At)
		_, of, found := c.locate(sum.Of)
		if !ok || !found {
			continue
		}
		if c.readers[of[len(of)-1]] == nil {
			c.fail(sum.Of.Pos, "a checksum covers the text of a container, and no container reads %q", sum.Of.Value)
		}
		c.want(atPlace, at[len(at)-1], wire.String|wire.Number)
		c.plan.roots.Checksums = append(c.plan.roots.Checksums, wire.Checksum{At: at[len(at)-1], Of: of[len(of)-1]})
	}
}
