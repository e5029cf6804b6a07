package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers is the one total order of imports: a package may import only what
// stands on a later line. "." is this folder.
var layers = [][]string{
	{"wasm", "."},
	{"playground/ui", "playground/site"},
	{"playground/app"},
	{"playground/lesson"},
	{"playground/verify"},
	{"playground/run"},
	{"playground/host"},
	{"playground/dissect"},
	{"playground/tap"},
	{"playground/sim"},
	{"playground/trace"},
	{"playground/scenario"},
	{"crypto/ike"},
	{"crypto/dtls"},
	{"crypto/gss"},
	{"crypto/ipsec"},
	{"crypto/tls"},
	{"crypto/pki"},
	{"crypto/kdf"},
	{"crypto/engine"},
	{"crypto/wire"},
}

const modulePath = "cipherglass"

// folderOf returns the line and the entry of layers that a package belongs to:
// its own folder or the one it lies in. The line is -1 when there is none.
func folderOf(pkg string) (line int, folder string) {
	rel := strings.TrimPrefix(strings.TrimPrefix(pkg, modulePath), "/")
	if rel == "" {
		rel = "."
	}
	for i, l := range layers {
		for _, f := range l {
			if rel == f || (f != "." && strings.HasPrefix(rel, f+"/")) {
				return i, f
			}
		}
	}
	return -1, ""
}

// outside says which folders may import a package from outside the module.
// What no row names, the standard library apart, nobody may.
var outside = []struct {
	prefix  string
	folders []string
}{
	{"github.com/hexops/vecty", []string{"wasm", "playground/ui"}},
	{"syscall/js", []string{"wasm", "playground/ui", "playground/verify"}},
	{"github.com/andybalholm/brotli", []string{"playground/site"}},
	{"github.com/google/gopacket", []string{"playground/sim", "playground/trace", "playground/tap", "playground/dissect", "playground/verify", "playground/run", "playground/host"}},
	{"golang.org/x/crypto", []string{"crypto", "playground"}},
}

// importFault returns what is wrong with an import, "" when nothing is.
func importFault(from, to string) string {
	line, folder := folderOf(from)
	if line < 0 {
		return fmt.Sprintf("%s is in no layer: give it a place in layers", from)
	}
	if to == modulePath || strings.HasPrefix(to, modulePath+"/") {
		toLine, toFolder := folderOf(to)
		switch {
		case toLine < 0:
			return fmt.Sprintf("%s imports %s, which is in no layer", from, to)
		case folder != toFolder && toLine <= line:
			return fmt.Sprintf("%s must not import %s, which stands above or beside it", from, to)
		}
		return ""
	}
	for _, o := range outside {
		if to != o.prefix && !strings.HasPrefix(to, o.prefix+"/") {
			continue
		}
		for _, f := range o.folders {
			if folder == f || strings.HasPrefix(folder, f+"/") {
				return ""
			}
		}
		return fmt.Sprintf("%s must not import %s: only %s may", from, to, strings.Join(o.folders, ", "))
	}
	if first, _, _ := strings.Cut(to, "/"); strings.Contains(first, ".") {
		return fmt.Sprintf("%s imports %s, a module that has no row in outside", from, to)
	}
	return ""
}

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// list returns the module's packages as one platform sees them.
func list(t *testing.T, goos, goarch string) []listed {
	t.Helper()
	watch(t)
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// watch looks at every source itself: go test repeats an old result until a
// file changes that the test has looked at, and what go list reads is not seen.
func watch(t *testing.T) {
	t.Helper()
	for _, folder := range []string{"crypto", "playground", "wasm"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

var platforms = [][2]string{{"linux", "amd64"}, {"js", "wasm"}}

func TestLayers(t *testing.T) {
	for _, p := range platforms {
		packages := list(t, p[0], p[1])
		if len(packages) < 5 {
			t.Fatalf("go list for %s found %d packages", p[0], len(packages))
		}
		for _, pkg := range packages {
			for _, imp := range pkg.Imports {
				if fault := importFault(pkg.ImportPath, imp); fault != "" {
					t.Errorf("%s/%s: %s", p[0], p[1], fault)
				}
			}
		}
	}
}

func TestImportFault(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"cipherglass", "cipherglass/playground/site", ""},
		{"cipherglass/wasm", "cipherglass/playground/ui", ""},
		{"cipherglass/crypto/tls", "cipherglass/crypto/wire", ""},
		{"cipherglass/crypto/wire/wiretest", "cipherglass/crypto/wire", ""},
		{"cipherglass/crypto/wire", "cipherglass/crypto/wire/wiretest", ""},
		{"cipherglass/crypto/wire", "crypto/sha256", ""},
		{"cipherglass/crypto/kdf", "golang.org/x/crypto/hkdf", ""},
		{"cipherglass/crypto/wire", "cipherglass/crypto/engine", "must not import"},
		{"cipherglass/crypto/tls", "cipherglass/playground/trace", "must not import"},
		{"cipherglass/playground/site", "cipherglass/playground/ui", "beside"},
		{"cipherglass", "cipherglass/wasm", "beside"},
		{"cipherglass/playground/util", "strings", "in no layer"},
		{"cipherglass/wasm", "cipherglass/playground/util", "in no layer"},
		{"cipherglass/crypto/wirework", "strings", "in no layer"},
		{"cipherglass/playground/app", "github.com/hexops/vecty/elem", "only wasm"},
		{"cipherglass/playground/run", "syscall/js", "only wasm"},
		{"cipherglass/crypto/ipsec", "github.com/google/gopacket", "only playground"},
		{"cipherglass/playground/sim", "example.org/new", "no row"},
	} {
		got := importFault(c.from, c.to)
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s importing %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// sealed are the folders where nothing may come from outside: the same input
// gives the same output there, on every machine.
var sealed = []string{
	"crypto", "playground/scenario", "playground/sim", "playground/trace", "playground/run", "playground/dissect",
}

var (
	bannedImports = []string{"crypto/rand", "math/rand", "math/rand/v2", "os", "os/exec", "os/signal", "net/http", "syscall"}
	bannedCalls   = map[string][]string{
		"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
		"rand": {"Reader"},
	}
	// Of package net only what is a value: crypto/x509 has its addresses so.
	allowedNet = []string{"IP", "IPNet", "IPMask", "ParseIP", "ParseCIDR", "IPv4", "CIDRMask"}
)

// impurities returns what in a source file depends on more than its input: a
// clock, chance, the machine, the order of goroutines.
func impurities(name, text string) ([]string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	report := func(at token.Pos, format string, args ...any) {
		p := fset.Position(at)
		found = append(found, fmt.Sprintf("%s:%d: %s", name, p.Line, fmt.Sprintf(format, args...)))
	}
	for _, imp := range file.Imports {
		path, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			return nil, err
		}
		if slices.Contains(bannedImports, path) {
			report(imp.Pos(), "imports %s", path)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n.Pos(), "starts a goroutine")
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				report(n.Pos(), "has an init function")
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && slices.Contains(bannedCalls[x.Name], n.Sel.Name) {
				report(n.Pos(), "uses %s.%s", x.Name, n.Sel.Name)
			} else if ok && x.Name == "net" && ast.IsExported(n.Sel.Name) && !slices.Contains(allowedNet, n.Sel.Name) && imports(file, "net") {
				report(n.Pos(), "uses net.%s", n.Sel.Name)
			}
		}
		return true
	})
	return found, nil
}

// imports reports whether a file imports a package.
func imports(file *ast.File, path string) bool {
	return slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == strconv.Quote(path) })
}

func TestNothingFromOutside(t *testing.T) {
	files := 0
	for _, p := range platforms {
		for _, pkg := range list(t, p[0], p[1]) {
			rel := strings.TrimPrefix(pkg.ImportPath, modulePath+"/")
			if !slices.ContainsFunc(sealed, func(f string) bool { return rel == f || strings.HasPrefix(rel, f+"/") }) {
				continue
			}
			// Helpers of tests read and write files.
			if strings.HasSuffix(rel, "test") {
				continue
			}
			for _, name := range pkg.GoFiles {
				text, err := os.ReadFile(filepath.Join(pkg.Dir, name))
				if err != nil {
					t.Fatal(err)
				}
				found, err := impurities(rel+"/"+name, string(text))
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					t.Error(f)
				}
				files++
			}
		}
	}
	if files < 5 {
		t.Errorf("looked at %d files only", files)
	}
}

func TestImpurities(t *testing.T) {
	for text, want := range map[string]string{
		`import "time"; var x = time.Second`:             "",
		`import "net/netip"; var x netip.Addr`:           "",
		`type t struct{}; func (t) init() {}`:            "",
		`import "time"; func f() { time.Now() }`:         "uses time.Now",
		`import "time"; var f = time.Since`:              "uses time.Since",
		`import "crypto/rand"; var x = rand.Read`:        "imports crypto/rand",
		`import r "math/rand/v2"; var x = r.Int`:         "imports math/rand/v2",
		`import "net"; var x net.IP`:                     "",
		`var net t; var x = net.Dial`:                    "",
		`import "net"; var x = net.Dial`:                 "uses net.Dial",
		`import "net"; var x net.Resolver`:               "uses net.Resolver",
		`import _ "os"`:                                  "imports os",
		`func f() { go f() }`:                            "starts a goroutine",
		`func init() {}`:                                 "has an init",
		`import "io"; func f(r io.Reader) { go f(nil) }`: "x.go:2: starts",
	} {
		found, err := impurities("x.go", "package x\n"+text+"\n")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(found, "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestBrowserFiles finds syscall/js in verify in the one file that talks to
// WebCrypto.
func TestBrowserFiles(t *testing.T) {
	for _, pkg := range list(t, "js", "wasm") {
		if !strings.HasPrefix(pkg.ImportPath, modulePath+"/playground/verify") {
			continue
		}
		for _, name := range pkg.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(pkg.Dir, name), nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, imp := range file.Imports {
				if imp.Path.Value == `"syscall/js"` && !strings.Contains(name, "webcrypto") {
					t.Errorf("%s/%s imports syscall/js, which only the WebCrypto file may", pkg.ImportPath, name)
				}
			}
		}
	}
}
