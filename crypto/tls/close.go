package tls

import (
	"cipherglass/crypto/engine"
)

// alert takes an alert (RFC 8446, Section 6; RFC 5246, Section 7.2).
func (c *Conn) alert(content []byte, at place) *engine.Failure {
	c.effects.Add(engine.Made{Buffer: engine.Buffer{ID: "in/alert/" + afterSlash(at.buffer), Name: "Alert", How: engine.Reassembled, Proto: "tls.alert",
		Context: c.rec.context(ContentAlert, false, false), Data: content, From: []engine.Piece{{Buffer: at.buffer, Off: at.off, Len: len(content)}}}})
	if len(content) != 2 {
		return codeBadAlert.With(len(content)) // RFC 8446, Section 5.1: never fragmented, never together
	}
	level, description := content[0], content[1]
	name := AlertName(description)
	if name == "" {
		name = hexByte(description)
	}
	if description == AlertCloseNotify && c.hs.Connected() {
		c.closeNotify()
		return nil
	}
	// In TLS 1.3 the level does not count (RFC 8446, Section 6); before it,
	// warnings do not end anything.
	ignored := level == AlertLevelWarning && c.hs.version != TLS13 && description != AlertCloseNotify
	if ignored || description == AlertUserCanceled {
		c.hs.tell(c.stateName(), c.stateName(), "the peer's warning "+name+" changes nothing")
		return nil
	}
	row, _ := byCode(Alerts, uint16(description))
	f := codePeerAlert.With(name, row.Help)
	f.FromPeer = true
	return f
}

// closeNotify takes the peer's close_notify: it is answered, once, and the
// connection is over.
func (c *Conn) closeNotify() {
	if c.phase == open {
		c.hs.tell("CONNECTED", "CLOSED", "the peer sent close_notify, and this end answers with its own")
		c.sendAlert("close", AlertLevelWarning, AlertCloseNotify)
	} else {
		c.hs.tell("CLOSING", "CLOSED", "the peer's close_notify came")
	}
	c.phase = closed
}

// close begins the orderly end. Before the handshake is complete it cancels it.
func (c *Conn) close() {
	if c.phase != open {
		return
	}
	if !c.hs.Connected() {
		// RFC 8446, Section 6.1: user_canceled, then close_notify.
		c.hs.tell(c.stateName(), "CLOSED", "the application gave up during the handshake")
		c.sendAlert("close", AlertLevelWarning, AlertUserCanceled)
		c.sendAlert("close", AlertLevelWarning, AlertCloseNotify)
		c.phase = closed
		return
	}
	c.hs.tell("CONNECTED", "CLOSING", "the application is done: close_notify tells the peer that nothing was cut off")
	c.sendAlert("close", AlertLevelWarning, AlertCloseNotify)
	c.phase = closing
}

// end takes the end of the peer's stream.
func (c *Conn) end() *engine.Failure {
	if c.phase == closing {
		c.hs.tell("CLOSING", "CLOSED", "the peer's stream ended")
		c.phase = closed
		return nil
	}
	return codeStreamEnded.With(c.stateName())
}

// fail ends the connection with a failure, and tells the peer by an alert
// unless the peer told us.
func (c *Conn) fail(f *engine.Failure) {
	c.hs.tell(c.stateName(), "CLOSED", f.Sentence())
	c.effects.Add(engine.Failed{Failure: f})
	if code, ok := AlertByName(f.Code.Alert); ok && !f.FromPeer {
		c.sendAlert("alert1", AlertLevelFatal, code)
	}
	c.phase = closed
}

func (c *Conn) sendAlert(label string, level, description uint8) {
	at := c.rec.sendRecord(label, ContentAlert, []byte{level, description})
	c.effects.Add(engine.Made{Buffer: engine.Buffer{ID: "out/alert/" + afterSlash(at.buffer), Name: "Alert", How: engine.Composed, Proto: "tls.alert",
		Context: c.rec.context(ContentAlert, true, false), Data: []byte{level, description}, From: []engine.Piece{{Buffer: at.buffer, Off: at.off, Len: 2}}}})
}

// destroy drops all keys, at the end, and tells so. (What was told of them in
// Secret effects is the trace's copy.)
func (c *Conn) destroy() {
	if c.hs.sched13 != nil || c.hs.sched12 != nil {
		c.effects.Add(engine.Destroyed{IDs: c.secretIDs, Why: "the connection is over"})
	}
	c.effects.Add(engine.Closed{})
	c.hs.state, c.hs.sched13, c.hs.sched12 = over{}, nil, nil
	c.hs.writeSecret, c.hs.readSecret = trafficSecret{}, trafficSecret{}
	c.rec.write.prot, c.rec.read = nil, readHalf{}
	c.secretIDs = nil
}

// over is the end of every connection; nothing is awaited.
type over struct{}

func (over) name() string    { return "CLOSED" }
func (over) awaits() []uint8 { return nil }
func (over) receive(*Handshaker, *Handshake) (state, string, *engine.Failure) {
	return nil, "", nil // nothing is awaited, so nothing comes here
}
