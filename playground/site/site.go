// Package site builds, compresses, exports and serves the static page: the
// WebAssembly program, the script that starts it, the style sheet and what
// else lies in public/.
//
// A build is named by the hash of everything it is made from and kept in the
// project's .cache folder, so it is made again exactly when a source, the Go
// version or the compression asked for differs. Files that index.html refers
// to carry a hash in their names and may be cached for ever; all references
// are relative, so the result works from any path of any static host.
package site

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
)

// File is one file of the site, with its compressed forms.
type File struct {
	Name   string // slash-separated, relative to the site's root
	Data   []byte
	Gzip   []byte // nil when not worth it
	Brotli []byte // nil when not worth it
	Hashed bool   // its name holds the hash of its content, so it never changes
}

// Site is a complete static site, in memory.
type Site struct {
	Version string // names the sources and the Go version it was built from
	Go      string // the Go version, "go1.26.0"
	Files   []File // sorted by name
}

// File returns the file of that name, nil when there is none.
func (s *Site) File(name string) *File {
	i := sort.Search(len(s.Files), func(i int) bool { return s.Files[i].Name >= name })
	if i == len(s.Files) || s.Files[i].Name != name {
		return nil
	}
	return &s.Files[i]
}

// Download returns the bytes that a browser which takes brotli transfers to
// load every file of the site.
func (s *Site) Download() int {
	n := 0
	for _, f := range s.Files {
		if f.Brotli != nil {
			n += len(f.Brotli)
		} else {
			n += len(f.Data)
		}
	}
	return n
}

// Quality says how hard to compress.
type Quality string

const (
	Fast Quality = "fast" // for a page served from this machine
	Best Quality = "best" // for a page to publish; takes about half a minute
)

// Options say what to build.
type Options struct {
	Root    string       // the project's folder, as Find returns it
	Quality Quality      // Fast when empty
	Cache   string       // folder that keeps builds; Root/.cache/site when empty
	GoTool  string       // the go command; "go" when empty
	Log     func(string) // told one line before each slow step; may be nil
}

// Build returns the site built from the sources in o.Root, from the cache when
// nothing it is made from has changed.
func Build(o Options) (*Site, error) {
	if o.Quality == "" {
		o.Quality = Fast
	}
	if o.Cache == "" {
		o.Cache = filepath.Join(o.Root, ".cache", "site")
	}
	if o.GoTool == "" {
		o.GoTool = "go"
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	tool, missing := findTool(o.GoTool, o.Root)
	if missing != nil {
		tool.version = runtime.Version() // what built this program, and so most likely the page
	}
	version, err := sourcesHash(o.Root, tool.version)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(o.Cache, string(o.Quality)+"-"+version)
	if s, err := load(dir); err == nil && s.Version == version {
		return s, nil
	}
	if missing != nil {
		return nil, missing
	}
	s, err := assemble(o, tool, version)
	if err != nil {
		return nil, err
	}
	if err := keep(o, dir, s); err != nil {
		return nil, fmt.Errorf("the built page cannot be kept in %s: %w", o.Cache, err)
	}
	return s, nil
}

// assemble compiles, names, fills in and compresses every file.
func assemble(o Options, tool goTool, version string) (*Site, error) {
	o.Log("building the page: compiling to WebAssembly")
	wasm, err := tool.compile(o.Root)
	if err != nil {
		return nil, err
	}
	exec, err := tool.wasmExec()
	if err != nil {
		return nil, err
	}
	files, err := fill(filepath.Join(o.Root, "public"), version, wasm, exec)
	if err != nil {
		return nil, err
	}
	notices, err := licenses(o.Root)
	if err != nil {
		return nil, err
	}
	files = append(files, notices)
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	o.Log("building the page: compressing")
	if err := compress(files, o.Quality); err != nil {
		return nil, err
	}
	return &Site{Version: version, Go: tool.version, Files: files}, nil
}

// keep writes s to dir, in one step, and drops older builds of that quality.
func keep(o Options, dir string, s *Site) error {
	if err := os.MkdirAll(o.Cache, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(o.Cache, "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := s.Export(tmp); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Rename(tmp, dir); err != nil {
		// Somebody else may have kept the same build a moment ago.
		if _, lerr := load(dir); lerr != nil {
			return err
		}
	}
	entries, err := os.ReadDir(o.Cache)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), string(o.Quality)+"-") && e.Name() != filepath.Base(dir) {
			os.RemoveAll(filepath.Join(o.Cache, e.Name()))
		}
	}
	return nil
}
