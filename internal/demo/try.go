package demo

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/consentd/consentd/internal/terminal"
)

// Try prints what to do next.
func (s *Show) Try() {
	first := Devices()[0].Subject()
	file := filepath.Join(s.Dir, Captures, phoneInParis)
	s.title("Your turn. The proxy listens until you press Ctrl-C")
	s.command("Send a request; the backend answers with what it got:",
		"curl -s http://"+s.Proxy+target+" -H 'Content-Type: application/json' -d @"+file)
	s.command("Grant, and send it again:",
		s.self()+" consent set "+first+" device_id=1 location=1 personalized_ads=1 "+s.adminFlags())
	s.command("Take it back, and send it again:",
		s.self()+" consent delete "+first+" "+s.adminFlags())
	s.command("See who changed what:", s.self()+" consent history "+first+" "+s.adminFlags())
	s.command("Count what was treated:", "curl -s http://"+s.Admin+"/metrics | grep consentd_fields_total")
	s.command("Read the rules:", "less "+filepath.Join(s.Dir, "rules", "openrtb.yaml"))
	s.printf("\n")
}

// self is how the reader can call this program: go run leaves no binary behind.
func (s *Show) self() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/consentd"
	}
	return os.Args[0]
}

func (s *Show) adminFlags() string {
	return "--admin http://" + s.Admin + " --token-file " + filepath.Join(s.Dir, "admin.token")
}

func (s *Show) command(what, line string) {
	s.printf("\n  %s\n    %s\n", what, s.paint(terminal.Cyan, line))
}
