package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const profiled = 8 * time.Second

// profile runs consentd under each kind of body and leaves a CPU profile of each.
func (s *site) profile(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := s.build("profiled", "./bench/peers/cmd/profiled", "GOEXPERIMENT=simd")
	if err != nil {
		return err
	}
	for _, j := range s.jobs {
		if err := s.profileOf(j, file, "-cpu", filepath.Join(dir, j.name+".prof")); err != nil {
			return fmt.Errorf("%s: %w", j.name, err)
		}
	}
	return nil
}

// waits runs consentd under the first kind of body with more threads than there are
// processors, and leaves a profile of waits for locks.
func (s *site) waits(file string) error {
	program, err := s.build("profiled", "./bench/peers/cmd/profiled", "GOEXPERIMENT=simd")
	if err != nil {
		return err
	}
	return s.profileOf(s.jobs[0], program, "-cpu", os.DevNull, "-mutex", file)
}

func (s *site) profileOf(j *job, program string, flags ...string) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	cmd, err := s.consentd("profiled-"+j.name, addr, append(append([]string{program, "-listen", addr}, flags...), "-config")...)
	if err != nil {
		return err
	}
	p, err := s.launch(cmd, addr)
	if err != nil {
		return err
	}
	defer p.stop() // it writes the profile
	_, err = s.saturated(&contender{addr: addr, process: p}, j, profiled)
	return err
}
