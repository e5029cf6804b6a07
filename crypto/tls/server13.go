package tls

import (
	"fmt"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
	"cipherglass/crypto/wire"
)

// chosen13 is what a server settles on in TLS 1.3.
type chosen13 struct {
	suite  CipherSuite
	group  uint16
	peer   []byte // the client's share
	scheme SignatureScheme
	alpn   string
	sni    bool
}

// negotiate13 selects parameters and sends the server's flight.
func (h *Handshaker) negotiate13(m *Handshake, ch *ClientHello) (state, string, *engine.Failure) {
	c, why, f := h.choose13(ch)
	if f != nil {
		return nil, "", f
	}
	h.settle(TLS13, c.suite)
	h.fact("group", named16(c.group, GroupName))
	h.fact("signature_algorithm", c.scheme.Name)
	h.heard(m)
	h.tell("RECVD_CH", "NEGOTIATED", why)
	h.state = negotiated{}

	client, server, f := h.sendServerHello13(ch, c)
	if f != nil {
		return nil, "", f
	}
	appClient, appServer, f := h.sendFlight13(ch, c, client, server)
	if f != nil {
		return nil, "", f
	}
	return &waitClientFinished13{client, appClient, appServer}, "the server's flight is sent", nil
}

// negotiated is NEGOTIATED, in which nothing is awaited: it names where the
// server's flight leaves from.
type negotiated struct{}

func (negotiated) name() string    { return "NEGOTIATED" }
func (negotiated) awaits() []uint8 { return nil }
func (negotiated) receive(*Handshaker, *Handshake) (state, string, *engine.Failure) {
	return nil, "", nil // nothing is awaited, so nothing comes here
}

// choose13 selects suite, group, signature algorithm and application
// protocol, each the first of the server's own that the client offers.
func (h *Handshaker) choose13(ch *ClientHello) (c chosen13, why string, f *engine.Failure) {
	cfg := h.cfg
	code, ok := firstCommon(cfg.CipherSuites, ch.CipherSuites, func(code uint16) bool {
		s, _ := SuiteByCode(code)
		return s.Performed && s.For(TLS13)
	})
	if !ok {
		return c, "", codeNoSuite.With("TLS 1.3", list(ch.CipherSuites, SuiteName), list(cfg.CipherSuites, SuiteName))
	}
	c.suite, _ = SuiteByCode(code)

	groups, ok1 := Find[*SupportedGroups](ch.Extensions)
	shares, ok2 := Find[*KeyShareClientHello](ch.Extensions)
	algs, ok3 := Find[*SignatureAlgorithms](ch.Extensions)
	for _, x := range []struct {
		ok   bool
		name string
	}{{ok1, "supported_groups"}, {ok2, "key_share"}, {ok3, "signature_algorithms"}} {
		if !x.ok {
			return c, "", codeMissingExtension.With("ClientHello", x.name, "TLS 1.3")
		}
	}
	if c.group, c.peer, f = h.chooseShare(groups.Groups, shares.ClientShares); f != nil {
		return c, "", f
	}
	if c.scheme, f = h.chooseScheme(algs.Schemes, TLS13); f != nil {
		return c, "", f
	}
	if c.alpn, f = h.answerALPN(ch); f != nil {
		return c, "", f
	}
	c.sni = h.noteServerName(ch)
	return c, fmt.Sprintf("the server picked %s, %s and %s because each is the first of its own list that the client offered and that it can do", c.suite.Name, GroupName(c.group), c.scheme.Name), nil
}

// chooseShare picks a group for which the client sent a share.
func (h *Handshaker) chooseShare(groups []uint16, shares []KeyShareEntry) (uint16, []byte, *engine.Failure) {
	sent := make([]uint16, len(shares))
	for i, s := range shares {
		if has(sent[:i], s.Group) || !has(groups, s.Group) {
			// RFC 8446, Section 4.2.8: no group twice, none that is not offered.
			return 0, nil, codeIllegalParameter.With("key_share", "a share of "+named16(s.Group, GroupName), "it is there twice, or supported_groups does not name it")
		}
		sent[i] = s.Group
	}
	performed := func(g uint16) bool { _, _, ok := curveOf(g); return ok }
	group, ok := firstCommon(h.cfg.Groups, sent, performed)
	if !ok {
		if g, ok := firstCommon(h.cfg.Groups, groups, performed); ok {
			return 0, nil, codeNeedsRetry.With(GroupName(g), list(sent, GroupName))
		}
		return 0, nil, codeNoGroup.With(list(groups, GroupName), list(h.cfg.Groups, GroupName))
	}
	for _, s := range shares {
		if s.Group == group {
			return group, s.KeyExchange, nil
		}
	}
	return 0, nil, nil
}

// sendServerHello13 sends the ServerHello and derives the handshake keys.
func (h *Handshaker) sendServerHello13(ch *ClientHello, c chosen13) (client, server flightSecret, f *engine.Failure) {
	pair, f := h.generate(c.group)
	if f != nil {
		return client, server, f
	}
	h.sched13 = &schedule13{hash: kdf.HashOf(c.suite.Hash), prefix: h.dialect.LabelPrefix, suite: c.suite, out: h.effects}
	shared, err := pair.Shared(h.effects, kdf.As{ID: "shared_secret", Name: "(EC)DHE shared secret", Ref: "RFC 8446, Section 7.4"},
		kdf.Value{Bytes: c.peer, Note: "key_share of the ClientHello"})
	if err != nil {
		return client, server, codeBadShare.With(GroupName(c.group), err)
	}
	f = h.send(TypeServerHello, &ServerHello{
		LegacyVersion:       TLS12,
		Random:              h.cfg.Random.Bytes("random", 32),
		LegacySessionIDEcho: ch.LegacySessionID,
		CipherSuite:         c.suite.Code,
		Extensions: []Extension{
			{Type: ExtKeyShare, Body: &KeyShareServerHello{KeyShareEntry{c.group, pair.Public}}},
			{Type: ExtSupportedVersions, Body: &SupportedVersionsServerHello{TLS13}},
		},
	})
	if f != nil {
		return client, server, f
	}
	if len(ch.LegacySessionID) > 0 && h.cfg.MiddleboxCompat {
		h.carrier.SendChangeCipherSpec() // RFC 8446, Appendix D.4: after its first message
	}
	hs := h.sched13.handshake(h.sched13.early(), shared)
	cs, ss := h.sched13.handshakeTraffic(hs, h.transcript.value())
	return flightSecret{hs, cs}, flightSecret{hs, ss}, h.carrier.SetWriteKeys(h.sched13.keys(ss))
}

// flightSecret is a handshake traffic secret with the secret that it and the
// master secret come from.
type flightSecret struct {
	handshake handshakeSecret
	traffic   trafficSecret
}

// sendFlight13 sends the encrypted part of the flight, and goes on to the
// application keys.
func (h *Handshaker) sendFlight13(ch *ClientHello, c chosen13, client, server flightSecret) (appClient, appServer trafficSecret, f *engine.Failure) {
	if f = h.send(TypeEncryptedExtensions, &EncryptedExtensions{h.encryptedExtensions(c)}); f != nil {
		return
	}
	msg := &Certificate{}
	for _, der := range h.cfg.Identity.Chain {
		msg.CertificateList = append(msg.CertificateList, CertificateEntry{CertData: der})
	}
	if f = h.send(TypeCertificate, msg); f != nil {
		return
	}
	sig, f := h.signContent(c.scheme, signedContent13(h.transcript.value().Bytes))
	if f != nil {
		return
	}
	if f = h.send(TypeCertificateVerify, &CertificateVerify{Algorithm: c.scheme.Code, Signature: sig}); f != nil {
		return
	}
	verify := h.sched13.finished(server.traffic, h.transcript.value())
	if f = h.send(TypeFinished, &Finished{VerifyData: verify}); f != nil {
		return
	}
	appClient, appServer = h.sched13.applicationTraffic(h.sched13.master(server.handshake), h.transcript.value())
	if f = h.carrier.SetWriteKeys(h.sched13.keys(appServer)); f != nil {
		return
	}
	f = h.carrier.SetReadKeys(h.sched13.keys(client.traffic), "ClientHello")
	return appClient, appServer, f
}

// encryptedExtensions answers server_name and ALPN, in the usual order or in
// that of the settings.
func (h *Handshaker) encryptedExtensions(c chosen13) []Extension {
	order := h.cfg.EncryptedExtensions
	if order == nil {
		order = []RawExtension{{Type: ExtServerName}, {Type: ExtALPN}}
	}
	var out []Extension
	for _, x := range order {
		var body wire.Message
		switch {
		case x.Data != nil:
		case x.Type == ExtServerName && c.sni:
			body = &Empty{}
		case x.Type == ExtALPN && c.alpn != "":
			body = protocolNames([]string{c.alpn})
		default:
			continue
		}
		out = append(out, Extension{Type: x.Type, Body: body, Raw: x.Data})
	}
	return out
}

// waitClientFinished13 is the server's WAIT_FINISHED.
type waitClientFinished13 struct {
	client               flightSecret
	appClient, appServer trafficSecret
}

func (*waitClientFinished13) name() string    { return "WAIT_FINISHED" }
func (*waitClientFinished13) awaits() []uint8 { return []uint8{TypeFinished} }

func (s *waitClientFinished13) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	if f := h.checkFinished("client", m.Body.(*Finished).VerifyData, h.sched13.finished(s.client.traffic, h.transcript.value())); f != nil {
		return nil, "", f
	}
	h.heard(m)
	if f := h.carrier.SetReadKeys(h.sched13.keys(s.appClient), "Finished"); f != nil {
		return nil, "", f
	}
	h.writeSecret, h.readSecret = s.appServer, s.appClient
	return &connected{v13: true, server: true}, "the client's Finished verifies", nil
}
