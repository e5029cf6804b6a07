package pki

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"net"
	"strings"
	"time"

	"cipherglass/crypto/engine"
)

// What can be wrong with a chain, in the order of CheckChain.
var (
	NoCertificate = &engine.Code{ID: "pki/no-certificate", Ref: "RFC 8446, Section 4.4.2.4", Alert: "decode_error", Field: "certificate_list",
		Sentence: "The peer sent no certificate at all, so nothing says who it is."}
	BadEncoding = &engine.Code{ID: "pki/bad-encoding", Ref: "RFC 5280, Section 4.1", Alert: "bad_certificate", Field: "certificate_list",
		Sentence: "Certificate %s of the chain cannot be read: %s."}
	UnknownIssuer = &engine.Code{ID: "pki/unknown-issuer", Ref: "RFC 5280, Section 6.1", Alert: "unknown_ca", Field: "trust",
		Sentence: "The certificate of %s was issued by %s, which is neither among the trusted CAs (%s) nor among the certificates that came along."}
	SelfSigned = &engine.Code{ID: "pki/self-signed", Ref: "RFC 5280, Section 6.1", Alert: "unknown_ca", Field: "trust",
		Sentence: "The certificate of %s is signed by itself and is not among the trusted CAs (%s), so anybody could have made it."}
	BadSignature = &engine.Code{ID: "pki/bad-signature", Ref: "RFC 5280, Section 6.1.3", Alert: "bad_certificate", Field: "signatureValue",
		Sentence: "The signature on the certificate of %s does not verify with the public key of %s: %s."}
	ChainTooLong = &engine.Code{ID: "pki/chain-too-long", Ref: "RFC 5280, Section 6.1", Alert: "bad_certificate", Field: "certificate_list",
		Sentence: "The chain has more than %s certificates."}
	NotYetValid = &engine.Code{ID: "pki/not-yet-valid", Ref: "RFC 5280, Section 4.1.2.5", Alert: "certificate_expired", Field: "not_before",
		Sentence: "The certificate of %s is valid from %s on, and it is only %s."}
	Expired = &engine.Code{ID: "pki/expired", Ref: "RFC 5280, Section 4.1.2.5", Alert: "certificate_expired", Field: "not_after",
		Sentence: "The certificate of %s was valid until %s, and it is %s."}
	NotCA = &engine.Code{ID: "pki/issuer-not-ca", Ref: "RFC 5280, Section 6.1.4", Alert: "bad_certificate", Field: "basicConstraints",
		Sentence: "The certificate of %s signed another one, but it may not: %s."}
	PathTooLong = &engine.Code{ID: "pki/path-length", Ref: "RFC 5280, Section 4.2.1.9", Alert: "bad_certificate", Field: "pathLenConstraint",
		Sentence: "%s may have at most %s CAs below it, and here it has %s."}
	UnknownCritical = &engine.Code{ID: "pki/unknown-critical-extension", Ref: "RFC 5280, Section 4.2", Alert: "unsupported_certificate", Field: "extensions",
		Sentence: "The certificate of %s has the extension %s, marked critical: who does not understand it must reject the certificate."}
	NameConstraint = &engine.Code{ID: "pki/name-constraints", Ref: "RFC 5280, Section 4.2.1.10", Alert: "bad_certificate", Field: "nameConstraints",
		Sentence: "A CA of the chain may not issue certificates for this name: %s."}
	WrongUsage = &engine.Code{ID: "pki/extended-key-usage", Ref: "RFC 5280, Section 4.2.1.12", Alert: "unsupported_certificate", Field: "extKeyUsage",
		Sentence: "The certificate of %s is not meant for TLS servers: its extended key usage is %s."}
	WrongKeyUsage = &engine.Code{ID: "pki/key-usage", Ref: "RFC 5280, Section 4.2.1.3", Alert: "unsupported_certificate", Field: "keyUsage",
		Sentence: "The key of %s may not be used for %s: its key usage is %s."}
	WrongHost = &engine.Code{ID: "pki/host-name", Ref: "RFC 9525, Section 6", Alert: "bad_certificate", Field: "server_name",
		Sentence: "The client wants to talk to %s, but the certificate is for %s."}
)

// Unchecked says what CheckChain does not look at; it is no check and counts
// as none.
const Unchecked = "Revocation (CRL, OCSP) is not looked at: a certificate that its CA has revoked would pass."

// maxPath bounds the path from the server's certificate to the root.
const maxPath = 10

// ParseChain reads the certificates of a Certificate message.
func ParseChain(chain [][]byte) ([]*x509.Certificate, *engine.Failure) {
	if len(chain) == 0 {
		return nil, NoCertificate.With()
	}
	if len(chain) > maxPath {
		return nil, ChainTooLong.With(maxPath)
	}
	var certs []*x509.Certificate
	for i, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, BadEncoding.With(i+1, strings.TrimPrefix(err.Error(), "x509: "))
		}
		certs = append(certs, c)
	}
	return certs, nil
}

// CheckChain checks a server's chain (DER, its own first) against the trusted
// roots, the host name wanted ("" asks for none) and the time. The checks tell
// what was compared, in order; the failure is the first that went wrong, nil
// when none did. Later checks are still made where they can be.
func CheckChain(chain [][]byte, roots []*x509.Certificate, host string, at time.Time) ([]engine.Checked, *engine.Failure) {
	_, list, f := ReadChain(chain, roots, host, at)
	return list, f
}

// ReadChain is CheckChain that also returns the certificates, nil when they
// cannot be read.
func ReadChain(chain [][]byte, roots []*x509.Certificate, host string, at time.Time) ([]*x509.Certificate, []engine.Checked, *engine.Failure) {
	p := &pathCheck{roots: roots, at: at}
	certs, f := ParseChain(chain)
	if f != nil {
		p.note("certificate encoding", f, f.Sentence(), "", "certificate_list")
		return nil, p.list, p.failure
	}
	p.note("certificate encoding", nil, fmt.Sprintf("%s can be read", plural(len(certs), "certificate")), BadEncoding.Ref, "certificate_list")
	p.certs = certs
	p.climb()
	for _, c := range p.path {
		p.validity(c)
	}
	for i := range p.path {
		p.critical(p.path[i])
		if i > 0 {
			p.issuer(p.path[i], i)
		}
	}
	p.usage(certs[0])
	if host != "" {
		p.host(certs[0], host)
	}
	if p.failure == nil {
		p.constraints()
	}
	return certs, p.list, p.failure
}

type pathCheck struct {
	certs   []*x509.Certificate // as sent
	roots   []*x509.Certificate
	path    []*x509.Certificate // from the server's up, as far as it could be followed
	at      time.Time
	list    []engine.Checked
	failure *engine.Failure
}

// note adds a check; f is nil when it went well.
func (p *pathCheck) note(name string, f *engine.Failure, detail, ref, field string) {
	k := engine.Checked{Name: name, OK: f == nil, Detail: detail, Ref: ref, Field: field}
	if f != nil {
		k.Detail, k.Ref = f.Sentence(), f.Code.Ref
		if p.failure == nil {
			p.failure = f
		}
	}
	p.list = append(p.list, k)
}

// climb finds each certificate's issuer, trusted CAs first, and verifies its
// signature (RFC 5280, Section 6.1.3 (a)(1) and (a)(4)).
func (p *pathCheck) climb() {
	c := p.certs[0]
	p.path = []*x509.Certificate{c}
	for len(p.path) <= maxPath {
		if p.trusted(c) {
			p.note("trusted CA", nil, describe(c)+" is one of the trusted CAs", "RFC 5280, Section 6.1", "trust")
			return
		}
		issuer, f := p.findIssuer(c)
		if f != nil {
			if f.Code == BadSignature {
				p.note("signature of "+describe(c), f, "", "", "signatureValue")
			} else {
				p.note("issuer of "+describe(c), f, "", "", "issuer")
			}
			return
		}
		where := "sent along"
		if p.trusted(issuer) {
			where = "one of the trusted CAs"
		}
		p.note("issuer of "+describe(c), nil, fmt.Sprintf("it names %s, which is %s", describe(issuer), where), "RFC 5280, Section 6.1.3", "issuer")
		p.note("signature of "+describe(c), nil, fmt.Sprintf("%s, verified with the public key of %s", c.SignatureAlgorithm, describe(issuer)), "RFC 5280, Section 6.1.3", "signatureValue")
		p.path = append(p.path, issuer)
		c = issuer
	}
	p.note("chain length", ChainTooLong.With(maxPath), "", "", "certificate_list")
}

func (p *pathCheck) trusted(c *x509.Certificate) bool {
	for _, r := range p.roots {
		if r.Equal(c) {
			return true
		}
	}
	return false
}

// findIssuer returns the certificate that signed c. Those whose key ID is the
// one that c names come first; a key ID alone never rules one out (RFC 5280,
// Section 4.2.1.1).
func (p *pathCheck) findIssuer(c *x509.Certificate) (*x509.Certificate, *engine.Failure) {
	var named *x509.Certificate
	var why error
	for pass := range 2 {
		for i, x := range append(p.roots[:len(p.roots):len(p.roots)], p.certs...) {
			match := len(c.AuthorityKeyId) > 0 && bytes.Equal(c.AuthorityKeyId, x.SubjectKeyId)
			if !bytes.Equal(c.RawIssuer, x.RawSubject) || match != (pass == 0) || i >= len(p.roots) && p.onPath(x) {
				continue
			}
			err := x.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
			if err == nil {
				return x, nil
			}
			if named == nil {
				named, why = x, err
			}
		}
	}
	switch {
	case named != nil:
		return nil, BadSignature.With(describe(c), describe(named), reason(why))
	case selfSigned(c):
		return nil, SelfSigned.With(describe(c), p.trustList())
	}
	return nil, UnknownIssuer.With(describe(c), nameText(c.Issuer.String()), p.trustList())
}

func (p *pathCheck) onPath(c *x509.Certificate) bool {
	for _, x := range p.path {
		if x.Equal(c) {
			return true
		}
	}
	return false
}

func (p *pathCheck) trustList() string {
	if len(p.roots) == 0 {
		return "none"
	}
	var names []string
	for _, r := range p.roots {
		names = append(names, describe(r))
	}
	return strings.Join(names, ", ")
}

// validity compares the time, in trusted CAs too, as others do.
func (p *pathCheck) validity(c *x509.Certificate) {
	now := stamp(p.at)
	var f *engine.Failure
	switch {
	case p.at.Before(c.NotBefore):
		f = NotYetValid.With(describe(c), stamp(c.NotBefore), now)
	case p.at.After(c.NotAfter):
		f = Expired.With(describe(c), stamp(c.NotAfter), now)
	}
	p.note("validity of "+describe(c), f, fmt.Sprintf("from %s to %s, now %s", stamp(c.NotBefore), stamp(c.NotAfter), now), "RFC 5280, Section 4.1.2.5", "validity")
}

func (p *pathCheck) critical(c *x509.Certificate) {
	if len(c.UnhandledCriticalExtensions) > 0 {
		p.note("extensions of "+describe(c), UnknownCritical.With(describe(c), c.UnhandledCriticalExtensions[0]), "", "", "extensions")
	}
}

// issuer checks that a certificate above the server's may sign, and how long
// the path below it may be (RFC 5280, Section 6.1.4 (k) to (n)).
func (p *pathCheck) issuer(c *x509.Certificate, i int) {
	var f *engine.Failure
	detail := "basicConstraints says cA TRUE"
	switch {
	case c.Version == 3 && !c.BasicConstraintsValid:
		f = NotCA.With(describe(c), "it has no basicConstraints")
	case c.Version == 3 && !c.IsCA:
		f = NotCA.With(describe(c), "its basicConstraints do not say cA TRUE")
	case c.Version < 3 && !p.trusted(c):
		f = NotCA.With(describe(c), "a certificate of version 1 or 2 cannot say that it is a CA")
	case restrictsUsage(c) && c.KeyUsage&x509.KeyUsageCertSign == 0:
		f = NotCA.With(describe(c), "its key usage lacks keyCertSign")
	case c.Version < 3:
		detail = "version 1, trusted as it is"
	case restrictsUsage(c):
		detail += ", its key usage has keyCertSign"
	}
	p.note("CA rights of "+describe(c), f, detail, "RFC 5280, Section 6.1.4", "basicConstraints")
	if !c.BasicConstraintsValid || c.MaxPathLen < 0 || c.MaxPathLen == 0 && !c.MaxPathLenZero {
		return
	}
	below := 0
	for _, x := range p.path[1:i] {
		if !selfSigned(x) { // self-issued ones do not count: RFC 5280, Section 4.2.1.9
			below++
		}
	}
	f = nil
	if below > c.MaxPathLen {
		f = PathTooLong.With(describe(c), c.MaxPathLen, below)
	}
	p.note("path length of "+describe(c), f, fmt.Sprintf("%d allowed below it, %d there", c.MaxPathLen, below), "RFC 5280, Section 4.2.1.9", "pathLenConstraint")
}

func (p *pathCheck) usage(c *x509.Certificate) {
	const name = "extended key usage"
	if len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 {
		p.note(name, nil, "the certificate does not restrict it", WrongUsage.Ref, "extKeyUsage")
		return
	}
	for _, u := range c.ExtKeyUsage {
		if u == x509.ExtKeyUsageServerAuth || u == x509.ExtKeyUsageAny {
			p.note(name, nil, "serverAuth is among "+usageNames(c), WrongUsage.Ref, "extKeyUsage")
			return
		}
	}
	p.note(name, WrongUsage.With(describe(c), usageNames(c)), "", "", "extKeyUsage")
}

// host compares the name wanted with subjectAltName alone: RFC 9525, Section
// 2, does away with the common name.
func (p *pathCheck) host(c *x509.Certificate, host string) {
	var f *engine.Failure
	names := sanText(c)
	if err := c.VerifyHostname(hostForm(host)); err != nil {
		f = WrongHost.With(host, names)
	}
	p.note("host name", f, fmt.Sprintf("%s is among %s", host, names), "RFC 9525, Section 6", "server_name")
}

func hostForm(host string) string {
	if ip := net.ParseIP(host); ip != nil {
		return "[" + host + "]" // the form in which VerifyHostname takes addresses
	}
	return host
}

// constraints leaves name constraints to crypto/x509: they are rare, and it
// knows them all.
func (p *pathCheck) constraints() {
	constrained := false
	pool, anchor := x509.NewCertPool(), x509.NewCertPool()
	for i, c := range p.path {
		constrained = constrained || hasExtension(c, 30)
		if i == len(p.path)-1 {
			anchor.AddCert(c)
		} else if i > 0 {
			pool.AddCert(c)
		}
	}
	if !constrained {
		return
	}
	var f *engine.Failure
	_, err := p.path[0].Verify(x509.VerifyOptions{Roots: anchor, Intermediates: pool, CurrentTime: p.at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		f = NameConstraint.With(reason(err))
	}
	p.note("name constraints", f, "the CAs of the chain may issue certificates for its names", NameConstraint.Ref, "nameConstraints")
}

// restrictsUsage tells whether keyUsage is there; it may have no bit set.
func restrictsUsage(c *x509.Certificate) bool { return hasExtension(c, 15) }

// hasExtension looks for id-ce n (RFC 5280, Section 4.2.1).
func hasExtension(c *x509.Certificate, n int) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, n}) {
			return true
		}
	}
	return false
}

// CheckKeyUsage checks that a certificate's key may be used for want: in TLS,
// digitalSignature, or keyEncipherment for static RSA (RFC 8446, Section
// 4.4.2.2; RFC 5246, Section 7.4.2).
func CheckKeyUsage(c *x509.Certificate, want x509.KeyUsage) (engine.Checked, *engine.Failure) {
	k := engine.Checked{Name: "key usage", OK: true, Ref: WrongKeyUsage.Ref, Field: "keyUsage"}
	switch {
	case !restrictsUsage(c):
		k.Detail = "the certificate does not restrict it"
		return k, nil
	case c.KeyUsage&want == want:
		k.Detail = fmt.Sprintf("%s is among %s", keyUsageNames(want), keyUsageNames(c.KeyUsage))
		return k, nil
	}
	f := WrongKeyUsage.With(describe(c), keyUsageNames(want), keyUsageNames(c.KeyUsage))
	k.OK, k.Detail = false, f.Sentence()
	return k, f
}
