package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// manifestName is the file that lists what an export wrote, so that the next
// one can clear it away and nothing else.
const manifestName = "build.json"

type manifest struct {
	Version string  `json:"version"`
	Go      string  `json:"go"`
	Files   []entry `json:"files"`
}

type entry struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	Gzip   int    `json:"gzip,omitempty"`   // bytes of NAME.gz
	Brotli int    `json:"brotli,omitempty"` // bytes of NAME.br
	Hashed bool   `json:"hashed,omitempty"`
}

// Export writes the site to dir, which it makes if need be. A folder that holds
// anything but an earlier export is refused, an earlier export is replaced.
func (s *Site) Export(dir string) error {
	if err := makeEmpty(dir); err != nil {
		return err
	}
	m := manifest{Version: s.Version, Go: s.Go}
	for _, f := range s.Files {
		m.Files = append(m.Files, entry{f.Name, len(f.Data), len(f.Gzip), len(f.Brotli), f.Hashed})
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		for _, form := range []struct {
			ext  string
			data []byte
		}{{"", f.Data}, {".gz", f.Gzip}, {".br", f.Brotli}} {
			if form.ext != "" && form.data == nil {
				continue
			}
			if err := os.WriteFile(name+form.ext, form.data, 0o644); err != nil {
				return err
			}
		}
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestName), append(text, '\n'), 0o644)
}

// makeEmpty makes dir an empty folder, if it is missing, empty or an export.
func makeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	m, err := readManifest(dir)
	if err != nil {
		return fmt.Errorf("%s is not empty and was not made by this command: name another folder or empty it first", dir)
	}
	for _, e := range m.Files {
		name := filepath.Join(dir, filepath.FromSlash(e.Name))
		for _, ext := range []string{"", ".gz", ".br"} {
			if err := os.Remove(name + ext); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		// Empty folders go too, others stay.
		for up := filepath.Dir(name); up != filepath.Clean(dir); up = filepath.Dir(up) {
			if os.Remove(up) != nil {
				break
			}
		}
	}
	return os.Remove(filepath.Join(dir, manifestName))
}

func readManifest(dir string) (*manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return nil, err
	}
	m := new(manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	for _, e := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(e.Name)) || e.Name == "." {
			return nil, fmt.Errorf("%s names %q, which is outside of its folder", manifestName, e.Name)
		}
	}
	return m, nil
}

// load reads back what Export wrote. It fails when a file is missing or has
// another size than was written.
func load(dir string) (*Site, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	s := &Site{Version: m.Version, Go: m.Go}
	for _, e := range m.Files {
		f := File{Name: e.Name, Hashed: e.Hashed}
		for _, form := range []struct {
			ext  string
			size int
			data *[]byte
		}{{"", e.Bytes, &f.Data}, {".gz", e.Gzip, &f.Gzip}, {".br", e.Brotli, &f.Brotli}} {
			if form.ext != "" && form.size == 0 {
				continue
			}
			data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(e.Name)) + form.ext)
			if err != nil {
				return nil, err
			}
			if len(data) != form.size {
				return nil, fmt.Errorf("%s%s has %d bytes, not %d", e.Name, form.ext, len(data), form.size)
			}
			*form.data = data
		}
		s.Files = append(s.Files, f)
	}
	sort.Slice(s.Files, func(i, j int) bool { return s.Files[i].Name < s.Files[j].Name })
	return s, nil
}
