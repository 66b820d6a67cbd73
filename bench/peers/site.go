package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/consentd/consentd/bench/corpus"
	"github.com/consentd/consentd/bench/peers/peer"
)

// site is everything that a comparison needs, in a directory of its own.
type site struct {
	settings *settings
	root     string // of the source
	dir      string
	jobs     []*job
	backend  *backend
	redis    string
	running  []*process
	base     *contender
	peers    []*contender
}

func newSite(s *settings) (*site, error) {
	dir, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return nil, err
	}
	t := &site{settings: s, dir: dir}
	if err := t.open(); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (s *site) open() (err error) {
	for _, name := range s.settings.Sizes {
		j, err := newJob(name)
		if err != nil {
			return err
		}
		s.jobs = append(s.jobs, j)
	}
	if s.root, err = output("go", "list", "-m", "-f", "{{.Dir}}"); err != nil {
		return err
	}
	if s.backend, err = startBackend(); err != nil {
		return err
	}
	return s.startRedis()
}

func (s *site) close() {
	for _, p := range s.running {
		p.stop()
	}
	_ = os.RemoveAll(s.dir) // it lies among the system's temporary files
}

// start builds and runs the base and the peers. One that cannot be had is left out
// with a line that says why.
func (s *site) start(names []string) error {
	kinds, err := lineup(names)
	if err != nil {
		return err
	}
	for i, k := range append([]kind{passthrough()}, kinds...) {
		if missing := k.missing(); missing != "" {
			fmt.Fprintf(os.Stderr, "%s is left out: %s\n", k.name, missing)
			continue
		}
		p, err := s.run(k)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		if i == 0 {
			s.base = p
			continue
		}
		s.peers = append(s.peers, p)
	}
	return nil
}

// launch starts a program that listens at addr, and ends it with the site.
func (s *site) launch(cmd *exec.Cmd, addr string) (*process, error) {
	p, err := launch(cmd)
	if err != nil {
		return nil, err
	}
	s.running = append(s.running, p)
	return p, p.listens(addr)
}

// build makes a program and gives its file.
func (s *site) build(name, pkg string, env ...string) (string, error) {
	file := filepath.Join(s.dir, name)
	cmd := exec.Command("go", "build", "-trimpath", "-o", file, pkg)
	cmd.Dir, cmd.Env = s.root, append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
}

func (s *site) startRedis() error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command("redis-server", "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", s.dir)
	if _, err := s.launch(cmd, addr); err != nil {
		return err
	}
	s.redis = addr
	return s.seed()
}

// seed writes what each device granted, as consentd keeps it and as a number.
func (s *site) seed() error {
	client := redis.NewClient(&redis.Options{Addr: s.redis})
	defer client.Close()
	ctx, pipe := context.Background(), client.Pipeline()
	for _, j := range s.jobs {
		kind := "oaid"
		if j.name == "batch" {
			kind = "visitor"
		}
		for _, b := range j.bodies {
			pipe.HSet(ctx, "consent:{"+kind+":"+b.Subject+"}", s.record())
			pipe.Set(ctx, "c:"+b.Subject, s.flags(), 0)
		}
	}
	_, err := pipe.Exec(ctx)
	return err
}

// record grants analytics to every device: without it there are no events to treat.
func (s *site) record() []string {
	fields := []string{"analytics", "1"}
	for _, flag := range []string{"device_id", "network_id", "location", "app_list", "device_info", "cookies", "profile", "personalized_ads"} {
		fields = append(fields, flag, map[bool]string{true: "1", false: "0"}[s.settings.Granted])
	}
	return fields
}

func (s *site) flags() int {
	if s.settings.Granted {
		return peer.All
	}
	return 0
}

// output runs a program and gives what it prints.
func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%s: %w: %s", name, err, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// write puts a file into a directory of the site.
func (s *site) write(dir, name string, text []byte) error {
	dir = filepath.Join(s.dir, dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), text, 0o600)
}

// copy copies files of the source into a directory of the site.
func (s *site) copy(dir string, files ...string) error {
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(s.root, file))
		if err == nil {
			err = s.write(dir, filepath.Base(file), text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// key is that of all pseudonyms.
func key() []byte { return []byte(corpus.Key) }
