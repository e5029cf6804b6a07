package tls

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
)

// codeAndAlert is the failure of one end, "" for none; of a peer's alert, its
// name.
func codeAndAlert(out *engine.Effects) (code, alert string) {
	f := failureOf(out)
	if f == nil {
		return "", ""
	}
	if f.FromPeer {
		return f.Code.ID, f.Args[0]
	}
	return f.Code.ID, f.Code.Alert
}

// replace changes the first old to new in what a side sends under a label.
func replace(side, label string, old, new []byte) func(string, string, []byte) []byte {
	done := false
	return func(from, l string, data []byte) []byte {
		if done || from != side || l != label || !bytes.Contains(data, old) {
			return data
		}
		done = true
		return bytes.Replace(data, old, new, 1)
	}
}

// flip changes one byte at an offset from the end of what a side sends.
func flip(side, label string, fromEnd int) func(string, string, []byte) []byte {
	return func(from, l string, data []byte) []byte {
		if from == side && l == label {
			data[len(data)-fromEnd] ^= 1
		}
		return data
	}
}

// TestFailures plays handshakes that must fail: which end finds it, with which
// code, and with which alert the other end hears of it.
func TestFailures(t *testing.T) {
	only12 := func(c, s *Config) { c.Versions, s.Versions = []uint16{TLS12}, []uint16{TLS12} }
	suite12 := func(suite uint16) func(c, s *Config) {
		return func(c, s *Config) {
			only12(c, s)
			c.CipherSuites, s.CipherSuites = []uint16{suite}, []uint16{suite}
			c.ExtendedMasterSecret = false
		}
	}
	for _, c := range []struct {
		name   string
		key    string // certificate, "" for ECDSA
		set    func(c, s *Config)
		tamper func(from, label string, data []byte) []byte
		finder string // the end that finds it
		code   string
		alert  string
	}{
		{name: "no common version", set: func(c, s *Config) { c.Versions, s.Versions = []uint16{TLS13}, []uint16{TLS12} },
			finder: "server", code: "tls/no-common-version", alert: "protocol_version"},
		{name: "a version that nobody performs", set: func(c, s *Config) { c.Versions, s.Versions = []uint16{TLS11}, []uint16{TLS11} },
			finder: "server", code: "tls/no-common-version", alert: "protocol_version"},
		{name: "no common suite in 1.3", set: func(c, s *Config) {
			c.Versions = []uint16{TLS13}
			c.CipherSuites, s.CipherSuites = []uint16{TLS_AES_128_GCM_SHA256}, []uint16{TLS_AES_256_GCM_SHA384}
		}, finder: "server", code: "tls/no-common-cipher-suite", alert: "handshake_failure"},
		{name: "no common suite in 1.2", set: func(c, s *Config) {
			only12(c, s)
			s.CipherSuites = []uint16{0xc013}
		}, finder: "server", code: "tls/no-common-cipher-suite", alert: "handshake_failure"},
		{name: "no suite for the certificate", set: func(c, s *Config) {
			only12(c, s)
			s.CipherSuites = []uint16{TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA}
		}, finder: "server", code: "tls/no-cipher-suite-for-certificate", alert: "handshake_failure"},
		{name: "no common group in 1.3", set: func(c, s *Config) { c.Groups = []uint16{0x18, 0x11ec} },
			finder: "server", code: "tls/no-common-group", alert: "handshake_failure"},
		{name: "no common group in 1.2", set: func(c, s *Config) {
			only12(c, s)
			c.Groups = []uint16{0x18}
		}, finder: "server", code: "tls/no-common-group", alert: "handshake_failure"},
		{name: "a HelloRetryRequest would be needed", set: func(c, s *Config) { c.KeyShares, s.Groups = []uint16{X25519}, []uint16{SECP256R1} },
			finder: "server", code: "tls/needs-hello-retry-request", alert: "handshake_failure"},
		{name: "the certificate's curve is not offered in 1.2", set: func(c, s *Config) {
			only12(c, s)
			c.Groups = []uint16{X25519}
		}, finder: "server", code: "tls/certificate-curve", alert: "handshake_failure"},
		{name: "no common signature algorithm in 1.3", set: func(c, s *Config) { c.SignatureAlgorithms = []uint16{ED25519, RSA_PSS_RSAE_SHA256} },
			finder: "server", code: "tls/no-common-signature-algorithm", alert: "handshake_failure"},
		{name: "no common signature algorithm in 1.2", set: func(c, s *Config) {
			only12(c, s)
			s.SignatureAlgorithms = []uint16{ED25519}
		}, finder: "server", code: "tls/no-common-signature-algorithm", alert: "handshake_failure"},
		{name: "PKCS #1 v1.5 cannot sign in 1.3", key: pki.RSA2048, set: func(c, s *Config) { c.SignatureAlgorithms = []uint16{RSA_PKCS1_SHA256} },
			finder: "server", code: "tls/no-common-signature-algorithm", alert: "handshake_failure"},
		{name: "no signature_algorithms", set: func(c, s *Config) { c.SignatureAlgorithms = nil },
			finder: "server", code: "tls/missing-extension", alert: "missing_extension"},
		{name: "no supported_groups", set: func(c, s *Config) { c.Groups, c.KeyShares = nil, []uint16{X25519} },
			finder: "server", code: "tls/missing-extension", alert: "missing_extension"},
		{name: "no application protocol", set: func(c, s *Config) { s.ALPN = []string{"smtp"} },
			finder: "server", code: "tls/no-application-protocol", alert: "no_application_protocol"},
		{name: "no certificate", set: func(c, s *Config) { s.Identity = nil },
			finder: "server", code: "tls/no-certificate", alert: "handshake_failure"},
		{name: "two extensions of a type", set: func(c, s *Config) {
			c.HelloExtensions = append([]RawExtension{{Type: ExtSupportedVersions}}, helloOrder...)
		},
			finder: "server", code: "tls/duplicate-extension", alert: "illegal_parameter"},
		{name: "pre_shared_key is not last", set: func(c, s *Config) {
			c.HelloExtensions = append([]RawExtension{{ExtPreSharedKey, []byte("\x00\x07\x00\x01x\x00\x00\x00\x00\x00\x21\x20abcdefghijklmnopabcdefghijklmnop")}}, helloOrder...)
		}, finder: "server", code: "tls/illegal-parameter", alert: "illegal_parameter"},
		{name: "unreadable extension", set: func(c, s *Config) {
			c.HelloExtensions = append([]RawExtension{{ExtCookie, []byte{0, 9, 1}}}, helloOrder...)
		}, finder: "server", code: "tls/decode-error", alert: "decode_error"},
		{name: "a fallback that was not needed", set: func(c, s *Config) {
			c.Versions = []uint16{TLS12}
			c.CipherSuites = append([]uint16{TLS_FALLBACK_SCSV}, c.CipherSuites...)
		}, finder: "server", code: "tls/inappropriate-fallback", alert: "inappropriate_fallback"},
		{name: "renegotiation_info is not empty", set: func(c, s *Config) {
			only12(c, s)
			c.HelloExtensions = append([]RawExtension{{ExtRenegotiationInfo, []byte{1, 7}}}, helloOrder[:2]...)
			c.HelloExtensions = append(c.HelloExtensions, helloOrder[3:]...)
		}, finder: "server", code: "tls/renegotiation-info", alert: "handshake_failure"},

		{name: "unknown CA", set: func(c, s *Config) { c.Roots = nil }, finder: "client", code: "pki/unknown-issuer", alert: "unknown_ca"},
		{name: "unknown CA in 1.2", set: func(c, s *Config) { only12(c, s); c.Roots = nil }, finder: "client", code: "pki/unknown-issuer", alert: "unknown_ca"},
		{name: "expired", set: func(c, s *Config) { c.Clock = c.Clock.AddDate(2, 0, 0) }, finder: "client", code: "pki/expired", alert: "certificate_expired"},
		{name: "another host", set: func(c, s *Config) { c.ServerName = "other.example" }, finder: "client", code: "pki/host-name", alert: "bad_certificate"},
		{name: "empty certificate list", set: func(c, s *Config) { id := *s.Identity; id.Chain = nil; s.Identity = &id },
			finder: "client", code: "tls/empty-certificate", alert: "decode_error"},
		{name: "the signature of another key", set: func(c, s *Config) {
			id := *s.Identity
			id.Chain = testOther.Chain // its issuer is trusted too
			s.Identity = &id
		}, finder: "client", code: "tls/bad-signature", alert: "decrypt_error"},

		{name: "supported_versions removed on the way", tamper: replace("client", "flight1", []byte{0, 0x2b, 0, 5}, []byte{0x5a, 0x5a, 0, 5}),
			finder: "client", code: "tls/downgrade-detected", alert: "illegal_parameter"},
		{name: "flipped byte in the encrypted flight", tamper: flip("server", "flight1", 3), finder: "client", code: "tls/bad-record-mac", alert: "bad_record_mac"},
		{name: "flipped byte in the client's Finished", tamper: flip("client", "flight2", 3), finder: "server", code: "tls/bad-record-mac", alert: "bad_record_mac"},
		{name: "flipped byte in an offered protocol", tamper: replace("client", "flight1", []byte("h2"), []byte("h3")), finder: "client", code: "tls/bad-record-mac", alert: "bad_record_mac"},
		{name: "another suite than offered", set: func(c, s *Config) {
			c.CipherSuites, s.CipherSuites = []uint16{TLS_AES_128_GCM_SHA256}, []uint16{TLS_AES_128_GCM_SHA256}
		},
			tamper: replace("server", "flight1", []byte{0x13, 1, 0, 0}, []byte{0x13, 2, 0, 0}),
			finder: "client", code: "tls/illegal-parameter", alert: "illegal_parameter"},
		{name: "compression", tamper: replace("server", "flight1", []byte{0x13, 1, 0, 0}, []byte{0x13, 1, 1, 0}),
			finder: "client", code: "tls/illegal-parameter", alert: "illegal_parameter"},
		{name: "another session ID", tamper: func(from, label string, data []byte) []byte {
			if from == "server" && label == "flight1" {
				data[5+4+2+32+1] ^= 1
			}
			return data
		}, finder: "client", code: "tls/illegal-parameter", alert: "illegal_parameter"},
		{name: "an extension that was not asked for", tamper: replace("server", "flight1", []byte{0, 0x33, 0, 0x24}, []byte{0x5a, 0x5a, 0, 0x24}),
			finder: "client", code: "tls/unsupported-extension", alert: "unsupported_extension"},
		{name: "HelloRetryRequest", tamper: func(from, label string, data []byte) []byte {
			if from == "server" && label == "flight1" {
				copy(data[11:43], RetryRandom)
			}
			return data
		}, finder: "client", code: "tls/decode-error", alert: "decode_error"}, // its key_share has another form
		{name: "a share that is no point", set: func(c, s *Config) { c.Groups, s.Groups = []uint16{SECP256R1}, []uint16{SECP256R1} },
			tamper: replace("client", "flight1", []byte{0, 0x41, 4}, []byte{0, 0x41, 5}),
			finder: "server", code: "tls/bad-key-share", alert: "illegal_parameter"},
		{name: "change_cipher_spec of 2", tamper: replace("server", "flight1", []byte{20, 3, 3, 0, 1, 1}, []byte{20, 3, 3, 0, 1, 2}),
			finder: "client", code: "tls/bad-change-cipher-spec", alert: "unexpected_message"},

		{name: "changed offer in 1.2", set: suite12(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), tamper: replace("client", "flight1", []byte("h2"), []byte("h3")),
			finder: "server", code: "tls/bad-finished", alert: "decrypt_error"},
		{name: "changed ServerKeyExchange", set: suite12(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), tamper: replace("server", "flight1", []byte{3, 0, 0x1d, 0x20}, []byte{3, 0, 0x17, 0x20}),
			finder: "client", code: "tls/bad-signature", alert: "decrypt_error"},
		{name: "an unknown curve in ServerKeyExchange", set: suite12(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), tamper: replace("server", "flight1", []byte{3, 0, 0x1d, 0x20}, []byte{3, 0, 0x1e, 0x20}),
			finder: "client", code: "tls/illegal-parameter", alert: "illegal_parameter"},
		{name: "changed premaster ciphertext", key: pki.RSA2048, set: suite12(TLS_RSA_WITH_AES_128_CBC_SHA), tamper: func(from, label string, data []byte) []byte {
			if from == "client" && label == "flight2" {
				data[100] ^= 1
			}
			return data
		}, finder: "server", code: "tls/bad-record-mac", alert: "bad_record_mac"},
		{name: "changed Finished in 1.2", key: pki.RSA2048, set: suite12(TLS_RSA_WITH_AES_128_CBC_SHA), tamper: flip("server", "flight2", 5),
			finder: "client", code: "tls/bad-record-mac", alert: "bad_record_mac"},
		{name: "no ChangeCipherSpec", set: suite12(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), tamper: replace("server", "flight2", []byte{20, 3, 3, 0, 1, 1}, nil),
			finder: "client", code: "tls/unexpected-record", alert: "unexpected_message"},
		{name: "the certificate of another kind", key: pki.RSA2048, set: func(c, s *Config) {
			only12(c, s)
			c.CipherSuites = []uint16{TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
		}, tamper: replace("server", "flight1", []byte{0xc0, 0x2f}, []byte{0xc0, 0x2b}),
			finder: "client", code: "tls/wrong-certificate-key", alert: "unsupported_certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := c.key
			if key == "" {
				key = pki.ECDSAP256
			}
			client, server := testConfigs(t, key)
			if c.set != nil {
				c.set(&client, &server)
			}
			w := newWire(t, client, server)
			w.tamper = c.tamper
			w.start()
			finder, other := &w.cout, &w.sout
			if c.finder == "server" {
				finder, other = other, finder
			}
			if code, alert := codeAndAlert(finder); code != c.code || alert != c.alert {
				t.Errorf("the %s found %q with %q, want %q with %q (%v)", c.finder, code, alert, c.code, c.alert, failureOf(finder))
			}
			if code, alert := codeAndAlert(other); code != "tls/peer-alert" || alert != c.alert {
				t.Errorf("the other end has %q with %q, want the peer's %q (%v)", code, alert, c.alert, failureOf(other))
			}
			if !w.client.Closed() || !w.server.Closed() {
				t.Errorf("client in %s, server in %s", w.client.stateName(), w.server.stateName())
			}
			for _, out := range []*engine.Effects{finder, other} {
				if s := failureOf(out).Sentence(); bytes.Contains([]byte(s), []byte("%!")) {
					t.Errorf("sentence %q", s)
				}
			}
		})
	}
}

var testCA = pki.Spec{Name: "ca", CA: true, Key: pki.ECDSAP256, Subject: "CN=ca.example", NotBefore: "2026-01-01T00:00:00Z", NotAfter: "2027-01-01T00:00:00Z"}

// testOther is another certificate of server.example, of the same kind and CA.
var testOther = func() *pki.Identity {
	specs := []pki.Spec{
		testCA,
		{Name: "other", Issuer: "ca", Key: pki.ECDSAP256, Subject: "CN=other", DNSNames: []string{"server.example"}, NotBefore: "2026-01-01T00:00:00Z", NotAfter: "2027-01-01T00:00:00Z"},
	}
	ids, err := pki.Build(specs, engine.NewRandom("tls test", nil), nil, nil)
	if err != nil {
		panic(err)
	}
	return ids.ByName("other")
}()

// TestRetryRequest gives a client a well-formed HelloRetryRequest.
func TestRetryRequest(t *testing.T) {
	client, _ := testConfigs(t, pki.ECDSAP256)
	c := NewClient(client)
	var out engine.Effects
	c.Step(0, engine.Input{Kind: engine.Start}, &out)
	msg, err := AppendHandshake(nil, TypeServerHello, &ServerHello{LegacyVersion: TLS12, Random: RetryRandom, CipherSuite: TLS_AES_128_GCM_SHA256,
		Extensions: []Extension{{Type: ExtSupportedVersions, Body: &SupportedVersionsServerHello{TLS13}}, {Type: ExtKeyShare, Body: &KeyShareHelloRetryRequest{SECP256R1}}}}, Context{})
	if err != nil {
		t.Fatal(err)
	}
	c.Step(0, engine.Input{Kind: engine.Receive, Data: (*RecordProtection)(nil).Seal(nil, ContentHandshake, TLS12, msg)}, &out)
	if code, alert := codeAndAlert(&out); code != "tls/hello-retry-request" || alert != "handshake_failure" {
		t.Errorf("got %q with %q", code, alert)
	}
}

// TestUntrustedButSkipped connects although the chain is bad, and still tells
// of the check that failed.
func TestUntrustedButSkipped(t *testing.T) {
	client, server := testConfigs(t, pki.ECDSAP256)
	client.Roots, client.SkipVerify = []*x509.Certificate{}, true
	w := newWire(t, client, server)
	w.mustConnect()
	for _, e := range w.cout.List {
		if c, ok := e.(engine.Checked); ok && !c.OK {
			return
		}
	}
	t.Error("no check failed")
}

// TestRecordFailures gives both ends what no TLS peer sends: at the start, and
// under the keys of an open connection.
func TestRecordFailures(t *testing.T) {
	plain := func(typ uint8, content ...byte) []byte {
		return (*RecordProtection)(nil).Seal(nil, typ, TLS12, content)
	}
	for _, c := range []struct {
		name        string
		data        []byte
		code, alert string
	}{
		{"HTTP", []byte("GET / HTTP/1.1\r\n"), "tls/unknown-content-type", "unexpected_message"},
		{"SSL 2", []byte{22, 2, 0, 0, 1, 1}, "tls/bad-record-version", "protocol_version"},
		{"too long", []byte{22, 3, 1, 0x40, 1}, "tls/record-overflow", "record_overflow"},
		{"data first", plain(ContentApplicationData, 1, 2), "tls/unexpected-record", "unexpected_message"},
		{"empty handshake record", plain(ContentHandshake), "tls/empty-record", "unexpected_message"},
		{"ChangeCipherSpec first", plain(ContentChangeCipherSpec, 1), "tls/unexpected-record", "unexpected_message"},
		{"long message", plain(ContentHandshake, TypeClientHello, 0xff, 0, 0), "tls/message-too-long", "decode_error"},
		{"Finished first", plain(ContentHandshake, TypeFinished, 0, 0, 0), "tls/unexpected-message", "unexpected_message"},
		{"unknown message", plain(ContentHandshake, 99, 0, 0, 0), "tls/unexpected-message", "unexpected_message"},
		{"empty ClientHello", plain(ContentHandshake, TypeClientHello, 0, 0, 0), "tls/decode-error", "decode_error"},
		{"interleaved", append(plain(ContentHandshake, TypeClientHello, 0, 1), plain(ContentChangeCipherSpec, 1)...), "tls/interleaved-message", "unexpected_message"},
		{"long alert", plain(ContentAlert, 2, 40, 0), "tls/bad-alert", "decode_error"},
		{"fatal alert", plain(ContentAlert, 2, 80), "tls/peer-alert", "internal_error"},
		{"unknown fatal alert", plain(ContentAlert, 2, 200), "tls/peer-alert", "0xc8"},
		{"close_notify at once", plain(ContentAlert, 1, 0), "tls/peer-alert", "close_notify"},
		{"a warning", plain(ContentAlert, 1, 112), "", ""},
	} {
		_, server := testConfigs(t, pki.ECDSAP256)
		s := NewServer(server)
		var out engine.Effects
		s.Step(0, engine.Input{Kind: engine.Receive, Data: c.data}, &out)
		if code, alert := codeAndAlert(&out); code != c.code || alert != c.alert {
			t.Errorf("%s: got %q with %q, want %q with %q", c.name, code, alert, c.code, c.alert)
		}
	}
}

// TestConnectedFailures sends what an open connection does not allow.
func TestConnectedFailures(t *testing.T) {
	for _, c := range []struct {
		name        string
		version     uint16
		typ         uint8
		content     []byte
		code, alert string
	}{
		{"Finished again", TLS13, ContentHandshake, []byte{TypeFinished, 0, 0, 0}, "tls/unexpected-message", "unexpected_message"},
		{"protected change_cipher_spec", TLS13, ContentChangeCipherSpec, []byte{1}, "tls/unexpected-record", "unexpected_message"},
		{"request_update 2", TLS13, ContentHandshake, []byte{TypeKeyUpdate, 0, 0, 1, 2}, "tls/illegal-parameter", "illegal_parameter"},
		{"KeyUpdate and more", TLS13, ContentHandshake, []byte{TypeKeyUpdate, 0, 0, 1, 0, TypeKeyUpdate, 0, 0, 1, 0}, "tls/key-change-inside-record", "unexpected_message"},
		{"empty alert", TLS13, ContentAlert, nil, "tls/bad-alert", "decode_error"},
		{"warning", TLS13, ContentAlert, []byte{1, 112}, "tls/peer-alert", "unrecognized_name"},
		{"content type 99", TLS13, 99, []byte{1}, "tls/unknown-content-type", "unexpected_message"},
		{"user_canceled", TLS13, ContentAlert, []byte{1, 90}, "", ""},
		{"empty data", TLS13, ContentApplicationData, nil, "", ""},
		{"renegotiation", TLS12, ContentHandshake, []byte{TypeClientHello, 0, 0, 0}, "tls/no-renegotiation", "no_renegotiation"},
		{"KeyUpdate", TLS12, ContentHandshake, []byte{TypeKeyUpdate, 0, 0, 1, 0}, "tls/unexpected-message", "unexpected_message"},
		{"ChangeCipherSpec", TLS12, ContentChangeCipherSpec, []byte{1}, "tls/unexpected-record", "unexpected_message"},
		{"warning", TLS12, ContentAlert, []byte{1, 112}, "", ""},
	} {
		client, server := testConfigs(t, pki.ECDSAP256)
		client.Versions, server.Versions = []uint16{c.version}, []uint16{c.version}
		w := newWire(t, client, server)
		w.mustConnect()
		w.client.rec.sendRecord("odd", c.typ, c.content)
		w.client.rec.flush()
		list := w.client.effects.List
		w.step(w.server, engine.Input{Kind: engine.Receive, Data: list[len(list)-1].(engine.Send).Data})
		if code, alert := codeAndAlert(&w.sout); code != c.code || alert != c.alert {
			t.Errorf("%s %s: got %q with %q, want %q with %q", VersionName(c.version), c.name, code, alert, c.code, c.alert)
		}
	}
}

// TestBleichenbacher sends premaster secrets that are wrong in every way: the
// server's answers must be the same.
func TestBleichenbacher(t *testing.T) {
	var answers []string
	for _, pad := range []struct {
		name string
		em   func(em []byte)
	}{
		{"block type 1", func(em []byte) { em[1] = 1 }},
		{"no zero", func(em []byte) { em[len(em)-49] = 7 }},
		{"early zero", func(em []byte) { em[20] = 0 }},
		{"version 3.2", func(em []byte) { em[len(em)-47] = 2 }},
		{"leading byte", func(em []byte) { em[0] = 1 }},
	} {
		client, server := testConfigs(t, pki.RSA2048)
		for _, c := range []*Config{&client, &server} {
			c.Versions, c.CipherSuites = []uint16{TLS12}, []uint16{TLS_RSA_WITH_AES_128_GCM_SHA256}
		}
		w := newWire(t, client, server)
		w.tamper = func(from, label string, data []byte) []byte {
			if from == "client" && label == "flight2" {
				copy(data[11:], reEncrypt(t, server.Identity, data[11:11+256], pad.em))
			}
			return data
		}
		w.start()
		code, alert := codeAndAlert(&w.sout)
		answers = append(answers, code+" "+alert+" "+labels(&w.sout))
		if code != "tls/bad-record-mac" || answers[0] != answers[len(answers)-1] {
			t.Errorf("%s: %s, the first was %s", pad.name, answers[len(answers)-1], answers[0])
		}
	}
}

func TestMisuse(t *testing.T) {
	client, server := testConfigs(t, pki.ECDSAP256)
	w := newWire(t, client, server)
	w.step(w.client, engine.Input{Kind: engine.Write, Data: []byte("early")})
	if code, _ := codeAndAlert(&w.cout); code != "tls/not-connected" {
		t.Errorf("writing at once: %q", code)
	}
	w.cout.Reset()
	w.mustConnect() // it does no harm
	w.step(w.client, engine.Input{Kind: engine.Do, Command: "dance"})
	if code, _ := codeAndAlert(&w.cout); code != "tls/not-possible" {
		t.Errorf("an unknown command: %q", code)
	}
	w.cout.Reset()
	w.step(w.client, engine.Input{Kind: engine.End})
	if code, alert := codeAndAlert(&w.cout); code != "tls/stream-ended" || alert != "" {
		t.Errorf("the stream's end: %q, %q", code, alert)
	}
	w.cout.Reset()
	w.step(w.client, engine.Input{Kind: engine.Receive, Data: []byte("late")})
	w.step(w.client, engine.Input{Kind: engine.Close})
	w.step(w.client, engine.Input{Kind: engine.Timer})
	if len(w.cout.List) != 0 {
		t.Errorf("a closed connection does %v", w.cout.List)
	}
	w.step(w.client, engine.Input{Kind: engine.Write, Data: []byte("late")})
	if code, _ := codeAndAlert(&w.cout); code != "tls/not-connected" {
		t.Errorf("writing late: %q", code)
	}
	for _, c := range []Config{{}, {Versions: []uint16{TLS13}}} {
		var out engine.Effects
		NewClient(c).Step(0, engine.Input{Kind: engine.Start}, &out)
		if code, _ := codeAndAlert(&out); code != "tls/nothing-to-offer" || labels(&out) != "" {
			t.Errorf("an empty offer: %q, sent %q", code, labels(&out))
		}
	}
}

// TestCancel closes a client in mid-handshake.
func TestCancel(t *testing.T) {
	client, server := testConfigs(t, pki.ECDSAP256)
	w := newWire(t, client, server)
	w.tamper = func(from, label string, data []byte) []byte {
		if from == "server" {
			return nil // lost
		}
		return data
	}
	w.start()
	w.step(w.client, engine.Input{Kind: engine.Close})
	if code, alert := codeAndAlert(&w.sout); code != "tls/peer-alert" || alert != "close_notify" || !w.client.Closed() || !w.server.Closed() {
		t.Errorf("the server has %q, %q", code, alert)
	}
	if _, ok := w.client.Deadline(); ok {
		t.Error("a client over a stream has a deadline")
	}
	w.client.Step(time.Hour, engine.Input{Kind: engine.Close}, &w.cout)
}

// reEncrypt changes the padded message in an RSA ciphertext.
func reEncrypt(t *testing.T, id *pki.Identity, ct []byte, change func(em []byte)) []byte {
	t.Helper()
	key := id.Key.(*rsa.PrivateKey)
	em := new(big.Int).Exp(new(big.Int).SetBytes(ct), key.D, key.N).FillBytes(make([]byte, key.Size()))
	if em[0] != 0 || em[1] != 2 {
		t.Fatalf("the client's padding begins with %x", em[:2])
	}
	change(em)
	return new(big.Int).Exp(new(big.Int).SetBytes(em), big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
}
