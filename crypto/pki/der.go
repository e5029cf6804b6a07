package pki

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"unicode/utf8"

	"cipherglass/crypto/wire"
)

// DER is bytes in DER that a field tree opens up: a certificate (RFC 5280,
// Section 4.1). What does not look like one is shown as far as it does, and the
// rest as it is: a bad certificate is no fault of the message that carries it,
// so Code reports none.
type DER struct{ Raw []byte }

// Code visits a certificate that fills the current group.
func (m *DER) Code(c *wire.Coder) { CodeCertificate(c, &m.Raw) }

// CodeCertificate visits a certificate that fills the rest of the current
// group. Without a tree it is one run of bytes.
func CodeCertificate(c *wire.Coder, raw *[]byte) {
	if c.Decoding() {
		*raw = c.Peek(c.Left())
	}
	if !c.Wants() || len(*raw) == 0 {
		wire.Rest(c, "Certificate", raw)
		return
	}
	d := &describer{c: c}
	d.sequence("Certificate", "RFC 5280, Section 4.1", *raw, certificateFields)
}

// CodeName visits a distinguished name that fills the rest of the current
// group.
func CodeName(c *wire.Coder, raw *[]byte) {
	if c.Decoding() {
		*raw = c.Peek(c.Left())
	}
	if !c.Wants() || len(*raw) == 0 {
		wire.Rest(c, "Name", raw)
		return
	}
	d := &describer{c: c}
	d.fields(*raw, []field{{"rdnSequence", 0x30, false, "RFC 5280, Section 4.1.2.4", name}})
}

// describer turns DER into visits. Every byte it is given is visited once, in
// order, whatever it is.
type describer struct {
	c     *wire.Coder
	depth int
}

// tlv is one DER element.
type tlv struct {
	tag  byte
	head []byte // tag and length
	body []byte
	all  []byte
}

// maxDepth bounds how deep elements are opened.
const maxDepth = 12

// next cuts the first element off b: one-byte tags, definite lengths.
func next(b []byte) (e tlv, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return e, b, false
	}
	n, head := int(b[1]), 2
	if n >= 0x80 {
		k := n & 0x7f
		if k == 0 || k > 4 || len(b) < 2+k {
			return e, b, false
		}
		n = 0
		for _, x := range b[2 : 2+k] {
			n = n<<8 | int(x)
		}
		head = 2 + k
	}
	if n < 0 || n > len(b)-head {
		return e, b, false
	}
	return tlv{tag: b[0], head: b[:head], body: b[head : head+n], all: b[:head+n]}, b[head+n:], true
}

// leaf visits bytes as one leaf.
func (d *describer) leaf(name string, b []byte) *wire.Node { return wire.Bytes(d.c, name, &b, len(b)) }

// bad visits bytes that are not what they should be; the fault stays in the
// tree.
func (d *describer) bad(b []byte, why string) {
	if len(b) == 0 {
		return
	}
	if n := d.leaf(wire.Undecoded, b); n != nil {
		n.Bad = why
	}
}

// open visits a constructed element as a group of its header and what body
// visits.
func (d *describer) open(label, ref string, e tlv, body func(b []byte)) *wire.Node {
	return d.c.Group(label, func() {
		d.leaf("tag and length", e.head).SetValue(tagName(e.tag)).Notef("%s of %s", tagName(e.tag), plural(len(e.body), "byte"))
		body(e.body)
	}).SetRef(ref)
}

// field is one part of a SEQUENCE.
type field struct {
	name     string
	tag      byte // 0 for any
	optional bool
	ref      string
	show     func(d *describer, f *field, e tlv)
}

// sequence visits b, one SEQUENCE and perhaps bytes that follow.
func (d *describer) sequence(label, ref string, b []byte, list []field) {
	d.fields(b, []field{{label, 0x30, false, ref, group(list)}})
}

// fields visits the elements of b as the list says.
func (d *describer) fields(b []byte, list []field) {
	for i := range list {
		f := &list[i]
		e, rest, ok := next(b)
		if len(b) == 0 && f.optional {
			continue
		}
		if !ok {
			d.bad(b, "not DER where "+f.name+" should be")
			return
		}
		if f.tag != 0 && e.tag != f.tag {
			if f.optional {
				continue
			}
			d.bad(b, f.name+" should be "+tagName(f.tag)+", not "+tagName(e.tag))
			return
		}
		f.show(d, f, e)
		b = rest
	}
	d.bad(b, "more than belongs here")
}

// group shows a constructed element by its fields.
func group(list []field) func(*describer, *field, tlv) {
	return func(d *describer, f *field, e tlv) {
		d.open(f.name, f.ref, e, func(b []byte) { d.fields(b, list) })
	}
}

// each shows a SEQUENCE OF or SET OF.
func each(item field) func(*describer, *field, tlv) {
	return func(d *describer, f *field, e tlv) {
		n := 0
		d.open(f.name, f.ref, e, func(b []byte) {
			for len(b) > 0 {
				x, rest, ok := next(b)
				if !ok || item.tag != 0 && x.tag != item.tag {
					d.bad(b, "not a "+item.name)
					return
				}
				item.show(d, &item, x)
				b = rest
				n++
			}
		}).Notef("%d in it", n)
	}
}

// anything shows an element that has no description by its DER structure.
func anything(d *describer, f *field, e tlv) {
	if e.tag&0x20 == 0 || d.depth >= maxDepth {
		primitive(d, f, e)
		return
	}
	d.depth++
	each(field{name: "element", show: anything})(d, f, e)
	d.depth--
}

// primitive shows an element as one leaf, with a value that fits its tag.
func primitive(d *describer, f *field, e tlv) {
	n := d.leaf(f.name, e.all).SetRef(f.ref)
	if n == nil {
		return
	}
	switch e.tag {
	case 0x01:
		n.SetValue(boolText(e.body))
	case 0x02:
		n.SetValue(integerText(e.body))
	case 0x05:
		n.SetValue("NULL")
	case 0x06:
		n.SetValue(oidText(e.body))
	case 0x0c, 0x13, 0x16, 0x14, 0x17, 0x18:
		n.SetValue(stringText(e.body))
	default:
		n.SetValue(hexText(e.body)).Notef("%s, %s", tagName(e.tag), plural(len(e.body), "byte"))
	}
}

func tagName(tag byte) string {
	switch tag {
	case 0x01:
		return "BOOLEAN"
	case 0x02:
		return "INTEGER"
	case 0x03:
		return "BIT STRING"
	case 0x04:
		return "OCTET STRING"
	case 0x05:
		return "NULL"
	case 0x06:
		return "OBJECT IDENTIFIER"
	case 0x0a:
		return "ENUMERATED"
	case 0x0c:
		return "UTF8String"
	case 0x13:
		return "PrintableString"
	case 0x14:
		return "TeletexString"
	case 0x16:
		return "IA5String"
	case 0x17:
		return "UTCTime"
	case 0x18:
		return "GeneralizedTime"
	case 0x1e:
		return "BMPString"
	case 0x30:
		return "SEQUENCE"
	case 0x31:
		return "SET"
	}
	if tag&0xc0 == 0x80 {
		return fmt.Sprintf("[%d]", tag&0x1f)
	}
	return fmt.Sprintf("tag 0x%02x", tag)
}

func boolText(b []byte) string {
	if len(b) == 1 && b[0] == 0 {
		return "FALSE"
	}
	return "TRUE"
}

func integerText(b []byte) string {
	if len(b) == 0 || len(b) > 8 {
		return hexText(b)
	}
	n := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n.String()
}

func stringText(b []byte) string {
	if !utf8.Valid(b) {
		return hexText(b)
	}
	return nameText(string(b))
}

func hexText(b []byte) string {
	const most = 24
	if len(b) > most {
		return hex.EncodeToString(b[:most]) + "…"
	}
	return hex.EncodeToString(b)
}

// oidText writes an object identifier in dots, with its name where it has one
// here.
func oidText(b []byte) string {
	dots := oidDots(b)
	if name := oidName(b); name != "" {
		return name + " (" + dots + ")"
	}
	return dots
}

func oidDots(b []byte) string {
	var s string
	v, first := uint64(0), true
	for i, x := range b {
		if v > 1<<56 {
			return hexText(b)
		}
		v = v<<7 | uint64(x&0x7f)
		if x&0x80 != 0 {
			if i == len(b)-1 {
				return hexText(b)
			}
			continue
		}
		if first {
			top := min(v/40, 2)
			s, first = fmt.Sprintf("%d.%d", top, v-40*top), false
		} else {
			s += fmt.Sprintf(".%d", v)
		}
		v = 0
	}
	return s
}
