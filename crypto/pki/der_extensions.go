package pki

import (
	"net"
	"strings"
)

// extension shows one extension; its value by its OID, or by its DER structure.
func extension(d *describer, f *field, e tlv) {
	var oid []byte
	if x, _, ok := next(e.body); ok && x.tag == 0x06 {
		oid = x.body
	}
	label := oidName(oid)
	if label == "" {
		label = f.name
	}
	d.open(label, f.ref, e, func(b []byte) {
		d.fields(b, []field{
			{"extnID", 0x06, false, f.ref, filtered("x509af.extension.id", extensionNote(label))},
			{"critical", 0x01, true, f.ref, filtered("x509af.critical", "Who does not understand a critical extension must reject the certificate.")},
			{"extnValue", 0x04, false, f.ref, func(d *describer, f *field, e tlv) {
				d.open(f.name, f.ref, e, func(b []byte) { extensionValue(d, label, b) })
			}},
		})
	})
}

func extensionNote(label string) string {
	switch label {
	case "basicConstraints":
		return "Whether it is a CA's certificate."
	case "keyUsage":
		return "What the key may be used for."
	case "extKeyUsage":
		return "For which purposes."
	case "subjectAltName":
		return "The names that it is for: the only ones that count."
	case "subjectKeyIdentifier":
		return "A name for its public key."
	case "authorityKeyIdentifier":
		return "The name of the key that signed it."
	}
	return ""
}

func extensionValue(d *describer, label string, b []byte) {
	switch label {
	case "basicConstraints":
		const ref = "RFC 5280, Section 4.2.1.9"
		d.sequence("BasicConstraints", ref, b, []field{
			{"cA", 0x01, true, ref, filtered("x509ce.cA", "")},
			{"pathLenConstraint", 0x02, true, ref, filtered("x509ce.pathLenConstraint", "CAs that may follow below it.")},
		})
	case "keyUsage":
		d.fields(b, []field{{"KeyUsage", 0x03, false, "RFC 5280, Section 4.2.1.3", keyUsageBitString}})
	case "extKeyUsage":
		const ref = "RFC 5280, Section 4.2.1.12"
		d.fields(b, []field{{"ExtKeyUsageSyntax", 0x30, false, ref, each(field{"KeyPurposeId", 0x06, false, ref, filtered("x509ce.KeyPurposeId", "")})}})
	case "subjectAltName":
		const ref = "RFC 5280, Section 4.2.1.6"
		d.fields(b, []field{{"GeneralNames", 0x30, false, ref, each(field{"GeneralName", 0, false, ref, generalName})}})
	case "subjectKeyIdentifier":
		d.fields(b, []field{{"SubjectKeyIdentifier", 0x04, false, "RFC 5280, Section 4.2.1.2", bytesOf("x509ce.SubjectKeyIdentifier")}})
	case "authorityKeyIdentifier":
		const ref = "RFC 5280, Section 4.2.1.1"
		d.sequence("AuthorityKeyIdentifier", ref, b, []field{
			{"keyIdentifier", 0x80, true, ref, bytesOf("x509ce.keyIdentifier")},
			{"authorityCertIssuer", 0xa1, true, ref, anything},
			{"authorityCertSerialNumber", 0x82, true, ref, primitive},
		})
	default:
		d.fields(b, []field{{"value", 0, false, "RFC 5280, Section 4.2", anything}})
	}
}

func bytesOf(filter string) func(*describer, *field, tlv) {
	return func(d *describer, f *field, e tlv) {
		d.leaf(f.name, e.all).SetRef(f.ref).SetFilter(filter).SetValue(hexText(e.body))
	}
}

// keyUsageBitString names the bits, the first of which is the highest.
func keyUsageBitString(d *describer, f *field, e tlv) {
	n := d.leaf(f.name, e.all).SetRef(f.ref).SetFilter("x509ce.KeyUsage")
	if len(e.body) < 1 {
		return
	}
	var names []string
	for i, s := range keyUsageBits {
		if at := 1 + i/8; at < len(e.body) && e.body[at]>>(7-i%8)&1 == 1 {
			names = append(names, s)
		}
	}
	n.SetValue(strings.Join(names, ", "))
}

func generalName(d *describer, f *field, e tlv) {
	switch e.tag {
	case 0x81:
		d.leaf("rfc822Name", e.all).SetRef(f.ref).SetFilter("x509ce.rfc822Name").SetValue(stringText(e.body))
	case 0x82:
		d.leaf("dNSName", e.all).SetRef(f.ref).SetFilter("x509ce.dNSName").SetValue(stringText(e.body))
	case 0x86:
		d.leaf("uniformResourceIdentifier", e.all).SetRef(f.ref).SetFilter("x509ce.uniformResourceIdentifier").SetValue(stringText(e.body))
	case 0x87:
		n := d.leaf("iPAddress", e.all).SetRef(f.ref).SetFilter("x509ce.iPAddress")
		if len(e.body) == 4 || len(e.body) == 16 {
			n.SetValue(net.IP(e.body).String())
		}
	default:
		anything(d, f, e)
	}
}

// oids are the object identifiers that have a name here, by their bytes.
var oids = []struct{ bytes, name string }{
	{"\x55\x04\x03", "commonName"},
	{"\x55\x04\x05", "serialNumber"},
	{"\x55\x04\x06", "countryName"},
	{"\x55\x04\x07", "localityName"},
	{"\x55\x04\x08", "stateOrProvinceName"},
	{"\x55\x04\x09", "streetAddress"},
	{"\x55\x04\x0a", "organizationName"},
	{"\x55\x04\x0b", "organizationalUnitName"},
	{"\x55\x1d\x0e", "subjectKeyIdentifier"},
	{"\x55\x1d\x0f", "keyUsage"},
	{"\x55\x1d\x11", "subjectAltName"},
	{"\x55\x1d\x12", "issuerAltName"},
	{"\x55\x1d\x13", "basicConstraints"},
	{"\x55\x1d\x1e", "nameConstraints"},
	{"\x55\x1d\x1f", "cRLDistributionPoints"},
	{"\x55\x1d\x20", "certificatePolicies"},
	{"\x55\x1d\x23", "authorityKeyIdentifier"},
	{"\x55\x1d\x25", "extKeyUsage"},
	{"\x2b\x06\x01\x05\x05\x07\x01\x01", "authorityInfoAccess"},
	{"\x2b\x06\x01\x05\x05\x07\x01\x18", "tlsFeature"},
	{"\x2b\x06\x01\x05\x05\x07\x03\x01", "serverAuth"},
	{"\x2b\x06\x01\x05\x05\x07\x03\x02", "clientAuth"},
	{"\x2b\x06\x01\x05\x05\x07\x03\x09", "OCSPSigning"},
	{"\x2b\x06\x01\x05\x05\x07\x30\x01", "ocsp"},
	{"\x2b\x06\x01\x05\x05\x07\x30\x02", "caIssuers"},
	{"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02", "signedCertificateTimestampList"},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "rsaEncryption"},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "sha1WithRSAEncryption"},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "rsassaPss"},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "sha256WithRSAEncryption"},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "sha384WithRSAEncryption"},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "sha512WithRSAEncryption"},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"},
	{"\x2a\x86\x48\xce\x3d\x02\x01", "ecPublicKey"},
	{"\x2a\x86\x48\xce\x3d\x03\x01\x07", "prime256v1"},
	{"\x2b\x81\x04\x00\x22", "secp384r1"},
	{"\x2b\x81\x04\x00\x23", "secp521r1"},
	{"\x2a\x86\x48\xce\x3d\x04\x03\x02", "ecdsa-with-SHA256"},
	{"\x2a\x86\x48\xce\x3d\x04\x03\x03", "ecdsa-with-SHA384"},
	{"\x2a\x86\x48\xce\x3d\x04\x03\x04", "ecdsa-with-SHA512"},
	{"\x2b\x65\x70", "id-Ed25519"},
	{"\x2b\x65\x71", "id-Ed448"},
	{"\x2b\x65\x6e", "id-X25519"},
}

func oidName(b []byte) string {
	for _, o := range oids {
		if o.bytes == string(b) {
			return o.name
		}
	}
	return ""
}
