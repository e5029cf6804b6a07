package tls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
)

// The server of TLS 1.2 mirrors the client (client12.go):
//
//	RECVD_CH -> NEGOTIATED -> WAIT_CKE -> WAIT_CCS -> WAIT_FINISHED -> CONNECTED

// chosen12 is what a server settles on in TLS 1.2.
type chosen12 struct {
	suite  CipherSuite
	group  uint16          // ECDHE
	scheme SignatureScheme // ECDHE
	alpn   string
	sni    bool
	ems    bool
}

// negotiate12 selects parameters and sends the server's flight.
func (h *Handshaker) negotiate12(m *Handshake, ch *ClientHello) (state, string, *engine.Failure) {
	c, why, f := h.choose12(ch)
	if f != nil {
		return nil, "", f
	}
	h.settle(TLS12, c.suite)
	h.heard(m)
	h.tell("RECVD_CH", "NEGOTIATED", why)
	h.state = negotiated{}

	random := h.cfg.Random.Bytes("random", 32)
	if has(h.cfg.Versions, TLS13) {
		copy(random[24:], sentinel12) // RFC 8446, Section 4.1.3
	}
	sh := &ServerHello{LegacyVersion: TLS12, Random: random, LegacySessionIDEcho: []byte{}, CipherSuite: c.suite.Code, Extensions: h.helloAnswers12(ch, c)}
	sh.NoExtensions = len(sh.Extensions) == 0
	if f := h.send(TypeServerHello, sh); f != nil {
		return nil, "", f
	}
	h.begin12(c.suite, ch.Random, random, c.ems)
	cert := &Certificate{}
	for _, der := range h.cfg.Identity.Chain {
		cert.CertificateList = append(cert.CertificateList, CertificateEntry{CertData: der})
	}
	if f := h.send(TypeCertificate, cert); f != nil {
		return nil, "", f
	}
	var pair *kdf.KeyPair
	if c.suite.KeyExchange == ECDHE {
		if pair, f = h.sendServerKeyExchange(c); f != nil {
			return nil, "", f
		}
	}
	if f := h.send(TypeServerHelloDone, &ServerHelloDone{}); f != nil {
		return nil, "", f
	}
	return &waitClientKeyExchange12{c, pair, ch.LegacyVersion}, "the server's flight is sent", nil
}

// choose12 takes the first suite of the server's list that the client offers
// and that certificate, groups and signature algorithms allow.
func (h *Handshaker) choose12(ch *ClientHello) (c chosen12, why string, f *engine.Failure) {
	groups := h.cfg.Groups
	if x, ok := Find[*SupportedGroups](ch.Extensions); ok {
		groups = x.Groups // without it a client takes any: RFC 8422, Section 4
	}
	var schemes []uint16
	if x, ok := Find[*SignatureAlgorithms](ch.Extensions); ok {
		schemes = x.Schemes // without it a client takes SHA-1 only, which nobody here does
	}
	c.group, _ = firstCommon(h.cfg.Groups, groups, func(g uint16) bool { _, _, ok := curveOf(g); return ok })
	var badScheme *engine.Failure
	c.scheme, badScheme = h.chooseScheme(schemes, TLS12)
	auth := keyAuth(h.cfg.Identity.Cert.PublicKey)
	curve := certificateCurve(h.cfg.Identity.Cert.PublicKey, groups)

	var common []uint16
	var forKey bool // a common suite could use the certificate
	for _, code := range h.cfg.CipherSuites {
		s, _ := SuiteByCode(code)
		if !s.Performed || !s.For(TLS12) || !has(ch.CipherSuites, code) {
			continue
		}
		common = append(common, code)
		if s.Auth != auth {
			continue
		}
		forKey = true
		if s.KeyExchange == RSA || c.group != 0 && badScheme == nil && curve == nil {
			c.suite = s
			break
		}
	}
	switch {
	case c.suite.Code != 0:
	case len(common) == 0:
		return c, "", codeNoSuite.With("TLS 1.2", list(ch.CipherSuites, SuiteName), list(h.cfg.CipherSuites, SuiteName))
	case !forKey:
		return c, "", codeNoSuiteForCertificate.With(list(common, SuiteName), keyWords(h.cfg.Identity.Cert.PublicKey))
	case c.group == 0:
		return c, "", codeNoGroup.With(list(groups, GroupName), list(h.cfg.Groups, GroupName))
	case curve != nil:
		return c, "", curve
	default:
		return c, "", badScheme
	}
	if c.alpn, f = h.answerALPN(ch); f != nil {
		return c, "", f
	}
	c.sni = h.noteServerName(ch)
	_, offered := Has(ch.Extensions, ExtExtendedMasterSecret)
	c.ems = offered && h.cfg.ExtendedMasterSecret
	why = fmt.Sprintf("the server picked %s because it is the first of its own list that the client offered and that its certificate (%s) can do", c.suite.Name, keyWords(h.cfg.Identity.Cert.PublicKey))
	return c, why, nil
}

// certificateCurve finds that an ECDSA key is on a curve that the client does not
// list (RFC 8422, Section 5.3). In TLS 1.3 the signature algorithm names the curve.
func certificateCurve(pub crypto.PublicKey, groups []uint16) *engine.Failure {
	k, ok := pub.(*ecdsa.PublicKey)
	if !ok {
		return nil
	}
	curves := map[elliptic.Curve]uint16{elliptic.P256(): SECP256R1, elliptic.P384(): 0x0018, elliptic.P521(): 0x0019}
	if has(groups, curves[k.Curve]) {
		return nil
	}
	return codeCertificateCurve.With(k.Curve.Params().Name, list(groups, GroupName))
}

// helloAnswers12 are the extensions of the ServerHello.
func (h *Handshaker) helloAnswers12(ch *ClientHello, c chosen12) []Extension {
	var out []Extension
	if c.sni {
		out = append(out, Extension{Type: ExtServerName, Body: &Empty{}})
	}
	if _, ok := Has(ch.Extensions, ExtRenegotiationInfo); ok || has(ch.CipherSuites, TLS_EMPTY_RENEGOTIATION_INFO_SCSV) {
		out = append(out, Extension{Type: ExtRenegotiationInfo, Body: &RenegotiationInfo{RenegotiatedConnection: []byte{}}})
	}
	if c.ems {
		out = append(out, Extension{Type: ExtExtendedMasterSecret, Body: &Empty{}})
	}
	if _, ok := Has(ch.Extensions, ExtECPointFormats); ok && c.suite.KeyExchange == ECDHE {
		out = append(out, Extension{Type: ExtECPointFormats, Body: &ECPointFormats{[]byte{0}}})
	}
	if c.alpn != "" {
		out = append(out, Extension{Type: ExtALPN, Body: protocolNames([]string{c.alpn})})
	}
	return out
}

// sendServerKeyExchange sends a fresh key, signed (RFC 8422, Section 5.4).
func (h *Handshaker) sendServerKeyExchange(c chosen12) (*kdf.KeyPair, *engine.Failure) {
	pair, f := h.generate(c.group)
	if f != nil {
		return nil, f
	}
	ske := &ServerKeyExchange{CurveType: NamedCurve, NamedCurve: c.group, Public: pair.Public, Algorithm: c.scheme.Code}
	if ske.Signature, f = h.signContent(c.scheme, h.signedContent12(ske)); f != nil {
		return nil, f
	}
	h.fact("group", named16(c.group, GroupName))
	h.fact("signature_algorithm", c.scheme.Name)
	return pair, h.send(TypeServerKeyExchange, ske)
}

// waitClientKeyExchange12 is WAIT_CKE.
type waitClientKeyExchange12 struct {
	chosen12
	pair    *kdf.KeyPair // ECDHE
	version uint16       // the ClientHello's
}

func (*waitClientKeyExchange12) name() string    { return "WAIT_CKE" }
func (*waitClientKeyExchange12) awaits() []uint8 { return []uint8{TypeClientKeyExchange} }

func (s *waitClientKeyExchange12) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	cke := m.Body.(*ClientKeyExchange)
	h.heard(m)
	pre, f := s.premaster(h, cke)
	if f != nil {
		return nil, "", f
	}
	master := h.master12(pre, s.ems)
	client, server := h.sched12.keys(master)
	next := &waitFinished12{master: master, sender: "client", write: server}
	return &waitCCS12{keys: client, then: next}, "ClientKeyExchange: both ends can compute the keys now", nil
}

func (s *waitClientKeyExchange12) premaster(h *Handshaker, cke *ClientKeyExchange) (premasterSecret12, *engine.Failure) {
	if s.suite.KeyExchange == RSA {
		key, ok := h.cfg.Identity.Key.(*rsa.PrivateKey)
		if !ok {
			return premasterSecret12{}, codeInternal.With("the certificate's private key is no RSA key")
		}
		return h.decryptPremaster(s.version, key, cke.EncryptedPreMasterSecret), nil
	}
	pre, err := s.pair.Shared(h.effects, kdf.As{ID: "pre_master_secret", Ref: "RFC 8422, Section 5.10"}, kdf.Value{Bytes: cke.Public, Note: "ecdh_Yc of the ClientKeyExchange"})
	if err != nil {
		return premasterSecret12{}, codeBadShare.With(GroupName(s.group), err)
	}
	return premasterSecret12{pre}, nil
}
