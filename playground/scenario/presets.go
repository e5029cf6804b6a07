package scenario

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
)

// A preset never changes once it is out: old links rest on it. A better one
// gets the next revision, a file of its own, and its row here.
//
//go:embed presets/*.json
var presetFiles embed.FS

// revisions lists the presets in the order people read them, each with its
// newest revision.
var revisions = []struct {
	name   string
	newest int
}{
	{"tls13", 1},
	{"tls12-rsa", 1},
	{"tls12-ecdhe", 1},
	{"esp-tunnel", 1},
	{"esp-transport", 1},
	{"ah-transport", 1},
	{"mtu", 1},
}

// PresetInfo is a row of the list of presets.
type PresetInfo struct {
	Name   string `json:"name"`  // "tls13"
	Title  string `json:"title"` // what people read
	Intro  string `json:"-"`     // what to try
	Expect string `json:"expect"`
}

// Presets lists the newest revision of every preset.
func Presets() []PresetInfo {
	var out []PresetInfo
	for _, r := range revisions {
		s, err := Preset(r.name)
		if err != nil {
			continue // a test says that none is missing
		}
		out = append(out, PresetInfo{Name: r.name, Title: s.Title, Intro: s.Intro, Expect: s.Expect})
	}
	return out
}

// Preset returns a preset by name: "tls13" in its newest revision, or
// "tls13@1" in that one.
func Preset(name string) (*Scenario, error) {
	exact, bad := revision(name)
	if bad != nil {
		return nil, bad
	}
	return readPreset(exact)
}

// revision resolves a preset's name to an exact one.
func revision(name string) (string, *FieldError) {
	base, rev, exact := strings.Cut(name, "@")
	var known []string
	for _, r := range revisions {
		known = append(known, r.name)
		if r.name != base {
			continue
		}
		n := r.newest
		if exact {
			var err error
			if n, err = strconv.Atoi(rev); err != nil || n < 1 {
				return "", wrong("preset", "%s is no revision of the preset %s; write %s@%d.", quote(rev), base, base, r.newest)
			}
		}
		if n > r.newest {
			return "", wrong("preset", "This needs revision %d of the preset %s, which was made by a newer Cipherglass. This one knows revision %d: reload the page, or update it.", n, base, r.newest)
		}
		return fmt.Sprintf("%s@%d", base, n), nil
	}
	return "", wrong("preset", "There is no preset called %s. There are: %s.", quote(base), strings.Join(known, ", "))
}

func readPreset(name string) (*Scenario, error) {
	data, err := presetFiles.ReadFile("presets/" + name + ".json")
	if err != nil {
		return nil, wrong("preset", "The preset %s is missing from this build.", name)
	}
	s, bad := parseJSON(data)
	if bad != nil {
		return nil, bad
	}
	return s, nil
}
