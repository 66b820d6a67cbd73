// Command profiled serves a configuration of consentd and records a CPU profile until
// it is ended: what consentd itself has no endpoint for.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/consentd/consentd/internal/setup"
)

const drain = 2 * time.Second

func main() {
	config := flag.String("config", "consentd.yaml", "the configuration")
	listen := flag.String("listen", "127.0.0.1:8080", "where requests come in")
	file := flag.String("cpu", "cpu.prof", "where the profile of processor time goes")
	locks := flag.String("mutex", "", "where the profile of waits for locks goes; recording one takes time itself")
	flag.Parse()
	if *locks != "" {
		runtime.SetMutexProfileFraction(1)
		defer write(*locks)
	}
	if err := serve(*config, *listen, *file); err != nil {
		fmt.Fprintln(os.Stderr, "profiled:", err)
		os.Exit(1)
	}
}

// write keeps who waited for whom.
func write(file string) {
	out, err := os.Create(file)
	if err == nil {
		err = errors.Join(pprof.Lookup("mutex").WriteTo(out, 0), out.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "profiled:", err)
	}
}

func serve(config, listen, file string) error {
	engine, problems := setup.Start(config, os.LookupEnv, slog.New(slog.DiscardHandler))
	if len(problems) > 0 {
		return problems
	}
	ended, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return err
	}
	go func() { _ = engine.Server.Serve(ln) }() // ends with the drain
	<-ended.Done()
	pprof.StopCPUProfile()
	ctx, stop := context.WithTimeout(context.Background(), drain)
	defer stop()
	_ = engine.Drain(ctx) // nobody waits for an answer any more
	return engine.Close()
}
