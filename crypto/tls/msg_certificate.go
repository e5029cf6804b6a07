package tls

import (
	"cipherglass/crypto/pki"
	"cipherglass/crypto/wire"
)

// CertificateEntry is one certificate of a Certificate message.
type CertificateEntry struct {
	CertData   []byte      // DER
	Extensions []Extension // TLS 1.3 only
}

// Certificate is the sender's certificate and those above it, in the form of
// the context's version (RFC 8446, Section 4.4.2; RFC 5246, Section 7.4.2).
type Certificate struct {
	CertificateRequestContext []byte // TLS 1.3 only
	CertificateList           []CertificateEntry
}

// Code visits the message's fields.
func (m *Certificate) Code(c *wire.Coder) {
	v13 := is13(contextOf(c).Version)
	if v13 {
		opaque(c, "certificate_request_context", 1, &m.CertificateRequestContext, "tls.handshake.certificate_request_context").SetRef("RFC 8446, Section 4.4.2").
			SetNote("Empty, unless it answers a request after the handshake.")
	}
	n := c.Sub("certificate_list", 3, func() {
		wire.List(c, &m.CertificateList, func(v *CertificateEntry) {
			if !v13 {
				codeCertData(c, "ASN.1Cert", &v.CertData)
				return
			}
			c.Group("CertificateEntry", func() {
				codeCertData(c, "cert_data", &v.CertData)
				codeExtensions(c, &v.Extensions, TypeCertificate)
			})
		})
	}).SetFilter("tls.handshake.certificates").SetRef("RFC 8446, Section 4.4.2")
	count(n, len(m.CertificateList), "certificate").SetNote("The sender's own certificate first; each next one signed the one before.")
}

func codeCertData(c *wire.Coder, name string, v *[]byte) {
	n := c.Sub(name, 3, func() { pki.CodeCertificate(c, v) }).SetFilter("tls.handshake.certificate").SetRef("RFC 5280, Section 4.1")
	if n != nil {
		n.SetValue(pki.SubjectText(*v))
	}
}

// CertificateRequest is the TLS 1.3 form (RFC 8446, Section 4.3.2).
type CertificateRequest struct {
	CertificateRequestContext []byte
	Extensions                []Extension
}

// Code visits the message's fields.
func (m *CertificateRequest) Code(c *wire.Coder) {
	opaque(c, "certificate_request_context", 1, &m.CertificateRequestContext, "tls.handshake.certificate_request_context").SetRef("RFC 8446, Section 4.3.2")
	codeExtensions(c, &m.Extensions, TypeCertificateRequest)
}

// CertificateRequest12 is the TLS 1.2 form (RFC 5246, Section 7.4.4).
type CertificateRequest12 struct {
	CertificateTypes             []byte
	SupportedSignatureAlgorithms []uint16
	CertificateAuthorities       [][]byte // distinguished names in DER
}

// Code visits the message's fields.
func (m *CertificateRequest12) Code(c *wire.Coder) {
	c.Sub("certificate_types", 1, func() {
		wire.List(c, &m.CertificateTypes, func(v *byte) {
			wire.U8(c, "certificate_type", v).SetFilter("tls.handshake.cert_type").Enum(func(v uint64) string {
				switch v {
				case 1:
					return "rsa_sign"
				case 2:
					return "dss_sign"
				case 64:
					return "ecdsa_sign"
				}
				return ""
			})
		})
	}).SetFilter("tls.handshake.cert_types").SetRef("RFC 5246, Section 7.4.4")
	codeSchemes(c, "supported_signature_algorithms", &m.SupportedSignatureAlgorithms)
	codeAuthorities(c, "certificate_authorities", &m.CertificateAuthorities)
}

// CertificateVerify is a signature over the handshake (RFC 8446, Section
// 4.4.3; RFC 5246, Section 7.4.8).
type CertificateVerify struct {
	Algorithm uint16
	Signature []byte
}

// Code visits the message's fields.
func (m *CertificateVerify) Code(c *wire.Coder) {
	codeScheme(c, "algorithm", &m.Algorithm)
	opaque(c, "signature", 2, &m.Signature, "tls.handshake.sig").SetRef("RFC 8446, Section 4.4.3").
		SetNote("Over the transcript hash: the sender holds the private key of its certificate.")
}
