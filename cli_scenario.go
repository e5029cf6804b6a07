package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"cipherglass/playground/scenario"
)

// presets lists the scenarios that come with the program.
func (p *program) presets(args []string) int {
	fs := p.flags("presets")
	asJSON := fs.Bool("json", false, "print them as JSON")
	if _, code, done := p.parse(fs, args, 0); done {
		return code
	}
	list := scenario.Presets()
	if *asJSON {
		return p.print(indented(list))
	}
	var b bytes.Buffer
	for _, s := range list {
		fmt.Fprintf(&b, "%-14s %s\n", s.Name, s.Title)
	}
	return p.print(b.Bytes())
}

// show prints a scenario with every value filled in.
func (p *program) show(args []string) int {
	fs := p.flags("show")
	rest, code, done := p.parse(fs, args, 1)
	if done {
		return code
	}
	s, err := p.scenario(rest)
	if err != nil {
		return p.badInput("show: %v", err)
	}
	return p.print(s.Marshal())
}

// print writes a command's result.
func (p *program) print(b []byte) int {
	if _, err := p.stdout.Write(b); err != nil {
		return p.failed("cannot write the result: %v", err)
	}
	return exitOK
}

// indented returns v as JSON for people. It is made of values that encode.
func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// scenario returns the scenario that a command's one argument means.
func (p *program) scenario(rest []string) (*scenario.Scenario, error) {
	if len(rest) == 0 {
		return nil, fmt.Errorf("which scenario? Give a preset's name (see cipherglass presets), a JSON file, a link, or - for standard input")
	}
	arg := rest[0]
	switch {
	case arg == "-":
		return p.read(p.stdin, "standard input")
	case isLink(arg):
		return scenario.DecodeLink(arg)
	}
	s, presetErr := scenario.Preset(arg)
	if presetErr == nil {
		return s, nil
	}
	file, err := os.Open(arg)
	if err == nil {
		defer file.Close()
		return p.read(file, arg)
	}
	if looksLikeFile(arg) {
		if e, ok := err.(*fs.PathError); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("the file %s cannot be read: %v", arg, err)
	}
	return nil, presetErr
}

// isLink reports whether an argument is a link and not a name. A file's name
// may hold a "#" too, but hardly "#s=".
func isLink(arg string) bool {
	return strings.Contains(arg, "#s=") || strings.HasPrefix(arg, "s=") || strings.HasPrefix(arg, "#") ||
		strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://")
}

func looksLikeFile(arg string) bool {
	return strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, ".json")
}

// read reads a scenario's JSON, or a link, which is what people keep in files too.
func (p *program) read(r io.Reader, name string) (*scenario.Scenario, error) {
	// One byte more than a scenario may have, so that too much is seen to be.
	data, err := io.ReadAll(io.LimitReader(r, scenario.MaxText+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %v", name, err)
	}
	text := bytes.TrimSpace(data)
	switch {
	case len(text) == 0:
		return nil, fmt.Errorf("%s is empty: a scenario's JSON was expected", name)
	case isLink(string(text)) && !bytes.HasPrefix(text, []byte("{")):
		return scenario.DecodeLink(string(text))
	}
	return scenario.Parse(data)
}
