package pki

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// describe names a certificate for people: its common name, else its subject,
// else its first name.
func describe(c *x509.Certificate) string {
	switch {
	case c.Subject.CommonName != "":
		return nameText(c.Subject.CommonName)
	case c.Subject.String() != "":
		return nameText(c.Subject.String())
	case len(c.DNSNames) > 0:
		return nameText(c.DNSNames[0])
	}
	return "an empty subject"
}

// nameText keeps text from a certificate short and on one line.
func nameText(s string) string {
	const most = 80
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func reason(err error) string { return nameText(strings.TrimPrefix(err.Error(), "x509: ")) }

func sanText(c *x509.Certificate) string {
	const most = 10
	var names []string
	for _, n := range c.DNSNames {
		names = append(names, nameText(n))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return "no name at all (it has no subjectAltName; the common name does not count)"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

var extUsages = [...]string{
	x509.ExtKeyUsageAny:             "anyExtendedKeyUsage",
	x509.ExtKeyUsageServerAuth:      "serverAuth",
	x509.ExtKeyUsageClientAuth:      "clientAuth",
	x509.ExtKeyUsageCodeSigning:     "codeSigning",
	x509.ExtKeyUsageEmailProtection: "emailProtection",
	x509.ExtKeyUsageIPSECEndSystem:  "ipsecEndSystem",
	x509.ExtKeyUsageIPSECTunnel:     "ipsecTunnel",
	x509.ExtKeyUsageIPSECUser:       "ipsecUser",
	x509.ExtKeyUsageTimeStamping:    "timeStamping",
	x509.ExtKeyUsageOCSPSigning:     "OCSPSigning",
}

func usageNames(c *x509.Certificate) string {
	var names []string
	for _, u := range c.ExtKeyUsage {
		if int(u) < len(extUsages) {
			names = append(names, extUsages[u])
		} else {
			names = append(names, fmt.Sprintf("usage %d", u))
		}
	}
	for _, oid := range c.UnknownExtKeyUsage {
		names = append(names, oid.String())
	}
	return strings.Join(names, ", ")
}

// keyUsageBits are the bits of keyUsage, in the order of RFC 5280, Section
// 4.2.1.3.
var keyUsageBits = [...]string{"digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}

func keyUsageNames(u x509.KeyUsage) string {
	var names []string
	for i, n := range keyUsageBits {
		if u&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	if names == nil {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
