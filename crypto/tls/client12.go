package tls

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
)

// The client of TLS 1.2 (RFC 5246, Section 7.3), which has no state diagram;
// states are named as in TLS 1.3. Brackets: ECDHE only, or if asked.
//
//	Client                                        Server
//
//	ClientHello           -------->
//	WAIT_SH               <--------          ServerHello
//	WAIT_CERT             <--------          Certificate
//	WAIT_SKE              <--------   [ServerKeyExchange]
//	WAIT_SHD              <--------  [CertificateRequest]
//	                      <--------      ServerHelloDone
//	[Certificate]
//	ClientKeyExchange
//	[ChangeCipherSpec]
//	Finished              -------->
//	WAIT_CCS              <--------   [ChangeCipherSpec]
//	WAIT_FINISHED         <--------             Finished
//	CONNECTED
type flight12 struct {
	*offer
	ems  bool
	cert *x509.Certificate
	ske  *ServerKeyExchange
}

// receive12 takes a ServerHello of TLS 1.2 (RFC 5246, Section 7.4.1.3).
func (s *waitServerHello) receive12(h *Handshaker, m *Handshake, sh *ServerHello, suite CipherSuite) (state, string, *engine.Failure) {
	types := s.types
	if has(s.hello.CipherSuites, TLS_EMPTY_RENEGOTIATION_INFO_SCSV) {
		s.types = append(types[:len(types):len(types)], ExtRenegotiationInfo) // the signal asks for it too: RFC 5746, Section 3.4
	}
	if f := s.allowed("ServerHello", sh.Extensions, func(typ uint16) bool { return typ != ExtKeyShare && typ != ExtSupportedVersions }); f != nil {
		return nil, "", f
	}
	if x, ok := Find[*RenegotiationInfo](sh.Extensions); ok && len(x.RenegotiatedConnection) > 0 {
		return nil, "", codeRenegotiation.With(len(x.RenegotiatedConnection))
	}
	if x, ok := Find[*ECPointFormats](sh.Extensions); ok && !has(x.Formats, 0) {
		return nil, "", codeIllegalParameter.With("ServerHello", "ec_point_formats without uncompressed", "every end must take that (RFC 8422, Section 5.1.2)")
	}
	if n := len(s.hello.LegacySessionID); n > 0 && string(sh.LegacySessionIDEcho) == string(s.hello.LegacySessionID) {
		return nil, "", codeIllegalParameter.With("ServerHello", "the client's session_id", "it would resume a session that never was")
	}
	if f := h.chosenProtocol("ServerHello", sh.Extensions); f != nil {
		return nil, "", f
	}
	h.settle(TLS12, suite)
	h.heard(m)
	_, ems := Has(sh.Extensions, ExtExtendedMasterSecret)
	h.begin12(suite, s.hello.Random, sh.Random, ems)
	why := fmt.Sprintf("ServerHello chose TLS 1.2 and %s", suite.Name)
	return &waitCertificate12{flight12{offer: s.offer, ems: ems}}, why, nil
}

// begin12 starts the key schedule.
func (h *Handshaker) begin12(suite CipherSuite, client, server []byte, ems bool) {
	h.sched12 = &schedule12{hash: kdf.HashOf(suite.Hash), suite: suite, out: h.effects,
		client: kdf.Value{Bytes: client, Note: "ClientHello.random"}, server: kdf.Value{Bytes: server, Note: "ServerHello.random"}}
	h.fact("key_exchange", suite.KeyExchange.String())
	if ems {
		h.fact("extended_master_secret", "yes")
	} else {
		h.fact("extended_master_secret", "no")
	}
}

// waitCertificate12 is WAIT_CERT.
type waitCertificate12 struct{ flight12 }

func (*waitCertificate12) name() string    { return "WAIT_CERT" }
func (*waitCertificate12) awaits() []uint8 { return []uint8{TypeCertificate} }

func (s *waitCertificate12) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	cert, f := h.checkCertificate(m.Body.(*Certificate))
	if f != nil {
		return nil, "", f
	}
	if keyAuth(cert.PublicKey) != h.suite.Auth {
		return nil, "", codeWrongKeyType.With("a key "+keyWords(cert.PublicKey), h.suite.Name)
	}
	h.heard(m)
	s.cert = cert
	why := fmt.Sprintf("the certificate of %s is accepted", cert.Subject)
	if h.suite.KeyExchange == RSA {
		return &waitServerHelloDone12{s.flight12, false}, why, nil
	}
	return &waitServerKeyExchange12{s.flight12}, why, nil
}

// waitServerKeyExchange12 is WAIT_SKE, for ECDHE.
type waitServerKeyExchange12 struct{ flight12 }

func (*waitServerKeyExchange12) name() string    { return "WAIT_SKE" }
func (*waitServerKeyExchange12) awaits() []uint8 { return []uint8{TypeServerKeyExchange} }

func (s *waitServerKeyExchange12) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	ske := m.Body.(*ServerKeyExchange)
	group := named16(ske.NamedCurve, GroupName)
	if !has(h.cfg.Groups, ske.NamedCurve) {
		return nil, "", codeIllegalParameter.With("ServerKeyExchange", "a key of "+group, "the client did not offer it")
	}
	if _, _, ok := curveOf(ske.NamedCurve); !ok {
		return nil, "", codeCannotPerform.With("group", group)
	}
	if f := h.verifyContent("ServerKeyExchange", ske.Algorithm, s.cert, h.signedContent12(ske), ske.Signature); f != nil {
		return nil, "", f
	}
	h.fact("group", group)
	h.heard(m)
	s.ske = ske
	return &waitServerHelloDone12{s.flight12, false}, "the server's fresh key of " + group + " is signed by its certificate's key", nil
}

// signedContent12 is what the server's signature covers (RFC 5246, Section
// 7.4.3).
func (h *Handshaker) signedContent12(ske *ServerKeyExchange) []byte {
	b := append(append(make([]byte, 0, 160), h.sched12.client.Bytes...), h.sched12.server.Bytes...)
	return append(b, ske.Params()...)
}

// waitServerHelloDone12 is WAIT_SHD.
type waitServerHelloDone12 struct {
	flight12
	asked bool // for a certificate
}

func (*waitServerHelloDone12) name() string { return "WAIT_SHD" }
func (s *waitServerHelloDone12) awaits() []uint8 {
	if s.asked {
		return []uint8{TypeServerHelloDone}
	}
	return []uint8{TypeServerHelloDone, TypeCertificateRequest}
}

func (s *waitServerHelloDone12) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	h.heard(m)
	if m.Type == TypeCertificateRequest {
		return &waitServerHelloDone12{s.flight12, true}, "the server asks for a certificate, which this client has not", nil
	}
	if s.asked {
		// RFC 5246, Section 7.4.6: a client without a certificate says so.
		if f := h.send(TypeCertificate, &Certificate{}); f != nil {
			return nil, "", f
		}
	}
	pre, cke, f := s.keyExchange(h)
	if f != nil {
		return nil, "", f
	}
	if f := h.send(TypeClientKeyExchange, cke); f != nil {
		return nil, "", f
	}
	master := h.master12(pre, s.ems)
	client, server := h.sched12.keys(master)
	h.carrier.SendChangeCipherSpec()
	if f := h.setWrite12(client); f != nil {
		return nil, "", f
	}
	if f := h.sendFinished12(master, "client"); f != nil {
		return nil, "", f
	}
	next := &waitFinished12{master: master, sender: "server"}
	return &waitCCS12{keys: server, then: next}, "ServerHelloDone: the client sends its part of the key exchange and its Finished", nil
}

// keyExchange makes the premaster secret and the message that brings it.
func (s *flight12) keyExchange(h *Handshaker) (premasterSecret12, *ClientKeyExchange, *engine.Failure) {
	as := kdf.As{ID: "pre_master_secret", Ref: "RFC 8422, Section 5.10"}
	if h.suite.KeyExchange == RSA {
		return h.encryptPremaster(s.hello.LegacyVersion, s.cert.PublicKey.(*rsa.PublicKey))
	}
	pair, f := h.generate(s.ske.NamedCurve)
	if f != nil {
		return premasterSecret12{}, nil, f
	}
	pre, err := pair.Shared(h.effects, as, kdf.Value{Bytes: s.ske.Public, Note: "public of the ServerKeyExchange"})
	if err != nil {
		return premasterSecret12{}, nil, codeBadShare.With(GroupName(s.ske.NamedCurve), err)
	}
	return premasterSecret12{pre}, &ClientKeyExchange{Public: pair.Public}, nil
}

// master12 derives the master secret, after the ClientKeyExchange.
func (h *Handshaker) master12(pre premasterSecret12, ems bool) masterSecret12 {
	if ems {
		return h.sched12.extendedMaster(pre, h.transcript.value())
	}
	return h.sched12.master(pre)
}

// setWrite12 begins to protect; CBC takes its IVs from named random values.
func (h *Handshaker) setWrite12(keys *RecordKeys) *engine.Failure {
	keys.NewIV = func(seq uint64) []byte {
		return h.cfg.Random.Bytes(fmt.Sprintf("iv/%d", seq), keys.Cipher.Spec().ExplicitLen)
	}
	return h.carrier.SetWriteKeys(keys)
}

func (h *Handshaker) sendFinished12(master masterSecret12, sender string) *engine.Failure {
	return h.send(TypeFinished, &Finished{VerifyData: h.sched12.finished(master, sender, h.transcript.value())})
}

// waitCCS12 is WAIT_CCS, for both ends: the peer's next record is protected.
type waitCCS12 struct {
	keys *RecordKeys
	then *waitFinished12
}

func (*waitCCS12) name() string    { return "WAIT_CCS" }
func (*waitCCS12) awaits() []uint8 { return nil }
func (*waitCCS12) receive(*Handshaker, *Handshake) (state, string, *engine.Failure) {
	return nil, "", nil // no handshake message is awaited, so none comes here
}

func (s *waitCCS12) changeCipherSpec(h *Handshaker) (state, string, *engine.Failure) {
	if f := h.carrier.SetReadKeys(s.keys, "ChangeCipherSpec"); f != nil {
		return nil, "", f
	}
	return s.then, "ChangeCipherSpec: the peer's next record is protected", nil
}

// waitFinished12 is WAIT_FINISHED, for both ends.
type waitFinished12 struct {
	master masterSecret12
	sender string      // of the Finished that is awaited
	write  *RecordKeys // server: its own keys, to answer with
}

func (*waitFinished12) name() string    { return "WAIT_FINISHED" }
func (*waitFinished12) awaits() []uint8 { return []uint8{TypeFinished} }

func (s *waitFinished12) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	want := h.sched12.finished(s.master, s.sender, h.transcript.value())
	if f := h.checkFinished(s.sender, m.Body.(*Finished).VerifyData, want); f != nil {
		return nil, "", f
	}
	h.heard(m)
	if s.write == nil {
		return &connected{}, "the server's Finished verifies", nil
	}
	h.carrier.SendChangeCipherSpec()
	if f := h.setWrite12(s.write); f != nil {
		return nil, "", f
	}
	if f := h.sendFinished12(s.master, "server"); f != nil {
		return nil, "", f
	}
	return &connected{server: true}, "the client's Finished verifies, and the server's is sent", nil
}
