package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"sort"
	"time"
)

const (
	reassemblyTime = 30 * time.Second // unlike RFC 1122, Section 3.3.2 (60 to 120 s), because a run is short
	maxPending     = 64               // datagrams that wait at one node
	maxPieces      = 8192             // of one datagram: 8 bytes each
)

// reassembly puts fragments together (RFC 791, Section 3.2; RFC 8200, Section
// 4.5). A datagram whose fragments overlap is refused as a whole (RFC 5722).
type reassembly struct {
	node    *Node
	pending []*pending
}

type fragKey struct {
	src, dst netip.Addr
	id       uint32
	proto    uint8
}

// pending is a datagram of which not all fragments have come.
type pending struct {
	key    fragKey
	pieces []piece // in the order of their offsets
	total  int     // payload's length, -1 while the last is missing
	have   int
	bad    bool // refused; what still comes of it is dropped
	expire timer
}

type piece struct {
	p  *Packet
	dg datagram
}

// add takes a fragment. When it completes a datagram, add returns that.
func (r *reassembly) add(p *Packet, dg datagram) (*Packet, datagram) {
	d := r.node
	switch n := len(dg.payload); {
	case dg.more && n%8 != 0:
		d.drop(p, fmt.Sprintf("a fragment of %d bytes is not the last, and that is no multiple of 8", n))
		return nil, dg
	case n == 0 && (dg.more || dg.off > 0):
		d.drop(p, "an empty fragment")
		return nil, dg
	case dg.off+n+dg.hlen > maxDatagram:
		d.drop(p, fmt.Sprintf("the fragment ends at %d, past the largest datagram", dg.off+n))
		return nil, dg
	}
	w := r.find(p, dg)
	if w == nil {
		return nil, dg
	}
	if w.bad {
		d.drop(p, "its datagram was refused: fragments overlapped")
		return nil, dg
	}
	if why := w.insert(piece{p, dg}); why != "" {
		d.drop(p, why)
		return nil, dg
	}
	if w.total < 0 || w.have < w.total {
		return nil, dg
	}
	r.remove(w)
	return r.finish(w, p)
}

// find returns the datagram that the fragment belongs to, or a new one.
func (r *reassembly) find(p *Packet, dg datagram) *pending {
	key := fragKey{src: dg.src, dst: dg.dst, id: dg.id}
	if !dg.v6 {
		key.proto = dg.proto // RFC 8200 leaves the protocol out
	}
	for _, w := range r.pending {
		if w.key == key {
			return w
		}
	}
	if len(r.pending) >= maxPending {
		r.node.drop(p, fmt.Sprintf("%d datagrams wait for fragments already", maxPending))
		return nil
	}
	w := &pending{key: key, total: -1}
	w.expire.net, w.expire.run = r.node.net, func() { r.timeout(w) }
	w.expire.set(r.node.net.now + reassemblyTime)
	r.pending = append(r.pending, w)
	return w
}

// insert adds a piece; it returns why not, if so.
func (w *pending) insert(f piece) string {
	end := f.dg.off + len(f.dg.payload)
	i := sort.Search(len(w.pieces), func(i int) bool { return w.pieces[i].dg.off >= f.dg.off })
	if i < len(w.pieces) {
		if g := w.pieces[i]; g.dg.off == f.dg.off && g.dg.more == f.dg.more && bytes.Equal(g.dg.payload, f.dg.payload) {
			return "a fragment that was here already"
		}
	}
	overlaps := i > 0 && w.pieces[i-1].dg.off+len(w.pieces[i-1].dg.payload) > f.dg.off ||
		i < len(w.pieces) && w.pieces[i].dg.off < end
	beyond := w.total >= 0 && (end > w.total || !f.dg.more)
	if !f.dg.more && len(w.pieces) > 0 {
		last := w.pieces[len(w.pieces)-1].dg
		beyond = beyond || last.off+len(last.payload) > end
	}
	if overlaps || beyond || len(w.pieces) >= maxPieces {
		w.bad, w.pieces = true, nil
		return "fragments overlap: the whole datagram is refused (RFC 5722)"
	}
	if !f.dg.more {
		w.total = end
	}
	w.have += len(f.dg.payload)
	w.pieces = append(w.pieces, piece{})
	copy(w.pieces[i+1:], w.pieces[i:])
	w.pieces[i] = f
	return ""
}

// finish makes the datagram; last is the fragment that came last.
func (r *reassembly) finish(w *pending, last *Packet) (*Packet, datagram) {
	d, first := r.node, w.pieces[0]
	head := first.dg.hlen
	if first.dg.v6 {
		head = first.dg.fragHdr
	}
	b := make([]byte, 0, head+w.total)
	b = append(b, first.p.Bytes[:head]...)
	spans := []Span{{Packet: first.p.ref(), Off: 0, Len: head}}
	for _, f := range w.pieces {
		b = append(b, f.dg.payload...)
		spans = append(spans, Span{Packet: f.p.ref(), Off: f.dg.hlen, Len: len(f.dg.payload)})
	}
	if first.dg.v6 {
		b[first.dg.protoPos] = first.dg.proto
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)-ip6HeaderLen))
	} else {
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		binary.BigEndian.PutUint16(b[6:], binary.BigEndian.Uint16(b[6:])&0xc000)
		fixHeader4(b[:head])
	}
	name := first.p.whole
	if name == "" {
		name = first.p.Name
	}
	p := &Packet{Name: name, Parent: last.via, Bytes: b, via: last.via}
	dg, err := parse(b)
	if err != nil || dg.frag {
		d.drop(p, "the reassembled datagram makes no sense")
		return nil, dg
	}
	p.Full = d.net.rec.Reassembled(d.net.now, d.name, p, spans)
	return p, dg
}

func (r *reassembly) remove(w *pending) {
	w.expire.stop()
	for i := range r.pending {
		if r.pending[i] == w {
			r.pending = append(r.pending[:i], r.pending[i+1:]...)
			return
		}
	}
}

func (r *reassembly) timeout(w *pending) {
	r.remove(w)
	if len(w.pieces) == 0 {
		return
	}
	first := w.pieces[0]
	r.node.drop(first.p, fmt.Sprintf("reassembly timed out after %v: fragments of its datagram are missing", reassemblyTime))
	if first.dg.off == 0 {
		r.node.timeExceeded(first.p, nil, 1)
	}
}
