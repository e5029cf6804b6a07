package tls

import (
	"fmt"
	"slices"

	"cipherglass/crypto/engine"
)

// The server of TLS 1.3 without PSK and client certificates (RFC 8446,
// Appendix A.2), and where TLS 1.2 leaves it (server12.go):
//
//	    START
//	      | Recv ClientHello
//	      v
//	   RECVD_CH -----------> TLS 1.2: WAIT_CKE
//	      | Select parameters
//	      v
//	  NEGOTIATED
//	      | Send ServerHello
//	      | K_send = handshake
//	      | Send EncryptedExtensions
//	      | Send Certificate + CertificateVerify
//	      | Send Finished
//	      | K_send = application
//	      | K_recv = handshake
//	      v
//	WAIT_FINISHED
//	      | Recv Finished
//	      | K_recv = application
//	      v
//	  CONNECTED
type serverStart struct{}

func (serverStart) name() string    { return "START" }
func (serverStart) awaits() []uint8 { return []uint8{TypeClientHello} }

func (serverStart) receive(h *Handshaker, m *Handshake) (state, string, *engine.Failure) {
	ch := m.Body.(*ClientHello)
	h.clientRnd = ch.Random
	version, why, f := h.chooseVersion(ch)
	if f != nil {
		return nil, "", f
	}
	h.tell("START", "RECVD_CH", why)
	if f := h.judgeHello(ch, version); f != nil {
		return nil, "", f
	}
	if version == TLS13 {
		return h.negotiate13(m, ch)
	}
	return h.negotiate12(m, ch)
}

// chooseVersion takes the highest version that both ends allow. (A server that
// took an older one by preference would have to say so in its random value,
// and a client that can do better would end the handshake: RFC 8446, Section 4.1.3.)
func (h *Handshaker) chooseVersion(ch *ClientHello) (uint16, string, *engine.Failure) {
	offered := []uint16{}
	if x, ok := Find[*SupportedVersionsClientHello](ch.Extensions); ok {
		offered = x.Versions // RFC 8446, Section 4.2.1: legacy_version does not count then
	} else {
		for v := min(ch.LegacyVersion, TLS12); v >= TLS10; v-- {
			offered = append(offered, v)
		}
	}
	best := uint16(0)
	for _, v := range h.cfg.Versions {
		if (v == TLS12 || v == TLS13) && has(offered, v) {
			best = max(best, v)
		}
	}
	if best == 0 {
		return 0, "", codeNoVersion.With(list(offered, VersionName), list(h.cfg.Versions, VersionName))
	}
	if top := slices.Max(h.cfg.Versions); has(ch.CipherSuites, TLS_FALLBACK_SCSV) && best < min(top, TLS13) {
		return 0, "", codeFallback.With(VersionName(min(top, TLS13)))
	}
	return best, fmt.Sprintf("the server picked %s because it is the highest version that both ends allow", VersionName(best)), nil
}

// judgeHello looks for what no ClientHello may hold.
func (h *Handshaker) judgeHello(ch *ClientHello, version uint16) *engine.Failure {
	if typ, ok := Duplicate(ch.Extensions); ok {
		return codeDuplicateExtension.With("ClientHello", named16(typ, ExtensionName))
	}
	for i, x := range ch.Extensions {
		// RFC 8446, Section 4.2.11: pre_shared_key MUST be the last.
		if x.Type == ExtPreSharedKey && i != len(ch.Extensions)-1 {
			return codeIllegalParameter.With("ClientHello", "pre_shared_key", "it must be the last extension")
		}
	}
	if !has(ch.LegacyCompressionMethods, 0) || version == TLS13 && len(ch.LegacyCompressionMethods) != 1 {
		return codeIllegalParameter.With("ClientHello", fmt.Sprintf("the compression methods %v", ch.LegacyCompressionMethods), "no compression (0) must be there, and alone in TLS 1.3")
	}
	if x, ok := Find[*RenegotiationInfo](ch.Extensions); ok && len(x.RenegotiatedConnection) > 0 {
		return codeRenegotiation.With(len(x.RenegotiatedConnection))
	}
	if h.cfg.Identity == nil || h.cfg.Identity.Cert == nil {
		return codeNoIdentity.With()
	}
	return nil
}

// answerALPN chooses the application protocol (RFC 7301, Section 3.2).
func (h *Handshaker) answerALPN(ch *ClientHello) (string, *engine.Failure) {
	x, ok := Find[*ProtocolNameList](ch.Extensions)
	if !ok || len(h.cfg.ALPN) == 0 {
		return "", nil
	}
	offered := make([]string, len(x.Protocols))
	for i, p := range x.Protocols {
		offered[i] = string(p)
	}
	for _, p := range h.cfg.ALPN {
		if has(offered, p) {
			h.fact("alpn", p)
			return p, nil
		}
	}
	return "", codeNoApplicationProtocol.With(words(offered), words(h.cfg.ALPN))
}

// noteServerName tells which name the client asked for.
func (h *Handshaker) noteServerName(ch *ClientHello) (asked bool) {
	x, ok := Find[*ServerNameList](ch.Extensions)
	if !ok || len(x.Names) == 0 {
		return false
	}
	h.fact("server_name", string(x.Names[0].Name))
	return true
}
