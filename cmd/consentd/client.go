package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/consentd/consentd/internal/admin"
	"github.com/consentd/consentd/internal/config"
)

const (
	defaultAdmin = "127.0.0.1:9090"
	// callTimeout bounds a call, but for streams.
	callTimeout = 10 * time.Second
	maxProblem  = 1 << 20
)

// adminFlags say where the admin listener is.
type adminFlags struct {
	Config string `default:"consentd.yaml" env:"CONSENTD_CONFIG" placeholder:"FILE" help:"The configuration (${default}); says where the admin listener and its token are."`
	Admin  string `placeholder:"URL" help:"The admin listener, in place of that of the configuration."`
}

// tokenFlags say how to be let in.
type tokenFlags struct {
	TokenFile string `placeholder:"FILE" help:"The admin token, in place of that of the configuration."`
}

// load reads the configuration where there is one. What is wrong with it beside the
// admin listener is not the matter of who only wants to reach it.
func (f *adminFlags) load(env *environment) *config.Config {
	c, _ := config.Load(f.Config, env.lookup)
	return c
}

func (f *adminFlags) url(env *environment) (*url.URL, error) {
	if f.Admin == "" {
		return &url.URL{Scheme: "http", Host: reachable(string(f.load(env).Admin.Listen))}, nil
	}
	text := f.Admin
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("--admin takes the URL of the admin listener, such as http://127.0.0.1:9090")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// reachable is where to find a listener of all addresses.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return defaultAdmin
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && addr.Is4() && addr.IsUnspecified():
		host = "127.0.0.1"
	case err == nil && addr.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

func (f *tokenFlags) token(c *config.Config) ([]byte, error) {
	if f.TokenFile != "" {
		return admin.ReadToken(f.TokenFile)
	}
	return admin.ReadToken(c.Path(c.Admin.TokenFile))
}

// connect finds the admin listener and the token for it.
func connect(a *adminFlags, t *tokenFlags, env *environment) (*client, error) {
	base, err := a.url(env)
	if err != nil {
		return nil, err
	}
	token, err := t.token(a.load(env))
	if err != nil {
		return nil, fmt.Errorf("%w; the proxy makes it when it starts, and --token-file names another", err)
	}
	return newClient(base, token), nil
}

// client speaks the admin API.
type client struct {
	base  *url.URL
	token []byte
	http  *http.Client
}

func newClient(base *url.URL, token []byte) *client {
	return &client{base, token, &http.Client{
		Timeout: callTimeout,
		// No proxy of the environment: it would see the token.
		Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: callTimeout}).DialContext},
	}}
}

// do sends a request. An answer that is no success is an error, a *admin.Problem
// where it is one.
func (c *client) do(method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequest(method, c.base.String()+path, body)
	if err != nil {
		return nil, err
	}
	if len(c.token) > 0 {
		request.Header.Set("Authorization", "Bearer "+string(c.token))
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		defer answer.Body.Close()
		return nil, c.refused(answer)
	}
	return answer, nil
}

// unreachable leaves out the path, which names a subject.
func (c *client) unreachable(err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("nothing listens at %s: is consentd running, and is --admin right?", c.base)
	}
	return fmt.Errorf("no answer from %s: %w", c.base, err)
}

func (c *client) refused(answer *http.Response) error {
	p := &admin.Problem{}
	err := json.NewDecoder(io.LimitReader(answer.Body, maxProblem)).Decode(p)
	if err != nil || p.Detail == "" {
		return fmt.Errorf("%s answered %s", c.base, answer.Status)
	}
	return p
}
