//go:build clients

package clients

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// page is a tab with cookies and storage of its own.
type page struct {
	browser *browser
	session string
	context string

	mu       sync.Mutex
	problems []string
}

func (b *browser) open(t testing.TB) *page {
	t.Helper()
	p := &page{browser: b}
	var made struct{ BrowserContextID, TargetID, SessionID string }
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(b.call("", "Target.createBrowserContext", nil, &made))
	p.context = made.BrowserContextID
	must(b.call("", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": p.context}, &made))
	must(b.call("", "Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &made))
	p.session = made.SessionID
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		must(p.call(domain+".enable", nil, nil))
	}
	return p
}

func (p *page) call(method string, params, result any) error {
	return p.browser.call(p.session, method, params, result)
}

func (p *page) close() {
	_ = p.browser.call("", "Target.disposeBrowserContext", map[string]any{"browserContextId": p.context}, nil)
}

// visit goes to an address, coming from another one, and waits until the page's
// scripts have run.
func (p *page) visit(t testing.TB, address, from string) {
	t.Helper()
	params := map[string]any{"url": address, "referrer": from, "referrerPolicy": "unsafeUrl"}
	if err := p.call("Page.navigate", params, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the page loads", func() bool {
		var loaded bool
		err := p.evaluate(`document.readyState === "complete" && typeof prepare === "function"`, &loaded)
		return err == nil && loaded
	})
}

func (p *page) evaluate(expression string, result any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	params := map[string]any{"expression": expression, "returnByValue": true}
	if err := p.call("Runtime.evaluate", params, &answer); err != nil {
		return err
	}
	if e := answer.ExceptionDetails; e != nil {
		return fmt.Errorf("%s %s", e.Text, e.Exception.Description)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer.Result.Value, result)
}

// run calls a function of the page.
func (p *page) run(t testing.TB, function string, argument, result any) {
	t.Helper()
	text, err := json.Marshal(argument)
	if err == nil {
		err = p.evaluate(function+"("+string(text)+")", result)
	}
	if err != nil {
		t.Fatalf("%s: %v", function, err)
	}
}

// notice keeps what a developer would see as an error in the tools of the browser. The
// browser holds its lock meanwhile.
func (p *page) notice(m reply) {
	switch m.Method {
	case "Runtime.exceptionThrown":
		p.note("exception: " + string(m.Params))
	case "Network.loadingFailed":
		p.note(loadingProblem(m.Params))
	case "Runtime.consoleAPICalled":
		p.note(consoleProblem(m.Params))
	case "Log.entryAdded":
		p.note(logProblem(m.Params))
	case "Page.javascriptDialogOpening":
		p.note(dialogProblem(m.Params))
		_, _ = p.browser.write(p.session, "Page.handleJavaScriptDialog", map[string]any{"accept": true})
	}
}

func (p *page) note(problem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if problem != "" {
		p.problems = append(p.problems, problem)
	}
}

func consoleProblem(params json.RawMessage) string {
	var call struct{ Type string }
	_ = json.Unmarshal(params, &call)
	if call.Type == "error" || call.Type == "warning" || call.Type == "assert" {
		return "console: " + string(params)
	}
	return ""
}

func loadingProblem(params json.RawMessage) string {
	var failure struct{ Type, ErrorText string }
	_ = json.Unmarshal(params, &failure)
	return "network: " + failure.Type + " " + failure.ErrorText
}

func logProblem(params json.RawMessage) string {
	var entry struct {
		Entry struct{ Level, Text, URL string }
	}
	_ = json.Unmarshal(params, &entry)
	if entry.Entry.Level == "error" {
		return "log: " + entry.Entry.Text
	}
	return ""
}

// dialogProblem reads the alert with which the SDK says how a debug report went.
func dialogProblem(params json.RawMessage) string {
	var dialog struct{ Message string }
	_ = json.Unmarshal(params, &dialog)
	if strings.HasPrefix(dialog.Message, "debug数据发送成功") {
		return ""
	}
	return "alert: " + dialog.Message
}

// eventually polls, because nothing tells when a client has done what it will do.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(pollPause) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
