package replay_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/explain"
	"github.com/consentd/consentd/internal/replay"
	"github.com/consentd/consentd/internal/setup"
	"github.com/consentd/consentd/internal/unlisted"
)

const captures = "../../configs/rules/testdata"

// replayed replays the shipped captures through the shipped configuration.
func replayed(t *testing.T, runners int, o replay.Options) *replay.Report {
	t.Helper()
	d, problems := setup.Load("../../configs/consentd.yaml", os.LookupEnv, setup.TestKey)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	o.Learnt = unlisted.Open(unlisted.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	for range runners {
		r, err := d.LearningRunner(o.Learnt)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		o.Runners = append(o.Runners, r)
	}
	files, size, found := replay.Find([]string{captures})
	if len(found) > 0 || size == 0 {
		t.Fatal(found)
	}
	o.Files, o.Now = files, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	return replay.Run(o)
}

func TestTheReportDoesNotDependOnWhoWasQuicker(t *testing.T) {
	text := func(runners int) string {
		data, err := json.Marshal(replayed(t, runners, replay.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if one, many := text(1), text(4); many != one {
		t.Fatalf("one runner: %s\nfour: %s", one, many)
	}
}

func TestShippedCapturesReplay(t *testing.T) {
	everybody := explain.Everybody(consent.Record{Granted: ^consent.Flags(0)})
	r := replayed(t, 2, replay.Options{Source: everybody, Meter: new(replay.Meter)})
	if r.Failed() || r.Requests != r.Files || r.Requests < 20 || !r.Has("refusals") || r.Has("nothing") {
		t.Errorf("got %+v", r)
	}
	for _, row := range r.Refusals {
		if row.Reason != "opaque_body" {
			t.Errorf("%s refused: %s", row.First, row.Reason)
		}
	}
}

// TestNoValueIsInAReport looks for identifiers of the captures.
func TestNoValueIsInAReport(t *testing.T) {
	r := replayed(t, 2, replay.Options{})
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"86753", "1380", "@", "Mozilla"} {
		if strings.Contains(b.String(), value) || strings.Contains(string(data), value) {
			t.Errorf("%s is in the report", value)
		}
	}
}
