package ipsec

import (
	"encoding/binary"
	"net/netip"

	"cipherglass/crypto/engine"
)

// header is what is read from an IP packet's headers.
type header struct {
	v6     bool
	df     bool
	frag   bool // it is a fragment
	routed bool // a source route is not finished
	tos    byte // traffic class: DSCP and ECN
	flow   uint32
	total  int // bytes of the packet by its own word

	// Where the first header stands that is neither the IP header nor an
	// extension header, and the byte that says what it is.
	len, nextAt int
	next        byte
	// The same for where AH and ESP go in transport mode: destination options
	// stay in front only of a routing header (RFC 4303, Section 3.1.1).
	cut, cutAt int
	cutNext    byte
}

func parse(p []byte) (h header, fail *engine.Failure) {
	fail = h.parse(p)
	return h, fail
}

// parse fills a zero header.
func (h *header) parse(p []byte) *engine.Failure {
	if len(p) < 20 {
		return Malformed.With("it is shorter than an IP header")
	}
	switch p[0] >> 4 {
	case 4:
		return h.parse4(p)
	case 6:
		return h.parse6(p)
	}
	return Malformed.With("it is neither IPv4 nor IPv6")
}

func (h *header) parse4(p []byte) *engine.Failure {
	h.len = int(p[0]&15) * 4
	h.total = int(binary.BigEndian.Uint16(p[2:]))
	if h.len < 20 || h.total < h.len || len(p) < h.total {
		return Malformed.With("its IPv4 lengths do not agree")
	}
	flags := binary.BigEndian.Uint16(p[6:])
	h.tos, h.df, h.frag = p[1], flags&0x4000 != 0, flags&0x3fff != 0
	h.nextAt, h.next = 9, p[9]
	h.cut, h.cutAt, h.cutNext = h.len, 9, p[9]
	if h.len > 20 {
		return h.options4(p[20:h.len])
	}
	return nil
}

// options4 checks that the options can be walked and looks for source routes.
func (h *header) options4(o []byte) *engine.Failure {
	for len(o) > 0 && o[0] != 0 {
		n := optionLen(o)
		if n == 0 {
			return Malformed.With("its IPv4 options do not fit its header")
		}
		if k := o[0]; (k == 131 || k == 137) && n > 3 && int(o[2]) <= n {
			h.routed = true
		}
		o = o[n:]
	}
	return nil
}

// optionLen is the length of the IPv4 option at the start of o, 0 for a wrong one.
func optionLen(o []byte) int {
	if o[0] <= 1 {
		return 1
	}
	if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
		return 0
	}
	return int(o[1])
}

func (h *header) parse6(p []byte) *engine.Failure {
	if len(p) < 40 {
		return Malformed.With("it is shorter than an IPv6 header")
	}
	h.v6 = true
	h.total = 40 + int(binary.BigEndian.Uint16(p[4:]))
	if len(p) < h.total {
		return Malformed.With("its IPv6 payload length is more than there is")
	}
	word := binary.BigEndian.Uint32(p)
	h.tos, h.flow = byte(word>>20), word&0xfffff
	h.len, h.nextAt, h.next = 40, 6, p[6]
	h.mark()
	for {
		kind := h.next
		switch kind {
		case protoHopByHop, protoRouting, protoFragment, protoDestOpts:
		default:
			return nil
		}
		if h.total < h.len+8 {
			return Malformed.With("an IPv6 extension header does not fit")
		}
		e := p[h.len:h.total]
		size := 8 + 8*int(e[1])
		switch kind {
		case protoFragment:
			size = 8
			h.frag = h.frag || binary.BigEndian.Uint16(e[2:])&0xfff9 != 0
		case protoRouting:
			h.routed = h.routed || e[3] != 0
		}
		if len(e) < size {
			return Malformed.With("an IPv6 extension header does not fit")
		}
		h.nextAt, h.next = h.len, e[0]
		h.len += size
		if kind != protoDestOpts {
			h.mark()
		}
		if h.frag {
			return nil // what follows is a piece of something
		}
	}
}

func (h *header) mark() { h.cut, h.cutAt, h.cutNext = h.len, h.nextAt, h.next }

// addresses returns source and destination of a packet that parse accepts.
func addresses(p []byte) (src, dst netip.Addr) {
	if p[0]>>4 == 6 {
		return netip.AddrFrom16([16]byte(p[8:24])), netip.AddrFrom16([16]byte(p[24:40]))
	}
	return netip.AddrFrom4([4]byte(p[12:16])), netip.AddrFrom4([4]byte(p[16:20]))
}

// setLength4 writes total length and header checksum of an IPv4 header.
func setLength4(p []byte, total int) {
	binary.BigEndian.PutUint16(p[2:], uint16(total))
	p[10], p[11] = 0, 0
	binary.BigEndian.PutUint16(p[10:], Checksum(p[:int(p[0]&15)*4]))
}

// Checksum is the Internet checksum of b (RFC 1071).
func Checksum(b []byte) uint16 {
	var sum uint64
	for len(b) >= 4 {
		sum += uint64(binary.BigEndian.Uint32(b))
		b = b[4:]
	}
	if len(b) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// decapECN merges the outer header's ECN field into the inner packet, in
// place (RFC 6040, Section 4.2, Figure 4); false means that it must be dropped.
func decapECN(inner []byte, h *header, outer byte) bool {
	const ect1, ect0, ce = 1, 2, 3
	in, out := h.tos&3, outer&3
	switch {
	case out == ce && in == 0:
		return false
	case out == ce && in != ce:
		in = ce
	case out == ect1 && in == ect0:
		in = ect1
	default:
		return true
	}
	if h.v6 {
		inner[1] = inner[1]&^0x30 | in<<4
		return true
	}
	inner[1] = inner[1]&^3 | in
	setLength4(inner, h.total)
	return true
}
