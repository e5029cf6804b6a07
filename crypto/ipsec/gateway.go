package ipsec

import (
	"fmt"
	"net/netip"

	"cipherglass/crypto/engine"
)

// Action is what a policy does with a packet (RFC 4301, Section 4.4.1).
type Action uint8

// The actions. The zero value is what the RFC asks for when no entry matches.
const (
	Discard Action = iota
	Bypass         // pass as it is
	Protect        // by the entry's SAs
)

func (a Action) String() string { return [...]string{"discard", "bypass", "protect"}[a] }

// Entry is one row of an SPD: what happens to packets from Local to Remote,
// and to those from Remote to Local.
type Entry struct {
	Name   string // of the policy: "r1-r2"
	Local  netip.Prefix
	Remote netip.Prefix
	Action Action
	Out    *SA // Protect: for what leaves
	In     *SA // Protect: for what comes; its Selectors are filled in when they are empty
}

// Gateway is the IPsec of one node: its SPD, an ordered list whose first
// matching entry decides, and its SAD, the SAs that those entries name. The
// zero value discards everything; use Default to change that.
type Gateway struct {
	Default Action // Discard or Bypass: when no entry matches

	spd   []*Entry
	sad   []*SA
	again map[string]int // how often a buffer ID was wanted
}

// Add appends an entry to the SPD and its inbound SA to the SAD.
func (g *Gateway) Add(e Entry) *engine.Failure {
	if e.Action == Protect {
		if e.Out == nil || e.In == nil {
			return BadSA.With("a policy that protects needs one each way")
		}
		if f, _ := g.find(e.In.p.Protocol, e.In.p.SPI); f != nil {
			return BadSA.With(fmt.Sprintf("another inbound SA has SPI %s already", e.In.SPIText()))
		}
		if s := &e.In.p.Selectors; !s.Src.IsValid() && !s.Dst.IsValid() {
			*s = Selectors{Src: e.Remote, Dst: e.Local}
		}
		g.sad = append(g.sad, e.In)
	}
	g.spd = append(g.spd, &e)
	return nil
}

// SAs lists all SAs of the SPD's entries, outbound and inbound by turns.
func (g *Gateway) SAs() []*SA {
	var list []*SA
	for _, e := range g.spd {
		if e.Action == Protect {
			list = append(list, e.Out, e.In)
		}
	}
	return list
}

// Outcome is what becomes of a packet.
type Outcome uint8

// The outcomes.
const (
	Passed  Outcome = iota // as it is: no policy is about it, or one says bypass
	Done                   // Packet goes on in its place
	Dropped                // Fail says why
	Refused                // it must not be fragmented and would be too big; MTU would fit. No failure: its sender learns the MTU
)

// Result is what Outbound or Inbound decided, and where that stands in Effects.
type Result struct {
	Outcome Outcome
	Packet  []byte // Done: the sealed or the opened packet
	MTU     int    // Refused: the longest packet to the same place that fits
	Policy  string // name of the entry, "" for the default
	SA      *SA    // nil when none was used
	Seq     uint32 // of the packet sealed or received
	Fail    *engine.Failure
	Buffer  string // ID of the buffer that was sealed, opened or rejected
	Inner   string // ID of the inner packet's buffer
}

// Match finds the entry for a packet that leaves; nil when none matches.
func (g *Gateway) Match(packet []byte) *Entry {
	if _, fail := parse(packet); fail != nil {
		return nil
	}
	src, dst := addresses(packet)
	for _, e := range g.spd {
		if within(e.Local, src) && within(e.Remote, dst) {
			return e
		}
	}
	return nil
}

// Outbound decides on a packet that is to leave over a link of mtu bytes: for
// a tunnel the MTU towards its far end. Packets that IPsec itself made, or has
// just opened, must not be given to it.
func (g *Gateway) Outbound(packet []byte, mtu int, out *engine.Effects) Result {
	h, fail := parse(packet)
	if fail != nil {
		return failed(Result{}, fail, out)
	}
	e := g.Match(packet)
	action, name := g.Default, "default"
	if e != nil {
		action, name = e.Action, e.Name
	}
	r := Result{Policy: name}
	if e == nil {
		r.Policy = ""
	}
	switch action {
	case Bypass:
		return r
	case Discard:
		src, dst := addresses(packet)
		return failed(r, PolicyDiscard.With(name, src, dst), out)
	}
	sa := e.Out
	r.SA, r.Seq = sa, sa.seq+1
	shape := sa.shapeFor(&h)
	if size := shape.SealedSize(h.total); size > mtu && sa.outerDF(&h) {
		r.Outcome, r.MTU = Refused, shape.InnerMTU(mtu)
		r.Fail = TooBig.With(h.total, size, mtu, r.MTU)
		return r
	}
	iv := sa.IV(r.Seq)
	if r.Packet, fail = sa.Seal(nil, packet, iv); fail != nil {
		return failed(r, fail, out)
	}
	r.Outcome = Done
	g.sealed(&r, packet, &h, iv, out)
	return r
}

// Inbound decides on a packet addressed to the node. What is not IPsec must be
// something that the SPD lets come in clear.
func (g *Gateway) Inbound(packet []byte, out *engine.Effects) Result {
	h, fail := parse(packet)
	if fail != nil {
		return failed(Result{}, fail, out)
	}
	if h.next != protoESP && h.next != protoAH {
		if fail := g.Clear(packet); fail != nil {
			return failed(Result{}, fail, out)
		}
		return Result{}
	}
	f, fail := find(packet, &h)
	if fail != nil {
		return failed(Result{}, fail, out)
	}
	sa, name := g.find(f.Protocol, f.SPI)
	r := Result{SA: sa, Seq: f.Seq, Policy: name}
	if sa == nil {
		fail := UnknownSPI.With(f.label(), spiText(f.SPI))
		out.Add(engine.Checked{Name: "SPI", Detail: fail.Sentence(), Ref: fail.Code.Ref, Field: "SPI"})
		return failed(r, fail, out)
	}
	var o opened
	if fail := sa.verify(nil, packet, &h, &o); fail != nil {
		g.rejected(&r, packet, &h, &f, nil, fail, out)
		return failed(r, fail, out)
	}
	plain := append([]byte(nil), o.plain...)
	if r.Packet, fail = sa.unwrap(nil, packet, &h, &o); fail != nil {
		g.rejected(&r, packet, &h, &f, plain, fail, out)
		return failed(r, fail, out)
	}
	r.Outcome = Done
	g.opened(&r, packet, &h, &f, plain, out)
	return r
}

// Clear returns a failure when a packet that came in clear should have come
// protected (RFC 4301, Section 5.2). Inbound asks it for packets to the node
// itself; a router asks it for those that it forwards, before Outbound.
func (g *Gateway) Clear(packet []byte) *engine.Failure {
	if _, fail := parse(packet); fail != nil {
		return fail
	}
	src, dst := addresses(packet)
	for _, e := range g.spd {
		if !within(e.Remote, src) || !within(e.Local, dst) {
			continue
		}
		switch e.Action {
		case Protect:
			return NotProtected.With(src, dst, e.Name)
		case Discard:
			return PolicyDiscard.With(e.Name, src, dst)
		}
		return nil
	}
	if g.Default == Discard {
		return PolicyDiscard.With("default", src, dst)
	}
	return nil
}

// find looks an inbound SA up by protocol and SPI, which suffices for unicast
// (RFC 4301, Section 4.1), and names its policy.
func (g *Gateway) find(protocol string, spi uint32) (*SA, string) {
	for _, sa := range g.sad {
		if sa.p.SPI == spi && sa.p.Protocol == protocol {
			return sa, sa.p.Policy
		}
	}
	return nil, ""
}

func failed(r Result, fail *engine.Failure, out *engine.Effects) Result {
	r.Outcome, r.Packet, r.Fail = Dropped, nil, fail
	out.Add(engine.Failed{Failure: fail})
	return r
}
