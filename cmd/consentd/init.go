package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/scaffold"
	"github.com/consentd/consentd/internal/setup"
	"github.com/consentd/consentd/internal/strictyaml"
)

type initCmd struct {
	Dir     string            `default:"." placeholder:"DIR" help:"Where the files go (${default})."`
	SDK     []string          `placeholder:"NAME" help:"What your apps send: openrtb, sensorsdata, sigmob, tracking. Asked for where it is missing."`
	Backend map[string]string `placeholder:"NAME=URL" help:"Where the traffic of an SDK goes: openrtb=http://127.0.0.1:8106. Asked for where it is missing."`
	Redis   string            `placeholder:"HOST:PORT" help:"Where consent records are kept; without it in a file."`
}

// Run writes a first configuration and checks it.
func (c *initCmd) Run(env *environment) error {
	plan, err := c.plan(&interview{env.stdout, bufio.NewReader(env.stdin)})
	if err != nil {
		return err
	}
	plan.KeyID, plan.Random = env.now().UTC().Format("2006-01"), rand.Reader
	file := filepath.Join(c.Dir, "consentd.yaml")
	if _, problems := config.Parse(file, plan.Configuration(), env.lookup); len(problems) > 0 {
		return problems // and nothing is written that the next try would stumble over
	}
	names, err := scaffold.Write(plan)
	if err != nil {
		return err
	}
	_, problems, findings := setup.Check(file, env.lookup)
	if printAll(env, problems, findings); len(problems) > 0 {
		return exit(exitFailed)
	}
	return printNext(env, names, file)
}

func printNext(env *environment, names []string, config string) error {
	_, err := fmt.Fprintf(env.stdout, `wrote %s

%s is valid. Next:
  consentd test %s
  consentd run --config %s
`, strings.Join(names, "\n      "), config, filepath.Join(filepath.Dir(config), "rules", "first_test.yaml"), config)
	return err
}

// plan asks for what the command line leaves open.
func (c *initCmd) plan(ask *interview) (scaffold.Plan, error) {
	p := scaffold.Plan{Dir: c.Dir, Redis: c.Redis}
	names := c.SDK
	if len(names) == 0 {
		answer, err := ask.question(sdkQuestion(), "", "--sdk NAME")
		if err != nil {
			return p, err
		}
		names = strings.FieldsFunc(answer, func(r rune) bool { return r == ' ' || r == ',' })
	}
	chosen, err := choose(names)
	if err != nil {
		return p, err
	}
	if err := c.knowsBackends(chosen); err != nil {
		return p, err
	}
	for _, sdk := range chosen {
		url, err := c.backend(sdk.Name, ask)
		if err != nil {
			return p, err
		}
		p.Chosen = append(p.Chosen, scaffold.Backend{SDK: sdk, URL: url})
	}
	if len(c.SDK) == 0 && c.Redis == "" {
		p.Redis, err = ask.question("Redis for consent records, host:port; nothing for a file", "", "--redis")
		if errors.Is(err, errUnanswered) {
			err = nil
		}
	}
	return p, err
}

// knowsBackends refuses a backend of what the apps do not send: it would go nowhere.
func (c *initCmd) knowsBackends(chosen []scaffold.SDK) (err error) {
	var names []string
	for _, sdk := range chosen {
		names = append(names, sdk.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Backend)) {
		if !slices.Contains(names, name) {
			err = errors.Join(err, fmt.Errorf("--backend %s: the SDKs are %s%s", name, strings.Join(names, ", "), strictyaml.Suggest(name, names)))
		}
	}
	return err
}

func (c *initCmd) backend(name string, ask *interview) (string, error) {
	if url := c.Backend[name]; url != "" {
		return url, nil
	}
	return ask.question("Where does the traffic of "+name+" go", "http://127.0.0.1:8106", "--backend "+name+"=URL")
}

func sdkQuestion() string {
	var b strings.Builder
	for _, sdk := range scaffold.SDKs() {
		fmt.Fprintf(&b, "  %-12s %s\n", sdk.Name, sdk.About)
	}
	return b.String() + "Which of these do your apps send"
}

// choose finds SDKs by their names, each once.
func choose(names []string) (chosen []scaffold.SDK, err error) {
	var known []string
	for _, sdk := range scaffold.SDKs() {
		known = append(known, sdk.Name)
		if slices.Contains(names, sdk.Name) {
			chosen = append(chosen, sdk)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			err = errors.Join(err, fmt.Errorf("unknown SDK %q, known: %s%s", name, strings.Join(known, ", "), strictyaml.Suggest(name, known)))
		}
	}
	if len(names) == 0 {
		err = fmt.Errorf("no SDK is named, known: %s", strings.Join(known, ", "))
	}
	return chosen, err
}

// interview asks questions, a line each.
type interview struct {
	out io.Writer
	in  *bufio.Reader
}

var errUnanswered = errors.New("nobody answered")

// question gives the answer to a line, or what is usual where that is empty. Where
// nobody can answer, the flag is what would help.
func (i *interview) question(text, usual, flag string) (string, error) {
	if fmt.Fprint(i.out, text); usual != "" {
		fmt.Fprintf(i.out, " [%s]", usual)
	}
	fmt.Fprint(i.out, "? ")
	line, err := i.in.ReadString('\n')
	if answer := strings.TrimSpace(line); answer != "" || err == nil && usual == "" {
		return answer, nil
	}
	if err == nil {
		return usual, nil
	}
	fmt.Fprintln(i.out)
	return "", fmt.Errorf("%w: say %s", errUnanswered, flag)
}
