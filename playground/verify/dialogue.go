package verify

import (
	"bytes"
	gotls "crypto/tls"
	"fmt"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/tls"
	"cipherglass/playground/run"
)

// outcome is what came of one separate run.
type outcome struct {
	connected bool
	echoed    bool
	failure   *engine.Failure // ours
	goErr     error           // crypto/tls's
}

var hello, answerText = []byte("ping through a separate run"), []byte("pong through a separate run")

// dialogue is our engine talking with crypto/tls, which runs in a goroutine of
// its own for as long as ours waits for it.
type dialogue struct {
	e       engine.Engine
	conn    *pipeEnd
	client  bool
	theirs  chan error
	started bool
	queue   []engine.Input
	o       outcome
}

// start connects our engine to crypto/tls.
func (p *peering) start(weAreClient bool) (*dialogue, error) {
	end, node := &p.c.TLS.Server, p.c.To
	if weAreClient {
		end, node = &p.c.TLS.Client, p.c.From
	}
	cfg, err := run.TLSConfig(end, node, p.c.Name, p.random, p.store, p.clock)
	if err != nil {
		return nil, err
	}
	if p.failure == nil {
		p.restrict(&cfg, weAreClient)
	}
	theirs, err := p.goConfig(!weAreClient)
	if err != nil {
		return nil, err
	}
	ours, other := pipe()
	d := &dialogue{conn: ours, client: weAreClient, theirs: make(chan error, 1)}
	if weAreClient {
		d.e = tls.NewClient(cfg)
	} else {
		d.e = tls.NewServer(cfg)
	}
	go func() {
		defer func() {
			if x := recover(); x != nil {
				d.theirs <- fmt.Errorf("crypto/tls panicked: %v", x)
				_ = other.Close()
			}
		}()
		err := talkGo(other, theirs, weAreClient)
		other.closeWrite()
		d.theirs <- err
	}()
	return d, nil
}

// next does our next step, after crypto/tls's, and reports whether it was the
// last.
func (d *dialogue) next() (ended bool) {
	if !d.started {
		d.started = true
		return d.step(engine.Input{Kind: engine.Start})
	}
	buf := make([]byte, 1<<14)
	n, err := d.conn.Read(buf)
	if err != nil {
		d.step(engine.Input{Kind: engine.End})
		return true
	}
	return d.step(engine.Input{Kind: engine.Receive, Data: buf[:n]})
}

// result ends the dialogue and tells how it went.
func (d *dialogue) result() outcome {
	d.conn.closeWrite()
	d.o.goErr = <-d.theirs
	return d.o
}

// step gives our engine an input, and does what it asks for.
func (d *dialogue) step(in engine.Input) (closed bool) {
	d.queue = append(d.queue, in)
	for len(d.queue) > 0 {
		in := d.queue[0]
		d.queue = d.queue[1:]
		var out engine.Effects
		d.e.Step(0, in, &out)
		for _, f := range out.List {
			switch f := f.(type) {
			case engine.Send:
				_, _ = d.conn.Write(f.Data)
			case engine.Connected:
				d.o.connected = true
				if d.client {
					d.queue = append(d.queue, engine.Input{Kind: engine.Write, Data: hello})
				}
			case engine.Deliver:
				if d.client {
					d.o.echoed = bytes.Equal(f.Data, answerText)
					d.queue = append(d.queue, engine.Input{Kind: engine.Close})
				} else {
					d.o.echoed = bytes.Equal(f.Data, hello)
					d.queue = append(d.queue, engine.Input{Kind: engine.Write, Data: answerText})
				}
			case engine.Failed:
				if d.o.failure == nil {
					d.o.failure = f.Failure
				}
			case engine.Closed:
				closed = true
			}
		}
	}
	return closed
}

// talkGo is crypto/tls's side: an echo of one message.
func talkGo(conn *pipeEnd, cfg *gotls.Config, server bool) error {
	buf := make([]byte, 256)
	if server {
		c := gotls.Server(conn, cfg)
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		if !bytes.Equal(buf[:n], hello) {
			return fmt.Errorf("crypto/tls read %q", buf[:n])
		}
		if _, err := c.Write(answerText); err != nil {
			return err
		}
		return c.CloseWrite()
	}
	c := gotls.Client(conn, cfg)
	if _, err := c.Write(hello); err != nil {
		return err
	}
	n, err := c.Read(buf)
	if err != nil {
		return err
	}
	if !bytes.Equal(buf[:n], answerText) {
		return fmt.Errorf("crypto/tls read %q", buf[:n])
	}
	return c.CloseWrite()
}
