package setup

import (
	"github.com/consentd/consentd/internal/config"
	"github.com/consentd/consentd/internal/strictyaml"
)

// readCodecKeys reads the keys of encrypted containers, by the names that rule files
// use.
func (b *blueprint) readCodecKeys(problems *strictyaml.Problems) {
	b.codecKeys = make(map[string][]byte)
	for _, k := range b.config.CodecKeys {
		key, err := b.config.ReadSecret(k.File)
		if err != nil {
			problems.Add(b.config.File, k.Pos, "%v", err)
			continue
		}
		b.codecKeys[k.ID] = key
	}
}

// notYet refuses settings that would have no effect: one for privacy that silently
// does nothing is worse than none.
func (b *blueprint) notYet(problems *strictyaml.Problems) {
	c := b.config
	for i := range c.Routes {
		if r := &c.Routes[i]; r.Unlisted != config.UnlistedKeep {
			problems.Add(c.File, r.Pos, "unlisted: %s is not in this version; only keep is", r.Unlisted)
		}
	}
}
