package ipsec

import (
	"encoding/binary"
	"slices"

	"cipherglass/crypto/engine"
)

// Seal appends to dst what the IP packet becomes under the SA, and counts its
// sequence number, which Seq then returns. iv nil is IV(seq); for AES-CBC
// giving one saves drawing it by name. A packet that cannot be sealed
// uses no sequence number. dst and packet must not overlap.
func (sa *SA) Seal(dst, packet, iv []byte) ([]byte, *engine.Failure) {
	var h header
	if fail := h.parse(packet); fail != nil {
		return dst, fail
	}
	shape := sa.shapeFor(&h)
	size, fail := sa.admit(&h, &shape)
	if fail != nil {
		return dst, fail
	}
	if len(iv) != sa.encr.IVLen && iv != nil {
		return dst, BadSA.With("an IV of the wrong length was given")
	}
	sa.seq++
	start := len(dst)
	dst = slices.Grow(dst, size)[:start+size]
	out := dst[start:]
	hdr := sa.putHeader(out, packet, &h)
	next, payload := sa.payload(packet, &h)
	if sa.p.Protocol == AH {
		sa.sealAH(out, hdr, next, payload)
	} else {
		sa.sealESP(out, hdr, next, payload, iv)
	}
	return dst, nil
}

// admit says how long the packet will be, or why it cannot be sealed.
func (sa *SA) admit(h *header, shape *Shape) (size int, fail *engine.Failure) {
	if sa.p.Mode == Transport && h.frag {
		return 0, FragmentOut.With()
	}
	if sa.p.Protocol == AH && sa.p.Mode == Transport && h.routed {
		return 0, SourceRoute.With()
	}
	size = shape.SealedSize(h.total)
	most := 65535
	if shape.V6 {
		most += 40
	}
	if size > most {
		return 0, TooLong.With(size)
	}
	if sa.seq == maxSeq {
		return 0, SequenceExhausted.With(sa.SPIText())
	}
	return size, nil
}

// payload is what ESP or AH carries, and what it is.
func (sa *SA) payload(packet []byte, h *header) (next byte, payload []byte) {
	switch {
	case sa.p.Mode == Transport:
		return h.cutNext, packet[h.cut:h.total]
	case h.v6:
		return protoIPv6, packet[:h.total]
	}
	return protoIPv4, packet[:h.total]
}

// putHeader writes the IP header in front of ESP or AH and returns its length.
func (sa *SA) putHeader(out, packet []byte, h *header) int {
	if sa.p.Mode == Transport {
		n := copy(out, packet[:h.cut])
		out[h.cutAt] = protocolNumber(sa.p.Protocol)
		if h.v6 {
			binary.BigEndian.PutUint16(out[4:], uint16(len(out)-40))
		} else {
			setLength4(out, len(out))
		}
		return n
	}
	n := copy(out, sa.outer)
	if sa.shape.V6 {
		// DSCP and ECN are copied (RFC 6040, Section 4.1), and the flow label of
		// an inner IPv6 header.
		binary.BigEndian.PutUint32(out, 6<<28|uint32(h.tos)<<20|h.flow)
		binary.BigEndian.PutUint16(out[4:], uint16(len(out)-40))
		return n
	}
	out[1] = h.tos
	// The ID need only differ between packets that may meet as fragments.
	binary.BigEndian.PutUint16(out[4:], uint16(sa.seq))
	if sa.outerDF(h) {
		out[6] = 0x40
	}
	setLength4(out, len(out))
	return n
}

// outerDF says whether the sealed packet must not be fragmented (RFC 4301,
// Section 8.1). An outer IPv6 header has no such bit: there the inner packet
// decides, since the gateway itself would fragment. A host in IPv6 transport
// mode may fragment what it sealed (RFC 4303, Section 3.3.4).
func (sa *SA) outerDF(h *header) bool {
	inner := h.df || h.v6
	switch {
	case sa.p.Mode == Transport:
		return h.df
	case sa.shape.V6, sa.p.DF == DFCopy:
		return inner
	}
	return sa.p.DF == DFSet
}

func (sa *SA) sealESP(out []byte, hdr int, next byte, payload, iv []byte) {
	binary.BigEndian.PutUint32(out[hdr:], sa.p.SPI)
	binary.BigEndian.PutUint32(out[hdr+4:], sa.seq)
	at := hdr + espHeader
	sa.putIV(out[at:at+sa.encr.IVLen], iv)
	at += sa.encr.IVLen
	end := len(out) - sa.shape.icv()
	body := out[at:end]
	copy(body, payload)
	putTrailer(body, len(payload), next)
	switch {
	case sa.aead != nil:
		copy(sa.nonce[sa.encr.SaltLen:], out[at-sa.encr.IVLen:at])
		sa.aead.Seal(body[:0], sa.nonce[:], body, out[hdr:hdr+espHeader])
	case sa.enc != nil:
		sa.enc.SetIV(out[at-sa.encr.IVLen : at])
		sa.enc.CryptBlocks(body, body)
	}
	if sa.mac != nil {
		copy(out[end:], sa.macOf(out[hdr:end], nil))
	}
}

func (sa *SA) putIV(p, iv []byte) {
	switch {
	case iv != nil:
		copy(p, iv)
	case sa.aead != nil:
		binary.BigEndian.PutUint64(p, uint64(sa.seq))
	default:
		copy(p, sa.IV(sa.seq))
	}
}

// putTrailer writes padding 1, 2, 3, ..., its length and the next header
// after n bytes of payload (RFC 4303, Section 2.4).
func putTrailer(body []byte, n int, next byte) {
	end := len(body) - 2
	for i, p := byte(1), body[n:end]; len(p) > 0; i, p = i+1, p[1:] {
		p[0] = i
	}
	body[end], body[end+1] = byte(end-n), next
}

// plaintext appends what goes into the cipher for a packet: the trace's copy.
func (sa *SA) plaintext(dst, packet []byte, h *header) []byte {
	next, payload := sa.payload(packet, h)
	start := len(dst)
	dst = append(dst, payload...)
	dst = append(dst, make([]byte, padLen(len(payload), sa.encr.Align())+2)...)
	putTrailer(dst[start:], len(payload), next)
	return dst
}

// macOf is the ICV over a and b. It is valid until the next call.
func (sa *SA) macOf(a, b []byte) []byte {
	sa.mac.Reset()
	sa.mac.Write(a)
	sa.mac.Write(b)
	return sa.mac.Sum(sa.sum[:0])[:sa.integ.ICVLen]
}
