// Package sim is the network: a deterministic event queue in virtual time,
// links with MTU, delay and bandwidth, and nodes that speak IPv4, IPv6, ICMP,
// UDP and TCP. Headers are built and parsed with gopacket.
//
// It knows nothing of TLS or IPsec. A node's hooks see every packet that its
// IP layer sends or receives and may replace it; its sockets call back.
package sim

import "time"

// Packet is an IP packet inside a node.
type Packet struct {
	Name   string // its cause, without the link: "client/web/flight1/seg0"
	Parent string // full name (with link) of the packet it was made of, "" for none
	Bytes  []byte // from the IP header; never changed in place
}

// Verdict is what a hook decides.
type Verdict struct {
	Action Action
	Out    *Packet // Replace: what goes on in its place
	MTU    int     // TooBig: the largest packet that would have passed
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
	// for the packet's destination.
	Outbound(now time.Duration, p *Packet, mtu int) Verdict
	// Inbound is called for every packet addressed to the node, after
	// reassembly and before its transport.
	Inbound(now time.Duration, p *Packet) Verdict
}

// Recorder is told of everything that happens on links, in order.
type Recorder interface {
	// Sent is called when a packet's first bit leaves; it returns the packet's
	// full name (its cause, "@" and the link, made unique).
	Sent(now time.Duration, link, from, to string, p *Packet) string
	// Fate is called once for each packet sent, by its full name: one of
	// trace's fates, and why. arrive is when its last bit came, 0 if never.
	Fate(now time.Duration, packet, fate, why string, arrive time.Duration)
	// NoteDrop tells of a packet that a node dropped before it reached a link
	// (no route, policy, too big), or after it had arrived (bad checksum).
	NoteDrop(now time.Duration, node string, p *Packet, why string)
}

// Tamper may change what travels on a link. It is called for every packet put
// on every link. It returns p itself for no change; another packet, which then
// travels in its place as p's child; or nil, and why, to lose it. again asks
// for a copy of what travels to be sent once more after that time, 0 for no.
type Tamper func(now time.Duration, link, from string, p *Packet) (out *Packet, why string, again time.Duration)

// Conn is one end of a TCP connection as its application sees it.
type Conn interface {
	// Write queues data. label names its cause; the segments that carry it are
	// named "<node>/<conn>/<label>/segN", a retransmission ".../segN/rtxM".
	Write(label string, data []byte)
	CloseWrite() // FIN after what is queued
	Abort()      // RST
	// Received maps n bytes at off of the received stream to the packets that
	// first brought them; Sent maps the sent stream to the packets, on the
	// node's own link, that first carried it (nothing while unsent).
	Received(off, n int) []Span
	Sent(off, n int) []Span
}

// Span is a run of a packet's bytes; Packet is a full name.
type Span struct {
	Packet   string
	Off, Len int
}

// ConnEvents is how a connection tells its application what happened. Any
// function may be nil. Each runs inside the event that caused it; packet is
// the full name of the packet that did, "" for none.
type ConnEvents struct {
	Connected func(c Conn, packet string)
	Received  func(c Conn, data []byte, packet string) // in order, never twice
	End       func(c Conn, packet string)              // FIN, after all data
	Failed    func(c Conn, why, packet string)         // RST, ICMP, or retransmissions given up
	Closed    func(c Conn)                             // both directions are done
}
