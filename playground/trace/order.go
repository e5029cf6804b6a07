package trace

import "sort"

// Entry is a packet or an event, one line of the ladder.
type Entry struct {
	Packet *Packet // nil for an event
	Event  *Event
}

// Entries returns packets and events in the order in which they happened.
func (t *Trace) Entries() []Entry {
	out := make([]Entry, 0, len(t.Packets)+len(t.Events))
	for _, p := range t.Packets {
		out = append(out, Entry{Packet: p})
	}
	for _, e := range t.Events {
		out = append(out, Entry{Event: e})
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.seq() != b.seq() {
			return a.seq() < b.seq()
		}
		return a.time() < b.time()
	})
	return out
}

func (e Entry) seq() int {
	if e.Packet != nil {
		return e.Packet.Seq
	}
	return e.Event.Seq
}

func (e Entry) time() int64 {
	if e.Packet != nil {
		return int64(e.Packet.Time)
	}
	return int64(e.Event.Time)
}
