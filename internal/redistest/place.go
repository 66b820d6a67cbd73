package redistest

import (
	"net"
	"os/exec"
)

// Place is where servers run.
type Place struct {
	Host string   // the address that they are reached at
	Back string   // another one, which Server.Dial takes; "": the same
	Run  []string // what runs a program there; empty: nothing but the program itself
}

func loopback() Place { return Place{Host: "127.0.0.1"} }

func (p Place) binds() []string {
	if p.Back == "" {
		return []string{p.Host}
	}
	return []string{p.Host, p.Back}
}

// reach gives the address by which this program speaks to a server.
func (p Place) reach(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	if p.Back == "" {
		return addr
	}
	return net.JoinHostPort(p.Back, port)
}

func (p Place) command(binary string, args []string) *exec.Cmd {
	line := append(append([]string{}, p.Run...), binary)
	line = append(line, args...)
	return exec.Command(line[0], line[1:]...)
}
