package app

import (
	"fmt"
	"maps"
	"strings"
)

// look applies what changes the view alone.
func (s State) look(a Action) (State, []Command) {
	switch a := a.(type) {
	case SelectRow:
		s.View.Playing = false
		return s.selectRow(a.Row)
	case MoveRow:
		return s.moveRow(a.By)
	case Play:
		return s.play(a.On)
	case Ticked:
		return s.tick()
	case SelectTab:
		s.Selection.Tab, s.Selection.Node, s.Selection.Byte = a.Tab, "", -1
		s.View.Flip = Flip{}
		return s, []Command{Reveal{Node: true, Byte: true}}
	case SelectNode:
		s.Selection.Node = a.Path
		s.View.Flip = Flip{}
		if in := Inspect(&s); in != nil && in.Node != nil {
			s.Selection.Byte = in.Node.Off
			s.unfold(in, a.Path)
		}
		return s, []Command{Reveal{Node: true, Byte: true}}
	case SelectByte:
		in := Inspect(&s)
		if in == nil || in.Tab == nil || a.Offset < 0 || a.Offset >= len(in.Tab.Bytes) {
			return s, nil
		}
		s.Selection.Byte = a.Offset
		s.Selection.Node = PathAt(in.Tab.Tree, a.Offset)
		s.unfold(in, s.Selection.Node)
		s.View.Flip = Flip{}
		return s, []Command{Reveal{Node: true, Byte: true}}
	case Fold:
		if in := Inspect(&s); in != nil && in.Tab != nil {
			s.fold(in.Tab.Proto, a.Path, a.Open)
		}
	case OpenGroup:
		closed := maps.Clone(s.View.Closed)
		if closed == nil {
			closed = make(map[string]bool)
		}
		closed[a.Title] = !a.Open
		s.View.Closed = closed
	case SetFilters:
		s.View.Filters = a.Filters
	case SetTheme:
		s.View.Theme = a.Theme
		return s, []Command{KeepTheme{Theme: a.Theme}}
	case ShowArea:
		s.View.Area = a.Area
		return s, []Command{Reveal{Row: true, Node: true, Byte: true}}
	case ShowHelp:
		s.View.Help = a.Open
	case ShowValues:
		s.View.Values = a.Open
	case FindValues:
		s.View.ValueFilter = a.Text
	case OpenFlip:
		s = s.openFlip(a.Offset)
	case TypeFlip:
		s.View.Flip.Text = a.Text
		s.View.Flip.Wrong = ""
	case CloseFlip:
		s.View.Flip = Flip{}
	case CloseBanner:
		s.Banner = Banner{}
	case Say:
		s.Toast = a.Text
	case Share:
		return s.share()
	case Get:
		return s.get(a.What)
	}
	return s, nil
}

func (s State) selectRow(row string) (State, []Command) {
	if row == s.Selection.Row {
		return s, nil
	}
	s.Selection = Selection{Row: row, Byte: -1}
	s.View.Flip = Flip{}
	return s, []Command{Reveal{Row: true, Node: true, Byte: true}}
}

func (s State) moveRow(by int) (State, []Command) {
	rows := Rows(&s)
	if len(rows) == 0 {
		return s, nil
	}
	at := -1
	for i := range rows {
		if rows[i].Has(s.Selection.Row, s.Trace) {
			at = i
			break
		}
	}
	return s.selectRow(rows[min(max(at+by, 0), len(rows)-1)].ID)
}

// play goes through the ladder row by row, from its beginning when the end is
// selected.
func (s State) play(on bool) (State, []Command) {
	s.View.Playing = on && s.Trace != nil
	if !s.View.Playing {
		return s, nil
	}
	var cmds []Command
	if rows := Rows(&s); len(rows) > 0 && rows[len(rows)-1].Has(s.Selection.Row, s.Trace) {
		s, cmds = s.selectRow(rows[0].ID)
	}
	return s, append(cmds, Tick{})
}

func (s State) tick() (State, []Command) {
	if !s.View.Playing {
		return s, nil
	}
	before := s.Selection.Row
	s, cmds := s.moveRow(1)
	if s.Selection.Row == before {
		s.View.Playing = false
		return s, cmds
	}
	return s, append(cmds, Tick{})
}

// openFlip begins the edit of a byte, where the byte is on a link.
func (s State) openFlip(off int) State {
	in := Inspect(&s)
	if in == nil || in.Tab == nil || off < 0 || off >= len(in.Tab.Bytes) {
		return s
	}
	s.Selection.Byte = off
	if in.Tab.ReadOnly != "" {
		s.Toast = in.Tab.ReadOnly
		s.View.Flip = Flip{Offset: off, Wrong: in.Tab.ReadOnly, Open: true}
		return s
	}
	s.View.Flip = Flip{Offset: off, Text: "", Open: true}
	return s
}

func (s *State) fold(proto, path string, open bool) {
	folded := maps.Clone(s.View.Folded)
	if folded == nil {
		folded = make(map[string]map[string]bool)
	}
	m := maps.Clone(folded[proto])
	if m == nil {
		m = make(map[string]bool)
	}
	m[path] = open
	folded[proto] = m
	s.View.Folded = folded
}

// unfold opens all that is above a node.
func (s *State) unfold(in *Inspection, path string) {
	for i := 0; i < len(path); i++ {
		if path[i] == '/' {
			if up := path[:i]; !in.open(up, strings.Count(up, "/"), nil) {
				s.fold(in.Tab.Proto, up, true)
			}
		}
	}
}

// The lengths of links that break elsewhere.
const (
	LongLink = 2000
	HugeLink = 4000
)

func (s State) share() (State, []Command) {
	n := len(s.Link)
	done := fmt.Sprintf("Link copied: %d characters.", n)
	switch {
	case n >= HugeLink:
		done += " That is too long for many chats and mails, which cut it; send the scenario as a file instead (Download, Scenario)."
	case n >= LongLink:
		done += " Some chats cut links longer than 2,000 characters."
	}
	if len(s.Keys) > 0 {
		done += " Pasted private keys are not in it."
	}
	return s, []Command{Copy{Text: s.Link, Done: done, Failed: "The clipboard is closed to this page; copy the address bar instead."}}
}

func (s State) get(what string) (State, []Command) {
	name := s.Preset()
	if name == "" {
		name = "scenario"
	}
	switch what {
	case "pcapng":
		name += ".pcapng"
	case "keylog":
		name += ".keylog.txt"
	case "json":
		name += ".trace.json"
	case "scenario":
		name += ".json"
	}
	if s.Trace == nil {
		return s, nil
	}
	return s, []Command{Download{What: what, Name: name}}
}
