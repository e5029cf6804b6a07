package tls

import (
	"crypto/hmac"
	"crypto/x509"
	"encoding/hex"
	"fmt"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
	"cipherglass/crypto/pki"
)

// receive13 takes a ServerHello of TLS 1.3 (RFC 8446, Section 4.1.3).
func (s *waitServerHello) receive13(h *Handshaker, m *Handshake, sh *ServerHello, suite CipherSuite) (state, string, *engine.Failure) {
	if string(sh.LegacySessionIDEcho) != string(s.hello.LegacySessionID) {
		return nil, "", codeIllegalParameter.With("ServerHello", "another legacy_session_id_echo", "it must be the client's legacy_session_id")
	}
	if f := s.allowed("ServerHello", sh.Extensions, mayCarry(TypeServerHello)); f != nil {
		return nil, "", f
	}
	ks, ok := Find[*KeyShareServerHello](sh.Extensions)
	if !ok {
		return nil, "", codeMissingExtension.With("ServerHello", "key_share", "a key exchange")
	}
	var mine *share
	for _, x := range s.shares {
		if x.group == ks.ServerShare.Group {
			mine = x
		}
	}
	group := named16(ks.ServerShare.Group, GroupName)
	if mine == nil {
		return nil, "", codeIllegalParameter.With("ServerHello", "a key share of "+group, "the client sent no share of that group")
	}
	h.settle(TLS13, suite)
	h.fact("group", group)
	h.heard(m)

	h.sched13 = &schedule13{hash: kdf.HashOf(suite.Hash), prefix: h.dialect.LabelPrefix, suite: suite, out: h.effects}
	shared, err := mine.pair.Shared(h.effects, kdf.As{ID: "shared_secret", Name: "(EC)DHE shared secret", Ref: "RFC 8446, Section 7.4"},
		kdf.Value{Bytes: ks.ServerShare.KeyExchange, Note: "key_share of the ServerHello"})
	if err != nil {
		return nil, "", codeBadShare.With(group, err)
	}
	hs := h.sched13.handshake(h.sched13.early(), shared)
	client, server := h.sched13.handshakeTraffic(hs, h.transcript.value())
	if f := h.carrier.SetReadKeys(h.sched13.keys(server), "ServerHello"); f != nil {
		return nil, "", f
	}
	why := fmt.Sprintf("ServerHello chose TLS 1.3, %s and %s; what follows is encrypted", suite.Name, group)
	return &waitEncryptedExtensions{flight13{s.offer, hs, client, server}}, why, nil
}

// flight13 is what the states of the server's flight share.
type flight13 struct {
	*offer
	secret         handshakeSecret
	client, server trafficSecret
}

// waitEncryptedExtensions is WAIT_EE.
type waitEncryptedExtensions struct{ flight13 }

func (*waitEncryptedExtensions) name() string    { return "WAIT_EE" }
func (*waitEncryptedExtensions) awaits() []uint8 { return []uint8{TypeEncryptedExtensions} }

func (s *waitEncryptedExtensions) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	ee := m.Body.(*EncryptedExtensions)
	if f := s.allowed("EncryptedExtensions", ee.Extensions, mayCarry(TypeEncryptedExtensions)); f != nil {
		return nil, "", f
	}
	if f := h.chosenProtocol("EncryptedExtensions", ee.Extensions); f != nil {
		return nil, "", f
	}
	h.heard(m)
	return &waitCertCR{flight13: s.flight13}, fmt.Sprintf("EncryptedExtensions with %d extensions", len(ee.Extensions)), nil
}

// waitCertCR is WAIT_CERT_CR, and WAIT_CERT after a CertificateRequest.
type waitCertCR struct {
	flight13
	request *CertificateRequest
}

func (s *waitCertCR) name() string {
	if s.request != nil {
		return "WAIT_CERT"
	}
	return "WAIT_CERT_CR"
}

func (s *waitCertCR) awaits() []uint8 {
	if s.request != nil {
		return []uint8{TypeCertificate}
	}
	return []uint8{TypeCertificate, TypeCertificateRequest}
}

func (s *waitCertCR) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	if cr, ok := m.Body.(*CertificateRequest); ok {
		if len(cr.CertificateRequestContext) > 0 {
			return nil, "", codeIllegalParameter.With("CertificateRequest", "a context", "it must be empty during the handshake")
		}
		h.heard(m)
		return &waitCertCR{s.flight13, cr}, "the server asks for a certificate, which this client has not", nil
	}
	msg := m.Body.(*Certificate)
	if len(msg.CertificateRequestContext) > 0 {
		return nil, "", codeIllegalParameter.With("Certificate", "a certificate_request_context", "it must be empty for a server")
	}
	for _, e := range msg.CertificateList {
		if f := s.allowed("Certificate", e.Extensions, mayCarry(TypeCertificate)); f != nil {
			return nil, "", f
		}
	}
	cert, f := h.checkCertificate(msg)
	if f != nil {
		return nil, "", f
	}
	h.heard(m)
	return &waitCertificateVerify{s.flight13, s.request, cert}, fmt.Sprintf("the certificate of %s is accepted", cert.Subject), nil
}

// checkCertificate checks the server's chain, step by step.
func (h *Handshaker) checkCertificate(msg *Certificate) (*x509.Certificate, *engine.Failure) {
	if len(msg.CertificateList) == 0 {
		return nil, codeEmptyCertificate.With() // RFC 8446, Section 4.4.2.4
	}
	chain := make([][]byte, len(msg.CertificateList))
	for i, e := range msg.CertificateList {
		chain[i] = e.CertData
	}
	certs, checks, f := h.readChain(chain)
	for _, c := range checks {
		h.effects.Add(c)
	}
	if f != nil && (!h.cfg.SkipVerify || len(certs) == 0) {
		return nil, f
	}
	cert := certs[0]
	if keyAuth(cert.PublicKey) == AuthOther {
		return nil, codeWrongKeyType.With("a key "+keyWords(cert.PublicKey), h.suite.Name)
	}
	return cert, nil
}

// chainRead is what pki.ReadChain returns.
type chainRead struct {
	certs   []*x509.Certificate
	checks  []engine.Checked
	failure *engine.Failure
}

// readChain is pki.ReadChain, done once for the same chain, trust and second.
func (h *Handshaker) readChain(chain [][]byte) ([]*x509.Certificate, []engine.Checked, *engine.Failure) {
	what := fmt.Sprintf("chain %q %d %v", h.cfg.ServerName, h.now.Unix(), h.now.Nanosecond() > 0)
	var content []byte
	for _, c := range chain {
		content = append(content, c...)
	}
	what += fmt.Sprint(" of ", len(chain))
	for _, c := range h.cfg.Roots {
		content = append(content, c.Raw...)
	}
	r, _ := remember(h, what, content, func() (r chainRead, err error) {
		r.certs, r.checks, r.failure = pki.ReadChain(chain, h.cfg.Roots, h.cfg.ServerName, h.now)
		return r, nil
	})
	return r.certs, r.checks, r.failure
}

// waitCertificateVerify is WAIT_CV.
type waitCertificateVerify struct {
	flight13
	request *CertificateRequest
	cert    *x509.Certificate
}

func (*waitCertificateVerify) name() string    { return "WAIT_CV" }
func (*waitCertificateVerify) awaits() []uint8 { return []uint8{TypeCertificateVerify} }

func (s *waitCertificateVerify) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	cv := m.Body.(*CertificateVerify)
	content := signedContent13(h.transcript.value().Bytes)
	if f := h.verifyContent("CertificateVerify", cv.Algorithm, s.cert, content, cv.Signature); f != nil {
		return nil, "", f
	}
	h.heard(m)
	return &waitFinished13{s.flight13, s.request}, "the signature shows that the server holds the certificate's private key", nil
}

// waitFinished13 is the client's WAIT_FINISHED.
type waitFinished13 struct {
	flight13
	request *CertificateRequest
}

func (*waitFinished13) name() string    { return "WAIT_FINISHED" }
func (*waitFinished13) awaits() []uint8 { return []uint8{TypeFinished} }

func (s *waitFinished13) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	if f := h.checkFinished("server", m.Body.(*Finished).VerifyData, h.sched13.finished(s.server, h.transcript.value())); f != nil {
		return nil, "", f
	}
	h.heard(m)
	master := h.sched13.master(s.secret)
	client, server := h.sched13.applicationTraffic(master, h.transcript.value())
	if f := h.carrier.SetReadKeys(h.sched13.keys(server), "Finished"); f != nil {
		return nil, "", f
	}
	if len(s.hello.LegacySessionID) > 0 {
		h.carrier.SendChangeCipherSpec() // RFC 8446, Appendix D.4: before the second flight
	}
	if f := h.carrier.SetWriteKeys(h.sched13.keys(s.client)); f != nil {
		return nil, "", f
	}
	if s.request != nil {
		// RFC 8446, Section 4.4.2: a client without a certificate says so.
		if f := h.send(TypeCertificate, &Certificate{}); f != nil {
			return nil, "", f
		}
	}
	verify := h.sched13.finished(s.client, h.transcript.value())
	if f := h.send(TypeFinished, &Finished{VerifyData: verify}); f != nil {
		return nil, "", f
	}
	if f := h.carrier.SetWriteKeys(h.sched13.keys(client)); f != nil {
		return nil, "", f
	}
	h.writeSecret, h.readSecret = client, server
	return &connected{v13: true}, "the server's Finished verifies, and the client's is sent", nil
}

// checkFinished compares verify_data (RFC 8446, Section 4.4.4).
func (h *Handshaker) checkFinished(sender string, got, want []byte) *engine.Failure {
	ok := hmac.Equal(got, want)
	detail := fmt.Sprintf("received %s, computed %s", hex.EncodeToString(got), hex.EncodeToString(want))
	h.check("Finished verify_data", ok, detail, "RFC 8446, Section 4.4.4", "verify_data")
	if !ok {
		return codeBadFinished.With(sender)
	}
	return nil
}

// connected is CONNECTED, for both ends and both versions. In TLS 1.3 some
// messages may still come.
type connected struct{ v13, server bool }

func (*connected) name() string { return "CONNECTED" }

func (s *connected) awaits() []uint8 {
	switch {
	case !s.v13:
		return nil
	case s.server:
		return []uint8{TypeKeyUpdate}
	}
	return []uint8{TypeKeyUpdate, TypeNewSessionTicket}
}

func (s *connected) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	if m.Type == TypeKeyUpdate {
		return nil, "", h.receiveKeyUpdate(m.Body.(*KeyUpdate))
	}
	return nil, "", nil // a ticket: nobody here resumes sessions
}

// receiveKeyUpdate replaces the read keys, and the write keys too if the peer
// asks for it (RFC 8446, Section 4.6.3).
func (h *Handshaker) receiveKeyUpdate(m *KeyUpdate) *engine.Failure {
	h.readSecret = h.sched13.next(h.readSecret)
	if f := h.carrier.SetReadKeys(h.sched13.keys(h.readSecret), "KeyUpdate"); f != nil {
		return f
	}
	h.tell("CONNECTED", "CONNECTED", fmt.Sprintf("the peer updated its keys, now number %d", h.readSecret.n))
	if m.RequestUpdate == 1 {
		return h.UpdateKeys(false)
	}
	return nil
}

// UpdateKeys sends a KeyUpdate and replaces the write keys; request asks the
// peer to do the same.
func (h *Handshaker) UpdateKeys(request bool) *engine.Failure {
	m, why := &KeyUpdate{}, "this end updates its keys"
	if request {
		m.RequestUpdate, why = 1, "this end updates its keys and asks the peer to do so too"
	}
	msg, err := AppendHandshake(nil, TypeKeyUpdate, m, Context{Version: TLS13})
	if err != nil {
		return codeInternal.With(err)
	}
	h.carrier.SendMessage("KeyUpdate", msg)
	h.writeSecret = h.sched13.next(h.writeSecret)
	h.tell("CONNECTED", "CONNECTED", why)
	return h.carrier.SetWriteKeys(h.sched13.keys(h.writeSecret))
}
