package app

import (
	"encoding/hex"
	"strings"

	"cipherglass/crypto/engine"
	"cipherglass/playground/scenario"
)

// PinPath is where the error of a pin stands in State.Errors.
func PinPath(name string) string { return "pin:" + name }

// pin fixes a named value, or lets it go.
func (s State) pin(a SetPin) (State, []Command) {
	text := tidyHex(a.Hex)
	return s.change(PinPath(a.Name), a.Hex, "value of "+a.Name, func(d *scenario.Scenario) error {
		i := pinIndex(d, a.Name)
		if text == "" {
			if i >= 0 {
				d.Pins = append(d.Pins[:i:i], d.Pins[i+1:]...)
			}
			return nil
		}
		b, err := hex.DecodeString(text)
		switch {
		case len(text)%2 == 1:
			return sentencef("There are %d hex digits. Two make a byte, so their number must be even: add or remove one.", len(text))
		case err != nil:
			return sentencef("Only the hex digits 0 to 9 and a to f can stand here.")
		}
		if v := s.value(a.Name); v != nil && len(v.Value) != len(b) {
			return sentencef("%s needs %d bytes; this has %d.", a.Name, len(v.Value), len(b))
		}
		if i < 0 {
			d.Pins = append(d.Pins, scenario.Pin{Name: a.Name})
			i = len(d.Pins) - 1
		}
		d.Pins[i].Hex = text
		return nil
	})
}

func (s State) value(name string) *engine.Named {
	if s.Trace == nil {
		return nil
	}
	for i := range s.Trace.Values {
		if s.Trace.Values[i].Name == name {
			return &s.Trace.Values[i]
		}
	}
	return nil
}

func pinIndex(d *scenario.Scenario, name string) int {
	for i := range d.Pins {
		if d.Pins[i].Name == name {
			return i
		}
	}
	return -1
}

// Value is a named value of the run as the page lists it.
type Value struct {
	Name   string
	Kind   string
	Bytes  int
	Hex    string // as typed where that is wrong
	Pinned bool
	Wrong  string
	Unused bool // pinned, but the run asked for no such value
}

// MostValues is how many named values are listed at once; a filter finds the
// others.
const MostValues = 120

// Values lists the run's named values whose names hold the view's filter, and
// pins that the run did not ask for; more says how many were left out. While
// the list is closed it holds only what is pinned or wrong.
func Values(s *State) (list []Value, more int) {
	pinned := make(map[string]bool, len(s.Draft.Pins))
	for _, p := range s.Draft.Pins {
		pinned[p.Name] = true
	}
	seen := make(map[string]bool)
	if s.Trace != nil {
		for i := range s.Trace.Values {
			n := &s.Trace.Values[i]
			e, wrong := s.Errors[PinPath(n.Name)]
			if pinned[n.Name] {
				seen[n.Name] = true
			} else if !wrong && n.Bad == "" {
				if !s.View.Values || !strings.Contains(n.Name, s.View.ValueFilter) {
					continue
				}
				if len(list) >= MostValues {
					more++
					continue
				}
			}
			v := Value{Name: n.Name, Kind: n.Kind, Bytes: len(n.Value), Hex: hex.EncodeToString(n.Value), Pinned: pinned[n.Name], Wrong: n.Bad}
			if wrong {
				v.Hex, v.Wrong = e.Text, e.Sentence
			}
			list = append(list, v)
		}
	}
	for _, p := range s.Draft.Pins {
		if !seen[p.Name] {
			list = append(list, Value{Name: p.Name, Hex: p.Hex, Bytes: len(p.Hex) / 2, Pinned: true, Unused: true})
		}
	}
	return list, more
}

func tidyHex(t string) string {
	t = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(t)), "0x")
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\n', '\r', ':', '-':
			return -1
		}
		return r
	}, t)
}
