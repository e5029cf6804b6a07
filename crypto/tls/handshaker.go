package tls

import (
	"hash"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
	"cipherglass/crypto/wire"
)

// Carrier carries a Handshaker's messages and protects them: the records of a
// stream (Conn), or datagrams.
type Carrier interface {
	// SendMessage sends a whole handshake message, header included.
	SendMessage(name string, msg []byte)
	// SendChangeCipherSpec sends what it says: in TLS 1.2 before the keys
	// change, in TLS 1.3 for middleboxes.
	SendChangeCipherSpec()
	// SetWriteKeys protects what is sent from here on, SetReadKeys what is
	// received; cause names the message that changed the keys.
	SetWriteKeys(keys *RecordKeys) *engine.Failure
	SetReadKeys(keys *RecordKeys, cause string) *engine.Failure
	// Negotiated tells version and suite as soon as they are settled.
	Negotiated(version, suite uint16)
}

// Dialect is what differs between TLS and DTLS in a handshake. The zero value
// is TLS.
type Dialect struct {
	LabelPrefix string // of HKDF-Expand-Label, "" for "tls13 "; DTLS 1.3: "dtls13" (RFC 9147, Section 5.9)
	// Transcribe gives what a message adds to the transcript, nil for itself:
	// DTLS 1.2 adds its own header (RFC 6347, Section 4.2.6).
	Transcribe func(msg []byte, sent bool) []byte
}

// Handshaker is one end of a handshake: whole messages come in; messages, keys
// and failures go out. It knows nothing of records, sequence numbers or
// alerts on the wire.
type Handshaker struct {
	cfg     *Config
	server  bool
	dialect Dialect
	carrier Carrier
	effects *engine.Effects
	now     time.Time

	state      state
	transcript transcript
	version    uint16
	suite      CipherSuite
	sched13    *schedule13
	sched12    *schedule12
	facts      []engine.Fact
	clientRnd  []byte

	// TLS 1.3, once connected: the secrets that KeyUpdate replaces.
	writeSecret, readSecret trafficSecret
}

// state is one state of a handshake, named as in RFC 8446, Appendix A. It
// holds what that state needs, and no more.
type state interface {
	name() string
	// awaits lists the handshake types that may come.
	awaits() []uint8
	// receive takes one of them, and returns the next state and why it came.
	receive(h *Handshaker, m *Handshake) (next state, why string, f *engine.Failure)
}

// newHandshaker returns one end in state START.
func newHandshaker(cfg *Config, server bool, dialect Dialect, carrier Carrier, effects *engine.Effects) *Handshaker {
	if dialect.LabelPrefix == "" {
		dialect.LabelPrefix = "tls13 "
	}
	h := &Handshaker{cfg: cfg, server: server, dialect: dialect, carrier: carrier, effects: effects}
	h.transcript.transcribe = dialect.Transcribe
	h.facts = make([]engine.Fact, 0, len(factOrder))
	h.state = clientStart{}
	if server {
		h.state = serverStart{}
	}
	return h
}

// Start begins: a client sends its ClientHello.
func (h *Handshaker) Start() *engine.Failure {
	if h.server {
		return nil
	}
	next, why, f := h.sendClientHello()
	if f == nil {
		h.move(next, why)
	}
	return f
}

// Receive takes one whole handshake message.
func (h *Handshaker) Receive(msg []byte) *engine.Failure {
	typ := msg[0]
	if typ == TypeHelloRequest && !h.server && h.version != TLS13 {
		return nil // RFC 5246, Section 7.4.1.1: may be ignored, and never enters the transcript
	}
	if !has(h.state.awaits(), typ) {
		if typ == TypeClientHello && h.Connected() && h.version == TLS12 {
			return codeNoRenegotiation.With("ClientHello")
		}
		return codeUnexpectedMessage.With(messageWords(typ), h.state.name(), awaited(h.state))
	}
	m, err := ParseHandshake(msg, Context{Version: h.version, Suite: h.suite.Code, FromServer: !h.server})
	if err != nil {
		return decodeFailure(MessageName(typ), err)
	}
	next, why, f := h.state.receive(h, m)
	if f != nil {
		return f
	}
	h.move(next, why)
	return nil
}

// ReceiveChangeCipherSpec takes a ChangeCipherSpec. Only TLS 1.2 waits for one.
func (h *Handshaker) ReceiveChangeCipherSpec() *engine.Failure {
	s, ok := h.state.(*waitCCS12)
	if !ok {
		return codeUnexpectedRecord.With("change_cipher_spec", h.state.name())
	}
	next, why, f := s.changeCipherSpec(h)
	if f != nil {
		return f
	}
	h.move(next, why)
	return nil
}

// Connected reports whether the handshake is complete.
func (h *Handshaker) Connected() bool {
	_, ok := h.state.(*connected)
	return ok
}

// move goes to the next state and says why; a nil next stays.
func (h *Handshaker) move(next state, why string) {
	if next == nil {
		return
	}
	h.tell(h.state.name(), next.name(), why)
	h.state = next
}

func (h *Handshaker) tell(from, to, why string) {
	h.effects.Add(engine.State{From: from, To: to, Why: why, Ref: h.stateRef()})
}

func (h *Handshaker) stateRef() string {
	switch {
	case h.version == TLS12:
		return "RFC 5246, Section 7.3"
	case h.server:
		return "RFC 8446, Appendix A.2"
	}
	return "RFC 8446, Appendix A.1"
}

// send encodes a message, adds it to the transcript and sends it.
func (h *Handshaker) send(typ uint8, body wire.Message) *engine.Failure {
	room := 384 // enough for most messages
	if cert, ok := body.(*Certificate); ok {
		for _, e := range cert.CertificateList {
			room += len(e.CertData)
		}
	}
	msg, err := AppendHandshake(make([]byte, 0, room), typ, body, Context{Version: h.version, Suite: h.suite.Code, FromServer: h.server})
	if err != nil {
		return codeInternal.With(err)
	}
	h.transcript.add(h.transcriptName(typ, h.server), msg, true)
	h.carrier.SendMessage(MessageName(typ), msg)
	return nil
}

// heard adds a received message to the transcript, as it came.
func (h *Handshaker) heard(m *Handshake) {
	h.transcript.add(h.transcriptName(m.Type, !h.server), m.Raw, false)
}

// transcriptName tells the Finished messages of the two ends apart.
func (h *Handshaker) transcriptName(typ uint8, server bool) string {
	switch {
	case typ != TypeFinished && typ != TypeCertificate:
		return MessageName(typ)
	case server:
		return "server " + MessageName(typ)
	}
	return "client " + MessageName(typ)
}

// settle notes what was negotiated.
func (h *Handshaker) settle(version uint16, suite CipherSuite) {
	h.version, h.suite = version, suite
	h.transcript.start(kdf.HashOf(suite.Hash))
	h.carrier.Negotiated(version, suite.Code)
	h.fact("version", VersionName(version))
	h.fact("cipher_suite", suite.Name)
}

func (h *Handshaker) fact(name, value string) {
	h.facts = append(h.facts, engine.Fact{Name: name, Value: value})
}

func (h *Handshaker) check(name string, ok bool, detail, ref, field string) {
	h.effects.Add(engine.Checked{Name: name, OK: ok, Detail: detail, Ref: ref, Field: field})
}

// transcript is the hash over all handshake messages so far (RFC 8446,
// Section 4.4.1), as they were on the wire. Until the suite is known, and with
// it the hash, it keeps the messages themselves.
type transcript struct {
	transcribe  func(msg []byte, sent bool) []byte
	hash        hash.Hash
	early       []byte
	first, last string
}

func (t *transcript) add(name string, msg []byte, sent bool) {
	if t.transcribe != nil {
		msg = t.transcribe(msg, sent)
	}
	if t.first == "" {
		t.first = name
	}
	t.last = name
	if t.hash == nil {
		t.early = append(t.early, msg...)
		return
	}
	t.hash.Write(msg)
}

func (t *transcript) start(h kdf.Hash) {
	t.hash = h.New()
	t.hash.Write(t.early)
	t.early = nil
}

// value is the hash so far, with the messages that it covers.
func (t *transcript) value() kdf.Value {
	return kdf.Value{Bytes: t.hash.Sum(nil), Note: "Transcript-Hash(" + t.first + ".." + t.last + ")"}
}

func messageWords(typ uint8) string {
	if n := MessageName(typ); n != "" {
		return n
	}
	return "handshake (type " + hexByte(typ) + ")"
}

func hexByte(b uint8) string {
	const digits = "0123456789abcdef"
	return "0x" + string(digits[b>>4]) + string(digits[b&15])
}

func awaited(s state) string {
	types := s.awaits()
	if len(types) == 0 {
		return "something else"
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = MessageName(t)
	}
	return words(names)
}

// decodeFailure tells of a message that cannot be read. A request_update
// other than 0 and 1 is an illegal_parameter (RFC 8446, Section 4.6.3).
func decodeFailure(name string, err error) *engine.Failure {
	if name == "KeyUpdate" {
		if e, ok := err.(*wire.Error); ok && e.Field == "request_update" && e.What == "must be 0 or 1" {
			return codeIllegalParameter.With("KeyUpdate", "another request_update", "it must be 0 or 1")
		}
	}
	return codeDecodeError.With(name, err)
}
