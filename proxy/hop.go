package proxy

// isHopByHop names the fields that concern one connection only (RFC 9110, section
// 7.6.1, and the Proxy- fields). Framing is redone for each hop.
func isHopByHop(name []byte) bool {
	if len(name) > 6 && isName(name[:6], "proxy-") {
		return true
	}
	for _, field := range [...]string{"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect"} {
		if isName(name, field) {
			return true
		}
	}
	return false
}

// isProtected names the fields that a Connection header cannot take away: without
// them the message would change its meaning, or escape the rules.
func isProtected(name []byte) bool {
	for _, field := range [...]string{
		"content-length", "content-type", "content-encoding", "host", "cookie", "set-cookie", "authorization",
		"user-agent", "origin", "date", "server", "location", "vary", "cache-control",
	} {
		if isName(name, field) {
			return true
		}
	}
	return false
}
