// Package imports measures how fast records are imported and exported by the commands,
// and what memory that takes.
package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/consentd/consentd/internal/redistest"
)

const patience = 10 * time.Second

// BenchmarkRedis imports as many records as there are iterations, by a process of its
// own, then again, and exports them.
func BenchmarkRedis(b *testing.B) {
	server := redistest.Start(b)
	t := start(b, `redis: {addresses: ["`+server.Addr+`"]}`)
	t.measure()
}

// BenchmarkEmbedded does the same through the admin API of a proxy.
func BenchmarkEmbedded(b *testing.B) {
	t := start(b, `embedded: {path: consent.db}`)
	stop := t.serve()
	t.measure()
	usage := stop()
	b.ReportMetric(float64(usage.Maxrss)/1024, "proxy-peak-MiB")
	if info, err := os.Stat(filepath.Join(t.dir, "consent.db")); err == nil {
		b.ReportMetric(float64(info.Size())/(1<<20), "file-MiB")
	}
}

type bench struct {
	*testing.B
	dir, binary, config, admin string
}

func start(b *testing.B, store string) *bench {
	t := &bench{B: b, dir: b.TempDir(), admin: redistest.FreeAddr(b)}
	t.binary, t.config = filepath.Join(t.dir, "consentd"), filepath.Join(t.dir, "consentd.yaml")
	if out, err := exec.Command("go", "build", "-o", t.binary, "github.com/consentd/consentd/cmd/consentd").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	t.write("own.yaml", []byte("name: own\nrules:\n  - {item: imei, at: [\"**.imei\"], unless: device_id, action: remove}\n"))
	t.write("consentd.yaml", []byte(`
proxy: {listen: "`+redistest.FreeAddr(b)+`"}
admin: {listen: "`+t.admin+`"}
consent: {store: {`+store+`}}
rule_files: ["own.yaml"]
upstreams: {up: {urls: ["http://127.0.0.1:9"]}}
routes: [{name: in, match: {paths: ["/in"]}, upstream: up, rules: [own]}]
`))
	return t
}

func (t *bench) write(name string, data []byte) {
	if err := os.WriteFile(filepath.Join(t.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve runs a proxy; its end gives what it used.
func (t *bench) serve() (stop func() *syscall.Rusage) {
	cmd := exec.Command(t.binary, "run", "--config", t.config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless something failed
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("tcp", t.admin); err == nil {
			conn.Close()
			if answer, err := http.Get("http://" + t.admin + "/readyz"); err == nil {
				answer.Body.Close()
				break
			}
		}
	}
	return func() *syscall.Rusage {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		return cmd.ProcessState.SysUsage().(*syscall.Rusage)
	}
}

func (t *bench) measure() {
	hash := maphash.MakeSeed()
	in := filepath.Join(t.dir, "records.ndjson")
	t.records(in)
	sum := t.sumOf(hash, in)
	t.ResetTimer()
	for _, run := range []string{"import", "again"} {
		elapsed, usage := t.run("consent", "import", in)
		t.ReportMetric(float64(t.N)/elapsed.Seconds(), run+"-records/s")
		t.ReportMetric(float64(usage.Maxrss)/1024, run+"-peak-MiB")
	}
	out := filepath.Join(t.dir, "out.ndjson")
	elapsed, usage := t.run("consent", "export", out)
	t.ReportMetric(float64(t.N)/elapsed.Seconds(), "export-records/s")
	t.ReportMetric(float64(usage.Maxrss)/1024, "export-peak-MiB")
	t.ReportMetric(0, "ns/op")
	if got := t.sumOf(hash, out); got != sum {
		t.Fatalf("the export of %d records is not what was imported", t.N)
	}
}

func (t *bench) run(args ...string) (time.Duration, *syscall.Rusage) {
	cmd := exec.Command(t.binary, append(args, "--config", t.config)...)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return time.Since(began), cmd.ProcessState.SysUsage().(*syscall.Rusage)
}

// records writes a file, and keeps nothing: the peak of a process that is started
// counts from that of this one.
func (t *bench) records(file string) {
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(f)
	for i := range t.N {
		// Scattered, as advertising ids are.
		fmt.Fprintf(out, `{"subject":"oaid:%016x","flags":{"analytics":true,"device_id":%v,"location":false},"policy":"7","source":"app"}`+"\n",
			uint64(i+1)*0x9e3779b97f4a7c15, i%2 == 0)
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// sumOf depends on subject and flags of all records, and not on their order.
func (t *bench) sumOf(seed maphash.Seed, file string) (sum uint64) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		head, _, _ := bytes.Cut(lines.Bytes(), []byte("}"))
		sum += maphash.Bytes(seed, head)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return sum
}
