package text

// right says what would be right in place of what a request was refused for.
// docs/operations.md has more.
func right(reason string) string {
	text, ok := map[string]string{
		"malformed_head":         "what would be right: METHOD PATH HTTP/1.1 on the first line, then NAME: VALUE lines with one Host among them, an empty line, the body",
		"header_too_large":       "what would be right: a head within proxy.limits.header_bytes, or a larger limit",
		"too_many_header_lines":  "what would be right: fewer lines than proxy.limits.header_lines, or a larger limit",
		"bad_header_name":        "what would be right: letters, digits and hyphens",
		"bad_header_value":       "what would be right: a value without control characters",
		"repeated_header":        "what would be right: this header once",
		"folded_header":          "what would be right: each value on one line",
		"ambiguous_framing":      "what would be right: one Content-Length, or chunks",
		"trailers_not_supported": "what would be right: no fields after the last chunk",
		"bad_host":               "what would be right: one Host line, which names the host of the target",
		"bad_target":             "what would be right: a path that begins with /",
		"bad_path":               "what would be right: a path that every backend resolves alike: no //, .., ; or %2f",
		"no_route":               "what would be right: a route whose match has this host, path and method",
		"malformed_body":         "what would be right: a body that reads as what it begins as; text: lax in the rule file where an SDK sends malformed UTF-8",
		"opaque_body":            "what would be right: a body that a rule file of the route can read, or opaque: forward_if_granted",
		"body_too_large":         "what would be right: a body within proxy.limits.body_bytes, or a larger limit",
		"decoded_too_large":      "what would be right: less than proxy.limits.decoded_bytes once decoded, or a larger limit",
		"too_deep":               "what would be right: fewer values inside one another than proxy.limits.depth, or a larger limit",
		"too_many_layers":        "what would be right: fewer codings inside one another than proxy.limits.layers, or a larger limit",
		"too_many_records":       "what would be right: fewer records than proxy.limits.records, or a larger limit",
		"rejected_by_rule":       "what would be right: what the rule asks for, or another action",
	}[reason]
	if !ok {
		return "docs/operations.md tells what it means, and what to do"
	}
	return text
}
