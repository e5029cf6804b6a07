// Package app is all that the page knows and decides, without a document:
// State, the actions that people take, and Update, which turns one into the
// next and returns the commands that follow. The page performs the commands
// (run the scenario, write the address bar, copy); so do tests.
package app

import (
	"time"

	"cipherglass/playground/dissect"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// State is the page. Update returns a changed copy; what its pointers lead to
// is never changed once it is in a State, except that second opinions append
// to Trace.Checks.
type State struct {
	Scenario *scenario.Scenario // the last one whose fields are all right
	Draft    *scenario.Scenario // what the form shows: Scenario, or one that does not fit together yet
	Errors   map[string]Entry   // fields that cannot be read, by path, as typed
	Invalid  map[string]string  // fields of Draft that do not fit together, by path, and why
	Keys     map[string]string  // pasted private keys (PEM) by the hash of their public key; memory only
	NeedKeys []NeedKey          // certificates whose private key is not here

	Gen      int                      // counts runs; answers of older ones are dropped
	Running  bool                     // a run has taken more than one slice
	Trace    *trace.Trace             // the last good run's
	Index    *dissect.Index           // of Trace
	Base     *trace.Trace             // what Trace is compared with, nil for nothing
	RunTime  time.Duration            // how long the last run took
	Verified bool                     // every second opinion has answered
	Labels   map[string]dissect.Label // what each packet carries
	Delta    trace.Delta              // Base to Trace
	Tally    map[string]Tally         // by packet
	Total    Tally

	Selection Selection
	View      View
	Banner    Banner
	Toast     string // what the live region says
	Link      string // "#s=..."; of Scenario

	undo, redo []Step
	before     *Step  // the scenario before the edit that has not settled yet
	field      string // what that edit is in
	spare      bool   // the browser's present entry says the same as the one before: an edit was typed back
	seq        int    // counts changes, so that an old Settle is told from a new one
	follow     string // after the next run, go on to the packet made of this one
	fresh      bool   // the next run starts anew: nothing to compare with
}

// Entry is a field's text as somebody typed it, and what is wrong with it.
type Entry struct {
	Text     string
	Sentence string
}

// NeedKey is a certificate whose private key has to be pasted.
type NeedKey struct{ Certificate, Hash string }

// Step is one settled scenario in the history.
type Step struct {
	Scenario *scenario.Scenario
	Link     string
	Label    string // what changed after it: "MTU of wan1"

	// What the form showed: Back brings what was typed and wrong, too.
	draft   *scenario.Scenario
	errors  map[string]Entry
	invalid map[string]string
}

// Banner is a message across the page. Text is the user's own, kept for them.
type Banner struct {
	Message string
	Text    string
	Kind    string // "error", "info"
}

// Selection is what the inspector shows. Everything is named, so that it
// survives another run.
type Selection struct {
	Row  string // a packet's name or an event's key
	Tab  string // a tab's ID, "" for the frame
	Node string // path of a field in the tab's tree
	Byte int    // the byte under the hex cursor, -1 for none
}

// View is how the page is looked at; no part of the scenario.
type View struct {
	Theme       string // "", "light", "dark", "projector"
	Area        string // narrow pages: "scenario", "ladder", "inspector"
	Filters     Filters
	Help        bool
	Values      bool                       // the list of named values is open
	ValueFilter string                     // part of a named value's name
	Closed      map[string]bool            // closed form groups and elements, by title
	Folded      map[string]map[string]bool // tree nodes by tab proto and path that were opened or closed by hand
	Flip        Flip
	Playing     bool // going through the ladder row by row
	Embed       bool // inside an iframe: no history entries
}

// Flip is the byte that is being edited in the hex.
type Flip struct {
	Offset int
	Text   string
	Wrong  string
	Open   bool
}

// Preset is the name of the preset that the scenario started from, without
// its revision.
func (s *State) Preset() string {
	name := s.Scenario.Preset
	for i := range name {
		if name[i] == '@' {
			return name[:i]
		}
	}
	return name
}

// CanUndo and CanRedo say whether there is somewhere to go.
func (s *State) CanUndo() bool { return len(s.undo) > 0 || s.before != nil }
func (s *State) CanRedo() bool { return len(s.redo) > 0 && s.before == nil }

// UndoLabel and RedoLabel say what would be undone or done again.
func (s *State) UndoLabel() string {
	if s.before != nil {
		return s.before.Label
	}
	if n := len(s.undo); n > 0 {
		return s.undo[n-1].Label
	}
	return ""
}

// RedoLabel says what would be done again.
func (s *State) RedoLabel() string {
	if n := len(s.redo); n > 0 {
		return s.redo[n-1].Label
	}
	return ""
}
