package ipsec

import (
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"slices"

	"cipherglass/crypto/engine"
)

// Found is what the clear part of an ESP or AH packet says.
type Found struct {
	Protocol string // ESP, AH
	SPI, Seq uint32
	Off      int // where ESP or AH begins in the packet
}

// Find reads SPI and sequence number of an IP packet, ok false when it
// carries neither ESP nor AH.
func Find(packet []byte) (f Found, ok bool) {
	h, fail := parse(packet)
	if fail != nil || h.next != protoESP && h.next != protoAH {
		return f, false
	}
	f, fail = find(packet, &h)
	return f, fail == nil
}

func find(p []byte, h *header) (Found, *engine.Failure) {
	f := Found{Protocol: ESP, Off: h.len}
	at := h.len
	if h.next == protoAH {
		f.Protocol = AH
		at += 4
	}
	if h.next != protoAH && h.next != protoESP {
		return f, Malformed.With("it carries neither ESP nor AH")
	}
	// A fragment that is not the first would show payload as SPI (RFC 4303,
	// Section 3.4.1).
	if h.frag {
		return f, FragmentIn.With(f.label())
	}
	if h.total < at+8 {
		return f, Malformed.With("it is too short for SPI and sequence number")
	}
	f.SPI, f.Seq = binary.BigEndian.Uint32(p[at:]), binary.BigEndian.Uint32(p[at+4:])
	return f, nil
}

func (f Found) label() string {
	if f.Protocol == AH {
		return "AH"
	}
	return "ESP"
}

// Open appends to dst the packet that the ESP or AH packet carries, in the
// order of RFC 4303, Section 3.4 and RFC 4302, Section 3.4: SPI, anti-replay,
// ICV, window update, decryption, padding, then the inner packet's selectors
// (RFC 4301, Section 5.2). dst and packet must not overlap.
func (sa *SA) Open(dst, packet []byte) ([]byte, *engine.Failure) {
	var h header
	if fail := h.parse(packet); fail != nil {
		return dst, fail
	}
	var o opened
	if fail := sa.verify(dst, packet, &h, &o); fail != nil {
		return dst, fail
	}
	return sa.unwrap(dst, packet, &h, &o)
}

// opened is what an authenticated packet holds.
type opened struct {
	found  Found
	all    []byte // dst, room for the IP header in transport mode, plain
	start  int    // where in all the inner packet begins
	header int    // transport mode: length of that room
	plain  []byte // ESP: plaintext with padding and trailer; AH: what follows AH
	next   byte   // AH: what plain is
}

// verify checks SPI, replay and ICV, moves the window and decrypts.
// (A combined-mode cipher verifies and decrypts at once; with an HMAC nothing
// is decrypted before it is verified.)
func (sa *SA) verify(dst, p []byte, h *header, o *opened) (fail *engine.Failure) {
	o.start = len(dst)
	if o.found, fail = find(p, h); fail != nil {
		return fail
	}
	f := &o.found
	if f.SPI != sa.p.SPI || f.Protocol != sa.p.Protocol {
		return UnknownSPI.With(f.label(), spiText(f.SPI))
	}
	if fail = sa.window.Check(f.Seq); fail != nil {
		return fail
	}
	if sa.p.Mode == Transport {
		o.header = h.len
	}
	if f.Protocol == AH {
		fail = sa.verifyAH(dst, p, h, o)
	} else {
		fail = sa.verifyESP(dst, p, h, o)
	}
	if fail == nil {
		sa.window.Accept(f.Seq)
	}
	return fail
}

func (sa *SA) verifyESP(dst, p []byte, h *header, o *opened) *engine.Failure {
	from, icv := h.len+espHeader+sa.encr.IVLen, sa.shape.icv()
	end := h.total - icv
	if end-from < 2 || (end-from)%sa.encr.Align() != 0 {
		return Malformed.With(fmt.Sprintf("its encrypted data of %d bytes is not a multiple of %d", end-from, sa.encr.Align()))
	}
	if sa.mac != nil && !hmac.Equal(sa.macOf(p[h.len:end], nil), p[end:h.total]) {
		return ICVMismatch.With()
	}
	at := o.start + o.header
	space := slices.Grow(dst, o.header+h.total-from)[:at]
	switch {
	case sa.aead != nil:
		copy(sa.nonce[sa.encr.SaltLen:], p[from-sa.encr.IVLen:from])
		all, err := sa.aead.Open(space, sa.nonce[:], p[from:h.total], p[h.len:h.len+espHeader])
		if err != nil {
			return ICVMismatch.With()
		}
		o.all = all
	case sa.dec != nil:
		o.all = space[:at+end-from]
		sa.dec.SetIV(p[from-sa.encr.IVLen : from])
		sa.dec.CryptBlocks(o.all[at:], p[from:end])
	default:
		o.all = append(space, p[from:end]...)
	}
	o.plain = o.all[at:]
	return nil
}

func (sa *SA) verifyAH(dst, p []byte, h *header, o *opened) *engine.Failure {
	s := sa.shape
	s.V6 = h.v6
	size := ahFixed + sa.integ.ICVLen + s.ahPad()
	if h.total < h.len+size || int(p[h.len+1]) != size/4-2 {
		return Malformed.With(fmt.Sprintf("AH should have %d bytes for this SA", size))
	}
	sa.zeroed = zeroMutable(sa.zeroed[:0], p, h.len, size, sa.integ.ICVLen)
	at := h.len + ahFixed
	if !hmac.Equal(sa.macOf(sa.zeroed, p[h.len+size:h.total]), p[at:at+sa.integ.ICVLen]) {
		return ICVMismatch.With()
	}
	o.next = p[h.len]
	at = o.start + o.header
	o.all = append(slices.Grow(dst, o.header+h.total)[:at], p[h.len+size:h.total]...)
	o.plain = o.all[at:]
	return nil
}

// unwrap makes the inner packet of what verify gave.
func (sa *SA) unwrap(dst, p []byte, h *header, o *opened) ([]byte, *engine.Failure) {
	next, n := o.next, len(o.plain)
	if sa.p.Protocol == ESP {
		var fail *engine.Failure
		if next, n, fail = trailer(o.plain); fail != nil {
			return dst, fail
		}
	}
	if next == protoNone {
		return dst, Dummy.With()
	}
	all := o.all[:o.start+o.header+n]
	out := all[o.start:]
	if sa.p.Mode == Transport {
		restoreHeader(out, p, h, next)
		var ih header
		if fail := ih.parse(out); fail != nil {
			return dst, BadInner.With("its headers do not fit together")
		}
		return sa.choose(dst, all, out, &ih)
	}
	if next != protoIPv4 && next != protoIPv6 {
		return dst, BadInner.With(fmt.Sprintf("next header %d is neither 4 (IPv4) nor 41 (IPv6)", next))
	}
	var ih header
	if fail := ih.parse(out); fail != nil || ih.v6 != (next == protoIPv6) {
		return dst, BadInner.With("its bytes are not those of an IP packet of the version that the next header says")
	}
	out = out[:ih.total] // what follows is traffic flow confidentiality padding (RFC 4303, Section 2.7)
	if !decapECN(out, &ih, h.tos) {
		return dst, ECNDrop.With()
	}
	return sa.choose(dst, all[:o.start+ih.total], out, &ih)
}

// choose returns all, or dst when its packet is not one that the SA is for.
func (sa *SA) choose(dst, all, packet []byte, h *header) ([]byte, *engine.Failure) {
	if s := sa.p.Selectors; s.Src.IsValid() || s.Dst.IsValid() {
		src, to := addresses(packet)
		if !s.Allow(src, to) {
			return dst, SelectorMismatch.With(src, to, prefixText(s.Src), prefixText(s.Dst))
		}
	}
	return all, nil
}

// trailer reads the ESP trailer: the next header and how many bytes of
// payload there are. A receiver should look at the padding too (RFC 4303,
// Section 2.4), and ours does.
func trailer(plain []byte) (next byte, n int, fail *engine.Failure) {
	end := len(plain) - 2
	pad := int(plain[end])
	if pad > end {
		return 0, 0, BadPadding.With(fmt.Sprintf("its length is %d, and only %d bytes are there", pad, end))
	}
	for i, b := range plain[end-pad : end] {
		if int(b) != i+1 {
			return 0, 0, BadPadding.With(fmt.Sprintf("byte %d of it is %d, not %d", i+1, b, i+1))
		}
	}
	return plain[end+1], end - pad, nil
}

// restoreHeader writes the IP header that the packet had before transport mode.
func restoreHeader(out, p []byte, h *header, next byte) {
	copy(out, p[:h.len])
	out[h.nextAt] = next
	if h.v6 {
		binary.BigEndian.PutUint16(out[4:], uint16(len(out)-40))
		return
	}
	setLength4(out, len(out))
}
