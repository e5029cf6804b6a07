package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"cipherglass/playground/scenario"
)

// update writes what these tests would otherwise compare:
//
//	go test . -run Documents -update
var update = flag.Bool("update", false, "write the generated parts of the documents")

// compare reports a document that is not what it should be, or writes it.
func compare(t *testing.T, name, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is out of date: run go test . -run Documents -update, and read the diff", name)
	}
}

func TestDocumentsThirdParty(t *testing.T) {
	notices, err := thirdParty(modules(t), goLicense(t))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "THIRD_PARTY.md", notices)
}

// required is a module of go.mod, as go mod download knows it.
type required struct{ Path, Version, Dir string }

// modules returns the modules that go.mod requires, by path.
func modules(t *testing.T) []required {
	t.Helper()
	if _, err := os.Stat("go.mod"); err != nil { // so that a change runs this test again
		t.Fatal(err)
	}
	out, err := exec.Command("go", "mod", "download", "-json").Output()
	if err != nil {
		t.Fatalf("go mod download: %v", err)
	}
	var all []required
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m required
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Path < all[j].Path })
	return all
}

// goLicense returns the license of Go itself, whose standard library is part
// of the program.
func goLicense(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{strings.TrimSpace(string(root)), "/usr/share/doc/golang"} {
		text, err := os.ReadFile(filepath.Join(dir, "LICENSE"))
		if err == nil {
			return string(text)
		}
	}
	t.Skip("this Go distribution comes without its LICENSE file")
	return ""
}

// thirdParty returns the notices that go with the program.
func thirdParty(list []required, goLicense string) (string, error) {
	var b strings.Builder
	b.WriteString("# Third-party notices\n\nGenerated from go.mod. Cipherglass itself is under the license in LICENSE.\n\n")
	b.WriteString("| Module | Version |\n|---|---|\n| Go's standard library and wasm_exec.js | that of the toolchain |\n")
	for _, m := range list {
		fmt.Fprintf(&b, "| %s | %s |\n", m.Path, m.Version)
	}
	add := func(title, text string) {
		fmt.Fprintf(&b, "\n## %s\n\n```\n%s\n```\n", title, strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")))
	}
	add("Go", goLicense)
	for _, m := range list {
		found := false
		for _, name := range []string{"LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING", "NOTICE"} {
			text, err := os.ReadFile(filepath.Join(m.Dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return "", err
			}
			found = true
			add(m.Path+" "+m.Version+", "+name, string(text))
		}
		if !found {
			return "", fmt.Errorf("%s %s has no license file", m.Path, m.Version)
		}
	}
	return b.String(), nil
}

func TestThirdPartyNotices(t *testing.T) {
	dir := t.TempDir()
	m := []required{{"example.org/a", "v1.2.3", dir}}
	if _, err := thirdParty(m, "go"); err == nil || !strings.Contains(err.Error(), "no license file") {
		t.Errorf("a module without a license: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "COPYING"), []byte("as you like\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := thirdParty(m, "go's own")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| example.org/a | v1.2.3 |", "```\nas you like\n```", "go's own"} {
		if !strings.Contains(got, want) {
			t.Errorf("notices lack %q:\n%s", want, got)
		}
	}
}

// The generated part of the README stands between these lines.
const (
	fieldsBegin = "<!-- fields: generated from the knobs, do not edit -->\n"
	fieldsEnd   = "<!-- end of fields -->\n"
)

func TestDocumentsFields(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := between(string(text), scenario.FieldsMarkdown())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "README.md", want)
}

// between returns text with what stands between the markers replaced.
func between(text, with string) (string, error) {
	head, rest, ok := strings.Cut(text, fieldsBegin)
	_, tail, ok2 := strings.Cut(rest, fieldsEnd)
	if !ok || !ok2 {
		return "", errors.New("README.md has lost the lines that mark the fields")
	}
	return head + fieldsBegin + "\n" + with + "\n" + fieldsEnd + tail, nil
}

func TestBetween(t *testing.T) {
	got, err := between("a\n"+fieldsBegin+"old\n"+fieldsEnd+"z\n", "new\n")
	if want := "a\n" + fieldsBegin + "\nnew\n\n" + fieldsEnd + "z\n"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, text := range []string{"", fieldsBegin, fieldsEnd + fieldsBegin} {
		if _, err := between(text, "new\n"); err == nil {
			t.Errorf("%q has no place for the fields", text)
		}
	}
}

// TestReadmeNames finds every command and preset in the README.
func TestReadmeNames(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands() {
		if c.name != "serve" && !strings.Contains(string(text), "go run . "+c.name) {
			t.Errorf("README.md does not show go run . %s", c.name)
		}
	}
	for _, p := range scenario.Presets() {
		if !strings.Contains(string(text), "`"+p.Name+"`") {
			t.Errorf("README.md does not mention the preset %s", p.Name)
		}
	}
}
