// Package dissect turns a packet of a trace into what the inspector shows:
// the frame and every buffer made from it, each with its bytes, its field
// tree and the way back to the bytes on the link.
//
// It decrypts nothing and guesses nothing. It reads the bytes of packets and
// of the trace's buffers, and what a description needs beyond the bytes comes
// from the buffer's Context; where that is missing the bytes are one leaf that
// says why.
//
// It describes IPv4 (RFC 791), IPv6 (RFC 8200), ICMP (RFC 792), ICMPv6
// (RFC 4443), UDP (RFC 768) and TCP (RFC 9293) itself; TLS and IPsec come from
// their packages.
package dissect

import (
	"cipherglass/crypto/engine"
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// View is one packet, opened as far as the trace's buffers go.
type View struct {
	Packet *trace.Packet
	Tabs   []Tab // the first is the frame

	aliases []string // packets whose buffers were taken for this one's
}

// Tab is a run of bytes to look at: the frame, or a buffer made from it.
type Tab struct {
	ID       string   // "frame", or the buffer's ID
	Buffers  []string // IDs of all buffers that hold these same bytes: its sender's, its receiver's
	Title    string   // "Frame", "TLSInnerPlaintext"
	How      string   // "on the link", "decrypted by server", "as client sealed it and as server decrypted it"
	Proto    string   // which description read the bytes
	Layer    string   // the bytes' layer, for colour
	Owner    string   // node whose word this is; "" for the frame
	Bytes    []byte
	Tree     *wire.Node // tiles Bytes exactly; never nil
	ReadOnly string     // "" for link bytes; else why they cannot be edited, and where to edit instead
	Pieces   []Span     // where Bytes lie, in order
	Failure  string     // why the receiver could not open it, or ""

	crypt *engine.Crypt // the operation that sealed or opened it, nil for none
}

// Span says where a run of a tab's bytes lies.
type Span struct {
	Off, Len int    // the run in Tab.Bytes
	Packet   string // full name of the packet that carries it, "" when a buffer does
	Buffer   string // ID of the buffer it was made from, when no packet holds these very bytes
	At, Size int    // where in that packet or buffer
	Sealed   bool   // it holds them encrypted: no byte there is the same byte here
}

// FrameID is the ID of every view's first tab.
const FrameID = "frame"

// Packet opens a packet of t by its full name, nil when t has none. To open
// many, keep an Index.
func Packet(t *trace.Trace, name string) *View { return NewIndex(t).Packet(name) }

// Buffer opens one buffer of t by its ID, nil when t has none.
func Buffer(t *trace.Trace, id string) *Tab { return NewIndex(t).Buffer(id) }

// Tab returns the view's tab that shows the buffer, nil when it has none.
func (v *View) Tab(id string) *Tab {
	for i := range v.Tabs {
		if v.Tabs[i].ID == id {
			return &v.Tabs[i]
		}
		for _, b := range v.Tabs[i].Buffers {
			if b == id {
				return &v.Tabs[i]
			}
		}
	}
	return nil
}

// OnLink maps the byte at off of the tab to the packet that carries it, ok
// false when no packet holds that very byte.
func (t *Tab) OnLink(off int) (packet string, at int, ok bool) {
	for _, s := range t.Pieces {
		if s.Packet != "" && !s.Sealed && off >= s.Off && off < s.Off+s.Len {
			return s.Packet, s.At + off - s.Off, true
		}
	}
	return "", 0, false
}
