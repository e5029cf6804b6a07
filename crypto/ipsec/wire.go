package ipsec

import (
	"strconv"

	"cipherglass/crypto/wire"
)

// ESPPacket is ESP as it stands in an IP packet (RFC 4303, Section 2). Decode
// it with the SA's Context; without one only SPI and sequence number can be
// read, and Data is the rest.
type ESPPacket struct {
	SPI  uint32
	Seq  uint32
	IV   []byte
	Data []byte // encrypted payload data, padding and trailer
	ICV  []byte
}

// Code visits the fields.
func (m *ESPPacket) Code(c *wire.Coder) {
	wire.U32(c, "SPI", &m.SPI).Hex().SetFilter("esp.spi").SetRef("RFC 4303, Section 2.1").
		SetNote("names the SA at its receiver")
	wire.U32(c, "sequence number", &m.Seq).SetFilter("esp.sequence").SetRef("RFC 4303, Section 2.2").
		SetNote("one more with each packet; the receiver refuses to see one twice")
	x, ok := c.Context.(Context)
	if !ok || x.Protocol != ESP {
		wire.Rest(c, "encrypted", &m.Data).SetNote("no SA is known for this SPI, so nobody can tell IV, data and ICV apart")
		return
	}
	e, _ := EncryptionNamed(x.Encryption)
	c.Tail(x.ICVLen, func() {
		n := wire.Bytes(c, "ICV", &m.ICV, x.ICVLen).SetRef("RFC 4303, Section 2.8")
		if e != nil && e.Combined() {
			n.Notef("the tag of %s over SPI, sequence number and all that is encrypted", e.Label)
		} else if i, fail := IntegrityNamed(x.Integrity); fail == nil {
			n.Notef("%s over everything from the SPI to here", i.Label)
		}
		c.Mark("ICV", x.ICVLen)
	})
	if x.IVLen > 0 {
		wire.Bytes(c, "IV", &m.IV, x.IVLen).SetFilter("esp.iv").SetRef("RFC 4303, Section 2.3")
	}
	name, note := "encrypted data", "payload data, padding, pad length and next header, encrypted"
	if e != nil && e.KeyLen == 0 {
		name, note = "data", "payload data, padding, pad length and next header, not encrypted"
	}
	n := wire.Rest(c, name, &m.Data).SetFilter("esp.encrypted_data").SetRef("RFC 4303, Section 2").SetNote(note)
	if a := max(x.Align, 4); !c.Failed() && (len(m.Data) == 0 || len(m.Data)%a != 0) {
		c.Bad(n, name, "%d bytes are not a multiple of %d", len(m.Data), a)
	}
}

// ESPPlain is what ESP encrypts, read from its end (RFC 4303, Sections 2.3 to 2.6).
type ESPPlain struct {
	Payload    []byte
	Padding    []byte
	PadLength  uint8
	NextHeader uint8
}

// Code visits the fields. Padding other than 1, 2, 3, ... is a fault.
func (m *ESPPlain) Code(c *wire.Coder) {
	c.Tail(2, func() {
		wire.U8(c, "pad length", &m.PadLength).SetFilter("esp.pad_len").SetRef("RFC 4303, Section 2.5")
		wire.U8(c, "next header", &m.NextHeader).Enum(protocolName).SetFilter("esp.protocol").SetRef("RFC 4303, Section 2.6").
			SetNote("what the payload data is")
	})
	c.Tail(int(m.PadLength), func() {
		n := wire.Rest(c, "padding", &m.Padding).SetFilter("esp.pad").SetRef("RFC 4303, Section 2.4").
			SetNote("1, 2, 3, ... up to the cipher's block, or to 4 bytes")
		for i, b := range m.Padding {
			if int(b) != i+1 {
				c.Bad(n, "padding", "byte %d is %d, not %d", i+1, b, i+1)
				break
			}
		}
	})
	wire.Rest(c, "payload data", &m.Payload).SetRef("RFC 4303, Section 2.3").Notef("%s", payloadNote(m.NextHeader))
}

// AHHeader is the Authentication Header alone, without what follows it (RFC
// 4302, Section 2). A Context tells ICV from padding.
type AHHeader struct {
	NextHeader uint8
	PayloadLen uint8 // length of AH in words of 4 bytes, less 2
	Reserved   uint16
	SPI        uint32
	Seq        uint32
	ICV        []byte
	Padding    []byte
}

// AHLen is the length of the AH that begins p, ok false when p is too short.
func AHLen(p []byte) (n int, ok bool) {
	if len(p) < ahFixed {
		return 0, false
	}
	n = 4 * (int(p[1]) + 2)
	return n, n >= ahFixed && n <= len(p)
}

// Code visits the fields.
func (m *AHHeader) Code(c *wire.Coder) {
	wire.U8(c, "next header", &m.NextHeader).Enum(protocolName).SetFilter("ah.next_header").SetRef("RFC 4302, Section 2.1").
		SetNote("what follows AH")
	n := wire.U8(c, "payload length", &m.PayloadLen).SetFilter("ah.length").SetRef("RFC 4302, Section 2.2")
	size := 4 * (int(m.PayloadLen) + 2)
	n.Notef("AH has %d bytes: this many words of 4, plus 2", size)
	wire.U16(c, "reserved", &m.Reserved).Hex().SetFilter("ah.reserved").SetRef("RFC 4302, Section 2.3").SetNote("zero; covered by the ICV")
	wire.U32(c, "SPI", &m.SPI).Hex().SetFilter("ah.spi").SetRef("RFC 4302, Section 2.4").SetNote("names the SA at its receiver")
	wire.U32(c, "sequence number", &m.Seq).SetFilter("ah.sequence").SetRef("RFC 4302, Section 2.5").
		SetNote("one more with each packet; the receiver refuses to see one twice")
	x, ok := c.Context.(Context)
	icv := size - ahFixed
	if ok && x.Protocol == AH && x.ICVLen < icv {
		icv = x.ICVLen
	}
	if icv < 0 {
		c.Fail("payload length", "says that AH has %d bytes, fewer than its fixed part", size)
		return
	}
	n = wire.Bytes(c, "ICV", &m.ICV, icv).SetFilter("ah.icv").SetRef("RFC 4302, Section 2.6")
	c.Mark("ICV", icv)
	if i, fail := IntegrityNamed(x.Integrity); ok && fail == nil {
		n.Notef("%s over the whole packet, with the fields that routers change set to zero", i.Label)
	} else {
		n.SetNote("no SA is known for this SPI; padding may be part of this")
	}
	if pad := size - ahFixed - icv; pad > 0 {
		wire.Bytes(c, "ICV padding", &m.Padding, pad).SetRef("RFC 4302, Section 3.3.3.2.1").
			SetNote("makes AH a multiple of 8 bytes in IPv6, of 4 in IPv4")
	}
}

// AHInput is what AH's ICV is computed over: the IP header and AH, their
// mutable fields and the ICV zero, then the payload.
type AHInput struct {
	Header  []byte
	AH      AHHeader
	Payload []byte
}

// Code visits the fields.
func (m *AHInput) Code(c *wire.Coder) {
	n := len(m.Header)
	if c.Decoding() {
		if p := c.Peek(c.Left()); len(p) > 0 {
			h, fail := parse(p)
			if fail != nil || h.next != protoAH {
				c.Fail("IP header", "is not one that AH follows")
				return
			}
			n = h.len
		}
	}
	wire.Bytes(c, "IP header", &m.Header, n).SetRef("RFC 4302, Section 3.3.3.1").
		SetNote("every field that routers change is zero here: DSCP, ECN, flags, offset, TTL, checksum; or class, flow label, hop limit")
	c.Embed("AH", &m.AH)
	wire.Rest(c, "payload", &m.Payload)
}

func payloadNote(next uint8) string {
	switch next {
	case protoIPv4, protoIPv6:
		return "the whole inner packet: tunnel mode"
	case protoNone:
		return "a dummy packet: nothing"
	}
	return "what followed the IP header: transport mode"
}

func protocolName(n uint64) string {
	switch n {
	case protoHopByHop:
		return "IPv6 hop-by-hop options"
	case 1:
		return "ICMP"
	case protoIPv4:
		return "IPv4"
	case 6:
		return "TCP"
	case 17:
		return "UDP"
	case protoIPv6:
		return "IPv6"
	case protoRouting:
		return "IPv6 routing header"
	case protoFragment:
		return "IPv6 fragment header"
	case protoESP:
		return "ESP"
	case protoAH:
		return "AH"
	case 58:
		return "ICMPv6"
	case protoNone:
		return "no next header"
	case protoDestOpts:
		return "IPv6 destination options"
	}
	return "protocol " + strconv.FormatUint(n, 10)
}
