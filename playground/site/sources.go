package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is the line of go.mod by which the project's folder is known.
const module = "module cipherglass"

// ErrNoSources means that the page's sources are not in the folder or above it.
var ErrNoSources = errors.New("the page's sources were not found: run this inside a clone of cipherglass, where go.mod is")

// Find returns the project's folder: dir or the nearest folder above it whose
// go.mod declares the module cipherglass.
func Find(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && declares(string(text)) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", ErrNoSources
		}
		dir = up
	}
}

func declares(gomod string) bool {
	for line := range strings.Lines(gomod) {
		if strings.TrimSpace(line) == module {
			return true
		}
	}
	return false
}

// sourceFolders hold what the page is made from, this package included: its
// way of building is part of the result.
var sourceFolders = []string{"crypto", "playground", "public", "wasm"}

// sourcesHash names the sources below root together with the Go version. It
// reads more than the compiler will (a file for another platform, say): that
// costs a needless build now and then, and never misses an embedded file.
func sourcesHash(root, goVersion string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", goVersion)
	add := func(path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %x\n", filepath.ToSlash(rel), sha256.Sum256(data))
		return nil
	}
	for _, name := range append([]string{"go.mod", "go.sum"}, licenseSources...) {
		if err := add(filepath.Join(root, name)); err != nil {
			return "", fmt.Errorf("the page's sources cannot be read: %w", err)
		}
	}
	for _, folder := range sourceFolders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == "testdata":
				return fs.SkipDir
			case d.IsDir(), strings.HasSuffix(path, "_test.go"), !d.Type().IsRegular():
				return nil
			}
			return add(path)
		})
		if err != nil {
			return "", fmt.Errorf("the page's sources cannot be read: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:hashLen], nil
}

// goTool is a Go toolchain.
type goTool struct {
	path    string
	version string
	root    string
}

func findTool(name, dir string) (goTool, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return goTool{}, fmt.Errorf("the page must be built, and the Go toolchain was not found (no %q in PATH): install Go from https://go.dev/dl/", name)
	}
	cmd := exec.Command(path, "env", "GOVERSION", "GOROOT")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return goTool{}, fmt.Errorf("the Go toolchain at %s does not answer: %s", path, failure(err, nil))
	}
	lines := strings.Split(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
	if len(lines) < 2 || lines[0] == "" || lines[1] == "" {
		return goTool{}, fmt.Errorf("the Go toolchain at %s does not say its version and root", path)
	}
	return goTool{path: path, version: lines[0], root: lines[1]}, nil
}

// notInlined are the packages that are compiled without inlining: large ones
// whose speed does not count. It makes the download a tenth smaller. What seals,
// hashes and multiplies keeps its inlining, and so do the small packages that
// everything calls.
var notInlined = []string{
	"cipherglass/crypto/pki", "cipherglass/crypto/tls", "cipherglass/playground/...", "cipherglass/wasm",
	"github.com/google/gopacket/...", "github.com/hexops/vecty/...", "vendor/...",
	"bufio", "compress/...", "context", "crypto/dsa", "crypto/ecdsa", "crypto/elliptic", "crypto/hpke",
	"crypto/rsa", "crypto/tls", "crypto/x509/...", "encoding/asn1", "encoding/json", "encoding/pem", "fmt",
	"io/fs", "math/big", "net/...", "os", "path/...", "reflect", "syscall/js", "time",
}

// compile returns the WebAssembly program of the project at root.
func (g goTool) compile(root string) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "cipherglass-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	out := filepath.Join(tmp, "cipherglass.wasm")
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", out}
	for _, pattern := range notInlined {
		args = append(args, "-gcflags="+pattern+"=-l")
	}
	cmd := exec.Command(g.path, append(args, "./wasm")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("building the page failed: %s", failure(err, log.Bytes()))
	}
	return os.ReadFile(out)
}

// wasmExec returns the script that belongs to the toolchain's programs.
func (g goTool) wasmExec() ([]byte, error) {
	for _, folder := range []string{"lib", "misc"} {
		data, err := os.ReadFile(filepath.Join(g.root, folder, "wasm", "wasm_exec.js"))
		if err == nil {
			return data, nil
		}
	}
	return nil, fmt.Errorf("the Go toolchain at %s has no lib/wasm/wasm_exec.js: install a complete Go distribution", g.root)
}

// firstLines is how much of a compiler's output an error shows.
const firstLines = 8

// failure returns err in words, with the first lines of what the tool wrote.
func failure(err error, output []byte) string {
	if exit, ok := err.(*exec.ExitError); ok && output == nil {
		output = exit.Stderr
	}
	text := strings.TrimSpace(string(output))
	if text == "" {
		return err.Error()
	}
	lines := strings.Split(text, "\n")
	if len(lines) > firstLines {
		lines = append(lines[:firstLines], fmt.Sprintf("... and %d more lines", len(lines)-firstLines))
	}
	return err.Error() + "\n\t" + strings.Join(lines, "\n\t")
}
