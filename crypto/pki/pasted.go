package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// maxPasted bounds how many certificates a pasted chain may have.
const maxPasted = 10

func (b *builder) pasted(s *Spec) (*Identity, error) {
	certs, err := ParseCertificates(s.PEM)
	if err != nil {
		return nil, &Error{s.Name, "pem", strings.TrimPrefix(err.Error(), "pki: "), ""}
	}
	leaf := certs[0]
	hash := SPKIHash(leaf)
	if s.KeyHash != "" && !strings.EqualFold(s.KeyHash, hash) {
		return nil, &Error{s.Name, "key_hash", fmt.Sprintf("it is not the hash of the pasted certificate's public key, which is %s", hash), ""}
	}
	id := &Identity{Name: s.Name, Cert: leaf, Chain: [][]byte{leaf.Raw}}
	for _, c := range certs[1:] {
		if !selfSigned(c) {
			id.Chain = append(id.Chain, c.Raw)
		}
	}
	text, ok := b.keys[hash]
	if !ok {
		if s.CA || leaf.IsCA {
			return id, nil
		}
		return nil, &Error{s.Name, "key_hash", fmt.Sprintf("its private key is not here (it is never part of a link); give the key whose public key has the SHA-256 %s", hash), hash}
	}
	key, err := b.cache.key(text)
	if err != nil {
		return nil, &Error{s.Name, "key_hash", strings.TrimPrefix(err.Error(), "pki: "), hash}
	}
	if got, err := KeySPKIHash(key); err != nil || got != hash {
		return nil, &Error{s.Name, "key_hash", fmt.Sprintf("the private key given belongs to another certificate: its public key has the SHA-256 %s, the certificate's has %s", got, hash), hash}
	}
	id.Key = key
	return id, nil
}

func selfSigned(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// ParseCertificates reads pasted certificates: PEM, the server's own first.
func ParseCertificates(text string) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	rest := []byte(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return nil, errors.New("pki: the text holds a private key; paste it into the field for the key, and certificates alone here")
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("pki: the text holds a %s; only certificates belong here", block.Type)
		}
		if len(list) == maxPasted {
			return nil, fmt.Errorf("pki: more than %d certificates", maxPasted)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("pki: certificate %d of the text cannot be read: %v", len(list)+1, err)
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errors.New("pki: no certificate found: paste it from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, both lines included")
	}
	if more := strings.TrimSpace(string(rest)); strings.Contains(more, "-----BEGIN") {
		return nil, fmt.Errorf("pki: what follows certificate %d cannot be read: a line may be missing", len(list))
	}
	return list, nil
}

// ParsePrivateKey reads a pasted private key: PEM, PKCS #8, PKCS #1 or SEC 1;
// ECDSA on P-256, Ed25519, or RSA of 2048 to 8192 bits.
func ParsePrivateKey(text string) (crypto.Signer, error) {
	block, rest := pem.Decode([]byte(text))
	for block != nil && block.Type == "EC PARAMETERS" {
		block, rest = pem.Decode(rest)
	}
	if block == nil {
		return nil, errors.New("pki: no private key found: paste it from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----, both lines included")
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errors.New("pki: the private key is encrypted; decrypt it first: openssl pkey -in key.pem")
	}
	key, err := parseKeyBlock(block)
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() {
			return nil, fmt.Errorf("pki: the private key is on curve %s; only P-256 can be used here", k.Curve.Params().Name)
		}
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	case *rsa.PrivateKey:
		if n := k.N.BitLen(); n < 2048 || n > 8192 {
			return nil, fmt.Errorf("pki: the RSA key has %d bits; 2048 to 8192 can be used here", n)
		}
		return k, nil
	}
	return nil, errors.New("pki: the private key is of a kind that cannot be used here; use ECDSA P-256, Ed25519 or RSA")
}

func parseKeyBlock(block *pem.Block) (any, error) {
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("pki: the text holds a %s, not a private key", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("pki: the private key cannot be read: %v", err)
	}
	return key, nil
}
