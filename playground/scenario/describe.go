package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Describe says in a few words what made new of old, for undo and redo:
// "MTU of wan1: 1500 → 1400".
func Describe(old, new *Scenario) string {
	if old.Preset != new.Preset {
		return "Preset: " + orNone(new.Preset)
	}
	paths := Changed(old, new)
	switch len(paths) {
	case 0:
		return "No change"
	case 1:
		return describePath(old, new, paths[0])
	}
	return fmt.Sprintf("%s, and %d more", describePath(old, new, paths[0]), len(paths)-1)
}

func describePath(old, new *Scenario, path string) string {
	a, errA := find(old, path)
	b, errB := find(new, path)
	switch {
	case errA != nil && errB != nil:
		return path
	case errA != nil:
		return "Added " + path
	case errB != nil:
		return "Removed " + path
	case path == "faults":
		return describeFaults(old.Faults, new.Faults)
	case path == "pins":
		return describePins(old.Pins, new.Pins)
	case b.knob == nil:
		return "Changed " + path
	}
	if was, ok := a.v.Interface().([]string); ok {
		return b.label() + ": " + describeList(was, b.v.Interface().([]string))
	}
	return b.label() + ": " + brief(show(a.v)) + " → " + brief(show(b.v))
}

// describeList names the entries that came and went, or says that only the
// order is another.
func describeList(old, new []string) string {
	var parts []string
	for _, e := range new {
		if !slices.Contains(old, e) {
			parts = append(parts, "+"+e)
		}
	}
	for _, e := range old {
		if !slices.Contains(new, e) {
			parts = append(parts, "−"+e)
		}
	}
	switch {
	case len(parts) == 0 && len(new) > 0:
		return "reordered, " + new[0] + " first"
	case len(parts) > 3:
		return fmt.Sprintf("%s and %d more", strings.Join(parts[:3], " "), len(parts)-3)
	}
	return strings.Join(parts, " ")
}

func describeFaults(old, new []Fault) string {
	switch {
	case len(new) == len(old)+1:
		f := new[len(new)-1]
		if f.Kind == "tamper" {
			return fmt.Sprintf("Tamper with byte %d of %s", f.Offset, f.Packet)
		}
		return fmt.Sprintf("%s %s", capital(f.Kind), f.Packet)
	case len(new) < len(old):
		return fmt.Sprintf("Removed %s", plural(len(old)-len(new), "fault"))
	}
	return "Changed faults"
}

func describePins(old, new []Pin) string {
	switch {
	case len(new) == len(old)+1:
		return "Pinned " + new[len(new)-1].Name
	case len(new) < len(old):
		return fmt.Sprintf("Unpinned %s", plural(len(old)-len(new), "value"))
	}
	return "Changed pinned values"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func capital(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

func brief(s string) string {
	if r := []rune(s); len(r) > 32 {
		return string(r[:29]) + "..."
	}
	return orNone(s)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// SetPin pins a named value of the run to bytes in hex; "" takes the pin away.
// On an error s is as it was.
func SetPin(s *Scenario, name, hex string) error {
	t := s.Clone()
	i := slices.IndexFunc(t.Pins, func(p Pin) bool { return p.Name == name })
	if strings.TrimSpace(hex) == "" {
		if i >= 0 {
			s.Pins = slices.Delete(t.Pins, i, i+1)
		}
		return nil
	}
	if i < 0 {
		if len(t.Pins) >= maxPins {
			return wrong("pins", "At most %d values may be pinned; take a pin away first.", maxPins)
		}
		i = len(t.Pins)
		t.Pins = append(t.Pins, Pin{})
		if err := Set(t, fmt.Sprintf("pins.%d.name", i), name); err != nil {
			return err
		}
	}
	if err := Set(t, fmt.Sprintf("pins.%d.hex", i), hex); err != nil {
		return err
	}
	s.Pins = t.Pins
	return nil
}

// AddFault appends a fault; a tamper entry for the same byte of the same
// packet is replaced. On an error s is as it was.
func AddFault(s *Scenario, f Fault) error {
	t := s.Clone()
	f.Value = tidyHex(f.Value)
	i := slices.IndexFunc(t.Faults, func(o Fault) bool {
		return o.Kind == f.Kind && o.Packet == f.Packet && o.Link == f.Link && o.Offset == f.Offset && len(o.Value) == len(f.Value)
	})
	if i < 0 {
		if len(t.Faults) >= maxFaults {
			return wrong("faults", "A scenario may have at most %d faults; remove one first.", maxFaults)
		}
		i = len(t.Faults)
		t.Faults = append(t.Faults, f)
	}
	t.Faults[i] = f
	for _, e := range Validate(t) {
		if strings.HasPrefix(e.Path, fmt.Sprintf("faults.%d.", i)) {
			return &e
		}
	}
	s.Faults = t.Faults
	return nil
}

// RemoveFault takes a fault away by its number from 0.
func RemoveFault(s *Scenario, i int) {
	if i >= 0 && i < len(s.Faults) {
		s.Faults = slices.Delete(slices.Clone(s.Faults), i, i+1)
	}
}
