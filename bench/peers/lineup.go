package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/consentd/consentd/bench/corpus"
)

// nginxModules is where Debian keeps them; NGINX_MODULES says another place.
const nginxModules = "/usr/lib/nginx/modules"

// kind is a program that can be measured.
type kind struct {
	name, title string
	batches     bool          // it can treat batches of events too
	missing     func() string // why it cannot be had here; empty: it can
	command     func(s *site, listen string) (*exec.Cmd, error)
}

// contender is a running program, and what the checker found of each kind of body.
type contender struct {
	kind
	addr    string
	process *process
	verdict map[string]string
	idle    float64 // MB with idle connections
}

func (s *site) run(k kind) (*contender, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	cmd, err := k.command(s, addr)
	if err != nil {
		return nil, err
	}
	p, err := s.launch(cmd, addr)
	return &contender{kind: k, addr: addr, process: p, verdict: make(map[string]string)}, err
}

func present() string { return "" }

func passthrough() kind {
	k := own("passthrough", "fasthttp, bare pass-through")
	k.batches = true
	return k
}

// lineup finds who is to be measured.
func lineup(names []string) (list []kind, err error) {
	known := map[string]kind{
		"nginx":         nginx(),
		"nethttp":       own("nethttp", "net/http + encoding/json + go-redis"),
		"sjson":         own("sjson", "fasthttp + gjson + sjson"),
		"consentd":      consentd("consentd", "**consentd**, plain Go", "GOEXPERIMENT="),
		"consentd-simd": consentd("consentd-simd", "**consentd**, as released (`GOEXPERIMENT=simd`)", "GOEXPERIMENT=simd"),
	}
	for _, name := range names {
		k, ok := known[name]
		if given, file, isFile := strings.Cut(name, "="); isFile {
			k, ok = built(given, file), true
		}
		if !ok {
			return nil, fmt.Errorf("no peer is called %q: write nginx, nethttp, sjson, consentd, consentd-simd or NAME=FILE", name)
		}
		list = append(list, k)
	}
	return list, nil
}

// own is a program of this repository.
func own(name, title string) kind {
	return kind{name, title, name == "nethttp", present, func(s *site, listen string) (*exec.Cmd, error) {
		file, err := s.build(name, "./bench/peers/cmd/"+name)
		return exec.Command(file, "-listen", listen, "-backend", s.backend.addr, "-redis", s.redis), err
	}}
}

// consentd builds one with an environment.
func consentd(name, title, env string) kind {
	return kind{name, title, true, present, func(s *site, listen string) (*exec.Cmd, error) {
		file, err := s.build(name, "./cmd/consentd", env)
		if err != nil {
			return nil, err
		}
		return s.consentd(name, listen, file, "run", "--config")
	}}
}

// built is a consentd that somebody has built.
func built(name, file string) kind {
	return kind{name, name, true, present, func(s *site, listen string) (*exec.Cmd, error) {
		return s.consentd(name, listen, file, "run", "--config")
	}}
}

// consentd writes a configuration and gives the command that serves it.
func (s *site) consentd(name, listen string, command ...string) (*exec.Cmd, error) {
	dir := name + ".d"
	err := s.copy(dir, "bench/peers/testdata/consentd.yaml", "bench/peers/testdata/bid.yaml", "configs/rules/sensorsdata.yaml", "configs/rules/common.yaml")
	if err == nil {
		err = s.write(dir, "key", key())
	}
	admin, errAddr := freeAddr()
	if err = errors.Join(err, errAddr); err != nil {
		return nil, err
	}
	cmd := exec.Command(command[0], append(command[1:], filepath.Join(s.dir, dir, "consentd.yaml"))...)
	cmd.Env = append(os.Environ(), "PEER_LISTEN="+listen, "PEER_ADMIN="+admin, "PEER_REDIS="+s.redis, "PEER_BACKEND="+s.backend.addr)
	return cmd, nil
}

func nginx() kind {
	return kind{"nginx", "nginx + Lua + cjson + Redis", false, missingNginx, func(s *site, listen string) (*exec.Cmd, error) {
		if err := s.copy("nginx.d", "bench/peers/nginx/consent.lua"); err != nil {
			return nil, err
		}
		text, err := os.ReadFile(filepath.Join(s.root, "bench/peers/nginx/nginx.conf"))
		if err != nil {
			return nil, err
		}
		dir := filepath.Join(s.dir, "nginx.d")
		host, port, _ := strings.Cut(s.redis, ":")
		filled := strings.NewReplacer("{dir}", dir, "{lua}", dir, "{modules}", modules(), "{listen}", listen, "{backend}", s.backend.addr,
			"{redis_host}", host, "{redis_port}", port, "{key}", corpus.Key, "{upstream}", corpus.Upstream).Replace(string(text))
		err = s.write("nginx.d", "nginx.conf", []byte(filled))
		return exec.Command("nginx", "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf")), err
	}}
}

func modules() string {
	if dir := os.Getenv("NGINX_MODULES"); dir != "" {
		return dir
	}
	return nginxModules
}

func missingNginx() string {
	if _, err := exec.LookPath("nginx"); err != nil {
		return "nginx is not installed (.ci/need-peers does it)"
	}
	if _, err := os.Stat(filepath.Join(modules(), "ngx_http_lua_module.so")); err != nil {
		return "nginx has no Lua module in " + modules()
	}
	return ""
}
