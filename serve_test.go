package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// play runs a command line and returns what it wrote and its exit code.
func play(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	code = cli(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

// wantError runs a command line that must fail with the code, one sentence on
// stderr that holds each of the words, and nothing on stdout.
func wantError(t *testing.T, code int, args []string, words ...string) {
	t.Helper()
	stdout, stderr, got := play(t, "", args...)
	if got != code {
		t.Errorf("%q: exit %d, want %d (%s)", args, got, code, stderr)
	}
	if stdout != "" {
		t.Errorf("%q: wrote to stdout: %s", args, stdout)
	}
	if n := strings.Count(strings.TrimSpace(stderr), "\n"); n != 0 || stderr == "" {
		t.Errorf("%q: wrote %d lines to stderr, want one: %s", args, n+1, stderr)
	}
	for _, w := range words {
		if !strings.Contains(stderr, w) {
			t.Errorf("%q: %q does not say %q", args, stderr, w)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"-help"}, {"--help"}} {
		stdout, stderr, code := play(t, "", args...)
		if code != exitOK || stderr != "" {
			t.Errorf("%q: exit %d, stderr %q", args, code, stderr)
		}
		for _, c := range commands() {
			if !strings.Contains(stdout, c.name+" ") || !strings.Contains(stdout, c.about) {
				t.Errorf("%q does not mention %s", args, c.name)
			}
		}
	}
	for _, c := range commands() {
		for _, args := range [][]string{{"help", c.name}, {c.name, "-h"}, {c.name, "--help"}} {
			stdout, stderr, code := play(t, "", args...)
			if code != exitOK || stderr != "" || !strings.Contains(stdout, "Usage: cipherglass "+c.name) {
				t.Errorf("%q: exit %d, %q, %q", args, code, stdout, stderr)
			}
		}
	}
}

func TestBadArguments(t *testing.T) {
	wantError(t, exitUsage, []string{"sing"}, `no command "sing"`, "help")
	wantError(t, exitUsage, []string{"help", "sing"}, `no command "sing"`)
	wantError(t, exitUsage, []string{"-nope"}, "-nope", "help serve")
	wantError(t, exitUsage, []string{"serve", "extra"}, "extra", "too many")
	wantError(t, exitUsage, []string{"-addr"}, "needs an argument")
	wantError(t, exitUsage, []string{"-addr", "8080"}, "-addr", "HOST:PORT")
	wantError(t, exitUsage, []string{"build"}, "-o DIR")
	wantError(t, exitUsage, []string{"build", "-o", "x", "y"}, `"y"`, "too many")
}

func TestListenErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr := l.Addr().String()
	wantError(t, exitFailed, []string{"-addr", addr}, addr, "is taken by another program", "-addr")
	wantError(t, exitFailed, []string{"-addr", "256.0.0.1:80"}, "256.0.0.1:80", "cannot be listened on")
}

// TestNoSources runs where there is no page to build.
func TestNoSources(t *testing.T) {
	t.Chdir(t.TempDir())
	wantError(t, exitFailed, []string{"-addr", "127.0.0.1:0"}, "sources were not found", "clone")
	wantError(t, exitFailed, []string{"build", "-o", "x"}, "sources were not found")
}

// smallProject makes a module of this one's shape the working directory: small,
// so that it builds in a moment.
func smallProject(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                  "module cipherglass\n\ngo 1.26\n",
		"go.sum":                  "",
		"LICENSE":                 "",
		"THIRD_PARTY.md":          "",
		"crypto/wire/wire.go":     "package wire\n",
		"playground/site/site.go": "package site\n",
		"wasm/main.go":            "package main\n\nfunc main() { println(1) }\n",
		"public/index.html":       "<!doctype html><script src={{WASM_EXEC}}></script>",
		"public/boot.js":          "fetch('{{WASM}}')",
		"public/style.css":        "body {}",
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(root)
	return root
}

func TestServe(t *testing.T) {
	smallProject(t)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	r, w := io.Pipe()
	var stderr strings.Builder
	code := make(chan int, 1)
	go func() {
		code <- cli(ctx, []string{"-addr", "127.0.0.1:0"}, strings.NewReader(""), w, &stderr)
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	_, rest, _ := strings.Cut(line, "http://")
	host, _, ok := strings.Cut(rest, "/")
	if !ok {
		t.Fatalf("no address in %q", line)
	}
	res, err := http.Get("http://" + host + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 200 || !strings.Contains(string(body), "wasm_exec.") {
		t.Errorf("got %d %q, %v", res.StatusCode, body, err)
	}
	stop()
	if got := <-code; got != exitOK {
		t.Errorf("exit %d after an interrupt", got)
	}
}

func TestBuild(t *testing.T) {
	root := smallProject(t)
	stdout, stderr, code := play(t, "", "build", "-o", "dist")
	if code != exitOK || !strings.Contains(stdout, "The site is in dist") || !strings.Contains(stderr, "compiling") {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	if _, err := os.Stat(filepath.Join(root, "dist", "index.html")); err != nil {
		t.Error(err)
	}
	// A second time, from the cache and over the first.
	if _, stderr, code = play(t, "", "build", "-o", "dist"); code != exitOK || stderr != "" {
		t.Errorf("again: exit %d, %q", code, stderr)
	}
	wantError(t, exitFailed, []string{"build", "-o", "wasm"}, "wasm is not empty")

	if err := os.WriteFile(filepath.Join(root, "wasm", "main.go"), []byte("package main\n\nfunc main() { nope() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, stderr, code = play(t, "", "build", "-o", "dist")
	if code != exitFailed || !strings.Contains(stderr, "building the page failed") || !strings.Contains(stderr, "nope") {
		t.Errorf("a broken source: exit %d, %q", code, stderr)
	}
	t.Setenv("PATH", t.TempDir())
	wantError(t, exitFailed, []string{"build", "-o", "dist"}, "Go toolchain was not found")
}

func TestShown(t *testing.T) {
	for given, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080",
		"0.0.0.0:80":     "localhost:80",
		"[::]:80":        "localhost:80",
		"[::1]:8080":     "[::1]:8080",
	} {
		a, err := net.ResolveTCPAddr("tcp", given)
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(a); got != want {
			t.Errorf("%s is shown as %s, want %s", given, got, want)
		}
	}
}
