package dissect

import "cipherglass/crypto/wire"

// IPv6 is the fixed header of an IPv6 packet (RFC 8200, Section 3).
type IPv6 struct {
	Version       uint8
	DSCP, ECN     uint8
	FlowLabel     uint32
	PayloadLength uint16
	NextHeader    uint8
	HopLimit      uint8
	Src, Dst      []byte
}

// Code visits the header.
func (h *IPv6) Code(c *wire.Coder) {
	const ref = "RFC 8200, Section 3"
	word := c.Bits("Version, Traffic Class and Flow Label", 4,
		wire.B("Version", 4, &h.Version).Filter("ipv6.version").Note("6: this is IPv6"),
		wire.B("DSCP", 6, &h.DSCP).Filter("ipv6.tclass.dscp").Enum(dscpName).Note("how routers should queue the packet"),
		wire.B("ECN", 2, &h.ECN).Filter("ipv6.tclass.ecn").Enum(ecnName).Note("marks congestion instead of dropping"),
		wire.B("Flow Label", 20, &h.FlowLabel).Filter("ipv6.flow").Note("the same for all packets of one flow, for routers that spread load")).SetRef(ref)
	if c.Decoding() && !c.Failed() && h.Version != 6 {
		c.Bad(bit(word, "Version"), "Version", "should be 6")
	}
	n := wire.U16(c, "Payload Length", &h.PayloadLength).Dec("bytes").SetFilter("ipv6.plen").SetRef(ref).SetNote("all that follows this header, extension headers included")
	if size := around(c).Size; size > 0 && !c.Failed() && int(h.PayloadLength)+40 != size {
		c.Bad(n, "Payload Length", "says %d bytes, the packet has %d", h.PayloadLength, size-40)
	}
	wire.U8(c, "Next Header", &h.NextHeader).Enum(protocolName).SetFilter("ipv6.nxt").SetRef(ref).SetNote("what follows this header")
	wire.U8(c, "Hop Limit", &h.HopLimit).SetFilter("ipv6.hlim").SetRef(ref).SetNote("each router takes one off; at zero the packet is dropped")
	address(c, "Source Address", &h.Src, 16).SetFilter("ipv6.src").SetRef(ref)
	address(c, "Destination Address", &h.Dst, 16).SetFilter("ipv6.dst").SetRef(ref)
}

// IPv6Options is a Hop-by-Hop or Destination Options header (RFC 8200,
// Sections 4.3 and 4.6). Its bytes are the header's alone.
type IPv6Options struct {
	NextHeader uint8
	ExtLen     uint8
	Options    []IPv6Option
}

// IPv6Option is one option; Pad1 (type 0) has no length and no data.
type IPv6Option struct {
	Type uint8
	Data []byte
}

// Code visits the header.
func (h *IPv6Options) Code(c *wire.Coder) {
	nextHeader(c, &h.NextHeader)
	extLen(c, &h.ExtLen)
	wire.List(c, &h.Options, func(o *IPv6Option) {
		c.Group("Option", func() {
			wire.U8(c, "Option Type", &o.Type).Enum(ip6OptionName).SetFilter("ipv6.opt.type").SetRef("RFC 8200, Section 4.2")
			if o.Type != 0 {
				wire.Opaque(c, "Option Data", 1, &o.Data)
			}
		})
	})
}

// IPv6Routing is a Routing header (RFC 8200, Section 4.4). Its bytes are the
// header's alone.
type IPv6Routing struct {
	NextHeader   uint8
	ExtLen       uint8
	Type         uint8
	SegmentsLeft uint8
	Data         []byte
}

// Code visits the header.
func (h *IPv6Routing) Code(c *wire.Coder) {
	nextHeader(c, &h.NextHeader)
	extLen(c, &h.ExtLen)
	wire.U8(c, "Routing Type", &h.Type).SetFilter("ipv6.routing.type").SetRef("RFC 8200, Section 4.4")
	wire.U8(c, "Segments Left", &h.SegmentsLeft).SetFilter("ipv6.routing.segleft").SetRef("RFC 8200, Section 4.4").SetNote("nodes still to be visited")
	wire.Rest(c, "type-specific data", &h.Data)
}

// IPv6Fragment is a Fragment header (RFC 8200, Section 4.5).
type IPv6Fragment struct {
	NextHeader     uint8
	Reserved       uint8
	Offset         uint16 // in units of 8 bytes
	Reserved2      uint8
	M              bool
	Identification uint32
}

// Code visits the header.
func (h *IPv6Fragment) Code(c *wire.Coder) {
	const ref = "RFC 8200, Section 4.5"
	nextHeader(c, &h.NextHeader)
	wire.U8(c, "Reserved", &h.Reserved).SetRef(ref)
	word := c.Bits("Fragment Offset and M", 2,
		wire.B("Fragment Offset", 13, &h.Offset).Filter("ipv6.fraghdr.offset"),
		wire.B("Res", 2, &h.Reserved2),
		wire.Flag("M", &h.M).Filter("ipv6.fraghdr.more")).SetRef(ref)
	bit(word, "Fragment Offset").Notef("in units of 8 bytes: this part begins at byte %d of what was cut", 8*int(h.Offset))
	bit(word, "M").SetNote(pick(h.M, "more fragments follow", "the last fragment"))
	wire.U32(c, "Identification", &h.Identification).Hex().SetFilter("ipv6.fraghdr.ident").SetRef(ref).SetNote("the same in all fragments of one packet")
}

func nextHeader(c *wire.Coder, v *uint8) {
	wire.U8(c, "Next Header", v).Enum(protocolName).SetFilter("ipv6.nxt").SetNote("what follows this header")
}

// extLen visits a header's length in units of 8 bytes, the first not counted.
func extLen(c *wire.Coder, v *uint8) {
	n := wire.U8(c, "Hdr Ext Len", v).Notef("%d bytes", 8*(int(*v)+1))
	if size := 2 + c.Left(); c.Decoding() && !c.Failed() && 8*(int(*v)+1) != size {
		c.Bad(n, "Hdr Ext Len", "says %d bytes, the header has %d", 8*(int(*v)+1), size)
	}
}

func ip6OptionName(v uint64) string {
	switch v {
	case 0:
		return "Pad1"
	case 1:
		return "PadN"
	case 5:
		return "Router Alert"
	case 0xc2:
		return "Jumbo Payload"
	}
	return ""
}
