package dissect

import (
	"cipherglass/crypto/ipsec"
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// sa returns the SA's Context that a buffer made from the bytes at off gives,
// nil when none does.
func (f *framer) sa(protocol string, off int) any {
	for _, c := range f.carried {
		if x, ok := c.b.Context.(ipsec.Context); ok && x.Protocol == protocol && off < c.off+c.len && c.off <= off+espMost {
			return x
		}
	}
	return nil
}

// espMost is how far behind the start of ESP or AH its data begins at most.
const espMost = 64

// esp describes an ESP packet. Only the Context of a buffer that was sealed
// to it, or opened from it, tells IV, data and ICV apart.
func (f *framer) esp(b []byte, base int, part cut) []*wire.Node {
	context := f.sa(ipsec.ESP, base)
	if part.more || f.quoted {
		context = nil
	}
	n := f.header("ESP", b, base, new(ipsec.ESPPacket), context, LayerESP)
	data := n.Kids[len(n.Kids)-1]
	switch {
	case data.Name != "encrypted":
	case part.more:
		data.SetNote("the first fragment of an ESP packet: its end, with the ICV, is in the last one")
	case f.quoted:
		data.SetNote("as much as the message quotes")
	}
	return []*wire.Node{n}
}

// ah describes AH and what follows it.
func (f *framer) ah(b []byte, base int, a Around, part cut, depth int) []*wire.Node {
	size, ok := ipsec.AHLen(b)
	if !ok {
		size = len(b)
	}
	var h ipsec.AHHeader
	n := f.header("AH", b[:size], base, &h, f.sa(ipsec.AH, base), LayerAH)
	if icv := n.Find("ICV"); icv != nil {
		icv.Link = f.link(base, "ah.input")
	}
	if !ok {
		return []*wire.Node{n}
	}
	a.Protocol = h.NextHeader
	return append([]*wire.Node{n}, f.payload(h.NextHeader, b[size:], base+size, a, part, depth)...)
}

// espTree describes what ESP encrypts: a packet or its payload, padding,
// trailer.
func (x *Index) espTree(of *trace.Buffer, b []byte) *wire.Node {
	var m ipsec.ESPPlain
	n, err := wire.Tree("ESP plaintext", b, &m, of.Context)
	if err != nil && m.Payload == nil {
		return n
	}
	f := framer{x: x}
	if inner := x.inner(of); inner != nil {
		f.carried = x.behind(inner)
		for i := range f.carried {
			f.carried[i].off -= max(0, len(inner.Data)-len(m.Payload))
		}
	}
	a := x.addresses(of)
	a.Protocol = m.NextHeader
	kids := f.payload(m.NextHeader, m.Payload, 0, a, cut{}, 0)
	return replace(n, "payload data", kids)
}

// ahInputTree describes what AH's ICV is computed over.
func (x *Index) ahInputTree(of *trace.Buffer, b []byte) *wire.Node {
	n, _ := wire.Tree("AH input", b, new(ipsec.AHInput), of.Context)
	return n
}

// inner returns the packet that was made of a decrypted buffer, nil when none
// was.
func (x *Index) inner(of *trace.Buffer) *trace.Buffer {
	for _, u := range x.uses[of.ID] {
		if u.b.Proto == "ip" && len(u.b.Data) >= u.len {
			return u.b
		}
	}
	return nil
}

// addresses returns the IP addresses of the packet that a buffer was made
// from: transport mode's checksums cover them.
func (x *Index) addresses(of *trace.Buffer) Around {
	b := x.inner(of)
	p := []byte(nil)
	if b != nil {
		p = b.Data
	} else if len(of.From) > 0 {
		p = x.bytesOf(of.From[0].Buffer)
	}
	switch {
	case len(p) >= 20 && p[0]>>4 == 4:
		return Around{Src: p[12:16], Dst: p[16:20]}
	case len(p) >= 40 && p[0]>>4 == 6:
		return Around{Src: p[8:24], Dst: p[24:40]}
	}
	return Around{Unchecked: "the addresses around it are not known"}
}

// bytesOf returns the bytes of a packet or a buffer.
func (x *Index) bytesOf(id string) []byte {
	if p := x.t.Packet(id); p != nil {
		return p.Bytes
	}
	if b := x.t.Buffer(id); b != nil {
		return b.Data
	}
	return nil
}

// packetTree describes an IP packet that was reassembled or decrypted.
func (x *Index) packetTree(of *trace.Buffer, b []byte) *wire.Node {
	f := framer{x: x, carried: x.behind(of)}
	return f.root("IP packet", b)
}

// behind lists what was made of the bytes of an IP packet held by a buffer:
// by its own name, and by that of the packet on a link that it is.
func (x *Index) behind(of *trace.Buffer) []carried {
	var list []carried
	for _, u := range x.uses[of.ID] {
		list = append(list, carried{u.b, u.off, u.len, u.at})
	}
	if len(list) > 0 {
		return list
	}
	for id, depth := of.From, 0; len(id) > 0 && depth < maxNesting; depth++ {
		p := x.t.Packet(id[len(id)-1].Buffer)
		if p == nil {
			b := x.t.Buffer(id[len(id)-1].Buffer)
			if b == nil {
				return nil
			}
			id = b.From
			continue
		}
		for q := p; q.Parent != ""; {
			if q = x.t.Packet(q.Parent); q == nil {
				return nil
			}
			if len(q.Bytes) == len(of.Data) {
				return x.carried(q, x.made(q))
			}
		}
		return nil
	}
	return nil
}

// replace puts kids, whose offsets count from its start, in the place of n's
// child of the name.
func replace(n *wire.Node, name string, kids []*wire.Node) *wire.Node {
	if len(kids) == 0 {
		return n
	}
	for i, k := range n.Kids {
		if k.Name != name {
			continue
		}
		for _, r := range kids {
			at(r, k.Off)
		}
		list := append([]*wire.Node(nil), n.Kids[:i]...)
		list = append(list, kids...)
		n.Kids = append(list, n.Kids[i+1:]...)
		break
	}
	return n
}
