package dissect

import "cipherglass/crypto/wire"

// IPv4 is the header of an IPv4 packet, options included (RFC 791,
// Section 3.1). Its bytes are the header's alone.
type IPv4 struct {
	Version, IHL   uint8
	DSCP, ECN      uint8
	TotalLength    uint16
	Identification uint16
	Reserved       bool
	DF, MF         bool
	FragmentOffset uint16 // in units of 8 bytes
	TTL, Protocol  uint8
	HeaderChecksum uint16
	Src, Dst       []byte
	Options        []Option
}

// Code visits the header.
func (h *IPv4) Code(c *wire.Coder) {
	const ref = "RFC 791, Section 3.1"
	word := c.Bits("Version and IHL", 1,
		wire.B("Version", 4, &h.Version).Filter("ip.version").Note("4: this is IPv4"),
		wire.B("IHL", 4, &h.IHL).Filter("ip.hdr_len")).SetRef(ref)
	ihl := bit(word, "IHL").Notef("header length in 32-bit words: %d bytes", 4*int(h.IHL))
	if c.Decoding() && !c.Failed() && h.Version != 4 {
		c.Bad(bit(word, "Version"), "Version", "should be 4")
	}
	if size := 1 + c.Left(); c.Decoding() && !c.Failed() && 4*int(h.IHL) != size {
		c.Bad(ihl, "IHL", "says %d bytes, the header has %d", 4*int(h.IHL), size)
	}
	c.Bits("DSCP and ECN", 1,
		wire.B("DSCP", 6, &h.DSCP).Filter("ip.dsfield.dscp").Enum(dscpName).Note("how routers should queue the packet"),
		wire.B("ECN", 2, &h.ECN).Filter("ip.dsfield.ecn").Enum(ecnName).Note("marks congestion instead of dropping")).SetRef("RFC 2474, Section 3; RFC 3168, Section 5")
	total := wire.U16(c, "Total Length", &h.TotalLength).Dec("bytes").SetFilter("ip.len").SetRef(ref).SetNote("header and data together")
	if size := around(c).Size; size > 0 && !c.Failed() && int(h.TotalLength) != size {
		c.Bad(total, "Total Length", "says %d bytes, the packet has %d", h.TotalLength, size)
	}
	wire.U16(c, "Identification", &h.Identification).Hex().SetFilter("ip.id").SetRef("RFC 6864, Section 4").SetNote("the same in all fragments of one packet")
	word = c.Bits("Flags and Fragment Offset", 2,
		wire.Flag("Reserved", &h.Reserved).Filter("ip.flags.rb"),
		wire.Flag("DF", &h.DF).Filter("ip.flags.df"),
		wire.Flag("MF", &h.MF).Filter("ip.flags.mf"),
		wire.B("Fragment Offset", 13, &h.FragmentOffset).Filter("ip.frag_offset")).SetRef(ref)
	bit(word, "DF").SetNote(pick(h.DF, "don't fragment: a router that cannot pass it on answers with ICMP", "routers may fragment it"))
	bit(word, "MF").SetNote(pick(h.MF, "more fragments follow", "the last fragment, or the only one"))
	bit(word, "Fragment Offset").Notef("in units of 8 bytes: this part begins at byte %d of the payload", 8*int(h.FragmentOffset))
	wire.U8(c, "Time to Live", &h.TTL).SetFilter("ip.ttl").SetRef(ref).SetNote("each router takes one off; at zero the packet is dropped")
	wire.U8(c, "Protocol", &h.Protocol).Enum(protocolName).SetFilter("ip.proto").SetRef(ref).SetNote("what follows this header")
	c.Checksum("Header Checksum", &h.HeaderChecksum, func(b []byte) uint16 { return Sum(b) }).SetFilter("ip.checksum").SetRef(ref)
	address(c, "Source Address", &h.Src, 4).SetFilter("ip.src").SetRef(ref)
	address(c, "Destination Address", &h.Dst, 4).SetFilter("ip.dst").SetRef(ref)
	if c.Left() > 0 || len(h.Options) > 0 && !c.Decoding() {
		c.Group("Options", func() { options(c, &h.Options, &ip4Options) })
	}
}

// ip4Options are the options of IPv4 (IANA, IP Option Numbers).
var ip4Options = optionTable{
	{0, "End of Options List", "RFC 791, Section 3.1"},
	{1, "No Operation", "RFC 791, Section 3.1"},
	{7, "Record Route", "RFC 791, Section 3.1"},
	{68, "Internet Timestamp", "RFC 791, Section 3.1"},
	{130, "Security", "RFC 1108"},
	{131, "Loose Source and Record Route", "RFC 791, Section 3.1"},
	{134, "Commercial Security", "FIPS 188"},
	{137, "Strict Source and Record Route", "RFC 791, Section 3.1"},
	{148, "Router Alert", "RFC 2113"},
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
