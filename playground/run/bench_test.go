package run_test

import (
	"testing"

	"cipherglass/crypto/pki"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
	"cipherglass/playground/verify"
)

// BenchmarkRun plays each preset: "first" with nothing remembered, "again" as
// the page does it after an edit, with certificates from the run before.
func BenchmarkRun(b *testing.B) {
	for _, p := range scenario.Presets() {
		s := preset(b, p.Name)
		b.Run(p.Name+"/first", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustRun(b, s, run.Options{})
			}
		})
		b.Run(p.Name+"/again", func(b *testing.B) {
			opt := run.Options{Cache: &pki.Cache{}}
			mustRun(b, s, opt)
			b.ReportAllocs()
			for b.Loop() {
				mustRun(b, s, opt)
			}
		})
	}
}

// BenchmarkVerify gets the second opinions that need no browser.
func BenchmarkVerify(b *testing.B) {
	for _, p := range scenario.Presets() {
		b.Run(p.Name, func(b *testing.B) {
			cache := &pki.Cache{}
			tr := mustRun(b, preset(b, p.Name), run.Options{Cache: cache})
			for b.Loop() {
				verify.All(tr, verify.Options{Cache: cache})
			}
		})
	}
}

// BenchmarkTransfer fetches 1 MB over TLS and over an ESP tunnel.
func BenchmarkTransfer(b *testing.B) {
	for _, c := range []struct{ preset, conv string }{{"tls13", "web"}, {"esp-tunnel", "transfer"}} {
		b.Run(c.preset, func(b *testing.B) {
			s := set(b, preset(b, c.preset), "conversations."+c.conv+".size", 1<<20)
			opt := run.Options{Cache: &pki.Cache{}}
			b.SetBytes(1 << 20)
			for b.Loop() {
				mustRun(b, s, opt)
			}
		})
	}
}

func mustRun(b *testing.B, s *scenario.Scenario, opt run.Options) *trace.Trace {
	b.Helper()
	tr, err := run.Run(s, opt)
	if err != nil {
		b.Fatal(err)
	}
	if !tr.Outcome.OK {
		b.Fatalf("%s: %s", tr.Outcome.Code, tr.Outcome.Summary)
	}
	return tr
}
