package trace

import "bytes"

// Range is a run of bytes.
type Range struct{ Off, Len int }

// Mark says how a packet compares with the run before.
type Mark uint8

// The marks of a packet.
const (
	Same    Mark = iota
	New          // the run before had no packet of this name
	Changed      // it has other bytes, or another fate
)

// Delta is what differs between two runs.
type Delta struct {
	New, Changed []string // packets of the new run, in its order
	Gone         []string // packets of the old one, in its order
	marks        map[string]Mark
}

// Of returns the mark of a packet by its full name.
func (d Delta) Of(packet string) Mark { return d.marks[packet] }

// Any says whether anything differs.
func (d Delta) Any() bool { return len(d.New)+len(d.Changed)+len(d.Gone) > 0 }

// Diff compares two runs packet by packet, by name. Without an old run
// nothing is marked.
func Diff(old, new *Trace) Delta {
	d := Delta{marks: map[string]Mark{}}
	if old == nil || new == nil {
		return d
	}
	for _, p := range new.Packets {
		was := old.Packet(p.Name)
		switch {
		case was == nil:
			d.New = append(d.New, p.Name)
			d.marks[p.Name] = New
		case was.Fate != p.Fate || !bytes.Equal(was.Bytes, p.Bytes):
			d.Changed = append(d.Changed, p.Name)
			d.marks[p.Name] = Changed
		}
	}
	for _, p := range old.Packets {
		if new.Packet(p.Name) == nil {
			d.Gone = append(d.Gone, p.Name)
		}
	}
	return d
}

// ChangedBytes returns the runs of new that differ from old. Where the
// lengths differ, the end that both share is matched first, so that bytes put
// in or taken out do not mark all that follows them.
func ChangedBytes(old, new []byte) []Range {
	tail := 0
	if len(old) != len(new) {
		for tail < min(len(old), len(new)) && old[len(old)-1-tail] == new[len(new)-1-tail] {
			tail++
		}
	}
	var out []Range
	for i := range len(new) - tail {
		if i < len(old)-tail && old[i] == new[i] {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Off+out[n-1].Len == i {
			out[n-1].Len++
			continue
		}
		out = append(out, Range{i, 1})
	}
	return out
}
