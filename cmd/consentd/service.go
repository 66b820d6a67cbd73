package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/audit"
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/setup"
)

// service is an engine with its two listeners.
type service struct {
	engine      *setup.Engine
	config      *config.Config
	log         *slog.Logger
	admin       *admin.Server
	front, back net.Listener // for devices, for operators
	failed      chan error
}

// openService takes both ports. The engine belongs to the service, also on an error.
func openService(e *setup.Engine) (*service, error) {
	s := &service{engine: e, config: e.Current().Config, log: e.Log, failed: make(chan error, 2)}
	err := s.open()
	if err != nil {
		s.closeListeners()
		return nil, errors.Join(err, e.Close())
	}
	return s, nil
}

func (s *service) open() (err error) {
	path := s.config.Path(s.config.Admin.TokenFile)
	token, made, err := admin.EnsureToken(path, rand.Reader)
	if err != nil {
		return err
	}
	if made {
		s.log.Info("made an admin token", "file", path)
	}
	s.admin = admin.New(admin.Options{
		Listen: string(s.config.Admin.Listen), Token: token, Author: "admin", State: s.state,
		Reload: s.engine.Reload, Unlisted: s.engine.Unlisted, Metrics: s.engine.Registry, Log: s.log, Audit: s.engine.Audit(), Now: time.Now,
		Explain: s.explain,
	})
	if s.front, err = listen("proxy.listen", s.config.Proxy.Listen); err != nil {
		return err
	}
	s.back, err = listen("admin.listen", s.config.Admin.Listen)
	return err
}

// state is what the admin listener works with.
func (s *service) state() admin.State {
	now := s.engine.Current()
	return admin.State{
		Config: now.Config, Vocabulary: now.Vocabulary, Records: now.Records, Invalidate: now.Cache.Invalidate,
		Reference: now.Reference, Version: now.Version,
	}
}

// explain answers POST /v1/explain. The store is asked, and not the cache, whose look-ups
// are those of devices.
func (s *service) explain(_ context.Context, t admin.Trial) (any, error) {
	request := explain.Request{Raw: t.Raw, Now: t.Now, Source: explain.FromStore(s.engine.Current().Records, callTimeout)}
	switch {
	case t.Everybody != nil:
		request.Source = explain.Everybody(*t.Everybody)
	case t.Records != nil:
		request.Source = explain.Given(t.Records)
	}
	var failed error
	result := explain.For(func(r explain.Request) *explain.Result {
		result, err := s.engine.Explain(r)
		if err != nil {
			failed = err
			return new(explain.Result)
		}
		return result
	}, request, t.Devices...)
	return result, failed
}

// listenError says which listener could not be opened.
type listenError struct {
	key     string
	address config.Address
	cause   error
}

// Error is for an operator.
func (e *listenError) Error() string {
	if errors.Is(e.cause, syscall.EADDRINUSE) {
		return fmt.Sprintf("%s: another program listens on %s already", e.key, e.address)
	}
	return fmt.Sprintf("%s: cannot listen on %s: %v", e.key, e.address, e.cause)
}

func listen(key string, address config.Address) (net.Listener, error) {
	ln, err := net.Listen("tcp", string(address))
	if err == nil {
		return ln, nil
	}
	return nil, listenFailure(key, address, err)
}

// listenFailure leaves out of an error what listenError says better.
func listenFailure(key string, address config.Address, err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return &listenError{key, address, err}
}

func (s *service) closeListeners() {
	for _, ln := range []net.Listener{s.front, s.back} {
		if ln != nil {
			_ = ln.Close() // it was never used
		}
	}
}

// watchSignals gives SIGHUP, SIGTERM and SIGINT. SIGPIPE is ignored: where whoever
// reads the log or the audit goes away, requests go on.
func watchSignals() <-chan os.Signal {
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, os.Interrupt)
	return signals
}

// start serves on both listeners.
func (s *service) start() {
	go func() { s.failed <- s.admin.Serve(s.back) }()
	go func() { s.failed <- s.engine.Server.Serve(s.front) }()
	s.admin.SetReady(true)
	s.log.Info("listening", "proxy", s.front.Addr().String(), "admin", s.back.Addr().String())
}

// run serves until a signal ends it or a listener fails.
func (s *service) run(signals <-chan os.Signal) error {
	s.start()
	return s.wait(signals)
}

func (s *service) wait(signals <-chan os.Signal) error {
	for {
		select {
		case err := <-s.failed:
			return errors.Join(err, s.stop())
		case got := <-signals:
			if got != syscall.SIGHUP {
				s.log.Info("draining", "signal", got.String())
				signal.Reset() // a second signal ends the process at once
				return s.stop()
			}
			s.reload()
		}
	}
}

// reload is for a signal, which has no answer: the log and the audit tell of it.
func (s *service) reload() {
	problems := s.engine.Reload()
	for _, p := range problems {
		s.log.Error("the new configuration is wrong", "problem", p.Error())
	}
	e := audit.Event{Call: "reload", By: "SIGHUP", Status: http.StatusOK, Version: s.engine.Current().Version}
	if len(problems) > 0 {
		e.Status = http.StatusUnprocessableEntity
	}
	s.engine.Audit().Record(time.Now(), e)
}

// stop lets requests under way finish: first the devices', while the admin listener
// still says that nothing new is taken.
func (s *service) stop() error {
	s.admin.SetReady(false)
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Proxy.Timeouts.Drain)
	defer cancel()
	if err := s.engine.Drain(ctx); err != nil {
		s.log.Warn("some connections did not end in time and were cut", "timeout", s.config.Proxy.Timeouts.Drain.String())
	}
	err := errors.Join(s.admin.Shutdown(ctx), s.engine.Close())
	s.log.Info("stopped")
	return err
}
