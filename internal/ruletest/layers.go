package ruletest

import (
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/explain"
)

// compareBody holds what was sent against an expected body: byte for byte, or as JSON,
// or, where they differ, decoded layer by layer as the route reads both.
func compareBody(want []byte, read []explain.Layer, result *explain.Result) []Difference {
	got := []byte(result.Sent.Body)
	if string(want) == string(got) {
		return nil
	}
	sent := bodyLayers(result.Sent.Layers)
	if w, ok := parseJSON(want); ok && w.isDocument() {
		layer := ""
		if len(sent) > 0 && sent[0].Kind == kindJSON {
			layer, got = rootName(&sent[0]), sent[0].Text // without the content codings
		}
		return differ("body", layer, kindJSON, want, got, nil)
	}
	wanted := bodyLayers(read)
	if !slices.ContainsFunc(wanted, isPacked) {
		return differ("body", "", "", want, got, nil)
	}
	return compareLayers(wanted, sent)
}

// bodyLayers are those of the body: the head, the path and the query are compared by
// other keys. A protobuf message in another is a part of that, and a body that is read
// as a whole through a container is that container.
func bodyLayers(all []explain.Layer) (list []explain.Layer) {
	for _, l := range all {
		if !isOutside(l.Where) && (l.Kind != kindProto || l.Container != "") {
			list = append(list, l)
		}
	}
	if len(list) > 1 && list[0].Kind == "text" && list[0].Container == "" {
		return list[1:]
	}
	return list
}

// isPacked reports whether a layer lies in a coding, so that the same may be written in
// other bytes.
func isPacked(l explain.Layer) bool { return l.Container != "" || rootName(&l) != "" }

// rootName is what the places in a layer begin with; that of a body as it is, is empty.
func rootName(l *explain.Layer) string {
	if l.Where == "body | "+l.Kind {
		return ""
	}
	return l.Where
}

func isOutside(where string) bool {
	source, _, _ := strings.Cut(where, " ")
	return source == "head" || source == "query" || source == "path" ||
		strings.HasPrefix(source, "header:") || strings.HasPrefix(source, "cookie:") ||
		strings.HasPrefix(source, "query:") || strings.HasPrefix(source, "path:")
}

func compareLayers(want, got []explain.Layer) (differences []Difference) {
	rest := slices.Clone(got)
	for i := range want {
		w := &want[i]
		j := slices.IndexFunc(rest, func(l explain.Layer) bool { return l.Where == w.Where })
		if j < 0 { // the same container may come in another coding
			j = slices.IndexFunc(rest, func(l explain.Layer) bool { return w.Container != "" && l.Container == w.Container && l.Kind == w.Kind })
		}
		if j < 0 {
			differences = append(differences, Difference{What: "body", Layer: w.Where, Want: ptr(printable(w.Text)), Note: "the layer is not there"})
			continue
		}
		differences = append(differences, compareLayer(w, &rest[j], slices.Concat(want, got))...)
		rest = slices.Delete(rest, j, j+1)
	}
	for _, g := range rest {
		differences = append(differences, Difference{What: "body", Layer: g.Where, Got: ptr(printable(g.Text)), Note: "the layer should not be there"})
	}
	return differences
}

// compareLayer leaves out the values that hold layers of their own: these are compared
// decoded.
func compareLayer(want, got *explain.Layer, all []explain.Layer) []Difference {
	layer, stem := rootName(want), ""
	if want.Kind == kindForm && want.Container == "" {
		stem = "form:"
	}
	holds := func(place string) bool {
		where := stem + place
		if layer != "" {
			where = layer + "  " + where
		}
		return slices.ContainsFunc(all, func(l explain.Layer) bool { return strings.HasPrefix(l.Where, where+" | ") })
	}
	differences := differ("body", layer, want.Kind, want.Text, got.Text, holds)
	for i := range differences {
		differences[i].Place = stem + differences[i].Place
	}
	return differences
}

// layersNamed finds layers by a name that people have for them: the container's, the
// whole chain, or where it begins.
func layersNamed(all []explain.Layer, name string) (list []explain.Layer) {
	for _, l := range all {
		if l.Container == name || l.Where == name || strings.HasPrefix(l.Where, name+" | ") || name == "body" && strings.HasPrefix(l.Where, "body") {
			list = append(list, l)
		}
	}
	return list
}
