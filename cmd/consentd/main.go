// Command consentd keeps what devices did not consent to from backends.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	completion "github.com/jotaen/kong-completion"

	"github.com/consentd/consentd/internal/strictyaml"
)

// Exit codes.
const (
	exitFailed   = 1 // invalid input, or it did not work
	exitUsage    = 2 // the command line is wrong
	exitFindings = 3 // nothing is wrong, but something is not as it should be
)

// configVariable stands for --config.
const configVariable = "CONSENTD_CONFIG"

// commands is the command line, in the order in which the commands are listed.
type commands struct {
	Demo        demoCmd               `cmd:"" group:"see" help:"Show what consentd does: no configuration, no Redis, no network."`
	Explain     explainCmd            `cmd:"" group:"see" help:"Run one request without sending it, and tell what would be sent and why."`
	Replay      replayCmd             `cmd:"" group:"see" help:"Run captured requests through the rules, and sum up what becomes of them. Nothing is sent."`
	Run         runCmd                `cmd:"" group:"run" help:"Run the proxy. SIGTERM or SIGINT drains, SIGHUP reloads."`
	Reload      reloadCmd             `cmd:"" group:"run" help:"Ask a running proxy to read its configuration again."`
	Healthcheck healthcheckCmd        `cmd:"" group:"run" help:"Exit with 0 where a running proxy answers, for a container's HEALTHCHECK."`
	Init        initCmd               `cmd:"" group:"rules" help:"Write a first configuration, with rule files, a key and tests."`
	Check       checkCmd              `cmd:"" group:"rules" help:"Validate a configuration and its rule files. Findings alone exit with 3."`
	Test        testCmd               `cmd:"" group:"rules" help:"Run the tests of rule files: *_test.yaml."`
	Consent     consentCmd            `cmd:"" group:"consent" help:"Read and change consent records."`
	Echo        echoCmd               `cmd:"" group:"tools" help:"Be a backend that answers with what it got, to try things with."`
	Schema      schemaCmd             `cmd:"" group:"tools" help:"Print the JSON Schema (draft-07) of a kind of file, for editors."`
	Completion  completion.Completion `cmd:"" group:"tools" help:"Print what makes a shell complete consentd's commands: bash, zsh or fish."`
	Version     versionCmd            `cmd:"" group:"tools" help:"Print version, commit and Go version."`
}

// groups are the headings of the list of commands.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "see", Title: "See what happens to a request:"},
		{Key: "run", Title: "Run the proxy:"},
		{Key: "rules", Title: "Write rules and prove them:"},
		{Key: "consent", Title: "Keep what people granted:"},
		{Key: "tools", Title: "Tools:"},
	}
}

// environment is what a command has of the process.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(string) (string, bool)
	now            func() time.Time
}

func main() {
	if os.Getenv(configVariable) == "" {
		_ = os.Unsetenv(configVariable) // to the parser a variable without a value is one
	}
	env := &environment{os.Stdin, os.Stdout, os.Stderr, os.LookupEnv, time.Now}
	os.Exit(execute(os.Args[1:], env))
}

func execute(args []string, env *environment) int {
	parser, err := kong.New(&commands{},
		kong.Name("consentd"),
		kong.Description("A proxy that removes from requests what the device did not consent to."),
		kong.Writers(env.stdout, env.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ExplicitGroups(groups()),
		kong.Bind(env),
	)
	if err != nil {
		return report(env.stderr, err)
	}
	completion.Register(parser) // answers the shell and exits where it asks
	ctx, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(env.stderr, "consentd: %v; consentd -h lists the commands, and each has -h\n", err)
		return exitUsage
	}
	return report(env.stderr, ctx.Run(env))
}

// exit ends a command with a code after its output said why.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit with %d", int(e)) }

// report prints an error, one a line, and gives the exit code.
func report(w io.Writer, err error) int {
	var code exit
	var problems strictyaml.Problems
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &problems):
		fmt.Fprintln(w, problems.Error())
	default:
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintf(w, "consentd: %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	return exitFailed
}
