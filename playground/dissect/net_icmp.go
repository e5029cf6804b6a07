package dissect

import "cipherglass/crypto/wire"

// ICMP is an ICMP message (RFC 792), or with V6 an ICMPv6 message (RFC 4443).
type ICMP struct {
	V6       bool // says which, and is no field
	Type     uint8
	Subtype  uint8 // the field Code
	Checksum uint16
	ID, Seq  uint16 // echo
	Unused   uint32 // errors: the word before the quoted packet; packet too big: the MTU
	MTU      uint16 // IPv4 fragmentation needed
	Gateway  []byte // IPv4 redirect
	Data     []byte // echo: the data; errors: as much of the packet as fits
}

// icmpKind is a row of the table of messages.
type icmpKind struct {
	typ   uint8
	name  string
	form  icmpForm
	codes []string
}

type icmpForm uint8

const (
	icmpOther icmpForm = iota
	icmpEcho
	icmpError
	icmpTooBig
	icmpRedirect
)

var icmp4Kinds = []icmpKind{
	{0, "Echo Reply", icmpEcho, nil},
	{3, "Destination Unreachable", icmpError, []string{"net unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed and DF set", "source route failed", "", "", "", "", "", "", "", "communication administratively prohibited"}},
	{4, "Source Quench", icmpError, nil},
	{5, "Redirect", icmpRedirect, []string{"for the network", "for the host", "for the type of service and network", "for the type of service and host"}},
	{8, "Echo", icmpEcho, nil},
	{11, "Time Exceeded", icmpError, []string{"time to live exceeded in transit", "fragment reassembly time exceeded"}},
	{12, "Parameter Problem", icmpError, []string{"pointer indicates the error", "missing a required option", "bad length"}},
}

var icmp6Kinds = []icmpKind{
	{1, "Destination Unreachable", icmpError, []string{"no route to destination", "communication administratively prohibited", "beyond scope of source address", "address unreachable", "port unreachable", "source address failed policy", "reject route to destination"}},
	{2, "Packet Too Big", icmpTooBig, nil},
	{3, "Time Exceeded", icmpError, []string{"hop limit exceeded in transit", "fragment reassembly time exceeded"}},
	{4, "Parameter Problem", icmpError, []string{"erroneous header field", "unrecognized next header type", "unrecognized IPv6 option"}},
	{128, "Echo Request", icmpEcho, nil},
	{129, "Echo Reply", icmpEcho, nil},
	{133, "Router Solicitation", icmpOther, nil},
	{134, "Router Advertisement", icmpOther, nil},
	{135, "Neighbor Solicitation", icmpOther, nil},
	{136, "Neighbor Advertisement", icmpOther, nil},
}

func (m *ICMP) kind() icmpKind {
	table := icmp4Kinds
	if m.V6 {
		table = icmp6Kinds
	}
	for _, k := range table {
		if k.typ == m.Type {
			return k
		}
	}
	return icmpKind{typ: m.Type}
}

// Quotes reports whether Data is the beginning of another packet.
func (m *ICMP) Quotes() bool {
	f := m.kind().form
	return f == icmpError || f == icmpTooBig || f == icmpRedirect
}

// Code visits the message.
func (m *ICMP) Code(c *wire.Coder) {
	ref, f := "RFC 792", "icmp"
	if m.V6 {
		ref, f = "RFC 4443, Section 2.1", "icmpv6"
	}
	typ := wire.U8(c, "Type", &m.Type)
	k := m.kind()
	typ.Enum(func(uint64) string { return k.name }).SetFilter(f + ".type").SetRef(ref)
	wire.U8(c, "Code", &m.Subtype).SetFilter(f + ".code").SetRef(ref).Enum(func(v uint64) string {
		switch {
		case v < uint64(len(k.codes)):
			return k.codes[v]
		case v == 0 && k.name != "":
			return k.name
		}
		return ""
	})
	transportSum(c, &m.Checksum, !m.V6).SetFilter(f + ".checksum").SetRef(ref)
	data := payloadName
	switch {
	case k.form == icmpEcho:
		wire.U16(c, "Identifier", &m.ID).Hex().SetFilter(pick(m.V6, "icmpv6.echo.identifier", "icmp.ident")).SetRef(ref).SetNote("tells one pinging program from another")
		wire.U16(c, "Sequence Number", &m.Seq).SetFilter(pick(m.V6, "icmpv6.echo.sequence_number", "icmp.seq")).SetRef(ref).SetNote("tells one ping from the next")
	case k.form == icmpTooBig:
		wire.U32(c, "MTU", &m.Unused).Dec("bytes").SetFilter("icmpv6.mtu").SetRef("RFC 4443, Section 3.2").SetNote("the largest packet that the next link takes")
	case k.form == icmpRedirect:
		address(c, "Gateway Internet Address", &m.Gateway, 4).SetFilter("icmp.redir_gw").SetRef(ref)
	case k.form == icmpError && !m.V6 && m.Type == 3 && m.Subtype == 4:
		unused := uint16(m.Unused)
		wire.U16(c, "unused", &unused).SetRef("RFC 1191, Section 4")
		m.Unused = uint32(unused)
		wire.U16(c, "Next-Hop MTU", &m.MTU).Dec("bytes").SetFilter("icmp.mtu").SetRef("RFC 1191, Section 4").SetNote("the largest packet that the next link takes")
	case k.form == icmpError:
		wire.U32(c, "unused", &m.Unused).Hex().SetRef(ref)
	default:
		data = "Message Body"
	}
	if c.Left() > 0 || len(m.Data) > 0 && !c.Decoding() {
		n := wire.Rest(c, data, &m.Data)
		if m.Quotes() {
			n.SetNote("as much of the packet that caused this as fits")
		}
	}
}
