package dissect

import (
	"fmt"
	"net/netip"

	"cipherglass/crypto/wire"
)

// Around is the Context of the network descriptions: what surrounds the bytes.
// The zero value knows nothing, and then lengths and checksums that need it
// are not checked.
type Around struct {
	Size      int    // IP: bytes from the IP header on, 0 for unknown
	Src, Dst  []byte // transport: the IP addresses of its pseudo header
	Protocol  uint8  // transport: the pseudo header's protocol
	Unchecked string // transport: why its checksum cannot be checked, "" when it can
}

func around(c *wire.Coder) Around {
	a, ok := c.Context.(Around)
	if !ok {
		a.Unchecked = "the packet around it is not known"
	}
	return a
}

// pseudo returns the pseudo header of a transport message of n bytes
// (RFC 9293, Section 3.1; RFC 8200, Section 8.1).
func (a Around) pseudo(n int) []byte {
	p := append(append([]byte(nil), a.Src...), a.Dst...)
	if len(a.Src) == 4 {
		return append(p, 0, a.Protocol, byte(n>>8), byte(n))
	}
	return append(p, byte(n>>24), byte(n>>16), byte(n>>8), byte(n), 0, 0, 0, a.Protocol)
}

// Sum is the internet checksum over parts laid end to end (RFC 1071). Each
// part but the last has an even length.
func Sum(parts ...[]byte) uint16 {
	var s uint64
	for _, b := range parts {
		for ; len(b) >= 2; b = b[2:] {
			s += uint64(b[0])<<8 | uint64(b[1])
		}
		if len(b) == 1 {
			s += uint64(b[0]) << 8
		}
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}

// transportSum visits the checksum of a message that is checksummed whole,
// behind a pseudo header unless plain.
func transportSum(c *wire.Coder, v *uint16, plain bool) *wire.Node {
	a := around(c)
	if a.Unchecked != "" {
		n := wire.U16(c, "Checksum", v).Hex()
		return n.SetNote("not checked: " + a.Unchecked)
	}
	return c.Checksum("Checksum", v, func(b []byte) uint16 {
		if plain {
			return Sum(b)
		}
		s := Sum(a.pseudo(len(b)), b)
		if s == 0 && a.Protocol == protoUDP {
			return 0xffff // RFC 768: zero means that there is no checksum
		}
		return s
	})
}

// address visits an IP address of n bytes.
func address(c *wire.Coder, name string, v *[]byte, n int) *wire.Node {
	node := wire.Bytes(c, name, v, n)
	if a, ok := netip.AddrFromSlice(*v); ok {
		node.SetValue(a.String())
	}
	return node
}

// bit returns the bit field of a word by its name. It may be nil.
func bit(n *wire.Node, name string) *wire.Node {
	if n == nil {
		return nil
	}
	for _, b := range n.Bits {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// The protocol numbers that IP carries (IANA, Protocol Numbers).
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoIPv4     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoNone     = 59
	protoDestOpts = 60
)

// protocolName names what an IP header says follows it.
func protocolName(v uint64) string {
	switch v {
	case protoHopByHop:
		return "IPv6 Hop-by-Hop Options"
	case protoICMP:
		return "ICMP"
	case protoIPv4:
		return "IPv4"
	case protoTCP:
		return "TCP"
	case protoUDP:
		return "UDP"
	case protoIPv6:
		return "IPv6"
	case protoRouting:
		return "IPv6 Routing"
	case protoFragment:
		return "IPv6 Fragment"
	case protoESP:
		return "ESP"
	case protoAH:
		return "AH"
	case protoICMPv6:
		return "ICMPv6"
	case protoNone:
		return "no next header"
	case protoDestOpts:
		return "IPv6 Destination Options"
	}
	return ""
}

func dscpName(v uint64) string {
	switch {
	case v == 0:
		return "default"
	case v == 46:
		return "EF"
	case v%8 == 0 && v < 64:
		return fmt.Sprintf("CS%d", v/8)
	case v >= 10 && v <= 38 && v%2 == 0 && v%8 != 0:
		return fmt.Sprintf("AF%d%d", v/8, v%8/2)
	}
	return ""
}

func ecnName(v uint64) string {
	return [...]string{"not ECN-capable", "ECT(1)", "ECT(0)", "congestion experienced"}[v&3]
}
