//go:build js && wasm

// Command wasm is the page's program: it joins the engines to the page and
// mounts it.
package main

import (
	"fmt"
	"io"

	"cipherglass/crypto/pki"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
	"cipherglass/playground/ui"
	"cipherglass/playground/verify"
)

// slice is how many events of the network a slice of a run handles.
const slice = 64

func main() {
	var cache pki.Cache
	var keys map[string]string // of the last run: its second opinions need them too
	ui.Mount(ui.Engines{
		Start: func(s *scenario.Scenario, k map[string]string) (func() bool, func() *trace.Trace, error) {
			keys = k
			r, err := run.Start(s, run.Options{Keys: k, Cache: &cache})
			if err != nil {
				return nil, nil, err
			}
			return func() bool { return r.Step(slice) }, r.Trace, nil
		},
		Verify: func(t *trace.Trace, then func(done bool)) (func() bool, func()) {
			v := verify.Start(t, verify.Options{Keys: keys, Cache: &cache})
			return func() bool {
				done := v.Step()
				if done {
					v.Async(func() { then(true) })
				}
				return done
			}, v.Cancel
		},
		Export: func(t *trace.Trace, what string, w io.Writer) error {
			switch what {
			case "pcapng":
				return trace.WritePcapng(w, t)
			case "keylog":
				return trace.WriteKeylog(w, t)
			case "json":
				return trace.WriteJSON(w, t)
			}
			return fmt.Errorf("there is no export called %q", what)
		},
	})
}
