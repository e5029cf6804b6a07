package dissect

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"cipherglass/crypto/wire"
)

// TestFiltersAreWireshark's looks every filter name of the network headers up
// in tshark's own list.
func TestFiltersAreWiresharks(t *testing.T) {
	out, err := exec.Command("tshark", "-G", "fields").Output()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("tshark: %v", err)
		}
		t.Skipf("tshark is not here: %v", err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(line, "\t"); len(f) > 2 {
			known[f[2]] = true
		}
	}
	m := samples(t)
	for _, name := range sampleNames {
		framerTree(m[name]).Walk(func(n *wire.Node, _ int) bool {
			if n.Filter != "" && !known[n.Filter] {
				t.Errorf("%s: %s has the filter %s, which tshark does not know", name, n.Name, n.Filter)
			}
			return true
		})
	}
}
