package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
	"cipherglass/crypto/wire"
)

// TestAlteredMessages changes one message of the server's, as only a strange
// server could: the client must find it, with the right alert.
func TestAlteredMessages(t *testing.T) {
	sh := func(change func(m *ServerHello)) func(wire.Message) wire.Message {
		return func(m wire.Message) wire.Message { change(m.(*ServerHello)); return m }
	}
	ee := func(x ...Extension) func(wire.Message) wire.Message {
		return func(m wire.Message) wire.Message {
			e := m.(*EncryptedExtensions)
			e.Extensions = append(e.Extensions, x...)
			return e
		}
	}
	setExt := func(typ uint16, body wire.Message) func(m *ServerHello) {
		return func(m *ServerHello) {
			for i := range m.Extensions {
				if m.Extensions[i].Type == typ {
					m.Extensions[i].Body = body
					return
				}
			}
			m.Extensions = append(m.Extensions, Extension{Type: typ, Body: body})
		}
	}
	for _, c := range []struct {
		name    string
		version uint16
		typ     uint8
		change  func(wire.Message) wire.Message
		set     func(c, s *Config)
		code    string
	}{
		{name: "selected_version is TLS 1.2", version: TLS13, typ: TypeServerHello, change: sh(setExt(ExtSupportedVersions, &SupportedVersionsServerHello{TLS12})), code: "tls/illegal-parameter"},
		{name: "selected_version was not offered", version: TLS13, typ: TypeServerHello, change: sh(setExt(ExtSupportedVersions, &SupportedVersionsServerHello{0x0305})), code: "tls/illegal-parameter"},
		{name: "selected_version cannot be performed", version: TLS13, typ: TypeServerHello, change: sh(setExt(ExtSupportedVersions, &SupportedVersionsServerHello{0x7f1c})),
			set: func(c, s *Config) { c.Versions = []uint16{TLS13, 0x7f1c} }, code: "tls/cannot-perform"},
		{name: "legacy_version is TLS 1.1", version: TLS13, typ: TypeServerHello, change: sh(func(m *ServerHello) { m.LegacyVersion = TLS11 }), code: "tls/illegal-parameter"},
		{name: "a suite of TLS 1.2", version: TLS13, typ: TypeServerHello, change: sh(func(m *ServerHello) { m.CipherSuite = TLS_RSA_WITH_AES_128_CBC_SHA }), code: "tls/illegal-parameter"},
		{name: "a suite that nobody performs", version: TLS13, typ: TypeServerHello, change: sh(func(m *ServerHello) { m.CipherSuite = 0x1304 }),
			set: func(c, s *Config) { c.CipherSuites = append([]uint16{0x1304}, c.CipherSuites...) }, code: "tls/cannot-perform"},
		{name: "an extension twice", version: TLS13, typ: TypeServerHello, change: sh(func(m *ServerHello) { m.Extensions = append(m.Extensions, m.Extensions[0]) }), code: "tls/duplicate-extension"},
		{name: "no key_share", version: TLS13, typ: TypeServerHello, change: sh(func(m *ServerHello) { m.Extensions = m.Extensions[1:] }), code: "tls/missing-extension"},
		{name: "server_name in the ServerHello", version: TLS13, typ: TypeServerHello, change: sh(setExt(ExtServerName, &Empty{})), code: "tls/illegal-parameter"},
		{name: "a share of another group", version: TLS13, typ: TypeServerHello, change: sh(setExt(ExtKeyShare, &KeyShareServerHello{KeyShareEntry{0x18, make([]byte, 97)}})), code: "tls/illegal-parameter"},
		{name: "a share of small order", version: TLS13, typ: TypeServerHello, change: sh(setExt(ExtKeyShare, &KeyShareServerHello{KeyShareEntry{X25519, make([]byte, 32)}})), code: "tls/bad-key-share"},

		{name: "key_share in EncryptedExtensions", version: TLS13, typ: TypeEncryptedExtensions, change: ee(Extension{Type: ExtKeyShare, Raw: []byte{}}), code: "tls/decode-error"},
		{name: "signature_algorithms in EncryptedExtensions", version: TLS13, typ: TypeEncryptedExtensions, change: ee(Extension{Type: ExtSignatureAlgorithms, Body: &SignatureAlgorithms{[]uint16{1}}}), code: "tls/illegal-parameter"},
		{name: "an unasked extension in EncryptedExtensions", version: TLS13, typ: TypeEncryptedExtensions, change: ee(Extension{Type: 0x5a5a}), code: "tls/unsupported-extension"},
		{name: "ALPN twice", version: TLS13, typ: TypeEncryptedExtensions, change: ee(Extension{Type: ExtALPN, Body: protocolNames([]string{"h2"})}), code: "tls/duplicate-extension"},
		{name: "a protocol that was not offered", version: TLS13, typ: TypeEncryptedExtensions, change: func(wire.Message) wire.Message {
			return &EncryptedExtensions{[]Extension{{Type: ExtALPN, Body: protocolNames([]string{"smtp"})}}}
		}, code: "tls/illegal-parameter"},
		{name: "two protocols", version: TLS13, typ: TypeEncryptedExtensions, change: func(wire.Message) wire.Message {
			return &EncryptedExtensions{[]Extension{{Type: ExtALPN, Body: protocolNames([]string{"h2", "http/1.1"})}}}
		}, code: "tls/illegal-parameter"},

		{name: "a request context", version: TLS13, typ: TypeCertificate, change: func(m wire.Message) wire.Message {
			m.(*Certificate).CertificateRequestContext = []byte{1}
			return m
		}, code: "tls/illegal-parameter"},
		{name: "an extension of a certificate that was not asked for", version: TLS13, typ: TypeCertificate, change: func(m wire.Message) wire.Message {
			m.(*Certificate).CertificateList[0].Extensions = []Extension{{Type: ExtStatusRequest, Raw: []byte{1, 0, 0, 1, 7}}}
			return m
		}, code: "tls/unsupported-extension"},
		{name: "no DER", version: TLS13, typ: TypeCertificate, change: func(m wire.Message) wire.Message {
			m.(*Certificate).CertificateList[0].CertData = []byte{1, 2, 3}
			return m
		}, code: "pki/bad-encoding"},
		{name: "CertificateRequest with a context", version: TLS13, typ: TypeCertificate, change: func(wire.Message) wire.Message {
			return &CertificateRequest{CertificateRequestContext: []byte{1}, Extensions: []Extension{{Type: ExtSignatureAlgorithms, Body: &SignatureAlgorithms{[]uint16{ED25519}}}}}
		}, code: "tls/illegal-parameter"},

		{name: "a scheme that was not offered", version: TLS13, typ: TypeCertificateVerify, change: func(m wire.Message) wire.Message {
			m.(*CertificateVerify).Algorithm = 0x0503
			return m
		}, code: "tls/illegal-parameter"},
		{name: "a scheme of another key", version: TLS13, typ: TypeCertificateVerify, change: func(m wire.Message) wire.Message {
			m.(*CertificateVerify).Algorithm = ED25519
			return m
		}, code: "tls/illegal-parameter"},
		{name: "a scheme that nobody performs", version: TLS13, typ: TypeCertificateVerify, change: func(m wire.Message) wire.Message {
			m.(*CertificateVerify).Algorithm = 0x0904
			return m
		}, set: func(c, s *Config) { c.SignatureAlgorithms = append(c.SignatureAlgorithms[:8:8], 0x0904) }, code: "tls/cannot-perform"},
		{name: "another signature", version: TLS13, typ: TypeCertificateVerify, change: func(m wire.Message) wire.Message {
			s := m.(*CertificateVerify).Signature
			s[len(s)-1] ^= 1
			return m
		}, code: "tls/bad-signature"},
		{name: "another Finished", version: TLS13, typ: TypeFinished, change: func(m wire.Message) wire.Message {
			m.(*Finished).VerifyData[0] ^= 1
			return m
		}, code: "tls/bad-finished"},
		{name: "a short Finished", version: TLS13, typ: TypeFinished, change: func(m wire.Message) wire.Message {
			f := m.(*Finished)
			f.VerifyData = f.VerifyData[:31]
			return f
		}, code: "tls/bad-finished"},

		{name: "TLS 1.1", version: TLS12, typ: TypeServerHello, change: sh(func(m *ServerHello) { m.LegacyVersion = TLS11 }), code: "tls/no-common-version"},
		{name: "TLS 1.1, offered", version: TLS12, typ: TypeServerHello, change: sh(func(m *ServerHello) { m.LegacyVersion = TLS11 }),
			set: func(c, s *Config) { c.Versions = []uint16{TLS12, TLS11} }, code: "tls/cannot-perform"},
		{name: "supported_versions that was not sent", version: TLS12, typ: TypeServerHello, change: sh(setExt(ExtSupportedVersions, &SupportedVersionsServerHello{TLS13})), code: "tls/unsupported-extension"},
		{name: "renegotiation_info is not empty", version: TLS12, typ: TypeServerHello, change: sh(setExt(ExtRenegotiationInfo, &RenegotiationInfo{[]byte{1}})), code: "tls/renegotiation-info"},
		{name: "no uncompressed points", version: TLS12, typ: TypeServerHello, change: sh(setExt(ExtECPointFormats, &ECPointFormats{[]byte{1}})), code: "tls/illegal-parameter"},
		{name: "an unasked extension", version: TLS12, typ: TypeServerHello, change: sh(setExt(ExtEncryptThenMAC, &Empty{})), code: "tls/unsupported-extension"},
		{name: "a public key of small order", version: TLS12, typ: TypeServerKeyExchange, change: func(m wire.Message) wire.Message {
			k := m.(*ServerKeyExchange)
			k.Public = make([]byte, 32)
			return k
		}, code: "tls/bad-signature"},
		{name: "explicit curve", version: TLS12, typ: TypeServerKeyExchange, change: func(m wire.Message) wire.Message {
			k := m.(*ServerKeyExchange)
			k.NamedCurve = 0x1e
			return k
		}, set: func(c, s *Config) { c.Groups = []uint16{X25519, SECP256R1, 0x1e} }, code: "tls/cannot-perform"},
	} {
		t.Run(VersionName(c.version)+"/"+c.name, func(t *testing.T) {
			cc, sc := testConfigs(t, pki.ECDSAP256)
			cc.Versions, sc.Versions = []uint16{c.version}, []uint16{c.version}
			if c.set != nil {
				c.set(&cc, &sc)
			}
			if got := alter(t, cc, sc, c.typ, c.change); got == nil || got.Code.ID != c.code {
				t.Errorf("the client says %v, want %s", got, c.code)
			}
		})
	}
}

// alter plays a handshake without records, and changes the server's message of
// a type before the client gets it. It returns the client's failure.
func alter(t *testing.T, cc, sc Config, typ uint8, change func(wire.Message) wire.Message) *engine.Failure {
	var cl, sl loose
	var cout, sout engine.Effects
	client := newHandshaker(&cc, false, Dialect{}, &cl, &cout)
	server := newHandshaker(&sc, true, Dialect{}, &sl, &sout)
	client.now, server.now = testClock, testClock
	if f := client.Start(); f != nil {
		t.Fatal(f)
	}
	for range 3 {
		for ; len(cl.sent) > 0; cl.sent = cl.sent[1:] {
			if m := cl.sent[0]; m != nil {
				if f := server.Receive(m); f != nil {
					t.Fatalf("server: %v", f)
				}
			} else if f := server.ReceiveChangeCipherSpec(); server.version == TLS12 && f != nil {
				t.Fatalf("server: %v", f)
			}
		}
		for ; len(sl.sent) > 0; sl.sent = sl.sent[1:] {
			m := sl.sent[0]
			if m == nil {
				continue
			}
			if m[0] == typ {
				ctx := Context{Version: server.version, Suite: server.suite.Code, FromServer: true}
				h, err := ParseHandshake(bytes.Clone(m), ctx)
				if err != nil {
					t.Fatal(err)
				}
				h.Body = change(h.Body)
				if _, ok := h.Body.(*CertificateRequest); ok {
					h.Type = TypeCertificateRequest
				}
				if m, err = AppendHandshake(nil, h.Type, h.Body, ctx); err != nil {
					t.Fatal(err)
				}
			}
			if f := client.Receive(m); f != nil {
				return f
			}
		}
	}
	return nil
}

// TestClientAuthAsked meets servers that ask for a certificate: this client has
// none and says so.
func TestClientAuthAsked(t *testing.T) {
	for _, version := range []uint16{TLS13, TLS12} {
		client, server := testConfigs(t, pki.ECDSAP256)
		suite := TLS_AES_128_GCM_SHA256
		if version == TLS12 {
			suite = TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
		}
		client.Versions, client.CipherSuites = []uint16{version}, []uint16{suite}
		cfg := goConfig(server, version, suite, X25519)
		cfg.ClientAuth = stdtls.RequestClientCert
		a, b := newPipe(), newPipe()
		playGo(t, &driver{conn: NewClient(client), stream: duplex{b, a}}, stdtls.Server(duplex{a, b}, cfg), suite)
	}
}

// TestEndWithoutCloseNotify ends a stream after our own close_notify, which is
// an end as good as the peer's.
func TestEndWithoutCloseNotify(t *testing.T) {
	client, server := testConfigs(t, pki.ECDSAP256)
	w := newWire(t, client, server)
	w.mustConnect()
	w.tamper = func(string, string, []byte) []byte { return nil } // nothing arrives any more
	w.step(w.client, engine.Input{Kind: engine.Close})
	if w.client.Closed() || w.client.stateName() != "CLOSING" {
		t.Errorf("the client is in %s", w.client.stateName())
	}
	w.step(w.client, engine.Input{Kind: engine.Write, Data: []byte("late")})
	if code, _ := codeAndAlert(&w.cout); code != "tls/not-connected" {
		t.Errorf("writing after close: %q", code)
	}
	w.client.Step(0, engine.Input{Kind: engine.End}, &w.cout)
	if !w.client.Closed() {
		t.Errorf("the client is in %s", w.client.stateName())
	}
}

// TestOfferIsData offers, besides what works, code points of every kind that
// nobody performs, in front: they are sent as they are, and do no harm.
func TestOfferIsData(t *testing.T) {
	for _, version := range []uint16{TLS13, TLS12} {
		client, server := testConfigs(t, pki.ECDSAP256)
		suite := TLS_AES_256_GCM_SHA384
		if version == TLS12 {
			suite = TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
		}
		client.Versions = []uint16{0x1a1a, 0x7f1c, version}
		client.CipherSuites = []uint16{0x2a2a, 0x1304, TLS_EMPTY_RENEGOTIATION_INFO_SCSV, 0xc013, suite}
		client.Groups = []uint16{0x3a3a, 0x11ec, 0x18, X25519, SECP256R1}
		client.SignatureAlgorithms = append([]uint16{0x4a4a, 0x0904, 0x0201}, client.SignatureAlgorithms...)
		order := append([]RawExtension{{0x5a5a, []byte{}}}, helloOrder...)
		client.HelloExtensions = append(order, RawExtension{ExtPadding, make([]byte, 40)}, RawExtension{0x6a6a, []byte{0}})

		w := newWire(t, client, server)
		w.mustConnect()
		if w.client.Suite() != suite || w.server.Version() != version {
			t.Errorf("%s: %s, %s", VersionName(version), VersionName(w.server.Version()), SuiteName(w.client.Suite()))
		}
		if !bytes.Contains(w.cout.List[1].(engine.Made).Buffer.Data, []byte{0x5a, 0x5a, 0, 0}) {
			t.Error("the GREASE extension was not sent")
		}
		a, b := newPipe(), newPipe()
		playGo(t, &driver{conn: NewClient(client), stream: duplex{b, a}}, stdtls.Server(duplex{a, b}, goConfig(server, version, suite, X25519)), suite)
	}
}

// TestServerPreference picks by the server's order, whatever the client's.
func TestServerPreference(t *testing.T) {
	client, server := testConfigs(t, pki.ECDSAP256)
	client.Versions, server.Versions = []uint16{TLS12, TLS13}, []uint16{TLS12, TLS13}
	client.CipherSuites = []uint16{TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256}
	server.CipherSuites = []uint16{TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256}
	server.Groups = []uint16{SECP256R1, X25519}
	w := newWire(t, client, server)
	w.mustConnect()
	got := map[string]string{}
	for _, f := range w.server.Facts() {
		got[f.Name] = f.Value
	}
	want := map[string]string{"version": "TLS 1.3", "cipher_suite": "TLS_CHACHA20_POLY1305_SHA256", "group": "secp256r1", "signature_algorithm": "ecdsa_secp256r1_sha256", "alpn": "http/1.1"}
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%s is %q, want %q", name, got[name], v)
		}
	}
	if !bytes.Equal(w.client.ClientRandom(), w.server.ClientRandom()) || len(w.client.ClientRandom()) != 32 {
		t.Error("the two ends know other client randoms")
	}
}
