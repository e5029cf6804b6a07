package verify

import (
	"testing"

	"cipherglass/playground/scenario"
)

// BenchmarkAsync has WebCrypto check each preset.
func BenchmarkAsync(b *testing.B) {
	requireWebCrypto(b)
	for _, p := range scenario.Presets() {
		b.Run(p.Name, func(b *testing.B) {
			tr := play(b, preset(b, p.Name))
			for b.Loop() {
				asked(b, tr)
			}
		})
	}
}
