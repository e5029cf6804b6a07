package sim

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// The ICMP messages that nodes send and read.
const (
	icmp4Unreachable  = 3
	icmp4TimeExceeded = 11
	icmp4FragNeeded   = 4 // code of Unreachable

	icmp6Unreachable  = 1
	icmp6TooBig       = 2
	icmp6TimeExceeded = 3
)

// reason says why a destination is unreachable.
type reason struct {
	name         string // ends the packet's name
	text         string
	code4, code6 uint8
	hard         bool // RFC 1122, Section 4.2.3.9: a connection gives up
}

var (
	noRoute    = reason{"net-unreachable", "network unreachable", 0, 0, false}
	noHost     = reason{"host-unreachable", "host unreachable", 1, 3, false}
	noProtocol = reason{"protocol-unreachable", "protocol unreachable", 2, 4, true}
	noPort     = reason{"port-unreachable", "port unreachable", 3, 4, true}
)

// icmpError is an ICMP error as the transports hear of it.
type icmpError struct {
	text   string // "fragmentation needed, MTU 1400"
	mtu    int    // the path's new MTU, 0 for another error
	hard   bool
	from   string // who says so
	packet string // the packet that said so, "" if the node itself
}

func (e icmpError) String() string { return fmt.Sprintf("%s (says %s)", e.text, e.from) }

// unreachable answers a packet that cannot go on. If the node sent it itself,
// its transport is told.
func (d *Node) unreachable(p *Packet, arrived *iface, r reason) {
	if src, _, ok := quotedEnds(p.Bytes); ok && d.owns(src) {
		d.net.After(0, func() { d.transportError(p.Bytes, icmpError{text: r.text, hard: r.hard, from: d.name}) })
		return
	}
	if destination(p.Bytes).Is4() {
		d.sendError4(p, arrived, r.name, icmp4Unreachable, r.code4, 0)
	} else {
		d.sendError6(p, arrived, r.name, icmp6Unreachable, r.code6, 0)
	}
}

// tooBig tells p's sender the largest packet that would have passed (RFC 1191;
// RFC 8201).
func (d *Node) tooBig(p *Packet, arrived *iface, mtu int) {
	dst := destination(p.Bytes)
	if arrived == nil {
		d.learnInner(dst, mtu)
		d.net.After(0, func() {
			d.transportError(p.Bytes, icmpError{text: fmt.Sprintf("larger than the path MTU of %d", mtu), mtu: mtu, from: d.name})
		})
		return
	}
	if dst.Is4() {
		d.sendError4(p, arrived, "fragmentation-needed", icmp4Unreachable, icmp4FragNeeded, mtu)
	} else {
		d.sendError6(p, arrived, "packet-too-big", icmp6TooBig, 0, mtu)
	}
}

// timeExceeded tells that a hop limit (code 0) or the time for reassembly
// (code 1) ran out.
func (d *Node) timeExceeded(p *Packet, arrived *iface, code uint8) {
	if destination(p.Bytes).Is4() {
		d.sendError4(p, arrived, "time-exceeded", icmp4TimeExceeded, code, 0)
	} else {
		d.sendError6(p, arrived, "time-exceeded", icmp6TimeExceeded, code, 0)
	}
}

// sendError4 quotes p: at most 576 bytes in all (RFC 1812, Section 4.3.2.3).
func (d *Node) sendError4(p *Packet, arrived *iface, name string, typ, code uint8, mtu int) {
	dg, err := parse(p.Bytes)
	if err != nil || dg.off > 0 || !answerable(dg.src) {
		return // RFC 1122, Section 3.2.2
	}
	if dg.proto == protoICMP && (len(dg.payload) == 0 || !isEcho4(dg.payload[0])) {
		return // never about an error
	}
	quote := p.Bytes[:min(dg.total, 576-20-8)]
	d.sendICMP(p, arrived, dg.src, name, protoICMP,
		&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(typ, code), Seq: uint16(min(mtu, 0xffff))}, gopacket.Payload(quote))
}

// sendError6 quotes p: as much as fits in 1280 bytes (RFC 4443, Section 2.4).
func (d *Node) sendError6(p *Packet, arrived *iface, name string, typ, code uint8, mtu int) {
	dg, err := parse(p.Bytes)
	if err != nil || dg.off > 0 || !answerable(dg.src) {
		return
	}
	if dg.proto == protoICMPv6 && (len(dg.payload) == 0 || dg.payload[0] < 128) {
		return
	}
	body := binary.BigEndian.AppendUint32(make([]byte, 0, 1240), uint32(mtu))
	body = append(body, p.Bytes[:min(dg.total, 1280-ip6HeaderLen-8)]...)
	d.sendICMP(p, arrived, dg.src, name, protoICMPv6,
		&layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(typ, code)}, gopacket.Payload(body))
}

func (d *Node) sendICMP(about *Packet, arrived *iface, to netip.Addr, name string, proto uint8, content ...gopacket.SerializableLayer) {
	src, ok := d.SourceFor(to)
	if dst := destination(about.Bytes); d.owns(dst) {
		src, ok = dst, true
	} else if arrived != nil && arrived.prefix.Addr().Is4() == to.Is4() {
		src, ok = arrived.prefix.Addr(), true
	}
	if !ok {
		return
	}
	b, err := d.net.build(header{src: src, dst: to, proto: proto, id: uint16(d.NextID(to, proto))}, content...)
	if err != nil {
		return
	}
	d.send(&Packet{Name: d.name + "/icmp/" + about.Name + "/" + name, Parent: about.parent(), Bytes: b})
}

func answerable(src netip.Addr) bool {
	return src.IsValid() && !src.IsUnspecified() && !src.IsMulticast()
}

func isEcho4(typ uint8) bool { return typ == 0 || typ == 8 }

// icmp4 reads an ICMP message for the node.
func (d *Node) icmp4(p *Packet, dg datagram) {
	if len(dg.payload) < 8 {
		d.drop(p, "an ICMP message shorter than 8 bytes")
		return
	}
	var m layers.ICMPv4
	if err := m.DecodeFromBytes(dg.payload, gopacket.NilDecodeFeedback); err != nil {
		d.drop(p, err.Error())
		return
	}
	quoted := dg.payload[8:]
	e := icmpError{from: dg.src.String(), packet: p.via}
	switch typ, code := m.TypeCode.Type(), m.TypeCode.Code(); {
	case typ == 8:
		d.echoRequest(p, dg, m.Id, m.Seq, quoted)
		return
	case typ == 0:
		d.echoReply(p, dg, m.Id, m.Seq, quoted)
		return
	case typ == icmp4Unreachable && code == icmp4FragNeeded:
		e.mtu = int(m.Seq)
		if e.mtu == 0 && len(quoted) >= 4 {
			e.mtu = plateau(int(binary.BigEndian.Uint16(quoted[2:])))
		}
		e.text = fmt.Sprintf("fragmentation needed, MTU %d", e.mtu)
	case typ == icmp4Unreachable:
		e.text = "destination unreachable"
		for _, r := range []reason{noRoute, noHost, noProtocol, noPort} {
			if r.code4 == code {
				e.text, e.hard = r.text, r.hard
			}
		}
	case typ == icmp4TimeExceeded:
		e.text = timeText(code)
	default:
		d.drop(p, fmt.Sprintf("ICMP type %d is not known here", typ))
		return
	}
	d.heed(p, quoted, e)
}

// icmp6 reads an ICMPv6 message for the node.
func (d *Node) icmp6(p *Packet, dg datagram) {
	if len(dg.payload) < 8 {
		d.drop(p, "an ICMPv6 message shorter than 8 bytes")
		return
	}
	var m layers.ICMPv6
	if err := m.DecodeFromBytes(dg.payload, gopacket.NilDecodeFeedback); err != nil {
		d.drop(p, err.Error())
		return
	}
	word, quoted := dg.payload[4:8], dg.payload[8:]
	e := icmpError{from: dg.src.String(), packet: p.via}
	switch typ, code := m.TypeCode.Type(), m.TypeCode.Code(); typ {
	case layers.ICMPv6TypeEchoRequest:
		d.echoRequest(p, dg, binary.BigEndian.Uint16(word), binary.BigEndian.Uint16(word[2:]), quoted)
		return
	case layers.ICMPv6TypeEchoReply:
		d.echoReply(p, dg, binary.BigEndian.Uint16(word), binary.BigEndian.Uint16(word[2:]), quoted)
		return
	case icmp6TooBig:
		e.mtu = int(binary.BigEndian.Uint32(word))
		e.text = fmt.Sprintf("packet too big, MTU %d", e.mtu)
	case icmp6Unreachable:
		e.text = "destination unreachable"
		for _, r := range []reason{noRoute, noHost, noPort} {
			if r.code6 == code {
				e.text, e.hard = r.text, r.hard
			}
		}
	case icmp6TimeExceeded:
		e.text = timeText(code)
	default:
		d.drop(p, fmt.Sprintf("ICMPv6 type %d is not known here", typ))
		return
	}
	d.heed(p, quoted, e)
}

func timeText(code uint8) string {
	if code == 1 {
		return "time exceeded: fragments missing"
	}
	return "time exceeded: hop limit used up"
}

// heed acts on an ICMP error about a packet that the node sent.
func (d *Node) heed(p *Packet, quoted []byte, e icmpError) {
	src, dst, ok := quotedEnds(quoted)
	if !ok || !d.owns(src) {
		d.drop(p, "an ICMP error about a packet that this node did not send")
		return
	}
	if e.mtu > 0 {
		d.learn(dst, e.mtu, p.via)
	}
	d.transportError(quoted, e)
}

// learn notes a path MTU. It only shrinks, and not below what every link of
// the protocol carries (RFC 1191, Section 3; RFC 8201, Section 4).
func (d *Node) learn(dst netip.Addr, mtu int, on string) {
	if now := d.PathMTU(dst); mtu < leastMTU(dst) || now != 0 && mtu >= now {
		return
	}
	d.pmtu[dst] = mtu
	d.note(on, "the path MTU to %s is %d", dst, mtu)
}

// learnInner notes what a hook of the node itself lets through. It is kept
// apart from the path MTU, which the hook's own packets to dst go by.
func (d *Node) learnInner(dst netip.Addr, mtu int) {
	if now := d.room(dst); mtu < leastMTU(dst) || now != 0 && mtu >= now {
		return
	}
	d.inner[dst] = mtu
	d.note("", "packets to %s may have %d bytes before they are protected", dst, mtu)
}

func leastMTU(dst netip.Addr) int {
	if dst.Is4() {
		return 68
	}
	return 1280
}

// plateau guesses the MTU of a path whose router does not tell it (RFC 1191,
// Section 7.1).
func plateau(size int) int {
	for _, m := range []int{32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296} {
		if m < size {
			return m
		}
	}
	return 68
}

func quotedEnds(b []byte) (src, dst netip.Addr, ok bool) {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), true
	case len(b) >= ip6HeaderLen && b[0]>>4 == 6:
		return netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), true
	}
	return src, dst, false
}

// quotedTransport finds what is left of the quoted packet's transport header.
func quotedTransport(b []byte) (proto uint8, rest []byte) {
	if b[0]>>4 == 4 {
		if hlen := int(b[0]&15) * 4; hlen >= 20 && len(b) >= hlen && binary.BigEndian.Uint16(b[6:])&0x1fff == 0 {
			return b[9], b[hlen:]
		}
		return protoNone, nil
	}
	proto, rest = b[6], b[ip6HeaderLen:]
	if proto == protoFragment && len(rest) >= fragHeaderLen && binary.BigEndian.Uint16(rest[2:])&^7 == 0 {
		proto, rest = rest[0], rest[fragHeaderLen:]
	}
	return proto, rest
}

// transportError tells the sender of the quoted packet.
func (d *Node) transportError(quoted []byte, e icmpError) {
	_, dst, ok := quotedEnds(quoted)
	if !ok {
		return
	}
	proto, rest := quotedTransport(quoted)
	if len(rest) < 8 {
		return
	}
	from, to := binary.BigEndian.Uint16(rest), binary.BigEndian.Uint16(rest[2:])
	switch proto {
	case protoUDP:
		d.udpError(from, netip.AddrPortFrom(dst, to), e)
	case protoTCP:
		d.tcpError(tuple{local: from, remote: netip.AddrPortFrom(dst, to)}, binary.BigEndian.Uint32(rest[4:]), e)
	case protoICMP, protoICMPv6:
		d.echoError(binary.BigEndian.Uint16(rest[4:]), binary.BigEndian.Uint16(rest[6:]), e)
	}
}
