package dissect

import (
	"cmp"
	"fmt"
	"slices"

	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// carried is a run of a packet's bytes that are the very bytes of a buffer.
type carried struct {
	b        *trace.Buffer
	off, len int // in the packet
	at       int // in the buffer; -1 when the buffer holds them transformed
}

// carried lists which of p's bytes are which buffers', in order.
func (x *Index) carried(p *trace.Packet, made []*found) []carried {
	var list []carried
	for _, m := range made {
		for _, s := range x.pieces(m.b) {
			if s.Packet != m.alias || s.At+s.Size > len(p.Bytes) {
				continue
			}
			c := carried{b: m.b, off: s.At, len: s.Size, at: s.Off}
			if s.Sealed {
				c.at = -1
			}
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b carried) int { return cmp.Compare(a.off, b.off) })
	return list
}

// link returns the ID of the first buffer that the bytes at off went into,
// preferring those with the proto.
func (f *framer) link(off int, proto string) string {
	id := ""
	for _, c := range f.carried {
		if off < c.off || off >= c.off+c.len {
			continue
		}
		if c.b.Proto == proto {
			return c.b.ID
		}
		if id == "" {
			id = c.b.ID
		}
	}
	return id
}

// data describes the payload of a transport: TLS records that the trace's
// buffers find in it, and the rest as leaves that link to what was made of
// them. b holds the payload's bytes.
func (f *framer) data(whole *wire.Node, b []byte) []*wire.Node {
	base, end := whole.Off, whole.Off+whole.Len
	var kids []*wire.Node
	pos := base
	gap := func(to int) {
		if to > pos {
			n := at(leaf(whole.Name, b[pos-base:to-base]), pos).SetLayer(LayerApp).SetFilter(whole.Filter)
			n.Link = f.link(pos, "http")
			kids = append(kids, n)
			pos = to
		}
	}
	for _, c := range f.carried {
		if c.b.Proto != protoRecord || c.off < pos || c.off+c.len > end || c.at < 0 {
			continue
		}
		gap(c.off)
		kids = append(kids, f.record(c, b[c.off-base:c.off-base+c.len]))
		pos = c.off + c.len
	}
	gap(end)
	return kids
}

// record describes the part of a TLS record that a packet holds.
func (f *framer) record(c carried, b []byte) *wire.Node {
	if c.at == 0 && c.len == len(c.b.Data) {
		n := at(f.x.described(c.b, b), c.off)
		n.Link = c.b.ID
		return n
	}
	n := at(leaf("TLS record", b), c.off).SetLayer(LayerTLS)
	n.Name = fmt.Sprintf("TLS record, bytes %d to %d of %d", c.at, c.at+c.len-1, len(c.b.Data))
	n.Link = c.b.ID
	return n.SetNote("a part of a record that does not end, or did not begin, in this segment").SetRef("RFC 8446, Section 5.1")
}
