// Package verify gets second opinions on a trace: from the engine that
// received, from gopacket, from our own decoder, from Go's crypto/tls in the
// other role, and in the browser from WebCrypto.
//
// Nobody checks what they built. Headers that gopacket built are checked by
// our decoder with its own checksum arithmetic; what our code made or changed
// (AH, ESP, fragments, forwarded and tampered packets, inner packets) is
// checked by gopacket. Each check has one of three answers: agreed, disagreed,
// or nobody could say, and why, which never counts as agreement.
package verify

import (
	"strings"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
	"cipherglass/playground/trace"
)

// Options are what some checks need beside the trace. The zero value will do.
type Options struct {
	Keys  map[string]string // pasted private keys, as run.Options
	Cache *pki.Cache
}

// Run is a verification in progress. It appends to the trace's Checks.
type Run struct {
	t     *trace.Trace
	opt   Options
	tasks []task
	index *index

	random    *engine.Random // as the trace's run had, once a task has asked
	store     pki.Identities
	playing   *dialogue // a separate run in progress
	cancelled bool
}

// task is a part of the work; each call does some milliseconds of it.
type task func(*Run) (done bool)

// whole is a task that is done in one go.
func whole(f func(*Run)) task { return func(v *Run) bool { f(v); return true } }

// Start begins to verify t. Nothing is checked until Step.
func Start(t *trace.Trace, opt Options) *Run {
	t.Checks = nil
	v := &Run{t: t, opt: opt, index: newIndex(t)}
	v.tasks = append(v.tasks, whole(receivers))
	const slice = 20
	for i := 0; i < len(t.Packets); i += slice {
		part := t.Packets[i:min(i+slice, len(t.Packets))]
		v.tasks = append(v.tasks, whole(func(v *Run) { headers(v, part) }))
	}
	for i := 0; i < len(t.Buffers); i += slice {
		part := t.Buffers[i:min(i+slice, len(t.Buffers))]
		v.tasks = append(v.tasks, whole(func(v *Run) { inner(v, part) }))
	}
	if t.Scenario != nil {
		for i := range t.Scenario.Conversations {
			c := &t.Scenario.Conversations[i]
			if c.Kind == "tls" && c.TLS != nil {
				v.tasks = append(v.tasks, peer(c, true), peer(c, false))
			}
		}
	}
	return v
}

// Step does one slice of the work, some milliseconds, and reports whether all
// of it is done.
func (v *Run) Step() (done bool) {
	if len(v.tasks) > 0 && v.tasks[0](v) {
		v.tasks = v.tasks[1:]
	}
	return len(v.tasks) == 0
}

// Cancel drops what is left to do: Step does no more, and Async stops without
// calling done.
func (v *Run) Cancel() {
	v.cancelled, v.tasks = true, nil
	if v.playing != nil {
		_ = v.playing.conn.Close() // crypto/tls's goroutine ends
	}
}

// All verifies t to the end with what is at hand at once; WebCrypto, where
// there is one, takes Async.
func All(t *trace.Trace, opt Options) {
	v := Start(t, opt)
	for !v.Step() {
	}
	if !HasWebCrypto() {
		v.Async(func() {})
	}
}

// Who checks, and what.
const (
	scopePacket   = "packet"
	scopeScenario = "scenario"

	byGopacket  = "gopacket"
	byDecoder   = "own decoder"
	byCryptoTLS = "crypto/tls"
	byWebCrypto = "WebCrypto"
	receiving   = " (receiving engine)"
)

func (v *Run) add(c trace.Check) { v.t.Checks = append(v.t.Checks, &c) }

func answer(ok bool) trace.Answer {
	if ok {
		return trace.Agreed
	}
	return trace.Disagreed
}

// Count tells how many of the trace's checks gave each answer.
func Count(t *trace.Trace) (agreed, disagreed, nobody int) {
	for _, c := range t.Checks {
		switch c.Answer {
		case trace.Agreed:
			agreed++
		case trace.Disagreed:
			disagreed++
		default:
			nobody++
		}
	}
	return agreed, disagreed, nobody
}

// index finds the packets that a buffer came in.
type index struct {
	t       *trace.Trace
	packets map[string]*trace.Packet
	buffers map[string]*trace.Buffer
	last    map[string]string
}

func newIndex(t *trace.Trace) *index {
	x := &index{t: t, packets: map[string]*trace.Packet{}, buffers: map[string]*trace.Buffer{}, last: map[string]string{}}
	for _, p := range t.Packets {
		x.packets[p.Name] = p
	}
	for _, b := range t.Buffers {
		x.buffers[b.ID] = b
	}
	return x
}

// lastPacket returns the packet that completed the buffer, the last that its
// pieces lead to, "" for none.
func (x *index) lastPacket(id string) string {
	if p, ok := x.last[id]; ok {
		return p
	}
	x.last[id] = "" // a buffer made of itself ends here
	b := x.buffers[id]
	if b == nil {
		return ""
	}
	var best string
	var at time.Duration = -1
	for _, piece := range b.From {
		name := piece.Buffer
		if x.packets[name] == nil {
			name = x.lastPacket(name)
		}
		if p := x.packets[name]; p != nil && p.Time >= at {
			best, at = name, p.Time
		}
	}
	x.last[id] = best
	return best
}

// Unexpected returns the checks that disagree although neither a fault of the
// scenario nor the failure that it expects explains it.
func Unexpected(t *trace.Trace) []*trace.Check {
	tampered := false
	for _, f := range t.Faults {
		tampered = tampered || f.Applied
	}
	refused := t.Outcome.OK && t.Outcome.Code != "complete"
	var list []*trace.Check
	for _, c := range t.Checks {
		if c.Answer != trace.Disagreed || c.Scope == scopePacket && (tampered || refused && isReceiver(c)) {
			continue
		}
		list = append(list, c)
	}
	return list
}

func isReceiver(c *trace.Check) bool { return strings.HasSuffix(c.By, receiving) }
