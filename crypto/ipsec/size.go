package ipsec

// Shape is all that decides how long a sealed packet is.
type Shape struct {
	Protocol   string
	Mode       string
	Encryption *Encryption // ESP
	Integrity  *Integrity
	V6         bool // the IP header in front of ESP or AH is IPv6
	// Header is the length of the packet's own IP header, with the options and
	// extension headers that stay in front, in transport mode.
	Header int
}

// Part is a run of bytes of a sealed packet, for showing the nesting to scale.
type Part struct {
	Name string
	Len  int
}

// SealedSize is the length of what a packet of inner bytes becomes.
func (s Shape) SealedSize(inner int) int {
	n := s.outer() + s.icv()
	if s.Mode == Transport {
		inner -= s.Header
	}
	if s.Protocol == AH {
		return n + ahFixed + s.ahPad() + inner
	}
	return n + espHeader + s.Encryption.IVLen + inner + padLen(inner, s.Encryption.Align()) + 2
}

// InnerMTU is the length of the longest packet that becomes at most outer
// bytes, or 0 when none does (RFC 4301, Section 8.2.1).
func (s Shape) InnerMTU(outer int) int {
	header, kept := s.outer(), 0
	if s.Mode == Transport {
		kept = s.Header
	}
	room := outer - header - s.icv()
	if s.Protocol == AH {
		room -= ahFixed + s.ahPad()
	} else {
		room -= espHeader + s.Encryption.IVLen
		a := s.Encryption.Align()
		if room < a {
			return 0
		}
		room = room/a*a - 2
	}
	if room < 0 {
		return 0
	}
	return kept + room
}

// Parts lists what a packet of inner bytes becomes, in wire order, leaving
// out what has no bytes.
func (s Shape) Parts(inner int) []Part {
	var list []Part
	for _, p := range s.parts(inner) {
		if p.Len > 0 {
			list = append(list, p)
		}
	}
	return list
}

func (s Shape) parts(inner int) [8]Part {
	header := Part{"outer IP header", s.outer()}
	payload := Part{"inner packet", inner}
	if s.Mode == Transport {
		header.Name, payload = "IP header", Part{"payload", inner - s.Header}
	}
	if s.Protocol == AH {
		return [8]Part{header, {"AH header", ahFixed}, {"ICV", s.icv()}, {"ICV padding", s.ahPad()}, payload}
	}
	e := s.Encryption
	return [8]Part{header, {"ESP header", espHeader}, {"IV", e.IVLen}, payload,
		{"padding", padLen(payload.Len, e.Align())}, {"pad length, next header", 2}, {"ICV", s.icv()}}
}

// outer is the length of the IP header in front of ESP or AH.
func (s Shape) outer() int {
	switch {
	case s.Mode == Transport:
		return s.Header
	case s.V6:
		return 40
	}
	return 20
}

func (s Shape) icv() int {
	if s.Protocol == ESP && s.Encryption.Combined() {
		return s.Encryption.ICVLen
	}
	return s.Integrity.ICVLen
}

// ahPad makes AH a multiple of 4 bytes in IPv4 and of 8 in IPv6 (RFC 4302,
// Section 3.3.3.2.1).
func (s Shape) ahPad() int {
	if s.V6 {
		return -(ahFixed + s.icv()) & 7
	}
	return -(ahFixed + s.icv()) & 3
}

// padLen is how much ESP padding n bytes of payload need so that payload,
// padding and trailer are a multiple of align, a power of two (RFC 4303,
// Section 2.4).
func padLen(n, align int) int { return -(n + 2) & (align - 1) }
