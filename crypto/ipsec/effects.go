package ipsec

import (
	"fmt"

	"cipherglass/crypto/engine"
)

// The buffers of a gateway are named for the packet: "out/esp/0x00001001/7" is
// what went into the cipher, "out/esp/0x00001001/7/ip" the packet inside;
// "in/..." the same by the receiver's word. For AH the first is what the ICV
// was computed over. A number that comes again gets "/again1" and so on.

// id makes an ID unique within the gateway.
func (g *Gateway) id(dir string, f *Found) string {
	id := fmt.Sprintf("%s/%s/%s/%d", dir, f.Protocol, spiText(f.SPI), f.Seq)
	if g.again == nil {
		g.again = map[string]int{}
	}
	n := g.again[id]
	g.again[id]++
	if n > 0 {
		return fmt.Sprintf("%s/again%d", id, n)
	}
	return id
}

// sealed tells what Outbound made.
func (g *Gateway) sealed(r *Result, packet []byte, h *header, iv []byte, out *engine.Effects) {
	sa := r.SA
	f := Found{Protocol: sa.p.Protocol, SPI: sa.p.SPI, Seq: r.Seq, Off: sa.shapeFor(h).outer()}
	var plain []byte
	if sa.p.Protocol == ESP {
		plain = sa.plaintext(nil, packet, h)
	}
	r.Buffer = g.id("out", &f)
	b := sa.buffer(r.Packet, &f, plain, engine.Out)
	b.ID, b.How = r.Buffer, engine.Sealed
	out.Add(engine.Made{Buffer: b})
	r.Inner = r.Buffer + "/ip"
	inner := engine.Buffer{ID: r.Inner, Name: "inner packet", How: engine.Composed, Proto: "ip", Data: append([]byte(nil), packet[:h.total]...)}
	inner.From = sa.innerPieces(r.Buffer, &f, len(inner.Data), len(r.Packet), engine.Out)
	out.Add(engine.Made{Buffer: inner})
}

// opened tells what Inbound opened.
func (g *Gateway) opened(r *Result, packet []byte, h *header, f *Found, plain []byte, out *engine.Effects) {
	r.SA.checks(f, nil, r.Packet, out)
	r.Buffer = g.id("in", f)
	b := r.SA.buffer(packet[:h.total], f, plain, engine.In)
	b.ID, b.How = r.Buffer, engine.Opened
	out.Add(engine.Made{Buffer: b})
	r.Inner = r.Buffer + "/ip"
	inner := engine.Buffer{ID: r.Inner, Name: "inner packet", How: engine.Opened, Proto: "ip", Data: append([]byte(nil), r.Packet...)}
	inner.From = r.SA.innerPieces(r.Buffer, f, len(inner.Data), h.total, engine.In)
	out.Add(engine.Made{Buffer: inner})
}

// rejected tells of a packet that Inbound did not open; plain is what was
// decrypted when a later check refused it.
func (g *Gateway) rejected(r *Result, packet []byte, h *header, f *Found, plain []byte, fail *engine.Failure, out *engine.Effects) {
	sa := r.SA
	sa.checks(f, fail, nil, out)
	r.Buffer = g.id("in", f)
	b := engine.Buffer{}
	if h.total >= sa.least(f) {
		b = sa.buffer(packet[:h.total], f, plain, engine.In)
	}
	b.ID, b.How, b.Why, b.Data = r.Buffer, engine.Rejected, fail.Sentence(), nil
	out.Add(engine.Made{Buffer: b})
}

// least is the length of the shortest packet of the SA that buffer can read.
func (sa *SA) least(f *Found) int {
	if sa.p.Protocol == AH {
		return f.Off + ahFixed + sa.integ.ICVLen
	}
	return f.Off + espHeader + sa.encr.IVLen + 2 + sa.shape.icv()
}

// buffer describes what the packet p seals, with all that is needed to do the
// operation again. plain is nil when it is not known.
func (sa *SA) buffer(p []byte, f *Found, plain []byte, stream string) engine.Buffer {
	if sa.p.Protocol == AH {
		return sa.bufferAH(p, f, stream)
	}
	from, end := f.Off+espHeader+sa.encr.IVLen, len(p)-sa.shape.icv()
	c := engine.Crypt{Op: "AEAD", Alg: sa.encr.Label, Key: sa.p.Keys.Encr, KeyID: sa.ID() + "/encr", Plain: plain}
	iv := clone(p[from-sa.encr.IVLen : from])
	if sa.encr.Combined() {
		c.Nonce = append(clone(sa.p.Keys.Salt), iv...)
		c.AAD = clone(p[f.Off : f.Off+espHeader])
		c.Cipher = clone(p[from:])
	} else {
		c.Op = "CBC+HMAC"
		if sa.encr.KeyLen == 0 {
			c.Op, c.KeyID = "NULL+HMAC", sa.ID()+"/integ"
		}
		c.Nonce, c.Cipher = iv, clone(p[from:end])
		sa.setMAC(&c, clone(p[f.Off:end]), clone(p[end:]))
	}
	return engine.Buffer{
		Name: "ESP plaintext", Proto: "esp.plain", Context: sa.Context(), Data: plain,
		From: []engine.Piece{{Buffer: stream, Off: from, Len: end - from}}, Crypt: &c,
	}
}

func (sa *SA) bufferAH(p []byte, f *Found, stream string) engine.Buffer {
	n, ok := AHLen(p[f.Off:])
	if !ok || n < ahFixed+sa.integ.ICVLen {
		n = ahFixed + sa.integ.ICVLen
	}
	in := append(zeroMutable(nil, p, f.Off, n, sa.integ.ICVLen), p[f.Off+n:]...)
	c := engine.Crypt{Op: "HMAC", KeyID: sa.ID() + "/integ"}
	at := f.Off + ahFixed
	sa.setMAC(&c, in, clone(p[at:at+sa.integ.ICVLen]))
	return engine.Buffer{
		Name: "what AH authenticates", Proto: "ah.input", Context: sa.Context(), Data: in,
		From: []engine.Piece{{Buffer: stream, Off: 0, Len: len(p)}}, Crypt: &c,
	}
}

func (sa *SA) setMAC(c *engine.Crypt, in, mac []byte) {
	if c.Alg == "" || c.Op == "HMAC" {
		c.Alg = sa.integ.Label
	}
	c.Hash, c.MACKey, c.MACLen, c.MACIn, c.MAC = sa.integ.Hash, sa.p.Keys.Integ, sa.integ.ICVLen, in, mac
}

// innerPieces lead from the inner packet of n bytes back to where it stands:
// in the plaintext with ESP, in the packet of total bytes itself with AH. In
// transport mode its header is the packet's own, changed.
func (sa *SA) innerPieces(plain string, f *Found, n, total int, stream string) []engine.Piece {
	header := 0
	var list []engine.Piece
	if sa.p.Mode == Transport {
		header = f.Off
		list = append(list, engine.Piece{Buffer: stream, Off: 0, Len: header})
	}
	if sa.p.Protocol == ESP {
		return append(list, engine.Piece{Buffer: plain, Off: 0, Len: n - header})
	}
	return append(list, engine.Piece{Buffer: stream, Off: total - (n - header), Len: n - header})
}

// checks tells the receiver's checks in their order, up to the one that failed
// with fail; inner is the packet that came out when none did.
func (sa *SA) checks(f *Found, fail *engine.Failure, inner []byte, out *engine.Effects) {
	ref := func(esp, ah string) string {
		if f.Protocol == AH {
			return "RFC 4302, Section " + ah
		}
		return "RFC 4303, Section " + esp
	}
	w := &sa.window
	list := []struct {
		name, field, detail, ref string
		codes                    []*engine.Code
	}{
		{"SPI", "SPI", fmt.Sprintf("SPI %s is the %s SA of policy %s", spiText(f.SPI), f.label(), sa.p.Policy), ref("3.4.2", "3.4.2"), []*engine.Code{UnknownSPI}},
		{"anti-replay", "sequence number", fmt.Sprintf("sequence number %d was not seen before; the window of %d ends at %d now", f.Seq, w.Size(), w.Top()), ref("3.4.3", "3.4.3"), []*engine.Code{Replayed, TooOld}},
		{"ICV", "ICV", sa.authentic(), ref("3.4.4", "3.4.4"), []*engine.Code{Malformed, ICVMismatch}},
		{"padding", "padding", "it is 1, 2, 3, ... as it should", "RFC 4303, Section 2.4", []*engine.Code{BadPadding}},
		{"next header", "next header", "what is inside is what the next header says", ref("2.6", "2.1"), []*engine.Code{Dummy, BadInner}},
		{"ECN", "ECN", "the outer header's congestion marks can be handed on", "RFC 6040, Section 4.2", []*engine.Code{ECNDrop}},
		{"selectors", "selectors", "", "RFC 4301, Section 5.2", []*engine.Code{SelectorMismatch}},
	}
	if inner != nil {
		src, dst := addresses(inner)
		s := sa.p.Selectors
		list[len(list)-1].detail = fmt.Sprintf("%s to %s is within %s to %s", src, dst, prefixText(s.Src), prefixText(s.Dst))
	}
	for _, c := range list {
		if c.name == "padding" && sa.p.Protocol == AH || c.name == "ECN" && sa.p.Mode == Transport {
			continue
		}
		for _, code := range c.codes {
			if fail != nil && fail.Code == code {
				out.Add(engine.Checked{Name: c.name, Detail: fail.Sentence(), Ref: c.ref, Field: c.field})
				return
			}
		}
		out.Add(engine.Checked{Name: c.name, OK: true, Detail: c.detail, Ref: c.ref, Field: c.field})
	}
}

func (sa *SA) authentic() string {
	name := sa.integ.Label
	if sa.encr.Combined() {
		name = sa.encr.Label
	}
	return fmt.Sprintf("the %s value of %d bytes is right", name, sa.shape.icv())
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }
