package verify

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

const (
	client = "conversations.web.tls.client."
	server = "conversations.web.tls.server."
)

// both sets the same for both ends.
func both(field, value string) []string {
	return []string{client + field, value, server + field, value}
}

// separateRuns verifies a scenario and returns crypto/tls's two checks.
func separateRuns(t *testing.T, s *scenario.Scenario) (*trace.Trace, []*trace.Check) {
	t.Helper()
	tr := play(t, s)
	v := Start(tr, Options{})
	v.tasks = v.tasks[len(v.tasks)-2:]
	for !v.Step() {
	}
	list := by(tr, byCryptoTLS)
	if len(list) != 2 {
		t.Fatalf("%d separate runs, want 2", len(list))
	}
	return tr, list
}

// TestPeerCompletes has crypto/tls agree with every combination that completes.
func TestPeerCompletes(t *testing.T) {
	certs := []string{"ecdsa-p256", "ed25519", "rsa-2048"}
	suites := []struct{ version, suite, certs string }{
		{"1.3", "TLS_AES_128_GCM_SHA256", "ecdsa-p256 ed25519 rsa-2048"},
		{"1.3", "TLS_AES_256_GCM_SHA384", "ecdsa-p256 ed25519 rsa-2048"},
		{"1.3", "TLS_CHACHA20_POLY1305_SHA256", "ecdsa-p256 ed25519 rsa-2048"},
		{"1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ecdsa-p256 ed25519"},
		{"1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ecdsa-p256 ed25519"},
		{"1.2", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ecdsa-p256 ed25519"},
		{"1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "rsa-2048"},
		{"1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "rsa-2048"},
		{"1.2", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "rsa-2048"},
		{"1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256", "rsa-2048"},
		{"1.2", "TLS_RSA_WITH_AES_128_CBC_SHA", "rsa-2048"},
	}
	for _, suite := range suites {
		for _, cert := range certs {
			if !strings.Contains(suite.certs, cert) {
				continue
			}
			groups := []string{"x25519 secp256r1", "secp256r1", "x25519", "secp256r1 x25519"}
			if runtime.GOOS == "js" {
				groups = groups[:1] // WebAssembly takes its time, and knows no other crypto/tls
			}
			for _, group := range groups {
				for _, ems := range []string{"true", "false"} {
					if suite.version == "1.3" && ems == "true" || suite.version == "1.2" && cert == "ecdsa-p256" && group == "x25519" {
						continue
					}
					name := fmt.Sprintf("%s/%s/%s/ems=%s", suite.suite, cert, group, ems)
					t.Run(name, func(t *testing.T) {
						edits := append(both("versions", suite.version), both("cipher_suites", suite.suite)...)
						edits = append(edits, both("groups", group)...)
						edits = append(edits, both("extended_master_secret", ems)...)
						edits = append(edits, "certificates.server.key", cert)
						edits = append(edits, both("signature_algorithms", "ecdsa_secp256r1_sha256 ed25519 rsa_pss_rsae_sha256 rsa_pkcs1_sha256")...)
						tr, list := separateRuns(t, preset(t, "tls13", edits...))
						if tr.Outcome.Code != "complete" {
							t.Errorf("the run ended with %s", tr.Outcome.Code)
						}
						for _, c := range list {
							if c.Answer != trace.Agreed {
								t.Errorf("%s: answer %d: %s (the run: %s)", c.Name, c.Answer, c.Detail, tr.Outcome.Summary)
							}
						}
					})
				}
			}
		}
	}
}

// TestPeerVariations goes through what ends ask differently, most of it to
// fail: crypto/tls must fail with the same alert, or the check says why nobody
// could tell.
func TestPeerVariations(t *testing.T) {
	tests := []struct {
		name    string
		preset  string
		edits   []string
		code    string // the run's outcome
		answers string // of our client against crypto/tls, and of our server
	}{
		{"alpn-mismatch13", "tls13", []string{client + "alpn", "h2", server + "alpn", "http/1.1"}, "tls/no-application-protocol", "agreed agreed"},
		{"alpn-mismatch12", "tls12-ecdhe", []string{client + "alpn", "h2", server + "alpn", "http/1.1"}, "tls/no-application-protocol", "agreed agreed"},
		{"alpn-server-none", "tls13", []string{client + "alpn", "h2", server + "alpn", ""}, "complete", "agreed agreed"},
		{"alpn-client-none", "tls13", []string{client + "alpn", "", server + "alpn", "h2"}, "complete", "agreed agreed"},
		{"alpn-two", "tls13", []string{client + "alpn", "h2 http/1.1", server + "alpn", "http/1.1 h2"}, "complete", "agreed agreed"},
		{"alpn12-two", "tls12-ecdhe", []string{client + "alpn", "h2 http/1.1", server + "alpn", "http/1.1 h2"}, "complete", "agreed agreed"},
		{"no-suite13", "tls13", []string{client + "cipher_suites", "TLS_AES_128_GCM_SHA256", server + "cipher_suites", "TLS_AES_256_GCM_SHA384"}, "tls/no-common-cipher-suite", "nobody nobody"},
		{"no-suite12", "tls12-ecdhe", []string{client + "cipher_suites", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", server + "cipher_suites", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}, "tls/no-common-cipher-suite", "agreed agreed"},
		{"no-suite-rsa", "tls12-rsa", []string{client + "cipher_suites", "TLS_RSA_WITH_AES_128_CBC_SHA", server + "cipher_suites", "TLS_RSA_WITH_AES_128_GCM_SHA256"}, "tls/no-common-cipher-suite", "agreed agreed"},
		{"wrong-kind12", "tls12-rsa", append(both("cipher_suites", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), both("groups", "x25519")...), "tls/no-cipher-suite-for-certificate", "agreed agreed"},
		{"no-version-a", "tls13", []string{client + "versions", "1.3", server + "versions", "1.2"}, "tls/no-common-version", "agreed agreed"},
		{"no-version-b", "tls12-ecdhe", []string{client + "versions", "1.2", server + "versions", "1.3"}, "tls/no-common-version", "agreed agreed"},
		{"down12", "tls13", []string{client + "versions", "1.3 1.2", server + "versions", "1.2", client + "cipher_suites", "TLS_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", server + "cipher_suites", "TLS_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, "complete", "agreed agreed"},
		{"server-both", "tls12-ecdhe", []string{server + "versions", "1.3 1.2"}, "complete", "agreed agreed"},
		{"no-group13", "tls13", []string{client + "groups", "x25519", server + "groups", "secp256r1"}, "tls/no-common-group", "agreed agreed"},
		{"no-group13b", "tls13", []string{client + "groups", "secp256r1", server + "groups", "x25519"}, "tls/no-common-group", "agreed agreed"},
		{"no-group12", "tls12-ecdhe", []string{client + "groups", "x25519", server + "groups", "secp256r1"}, "tls/no-common-group", "agreed agreed"},
		{"no-group12b", "tls12-ecdhe", []string{client + "groups", "secp256r1", server + "groups", "x25519"}, "tls/no-common-group", "agreed agreed"},
		{"no-sigalg13", "tls13", []string{client + "signature_algorithms", "ed25519"}, "tls/no-common-signature-algorithm", "agreed nobody"},
		{"no-sigalg12", "tls12-ecdhe", []string{client + "signature_algorithms", "ed25519"}, "tls/no-common-signature-algorithm", "agreed nobody"},
		{"no-sigalg-srv", "tls13", []string{server + "signature_algorithms", "ed25519"}, "tls/no-common-signature-algorithm", "agreed agreed"},
		{"pkcs1-only13", "tls13", append(both("signature_algorithms", "rsa_pkcs1_sha256"), "certificates.server.key", "rsa-2048"), "tls/no-common-signature-algorithm", "agreed agreed"},
		{"wrong-name13", "tls13", []string{client + "server_name", "other.test"}, "pki/host-name", "agreed agreed"},
		{"wrong-name12", "tls12-ecdhe", []string{client + "server_name", "other.test"}, "pki/host-name", "agreed agreed"},
		{"wrong-name-rsa", "tls12-rsa", []string{client + "server_name", "other.test"}, "pki/host-name", "agreed agreed"},
		{"expired13", "tls13", []string{"certificates.server.not_after", "2026-02-01T00:00:00Z"}, "pki/expired", "agreed agreed"},
		{"expired12", "tls12-rsa", []string{"certificates.server.not_after", "2026-02-01T00:00:00Z"}, "pki/expired", "agreed agreed"},
		{"early13", "tls13", []string{"certificates.server.not_before", "2026-12-01T00:00:00Z"}, "pki/not-yet-valid", "agreed agreed"},
		{"untrusted13", "tls13", []string{client + "trust", ""}, "pki/unknown-issuer", "agreed agreed"},
		{"untrusted12", "tls12-ecdhe", []string{client + "trust", ""}, "pki/unknown-issuer", "agreed agreed"},
		{"untrusted-rsa", "tls12-rsa", []string{client + "trust", ""}, "pki/unknown-issuer", "agreed agreed"},
		{"no-sni", "tls13", []string{client + "server_name", ""}, "complete", "agreed nobody"},
		{"ems-client-only", "tls12-ecdhe", []string{server + "extended_master_secret", "false"}, "complete", "agreed agreed"},
		{"ems-server-only", "tls12-ecdhe", []string{client + "extended_master_secret", "false"}, "complete", "agreed agreed"},
		{"grease", "tls13", []string{client + "cipher_suites", "0x0a0a TLS_AES_128_GCM_SHA256", client + "groups", "0x1a1a x25519"}, "complete", "agreed agreed"},
		{"server-aes256-first", "tls13", []string{server + "cipher_suites", "TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256"}, "complete", "agreed agreed"},
		{"chacha-first", "tls13", []string{server + "cipher_suites", "TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_GCM_SHA256", client + "cipher_suites", "TLS_AES_128_GCM_SHA256 TLS_CHACHA20_POLY1305_SHA256"}, "complete", "agreed agreed"},
		{"keyupdate", "tls13", []string{"conversations.web.tls.key_update", "both"}, "complete", "agreed agreed"},
		{"no-compat", "tls13", both("middlebox_compat", "false"), "complete", "agreed agreed"},
		{"empty-groups13", "tls13", []string{client + "groups", ""}, "tls/missing-extension", "nobody nobody"},
		{"empty-groups12", "tls12-ecdhe", []string{client + "groups", ""}, "tls/illegal-parameter", "nobody nobody"},
		{"empty-sigs13", "tls13", []string{client + "signature_algorithms", ""}, "tls/missing-extension", "agreed nobody"},
		{"empty-sigs12", "tls12-ecdhe", []string{client + "signature_algorithms", ""}, "tls/no-common-signature-algorithm", "agreed nobody"},
		{"unperformed-suite", "tls12-ecdhe", both("cipher_suites", "0xc00a"), "tls/no-common-cipher-suite", "agreed agreed"},
		{"p256-cert-no-curve", "tls12-ecdhe", []string{client + "groups", "x25519", "certificates.server.key", "ecdsa-p256"}, "tls/certificate-curve", "nobody agreed"},
		{"root-rsa", "tls13", []string{"certificates.root.key", "rsa-2048"}, "complete", "agreed agreed"},
		{"size-100k", "tls13", []string{"conversations.web.size", "100000"}, "complete", "agreed agreed"},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			tr, list := separateRuns(t, preset(t, x.preset, x.edits...))
			if tr.Outcome.Code != x.code {
				t.Errorf("the run ended with %s, want %s", tr.Outcome.Code, x.code)
			}
			got := word(list[0]) + " " + word(list[1])
			if got != x.answers {
				t.Errorf("answers %s, want %s:\n%s\n%s", got, x.answers, list[0].Detail, list[1].Detail)
			}
		})
	}
}

// TestPeerDisagrees has the separate runs notice what is wrong with a trace:
// another alert, a handshake that was no success, a failure that was none.
func TestPeerDisagrees(t *testing.T) {
	failed := func(tr *trace.Trace) *trace.Event {
		for _, e := range tr.Events {
			if e.Kind == trace.KindFailed {
				return e
			}
		}
		return nil
	}
	tests := []struct {
		name   string
		edits  []string
		spoil  func(tr *trace.Trace)
		detail string
	}{
		{"another alert", []string{client + "alpn", "h2", server + "alpn", "http/1.1"}, func(tr *trace.Trace) {
			f := failed(tr).Fail
			code := *f.Code
			code.Alert, f.FromPeer = "handshake_failure", false
			f.Code = &code
		}, "with crypto/tls it is no_application_protocol"},
		{"a success that cannot be", []string{}, func(tr *trace.Trace) {
			tr.Scenario.Conversations[0].TLS.Client.ALPN = []string{"h2"}
			tr.Scenario.Conversations[0].TLS.Server.ALPN = []string{"http/1.1"}
		}, "says"},
		{"a failure that was none", []string{client + "alpn", "h2", server + "alpn", "http/1.1"}, func(tr *trace.Trace) {
			tr.Scenario.Conversations[0].TLS.Server.ALPN = []string{"h2"}
		}, "with crypto/tls it did not"},
		{"another certificate problem", []string{client + "server_name", "other.test"}, func(tr *trace.Trace) {
			tr.Scenario.Conversations[0].TLS.Client.ServerName = "example.test"
		}, "with crypto/tls it did not"},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			tr := play(t, preset(t, "tls13", x.edits...))
			x.spoil(tr)
			All(tr, Options{})
			for _, c := range by(tr, byCryptoTLS) {
				if c.Answer != trace.Disagreed || !strings.Contains(c.Detail, x.detail) {
					t.Errorf("%s: %s, %q; want disagreed, %q", c.Name, word(c), c.Detail, x.detail)
				}
			}
		})
	}
}

// TestPeerNobody has nobody answer where a fault, not a setting, decided.
func TestPeerNobody(t *testing.T) {
	_, list := separateRuns(t, tampered()[0].scenario(t))
	for _, c := range list {
		if c.Answer != trace.Nobody || !strings.Contains(c.Detail, "fault") {
			t.Errorf("%s: %s, %q", c.Name, word(c), c.Detail)
		}
	}
}

// TestPipe ends a conversation in which both ends wait for each other.
func TestPipe(t *testing.T) {
	a, b := pipe()
	heard := make(chan error, 1)
	go func() { _, err := b.Read(make([]byte, 9)); heard <- err }()
	_, err := a.Read(make([]byte, 9))
	if other := <-heard; err != io.EOF || other != io.EOF {
		t.Errorf("read %v and %v, want EOF twice", err, other)
	}
	if _, err := a.Write([]byte("x")); err == nil {
		t.Error("the pipe still takes data")
	}
}
