package site

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// project writes a small module of the real one's shape and returns its folder.
func project(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                        "module cipherglass\n\ngo 1.26\n",
		"go.sum":                        "",
		"LICENSE":                       "do as you like",
		"THIRD_PARTY.md":                "# Notices",
		"crypto/wire/wire.go":           "package wire\n\nconst Name = \"wire\"\n",
		"crypto/wire/wire_test.go":      "package wire\n",
		"playground/ui/ui.go":           "package ui\n",
		"playground/ui/testdata/x.json": "{}\n",
		"wasm/main.go":                  "package main\n\nimport \"cipherglass/crypto/wire\"\n\nfunc main() { println(wire.Name) }\n",
		"public/index.html":             "<!doctype html><meta http-equiv=Content-Security-Policy content=\"{{POLICY}}\"><link href={{STYLE}}><script src={{WASM_EXEC}}></script><script src={{BOOT}}></script>{{VERSION}}" + strings.Repeat(" padding", 40),
		"public/boot.js":                "fetch('{{WASM}}'); const size = {{WASM_SIZE}};" + strings.Repeat(" ", 100),
		"public/style.css":              "body { color: black }",
		"public/icons/icon.svg":         "<svg xmlns='http://www.w3.org/2000/svg'/>",
		"public/README.md":              "for developers",
		"public/.hidden":                "no",
	} {
		write(t, filepath.Join(root, name), text)
	}
	return root
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// build builds with a log, and returns the log too: it is empty when the cache
// answered.
func build(t *testing.T, o Options) (*Site, string) {
	t.Helper()
	var log strings.Builder
	o.Log = func(line string) { log.WriteString(line + "\n") }
	s, err := Build(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, log.String()
}

func TestBuild(t *testing.T) {
	root := project(t)
	s, log := build(t, Options{Root: root})
	if log == "" {
		t.Error("the first build said nothing")
	}

	var names []string
	byStem := map[string]File{}
	for _, f := range s.Files {
		names = append(names, f.Name)
		stem, _, _ := strings.Cut(f.Name, ".")
		byStem[stem] = f
	}
	want := []string{"boot", "cipherglass", "icons/icon", "index", "licenses", "style", "wasm_exec"}
	if len(names) != len(want) || !slices.IsSorted(names) {
		t.Fatalf("files are %q, want one for each of %q", names, want)
	}
	index, boot, wasm := byStem["index"], byStem["boot"], byStem["cipherglass"]
	for _, stem := range []string{"boot", "style", "wasm_exec"} {
		f := byStem[stem]
		if !f.Hashed || !strings.Contains(string(index.Data), "="+f.Name) {
			t.Errorf("index.html does not refer to %s by its hashed name:\n%s", f.Name, index.Data)
		}
	}
	if index.Name != "index.html" || index.Hashed {
		t.Errorf("index is %s, hashed %v", index.Name, index.Hashed)
	}
	if !strings.Contains(string(index.Data), `content="`+Policy+`"`) {
		t.Error("index.html does not hold the policy")
	}
	if !strings.Contains(string(index.Data), s.Version) {
		t.Error("index.html does not hold the version")
	}
	if !strings.Contains(string(boot.Data), "fetch('"+wasm.Name+"')") {
		t.Errorf("boot.js does not fetch %s: %s", wasm.Name, boot.Data)
	}
	if !bytes.HasPrefix(wasm.Data, []byte("\x00asm")) {
		t.Error("the program is not WebAssembly")
	}
	if !strings.Contains(string(byStem["wasm_exec"].Data), "Go") {
		t.Error("wasm_exec.js is not the toolchain's")
	}
	if got := string(byStem["licenses"].Data); !strings.Contains(got, "do as you like") || !strings.Contains(got, "# Notices") {
		t.Errorf("licenses.txt is %q", got)
	}
	for _, f := range s.Files {
		if f.Gzip != nil {
			r, err := gzip.NewReader(bytes.NewReader(f.Gzip))
			if err != nil {
				t.Fatal(err)
			}
			same(t, f.Name+".gz", r, f.Data)
		}
		if f.Brotli != nil {
			same(t, f.Name+".br", brotli.NewReader(bytes.NewReader(f.Brotli)), f.Data)
		}
	}
	if wasm.Gzip == nil || wasm.Brotli == nil || len(wasm.Brotli) >= len(wasm.Data) {
		t.Error("the program was not compressed")
	}
	if n := s.Download(); n <= len(wasm.Brotli) || n >= len(wasm.Data) {
		t.Errorf("download is %d bytes, with a program of %d (%d as brotli)", n, len(wasm.Data), len(wasm.Brotli))
	}
}

func same(t *testing.T, name string, r io.Reader, want []byte) {
	t.Helper()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s does not decompress to its file: %d bytes of %d, %v", name, len(got), len(want), err)
	}
}

func TestRebuildsWhenStale(t *testing.T) {
	root := project(t)
	first, _ := build(t, Options{Root: root})
	for _, c := range []struct {
		name, file, text string
		stale            bool
	}{
		{"nothing changed", "", "", false},
		{"a test changed", "crypto/wire/wire_test.go", "package wire // new\n", false},
		{"test data changed", "playground/ui/testdata/x.json", "[]\n", false},
		{"a package changed", "crypto/wire/wire.go", "package wire\n\nconst Name = \"other\"\n", true},
		{"nothing changed again", "", "", false},
		{"the style changed", "public/style.css", "body { color: red }", true},
		{"the notices changed", "THIRD_PARTY.md", "# More", true},
		{"a file came", "public/new.txt", "new", true},
		{"go.mod changed", "go.mod", "module cipherglass\n\ngo 1.26.0\n", true},
	} {
		if c.file != "" {
			write(t, filepath.Join(root, c.file), c.text)
		}
		s, log := build(t, Options{Root: root})
		if built := log != ""; built != c.stale {
			t.Errorf("%s: built is %v, want %v", c.name, built, c.stale)
		}
		if differs := s.Version != first.Version; differs != c.stale && c.file != "" {
			t.Errorf("%s: version differs is %v, want %v", c.name, differs, c.stale)
		}
		first = s
	}

	// A page that is built and unchanged needs no toolchain.
	if s, log := build(t, Options{Root: root, GoTool: "no-such-go"}); log != "" || s.Version != first.Version {
		t.Errorf("without a toolchain: built %q, version %s, want %s", log, s.Version, first.Version)
	}

	// A damaged cache is no cache.
	kept, err := filepath.Glob(filepath.Join(root, ".cache/site/fast-*/index.html"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept builds are %q (%v), want one", kept, err)
	}
	write(t, kept[0], "cut short")
	s, log := build(t, Options{Root: root})
	if log == "" || len(s.File("index.html").Data) < 100 {
		t.Error("a damaged build was served")
	}
	os.Remove(kept[0])
	if _, log = build(t, Options{Root: root}); log == "" {
		t.Error("a build with a missing file was served")
	}
	if left, _ := filepath.Glob(filepath.Join(root, ".cache/site/new-*")); len(left) > 0 {
		t.Errorf("temporary folders stay behind: %q", left)
	}
}

func TestBuildFails(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(root string, o *Options)
		want []string
	}{
		{"no toolchain", func(root string, o *Options) { o.GoTool = "no-such-go" },
			[]string{"Go toolchain was not found", `"no-such-go"`}},
		{"a tool that is not go", func(root string, o *Options) { o.GoTool = "false" },
			[]string{"does not answer"}},
		{"does not compile", func(root string, o *Options) {
			write(t, filepath.Join(root, "wasm/main.go"), "package main\n\nfunc main() { undefinedName() }\n")
		}, []string{"building the page failed: exit status 1", "main.go:3:", "undefinedName"}},
		{"no public folder", func(root string, o *Options) { os.RemoveAll(filepath.Join(root, "public")) },
			[]string{"sources cannot be read", "public"}},
		{"no license", func(root string, o *Options) { os.Remove(filepath.Join(root, "LICENSE")) },
			[]string{"sources cannot be read", "LICENSE"}},
		{"no index.html", func(root string, o *Options) { os.Remove(filepath.Join(root, "public/index.html")) },
			[]string{"public/index.html is missing"}},
		{"an unknown placeholder", func(root string, o *Options) {
			write(t, filepath.Join(root, "public/index.html"), "{{WASM}} {{NOPE}}")
		}, []string{"public/index.html holds {{NOPE}}"}},
		{"a placeholder too early", func(root string, o *Options) {
			write(t, filepath.Join(root, "public/style.css"), "@import '{{BOOT}}'")
		}, []string{"public/style.css holds {{BOOT}}"}},
		{"a cache that cannot be written", func(root string, o *Options) {
			write(t, filepath.Join(root, "file"), "")
			o.Cache = filepath.Join(root, "file", "cache")
		}, []string{"cannot be kept"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Root: project(t)}
			c.do(o.Root, &o)
			_, err := Build(o)
			if err == nil {
				t.Fatal("it built")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q does not say %q", err, w)
				}
			}
		})
	}
}

func TestFailureShowsFirstLines(t *testing.T) {
	long := strings.Repeat("a line\n", 30)
	got := failure(io.ErrUnexpectedEOF, []byte(long))
	if n := strings.Count(got, "a line"); n != firstLines || !strings.Contains(got, "and 22 more lines") {
		t.Errorf("shows %d lines: %s", n, got)
	}
}

func TestFind(t *testing.T) {
	root := project(t)
	got, err := Find(filepath.Join(root, "playground", "ui"))
	if err != nil || got != root {
		t.Errorf("found %q, %v, want %q", got, err, root)
	}
	// Another module's folder is no answer, but one above it is.
	write(t, filepath.Join(root, "browser", "go.mod"), "module cipherglass/browser\n")
	if got, err := Find(filepath.Join(root, "browser")); err != nil || got != root {
		t.Errorf("from another module: found %q, %v, want %q", got, err, root)
	}
	if got, err := Find(t.TempDir()); err != ErrNoSources {
		t.Errorf("outside: found %q, %v", got, err)
	}
}

func TestExport(t *testing.T) {
	root := project(t)
	s, _ := build(t, Options{Root: root})
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := s.Export(dir); err != nil {
		t.Fatal(err)
	}
	back, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Files) != len(s.Files) || back.Version != s.Version {
		t.Fatalf("read back %d files of version %s", len(back.Files), back.Version)
	}
	for i, f := range s.Files {
		b := back.Files[i]
		if f.Name != b.Name || f.Hashed != b.Hashed || !bytes.Equal(f.Data, b.Data) || !bytes.Equal(f.Gzip, b.Gzip) || !bytes.Equal(f.Brotli, b.Brotli) {
			t.Errorf("%s differs when read back", f.Name)
		}
	}

	// Again, after a change: what the first export wrote is gone, the user's own file stays.
	write(t, filepath.Join(dir, "CNAME"), "example.org")
	write(t, filepath.Join(root, "public/style.css"), "body { color: red }")
	old := names(t, dir)
	s, _ = build(t, Options{Root: root})
	if err := s.Export(dir); err != nil {
		t.Fatal(err)
	}
	now := names(t, dir)
	if len(now) != len(old) {
		t.Errorf("had %q, now %q", old, now)
	}
	if !slices.Contains(now, "CNAME") {
		t.Error("a file that was not ours is gone")
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestExportRefuses(t *testing.T) {
	s := &Site{Version: "v", Files: []File{{Name: "index.html", Data: []byte("x")}}}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "thesis.tex"), "mine")
	if err := s.Export(dir); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a folder in use: %v", err)
	}
	// A list that leads outside clears nothing.
	outside := filepath.Join(t.TempDir(), "precious")
	write(t, outside, "mine")
	rel, err := filepath.Rel(dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, manifestName), `{"files":[{"name":"`+filepath.ToSlash(rel)+`","bytes":4}]}`)
	if err := s.Export(dir); err == nil {
		t.Error("a list that leads outside was followed")
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error("a file outside was removed")
	}
	if _, err := load(dir); err == nil {
		t.Error("a list that leads outside was loaded")
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	if err := s.Export(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// TestPublic fills in the project's own page: every placeholder has a value,
// the policy is in the page, nothing is inline and nothing refers elsewhere.
func TestPublic(t *testing.T) {
	files, err := fill(filepath.Join("..", "..", "public"), "v", []byte("\x00asm"), []byte("exec"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name == "index.html" && !strings.Contains(string(f.Data), `http-equiv="Content-Security-Policy" content="`+Policy+`"`) {
			t.Error("index.html does not hold the policy")
		}
		for _, fault := range pageFaults(f.Name, string(f.Data)) {
			t.Error(fault)
		}
	}
}

var (
	inlineScript = regexp.MustCompile(`(?i)<script\b[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=`)
	rootedURL    = regexp.MustCompile(`(?i)(src|href|content|data-wasm)="(/|https?:)|url\(["']?(/|https?:)|fetch\(["'` + "`" + `](/|https?:)`)
)

// pageFaults returns what a file of the page must not hold.
func pageFaults(name, text string) []string {
	var found []string
	if filepath.Ext(name) == ".html" {
		if m := inlineScript.FindString(text); m != "" {
			found = append(found, fmt.Sprintf("%s has something inline, which the policy forbids: %q", name, m))
		}
	}
	if m := rootedURL.FindString(text); m != "" {
		found = append(found, fmt.Sprintf("%s refers to a place that is not relative: %q", name, m))
	}
	return found
}

func TestPageFaults(t *testing.T) {
	for text, faulty := range map[string]bool{
		`<script src="a.js" defer></script><a href="b/c">`: false,
		`<script>alert(1)</script>`:                        true,
		`<p style="color: red">`:                           true,
		`<style>p {}</style>`:                              true,
		`<button onclick="f()">`:                           true,
		`<img src="/icon.svg">`:                            true,
		`<link href="https://example.org/x.css">`:          true,
		`<p>background: url(/x.png)`:                       true,
		`fetch('/x.wasm')`:                                 true,
	} {
		if got := pageFaults("index.html", text); (len(got) > 0) != faulty {
			t.Errorf("%s: %q", text, got)
		}
	}
}
