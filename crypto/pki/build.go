package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"

	"cipherglass/crypto/engine"
)

type builder struct {
	specs  []Spec
	random *engine.Random
	keys   map[string]string
	cache  *Cache
	rsa    map[string]string // by certificate's name: its test key
	done   []*Identity
	busy   []bool // being built: to find circles of issuers
}

func (b *builder) index(name string) int {
	for i := range b.specs {
		if b.specs[i].Name == name {
			return i
		}
	}
	return -1
}

// chooseRSA gives each RSA certificate a test key: the one its name hashes to,
// or the next that is free, so that an edit elsewhere seldom changes it and
// two certificates share one only when there are more than test keys.
func (b *builder) chooseRSA() {
	b.rsa = map[string]string{}
	var taken [len(rsaTestKeys)]bool
	left := len(taken)
	for _, s := range b.specs {
		if s.Key != RSA2048 || s.PEM != "" {
			continue
		}
		h := sha256.Sum256([]byte(s.Name))
		i := int(h[0]) % len(taken)
		for left > 0 && taken[i] {
			i = (i + 1) % len(taken)
		}
		if !taken[i] {
			left--
		}
		taken[i] = true
		b.rsa[s.Name] = rsaTestKeys[i]
	}
}

func (b *builder) build(i int) (*Identity, error) {
	if b.done[i] != nil {
		return b.done[i], nil
	}
	s := &b.specs[i]
	if b.busy[i] {
		return nil, &Error{s.Name, "issuer", "its issuers go round in a circle; one of them must sign itself", ""}
	}
	b.busy[i] = true
	var id *Identity
	var err error
	if s.PEM != "" {
		id, err = b.pasted(s)
	} else {
		id, err = b.generated(s)
	}
	if err != nil {
		return nil, err
	}
	b.done[i] = id
	return id, nil
}

func (b *builder) generated(s *Spec) (*Identity, error) {
	template, err := templateOf(s)
	if err != nil {
		return nil, err
	}
	key, material, err := b.key(s)
	if err != nil {
		return nil, err
	}
	template.SerialNumber = b.serial(s.Name)
	template.SubjectKeyId, err = keyID(key)
	if err != nil {
		return nil, &Error{s.Name, "key", err.Error(), ""}
	}
	template.KeyUsage = usageOf(s.CA, key)
	id := &Identity{Name: s.Name, Key: key}
	parent, signer, above := template, key, [][]byte(nil)
	if s.Issuer != "" && s.Issuer != s.Name {
		issuer, err := b.issuer(s)
		if err != nil {
			return nil, err
		}
		parent, signer = issuer.Cert, issuer.Key
		template.AuthorityKeyId = parent.SubjectKeyId
		if !selfSigned(issuer.Cert) {
			above = issuer.Chain
		}
	}
	template.SignatureAlgorithm = signatureOf(signer)
	memo := sha256.New()
	fmt.Fprintf(memo, "%#v %q %x %x %x %d", *s, material, template.SerialNumber, template.SubjectKeyId, parent.Raw, template.SignatureAlgorithm)
	id.Cert, err = b.cache.cert([32]byte(memo.Sum(nil)), func() (*x509.Certificate, error) {
		// A nil reader makes ECDSA deterministic (RFC 6979); Ed25519 and
		// PKCS #1 v1.5 need none.
		der, err := x509.CreateCertificate(nil, template, parent, key.Public(), signer)
		if err != nil {
			return nil, err
		}
		return x509.ParseCertificate(der)
	})
	if err != nil {
		return nil, &Error{s.Name, "certificate", err.Error(), ""}
	}
	id.Chain = append([][]byte{id.Cert.Raw}, above...)
	return id, nil
}

func (b *builder) issuer(s *Spec) (*Identity, error) {
	i := b.index(s.Issuer)
	if i < 0 {
		return nil, &Error{s.Name, "issuer", fmt.Sprintf("there is no certificate named %q", s.Issuer), ""}
	}
	issuer, err := b.build(i)
	if err != nil {
		return nil, err
	}
	if issuer.Key == nil {
		hash := SPKIHash(issuer.Cert)
		return nil, &Error{issuer.Name, "key_hash", fmt.Sprintf("its private key is needed to sign %q; give the key whose public key has the SHA-256 %s", s.Name, hash), hash}
	}
	return issuer, nil
}

// key returns the certificate's key and the bytes that it came from.
func (b *builder) key(s *Spec) (crypto.Signer, []byte, error) {
	name := "cert/" + s.Name + "/key"
	switch s.Key {
	case ECDSAP256:
		d := b.random.Scalar(name, "p256", elliptic.P256().Params().N)
		k, err := b.cache.Memo().Do("ecdsa-p256 "+string(d), func() (any, error) { return ecdsa.ParseRawPrivateKey(elliptic.P256(), d) })
		if err != nil {
			return nil, nil, &Error{s.Name, "key", err.Error(), ""}
		}
		return k.(*ecdsa.PrivateKey), d, nil
	case Ed25519:
		seed := b.random.Bytes(name, ed25519.SeedSize)
		k, err := b.cache.Memo().Do("ed25519 "+string(seed), func() (any, error) { return ed25519.NewKeyFromSeed(seed), nil })
		return k.(ed25519.PrivateKey), seed, err
	case RSA2048:
		k, err := b.cache.key(b.rsa[s.Name])
		if err != nil {
			return nil, nil, &Error{s.Name, "key", err.Error(), ""}
		}
		return k, []byte(b.rsa[s.Name]), nil
	case Pasted:
		return nil, nil, &Error{s.Name, "pem", "paste a certificate, or choose another kind of key", ""}
	}
	return nil, nil, &Error{s.Name, "key", fmt.Sprintf("%q is no kind of key: choose %s", s.Key, strings.Join(KeyKinds, ", ")), ""}
}

// serial is 16 bytes by name, never 0 (RFC 5280, Section 4.1.2.2).
func (b *builder) serial(name string) *big.Int {
	n := new(big.Int).SetBytes(b.random.Bytes("cert/"+name+"/serial", 16))
	if n.Sign() == 0 {
		n.SetInt64(1)
	}
	return n
}

// keyID is the leftmost 160 bits of the SHA-256 of the public key (RFC 7093,
// Section 2, method 1).
func keyID(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &spki); err != nil {
		return nil, err
	}
	h := sha256.Sum256(spki.Key.Bytes)
	return h[:20], nil
}

func usageOf(ca bool, key crypto.Signer) x509.KeyUsage {
	if ca {
		return x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}
	if _, ok := key.Public().(*rsa.PublicKey); ok {
		return x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	}
	return x509.KeyUsageDigitalSignature
}

func signatureOf(key crypto.Signer) x509.SignatureAlgorithm {
	switch key.Public().(type) {
	case *rsa.PublicKey:
		return x509.SHA256WithRSA
	case ed25519.PublicKey:
		return x509.PureEd25519
	}
	return x509.ECDSAWithSHA256
}

func templateOf(s *Spec) (*x509.Certificate, error) {
	subject, err := parseSubject(s.Subject)
	if err != nil {
		return nil, &Error{s.Name, "subject", err.Error(), ""}
	}
	if len(subject) == 0 && s.CA {
		return nil, &Error{s.Name, "subject", "a CA must have one (RFC 5280, Section 4.1.2.6): write CN=name", ""}
	}
	raw, err := asn1.Marshal(subject)
	if err != nil {
		return nil, &Error{s.Name, "subject", err.Error(), ""}
	}
	t := &x509.Certificate{RawSubject: raw, BasicConstraintsValid: true, IsCA: s.CA, MaxPathLen: -1}
	if t.NotBefore, err = parseTime(s, "not_before", s.NotBefore); err != nil {
		return nil, err
	}
	if t.NotAfter, err = parseTime(s, "not_after", s.NotAfter); err != nil {
		return nil, err
	}
	if t.NotAfter.Before(t.NotBefore) {
		return nil, &Error{s.Name, "not_after", "the certificate would end before it begins", ""}
	}
	if !s.CA {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	for _, n := range s.DNSNames {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
			continue
		}
		if err := checkDNSName(n); err != nil {
			return nil, &Error{s.Name, "dns_names", err.Error(), ""}
		}
		t.DNSNames = append(t.DNSNames, n)
	}
	return t, nil
}

func checkDNSName(n string) error {
	if n == "" || len(n) > 253 {
		return fmt.Errorf("%q has %d characters; a host name has 1 to 253", n, len(n))
	}
	for _, r := range n {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("%q holds a character that no host name may have; write it as xn--... (IDNA)", n)
		}
	}
	return nil
}

func parseTime(s *Spec, field, v string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return t, &Error{s.Name, field, fmt.Sprintf("%q is no time: write it as 2026-01-31T12:00:00Z", v), ""}
	}
	if y := t.UTC().Year(); y < 1950 || y > 9999 {
		return t, &Error{s.Name, field, fmt.Sprintf("year %d is outside 1950 to 9999, which certificates can hold", y), ""}
	}
	return t.UTC(), nil
}

var subjectTypes = []struct {
	name string
	oid  asn1.ObjectIdentifier
}{
	{"CN", asn1.ObjectIdentifier{2, 5, 4, 3}},
	{"O", asn1.ObjectIdentifier{2, 5, 4, 10}},
	{"OU", asn1.ObjectIdentifier{2, 5, 4, 11}},
	{"C", asn1.ObjectIdentifier{2, 5, 4, 6}},
	{"ST", asn1.ObjectIdentifier{2, 5, 4, 8}},
	{"L", asn1.ObjectIdentifier{2, 5, 4, 7}},
	{"STREET", asn1.ObjectIdentifier{2, 5, 4, 9}},
	{"SERIALNUMBER", asn1.ObjectIdentifier{2, 5, 4, 5}},
}

// parseSubject reads "CN=server, O=Example", in that order; text without "="
// is a common name.
func parseSubject(s string) (pkix.RDNSequence, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return pkix.RDNSequence{}, nil
	}
	if !strings.Contains(s, "=") {
		s = "CN=" + s
	}
	var seq pkix.RDNSequence
	for _, part := range strings.Split(s, ",") {
		typ, value, ok := strings.Cut(part, "=")
		typ, value = strings.ToUpper(strings.TrimSpace(typ)), strings.TrimSpace(value)
		if !ok || value == "" {
			return nil, fmt.Errorf("%q is no part of a name: write TYPE=value, separated by commas", strings.TrimSpace(part))
		}
		oid := subjectOID(typ)
		if oid == nil {
			return nil, fmt.Errorf("%q is not known: use CN, O, OU, C, ST, L, STREET or SERIALNUMBER", typ)
		}
		seq = append(seq, pkix.RelativeDistinguishedNameSET{{Type: oid, Value: value}})
	}
	return seq, nil
}

func subjectOID(typ string) asn1.ObjectIdentifier {
	for _, t := range subjectTypes {
		if t.name == typ {
			return t.oid
		}
	}
	return nil
}
