package pki

import (
	"strings"
	"time"

	"cipherglass/crypto/wire"
)

// The fields of a certificate (RFC 5280, Section 4.1).
var certificateFields = []field{
	{"tbsCertificate", 0x30, false, "RFC 5280, Section 4.1.1.1", tbs},
	{"signatureAlgorithm", 0x30, false, "RFC 5280, Section 4.1.1.2", group(algorithmFields)},
	{"signatureValue", 0x03, false, "RFC 5280, Section 4.1.1.3", signatureValue},
}

var tbsFields = []field{
	{"version", 0xa0, true, "RFC 5280, Section 4.1.2.1", version},
	{"serialNumber", 0x02, false, "RFC 5280, Section 4.1.2.2", filtered("x509af.serialNumber", "With its issuer's name, unique to this certificate.")},
	{"signature", 0x30, false, "RFC 5280, Section 4.1.2.3", group(algorithmFields)},
	{"issuer", 0x30, false, "RFC 5280, Section 4.1.2.4", named("x509af.issuer", "Who signed it.")},
	{"validity", 0x30, false, "RFC 5280, Section 4.1.2.5", group(validityFields)},
	{"subject", 0x30, false, "RFC 5280, Section 4.1.2.6", named("x509af.subject", "Whose public key it is.")},
	{"subjectPublicKeyInfo", 0x30, false, "RFC 5280, Section 4.1.2.7", publicKeyInfo},
	{"issuerUniqueID", 0x81, true, "RFC 5280, Section 4.1.2.8", primitive},
	{"subjectUniqueID", 0x82, true, "RFC 5280, Section 4.1.2.8", primitive},
	{"extensions", 0xa3, true, "RFC 5280, Section 4.1.2.9", group([]field{
		{"Extensions", 0x30, false, "RFC 5280, Section 4.2", each(field{"Extension", 0x30, false, "RFC 5280, Section 4.2", extension})},
	})},
}

var algorithmFields = []field{
	{"algorithm", 0x06, false, "RFC 5280, Section 4.1.1.2", filtered("x509af.algorithm.id", "")},
	{"parameters", 0, true, "RFC 5280, Section 4.1.1.2", anything},
}

var validityFields = []field{
	{"notBefore", 0, false, "RFC 5280, Section 4.1.2.5", moment("x509af.notBefore")},
	{"notAfter", 0, false, "RFC 5280, Section 4.1.2.5", moment("x509af.notAfter")},
}

func tbs(d *describer, f *field, e tlv) {
	d.open(f.name, f.ref, e, func(b []byte) { d.fields(b, tbsFields) }).SetFilter("x509af.signedCertificate_element").
		SetNote("To be signed: the issuer's signature covers exactly these bytes.")
}

func version(d *describer, f *field, e tlv) {
	d.open(f.name, f.ref, e, func(b []byte) {
		x, rest, ok := next(b)
		if !ok || x.tag != 0x02 {
			d.bad(b, "version should be an INTEGER")
			return
		}
		n := d.leaf("version", x.all).SetRef(f.ref).SetFilter("x509af.version").SetValue(integerText(x.body))
		if len(x.body) == 1 && x.body[0] < 3 {
			n.SetValue("v" + string(rune('1'+x.body[0])))
		}
		d.bad(rest, "more than belongs here")
	})
}

// filtered shows a primitive element with Wireshark's name for it.
func filtered(filter, note string) func(*describer, *field, tlv) {
	return func(d *describer, f *field, e tlv) {
		b := e.all
		n := d.leaf(f.name, b).SetRef(f.ref).SetFilter(filter).SetNote(note)
		switch e.tag {
		case 0x06:
			n.SetValue(oidText(e.body))
		case 0x02:
			n.SetValue(integerText(e.body))
		case 0x01:
			n.SetValue(boolText(e.body))
		}
	}
}

// moment shows UTCTime and GeneralizedTime.
func moment(filter string) func(*describer, *field, tlv) {
	return func(d *describer, f *field, e tlv) {
		n := d.leaf(f.name, e.all).SetRef(f.ref).SetFilter(filter).SetValue(stringText(e.body))
		if n == nil {
			return
		}
		layout := "060102150405Z"
		if e.tag == 0x18 {
			layout = "20060102150405Z"
		}
		t, err := time.Parse(layout, string(e.body))
		if err != nil {
			n.Bad = "not a time as RFC 5280 writes it"
			return
		}
		if e.tag == 0x17 && t.Year() >= 2050 { // RFC 5280, Section 4.1.2.5.1
			t = t.AddDate(-100, 0, 0)
		}
		n.SetValue(stamp(t))
	}
}

// named shows a Name and says it in one line.
func named(filter, note string) func(*describer, *field, tlv) {
	return func(d *describer, f *field, e tlv) {
		before := f.name
		n := nameGroup(d, before, f.ref, e)
		n.SetFilter(filter).SetNote(note).SetValue(nameOneLine(e.body))
	}
}

func name(d *describer, f *field, e tlv) {
	nameGroup(d, f.name, f.ref, e).SetValue(nameOneLine(e.body))
}

func nameGroup(d *describer, label, ref string, e tlv) *wire.Node {
	return d.open(label, ref, e, func(b []byte) {
		for len(b) > 0 {
			x, rest, ok := next(b)
			if !ok || x.tag != 0x31 {
				d.bad(b, "not a RelativeDistinguishedName")
				return
			}
			each(field{"AttributeTypeAndValue", 0x30, false, "RFC 5280, Section 4.1.2.4", group([]field{
				{"type", 0x06, false, "RFC 5280, Section 4.1.2.4", filtered("x509if.id", "")},
				{"value", 0, false, "RFC 5280, Section 4.1.2.4", anything},
			})})(d, &field{name: "RelativeDistinguishedName", ref: ref}, x)
			b = rest
		}
	})
}

// nameOneLine writes a Name's body as "CN=server, O=Example".
func nameOneLine(b []byte) string {
	var parts []string
	for len(b) > 0 {
		set, rest, ok := next(b)
		if !ok {
			break
		}
		b = rest
		for s := set.body; len(s) > 0; {
			attr, more, ok := next(s)
			if !ok {
				break
			}
			s = more
			typ, value, ok := next(attr.body)
			if !ok {
				break
			}
			v, _, ok := next(value)
			if !ok {
				break
			}
			short := oidName(typ.body)
			for _, t := range subjectTypes {
				if t.oid.String() == oidDots(typ.body) {
					short = t.name
				}
			}
			if short == "" {
				short = oidDots(typ.body)
			}
			parts = append(parts, short+"="+stringText(v.body))
		}
	}
	if parts == nil {
		return "(empty)"
	}
	return strings.Join(parts, ", ")
}

// SubjectText is a certificate's subject in one line, "" when der is none. It
// reads leniently: it is for display.
func SubjectText(der []byte) string {
	cert, _, ok := next(der)
	if !ok {
		return ""
	}
	tbs, _, ok := next(cert.body)
	if !ok {
		return ""
	}
	b := tbs.body
	for _, f := range tbsFields[:6] {
		e, rest, ok := next(b)
		switch {
		case !ok:
			return ""
		case e.tag != f.tag && f.optional:
			continue
		case e.tag != f.tag:
			return ""
		case f.name == "subject":
			return nameOneLine(e.body)
		}
		b = rest
	}
	return ""
}

func signatureValue(d *describer, f *field, e tlv) {
	d.leaf(f.name, e.all).SetRef(f.ref).SetFilter("x509af.encrypted").SetNote("The issuer's signature over tbsCertificate.")
}

// publicKeyInfo shows the key by its algorithm: an RSA key's numbers, others
// as bytes.
func publicKeyInfo(d *describer, f *field, e tlv) {
	isRSA := false
	if alg, _, ok := next(e.body); ok {
		oid, _, ok := next(alg.body)
		isRSA = ok && oidName(oid.body) == "rsaEncryption"
	}
	d.open(f.name, f.ref, e, func(b []byte) {
		d.fields(b, []field{
			{"algorithm", 0x30, false, f.ref, group(algorithmFields)},
			{"subjectPublicKey", 0x03, false, f.ref, func(d *describer, f *field, e tlv) { publicKey(d, f, e, isRSA) }},
		})
	})
}

func publicKey(d *describer, f *field, e tlv, isRSA bool) {
	if !isRSA || len(e.body) < 1 {
		d.leaf(f.name, e.all).SetRef(f.ref).SetFilter("x509af.subjectPublicKey").SetNote("The public key; the first byte counts unused bits.")
		return
	}
	bits := tlv{tag: e.tag, head: e.all[:len(e.head)+1], body: e.body[1:]}
	d.open(f.name, f.ref, bits, func(b []byte) {
		d.sequence("RSAPublicKey", "RFC 8017, Appendix A.1.1", b, []field{
			{"modulus", 0x02, false, "RFC 8017, Appendix A.1.1", filtered("pkcs1.modulus", "The product of two secret primes.")},
			{"publicExponent", 0x02, false, "RFC 8017, Appendix A.1.1", filtered("pkcs1.publicExponent", "")},
		})
	}).SetFilter("x509af.subjectPublicKey")
}
