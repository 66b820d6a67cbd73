// Command peers measures consentd beside what people would use instead: the same
// requests, the same edit, the same backend and Redis, in turns. docs/performance.md
// says how to read what it prints.
//
//	make bench-peers ROUNDS=3 DUR=2 SIZES=1k,4k,32k,batch PEERS=nginx,consentd
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// settings are the command line.
type settings struct {
	Rounds   int      `default:"3" help:"Rounds; the median of them is printed, and their spread."`
	Dur      int      `default:"2" help:"Seconds that each peer has for each kind of body in a round."`
	Sizes    []string `default:"1k,4k,32k,batch" help:"Kinds of bodies."`
	Peers    []string `default:"nginx,nethttp,sjson,consentd,consentd-simd" help:"Who is measured. NAME=FILE is another build of consentd."`
	Granted  bool     `help:"Every device granted everything."`
	NoRate   bool     `help:"Leave out the measurement at a fixed rate."`
	Profile  string   `placeholder:"DIR" help:"Write CPU profiles of consentd instead, one for each kind of body."`
	Waits    string   `placeholder:"FILE" help:"Write a profile of consentd's waits for locks instead; GOMAXPROCS says with how many threads."`
	Conns    int      `default:"32" help:"Connections at saturation."`
	IdleConn int      `default:"1000" help:"Connections of which the memory is measured."`
}

func main() {
	var s settings
	kong.Parse(&s)
	if err := run(&s); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(s *settings) error {
	site, err := newSite(s)
	if err != nil {
		return err
	}
	defer site.close()
	switch {
	case s.Profile != "":
		return site.profile(s.Profile)
	case s.Waits != "":
		return site.waits(s.Waits)
	}
	began := time.Now()
	if err := site.start(s.Peers); err != nil {
		return err
	}
	results, err := site.measure()
	if err != nil {
		return err
	}
	results.print(os.Stdout)
	fmt.Fprintf(os.Stderr, "%s in %.0f s\n", strings.Join(s.Peers, ", "), time.Since(began).Seconds())
	return nil
}
