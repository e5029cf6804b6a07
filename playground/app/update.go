package app

import (
	"maps"
	"strings"

	"cipherglass/playground/scenario"
)

// DefaultPreset is what the page opens on.
const DefaultPreset = "tls13"

// New returns the page's first state: the link's scenario, else the one saved
// at the last visit, else the default preset. A link that cannot be read
// becomes a banner that keeps its text.
func New(hash, saved string, embed bool) (State, []Command) {
	s := State{View: View{Embed: embed, Area: "ladder"}, Selection: Selection{Byte: -1}}
	for _, link := range []string{hash, saved} {
		if link == "" || link == "#" {
			continue
		}
		sc, err := scenario.DecodeLink(link)
		if err == nil {
			return s.start(sc)
		}
		if link == hash {
			s.Banner = Banner{Kind: "error", Message: err.Error(), Text: hash}
			break
		}
	}
	sc, err := scenario.Preset(DefaultPreset)
	if err != nil {
		panic("app: the default preset is missing: " + err.Error()) // a fault of the build
	}
	return s.start(sc)
}

// Update applies one action.
func Update(s State, a Action) (State, []Command) {
	switch a := a.(type) {
	case Edit:
		return s.edit(a)
	case Settle:
		if a.Seq != 0 && a.Seq != s.seq {
			return s, nil
		}
		return s.settle()
	case PickPreset:
		sc, err := scenario.Preset(a.Name)
		if err != nil {
			s.Banner = Banner{Kind: "error", Message: err.Error()}
			return s, nil
		}
		return s.replace(sc, "preset "+a.Name)
	case Open:
		return s.open(a)
	case OpenFile:
		sc, err := scenario.Parse([]byte(a.Text))
		if err != nil {
			s.Banner = Banner{Kind: "error", Message: a.Name + " cannot be used. " + err.Error()}
			return s, nil
		}
		return s.replace(sc, a.Name)
	case Undo:
		return s.undoOne()
	case Redo:
		return s.redoOne()
	case FlipByte, AddFault, FaultSwitch, FaultKeep, FaultRemove:
		return s.fault(a)
	case SetPin:
		return s.pin(a)
	case GiveCertificate:
		return s.giveCertificate(a)
	case GiveKey:
		return s.giveKey(a)
	case Ran:
		return s.ran(a)
	case Slow:
		s.Running = s.Running || a.Gen == s.Gen
		return s, nil
	case Opined:
		return s.opined(a)
	}
	return s.look(a)
}

// start begins with a scenario that nothing came before.
func (s State) start(sc *scenario.Scenario) (State, []Command) {
	s.Scenario, s.Draft = sc, sc
	s.Link = linkOf(sc)
	s.Errors, s.Invalid = nil, nil
	s.undo, s.redo, s.before = nil, nil, nil
	s.fresh = true
	replace := s.Link
	if s.Banner.Text != "" {
		replace = "" // the bad link stays in the address bar until the first edit
	}
	s, cmds := s.run()
	if replace != "" {
		cmds = append(cmds, SetURL{Replace: replace})
	}
	return s, cmds
}

// linkOf is a scenario's link. A scenario that is valid has one.
func linkOf(sc *scenario.Scenario) string {
	link, err := scenario.EncodeLink(sc)
	if err != nil {
		return ""
	}
	return link
}

// run plays Scenario.
func (s State) run() (State, []Command) {
	s.Gen++
	s.seq++
	s.Running = false
	s.NeedKeys = needKeys(s.Scenario, s.Keys)
	if len(s.NeedKeys) > 0 {
		s.Toast = waitsFor(s.NeedKeys)
		return s, nil
	}
	return s, []Command{Run{Gen: s.Gen, Scenario: s.Scenario, Keys: s.Keys}}
}

// edit types text into a field.
func (s State) edit(a Edit) (State, []Command) {
	if strings.HasSuffix(a.Path, ".pem") {
		parts := strings.Split(a.Path, ".")
		return s.giveCertificate(GiveCertificate{Name: parts[1], PEM: a.Text})
	}
	return s.change(a.Path, a.Text, s.labelOf(a.Path), func(d *scenario.Scenario) error {
		return scenario.Set(d, a.Path, a.Text)
	})
}

// change makes an edit of the draft. path is where its error stands and text
// what was typed there.
func (s State) change(path, text, label string, do func(d *scenario.Scenario) error) (State, []Command) {
	var cmds []Command
	if s.before != nil && s.field != path {
		s, cmds = s.settle()
	}
	d := s.Draft.Clone()
	if err := do(d); err != nil {
		s.Errors = with(s.Errors, path, Entry{Text: text, Sentence: err.Error()})
		return s, cmds
	}
	s.Errors = without(s.Errors, path)
	s.Draft = d
	s.Invalid = nil
	for _, e := range scenario.Validate(d) {
		if s.Invalid[e.Path] == "" {
			s.Invalid = with(s.Invalid, e.Path, e.Sentence)
		}
	}
	if s.Invalid != nil {
		if _, ok := s.Invalid[path]; !ok && len(s.Invalid) > 0 {
			// The field that was touched says so too, when the one at fault is elsewhere.
			s.Toast = firstSentence(d, s.Invalid)
		}
		return s, cmds
	}
	s.Toast = "" // what it said of fields that do not fit is over
	s, more := s.adopt(d, path, label)
	return s, append(cmds, more...)
}

// adopt makes d the scenario, as part of the edit in field path.
func (s State) adopt(d *scenario.Scenario, path, label string) (State, []Command) {
	before := s.step(label)
	before.draft, before.invalid = s.Scenario, nil // not what was typed on the way
	return s.put(d, path, before)
}

// put makes d the scenario in place of the one of the step before. The edit's
// first change begins a history entry, those that follow replace it: Back
// always finds the scenario as it was settled before.
func (s State) put(d *scenario.Scenario, path string, before Step) (State, []Command) {
	link := linkOf(d)
	if link == s.Link {
		s.Scenario, s.Draft = d, d
		if len(needKeys(d, s.Keys)) < len(s.NeedKeys) {
			return s.run() // a key has come that was waited for
		}
		return s, nil
	}
	url := SetURL{Replace: link}
	if s.before == nil && s.spare {
		s.before, s.field, s.Base, s.spare = &before, path, s.Trace, false
	} else if s.before == nil {
		s.before = &before
		s.field = path
		s.Base = s.Trace
		if !s.View.Embed {
			url = SetURL{Replace: s.Link, Push: link}
		}
	}
	s.Scenario, s.Draft, s.Link = d, d, link
	if s.Banner.Kind == "info" {
		s.Banner = Banner{}
	}
	s, cmds := s.run()
	return s, append(cmds, url, SettleLater{Seq: s.seq})
}

// step is where the page is, as an entry of the history.
func (s State) step(label string) Step {
	return Step{Scenario: s.Scenario, Link: s.Link, Label: label, draft: s.Draft, errors: s.Errors, invalid: s.Invalid}
}

// settle ends the open edit: one entry in the history.
func (s State) settle() (State, []Command) {
	if s.before == nil {
		return s, nil
	}
	b := *s.before
	s.before, s.field = nil, ""
	if b.Link == s.Link {
		// Typed as it was: the next edit takes the entry that this one began.
		// (To go back instead would race with it.)
		s.spare = !s.View.Embed
		return s, nil
	}
	s.undo = append(s.undo[:len(s.undo):len(s.undo)], b)
	s.redo = nil
	return s, []Command{Save{Hash: s.Link}}
}

// replace puts another scenario in place of this one, as one settled edit.
func (s State) replace(sc *scenario.Scenario, label string) (State, []Command) {
	s, cmds := s.settle()
	before := s.step(label) // with what was typed and is wrong: Back brings it again
	s.Errors, s.Invalid = nil, nil
	s.Draft = s.Scenario
	s, more := s.put(sc, "", before)
	cmds = append(cmds, more...)
	if s.before != nil { // it is another: its story begins at its own beginning
		s.Base, s.fresh = nil, true
		s.Selection = Selection{Byte: -1}
	}
	s, more = s.settle()
	return s, append(cmds, more...)
}

// open follows a link, or goes where the browser's Back and Forward went.
func (s State) open(a Open) (State, []Command) {
	if a.Hash == s.Link || a.Hash == "" && a.Popped {
		return s, nil
	}
	if a.Popped {
		s.spare = false
		if s.before != nil && s.before.Link == s.Link {
			s.before = nil
		}
		s, _ = s.settle() // what it saves, the step below saves anew
		if n := len(s.undo); n > 0 && s.undo[n-1].Link == a.Hash {
			return s.stepBack()
		}
		if n := len(s.redo); n > 0 && s.redo[n-1].Link == a.Hash {
			return s.stepOn()
		}
	}
	sc, err := scenario.DecodeLink(a.Hash)
	if err != nil {
		s.Banner = Banner{Kind: "error", Message: err.Error(), Text: a.Hash}
		return s, nil
	}
	s.Banner = Banner{}
	s.Base = nil
	s, cmds := s.start(sc)
	return s, append(cmds, Save{Hash: s.Link})
}

func (s State) undoOne() (State, []Command) {
	s, cmds := s.settle()
	if len(s.undo) == 0 {
		return s, cmds
	}
	if !s.View.Embed {
		steps := 1
		if s.spare {
			steps = 2
		}
		return s, append(cmds, GoBack{Steps: steps})
	}
	s, more := s.stepBack()
	return s, append(append(cmds, more...), SetURL{Replace: s.Link})
}

func (s State) redoOne() (State, []Command) {
	if !s.CanRedo() {
		return s, nil
	}
	if !s.View.Embed {
		return s, []Command{GoForward{}}
	}
	s, cmds := s.stepOn()
	return s, append(cmds, SetURL{Replace: s.Link})
}

// stepBack and stepOn move between the stacks. A step's label is about the
// edit between it and the one after it.
func (s State) stepBack() (State, []Command) {
	n := len(s.undo)
	to := s.undo[n-1]
	s.undo = s.undo[: n-1 : n-1]
	s.redo = append(s.redo[:len(s.redo):len(s.redo)], s.step(to.Label))
	return s.goTo(to, "Undone: "+to.Label)
}

func (s State) stepOn() (State, []Command) {
	n := len(s.redo)
	to := s.redo[n-1]
	s.redo = s.redo[: n-1 : n-1]
	s.undo = append(s.undo[:len(s.undo):len(s.undo)], s.step(to.Label))
	return s.goTo(to, "Done again: "+to.Label)
}

func (s State) goTo(to Step, toast string) (State, []Command) {
	s.Scenario, s.Draft, s.Link = to.Scenario, to.draft, to.Link
	s.Errors, s.Invalid = to.errors, to.invalid
	s.Base = s.Trace
	s.Toast = toast
	s, cmds := s.run()
	return s, append(cmds, Save{Hash: s.Link})
}

// labelOf names a field for the history.
func (s State) labelOf(path string) string {
	for _, f := range scenario.Fields(s.Draft) {
		if f.Path == path {
			if f.Element != "" {
				return f.Label + " of " + f.Element
			}
			return f.Label
		}
	}
	return path
}

func firstSentence(d *scenario.Scenario, invalid map[string]string) string {
	for _, e := range scenario.Validate(d) {
		if t := invalid[e.Path]; t != "" {
			return t
		}
	}
	return ""
}

func with[V any](m map[string]V, k string, v V) map[string]V {
	m = maps.Clone(m)
	if m == nil {
		m = make(map[string]V)
	}
	m[k] = v
	return m
}

func without[V any](m map[string]V, k string) map[string]V {
	if _, ok := m[k]; !ok {
		return m
	}
	m = maps.Clone(m)
	delete(m, k)
	return m
}
