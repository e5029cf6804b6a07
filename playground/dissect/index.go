package dissect

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"cipherglass/crypto/engine"
	"cipherglass/playground/trace"
)

// Index finds the buffers made from a packet without a search. It is built
// at its first use, once per trace; the trace must not change after that.
type Index struct {
	t        *trace.Trace
	uses     map[string][]use    // packet's full name or buffer's ID -> what was made from it
	children map[string][]string // packet -> packets made from it
}

// use is one piece of a buffer.
type use struct {
	b        *trace.Buffer
	order    int // of the buffer in the trace
	off, len int // the piece, in its source
	at       int // where it lies in b.Data; -1 when b is not its pieces laid end to end
}

// NewIndex returns an index of t.
func NewIndex(t *trace.Trace) *Index { return &Index{t: t} }

func (x *Index) build() {
	if x.uses != nil {
		return
	}
	x.uses = make(map[string][]use, len(x.t.Buffers))
	x.children = make(map[string][]string)
	for i, b := range x.t.Buffers {
		at, plain := 0, linear(b)
		for _, p := range b.From {
			u := use{b: b, order: i, off: p.Off, len: p.Len, at: -1}
			if plain {
				u.at = at
			}
			at += p.Len
			x.uses[p.Buffer] = append(x.uses[p.Buffer], u)
		}
	}
	for _, p := range x.t.Packets {
		if p.Parent != "" {
			x.children[p.Parent] = append(x.children[p.Parent], p.Name)
		}
	}
}

// linear reports whether b is its pieces laid end to end, so that each of its
// bytes is a byte of one of them; it is not when a cipher stands between.
func linear(b *trace.Buffer) bool {
	n := 0
	for _, p := range b.From {
		n += p.Len
	}
	return n == len(b.Data) && n > 0 && b.How != engine.Rejected && (b.Crypt == nil || b.Crypt.Op == "NULL+HMAC")
}

// alias is a packet whose buffers also speak of another packet.
type alias struct {
	name    string
	changed bool // the other packet's bytes differ beyond the IP header
}

// aliases lists the packets whose buffers speak of p: p itself, what it was
// forwarded or copied from, what it was forwarded as, and the first sending
// of what it sends again. All are as long as p, so offsets agree.
func (x *Index) aliases(p *trace.Packet) []alias {
	list := []alias{{name: p.Name}}
	seen := map[string]bool{p.Name: true}
	add := func(q *trace.Packet, changedToo bool) bool {
		if q == nil || seen[q.Name] || len(q.Bytes) != len(p.Bytes) {
			return false
		}
		changed := !bytes.Equal(pastIP(p.Bytes), pastIP(q.Bytes))
		if changed && !changedToo {
			return false
		}
		seen[q.Name] = true
		list = append(list, alias{q.Name, changed})
		return true
	}
	for q := p; q != nil && q.Parent != ""; {
		if q = x.t.Packet(q.Parent); !add(q, true) {
			break
		}
	}
	if i := strings.LastIndex(p.Cause(), "/rtx"); i >= 0 {
		// A segment sent again may acknowledge more than the first did.
		if q := x.t.Packet(p.Cause()[:i] + "@" + p.Link); q != nil && !seen[q.Name] && bytes.Equal(stream(p.Bytes), stream(q.Bytes)) && len(p.Bytes) == len(q.Bytes) {
			seen[q.Name] = true
			list = append(list, alias{name: q.Name})
		}
	}
	for i := 0; i < len(list); i++ {
		if list[i].changed {
			continue
		}
		for _, c := range x.children[list[i].name] {
			add(x.t.Packet(c), false)
		}
	}
	return list
}

// pastIP returns what follows the IP header.
func pastIP(b []byte) []byte {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4 && len(b) >= 4*int(b[0]&15):
		return b[4*int(b[0]&15):]
	case len(b) >= 40 && b[0]>>4 == 6:
		return b[40:]
	}
	return b
}

// stream returns the data of a TCP segment, nil for any other packet.
func stream(b []byte) []byte {
	t := pastIP(b)
	if len(t) == len(b) || len(t) < 20 || len(t) < 4*int(t[12]>>4) {
		return nil
	}
	return t[4*int(t[12]>>4):]
}

// found is a buffer that bytes of a packet went into.
type found struct {
	b       *trace.Buffer
	order   int
	changed bool // by the word of somebody who saw the packet before it was changed
	touched []run
	alias   string // the packet by whose name it was found
}

// run is a half-open range of bytes.
type run struct{ lo, hi int }

// made lists the buffers made from p's bytes, each after what it was made
// from, in the order of the bytes.
func (x *Index) made(p *trace.Packet) []*found {
	x.build()
	all := make(map[string]*found)
	var list []*found
	for _, a := range x.aliases(p) {
		x.spread(a, len(p.Bytes), all)
	}
	placed := make(map[string]bool)
	var place func(source string)
	place = func(source string) {
		uses := slices.Clone(x.uses[source])
		slices.SortStableFunc(uses, func(a, b use) int { return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.order, b.order)) })
		for _, u := range uses {
			f := all[u.b.ID]
			if f == nil || placed[u.b.ID] || slices.ContainsFunc(u.b.From, func(p engine.Piece) bool { return all[p.Buffer] != nil && !placed[p.Buffer] }) {
				continue
			}
			placed[u.b.ID] = true
			list = append(list, f)
			place(u.b.ID)
		}
	}
	for _, a := range x.aliases(p) {
		place(a.name)
	}
	return list
}

// spread follows the bytes of one packet through all that was made of them.
func (x *Index) spread(a alias, size int, all map[string]*found) {
	type job struct {
		source string
		runs   []run
	}
	work := []job{{a.name, []run{{0, size}}}}
	for len(work) > 0 {
		j := work[0]
		work = work[1:]
		for _, u := range x.uses[j.source] {
			grown := overlap(u, j.runs)
			if len(grown) == 0 {
				continue
			}
			f := all[u.b.ID]
			if f == nil {
				f = &found{b: u.b, order: u.order, changed: a.changed, alias: a.name}
				all[u.b.ID] = f
			}
			if fresh := f.grow(grown); len(fresh) > 0 {
				work = append(work, job{u.b.ID, fresh})
			}
		}
	}
}

// overlap returns the bytes of the use's buffer that come from the runs of
// its source.
func overlap(u use, runs []run) []run {
	var out []run
	for _, r := range runs {
		lo, hi := max(r.lo, u.off), min(r.hi, u.off+u.len)
		if lo >= hi {
			continue
		}
		if u.at < 0 {
			return []run{{0, max(1, len(u.b.Data))}}
		}
		out = append(out, run{lo - u.off + u.at, hi - u.off + u.at})
	}
	return out
}

// grow adds runs and returns those that were not wholly there before.
func (f *found) grow(runs []run) []run {
	var fresh []run
	for _, r := range runs {
		if !slices.ContainsFunc(f.touched, func(t run) bool { return t.lo <= r.lo && r.hi <= t.hi }) {
			f.touched = append(f.touched, r)
			fresh = append(fresh, r)
		}
	}
	return fresh
}
