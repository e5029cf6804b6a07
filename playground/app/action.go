package app

import (
	"time"

	"cipherglass/playground/dissect"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// Action is something that a person or a command did.
type Action interface{ action() }

// What people do to the scenario.
type (
	// Edit types Text into the field at Path; lists have their entries
	// separated by commas.
	Edit struct{ Path, Text string }
	// Settle ends an edit: its field was left, or a second passed. Seq is the
	// edit that it is about, 0 for whichever is open.
	Settle struct{ Seq int }
	// PickPreset replaces the scenario by a preset.
	PickPreset struct{ Name string }
	// Open replaces the scenario by a link's. Popped: the browser went there
	// by Back or Forward.
	Open struct {
		Hash   string
		Popped bool
	}
	// OpenFile replaces the scenario by a file's.
	OpenFile struct{ Name, Text string }
	// Undo and Redo go one settled edit back and forth.
	Undo struct{}
	Redo struct{}
	// Flip writes a new value into a byte of a packet, as a tamper fault.
	FlipByte struct {
		Packet string // full name
		Offset int
		Hex    string
	}
	// AddFault drops or replays a packet.
	AddFault struct{ Kind, Packet string }
	// FaultSwitch, FaultKeep and FaultRemove change a fault by its index.
	FaultSwitch struct {
		Index int
		Off   bool
	}
	FaultKeep struct {
		Index int
		Keep  bool
	}
	FaultRemove struct{ Index int }
	// SetPin fixes a named value; empty hex lets it go.
	SetPin struct{ Name, Hex string }
	// GiveCertificate replaces a certificate by pasted PEM; empty PEM brings
	// the scenario's own back.
	GiveCertificate struct{ Name, PEM string }
	// GiveKey hands over the private key of a pasted certificate.
	GiveKey struct{ Hash, PEM string }
)

// What people do to the view.
type (
	SelectRow  struct{ Row string }
	MoveRow    struct{ By int } // by rows; ±1<<30 for the ends
	SelectTab  struct{ Tab string }
	SelectNode struct{ Path string }
	SelectByte struct{ Offset int }
	Fold       struct {
		Path string
		Open bool
	}
	OpenGroup struct {
		Title string
		Open  bool
	}
	SetFilters  struct{ Filters Filters }
	SetTheme    struct{ Theme string }
	ShowArea    struct{ Area string }
	ShowHelp    struct{ Open bool }
	ShowValues  struct{ Open bool }
	FindValues  struct{ Text string }
	OpenFlip    struct{ Offset int }
	TypeFlip    struct{ Text string }
	CloseFlip   struct{}
	CloseBanner struct{}
	Share       struct{}
	Get         struct{ What string } // "pcapng", "keylog", "json", "link"
	Play        struct{ On bool }
	// Say puts a sentence into the live region.
	Say struct{ Text string }
)

// What commands report.
type (
	// Ran is a run's outcome; Err when the scenario cannot run.
	Ran struct {
		Gen   int
		Trace *trace.Trace
		Index *dissect.Index
		Err   error
		Took  time.Duration
	}
	// Slow tells that a run takes more than one slice.
	Slow struct{ Gen int }
	// Ticked tells that it is time for the next row, while the page plays.
	Ticked struct{}
	// Opined tells that second opinions have been appended to the trace.
	Opined struct {
		Gen  int
		Done bool
	}
)

func (Edit) action()            {}
func (Settle) action()          {}
func (PickPreset) action()      {}
func (Open) action()            {}
func (OpenFile) action()        {}
func (Undo) action()            {}
func (Redo) action()            {}
func (FlipByte) action()        {}
func (AddFault) action()        {}
func (FaultSwitch) action()     {}
func (FaultKeep) action()       {}
func (FaultRemove) action()     {}
func (SetPin) action()          {}
func (GiveCertificate) action() {}
func (GiveKey) action()         {}
func (SelectRow) action()       {}
func (MoveRow) action()         {}
func (SelectTab) action()       {}
func (SelectNode) action()      {}
func (SelectByte) action()      {}
func (Fold) action()            {}
func (OpenGroup) action()       {}
func (SetFilters) action()      {}
func (SetTheme) action()        {}
func (ShowArea) action()        {}
func (ShowHelp) action()        {}
func (ShowValues) action()      {}
func (OpenFlip) action()        {}
func (FindValues) action()      {}
func (TypeFlip) action()        {}
func (CloseFlip) action()       {}
func (CloseBanner) action()     {}
func (Share) action()           {}
func (Get) action()             {}
func (Say) action()             {}
func (Play) action()            {}
func (Ran) action()             {}
func (Slow) action()            {}
func (Opined) action()          {}
func (Ticked) action()          {}

// Command is something that Update wants done outside.
type Command interface{ command() }

type (
	// Run plays a scenario, in slices, and reports Ran. It replaces a run
	// that has not ended.
	Run struct {
		Gen      int
		Scenario *scenario.Scenario
		Keys     map[string]string
	}
	// Verify asks for second opinions on a trace, in slices, and reports
	// Opined. It replaces what an older Verify still had to do.
	Verify struct {
		Gen   int
		Trace *trace.Trace
	}
	// SetURL writes the address bar: Replace the current entry first, then
	// Push another; "" for neither.
	SetURL struct{ Replace, Push string }
	// GoBack and GoForward walk the browser's history, which reports Open.
	// Steps is how far, 0 for one.
	GoBack    struct{ Steps int }
	GoForward struct{}
	// SettleLater reports Settle{Seq} after a second.
	SettleLater struct{ Seq int }
	// Tick reports Ticked after a moment.
	Tick struct{}
	// Copy puts text on the clipboard and reports Say.
	Copy struct{ Text, Done, Failed string }
	// Download offers a file of the current trace.
	Download struct{ What, Name string }
	// Save keeps the scenario's link for the next visit.
	Save struct{ Hash string }
	// KeepTheme remembers the theme and shows it.
	KeepTheme struct{ Theme string }
	// Reveal scrolls the selected row, tree node and byte into view.
	Reveal struct{ Row, Node, Byte bool }
)

func (Run) command()         {}
func (Verify) command()      {}
func (SetURL) command()      {}
func (GoBack) command()      {}
func (GoForward) command()   {}
func (SettleLater) command() {}
func (Copy) command()        {}
func (Tick) command()        {}
func (Download) command()    {}
func (Save) command()        {}
func (KeepTheme) command()   {}
func (Reveal) command()      {}
