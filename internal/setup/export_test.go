package setup

import (
	"github.com/consentd/consentd/internal/consent"
	"github.com/valyala/fasthttp"
)

// Handle is what the server calls for each request.
func (e *Engine) Handle(ctx *fasthttp.RequestCtx) { e.proxy.Handle(ctx) }

// Break makes every look-up panic with the value that it is asked for.
func (e *Engine) Break() error {
	b, problems := draw(e.path, e.env)
	if err := problems.Err(); err != nil {
		return err
	}
	table, err := b.table(func(refs []consent.Ref, _ []consent.Grant) { panic(string(refs[0].Value)) })
	if err == nil {
		e.proxy.Swap(table).Close()
	}
	return err
}
