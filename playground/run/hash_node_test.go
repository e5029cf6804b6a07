//go:build !js

package run_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHashUnderWebAssembly runs TestHashes once more, compiled to WebAssembly,
// under node: the same scenario gives the same trace on every machine.
func TestHashUnderWebAssembly(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles to WebAssembly, which takes a while")
	}
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("node is missing, which runs WebAssembly")
		}
		t.Skip("SKIPPED: node is missing, which runs WebAssembly")
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	// The runner passes the environment on and has little room for it.
	runner := "env -i PATH=" + os.Getenv("PATH") + " " + filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "go_js_wasm_exec")
	cmd := exec.Command("go", "test", "-count=1", "-v", "-run", "^TestHashes$", "-exec", runner, ".")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range hashes(t) {
		if !strings.Contains(string(out), want.name+" "+want.hash) {
			t.Errorf("%s: under WebAssembly the trace is not %s", want.name, want.hash)
		}
	}
}
