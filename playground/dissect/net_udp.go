package dissect

import "cipherglass/crypto/wire"

// UDP is a UDP datagram (RFC 768).
type UDP struct {
	SrcPort, DstPort uint16
	Length           uint16
	Checksum         uint16
	Data             []byte
}

// Code visits the datagram.
func (u *UDP) Code(c *wire.Coder) {
	const ref = "RFC 768"
	size := c.Left()
	wire.U16(c, "Source Port", &u.SrcPort).SetFilter("udp.srcport").SetRef(ref)
	wire.U16(c, "Destination Port", &u.DstPort).SetFilter("udp.dstport").SetRef(ref)
	length := wire.U16(c, "Length", &u.Length).Dec("bytes").SetFilter("udp.length").SetRef(ref).SetNote("header and data together")
	a := around(c)
	if c.Decoding() && !c.Failed() && a.Unchecked == "" && int(u.Length) != size {
		c.Bad(length, "Length", "says %d bytes, the datagram has %d", u.Length, size)
	}
	if p := c.Peek(2); u.Checksum == 0 && !c.Decoding() || p != nil && p[0] == 0 && p[1] == 0 {
		n := wire.U16(c, "Checksum", &u.Checksum).Hex().SetFilter("udp.checksum").SetRef(ref).SetNote("zero: the sender computed none")
		if len(a.Src) == 16 {
			c.Bad(n, "Checksum", "must not be zero over IPv6") // RFC 8200, Section 8.1
		}
	} else {
		transportSum(c, &u.Checksum, false).SetFilter("udp.checksum").SetRef(ref)
	}
	if c.Left() > 0 || len(u.Data) > 0 && !c.Decoding() {
		wire.Rest(c, payloadName, &u.Data).SetFilter("udp.payload")
	}
}
