package scenario

import "fmt"

// Kind says what a knob's value is, and so how a form edits it.
type Kind string

// The kinds of Knob. In a scenario an Int is a number, a Bool true or false,
// a List or Words an array of strings, and everything else a string.
const (
	Int     Kind = "number"
	Bool    Kind = "switch"
	Enum    Kind = "choice"    // one of Choices
	List    Kind = "offer"     // an ordered list of Choices or of code points: "0x1301"
	Names   Kind = "names"     // a list of Choices, no code points
	Words   Kind = "words"     // an ordered list of free text
	Text    Kind = "text"      // one line
	Name    Kind = "name"      // an element's own name
	Hex     Kind = "hex"       // bytes
	SPI     Kind = "spi"       // "0x00001001"
	Prefix  Kind = "prefix"    // "10.1.0.0/24"
	Address Kind = "address"   // "10.1.0.1"
	Host    Kind = "interface" // an address with its prefix length: "10.1.0.2/24"
	Time    Kind = "time"      // RFC 3339
	PEM     Kind = "pem"       // certificates, several lines
)

// Knob describes one field of a scenario: form, validation, link, README and
// undo labels all read it.
type Knob struct {
	Path    string // pattern, "*" for an element: "links.*.mtu"
	Kind    Kind
	Label   string // what people read: "MTU"
	Help    string // one or two sentences
	Unit    string // "bytes", "µs"
	Min     int    // Int: the least value
	Max     int    // Int: the largest value; else the most characters, or the most entries of a list
	Ref     string // "RFC 4303, Section 2.1"
	Group   string // where the form shows it
	Default string // Optional: what "" means
	// Optional allows "" (or an empty list).
	Optional bool
	// Plan marks what draws the plan of the scenario (names, addresses, who
	// talks to whom): edited in the file, not shown in the form.
	Plan bool
	// Choices gives the values of an Enum, List or Names, read from the
	// engine's table or from the scenario; not to be changed.
	Choices func(s *Scenario, at At) []Choice
	// Applies says whether the field means anything there; nil for always.
	Applies func(s *Scenario, at At) bool
}

// The form's groups, in their order.
const (
	GroupScenario = "Scenario"
	GroupClient   = "Client"
	GroupServer   = "Server"
	GroupCerts    = "Certificates"
	GroupIPsec    = "IPsec"
	GroupTraffic  = "Traffic"
	GroupNetwork  = "Network"
	GroupFaults   = "Faults"
	GroupPins     = "Pinned values"
)

// Groups returns the form's groups in order.
func Groups() []string {
	return []string{GroupScenario, GroupClient, GroupServer, GroupCerts, GroupIPsec, GroupTraffic, GroupNetwork, GroupFaults, GroupPins}
}

// Choice is one value that a field may take.
type Choice struct {
	Value   string
	Label   string // what people read; "" when Value says it
	Help    string
	Ref     string
	Retired string // why nobody should use it any more, "" for current ones
	// OfferOnly marks what the engines recognise but cannot perform: it may
	// stand in an offer, and is never chosen.
	OfferOnly bool
}

// At says which elements a path passes through; the others are nil.
type At struct {
	Node   *Node
	Link   *Link
	Cert   *Certificate
	Conv   *Conversation
	End    *Endpoint
	Policy *Policy
	Fault  *Fault
	Pin    *Pin
}

// Element names the element that a path is about: "wan1", "web client",
// "fault 1"; "" for the scenario itself.
func (a At) Element() string {
	switch {
	case a.End != nil && a.Conv != nil && a.Conv.TLS != nil && a.End == &a.Conv.TLS.Client:
		return a.Conv.Name + " client"
	case a.End != nil:
		return a.Conv.Name + " server"
	case a.Conv != nil:
		return a.Conv.Name
	case a.Link != nil:
		return a.Link.Name
	case a.Node != nil:
		return a.Node.Name
	case a.Cert != nil:
		return a.Cert.Name
	case a.Policy != nil:
		return a.Policy.Name
	case a.Fault != nil:
		return a.Fault.Kind + " of " + a.Fault.Packet
	case a.Pin != nil:
		return a.Pin.Name
	}
	return ""
}

// Field is a knob at one place of a scenario.
type Field struct {
	*Knob
	Path    string   // "links.wan1.mtu"
	Element string   // "wan1", "web client"; "" for the scenario itself
	Value   string   // the value as text; a list's entries joined by ", "
	List    []string // List, Names and Words: the entries
	Choices []Choice
}

// FieldError is what is wrong with one field, in a sentence that says what,
// where and what to do.
type FieldError struct {
	Path     string
	Sentence string
}

func (e *FieldError) Error() string { return e.Sentence }

func wrong(path, format string, args ...any) *FieldError {
	return &FieldError{Path: path, Sentence: fmt.Sprintf(format, args...)}
}

// Fields returns the form of s: every field that applies, in the scenario's
// order. Group by Knob.Group.
func Fields(s *Scenario) []Field {
	var out []Field
	for _, p := range places(s) {
		if p.knob.Plan || p.knob.Applies != nil && !p.knob.Applies(s, p.at) {
			continue
		}
		f := Field{Knob: p.knob, Path: p.path, Element: p.at.Element(), Value: show(p.v)}
		if l, ok := p.v.Interface().([]string); ok {
			f.List = append([]string{}, l...)
		}
		if p.knob.Choices != nil {
			f.Choices = p.knob.Choices(s, p.at)
		}
		out = append(out, f)
	}
	return out
}
