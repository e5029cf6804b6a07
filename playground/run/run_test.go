package run_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"cipherglass/playground/dissect"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
	"cipherglass/playground/verify"
)

var update = flag.Bool("update", false, "write the golden traces anew")

func preset(t testing.TB, name string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func play(t testing.TB, s *scenario.Scenario) *trace.Trace {
	t.Helper()
	tr, err := run.Run(s, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// label returns what the ladder says of a packet, as the command line prints it.
func label(tr *trace.Trace) func(*trace.Packet) string {
	labels := dissect.Labels(tr)
	return func(p *trace.Packet) string { return labels[p.Name].String() }
}

// TestPresets plays every preset, verifies it, and compares it with its golden
// trace.
func TestPresets(t *testing.T) {
	for _, p := range scenario.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			tr := play(t, preset(t, p.Name))
			verify.All(tr, verify.Options{})
			if !tr.Outcome.OK {
				t.Errorf("outcome %s: %s", tr.Outcome.Code, tr.Outcome.Summary)
			}
			for _, c := range verify.Unexpected(tr) {
				t.Errorf("%s disagrees on %s of %s: %s", c.By, c.Name, c.Packet, c.Detail)
			}
			got := trace.Text(tr, label(tr)) + "hash " + trace.Hash(tr) + "\n"
			file := filepath.Join("testdata", p.Name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the trace is not %s; run with -update and read the difference", file)
			}
			if again := trace.Hash(play(t, preset(t, p.Name))); trace.Hash(tr) != again {
				t.Error("a second run differs")
			}
		})
	}
}
