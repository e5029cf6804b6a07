package app

import (
	"fmt"
	"time"

	"cipherglass/playground/dissect"
	"cipherglass/playground/trace"
)

// Row is one line of the ladder: a packet on a link, or what happened at one
// node at one moment.
type Row struct {
	ID     string // what a selection names: a packet's name, or an event's key
	Time   time.Duration
	Packet *trace.Packet // nil for events
	From   int           // lanes, packet
	To     int
	Layer  string     // dissect's ID of the layer that colours it
	Tag    string     // the layer in a word, beside the colour: "TCP", "ESP", "TLS"
	Mark   trace.Mark // how it compares with the run before
	Tally  Tally

	Lane   int   // events: the node's lane
	Events []int // events: indexes into the trace's
	Kind   string
	Text   string // what the packet carries, or what happened
	Bad    bool
}

// Tally counts the answers of checks.
type Tally struct{ Agreed, Disagreed, Nobody int }

func (t *Tally) add(a trace.Answer) {
	switch a {
	case trace.Agreed:
		t.Agreed++
	case trace.Disagreed:
		t.Disagreed++
	default:
		t.Nobody++
	}
}

// Filters choose which rows the ladder has.
type Filters struct {
	NoAcks    bool // hide TCP segments that carry nothing
	NoStates  bool
	NoSecrets bool
	NoChecks  bool
	Buffers   bool // show records sealed, opened and reassembled
}

func (f Filters) event(kind string) bool {
	switch kind {
	case trace.KindState:
		return !f.NoStates
	case trace.KindSecret, trace.KindDestroyed:
		return !f.NoSecrets
	case trace.KindChecked:
		return !f.NoChecks
	case trace.KindMade:
		return f.Buffers
	}
	return true
}

// foldable events of one node and one moment share a row.
func foldable(kind string) bool {
	return kind == trace.KindSecret || kind == trace.KindChecked || kind == trace.KindMade
}

// Rows returns the ladder's lines in the order of happening.
func Rows(s *State) []Row {
	t, f := s.Trace, s.View.Filters
	if t == nil {
		return nil
	}
	lane := make(map[string]int, len(t.Nodes))
	for i, n := range t.Nodes {
		lane[n] = i
	}
	keys := EventKeys(t)
	rows := make([]Row, 0, len(t.Packets)+len(t.Events))
	next := 0
	events := func(until int, all bool) {
		for ; next < len(t.Events) && (all || t.Events[next].Seq < until); next++ {
			e := t.Events[next]
			if !f.event(e.Kind) {
				continue
			}
			if n := len(rows); n > 0 && foldable(e.Kind) {
				last := &rows[n-1]
				if last.Packet == nil && last.Kind == e.Kind && last.Time == e.Time && t.Events[last.Events[0]].Node == e.Node {
					last.Events = append(last.Events, next)
					last.Bad = last.Bad || bad(e)
					last.Text = folded(t, last)
					continue
				}
			}
			rows = append(rows, Row{
				ID: keys[next], Time: e.Time, Lane: lane[e.Node], Events: []int{next},
				Kind: e.Kind, Text: e.Text, Bad: bad(e),
			})
		}
	}
	for _, p := range t.Packets {
		events(p.Seq, false)
		if f.NoAcks && dissect.BareACK(p.Bytes) {
			continue
		}
		label := s.Labels[p.Name]
		rows = append(rows, Row{
			ID: p.Name, Time: p.Time, Packet: p, From: lane[p.From], To: lane[p.To],
			Layer: label.Layer, Tag: label.Tag, Text: label.Text, Mark: s.Delta.Of(p.Name), Tally: s.Tally[p.Name],
			Bad: p.Fate == trace.Dropped,
		})
	}
	events(0, true)
	return rows
}

// EventKeys names each event by what it is, so that a selection survives
// another run: node, conversation, kind and text, and a number when the same
// thing happens again.
func EventKeys(t *trace.Trace) []string {
	seen := make(map[string]int)
	keys := make([]string, len(t.Events))
	for i, e := range t.Events {
		k := "event:" + e.Node + "/" + e.Conv + "/" + e.Kind + "/" + e.Text
		seen[k]++
		if n := seen[k]; n > 1 {
			k = fmt.Sprintf("%s#%d", k, n)
		}
		keys[i] = k
	}
	return keys
}

func bad(e *trace.Event) bool {
	return e.Kind == trace.KindFailed || (e.Kind == trace.KindChecked && !e.OK)
}

func folded(t *trace.Trace, r *Row) string {
	n := len(r.Events)
	switch r.Kind {
	case trace.KindSecret:
		return fmt.Sprintf("%d secrets derived", n)
	case trace.KindChecked:
		failed := 0
		for _, i := range r.Events {
			if !t.Events[i].OK {
				failed++
			}
		}
		if failed > 0 {
			return fmt.Sprintf("%d checks, %d failed", n, failed)
		}
		return fmt.Sprintf("%d checks passed", n)
	}
	return fmt.Sprintf("%d buffers", n)
}
