package sim

import (
	"fmt"
	"net/netip"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// UDPEvents is how a socket tells its application what happened; any function
// may be nil. packet is the full name of the packet on a link that did, "" for
// none.
type UDPEvents struct {
	// Received is called for each datagram; at says where its data stands.
	Received func(s *UDPSocket, from netip.AddrPort, data []byte, at Span, packet string)
	// Failed tells an ICMP error about what was sent to dst. mtu is the largest
	// packet that would have passed, if that was why; else 0.
	Failed func(s *UDPSocket, dst netip.AddrPort, why string, mtu int, packet string)
}

// UDPSocket is a UDP port of a node.
type UDPSocket struct {
	node *Node
	conv string
	port uint16
	ev   UDPEvents
}

// UDP opens a port, 0 for any free one. Datagrams are named
// "<node>/<conv>/<label>".
func (d *Node) UDP(conv string, port uint16, ev UDPEvents) (*UDPSocket, error) {
	for n := 0; port == 0 && n < 1<<14; n++ {
		if port = d.ephemeral(); d.udp[port] != nil {
			port = 0
		}
	}
	if port == 0 || d.udp[port] != nil {
		return nil, fmt.Errorf("sim: UDP port %d of %s is taken", port, d.name)
	}
	s := &UDPSocket{node: d, conv: conv, port: port, ev: ev}
	d.udp[port] = s
	return s, nil
}

// Port returns the socket's port.
func (s *UDPSocket) Port() uint16 { return s.port }

// SendTo sends a datagram; df forbids fragments. An error means that no packet
// was made.
func (s *UDPSocket) SendTo(label string, dst netip.AddrPort, payload []byte, df bool) error {
	d := s.node
	src, ok := d.SourceFor(dst.Addr())
	if !ok {
		return fmt.Errorf("sim: %s has no route to %s", d.name, dst.Addr())
	}
	b, err := d.net.build(
		header{src: src, dst: dst.Addr(), proto: protoUDP, id: uint16(d.NextID(dst.Addr(), protoUDP)), df: df},
		&layers.UDP{SrcPort: layers.UDPPort(s.port), DstPort: layers.UDPPort(dst.Port())}, gopacket.Payload(payload))
	if err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	d.send(&Packet{Name: d.name + "/" + s.conv + "/" + label, Bytes: b, df: df})
	return nil
}

func (d *Node) udpInput(p *Packet, dg datagram) {
	var u layers.UDP
	if err := u.DecodeFromBytes(dg.payload, gopacket.NilDecodeFeedback); err != nil || int(u.Length) > len(dg.payload) || u.Length < 8 {
		d.drop(p, "a UDP header that makes no sense")
		return
	}
	s := d.udp[uint16(u.DstPort)]
	if s == nil {
		d.drop(p, fmt.Sprintf("UDP port %d is closed", uint16(u.DstPort)))
		d.unreachable(p, nil, noPort)
		return
	}
	if s.ev.Received != nil {
		at := Span{Packet: p.ref(), Off: dg.hlen + 8, Len: len(u.Payload)}
		s.ev.Received(s, netip.AddrPortFrom(dg.src, uint16(u.SrcPort)), u.Payload, at, p.via)
	}
}

func (d *Node) udpError(local uint16, dst netip.AddrPort, e icmpError) {
	if s := d.udp[local]; s != nil && s.ev.Failed != nil {
		s.ev.Failed(s, dst, e.String(), e.mtu, e.packet)
	}
}

// ephemeral returns the next dynamic port.
func (d *Node) ephemeral() uint16 {
	port := d.nextPort
	if d.nextPort++; d.nextPort == 0 {
		d.nextPort = 49152
	}
	return port
}
