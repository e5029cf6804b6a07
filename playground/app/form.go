package app

import (
	"strings"

	"cipherglass/playground/scenario"
)

// Group is a part of the form.
type Group struct {
	Title string
	Open  bool
	Parts []Part
	Wrong int // fields in it that are wrong
}

// Part is what belongs to one element: a link, an end of a conversation.
type Part struct {
	Title  string // "" when the group has but one
	Fields []FormField
}

// FormField is one field as the form shows it.
type FormField struct {
	scenario.Field
	Text  string // as typed while that is wrong
	Wrong string
	Key   string // hash of the private key that is wanted beside it, "" for none
	Bad   string // what is wrong with the key that was pasted there
}

// closedAtFirst are groups that a newcomer need not see.
var closedAtFirst = map[string]bool{scenario.GroupScenario: true, scenario.GroupCerts: true}

// Form lists the fields of the draft, grouped. Faults and pins have lists of
// their own on the page.
func Form(s *State) []Group {
	fields := scenario.Fields(s.Draft)
	var out []Group
	for _, title := range scenario.Groups() {
		if title == scenario.GroupFaults || title == scenario.GroupPins {
			continue
		}
		g := Group{Title: title, Open: !closedAtFirst[title]}
		if closed, ok := s.View.Closed[title]; ok {
			g.Open = !closed
		}
		for _, f := range fields {
			if f.Group != title || f.Knob.Path == "certificates.*.key_hash" {
				continue
			}
			ff := FormField{Field: f, Text: f.Value, Wrong: s.Invalid[f.Path]}
			if e, ok := s.Errors[f.Path]; ok {
				ff.Text, ff.Wrong = e.Text, e.Sentence
			}
			for _, k := range s.NeedKeys {
				if f.Path == "certificates."+k.Certificate+".pem" {
					ff.Key, ff.Bad = k.Hash, s.Errors["key:"+k.Hash].Sentence
					g.Open = g.Open || !s.View.Closed[title] // nothing runs without it
				}
			}
			if ff.Wrong != "" || ff.Bad != "" {
				g.Wrong++
			}
			if n := len(g.Parts); n == 0 || g.Parts[n-1].Title != f.Element {
				g.Parts = append(g.Parts, Part{Title: f.Element})
			}
			p := &g.Parts[len(g.Parts)-1]
			p.Fields = append(p.Fields, ff)
		}
		if len(g.Parts) == 1 && (title == scenario.GroupClient || title == scenario.GroupServer) {
			g.Parts[0].Title = ""
		}
		if len(g.Parts) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// Shown is the text that the form shows in the field at path.
func Shown(s *State, path string) string {
	for _, g := range Form(s) {
		for _, part := range g.Parts {
			for _, f := range part.Fields {
				if f.Path == path {
					return f.Text
				}
			}
		}
	}
	return ""
}

// WrongAt says what is wrong with the field at path: of the form, a pin or a
// private key.
func WrongAt(s *State, path string) string {
	if e, ok := s.Errors[path]; ok {
		return e.Sentence
	}
	if w := s.Invalid[path]; w != "" {
		return w
	}
	if name, ok := strings.CutPrefix(path, PinPath("")); ok {
		if v := s.value(name); v != nil {
			return v.Bad
		}
	}
	return ""
}

// Strays are wrong fields that the form does not show, so that none is silent.
func Strays(s *State) []string {
	shown := make(map[string]bool)
	for _, f := range scenario.Fields(s.Draft) {
		shown[f.Path] = true
	}
	var out []string
	if s.Invalid == nil {
		return nil
	}
	for _, e := range scenario.Validate(s.Draft) {
		if !shown[e.Path] {
			out = append(out, e.Sentence)
		}
	}
	return out
}
