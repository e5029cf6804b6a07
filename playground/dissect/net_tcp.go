package dissect

import (
	"fmt"
	"strings"

	"cipherglass/crypto/wire"
)

// TCP is a TCP segment (RFC 9293, Section 3.1).
type TCP struct {
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	DataOffset       uint8
	Reserved         uint8
	CWR, ECE, URG    bool
	ACK, PSH, RST    bool
	SYN, FIN         bool
	Window           uint16
	Checksum         uint16
	Urgent           uint16
	Options          []Option
	Data             []byte
}

// Code visits the segment.
func (t *TCP) Code(c *wire.Coder) {
	const ref = "RFC 9293, Section 3.1"
	size := c.Left()
	wire.U16(c, "Source Port", &t.SrcPort).SetFilter("tcp.srcport").SetRef(ref)
	wire.U16(c, "Destination Port", &t.DstPort).SetFilter("tcp.dstport").SetRef(ref)
	wire.U32(c, "Sequence Number", &t.Seq).SetFilter("tcp.seq_raw").SetRef(ref).SetNote("the stream's number of the first data byte; a SYN counts as one")
	ack := wire.U32(c, "Acknowledgment Number", &t.Ack).SetFilter("tcp.ack_raw").SetRef(ref)
	word := c.Bits("Data Offset and Flags", 2,
		wire.B("Data Offset", 4, &t.DataOffset).Filter("tcp.hdr_len"),
		wire.B("Reserved", 4, &t.Reserved).Filter("tcp.flags.res"),
		wire.Flag("CWR", &t.CWR).Filter("tcp.flags.cwr").Note("the sender slowed down after an ECE"),
		wire.Flag("ECE", &t.ECE).Filter("tcp.flags.ece").Note("the receiver saw a mark of congestion"),
		wire.Flag("URG", &t.URG).Filter("tcp.flags.urg").Note("the urgent pointer counts"),
		wire.Flag("ACK", &t.ACK).Filter("tcp.flags.ack").Note("the acknowledgment number counts"),
		wire.Flag("PSH", &t.PSH).Filter("tcp.flags.push").Note("hand the data to the application now"),
		wire.Flag("RST", &t.RST).Filter("tcp.flags.reset").Note("the connection is torn down"),
		wire.Flag("SYN", &t.SYN).Filter("tcp.flags.syn").Note("opens the connection and gives the first sequence number"),
		wire.Flag("FIN", &t.FIN).Filter("tcp.flags.fin").Note("the sender has no more data")).SetRef(ref).SetFilter("tcp.flags")
	if word != nil {
		word.SetValue(fmt.Sprintf("[%s], header %d bytes", t.flags(), 4*int(t.DataOffset)))
	}
	ack.SetNote(pick(t.ACK, "the next byte that the sender of this segment expects", "not in use: the ACK flag is not set"))
	bit(word, "Data Offset").Notef("header length in 32-bit words: %d bytes", 4*int(t.DataOffset))
	wire.U16(c, "Window", &t.Window).SetFilter("tcp.window_size_value").SetRef(ref).SetNote("how many bytes more the sender can take, before scaling")
	transportSum(c, &t.Checksum, false).SetFilter("tcp.checksum").SetRef(ref)
	wire.U16(c, "Urgent Pointer", &t.Urgent).SetFilter("tcp.urgent_pointer").SetRef(ref)
	switch n := 4 * int(t.DataOffset); {
	case c.Failed():
		return
	case n < 20:
		c.Bad(bit(word, "Data Offset"), "Data Offset", "says %d bytes, a header has at least 20", n)
	case c.Decoding() && n > size:
		c.Bad(bit(word, "Data Offset"), "Data Offset", "says %d bytes, the segment has %d", n, size)
	case n > 20:
		c.Limit("Options", n-20, func() { options(c, &t.Options, &tcpOptions) }).SetFilter("tcp.options").SetRef("RFC 9293, Section 3.2")
	}
	if c.Left() > 0 || len(t.Data) > 0 && !c.Decoding() {
		wire.Rest(c, payloadName, &t.Data).SetFilter("tcp.payload")
	}
}

// payloadName is the leaf that the frame's tree replaces by what it holds.
const payloadName = "data"

func (t *TCP) flags() string {
	var list []string
	for _, f := range []struct {
		on   bool
		name string
	}{{t.SYN, "SYN"}, {t.FIN, "FIN"}, {t.RST, "RST"}, {t.PSH, "PSH"}, {t.ACK, "ACK"}, {t.URG, "URG"}, {t.ECE, "ECE"}, {t.CWR, "CWR"}} {
		if f.on {
			list = append(list, f.name)
		}
	}
	return strings.Join(list, ", ")
}

// tcpOptions are the options of TCP (IANA, TCP Option Kind Numbers).
var tcpOptions = optionTable{
	{0, "End of Option List", "RFC 9293, Section 3.2"},
	{1, "No-Operation", "RFC 9293, Section 3.2"},
	{2, "Maximum Segment Size", "RFC 9293, Section 3.7.1"},
	{3, "Window Scale", "RFC 7323, Section 2"},
	{4, "SACK Permitted", "RFC 2018, Section 2"},
	{5, "SACK", "RFC 2018, Section 3"},
	{8, "Timestamps", "RFC 7323, Section 3"},
	{19, "MD5 Signature", "RFC 2385"},
	{28, "User Timeout", "RFC 5482"},
	{29, "TCP Authentication", "RFC 5925"},
	{30, "Multipath TCP", "RFC 8684"},
	{34, "Fast Open Cookie", "RFC 7413"},
}

// tcpOption visits the data of an option that has fields of its own, and
// reports whether it did.
func tcpOption(c *wire.Coder, o *Option) bool {
	switch o.Kind {
	case 2:
		v := uint16(o.Number)
		wire.U16(c, "MSS Value", &v).Dec("bytes").SetFilter("tcp.options.mss_val").SetNote("the largest segment data that the sender can take")
		o.Number = uint32(v)
	case 3:
		v := uint8(o.Number)
		wire.U8(c, "Shift Count", &v).SetFilter("tcp.options.wscale.shift").Notef("the window counts %d bytes", 1<<min(v, 14))
		o.Number = uint32(v)
	case 4:
	case 5:
		wire.List(c, &o.Blocks, func(b *SACKBlock) {
			c.Group("Block", func() {
				wire.U32(c, "Left Edge", &b.Left).SetFilter("tcp.options.sack_le")
				wire.U32(c, "Right Edge", &b.Right).SetFilter("tcp.options.sack_re")
			})
		})
	case 8:
		wire.U32(c, "TSval", &o.Number).SetFilter("tcp.options.timestamp.tsval").SetNote("the sender's clock")
		wire.U32(c, "TSecr", &o.Second).SetFilter("tcp.options.timestamp.tsecr").SetNote("the peer's clock, sent back")
	default:
		return false
	}
	return true
}
