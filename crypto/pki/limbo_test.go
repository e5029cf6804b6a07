package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"os"
	"time"

	"testing"
)

var unknownCritical = pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 55738, 666, 1}, Critical: true, Value: []byte{5, 0}}

type limboCase struct {
	ID       string   `json:"id"`
	Trusted  []string `json:"trusted_certs"`
	Between  []string `json:"untrusted_intermediates"`
	Peer     string   `json:"peer_certificate"`
	Time     string   `json:"validation_time"`
	Expected string   `json:"expected_result"`
	PeerName struct {
		Kind, Value string
	} `json:"expected_peer_name"`
}

func limbo(t testing.TB) []limboCase {
	b, err := os.ReadFile("testdata/limbo-rfc5280-webpki.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Testcases []limboCase `json:"testcases"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Testcases
}

func der(t testing.TB, text string) []byte {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}

// lenient are the cases in which CheckChain and limbo disagree, and why.
var lenient = map[string]string{
	"rfc5280::ee-empty-issuer":                          issuerRule,
	"rfc5280::ca-empty-subject":                         issuerRule,
	"rfc5280::cross-signed-root-missing-aki":            issuerRule,
	"rfc5280::intermediate-missing-aki":                 issuerRule,
	"rfc5280::leaf-missing-aki":                         issuerRule,
	"rfc5280::missing-ski":                              issuerRule,
	"rfc5280::root-non-critical-basic-constraints":      issuerRule,
	"rfc5280::leaf-ku-keycertsign":                      issuerRule,
	"rfc5280::san-noncritical-with-empty-subject":       issuerRule,
	"rfc5280::serial-number-too-long":                   issuerRule,
	"rfc5280::serial-number-zero":                       issuerRule,
	"webpki::public-suffix-wildcard-san":                "needs a list of public suffixes",
	"webpki::root-with-extkeyusage":                     issuerRule,
	"webpki::root-with-aki-authoritycertissuer":         issuerRule,
	"webpki::root-with-aki-authoritycertserialnumber":   issuerRule,
	"webpki::root-with-aki-all-fields":                  issuerRule,
	"webpki::san-critical-with-nonempty-subject":        issuerRule,
	"webpki::forbidden-dsa-spki-leaf":                   "the chain is fine; no TLS suite can use the key",
	"rfc5280::ca-nameconstraints-permitted-dn-match":    "crypto/x509 knows no constraints on directory names, and they are critical",
	"rfc5280::ca-nameconstraints-permitted-self-issued": "crypto/x509 applies constraints to self-issued certificates too",
}

const issuerRule = "a rule for those who issue certificates, not for those who check them (RFC 5280, Section 6.1)"

func TestLimbo(t *testing.T) {
	for _, c := range limbo(t) {
		at := time.Date(2023, 11, 3, 0, 0, 0, 0, time.UTC)
		if c.Time != "" {
			var err error
			if at, err = time.Parse(time.RFC3339, c.Time); err != nil {
				t.Fatal(err)
			}
		}
		var roots []*x509.Certificate
		for _, text := range c.Trusted {
			if r, err := x509.ParseCertificate(der(t, text)); err == nil {
				roots = append(roots, r)
			}
		}
		chain := [][]byte{der(t, c.Peer)}
		for _, text := range c.Between {
			chain = append(chain, der(t, text))
		}
		_, f := CheckChain(chain, roots, c.PeerName.Value, at)
		agree := (f == nil) == (c.Expected == "SUCCESS")
		if why, ok := lenient[c.ID]; agree == ok {
			t.Errorf("%s: want %s, got %v (%s)", c.ID, c.Expected, f, why)
		}
	}
}

func FuzzParseChain(f *testing.F) {
	for _, c := range limbo(f) {
		f.Add(der(f, c.Peer), der(f, c.Trusted[0]), "example.com")
	}
	f.Fuzz(func(t *testing.T, leaf, other []byte, host string) {
		root, err := x509.ParseCertificate(other)
		var roots []*x509.Certificate
		if err == nil {
			roots = append(roots, root)
		}
		checks, fail := CheckChain([][]byte{leaf, other}, roots, host, noon)
		if (fail != nil) != hasFailed(checks) {
			t.Fatalf("failure %v, checks %+v", fail, checks)
		}
		if fail != nil {
			_ = fail.Sentence()
		}
		_, _ = ParseCertificates(string(leaf))
		_, _ = ParsePrivateKey(string(leaf))
	})
}
