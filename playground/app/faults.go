package app

import (
	"encoding/hex"
	"fmt"
	"strings"

	"cipherglass/playground/scenario"
)

// fault changes the scenario's list of faults; each change is one settled
// edit.
func (s State) fault(a Action) (State, []Command) {
	switch a := a.(type) {
	case FlipByte:
		return s.flip(a)
	case AddFault:
		cause, link := splitName(a.Packet)
		return s.once("faults", a.Kind+" "+cause, func(d *scenario.Scenario) error {
			d.Faults = append(d.Faults, scenario.Fault{Kind: a.Kind, Packet: cause, Link: link})
			return nil
		})
	case FaultSwitch:
		return s.faultAt(a.Index, "fault", func(f *scenario.Fault) { f.Off = a.Off })
	case FaultKeep:
		return s.faultAt(a.Index, "checksums of a fault", func(f *scenario.Fault) { f.Keep = a.Keep })
	case FaultRemove:
		return s.once("faults", "fault removed", func(d *scenario.Scenario) error {
			if a.Index < 0 || a.Index >= len(d.Faults) {
				return fmt.Errorf("there is no fault %d", a.Index)
			}
			d.Faults = append(d.Faults[:a.Index:a.Index], d.Faults[a.Index+1:]...)
			return nil
		})
	}
	return s, nil
}

func (s State) faultAt(i int, label string, do func(f *scenario.Fault)) (State, []Command) {
	return s.once("faults", label, func(d *scenario.Scenario) error {
		if i < 0 || i >= len(d.Faults) {
			return fmt.Errorf("there is no fault %d", i)
		}
		do(&d.Faults[i])
		return nil
	})
}

// once makes a change that settles at once.
func (s State) once(path, label string, do func(d *scenario.Scenario) error) (State, []Command) {
	s, cmds := s.settle()
	s, more := s.change(path, "", label, do)
	cmds = append(cmds, more...)
	s, more = s.settle()
	return s, append(cmds, more...)
}

// flip writes a byte of a packet. A tampered copy is a packet of its own whose
// name leads back to the one that was sent: the fault names that one.
func (s State) flip(a FlipByte) (State, []Command) {
	s.View.Flip = Flip{Offset: a.Offset, Text: a.Hex, Open: true}
	b, err := hex.DecodeString(strings.TrimSpace(a.Hex))
	if err != nil || len(b) != 1 {
		s.View.Flip.Wrong = "A byte is two hex digits, such as 7f."
		return s, nil
	}
	if s.Trace == nil {
		return s, nil
	}
	p := s.Trace.Packet(a.Packet)
	if p == nil || a.Offset < 0 || a.Offset >= len(p.Bytes) {
		s.View.Flip.Wrong = "This packet has no such byte any more."
		return s, nil
	}
	s.View.Flip = Flip{}
	if p.Bytes[a.Offset] == b[0] {
		return s, nil
	}
	cause, link := splitName(a.Packet)
	cause = strings.TrimSuffix(cause, "/tampered")
	label := fmt.Sprintf("byte %d of %s", a.Offset, cause)
	s, cmds := s.once("faults", label, func(d *scenario.Scenario) error {
		for i := range d.Faults {
			f := &d.Faults[i]
			if f.Kind == "tamper" && f.Packet == cause && f.Link == link && f.Offset == a.Offset && len(f.Value) == 2 {
				f.Value, f.Off = hex.EncodeToString(b), false
				return nil
			}
		}
		d.Faults = append(d.Faults, scenario.Fault{
			Kind: "tamper", Packet: cause, Link: link, Offset: a.Offset, Value: hex.EncodeToString(b),
		})
		return nil
	})
	if s.Scenario.Faults != nil && len(cmds) > 0 {
		s.follow = cause + "@" + link
	}
	if e, ok := s.Errors["faults"]; ok {
		s.View.Flip = Flip{Offset: a.Offset, Text: a.Hex, Open: true, Wrong: e.Sentence}
	}
	return s, cmds
}

// splitName parts a packet's full name into its cause and its link.
func splitName(name string) (cause, link string) {
	if i := strings.LastIndexByte(name, '@'); i >= 0 {
		return name[:i], strings.SplitN(name[i+1:], "#", 2)[0]
	}
	return name, ""
}
