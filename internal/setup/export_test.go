package setup

import (
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/consent"
	"github.com/consentd/consentd/internal/strictyaml"
	"github.com/consentd/consentd/rules"
	"github.com/valyala/fasthttp"
)

// Handle is what the server calls for each request.
func (e *Engine) Handle(ctx *fasthttp.RequestCtx) { e.proxy.Handle(ctx) }

// OnReload does something before each reload reads its files.
func (e *Engine) OnReload(do func()) {
	e.draw = func(path string, env func(string) (string, bool)) (*blueprint, strictyaml.Problems) {
		do()
		return draw(path, env)
	}
}

// CheckTexts is Check of a configuration and a rule file in memory.
func CheckTexts(configuration, file []byte) strictyaml.Problems {
	none := func(string) (string, bool) { return "", false }
	c, problems := config.Parse("consentd.yaml", configuration, none)
	f, found := rules.Parse("own.yaml", file)
	_, problems = compile(c, map[string]*rules.File{"own": f}, OwnKey, append(problems, found...))
	return problems
}

// Break makes every look-up panic with the value that it is asked for.
func (e *Engine) Break() error {
	b, problems := draw(e.path, e.env)
	if err := problems.Err(); err != nil {
		return err
	}
	table, err := b.table(func(refs []consent.Ref, _ []consent.Grant) { panic(string(refs[0].Value)) }, nil)
	if err == nil {
		e.proxy.Swap(table).Close()
	}
	return err
}
