package setup

import (
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
