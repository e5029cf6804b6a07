package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// hashLen is the number of hex digits of a SHA-256 that go into names.
const hashLen = 16

// Placeholders that files of public/ may hold. Each stands for a relative URL,
// but for those that say otherwise.
const (
	placeWasm     = "{{WASM}}"
	placeWasmSize = "{{WASM_SIZE}}" // its bytes before compression, for the progress bar
	placeExec     = "{{WASM_EXEC}}"
	placeStyle    = "{{STYLE}}"
	placeBoot     = "{{BOOT}}"
	placeVersion  = "{{VERSION}}" // the site's version
	placePolicy   = "{{POLICY}}"  // Policy, for hosts that send no headers
)

var anyPlaceholder = regexp.MustCompile(`\{\{[A-Z_]+\}\}`)

// fill returns the site's files: the program, its script, and public/ with its
// placeholders filled in. style.css and boot.js get hashed names; the others,
// index.html among them, keep theirs.
func fill(public, version string, wasm, exec []byte) ([]File, error) {
	sources, err := read(public)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"index.html", "style.css", "boot.js"} {
		if _, ok := sources[name]; !ok {
			return nil, fmt.Errorf("the page's sources are incomplete: public/%s is missing", name)
		}
	}
	program := hashed("cipherglass.wasm", wasm)
	script := hashed("wasm_exec.js", exec)
	values := map[string]string{
		placeVersion:  version,
		placePolicy:   Policy,
		placeWasm:     program.Name,
		placeWasmSize: strconv.Itoa(len(wasm)),
		placeExec:     script.Name,
	}
	files := []File{program, script}

	// In the order of who may refer to whom.
	for _, named := range []struct{ name, place string }{
		{"style.css", placeStyle},
		{"boot.js", placeBoot},
	} {
		data, err := replace(named.name, sources[named.name], values)
		if err != nil {
			return nil, err
		}
		f := hashed(named.name, data)
		values[named.place] = f.Name
		files = append(files, f)
		delete(sources, named.name)
	}
	for name, data := range sources {
		if textual(name) {
			if data, err = replace(name, data, values); err != nil {
				return nil, err
			}
		}
		files = append(files, File{Name: name, Data: data})
	}
	return files, nil
}

// The documents that must go wherever the program goes, and the file of the
// site that holds them.
const licensesName = "licenses.txt"

var licenseSources = []string{"LICENSE", "THIRD_PARTY.md"}

func licenses(root string) (File, error) {
	var text []byte
	for _, name := range licenseSources {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return File{}, fmt.Errorf("the page's sources cannot be read: %w", err)
		}
		text = append(append(text, data...), '\n')
	}
	return File{Name: licensesName, Data: text}, nil
}

// read returns the files below dir by slash-separated name. Hidden ones and
// documents for developers are left out.
func read(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() != "." && strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case d.IsDir(), strings.HasPrefix(d.Name(), "."), strings.HasSuffix(file, ".md"), strings.HasSuffix(file, ".go"):
			return nil
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(rel)], err = os.ReadFile(file)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the page's sources cannot be read: %w", err)
	}
	return files, nil
}

// replace fills in the placeholders of a file. One without a value is an error:
// the page would ask for a file that is not there.
func replace(name string, data []byte, values map[string]string) ([]byte, error) {
	var unknown string
	out := anyPlaceholder.ReplaceAllFunc(data, func(p []byte) []byte {
		v, ok := values[string(p)]
		if !ok {
			unknown = string(p)
		}
		return []byte(v)
	})
	if unknown != "" {
		return nil, fmt.Errorf("public/%s holds %s, which has no value there", name, unknown)
	}
	return out, nil
}

// hashed returns data as a file whose name holds its hash: "boot.0123.js".
func hashed(name string, data []byte) File {
	sum := sha256.Sum256(data)
	ext := path.Ext(name)
	return File{
		Name:   strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:])[:hashLen] + ext,
		Data:   bytes.Clone(data),
		Hashed: true,
	}
}

// contentTypes are the media types of the site's files, by extension. The
// operating system's own table is not asked: it differs from one to the next.
var contentTypes = map[string]string{
	".br":          "application/octet-stream",
	".css":         "text/css; charset=utf-8",
	".gif":         "image/gif",
	".gz":          "application/gzip",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".pcapng":      "application/octet-stream",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
	".woff2":       "font/woff2",
}

// contentType returns the media type of a file.
func contentType(name string) string {
	if t, ok := contentTypes[path.Ext(name)]; ok {
		return t
	}
	return "application/octet-stream"
}

// textual reports whether a file may hold placeholders.
func textual(name string) bool {
	switch path.Ext(name) {
	case ".html", ".js", ".css", ".json", ".webmanifest", ".svg", ".txt":
		return true
	}
	return false
}

// compressible reports whether compressed forms of a file are worth having.
func compressible(name string) bool {
	return textual(name) || path.Ext(name) == ".wasm" || path.Ext(name) == ".ico" || path.Ext(name) == ".map"
}
