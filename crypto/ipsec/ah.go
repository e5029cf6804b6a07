package ipsec

import "encoding/binary"

func (sa *SA) sealAH(out []byte, hdr int, next byte, payload []byte) {
	ah := out[hdr : len(out)-len(payload)]
	clear(ah)
	ah[0], ah[1] = next, byte(len(ah)/4-2)
	binary.BigEndian.PutUint32(ah[4:], sa.p.SPI)
	binary.BigEndian.PutUint32(ah[8:], sa.seq)
	copy(out[hdr+len(ah):], payload)
	sa.zeroed = zeroMutable(sa.zeroed[:0], out, hdr, len(ah), sa.integ.ICVLen)
	copy(ah[ahFixed:], sa.macOf(sa.zeroed, payload))
}

// zeroMutable appends the headers of an AH packet as they go into the ICV: IP
// header of hdr bytes, its mutable fields zero, then AH of n bytes, its ICV
// zero (RFC 4302, Section 3.3.3). Padding after the ICV is covered as it is.
func zeroMutable(dst, p []byte, hdr, n, icv int) []byte {
	start := len(dst)
	dst = append(dst, p[:hdr+n]...)
	h := dst[start:]
	clear(h[hdr+ahFixed : hdr+ahFixed+icv])
	if h[0]>>4 == 6 {
		// Traffic class, flow label, hop limit (Section 3.3.3.1.2.1).
		h[0], h[1], h[2], h[3], h[7] = 0x60, 0, 0, 0, 0
		zeroOptions6(h[:hdr])
		return dst
	}
	// DSCP and ECN, flags, fragment offset, TTL, checksum (Section 3.3.3.1.1.1).
	h[1], h[6], h[7], h[8], h[10], h[11] = 0, 0, 0, 0, 0, 0
	zeroOptions4(h[20:hdr])
	return dst
}

// zeroOptions4 zeroes every IPv4 option that routers may change, as a unit:
// all but those that RFC 4302, Appendix A1 lists as immutable.
func zeroOptions4(o []byte) {
	for len(o) > 0 && o[0] != 0 {
		n := optionLen(o)
		if n == 0 {
			return
		}
		switch o[0] {
		case 1, 130, 133, 134, 148, 149: // no operation; three kinds of security; router alert; multi-destination delivery
		default:
			clear(o[:n])
		}
		o = o[n:]
	}
}

// zeroOptions6 zeroes the data of every option that may change on its way, in
// hop-by-hop and destination options headers in front of AH (RFC 4302,
// Section 3.3.3.1.2.2; RFC 8200, Section 4.2: the third bit of its type).
func zeroOptions6(h []byte) {
	next, at := h[6], 40
	for at+8 <= len(h) {
		e := h[at:min(at+8+8*int(h[at+1]), len(h))]
		if next == protoFragment {
			e = h[at : at+8]
		}
		if next == protoHopByHop || next == protoDestOpts {
			for o := e[2:]; len(o) > 0; {
				if o[0] == 0 { // Pad1
					o = o[1:]
					continue
				}
				if len(o) < 2 || 2+int(o[1]) > len(o) {
					break
				}
				if o[0]&0x20 != 0 {
					clear(o[2 : 2+int(o[1])])
				}
				o = o[2+int(o[1]):]
			}
		}
		next, at = e[0], at+len(e)
	}
}
