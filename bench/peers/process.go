package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	tick  = 10 * time.Millisecond // USER_HZ is 100 wherever Linux runs
	pause = 20 * time.Millisecond
)

// process is a program that was started, with its children.
type process struct {
	cmd    *exec.Cmd
	output bytes.Buffer // what it complains of
	ended  chan struct{}
}

func launch(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // a signal ends it
	}()
	return p, nil
}

// listens waits until the program takes connections at addr.
func (p *process) listens(addr string) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pause) {
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %s", p.cmd.Path, p.output.String())
		default:
		}
		if c, err := dial(addr); err == nil {
			closeAll([]*client{c})
			return nil
		}
	}
	return errors.New(p.cmd.Path + " does not listen on " + addr)
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// tree lists the process and everything that it started.
func (p *process) tree() []int {
	all := []int{p.cmd.Process.Pid}
	for i := 0; i < len(all); i++ {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", all[i], all[i])) // none: it ended
		for _, child := range strings.Fields(string(children)) {
			if pid, err := strconv.Atoi(child); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}

// cpu gives the processor time that the tree has used, in user and in system mode. The
// scheduler's own count of each thread is exact to the nanosecond; where the kernel keeps
// none, there is that of the process in ticks.
func (p *process) cpu() (total time.Duration) {
	for _, pid := range p.tree() {
		if exact := scheduled(pid); exact > 0 {
			total += exact
			continue
		}
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // none: it ended
		total += ticks(stat)
	}
	return total
}

// scheduled adds up the threads of a process. None of the programs here ends threads.
func scheduled(pid int) (total time.Duration) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid)) // the pattern is well formed
	for _, file := range threads {
		stat, _ := os.ReadFile(file)
		first, _, _ := strings.Cut(string(stat), " ")
		ns, _ := strconv.ParseInt(first, 10, 64)
		total += time.Duration(ns)
	}
	return total
}

// ticks reads utime and stime: fields 14 and 15 of proc(5), counted from behind the
// name, which may hold blanks and parentheses.
func ticks(stat []byte) time.Duration {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// memory gives a field of status(5) in MB, such as VmRSS, of the whole tree.
func (p *process) memory(field string) (total float64) {
	for _, pid := range p.tree() {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, field+":"); ok {
				kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
				total += kb / 1024
			}
		}
	}
	return total
}
