package run

import (
	"fmt"
	"strings"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/playground/sim"
	"cipherglass/playground/trace"
)

// end is one engine at a node, joined to a TCP connection and an application.
// It feeds the engine what happens and turns its effects into packets, timers
// and trace.
type end struct {
	voice
	eng    engine.Engine
	app    application
	conn   sim.Conn
	queue  []queued
	busy   bool
	timer  time.Duration // the deadline that a timer is set for, 0 for none
	open   bool          // the engine said Connected
	closed bool
	failed *engine.Failure
	facts  []engine.Fact
}

type queued struct {
	in     engine.Input
	packet string
}

// application is what talks over an engine.
type application interface {
	connected(e *end)
	deliver(e *end, data []byte)
}

func (r *Runner) newEnd(node, conv string, eng engine.Engine, app application) *end {
	e := &end{voice: voice{r: r, node: node, conv: conv, prefix: node + "/" + conv + "/"}, eng: eng, app: app}
	e.place = e.placeStream
	r.voices = append(r.voices, &e.voice)
	return e
}

// step gives the engine one input, and then those that follow from it.
func (e *end) step(in engine.Input, packet string) {
	e.queue = append(e.queue, queued{in, packet})
	if e.busy {
		return
	}
	e.busy = true
	var out engine.Effects
	for len(e.queue) > 0 {
		q := e.queue[0]
		e.queue = e.queue[1:]
		e.packet = q.packet
		out.Reset()
		e.eng.Step(e.r.net.Now(), q.in, &out)
		for _, f := range out.List {
			e.apply(f)
		}
		e.schedule()
	}
	e.busy = false
	e.packet = ""
}

// schedule sets a timer for the engine's deadline.
func (e *end) schedule() {
	at, ok := e.eng.Deadline()
	if !ok || at == e.timer {
		return
	}
	e.timer = at
	e.r.net.At(at, func() {
		if now, ok := e.eng.Deadline(); ok && now == at {
			e.timer = 0
			e.step(engine.Input{Kind: engine.Timer}, "")
		}
	})
}

// apply carries out one effect.
func (e *end) apply(f engine.Effect) {
	switch f := f.(type) {
	case engine.Send:
		e.conn.Write(f.Label, f.Data)
	case engine.Deliver:
		e.event(&trace.Event{Kind: trace.KindDeliver, Text: fmt.Sprintf("%d bytes for the application", len(f.Data))})
		e.app.deliver(e, f.Data)
	case engine.Connected:
		e.open, e.facts = true, f.Summary
		e.event(&trace.Event{Kind: trace.KindConnected, Text: "handshake complete", Facts: f.Summary, Detail: factLine(f.Summary)})
		e.app.connected(e)
	case engine.Closed:
		if !e.closed {
			e.closed = true
			e.conn.CloseWrite()
		}
	default:
		if f, is := f.(engine.Failed); is && e.failed == nil {
			e.failed = f.Failure
		}
		e.tell(f)
	}
}

// fail ends the end's part for a reason of the application or the network.
func (e *end) fail(f *engine.Failure, packet string) {
	if e.failed == nil {
		e.failed = f
	}
	e.r.rec.fail(e.r.net.Now(), e.node, e.conv, packet, f)
}

// placeStream finds the packets that carried a piece of the stream.
func (e *end) placeStream(p engine.Piece) []engine.Piece {
	if e.conn == nil {
		return nil
	}
	spans := e.conn.Sent
	if p.Buffer == engine.In {
		spans = e.conn.Received
	}
	pieces := pieceSpans(spans(p.Off, p.Len))
	for i := range pieces {
		pieces[i].Buffer = e.r.resolve(e.node, pieces[i].Buffer)
	}
	return pieces
}

func factLine(facts []engine.Fact) string {
	var parts []string
	for _, f := range facts {
		if f.Value != "" {
			parts = append(parts, f.Name+" "+f.Value)
		}
	}
	return strings.Join(parts, ", ")
}
