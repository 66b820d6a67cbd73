//go:build clients

package clients

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// message is a request as it stood on the wire.
type message struct {
	Method string
	Target string
	Header http.Header // with Host
	Body   []byte
}

func readMessage(r *http.Request) (message, error) {
	body, err := io.ReadAll(r.Body)
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	return message{Method: r.Method, Target: r.RequestURI, Header: header, Body: body}, err
}

// query is the raw query of the target.
func (m *message) query() string {
	_, query, _ := strings.Cut(m.Target, "?")
	return query
}

// payload is what has to arrive untouched where everything is granted.
func (m *message) payload() string {
	return fmt.Sprintf("%s %s\n%s", m.Method, m.Target, m.Body)
}

// preflight says that the message asks for permission to send another one, which
// for the debug mode of the web SDK has the same query.
func (m *message) preflight() bool { return m.Method == http.MethodOptions }
