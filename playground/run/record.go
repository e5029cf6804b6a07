package run

import (
	"fmt"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/playground/sim"
	"cipherglass/playground/trace"
)

// recorder turns what happens into a trace. It is the network's Recorder, and
// gives the conversations' ends their own surface.
type recorder struct {
	t       *trace.Trace
	names   map[string]*trace.Packet
	secrets map[string]*trace.Secret
	buffers map[string]*trace.Buffer
	seq     int
}

func newRecorder(t *trace.Trace) *recorder {
	return &recorder{
		t:       t,
		names:   map[string]*trace.Packet{},
		secrets: map[string]*trace.Secret{},
		buffers: map[string]*trace.Buffer{},
	}
}

func (r *recorder) next() int { r.seq++; return r.seq }

// Sent records a packet on a link.
func (r *recorder) Sent(now time.Duration, link, from, to string, p *sim.Packet) {
	tp := &trace.Packet{
		Seq: r.next(), Name: p.Full, Parent: p.Parent, Time: now,
		Link: link, From: from, To: to, Bytes: p.Bytes, Info: sim.Info(p.Bytes),
	}
	r.names[p.Full] = tp
	r.t.Packets = append(r.t.Packets, tp)
}

// Fate records how a packet ended on its link.
func (r *recorder) Fate(now time.Duration, packet, fate, why string, arrive time.Duration) {
	if p := r.names[packet]; p != nil {
		p.Fate, p.Why, p.Arrive = fate, why, arrive
	}
}

// NoteDrop records a packet that a node dropped by itself. One that had
// arrived keeps its fate on the link: it was delivered.
func (r *recorder) NoteDrop(now time.Duration, node string, p *sim.Packet, on, why string) {
	r.event(now, &trace.Event{Node: node, Kind: trace.KindDropped, Packet: on, Text: "dropped " + p.Name + ": " + why})
}

// Note records what a node learnt.
func (r *recorder) Note(now time.Duration, node, on, text string) {
	r.event(now, &trace.Event{Node: node, Kind: trace.KindNote, Packet: on, Text: text})
}

// Reassembled records a datagram that was put together from its fragments.
func (r *recorder) Reassembled(now time.Duration, node string, p *sim.Packet, pieces []sim.Span) string {
	id := r.unique(node + "/ip/reassembled/" + p.Name)
	b := &trace.Buffer{Owner: node, Time: now, Buffer: engine.Buffer{
		ID: id, Name: "reassembled datagram", How: engine.Reassembled, Proto: "ip", Data: p.Bytes, From: pieceSpans(pieces),
	}}
	r.keep(b)
	r.event(now, &trace.Event{
		Node: node, Kind: trace.KindMade, Buffer: id, Packet: lastPacket(pieces),
		Text: fmt.Sprintf("reassembled a datagram of %d bytes from %d fragments", len(p.Bytes), len(pieces)),
	})
	b.Event = len(r.t.Events) - 1
	return id
}

// unique returns id, numbered if a buffer has it already.
func (r *recorder) unique(id string) string {
	u := id
	for n := 2; r.buffers[u] != nil; n++ {
		u = fmt.Sprintf("%s#%d", id, n)
	}
	return u
}

func (r *recorder) keep(b *trace.Buffer) {
	r.buffers[b.ID] = b
	r.t.Buffers = append(r.t.Buffers, b)
}

// onLink returns the first of the names that a packet on a link has.
func (r *recorder) onLink(names ...string) string {
	for _, n := range names {
		if r.names[n] != nil {
			return n
		}
	}
	return ""
}

func (r *recorder) event(now time.Duration, e *trace.Event) {
	e.Seq, e.Time = r.next(), now
	r.t.Events = append(r.t.Events, e)
}

func (r *recorder) fail(now time.Duration, node, conv, packet string, f *engine.Failure) {
	r.event(now, &trace.Event{
		Node: node, Conv: conv, Kind: trace.KindFailed, Packet: packet,
		Text: f.Sentence(), Ref: f.Code.Ref, Fail: f,
	})
}

func pieceSpans(spans []sim.Span) []engine.Piece {
	var ps []engine.Piece
	for _, s := range spans {
		ps = append(ps, engine.Piece{Buffer: s.Packet, Off: s.Off, Len: s.Len})
	}
	return ps
}

func lastPacket(spans []sim.Span) string {
	if len(spans) == 0 {
		return ""
	}
	return spans[len(spans)-1].Packet
}
