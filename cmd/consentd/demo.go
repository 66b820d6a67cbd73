package main

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/demo"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/setup"
)

type demoCmd struct {
	Once   bool   `help:"Exit after the samples."`
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the proxy listens (${default})."`
	Admin  string `default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Where the admin listener is (${default})."`
}

// Run shows the samples, and then serves until a signal ends it.
func (c *demoCmd) Run(env *environment) (err error) {
	dir, err := os.MkdirTemp("", "consentd-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	echo, err := demo.NewEcho("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer echo.Close()
	signals := watchSignals()
	s, err := c.open(env, dir, echo)
	if err != nil {
		return c.hint(err)
	}
	s.start()
	if err := c.show(env, s, dir, echo); err != nil || c.Once {
		return errors.Join(err, s.stop())
	}
	return s.wait(signals)
}

// open starts an engine on the shipped files.
func (c *demoCmd) open(env *environment, dir string, echo *demo.Echo) (*service, error) {
	path, err := demo.Unpack(dir, rand.Reader)
	if err != nil {
		return nil, err
	}
	values := map[string]string{"CONSENTD_LISTEN": c.Listen, "CONSENTD_ADMIN": c.Admin, "CONSENTD_UPSTREAM": echo.URL()}
	lookup := func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
	log := newLogger(config.Log{Level: config.LevelWarn, Format: config.FormatText}, env.stderr)
	engine, problems := setup.Start(path, lookup, log)
	if len(problems) > 0 {
		return nil, problems
	}
	state := engine.Current()
	if err := demo.Seed(context.Background(), state.Records, state.Vocabulary); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return openService(engine)
}

// hint says how to choose another port.
func (c *demoCmd) hint(err error) error {
	var listening *listenError
	if !errors.As(err, &listening) {
		return err
	}
	flag := "--listen"
	if strings.HasPrefix(listening.key, "admin") {
		flag = "--admin"
	}
	return errors.New(listening.Error() + "; choose another address with " + flag + " HOST:PORT")
}

func (c *demoCmd) show(env *environment, s *service, dir string, echo *demo.Echo) error {
	state := s.engine.Current()
	records := explain.FromStore(state.Records, callTimeout)
	show := &demo.Show{
		Proxy: s.front.Addr().String(), Admin: s.back.Addr().String(), Dir: dir, Echo: echo,
		Explain: func(raw []byte) (*explain.Result, error) {
			return s.engine.Explain(explain.Request{Raw: raw, Source: records})
		},
		Flags: len(state.Vocabulary.Names()), Out: env.stdout, Color: wantsColor(env), Now: env.now,
	}
	if err := show.Run(); err != nil {
		return err
	}
	if !c.Once {
		show.Try()
	}
	return nil
}
