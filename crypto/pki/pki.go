// Package pki makes a scenario's certificates and checks chains of them, step
// by step and in words (RFC 5280, RFC 9525).
//
// The certificates are real and the same every time: keys and serial numbers
// are named random values, ECDSA signs as RFC 6979 says, and RSA keys are
// fixed test keys.
package pki

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"

	"cipherglass/crypto/engine"
)

// The kinds of keys that a Spec can ask for.
const (
	ECDSAP256 = "ecdsa-p256"
	Ed25519   = "ed25519"
	RSA2048   = "rsa-2048"
	Pasted    = "pasted"
)

// KeyKinds are the kinds of keys that can be made.
var KeyKinds = []string{ECDSAP256, Ed25519, RSA2048}

// Spec says what a certificate should be. Its fields are a scenario's.
type Spec struct {
	Name      string   // unique among the specs
	Issuer    string   // name of the CA that signs it; "" or its own name: it signs itself
	CA        bool     // it may sign others
	Key       string   // ECDSAP256, Ed25519, RSA2048, or Pasted
	Subject   string   // "CN=server.example, O=Example", or a common name alone
	DNSNames  []string // subjectAltName: host names or IP addresses
	NotBefore string   // RFC 3339
	NotAfter  string
	PEM       string // a pasted certificate (and those above it), which replaces all but Name
	KeyHash   string // of a pasted certificate: SPKIHash, "" to take the certificate's word
}

// Identity is a certificate, those above it, and its private key.
type Identity struct {
	Name  string
	Chain [][]byte // DER: its own first, then those above it, without the root
	Cert  *x509.Certificate
	Key   crypto.Signer // nil for a pasted CA whose key was not given
}

// Identities are a scenario's certificates, in the order of their specs.
type Identities []*Identity

// ByName returns the identity of a name, nil if there is none.
func (l Identities) ByName(name string) *Identity {
	for _, id := range l {
		if id.Name == name {
			return id
		}
	}
	return nil
}

// Roots returns the certificates of the names, for CheckChain; a name that is
// not there is an error.
func (l Identities) Roots(names []string) ([]*x509.Certificate, error) {
	var roots []*x509.Certificate
	for _, n := range names {
		id := l.ByName(n)
		if id == nil {
			return nil, &Error{Cert: n, Field: "trust", What: "there is no certificate of this name"}
		}
		roots = append(roots, id.Cert)
	}
	return roots, nil
}

// Error is a fault in a Spec: which certificate, which field, and what to do.
type Error struct {
	Cert    string // the certificate's name
	Field   string // the field of Spec, in a scenario's spelling: "not_after"
	What    string
	KeyHash string // the private key of this SPKIHash is missing; "" for other faults
}

func (e *Error) Error() string {
	return fmt.Sprintf("pki: certificate %q, %s: %s", e.Cert, e.Field, e.What)
}

// SPKIHash is the SHA-256 of a certificate's SubjectPublicKeyInfo, in hex: what
// names a private key without telling it.
func SPKIHash(cert *x509.Certificate) string { return hashHex(cert.RawSubjectPublicKeyInfo) }

// KeySPKIHash is SPKIHash of the certificates that a private key belongs to.
func KeySPKIHash(key crypto.Signer) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", fmt.Errorf("pki: public key: %w", err)
	}
	return hashHex(der), nil
}

func hashHex(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// Cache keeps certificates and keys between runs: they are pure functions of
// their Spec and named random values. The zero value is ready; nil caches
// nothing. It is not safe for concurrent use.
type Cache struct {
	certs map[[32]byte]*x509.Certificate
	keys  map[string]crypto.Signer
	memo  engine.Memo
}

// Memo remembers what is computed of keys.
func (c *Cache) Memo() *engine.Memo {
	if c == nil {
		return nil
	}
	return &c.memo
}

const cacheSize = 512 // certificates

func (c *Cache) cert(key [32]byte, build func() (*x509.Certificate, error)) (*x509.Certificate, error) {
	if c == nil {
		return build()
	}
	if cert, ok := c.certs[key]; ok {
		return cert, nil
	}
	cert, err := build()
	if err != nil {
		return nil, err
	}
	if c.certs == nil || len(c.certs) >= cacheSize {
		c.certs = map[[32]byte]*x509.Certificate{}
	}
	c.certs[key] = cert
	return cert, nil
}

func (c *Cache) key(text string) (crypto.Signer, error) {
	if c == nil {
		return ParsePrivateKey(text)
	}
	if k, ok := c.keys[text]; ok {
		return k, nil
	}
	k, err := ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	if c.keys == nil || len(c.keys) >= cacheSize {
		c.keys = map[string]crypto.Signer{}
	}
	c.keys[text] = k
	return k, nil
}

// Build makes the certificates of specs. Keys and serial numbers come from r
// by name ("cert/<name>/key", "cert/<name>/serial"). keys holds pasted private
// keys as PEM, by SPKIHash. cache may be nil. The error is an *Error.
func Build(specs []Spec, r *engine.Random, keys map[string]string, cache *Cache) (Identities, error) {
	b := &builder{specs: specs, random: r, keys: keys, cache: cache, done: make([]*Identity, len(specs)), busy: make([]bool, len(specs))}
	for i, s := range specs {
		if s.Name == "" {
			return nil, &Error{s.Name, "name", fmt.Sprintf("certificate %d has no name", i+1), ""}
		}
		if b.index(s.Name) != i {
			return nil, &Error{s.Name, "name", "two certificates have this name; rename one", ""}
		}
	}
	b.chooseRSA()
	for i := range specs {
		if _, err := b.build(i); err != nil {
			return nil, err
		}
	}
	return b.done, nil
}
