package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/engine"
)

func specs() []Spec {
	const from, to = "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"
	return []Spec{
		{Name: "root", CA: true, Key: ECDSAP256, Subject: "CN=Root CA, O=Example", NotBefore: from, NotAfter: to},
		{Name: "server", Issuer: "inter", Key: ECDSAP256, Subject: "CN=server", DNSNames: []string{"server.example", "*.wild.example", "10.0.0.2"}, NotBefore: from, NotAfter: to},
		{Name: "inter", Issuer: "root", CA: true, Key: Ed25519, Subject: "Intermediate CA", NotBefore: from, NotAfter: to},
		{Name: "rsa-root", Issuer: "rsa-root", CA: true, Key: RSA2048, Subject: "RSA Root", NotBefore: from, NotAfter: to},
		{Name: "rsa-server", Issuer: "rsa-root", Key: RSA2048, Subject: "", DNSNames: []string{"server.example"}, NotBefore: from, NotAfter: to},
		{Name: "self", Key: Ed25519, Subject: "self", DNSNames: []string{"server.example"}, NotBefore: from, NotAfter: to},
	}
}

func build(t testing.TB, list []Spec, keys map[string]string, cache *Cache) Identities {
	t.Helper()
	ids, err := Build(list, engine.NewRandom("seed", nil), keys, cache)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func TestBuildIsDeterministic(t *testing.T) {
	cache := new(Cache)
	a, b, c := build(t, specs(), nil, cache), build(t, specs(), nil, nil), build(t, specs(), nil, cache)
	for i := range a {
		if !bytes.Equal(a[i].Cert.Raw, b[i].Cert.Raw) || !bytes.Equal(a[i].Cert.Raw, c[i].Cert.Raw) {
			t.Errorf("%s differs from run to run", a[i].Name)
		}
		if a[i].Cert != c[i].Cert {
			t.Errorf("%s was made again", a[i].Name)
		}
	}
	other, err := Build(specs(), engine.NewRandom("other", nil), nil, cache)
	if err != nil || bytes.Equal(other[0].Cert.Raw, a[0].Cert.Raw) {
		t.Errorf("another seed gives the same certificate: %v", err)
	}
	edited := specs()
	edited[5].Subject = "changed"
	d := build(t, edited, nil, cache)
	for i := range a[:5] {
		if !bytes.Equal(a[i].Cert.Raw, d[i].Cert.Raw) {
			t.Errorf("an edit of another certificate changed %s", a[i].Name)
		}
	}
	if bytes.Equal(a[5].Cert.Raw, d[5].Cert.Raw) {
		t.Error("an edit did not change its certificate")
	}
}

func TestBuildPinsKeys(t *testing.T) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := k.Bytes()
	ids, err := Build(specs(), engine.NewRandom("seed", map[string][]byte{"cert/server/key": d, "cert/server/serial": bytes.Repeat([]byte{0xff}, 16)}), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := ids.ByName("server")
	if !k.PublicKey.Equal(server.Cert.PublicKey) {
		t.Error("the pinned key is not the certificate's")
	}
	if got := server.Cert.SerialNumber.Text(16); got != strings.Repeat("ff", 16) {
		t.Errorf("serial %s, pinned another", got)
	}
}

func TestChains(t *testing.T) {
	ids := build(t, specs(), nil, nil)
	for name, want := range map[string]int{"root": 1, "server": 2, "inter": 1, "rsa-root": 1, "rsa-server": 1, "self": 1} {
		if got := len(ids.ByName(name).Chain); got != want {
			t.Errorf("%s: chain of %d, want %d", name, got, want)
		}
	}
	server := ids.ByName("server").Cert
	if !bytes.Equal(server.AuthorityKeyId, ids.ByName("inter").Cert.SubjectKeyId) || len(server.SubjectKeyId) != 20 {
		t.Errorf("key IDs: %x, %x", server.AuthorityKeyId, server.SubjectKeyId)
	}
	if _, err := ids.Roots([]string{"root", "nobody"}); err == nil {
		t.Error("a root that is not there was found")
	}
	hash := SPKIHash(server)
	if got, err := KeySPKIHash(ids.ByName("server").Key); err != nil || got != hash || len(hash) != 64 {
		t.Errorf("hash of the key %s, %v, of the certificate %s", got, err, hash)
	}
	if a, b := ids.ByName("rsa-root").Cert, ids.ByName("rsa-server").Cert; SPKIHash(a) == SPKIHash(b) {
		t.Error("two RSA certificates share a key")
	}
	if n := len(build(t, append(specs(), manyRSA(9)...), nil, nil)); n != 15 {
		t.Errorf("%d certificates with more RSA ones than test keys", n)
	}
}

func manyRSA(n int) []Spec {
	var list []Spec
	for i := range n {
		s := specs()[4]
		s.Name = "r" + string(rune('0'+i))
		list = append(list, s)
	}
	return list
}

func TestCheckChain(t *testing.T) {
	ids := build(t, specs(), nil, nil)
	with := func(edit func(list []Spec)) Identities {
		list := specs()
		edit(list)
		return build(t, list, nil, nil)
	}
	noCA := with(func(l []Spec) { l[2].CA = false })
	imposter, err := Build(specs(), engine.NewRandom("imposter", nil), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	tampered := [][]byte{bytes.Clone(ids[1].Chain[0]), ids[1].Chain[1]}
	tampered[0][len(tampered[0])-1] ^= 1
	roots := func(l Identities, names ...string) []*x509.Certificate {
		r, err := l.Roots(names)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	server := ids.ByName("server").Chain
	for _, c := range []struct {
		name  string
		chain [][]byte
		roots []*x509.Certificate
		host  string
		at    time.Time
		want  *engine.Code
		alert string
	}{
		{"good", server, roots(ids, "root"), "server.example", noon, nil, ""},
		{"good, any order of roots", server, roots(ids, "rsa-root", "root"), "server.example", noon, nil, ""},
		{"good, wildcard", server, roots(ids, "root"), "a.wild.example", noon, nil, ""},
		{"good, address", server, roots(ids, "root"), "10.0.0.2", noon, nil, ""},
		{"good, no host asked for", server, roots(ids, "root"), "", noon, nil, ""},
		{"good, intermediate trusted", server[:1], roots(ids, "inter"), "server.example", noon, nil, ""},
		{"good, RSA", ids.ByName("rsa-server").Chain, roots(ids, "rsa-root"), "server.example", noon, nil, ""},
		{"good, self-signed and trusted", ids.ByName("self").Chain, roots(ids, "self"), "server.example", noon, nil, ""},
		{"no certificate", nil, roots(ids, "root"), "server.example", noon, NoCertificate, "decode_error"},
		{"no DER", [][]byte{[]byte("junk")}, roots(ids, "root"), "server.example", noon, BadEncoding, "bad_certificate"},
		{"unknown CA", server, roots(ids, "rsa-root"), "server.example", noon, UnknownIssuer, "unknown_ca"},
		{"no CA trusted", server, nil, "server.example", noon, UnknownIssuer, "unknown_ca"},
		{"intermediate missing", server[:1], roots(ids, "root"), "server.example", noon, UnknownIssuer, "unknown_ca"},
		{"self-signed", ids.ByName("self").Chain, roots(ids, "root"), "server.example", noon, SelfSigned, "unknown_ca"},
		{"root sent, not trusted", append(server[:2:2], ids.ByName("root").Cert.Raw), roots(ids, "rsa-root"), "server.example", noon, SelfSigned, "unknown_ca"},
		{"CA of the same name, another key", server, roots(imposter, "root"), "server.example", noon, BadSignature, "bad_certificate"},
		{"tampered", tampered, roots(ids, "root"), "server.example", noon, BadSignature, "bad_certificate"},
		{"expired", server, roots(ids, "root"), "server.example", noon.AddDate(1, 0, 0), Expired, "certificate_expired"},
		{"not yet valid", server, roots(ids, "root"), "server.example", noon.AddDate(-1, 0, 0), NotYetValid, "certificate_expired"},
		{"issuer is no CA", noCA.ByName("server").Chain, roots(noCA, "root"), "server.example", noon, NotCA, "bad_certificate"},
		{"another host", server, roots(ids, "root"), "other.example", noon, WrongHost, "bad_certificate"},
		{"wildcard covers one label", server, roots(ids, "root"), "a.b.wild.example", noon, WrongHost, "bad_certificate"},
		{"common name does not count", server, roots(ids, "root"), "server", noon, WrongHost, "bad_certificate"},
		{"another address", server, roots(ids, "root"), "10.0.0.3", noon, WrongHost, "bad_certificate"},
		{"too many", make([][]byte, 11), nil, "", noon, ChainTooLong, "bad_certificate"},
	} {
		checks, f := CheckChain(c.chain, c.roots, c.host, c.at)
		switch {
		case f == nil && c.want == nil:
			for _, k := range checks {
				if !k.OK || k.Detail == "" || k.Ref == "" {
					t.Errorf("%s: %+v", c.name, k)
				}
			}
		case f == nil || f.Code != c.want:
			t.Errorf("%s: got %v, want %v", c.name, f, c.want)
		case f.Code.Alert != c.alert:
			t.Errorf("%s: alert %s, want %s", c.name, f.Code.Alert, c.alert)
		case strings.Contains(f.Sentence(), "%!"):
			t.Errorf("%s: %s", c.name, f.Sentence())
		case !hasFailed(checks):
			t.Errorf("%s: no check failed", c.name)
		}
	}
}

func hasFailed(checks []engine.Checked) bool {
	for _, k := range checks {
		if !k.OK {
			return true
		}
	}
	return false
}

// custom signs a certificate that Build would not make.
func custom(t *testing.T, parent *Identity, edit func(c *x509.Certificate)) [][]byte {
	t.Helper()
	ids := build(t, specs(), nil, nil)
	leaf := ids.ByName("server")
	c := &x509.Certificate{SerialNumber: leaf.Cert.SerialNumber, RawSubject: leaf.Cert.RawSubject, NotBefore: leaf.Cert.NotBefore, NotAfter: leaf.Cert.NotAfter,
		DNSNames: []string{"server.example"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	edit(c)
	der, err := x509.CreateCertificate(nil, c, parent.Cert, leaf.Key.Public(), parent.Key)
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{der}
}

func TestUsages(t *testing.T) {
	ids := build(t, specs(), nil, nil)
	root := ids.ByName("root")
	trust := []*x509.Certificate{root.Cert}
	client := custom(t, root, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	if _, f := CheckChain(client, trust, "server.example", noon); f == nil || f.Code != WrongUsage {
		t.Errorf("a client's certificate: %v", f)
	}
	free := custom(t, root, func(c *x509.Certificate) { c.ExtKeyUsage = nil })
	if _, f := CheckChain(free, trust, "server.example", noon); f != nil {
		t.Errorf("no extended key usage: %v", f)
	}
	strange := custom(t, root, func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, unknownCritical)
	})
	if _, f := CheckChain(strange, trust, "server.example", noon); f == nil || f.Code != UnknownCritical {
		t.Errorf("an unknown critical extension: %v", f)
	}
	cert, _ := x509.ParseCertificate(client[0])
	if k, f := CheckKeyUsage(cert, x509.KeyUsageDigitalSignature); f != nil || !k.OK {
		t.Errorf("digitalSignature: %v", f)
	}
	if k, f := CheckKeyUsage(cert, x509.KeyUsageKeyEncipherment); f == nil || k.OK || f.Code.Alert != "unsupported_certificate" {
		t.Errorf("keyEncipherment passes: %v", f)
	}
}

func TestPasted(t *testing.T) {
	made := build(t, specs(), nil, nil)
	leaf, ca := made.ByName("server"), made.ByName("root")
	encode := func(der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	der, err := x509.MarshalPKCS8PrivateKey(leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	hash := SPKIHash(leaf.Cert)
	list := []Spec{
		{Name: "mine", Key: Pasted, PEM: "my chain:\n" + encode(leaf.Chain[0]) + encode(leaf.Chain[1]) + encode(ca.Cert.Raw), KeyHash: hash},
		{Name: "ca", Key: Pasted, PEM: encode(ca.Cert.Raw)},
	}
	ids := build(t, list, map[string]string{hash: key}, nil)
	if len(ids[0].Chain) != 2 || ids[0].Key == nil || ids[1].Key != nil {
		t.Errorf("chain of %d, key %v, CA's key %v", len(ids[0].Chain), ids[0].Key, ids[1].Key)
	}
	if _, f := CheckChain(ids[0].Chain, []*x509.Certificate{ids[1].Cert}, "server.example", noon); f != nil {
		t.Errorf("pasted chain: %v", f)
	}
	var e *Error
	if _, err := Build(list, engine.NewRandom("seed", nil), nil, nil); !errors.As(err, &e) || e.KeyHash != hash || !strings.Contains(err.Error(), hash) {
		t.Errorf("missing key: %v", err)
	}
	under := append(list[1:2:2], specs()[1])
	under[1].Issuer = "ca"
	if _, err := Build(under, engine.NewRandom("seed", nil), nil, nil); !errors.As(err, &e) || e.KeyHash != SPKIHash(ca.Cert) {
		t.Errorf("a CA without its key signs: %v", err)
	}
	otherDER, _ := x509.MarshalPKCS8PrivateKey(ca.Key)
	other := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: otherDER}))
	if _, err := Build(list, engine.NewRandom("seed", nil), map[string]string{hash: other}, nil); err == nil {
		t.Error("the private key of another certificate is accepted")
	}
	list[0].KeyHash = strings.Repeat("0", 64)
	if _, err := Build(list, engine.NewRandom("seed", nil), map[string]string{hash: key}, nil); err == nil {
		t.Error("a wrong key hash is accepted")
	}
}

func TestBadSpecs(t *testing.T) {
	for _, c := range []struct {
		name, field string
		edit        func(l []Spec)
	}{
		{"no name", "name", func(l []Spec) { l[0].Name = "" }},
		{"name twice", "name", func(l []Spec) { l[1].Name = "root" }},
		{"no such issuer", "issuer", func(l []Spec) { l[1].Issuer = "nobody" }},
		{"circle", "issuer", func(l []Spec) { l[0].Issuer = "inter" }},
		{"kind of key", "key", func(l []Spec) { l[0].Key = "dsa" }},
		{"pasted nothing", "pem", func(l []Spec) { l[0].Key = Pasted }},
		{"not PEM", "pem", func(l []Spec) { l[0].PEM = "hello" }},
		{"bad PEM", "pem", func(l []Spec) { l[0].PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }},
		{"key as certificate", "pem", func(l []Spec) { l[0].PEM = rsaTestKeys[0] }},
		{"time", "not_before", func(l []Spec) { l[1].NotBefore = "yesterday" }},
		{"year", "not_before", func(l []Spec) { l[1].NotBefore = "1900-01-01T00:00:00Z" }},
		{"order", "not_after", func(l []Spec) { l[1].NotAfter = "2025-01-01T00:00:00Z" }},
		{"CA without subject", "subject", func(l []Spec) { l[0].Subject = "" }},
		{"subject", "subject", func(l []Spec) { l[1].Subject = "CN=a, b" }},
		{"subject type", "subject", func(l []Spec) { l[1].Subject = "XX=a" }},
		{"host name", "dns_names", func(l []Spec) { l[1].DNSNames = []string{"bücher.example"} }},
		{"empty host name", "dns_names", func(l []Spec) { l[1].DNSNames = []string{""} }},
	} {
		list := specs()
		c.edit(list)
		_, err := Build(list, engine.NewRandom("seed", nil), nil, nil)
		var e *Error
		if !errors.As(err, &e) || e.Field != c.field || e.What == "" {
			t.Errorf("%s: got %v, want a fault of %s", c.name, err, c.field)
		}
	}
}

func TestBadPrivateKeys(t *testing.T) {
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	der, _ := x509.MarshalPKCS8PrivateKey(p384)
	for name, text := range map[string]string{
		"nothing":     "",
		"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"junk":        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"encrypted":   "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"P-384":       string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	} {
		if _, err := ParsePrivateKey(text); err == nil || !strings.HasPrefix(err.Error(), "pki: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i, text := range rsaTestKeys {
		if _, err := ParsePrivateKey(text); err != nil {
			t.Errorf("test key %d: %v", i, err)
		}
	}
}

func BenchmarkBuildCached(b *testing.B) {
	cache := new(Cache)
	for b.Loop() {
		build(b, specs(), nil, cache)
	}
}

func BenchmarkCheckChain(b *testing.B) {
	ids := build(b, specs(), nil, nil)
	roots, _ := ids.Roots([]string{"root"})
	for b.Loop() {
		CheckChain(ids[1].Chain, roots, "server.example", noon)
	}
}
