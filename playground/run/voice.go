package run

import (
	"fmt"
	"strings"

	"cipherglass/crypto/engine"
	"cipherglass/playground/trace"
)

// voice tells the trace what an engine at a node says happened.
type voice struct {
	r      *Runner
	node   string
	conv   string
	prefix string // of the engine's IDs: "client/web/"
	packet string // full name of the packet that caused what is being told
	made   []*trace.Buffer
	place  func(p engine.Piece) []engine.Piece // where a piece of In or Out lies, asked when the run has ended
}

func (v *voice) event(e *trace.Event) int {
	e.Node, e.Conv, e.Packet = v.node, v.conv, v.packet
	v.r.rec.event(v.r.net.Now(), e)
	return len(v.r.rec.t.Events) - 1
}

// tell records one effect that any engine may have. It returns false for the
// effects that ask for something to be done.
func (v *voice) tell(f engine.Effect) bool {
	switch f := f.(type) {
	case engine.State:
		v.event(&trace.Event{Kind: trace.KindState, Text: f.From + " → " + f.To, Detail: f.Why, Ref: f.Ref})
	case engine.Secret:
		v.secret(f)
	case engine.Destroyed:
		v.event(&trace.Event{Kind: trace.KindDestroyed, Text: fmt.Sprintf("%d secrets destroyed", len(f.IDs)), Detail: f.Why + ": " + strings.Join(f.IDs, ", ")})
	case engine.Made:
		v.buffer(f.Buffer)
	case engine.Checked:
		v.event(&trace.Event{Kind: trace.KindChecked, Text: f.Name, Detail: f.Detail, Ref: f.Ref, OK: f.OK})
	case engine.Failed:
		v.r.rec.fail(v.r.net.Now(), v.node, v.conv, v.packet, f.Failure)
	default:
		return false
	}
	return true
}

// secret records a secret; the IDs that its inputs come from get the prefix
// when they are the engine's own.
func (v *voice) secret(s engine.Secret) {
	rec := v.r.rec
	s.ID = v.prefix + s.ID
	s.Inputs = append([]engine.Param(nil), s.Inputs...)
	for i, p := range s.Inputs {
		if local := v.prefix + p.From; p.From != "" && (rec.secrets[local] != nil || rec.buffers[local] != nil) {
			s.Inputs[i].From = local
		}
	}
	ts := &trace.Secret{Secret: s, Owner: v.node, Conv: v.conv}
	rec.secrets[s.ID] = ts
	rec.t.Secrets = append(rec.t.Secrets, ts)
	v.event(&trace.Event{Kind: trace.KindSecret, Text: s.Name + " derived", Ref: s.Ref, Secret: s.ID})
}

// buffer records a buffer. Its pieces of In and Out are placed when the run
// ends, since what is queued now may be sent later.
func (v *voice) buffer(b engine.Buffer) {
	b.ID = v.prefix + b.ID
	b.From = append([]engine.Piece(nil), b.From...)
	for i := range b.From {
		if n := b.From[i].Buffer; n != engine.In && n != engine.Out {
			b.From[i].Buffer = v.prefix + n
		}
	}
	if b.Crypt != nil && v.r.rec.secrets[v.prefix+b.Crypt.KeyID] != nil {
		c := *b.Crypt
		c.KeyID = v.prefix + c.KeyID
		b.Crypt = &c
	}
	tb := &trace.Buffer{Buffer: b, Owner: v.node, Time: v.r.net.Now()}
	v.r.rec.keep(tb)
	v.made = append(v.made, tb)
	if b.How == engine.Rejected {
		tb.Event = v.event(&trace.Event{Kind: trace.KindMade, Buffer: b.ID, Text: b.Name + " could not be opened", Detail: b.Why})
		return
	}
	tb.Event = len(v.r.rec.t.Events) - 1
}

// settle replaces pieces of In and Out by the packets that carried them. What
// a limit kept from ever being sent has none.
func (v *voice) settle() {
	for _, b := range v.made {
		var from []engine.Piece
		for _, p := range b.From {
			if p.Buffer == engine.In || p.Buffer == engine.Out {
				for _, q := range v.place(p) {
					if v.known(q.Buffer) {
						from = append(from, q)
					}
				}
				continue
			}
			from = append(from, p)
		}
		b.From = from
	}
	v.made = nil
}

// known reports whether a name is a packet's or a buffer's.
func (v *voice) known(name string) bool {
	return v.r.rec.names[name] != nil || v.r.rec.buffers[name] != nil
}
