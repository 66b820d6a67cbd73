package ruletest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/consentd/consentd/internal/ruletest"
)

const shipped = "../../configs/rules"

func TestEveryShippedRuleIsSeenToActAndToLetGo(t *testing.T) {
	suite, problems := ruletest.Load([]string{shipped}, os.LookupEnv)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	outcomes, err := ruletest.Run(suite.Cases, present)
	if err != nil {
		t.Fatal(err)
	}
	report := ruletest.Report{Outcomes: outcomes}
	if report.Failed() > 0 {
		var b bytes.Buffer
		_ = report.WriteText(&b)
		t.Fatal(b.String())
	}
	for _, c := range suite.Coverage(outcomes) {
		for _, rule := range c.Missing() {
			t.Errorf("%s:%d:%d: %s %s %s: no test saw this act, or let go", c.File, rule.Line, rule.Column, rule.Item, rule.Action, rule.About)
		}
	}
}

func TestEveryShippedRuleFileHasTests(t *testing.T) {
	files, err := filepath.Glob(shipped + "/*.yaml")
	if err != nil || len(files) < 16 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		if name, isTest := strings.CutSuffix(file, "_test.yaml"); isTest {
			continue
		} else if _, err := os.Stat(strings.TrimSuffix(name, ".yaml") + "_test.yaml"); err != nil {
			t.Error(err)
		}
	}
}
