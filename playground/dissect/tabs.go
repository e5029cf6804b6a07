package dissect

import (
	"bytes"
	"fmt"

	"cipherglass/crypto/engine"
	"cipherglass/playground/trace"
)

// Packet opens a packet by its full name, nil when the trace has none.
func (x *Index) Packet(name string) *View {
	p := x.t.Packet(name)
	if p == nil {
		return nil
	}
	made := x.made(p)
	v := &View{Packet: p}
	for _, a := range x.aliases(p) {
		v.aliases = append(v.aliases, a.name)
	}
	v.Tabs = append(v.Tabs, Tab{
		ID: FrameID, Title: "Frame", How: "on the link", Proto: "ip", Layer: LayerIP,
		Bytes: p.Bytes, Tree: x.frame(p, made),
		Pieces: []Span{{Len: len(p.Bytes), Packet: p.Name, Size: len(p.Bytes)}},
	})
	told := make(map[*found]bool)
	for i, f := range made {
		if told[f] {
			continue
		}
		t := x.tab(f.b)
		t.How = says(f)
		for _, g := range made[i+1:] {
			if same(f, g) && !told[g] {
				told[g] = true
				t.Buffers = append(t.Buffers, g.b.ID)
				t.How += " and " + says(g)
				break
			}
		}
		v.Tabs = append(v.Tabs, *t)
	}
	number(v.Tabs)
	return v
}

// number tells tabs of the same title apart.
func number(tabs []Tab) {
	total, seen := make(map[string]int), make(map[string]int)
	for i := range tabs {
		total[tabs[i].Title]++
	}
	for i := range tabs {
		if title := tabs[i].Title; total[title] > 1 {
			seen[title]++
			tabs[i].Title = fmt.Sprintf("%s %d", title, seen[title])
		}
	}
}

// Buffer opens a buffer by its ID, nil when the trace has none.
func (x *Index) Buffer(id string) *Tab {
	b := x.t.Buffer(id)
	if b == nil {
		return nil
	}
	x.build()
	t := x.tab(b)
	t.How = says(&found{b: b})
	return t
}

func (x *Index) tab(b *trace.Buffer) *Tab {
	d, _ := protos(b.Proto)
	t := &Tab{ID: b.ID, Buffers: []string{b.ID}, Title: b.Name, Proto: b.Proto, Layer: d.layer, Owner: b.Owner, Bytes: b.Data, crypt: b.Crypt}
	if t.Title == "" {
		t.Title = d.title
	}
	if b.How == engine.Rejected {
		t.Failure = b.Why
	}
	t.Tree = x.tree(b)
	t.Pieces = x.pieces(b)
	t.ReadOnly = readOnly(b)
	return t
}

// same reports whether two buffers are the two ends' words for the same
// bytes.
func same(a, b *found) bool {
	return a.b.Owner != b.b.Owner && a.b.Proto == b.b.Proto && a.b.Name == b.b.Name &&
		a.b.How != engine.Rejected && b.b.How != engine.Rejected &&
		a.changed == b.changed && bytes.Equal(a.b.Data, b.b.Data)
}

func says(f *found) string {
	s := ""
	switch who := f.b.Owner; f.b.How {
	case engine.Sealed, engine.Opened:
		if f.b.Proto == "ip" {
			s = "as " + who + " " + pick(f.b.How == engine.Sealed, "put it in", "took it out")
			break
		}
		if f.b.Proto == "ah.input" {
			s = pick(f.b.How == engine.Sealed, "as "+who+" computed the ICV over it", "as "+who+" checked the ICV over it")
			break
		}
		s = "as " + who + " " + pick(f.b.How == engine.Sealed, "sealed", "decrypted") + " it"
	case engine.Rejected:
		s = "rejected by " + who
	case engine.Reassembled:
		s = "reassembled by " + who
	case engine.Composed:
		s = "as " + who + " wrote it"
	default:
		s = f.b.How + " by " + who
	}
	if f.changed {
		s += ", before it was changed on the link"
	}
	return s
}

func readOnly(b *trace.Buffer) string {
	const instead = " To change what arrives, edit a byte of the frame; to change what is sent, edit the scenario."
	switch {
	case linear(b) && b.Proto == protoRecord:
		return "These bytes are on the link, in the packets that carry them: edit them in the frame."
	case b.Proto == "ah.input":
		return fmt.Sprintf("These bytes are on no link: %s made them of the packet, with the fields that routers change set to zero.", b.Owner) + instead
	}
	switch b.How {
	case engine.Sealed:
		return fmt.Sprintf("These bytes are on no link: this is what %s put into the cipher.", b.Owner) + instead
	case engine.Opened:
		if b.Proto == "ip" {
			return fmt.Sprintf("These bytes are what %s took out of the packet.", b.Owner) + instead
		}
		return fmt.Sprintf("These bytes are on no link: this is what came out when %s decrypted.", b.Owner) + instead
	case engine.Rejected:
		return fmt.Sprintf("There is nothing to edit: %s could not open these bytes.", b.Owner) + instead
	case engine.Reassembled:
		return fmt.Sprintf("These bytes were put together by %s from pieces.", b.Owner) + instead
	}
	return fmt.Sprintf("These bytes are a copy that %s made, not those on the link.", b.Owner) + instead
}

// pieces resolves where a buffer's bytes lie, down to packets where they are
// the very bytes of a packet.
func (x *Index) pieces(b *trace.Buffer) []Span {
	var out []Span
	if !linear(b) {
		for _, p := range b.From {
			s := Span{Len: len(b.Data), At: p.Off, Size: p.Len, Sealed: true}
			if x.t.Packet(p.Buffer) != nil {
				s.Packet = p.Buffer
			} else {
				s.Buffer = p.Buffer
			}
			out = append(out, s)
		}
		return out
	}
	at := 0
	for _, p := range b.From {
		for _, s := range x.resolve(p, 0) {
			s.Off += at
			out = append(out, s)
		}
		at += p.Len
	}
	return out
}

// resolve maps a piece to packets, its own Off counted from 0.
func (x *Index) resolve(p engine.Piece, depth int) []Span {
	if x.t.Packet(p.Buffer) != nil {
		return []Span{{Len: p.Len, Packet: p.Buffer, At: p.Off, Size: p.Len}}
	}
	b := x.t.Buffer(p.Buffer)
	if b == nil || !linear(b) || depth > 8 {
		return []Span{{Len: p.Len, Buffer: p.Buffer, At: p.Off, Size: p.Len}}
	}
	var out []Span
	at := 0
	for _, q := range b.From {
		lo, hi := max(p.Off, at), min(p.Off+p.Len, at+q.Len)
		if lo < hi {
			for _, s := range x.resolve(engine.Piece{Buffer: q.Buffer, Off: q.Off + lo - at, Len: hi - lo}, depth+1) {
				s.Off += lo - p.Off
				out = append(out, s)
			}
		}
		at += q.Len
	}
	return out
}
