package tls

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"cipherglass/crypto/engine"
)

// Conn is one end of a TLS connection over a stream, an engine.Engine: a
// Handshaker and the record layer that carries it.
//
// Start makes a client begin. Do takes "key_update" and "key_update_request"
// (TLS 1.3). Its Sends are labelled flight1, flight2, ... for the handshake,
// data1, ... for each Write, key_update1, ..., alert1 for the alert that ends
// a failed connection, and close for close_notify.
//
// Its buffers, both ways ("in/" or "out/"): record/N for each record of the
// stream, plain/N for what that record was sealed from or opened to, msg/N for
// each handshake message, alert/N and data/N for the content of record N, and
// signed for the bytes under the server's signature.
//
// The peer's close_notify is answered with one at once, in both versions (RFC
// 5246, Section 7.2.1, asks for it; RFC 8446, Section 6.1, allows it), and ends
// the connection. An own close_notify ends it when the peer's has come, or its
// stream has ended.
type Conn struct {
	cfg       Config
	server    bool
	hs        *Handshaker
	rec       records
	effects   engine.Effects
	phase     phase
	flights   int
	inFlight  bool // this Step has begun a flight
	writes    int
	updates   int
	secretIDs []string
}

// phase is where the connection is, beside its handshake.
type phase uint8

const (
	open    phase = iota
	closing       // an own close_notify is sent, the peer's is awaited
	closed
)

// NewClient returns a client; a Start input makes it begin.
func NewClient(cfg Config) *Conn { return newConn(cfg, false) }

// NewServer returns a server.
func NewServer(cfg Config) *Conn { return newConn(cfg, true) }

func newConn(cfg Config, server bool) *Conn {
	if cfg.Random == nil {
		cfg.Random = engine.NewRandom("", nil)
	}
	c := &Conn{cfg: cfg, server: server}
	c.effects.List = make([]engine.Effect, 0, 96) // about what a flight makes
	c.rec.effects, c.rec.server = &c.effects, server
	c.rec.write.coalesce = cfg.Coalesce
	// RFC 8446, Section 5.1: a first ClientHello may say 0x0301, and old
	// servers like it so.
	c.rec.write.header = TLS10
	if server {
		c.rec.write.header = TLS12
	}
	c.hs = newHandshaker(&c.cfg, server, Dialect{}, carrier{c}, &c.effects)
	return c
}

// Step handles one input.
func (c *Conn) Step(now time.Duration, in engine.Input, out *engine.Effects) {
	over := c.phase == closed
	c.hs.now = c.cfg.Clock.Add(now)
	c.inFlight = false
	if f := c.input(in); f != nil {
		c.fail(f)
	}
	c.rec.flush()
	for _, e := range c.effects.List {
		if s, ok := e.(engine.Secret); ok {
			c.secretIDs = append(c.secretIDs, s.ID)
		}
	}
	if c.phase == closed && !over {
		c.destroy()
	}
	out.List = append(slices.Grow(out.List, len(c.effects.List)), c.effects.List...)
	clear(c.effects.List)
	c.effects.Reset()
}

// Deadline is never: TLS over a stream has no timers.
func (c *Conn) Deadline() (time.Duration, bool) { return 0, false }

// Connected reports whether the handshake is complete and the connection open.
func (c *Conn) Connected() bool { return c.hs.Connected() && c.phase == open }

// Closed reports whether the connection is over.
func (c *Conn) Closed() bool { return c.phase == closed }

// ClientRandom is the ClientHello's random value, by which key logs name the
// connection; nil before there is one.
func (c *Conn) ClientRandom() []byte { return c.hs.clientRnd }

// Version is the negotiated version, 0 before.
func (c *Conn) Version() uint16 { return c.hs.version }

// Suite is the negotiated cipher suite, 0 before.
func (c *Conn) Suite() uint16 { return c.hs.suite.Code }

// Facts are what was negotiated so far, as Connected tells it.
func (c *Conn) Facts() []engine.Fact { return c.hs.facts }

func (c *Conn) input(in engine.Input) *engine.Failure {
	if c.phase == closed {
		if in.Kind == engine.Write || in.Kind == engine.Do {
			c.effects.Add(engine.Failed{Failure: codeNotConnected.With(inputWords(in), "CLOSED")})
		}
		return nil // what comes late is not looked at
	}
	switch in.Kind {
	case engine.Start:
		return c.hs.Start()
	case engine.Receive:
		c.rec.feed(in.Data)
		return c.receive()
	case engine.End:
		return c.end()
	case engine.Write, engine.Do:
		if !c.Connected() {
			// Not fatal: the handshake goes on.
			c.effects.Add(engine.Failed{Failure: codeNotConnected.With(inputWords(in), c.stateName())})
			return nil
		}
		if in.Kind == engine.Write {
			c.write(in.Data)
			return nil
		}
		return c.do(in.Command)
	case engine.Close:
		c.close()
	}
	return nil
}

func inputWords(in engine.Input) string {
	if in.Kind == engine.Do {
		return "The command " + in.Command
	}
	return "Sending data"
}

func (c *Conn) stateName() string {
	switch c.phase {
	case closed:
		return "CLOSED"
	case closing:
		return "CLOSING"
	}
	return c.hs.state.name()
}

// receive takes all whole records.
func (c *Conn) receive() *engine.Failure {
	for c.phase != closed {
		typ, content, at, more, f := c.rec.next()
		if f != nil || !more {
			return f
		}
		if f := c.record(typ, content, at); f != nil {
			return f
		}
	}
	return nil
}

func (c *Conn) record(typ uint8, content []byte, at place) *engine.Failure {
	if len(c.rec.read.pending) > 0 && typ != ContentHandshake && typ != ContentAlert {
		return codeInterleaved.With(contentTypeWords(typ)) // RFC 8446, Section 5.1
	}
	switch typ {
	case ContentHandshake:
		if len(content) == 0 {
			return codeEmptyRecord.With("handshake") // RFC 8446, Section 5.1
		}
		if _, waits := c.hs.state.(*waitCCS12); waits {
			// RFC 5246, Section 7.1: ChangeCipherSpec comes before Finished.
			return codeUnexpectedRecord.With("handshake", c.hs.state.name())
		}
		c.rec.addHandshake(content, at)
		return c.messages()
	case ContentAlert:
		return c.alert(content, at)
	case ContentChangeCipherSpec:
		return c.changeCipherSpec(content, at)
	case ContentApplicationData:
		return c.data(content, at)
	}
	return codeUnknownContentType.With(contentTypeWords(typ))
}

// messages hands over the whole handshake messages that have come.
func (c *Conn) messages() *engine.Failure {
	for {
		msg, f := c.rec.nextMessage()
		if f != nil || msg == nil {
			return f
		}
		if c.phase == closing {
			continue // the peer's last words; nothing is answered
		}
		before := c.hs.Connected()
		if f := c.hs.Receive(msg); f != nil {
			return f
		}
		if c.hs.Connected() && !before {
			c.tellConnected()
		}
	}
}

// factOrder is the order in which Connected tells what was negotiated.
var factOrder = [...]string{"version", "cipher_suite", "key_exchange", "group", "signature_algorithm", "extended_master_secret", "server_name", "alpn", "client_random"}

func (c *Conn) tellConnected() {
	c.hs.fact("client_random", hex.EncodeToString(c.hs.clientRnd))
	facts := make([]engine.Fact, 0, len(c.hs.facts))
	for _, name := range factOrder {
		for _, f := range c.hs.facts {
			if f.Name == name {
				facts = append(facts, f)
			}
		}
	}
	c.hs.facts = facts
	c.effects.Add(engine.Connected{Summary: facts})
}

// changeCipherSpec takes a ChangeCipherSpec record. TLS 1.3 ignores it while
// the handshake goes on, if it is plaintext and right (RFC 8446, Section 5).
func (c *Conn) changeCipherSpec(content []byte, at place) *engine.Failure {
	if len(content) != 1 || content[0] != 1 {
		return codeBadChangeCipherSpec.With("0x" + hex.EncodeToString(content[:min(len(content), 8)]))
	}
	plain := c.rec.read.prot == nil || at.off == RecordHeaderLen
	waits := c.hs.version == TLS13 || !c.server && c.hs.version == 0 && c.hs.offers13()
	if waits && plain && !c.hs.Connected() && c.hs.clientRnd != nil {
		return nil
	}
	before := c.hs.Connected()
	if f := c.hs.ReceiveChangeCipherSpec(); f != nil {
		return f
	}
	if c.hs.Connected() && !before {
		c.tellConnected()
	}
	return nil
}

// data takes application data.
func (c *Conn) data(content []byte, at place) *engine.Failure {
	if !c.hs.Connected() || c.rec.read.prot == nil {
		return codeUnexpectedRecord.With("application_data", c.hs.state.name())
	}
	if len(content) > 0 {
		c.effects.Add(engine.Made{Buffer: engine.Buffer{ID: "in/data/" + afterSlash(at.buffer), Name: "application data", How: engine.Reassembled, Proto: "tls.appdata",
			Context: c.rec.context(ContentApplicationData, false, false), Data: content, From: []engine.Piece{{Buffer: at.buffer, Off: at.off, Len: len(content)}}}})
		c.effects.Add(engine.Deliver{Data: content})
	}
	return nil
}

// write sends application data, in records of at most 2^14 bytes.
func (c *Conn) write(data []byte) {
	c.writes++
	label := "data" + strconv.Itoa(c.writes)
	data = bytes.Clone(data) // the buffers keep it, the caller does too
	c.rec.grow(len(data))
	for len(data) > 0 {
		n := min(len(data), MaxPlaintext)
		at := c.rec.sendRecord(label, ContentApplicationData, data[:n])
		c.effects.Add(engine.Made{Buffer: engine.Buffer{ID: "out/data/" + afterSlash(at.buffer), Name: "application data", How: engine.Composed, Proto: "tls.appdata",
			Context: c.rec.context(ContentApplicationData, true, false), Data: data[:n:n], From: []engine.Piece{{Buffer: at.buffer, Off: at.off, Len: n}}}})
		data = data[n:]
	}
}

// do performs a command.
func (c *Conn) do(command string) *engine.Failure {
	if (command == "key_update" || command == "key_update_request") && c.hs.version == TLS13 {
		return c.hs.UpdateKeys(command == "key_update_request")
	}
	c.effects.Add(engine.Failed{Failure: codeNotPossible.With(command, VersionName(c.hs.version))})
	return nil
}

// afterSlash is the number at the end of a buffer's ID.
func afterSlash(id string) string {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i] == '/' {
			return id[i+1:]
		}
	}
	return id
}

// carrier is the Conn as its Handshaker sees it.
type carrier struct{ c *Conn }

func (k carrier) label(name string) string {
	c := k.c
	if name == "KeyUpdate" {
		c.updates++
		return "key_update" + strconv.Itoa(c.updates)
	}
	if !c.inFlight {
		c.inFlight = true
		c.flights++
	}
	return "flight" + strconv.Itoa(c.flights)
}

func (k carrier) SendMessage(name string, msg []byte) {
	k.c.rec.sendMessage(k.label(name), name, msg)
	k.c.rec.write.header = TLS12
}

func (k carrier) SendChangeCipherSpec() {
	// In TLS 1.3 it is never protected (RFC 8446, Section 5).
	rec := &k.c.rec
	rec.flushMessages()
	prot := rec.write.prot
	if prot.Inner13() {
		rec.write.prot = nil
	}
	rec.sendRecord(k.label(""), ContentChangeCipherSpec, []byte{1})
	rec.write.prot = prot
}

func (k carrier) SetWriteKeys(keys *RecordKeys) *engine.Failure { return k.c.rec.setWrite(keys) }

func (k carrier) SetReadKeys(keys *RecordKeys, cause string) *engine.Failure {
	return k.c.rec.setRead(keys, cause)
}

func (k carrier) Negotiated(version, suite uint16) {
	k.c.rec.version, k.c.rec.suite = version, suite
}
