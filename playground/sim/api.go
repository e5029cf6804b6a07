// Package sim is the network: a deterministic event queue in virtual time,
// links with MTU, delay and bandwidth, and nodes that speak IPv4, IPv6, ICMP,
// UDP and TCP. Headers are built and parsed with gopacket.
//
// It knows nothing of TLS or IPsec. A node's hooks see every packet that its
// IP layer sends or receives and may replace it; its sockets call back.
package sim

import (
	"net/netip"
	"time"
)

// Packet is an IP packet inside a node.
type Packet struct {
	Name   string // its cause, without the link: "client/web/flight1/seg0"
	Parent string // full name (with link) of the packet it was made of, "" for none
	Bytes  []byte // from the IP header; never changed in place

	// Full is the packet's name on the link that it came by (or was put on):
	// Name, "@" and the link, made unique. For a reassembled datagram it is
	// what Recorder.Reassembled returned. It is "" for a packet that a hook
	// made and that has not been on a link; spans then use Name.
	Full string

	via   string // full name of the packet on a link that brought it here
	whole string // fragment: Name of the datagram that was cut
	df    bool   // IPv6: the source must not fragment it
}

// Verdict is what a hook decides.
type Verdict struct {
	Action Action
	Out    *Packet // Replace: what goes on in its place
	MTU    int     // TooBig: the largest packet like p that would have passed
	Why    string  // Drop, TooBig: the reason that people read
}

// Action of a Verdict.
type Action uint8

const (
	Pass    Action = iota
	Drop           // gone; the recorder is told why
	Replace        // Out goes on: outbound it is routed again (and not given to the same hook twice), inbound it is delivered or forwarded
	TooBig         // dropped, and answered with ICMP fragmentation-needed or packet-too-big carrying MTU
)

// Hook sees the packets of one node, between its IP layer and its links.
type Hook interface {
	// Outbound is called for every packet that the node sends or forwards,
	// after the route was chosen and before fragmentation. mtu is the smaller
	// of the outgoing link's MTU and the path MTU that the node has learnt
	// for the packet's destination; Node.PathMTU tells it for another one, a
	// tunnel's far end.
	Outbound(now time.Duration, p *Packet, mtu int) Verdict
	// Inbound is called for every packet addressed to the node, after
	// reassembly and before its transport.
	Inbound(now time.Duration, p *Packet) Verdict
}

// Recorder is told of everything that happens on links, in order.
type Recorder interface {
	// Sent is called when a packet's first bit leaves. p.Full is its full name:
	// its cause, "@" and the link, and "#2" when the same cause crosses the
	// same link again. A packet whose fate is Fragmented never leaves: its
	// fragments do. link is the link's name, from and to are nodes.
	Sent(now time.Duration, link, from, to string, p *Packet)
	// Fate is called once for each packet sent, by its full name: one of
	// trace's fates, and why. arrive is when its last bit came, 0 if never. What
	// is on its way when a limit stops the run has none.
	Fate(now time.Duration, packet, fate, why string, arrive time.Duration)
	// NoteDrop tells of a packet that a node dropped before it reached a link
	// (no route, policy, too big), or after it had arrived (bad checksum).
	// on is the full name of the packet on a link that brought it to the node,
	// "" for none.
	NoteDrop(now time.Duration, node string, p *Packet, on, why string)
	// Note tells something that a node learnt: a path MTU, a lost segment that
	// it sends again. on is the full name of the packet that told it, or "".
	Note(now time.Duration, node, on, text string)
	// Reassembled tells that a node put p together from fragments, which
	// pieces name in order; their lengths add up to len(p.Bytes). (The header
	// is the first fragment's, with length, flags and checksum set anew.) It
	// returns the name by which spans are to call p: the ID of a buffer.
	Reassembled(now time.Duration, node string, p *Packet, pieces []Span) string
}

// Tamper may change what travels on a link. It is called for every packet put
// on every link; p.Full is its full name. It returns p itself for no change;
// another packet, which then travels in its place as p's child (named
// "<cause>/tampered" unless it has another name); or nil, and why, to lose it.
// again asks for a copy of what travels ("<cause>/dup1") to be sent once more
// after that time, 0 for no.
type Tamper func(now time.Duration, link, from string, p *Packet) (out *Packet, why string, again time.Duration)

// Conn is one end of a TCP connection as its application sees it.
type Conn interface {
	// Name is the connection's part of its packets' names.
	Name() string
	Local() netip.AddrPort
	Remote() netip.AddrPort
	// Write queues data. label names its cause; the segments that carry it are
	// named "<node>/<conn>/<label>/segN", a retransmission ".../segN/rtxM".
	Write(label string, data []byte)
	CloseWrite() // FIN after what is queued
	Abort()      // RST
	// Received maps n bytes at off of the received stream to the packets that
	// first brought them; Sent maps the sent stream to the packets, on the
	// node's own link, that first carried it (nothing while unsent). A packet
	// that a hook opened or sealed is called by its Name.
	Received(off, n int) []Span
	Sent(off, n int) []Span
}

// Span is a run of a packet's bytes; Packet is its Full name, or Name if it
// has none.
type Span struct {
	Packet   string
	Off, Len int
}

// ConnEvents is how a connection tells its application what happened. Any
// function may be nil. Each runs inside the event that caused it; packet is
// the full name of the packet on a link that did, "" for none.
type ConnEvents struct {
	Connected func(c Conn, packet string)
	Received  func(c Conn, data []byte, packet string) // in order, never twice
	End       func(c Conn, packet string)              // FIN, after all data
	Failed    func(c Conn, why, packet string)         // RST, ICMP, or retransmissions given up
	Closed    func(c Conn)                             // both directions are done
}
