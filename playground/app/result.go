package app

import (
	"fmt"
	"strings"

	"cipherglass/playground/dissect"
	"cipherglass/playground/trace"
)

// sentence is what is wrong, as it stands beside a field.
type sentence string

func (s sentence) Error() string { return string(s) }

func sentencef(format string, args ...any) error { return sentence(fmt.Sprintf(format, args...)) }

// ran takes a run's outcome. The last good run stays when a pinned value could
// not be used or the scenario cannot run.
func (s State) ran(a Ran) (State, []Command) {
	if a.Gen != s.Gen {
		return s, nil
	}
	s.Running = false
	if a.Err != nil {
		s.Banner = Banner{Kind: "error", Message: "This scenario cannot run: " + a.Err.Error()}
		return s, nil
	}
	if s.Banner.Kind == "error" && s.Banner.Text == "" {
		s.Banner = Banner{}
	}
	if wrong := badPins(a.Trace); len(wrong) > 0 {
		for _, w := range wrong {
			s.Errors = with(s.Errors, PinPath(w.name), w.Entry)
		}
		if s.Trace != nil && s.Trace.Scenario != nil && !s.fresh {
			s.Scenario = s.Trace.Scenario
			return s, nil
		}
	}
	if s.fresh {
		s.Base, s.fresh = nil, false
	}
	s.Trace, s.Index, s.RunTime = a.Trace, a.Index, a.Took
	s.Labels = dissect.Labels(s.Trace)
	s.Delta = trace.Diff(s.Base, s.Trace)
	s.Verified = false
	s.count()
	s.View.Flip = Flip{}
	before := s.Selection.Row
	s.Selection.Row = keep(s.Trace, before)
	if child := madeOf(s.Trace, s.follow); child != "" && s.Selection.Row == s.follow {
		s.Selection.Row, before = child, child // the same bytes, but for the one
	}
	s.follow = ""
	if s.Selection.Row != before {
		s.Selection.Tab, s.Selection.Node, s.Selection.Byte = "", "", -1
	}
	s.Toast = s.Trace.Outcome.Summary
	cmds := []Command{Verify{Gen: s.Gen, Trace: s.Trace}}
	if s.Selection.Row != before {
		cmds = append(cmds, Reveal{Row: true})
	}
	return s, cmds
}

type badPin struct {
	name string
	Entry
}

func badPins(t *trace.Trace) []badPin {
	var out []badPin
	for _, v := range t.Values {
		if v.Bad == "" {
			continue
		}
		b := badPin{name: v.Name, Entry: Entry{Sentence: v.Bad}}
		if t.Scenario != nil {
			if i := pinIndex(t.Scenario, v.Name); i >= 0 {
				b.Text = t.Scenario.Pins[i].Hex
			}
		}
		out = append(out, b)
	}
	return out
}

// opined counts what second opinions have said so far.
func (s State) opined(a Opined) (State, []Command) {
	if a.Gen != s.Gen || s.Trace == nil {
		return s, nil
	}
	s.Verified = a.Done
	s.count()
	if a.Done {
		s.Toast = s.Trace.Outcome.Summary + " " + Opinions(s.Total)
	}
	return s, nil
}

func (s *State) count() {
	s.Tally = make(map[string]Tally)
	s.Total = Tally{}
	hops := make(map[string][]string)
	for _, p := range s.Trace.Packets {
		hops[p.Cause()] = append(hops[p.Cause()], p.Name)
	}
	for _, c := range s.Trace.Checks {
		s.Total.add(c.Answer)
		if c.Packet == "" {
			continue
		}
		names := []string{c.Packet}
		if p := s.Trace.Packet(c.Packet); p != nil && aboutContents(c) {
			names = hops[p.Cause()]
		}
		for _, name := range names {
			t := s.Tally[name]
			t.add(c.Answer)
			s.Tally[name] = t
		}
	}
}

// aboutContents reports whether a check is about what a packet carries rather
// than about its headers: it then holds on every link that the packet crosses.
func aboutContents(c *trace.Check) bool {
	return c.Buffer != "" || strings.HasSuffix(c.By, "(receiving engine)")
}

// Opinions says a tally in words.
func Opinions(t Tally) string {
	if t == (Tally{}) {
		return "No check has answered yet."
	}
	parts := []string{fmt.Sprintf("%d %s agree", t.Agreed, plural(t.Agreed, "check"))}
	if t.Disagreed > 0 {
		parts = append(parts, fmt.Sprintf("%d disagree", t.Disagreed))
	}
	if t.Nobody > 0 {
		parts = append(parts, fmt.Sprintf("%d that nobody could make", t.Nobody))
	}
	return strings.Join(parts, ", ") + "."
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// keep finds what a selection by name means in another run: the same thing,
// or the packet whose name has most in common with it, or where the story
// begins.
func keep(t *trace.Trace, row string) string {
	if row == "" {
		return first(t)
	}
	if t.Packet(row) != nil || row == EveryCheck {
		return row
	}
	if strings.HasPrefix(row, "event:") {
		keys := EventKeys(t)
		for _, k := range keys {
			if k == row {
				return row
			}
		}
		at, most := "", len("event:")
		for _, k := range keys {
			if n := common(k, row); n > most {
				at, most = k, n
			}
		}
		if at != "" {
			return at
		}
		return first(t)
	}
	_, link := splitName(row)
	at, most := "", 0
	for _, p := range t.Packets {
		n := 2 * common(p.Name, row)
		if p.Link == link {
			n++
		}
		if n > most {
			at, most = p.Name, n
		}
	}
	if most < 8 {
		return first(t)
	}
	return at
}

// madeOf is the first packet made of the one named, "" when there is none.
func madeOf(t *trace.Trace, name string) string {
	if name == "" {
		return ""
	}
	for _, p := range t.Packets {
		if p.Parent == name && p.Link == t.Packet(name).Link {
			return p.Name
		}
	}
	return ""
}

// first is the packet where the story begins: the first that carries TLS, ESP
// or AH, else the first of all.
func first(t *trace.Trace) string {
	for _, p := range t.Packets {
		switch _, tag := dissect.LayerOf(p.Bytes); tag {
		case "TLS", "ESP", "AH":
			return p.Name
		}
	}
	if len(t.Packets) > 0 {
		return t.Packets[0].Name
	}
	if len(t.Events) > 0 {
		return EventKeys(t)[0]
	}
	return ""
}

func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
