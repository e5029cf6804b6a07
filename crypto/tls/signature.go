package tls

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"cipherglass/crypto/engine"
)

// serverContext13 precedes the transcript hash in what a TLS 1.3 server signs:
// 64 spaces, this, and a zero byte (RFC 8446, Section 4.4.3).
const serverContext13 = "TLS 1.3, server CertificateVerify"

// signedContent13 is what CertificateVerify covers.
func signedContent13(transcriptHash []byte) []byte {
	b := bytes.Repeat([]byte{' '}, 64)
	b = append(append(b, serverContext13...), 0)
	return append(b, transcriptHash...)
}

// keyWords names a key's type, for people.
func keyWords(pub crypto.PublicKey) string {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA of %d bits", k.N.BitLen())
	}
	return fmt.Sprintf("of an unknown type (%T)", pub)
}

// keyAuth is the kind of authentication that a key can do in TLS 1.2.
func keyAuth(pub crypto.PublicKey) Auth {
	switch pub.(type) {
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return AuthECDSA // RFC 8422, Section 5.10: Ed25519 too
	case *rsa.PublicKey:
		return AuthRSA
	}
	return AuthOther
}

// fits reports whether a key can sign with a scheme in a version's handshake
// (RFC 8446, Section 4.2.3).
func (s SignatureScheme) fits(pub crypto.PublicKey, version uint16) bool {
	if !s.For(version) {
		return false
	}
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		// In TLS 1.2 the scheme says nothing of the curve.
		return s.Kind == SignECDSA && (version != TLS13 || curveHash(k.Curve) == s.Hash)
	case ed25519.PublicKey:
		return s.Kind == SignEd25519
	case *rsa.PublicKey:
		if s.Kind == SignRSAPSS {
			return k.Size() >= 2*s.Hash.Size()+2 // RFC 8017, Section 9.1.1
		}
		return s.Kind == SignRSAPKCS1
	}
	return false
}

func curveHash(c elliptic.Curve) crypto.Hash {
	switch c.Params().BitSize {
	case 256:
		return crypto.SHA256
	case 384:
		return crypto.SHA384
	case 521:
		return crypto.SHA512
	}
	return 0
}

// sign signs content. salt gives RSA-PSS its salt, as long as the hash.
func (s SignatureScheme) sign(key crypto.PrivateKey, content []byte, salt func(n int) []byte) ([]byte, error) {
	digest := s.digest(content)
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		return k.Sign(nil, digest, s.Hash) // nil: the nonce of RFC 6979
	case ed25519.PrivateKey:
		return ed25519.Sign(k, content), nil
	case *rsa.PrivateKey:
		if s.Kind == SignRSAPSS {
			return rsa.SignPSS(bytes.NewReader(salt(s.Hash.Size())), k, s.Hash, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(nil, k, s.Hash, digest)
	}
	return nil, fmt.Errorf("no signature with a private key of type %T", key)
}

// verify checks a signature over content.
func (s SignatureScheme) verify(pub crypto.PublicKey, content, signature []byte) error {
	digest := s.digest(content)
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		if s.Kind == SignECDSA && ecdsa.VerifyASN1(k, digest, signature) {
			return nil
		}
	case ed25519.PublicKey:
		if s.Kind == SignEd25519 && ed25519.Verify(k, content, signature) {
			return nil
		}
	case *rsa.PublicKey:
		switch s.Kind {
		case SignRSAPSS:
			return rsa.VerifyPSS(k, s.Hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		case SignRSAPKCS1:
			return rsa.VerifyPKCS1v15(k, s.Hash, digest, signature)
		}
	}
	return errors.New("the signature does not verify")
}

func (s SignatureScheme) digest(content []byte) []byte {
	if s.Hash == 0 {
		return nil
	}
	d := s.Hash.New()
	d.Write(content)
	return d.Sum(nil)
}

// signs returns the schemes that a server signs with, best first: its own
// list, or all that are performed.
func (cfg *Config) signs() []uint16 {
	if len(cfg.SignatureAlgorithms) > 0 {
		return cfg.SignatureAlgorithms
	}
	var all []uint16
	for _, s := range SignatureSchemes {
		if s.Performed {
			all = append(all, s.Code)
		}
	}
	return all
}

// chooseScheme is the first of the server's schemes that the client offers and
// that the key can do.
func (h *Handshaker) chooseScheme(offered []uint16, version uint16) (SignatureScheme, *engine.Failure) {
	pub := h.cfg.Identity.Cert.PublicKey
	code, ok := firstCommon(h.cfg.signs(), offered, func(c uint16) bool {
		s, _ := SchemeByCode(c)
		return s.Performed && s.fits(pub, version)
	})
	if !ok {
		return SignatureScheme{}, codeNoSignatureAlgorithm.With(keyWords(pub), list(offered, SchemeName), list(h.cfg.signs(), SchemeName))
	}
	s, _ := SchemeByCode(code)
	return s, nil
}

// signContent signs and tells what was signed.
func (h *Handshaker) signContent(s SignatureScheme, content []byte) ([]byte, *engine.Failure) {
	var salt []byte
	if s.Kind == SignRSAPSS {
		salt = h.cfg.Random.Bytes("pss-salt", s.Hash.Size())
	}
	id := h.cfg.Identity
	sig, err := remember(h, fmt.Sprintf("sign %d %x %x", s.Code, salt, id.Cert.RawSubjectPublicKeyInfo), content, func() ([]byte, error) {
		return s.sign(id.Key, content, func(int) []byte { return salt })
	})
	if err != nil {
		return nil, codeInternal.With(err)
	}
	h.tellSigned("out/signed", engine.Composed, s, h.cfg.Identity.Cert, content, sig)
	return sig, nil
}

// remember does a computation that depends on what and content alone, unless
// the run before did the same. Nobody may change the result.
func remember[T any](h *Handshaker, what string, content []byte, f func() (T, error)) (T, error) {
	v, err := h.cfg.Random.Memo().Do("tls "+what+" "+string(content), func() (any, error) { return f() })
	if err != nil {
		var none T
		return none, err
	}
	return v.(T), nil
}

// verifyContent checks the server's signature and tells what it covers.
// offered are the schemes of the ClientHello.
func (h *Handshaker) verifyContent(name string, scheme uint16, cert *x509.Certificate, content, sig []byte) *engine.Failure {
	s, _ := SchemeByCode(scheme)
	words := named16(scheme, SchemeName)
	if !has(h.cfg.SignatureAlgorithms, scheme) {
		return codeIllegalParameter.With(name, words, "the client did not offer it")
	}
	if s.Kind == SignOther {
		return codeCannotPerform.With("signature algorithm", words)
	}
	if !s.fits(cert.PublicKey, h.version) {
		return codeIllegalParameter.With(name, words, "the certificate's key is "+keyWords(cert.PublicKey)+" and this is "+VersionName(h.version))
	}
	_, err := remember(h, fmt.Sprintf("verify %d %x %x", s.Code, sig, cert.RawSubjectPublicKeyInfo), content, func() (bool, error) {
		return true, s.verify(cert.PublicKey, content, sig)
	})
	h.check(name+" signature", err == nil, fmt.Sprintf("%s by the certificate's key (%s) over %d bytes", words, keyWords(cert.PublicKey), len(content)), "RFC 8446, Section 4.4.3", "signature")
	h.tellSigned("in/signed", engine.Reassembled, s, cert, content, sig)
	if err != nil {
		return codeBadSignature.With(name)
	}
	h.fact("signature_algorithm", words)
	return nil
}

// tellSigned tells of the bytes under a signature, with all that it takes to
// verify it again: the Crypt's Key is the SubjectPublicKeyInfo, Plain the
// bytes and MAC the signature.
func (h *Handshaker) tellSigned(id, how string, s SignatureScheme, cert *x509.Certificate, content, sig []byte) {
	h.effects.Add(engine.Made{Buffer: engine.Buffer{ID: id, Name: "signed content", How: how, Proto: "tls.signed",
		Context: Context{Version: h.version, Suite: h.suite.Code, FromServer: true}, Data: content,
		Crypt: &engine.Crypt{Op: "signature", Alg: s.Name, Key: cert.RawSubjectPublicKeyInfo, Plain: content, MAC: sig}}})
}
