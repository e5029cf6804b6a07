package tls

import (
	"encoding/hex"
	"fmt"
	"slices"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
	"cipherglass/crypto/wire"
)

// The client of TLS 1.3 without PSK and client certificates (RFC 8446,
// Appendix A.1), and where TLS 1.2 leaves it (client12.go):
//
//	                          START
//	           Send ClientHello |
//	                            v
//	       /------------->   WAIT_SH ------------> TLS 1.2: WAIT_CERT
//	Recv HelloRetryRequest      | Recv ServerHello
//	(not done: a failure)       | K_recv = handshake
//	                            v
//	                         WAIT_EE
//	                            | Recv EncryptedExtensions
//	                            v
//	                      WAIT_CERT_CR
//	           Recv Certificate | or CertificateRequest, then WAIT_CERT
//	                            v
//	                         WAIT_CV
//	                            | Recv CertificateVerify
//	                            v
//	                      WAIT_FINISHED
//	                            | Recv Finished
//	                            | [Send empty Certificate if asked]
//	                            | Send Finished
//	                            | K_send = K_recv = application
//	                            v
//	                        CONNECTED
type clientStart struct{}

func (clientStart) name() string    { return "START" }
func (clientStart) awaits() []uint8 { return nil }
func (clientStart) receive(*Handshaker, *Handshake) (state, string, *engine.Failure) {
	return nil, "", nil // nothing is awaited, so nothing comes here
}

// offer is what the ClientHello said, for judging the answers.
type offer struct {
	hello  *ClientHello
	shares []*share
	types  []uint16 // extensions sent
}

type share struct {
	group uint16
	pair  *kdf.KeyPair
}

// curveOf is the group's curve and the name of its private key.
func curveOf(group uint16) (c kdf.Curve, random string, ok bool) {
	switch group {
	case X25519:
		return kdf.X25519, "x25519", true
	case SECP256R1:
		return kdf.P256, "p256", true
	}
	return kdf.Curve{}, "", false
}

func (h *Handshaker) generate(group uint16) (*kdf.KeyPair, *engine.Failure) {
	c, random, ok := curveOf(group)
	if !ok {
		return nil, codeCannotPerform.With("group", named16(group, GroupName))
	}
	pair, err := c.Generate(h.cfg.Random, random)
	if err != nil {
		return nil, codeInternal.With(err)
	}
	return pair, nil
}

// sendClientHello makes the offer from the settings.
func (h *Handshaker) sendClientHello() (state, string, *engine.Failure) {
	cfg := h.cfg
	if len(cfg.Versions) == 0 {
		return nil, "", codeNothingToOffer.With("protocol version")
	}
	if len(cfg.CipherSuites) == 0 {
		return nil, "", codeNothingToOffer.With("cipher suite")
	}
	o := &offer{hello: &ClientHello{
		LegacyVersion:            legacyVersion(cfg.Versions),
		Random:                   cfg.Random.Bytes("random", 32),
		LegacySessionID:          []byte{},
		CipherSuites:             cfg.CipherSuites,
		LegacyCompressionMethods: []byte{0},
	}}
	h.clientRnd = o.hello.Random
	if h.offers13() {
		if cfg.MiddleboxCompat {
			o.hello.LegacySessionID = cfg.Random.Bytes("session-id", 32)
		}
		if f := h.makeShares(o); f != nil {
			return nil, "", f
		}
	}
	if cfg.ServerName != "" {
		h.fact("server_name", cfg.ServerName)
	}
	o.hello.Extensions = h.helloExtensions(o)
	o.hello.NoExtensions = len(o.hello.Extensions) == 0
	for _, x := range o.hello.Extensions {
		o.types = append(o.types, x.Type)
	}
	if f := h.send(TypeClientHello, o.hello); f != nil {
		return nil, "", f
	}
	why := fmt.Sprintf("ClientHello offers %s; %s; key exchange over %s", list(cfg.Versions, VersionName), list(cfg.CipherSuites, SuiteName), list(cfg.Groups, GroupName))
	return &waitServerHello{o}, why, nil
}

func (h *Handshaker) offers13() bool { return has(h.cfg.Versions, TLS13) }

// offers12 reports whether an older version is offered.
func (h *Handshaker) offers12() bool {
	return slices.ContainsFunc(h.cfg.Versions, func(v uint16) bool { return v <= TLS12 && v >= SSL30 })
}

// legacyVersion is the highest version offered, but TLS 1.2 at most (RFC 8446,
// Section 4.1.2).
func legacyVersion(versions []uint16) uint16 {
	best := uint16(0)
	for _, v := range versions {
		if v >= SSL30 && v <= TLS12 {
			best = max(best, v)
		}
	}
	if best == 0 || has(versions, TLS13) {
		return TLS12
	}
	return best
}

// makeShares makes a key pair for each group that is offered and performed,
// or for those that the settings name. (RFC 8446, Section 4.2.8, lets a client
// send fewer and be asked again.)
func (h *Handshaker) makeShares(o *offer) *engine.Failure {
	groups := h.cfg.KeyShares
	if groups == nil {
		groups = h.cfg.Groups
	}
	for _, g := range groups {
		if _, _, ok := curveOf(g); !ok {
			continue
		}
		pair, f := h.generate(g)
		if f != nil {
			return f
		}
		o.shares = append(o.shares, &share{g, pair})
	}
	return nil
}

// helloOrder is the usual order of extensions.
var helloOrder = []RawExtension{{Type: ExtServerName}, {Type: ExtExtendedMasterSecret}, {Type: ExtRenegotiationInfo}, {Type: ExtSupportedGroups},
	{Type: ExtECPointFormats}, {Type: ExtALPN}, {Type: ExtSignatureAlgorithms}, {Type: ExtKeyShare}, {Type: ExtSupportedVersions}}

func (h *Handshaker) helloExtensions(o *offer) []Extension {
	order := h.cfg.HelloExtensions
	if order == nil {
		order = helloOrder
	}
	var out []Extension
	for _, x := range order {
		if x.Data != nil {
			out = append(out, Extension{Type: x.Type, Raw: x.Data})
		} else if body := h.helloExtension(x.Type, o); body != nil {
			out = append(out, Extension{Type: x.Type, Body: body})
		}
	}
	return out
}

// helloExtension is what the settings put into an extension, nil for nothing.
func (h *Handshaker) helloExtension(typ uint16, o *offer) wire.Message {
	cfg := h.cfg
	switch typ {
	case ExtServerName:
		if cfg.ServerName != "" {
			return &ServerNameList{Names: []ServerName{{Name: []byte(cfg.ServerName)}}}
		}
	case ExtExtendedMasterSecret:
		if cfg.ExtendedMasterSecret && h.offers12() {
			return &Empty{}
		}
	case ExtRenegotiationInfo:
		if h.offers12() {
			return &RenegotiationInfo{}
		}
	case ExtSupportedGroups:
		if len(cfg.Groups) > 0 {
			return &SupportedGroups{cfg.Groups}
		}
	case ExtECPointFormats:
		if h.offers12() && len(cfg.Groups) > 0 {
			return &ECPointFormats{[]byte{0}}
		}
	case ExtSignatureAlgorithms:
		if len(cfg.SignatureAlgorithms) > 0 {
			return &SignatureAlgorithms{cfg.SignatureAlgorithms}
		}
	case ExtALPN:
		if len(cfg.ALPN) > 0 {
			return protocolNames(cfg.ALPN)
		}
	case ExtSupportedVersions:
		// A client that offers TLS 1.2 at most says so in legacy_version.
		if slices.ContainsFunc(cfg.Versions, func(v uint16) bool { return v > TLS12 || v < SSL30 }) {
			return &SupportedVersionsClientHello{cfg.Versions}
		}
	case ExtKeyShare:
		if h.offers13() {
			m := &KeyShareClientHello{}
			for _, s := range o.shares {
				m.ClientShares = append(m.ClientShares, KeyShareEntry{s.group, s.pair.Public})
			}
			return m
		}
	}
	return nil
}

func protocolNames(names []string) *ProtocolNameList {
	m := &ProtocolNameList{}
	for _, n := range names {
		m.Protocols = append(m.Protocols, []byte(n))
	}
	return m
}

// waitServerHello is WAIT_SH: it learns the version.
type waitServerHello struct{ *offer }

func (*waitServerHello) name() string    { return "WAIT_SH" }
func (*waitServerHello) awaits() []uint8 { return []uint8{TypeServerHello} }

func (s *waitServerHello) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	sh := m.Body.(*ServerHello)
	if sh.IsHelloRetryRequest() {
		return nil, "", codeRetryReceived.With()
	}
	version, f := s.version(h, sh)
	if f != nil {
		return nil, "", f
	}
	if typ, ok := Duplicate(sh.Extensions); ok {
		return nil, "", codeDuplicateExtension.With("ServerHello", named16(typ, ExtensionName))
	}
	if sh.LegacyCompressionMethod != 0 {
		return nil, "", codeIllegalParameter.With("ServerHello", fmt.Sprintf("compression method %d", sh.LegacyCompressionMethod), "the client offered none")
	}
	suite, ok := SuiteByCode(sh.CipherSuite)
	name := named16(sh.CipherSuite, SuiteName)
	switch {
	case !has(s.hello.CipherSuites, sh.CipherSuite):
		return nil, "", codeIllegalParameter.With("ServerHello", name, "the client did not offer it")
	case ok && !suite.For(version):
		return nil, "", codeIllegalParameter.With("ServerHello", name, "it is no cipher suite of "+VersionName(version))
	case !suite.Performed:
		return nil, "", codeCannotPerform.With("cipher suite", name)
	}
	if version == TLS13 {
		return s.receive13(h, m, sh, suite)
	}
	return s.receive12(h, m, sh, suite)
}

// version is the one that the server chose; it must have been offered (RFC
// 8446, Section 4.2.1; RFC 5246, Section 7.4.1.3).
func (s *waitServerHello) version(h *Handshaker, sh *ServerHello) (uint16, *engine.Failure) {
	if x, ok := Find[*SupportedVersionsServerHello](sh.Extensions); ok {
		switch v := x.SelectedVersion; {
		case !has(s.types, ExtSupportedVersions):
			return 0, codeUnsupportedExtension.With("ServerHello", "supported_versions", "which the client did not send")
		case v < TLS13:
			return 0, codeIllegalParameter.With("ServerHello", "selected_version "+named16(v, VersionName), "supported_versions chooses TLS 1.3 or later only")
		case !has(h.cfg.Versions, v):
			return 0, codeIllegalParameter.With("ServerHello", "selected_version "+named16(v, VersionName), "the client offered "+list(h.cfg.Versions, VersionName))
		case v != TLS13:
			return 0, codeCannotPerform.With("version", named16(v, VersionName))
		case sh.LegacyVersion != TLS12:
			return 0, codeIllegalParameter.With("ServerHello", "legacy_version "+named16(sh.LegacyVersion, VersionName), "TLS 1.3 puts TLS 1.2 there")
		}
		return TLS13, nil
	}
	if !has(h.cfg.Versions, sh.LegacyVersion) || sh.LegacyVersion > TLS12 {
		return 0, codeNoVersion.With(list(h.cfg.Versions, VersionName), named16(sh.LegacyVersion, VersionName))
	}
	if sh.LegacyVersion != TLS12 {
		return 0, codeCannotPerform.With("version", VersionName(sh.LegacyVersion))
	}
	return TLS12, s.downgrade(h, sh)
}

// downgrade looks for the sentinel of a server that could do TLS 1.3 (RFC
// 8446, Section 4.1.3).
func (s *waitServerHello) downgrade(h *Handshaker, sh *ServerHello) *engine.Failure {
	if !h.offers13() {
		return nil
	}
	end := sh.Random[24:]
	caught := string(end) == sentinel12 || string(end) == sentinel11
	h.check("downgrade sentinel", !caught, fmt.Sprintf("the server's random value ends in %s", hex.EncodeToString(end)), "RFC 8446, Section 4.1.3", "random")
	if caught {
		return codeDowngrade.With(VersionName(sh.LegacyVersion))
	}
	return nil
}

// A server that can do TLS 1.3 but negotiates less ends its random value so.
const (
	sentinel12 = "DOWNGRD\x01"
	sentinel11 = "DOWNGRD\x00"
)

// allowed judges the extensions of a server's message: each must be one that
// the message may have and that the client sent (RFC 8446, Section 4.2).
func (o *offer) allowed(message string, list []Extension, may func(typ uint16) bool) *engine.Failure {
	if typ, ok := Duplicate(list); ok {
		return codeDuplicateExtension.With(message, named16(typ, ExtensionName))
	}
	for _, x := range list {
		name := named16(x.Type, ExtensionName)
		if !has(o.types, x.Type) {
			return codeUnsupportedExtension.With(message, name, "which the client did not send")
		}
		if !may(x.Type) {
			return codeIllegalParameter.With(message, "the extension "+name, "it does not belong in this message")
		}
	}
	return nil
}

// mayCarry reports whether a TLS 1.3 message may carry an extension; those
// without a row are the sender's affair.
func mayCarry(message uint8) func(typ uint16) bool {
	return func(typ uint16) bool {
		row, ok := ExtensionByCode(typ)
		return !ok || has(row.In, message)
	}
}

// chosenProtocol is the server's ALPN answer, "" for none.
func (h *Handshaker) chosenProtocol(message string, list []Extension) *engine.Failure {
	x, ok := Find[*ProtocolNameList](list)
	if !ok {
		return nil
	}
	if len(x.Protocols) != 1 || !has(h.cfg.ALPN, string(x.Protocols[0])) {
		// RFC 7301, Section 3.1: exactly one, of those offered.
		return codeIllegalParameter.With(message, fmt.Sprintf("%d application protocols %q", len(x.Protocols), x.Protocols), "the client offered "+words(h.cfg.ALPN))
	}
	h.fact("alpn", string(x.Protocols[0]))
	return nil
}
