package run_test

import (
	"testing"

	"cipherglass/crypto/wire"
	"cipherglass/playground/dissect"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// TestEveryPacketOpens opens every packet of every preset: all trees tile,
// and where nothing was tampered with nothing is wrong.
func TestEveryPacketOpens(t *testing.T) {
	for _, p := range scenario.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			s, err := scenario.Preset(p.Name)
			if err != nil {
				t.Fatal(err)
			}
			tr := open(t, s, true)
			// The last packet that carries anything, changed at its last byte.
			for i := len(tr.Packets) - 1; i >= 0; i-- {
				if p := tr.Packets[i]; p.Parent == "" && len(p.Bytes) > 60 {
					s.Faults = append(s.Faults, scenario.Fault{Kind: "tamper", Packet: p.Cause(), Link: p.Link, Offset: len(p.Bytes) - 1, Value: "55"})
					break
				}
			}
			open(t, s, false)
		})
	}
}

func open(t *testing.T, s *scenario.Scenario, clean bool) *trace.Trace {
	t.Helper()
	tr, err := run.Run(s, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := dissect.NewIndex(tr)
	for _, p := range tr.Packets {
		v := x.Packet(p.Name)
		for _, tab := range v.Tabs {
			if err := wire.Tiles(tab.Tree, 0, len(tab.Bytes)); err != nil {
				t.Errorf("%s %s: %v", p.Name, tab.ID, err)
			}
			tab.Tree.Walk(func(n *wire.Node, _ int) bool {
				if clean && (n.Bad != "" || n.Name == wire.Undecoded) {
					t.Errorf("%s %s: %s %s", p.Name, tab.ID, n.Name, n.Bad)
				}
				return true
			})
		}
		at := 0
		for _, l := range dissect.Nesting(v) {
			if l.Off != at {
				t.Errorf("%s: layer %s begins at %d, want %d", p.Name, l.Name, l.Off, at)
			}
			at += l.Len
		}
		if at != len(p.Bytes) {
			t.Errorf("%s: layers end at %d of %d", p.Name, at, len(p.Bytes))
		}
		for _, f := range dissect.CheckHeaders(p.Bytes) {
			if clean && !f.OK {
				t.Errorf("%s: %s %s: %s", p.Name, f.Header, f.What, f.Detail)
			}
		}
	}
	for _, b := range tr.Buffers {
		if err := wire.Tiles(x.Buffer(b.ID).Tree, 0, len(b.Data)); err != nil {
			t.Errorf("%s: %v", b.ID, err)
		}
	}
	for _, s := range tr.Secrets {
		if v := dissect.Secret(tr, s.ID); len(v.Inputs) != len(s.Inputs) {
			t.Errorf("%s: %d inputs shown, it has %d", s.ID, len(v.Inputs), len(s.Inputs))
		}
	}
	return tr
}
