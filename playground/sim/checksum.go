package sim

import "encoding/binary"

// FixChecksums computes the checksums of an IP packet again, in place: IPv4's
// header, and TCP's, UDP's or ICMP's unless the packet is a fragment. What it
// cannot make sense of it leaves as it is, as it does what IPsec protects.
func FixChecksums(ip []byte) {
	if len(ip) == 0 {
		return
	}
	switch ip[0] >> 4 {
	case 4:
		fix4(ip)
	case 6:
		d, err := parse6(ip)
		if err != nil || d.frag {
			return
		}
		fixTransport(d.proto, ip[8:40], ip[d.hlen:d.total])
	}
}

func fix4(ip []byte) {
	hlen := int(ip[0]&15) * 4
	if hlen < 20 || len(ip) < hlen {
		return
	}
	fixHeader4(ip[:hlen])
	total := min(int(binary.BigEndian.Uint16(ip[2:])), len(ip))
	if total < hlen || binary.BigEndian.Uint16(ip[6:])&0x3fff != 0 {
		return
	}
	fixTransport(ip[9], ip[12:20], ip[hlen:total])
}

func fixHeader4(h []byte) {
	h[10], h[11] = 0, 0
	binary.BigEndian.PutUint16(h[10:], ^sum16(h, 0))
}

// fixTransport sets the checksum of a segment or message; addrs are source and
// destination, as they stand in the IP header.
func fixTransport(proto uint8, addrs, b []byte) {
	at, ok := checksumAt(proto, b)
	if !ok {
		return
	}
	b[at], b[at+1] = 0, 0
	sum := ^sum16(b, pseudo(proto, addrs, len(b)))
	if proto == protoUDP && sum == 0 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(b[at:], sum)
}

// checkTransport compares a checksum: got is the packet's, want the computed.
// A UDP checksum of zero over IPv4 says that there is none (RFC 768).
func checkTransport(proto uint8, addrs, b []byte) (got, want uint16, ok bool) {
	at, has := checksumAt(proto, b)
	if !has {
		return 0, 0, true
	}
	got = binary.BigEndian.Uint16(b[at:])
	if sum16(b, pseudo(proto, addrs, len(b))) == 0xffff {
		return got, got, true
	}
	sum := uint32(sum16(b[:at], pseudo(proto, addrs, len(b))))
	return got, ^sum16(b[at+2:], sum), false
}

// checksumAt tells where a transport's checksum stands, ok false if b has none.
func checksumAt(proto uint8, b []byte) (at int, ok bool) {
	switch proto {
	case protoTCP:
		return 16, len(b) >= 20
	case protoUDP:
		return 6, len(b) >= 8 && (b[6] != 0 || b[7] != 0)
	case protoICMP, protoICMPv6:
		return 2, len(b) >= 4
	}
	return 0, false
}

// pseudo sums the pseudo-header (RFC 9293, Section 3.1; RFC 8200, Section
// 8.1). ICMP over IPv4 has none.
func pseudo(proto uint8, addrs []byte, n int) uint32 {
	if proto == protoICMP {
		return 0
	}
	return uint32(sum16(addrs, uint32(proto)+uint32(n>>16)+uint32(n&0xffff)))
}

// sum16 adds b, as 16-bit words with a zero byte at an odd end, to sum in ones'
// complement (RFC 1071).
func sum16(b []byte, sum uint32) uint16 {
	s := uint64(sum)
	for len(b) >= 4 {
		s += uint64(binary.BigEndian.Uint32(b))
		b = b[4:]
	}
	if len(b) >= 2 {
		s += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
