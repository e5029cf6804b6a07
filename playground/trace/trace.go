// Package trace holds everything that happened in one run: packets, the
// buffers made from them, events, secrets and checks. It is the only thing
// that is shown, exported or verified.
package trace

import (
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/playground/scenario"
)

// Trace is the outcome of a run, or what a capture file holds.
type Trace struct {
	Scenario *scenario.Scenario // nil for a capture
	Outcome  Outcome
	Nodes    []string
	Links    []Link
	Packets  []*Packet
	Buffers  []*Buffer
	Events   []*Event
	Secrets  []*Secret
	Checks   []*Check
	Values   []engine.Named // the run's named random values
	Faults   []FaultReport
	ESPSA    []string // the run's SAs as lines of Wireshark's esp_sa table, those that it can read

	byName   map[string]*Packet
	byBuffer map[string]*Buffer
}

// Outcome says how the run ended.
type Outcome struct {
	OK      bool            `json:"ok"`      // it ended as the scenario expects
	Summary string          `json:"summary"` // one sentence
	Failure *engine.Failure `json:"-"`       // the first failure, if any
	Code    string          `json:"code"`    // "complete", or the failure's ID, or "limit/packets"...
	End     time.Duration   `json:"end_us"`
}

// FaultReport says whether a fault found its packet.
type FaultReport struct {
	Index   int
	Applied bool
	Why     string
}

// Link is one link of the trace, an interface of the capture.
type Link struct {
	Name string
	MTU  int
}

// The fates of a packet on its link.
const (
	Delivered  = "delivered"
	Dropped    = "dropped"    // Why says by whom
	Fragmented = "fragmented" // its children are its fragments
	Rewritten  = "rewritten"  // its child goes on in its place
)

// Packet is one packet on one link. A forwarded packet is a child of the one
// that arrived; so is a fragment, a tampered copy, or an ESP packet of the one
// it protects.
type Packet struct {
	Seq    int           // order of happening, shared with events
	Name   string        // cause and link: "client/tls/flight1/seg0@lan1"
	Parent string        // name of the packet it was made of, "" for none
	Time   time.Duration // when its first bit left
	Arrive time.Duration // when its last bit came, 0 if it did not
	Link   string
	From   string // node
	To     string // node
	Fate   string
	Why    string // "hop: larger than the link's MTU of 1400 and DF is set"
	Bytes  []byte // from the IP header
	Info   string // one line for the ladder: "TCP 49152 → 443 [SYN]"
}

// Cause returns the packet's name without its link.
func (p *Packet) Cause() string { return cut(p.Name) }

func cut(s string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '@' {
			return s[:i]
		}
	}
	return s
}

// Buffer is bytes that somebody sealed, opened or reassembled. Its pieces
// name packets (by Packet.Name) or other buffers (by ID).
type Buffer struct {
	engine.Buffer        // its ID is prefixed with node and conversation: "client/web/in/record/3"
	Owner         string // node
	Time          time.Duration
	Event         int // index of the event that told of it, or of the last before it; -1 for none
}

// Kinds of Event.
const (
	KindState     = "state"
	KindConnected = "connected"
	KindChecked   = "checked" // an engine's own check of its peer
	KindSecret    = "secret"
	KindDestroyed = "destroyed"
	KindMade      = "made"
	KindDeliver   = "deliver"
	KindFailed    = "failed"
	KindDropped   = "dropped" // a node dropped a packet by itself
	KindNote      = "note"
)

// Event is something that happened at a node, other than a packet.
type Event struct {
	Seq    int // order of happening, shared with packets
	Time   time.Duration
	Node   string
	Conv   string // conversation or policy
	Kind   string
	Text   string // one line
	Detail string
	Ref    string
	OK     bool   // checked: the outcome
	Packet string // name of the packet that caused it, "" when none did
	Buffer string // ID of a buffer it is about
	Secret string // ID of a secret it is about
	Facts  []engine.Fact
	Fail   *engine.Failure
}

// Secret is a derived value of a node.
type Secret struct {
	engine.Secret        // its ID is prefixed like a buffer's
	Owner         string `json:"owner"`
	Conv          string `json:"conversation"`
	ClientRandom  []byte `json:"-"` // for the key log
}

// The three answers of a check.
type Answer int8

const (
	Nobody    Answer = iota // nobody could say, and why; never counted as agreement
	Agreed                  // somebody else found the same
	Disagreed               // somebody else found something else
)

// Check is a second opinion.
type Check struct {
	Scope  string // "packet", "scenario"
	Packet string // packet's name, or "" for the scenario
	Name   string // what was checked: "IPv4 header checksum"
	By     string // who: "gopacket", "crypto/tls", "WebCrypto", "far engine", "own decoder"
	Answer Answer
	Detail string
	Buffer string // the buffer it is about, if any
	Secret string // the secret it is about, if any
}

// Packet returns a packet by its name, nil when there is none.
func (t *Trace) Packet(name string) *Packet {
	if len(t.byName) != len(t.Packets) {
		t.byName = make(map[string]*Packet, len(t.Packets))
		for _, p := range t.Packets {
			t.byName[p.Name] = p
		}
	}
	return t.byName[name]
}

// Buffer returns a buffer by its ID, nil when there is none.
func (t *Trace) Buffer(id string) *Buffer {
	if len(t.byBuffer) != len(t.Buffers) {
		t.byBuffer = make(map[string]*Buffer, len(t.Buffers))
		for _, b := range t.Buffers {
			t.byBuffer[b.ID] = b
		}
	}
	return t.byBuffer[id]
}
