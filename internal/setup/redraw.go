package setup

import (
	"errors"
	"runtime/debug"

	"github.com/consentd/consentd/internal/strictyaml"
)

var errPanic = errors.New("the configuration or a rule file made consentd panic, which is a fault of consentd: the log has the place; nothing was reloaded")

// redraw is draw for a proxy that serves: a panic is a refused reload, not its end.
func (e *Engine) redraw() (b *blueprint, problems strictyaml.Problems) {
	defer func() {
		if fault := recover(); fault != nil {
			e.Log.Error("a reload panicked", "panic", fault, "stack", string(debug.Stack()))
			problems = asProblem(e.path, errPanic)
		}
	}()
	return e.draw(e.path, e.env)
}
