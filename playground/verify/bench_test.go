package verify

import (
	"testing"
	"time"

	"cipherglass/playground/scenario"
)

// BenchmarkAll verifies each preset; longest-ms is the longest that one Step
// kept the page waiting.
func BenchmarkAll(b *testing.B) {
	for _, p := range scenario.Presets() {
		b.Run(p.Name, func(b *testing.B) {
			tr := play(b, preset(b, p.Name))
			var longest time.Duration
			for b.Loop() {
				v := Start(tr, Options{})
				for done := false; !done; {
					began := time.Now()
					done = v.Step()
					longest = max(longest, time.Since(began))
				}
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
		})
	}
}
