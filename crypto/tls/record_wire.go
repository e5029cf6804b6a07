package tls

import "cipherglass/crypto/wire"

// Limits of record lengths in bytes (RFC 8446, Sections 5.1 and 5.2; RFC 5246,
// Section 6.2.3).
const (
	RecordHeaderLen = 5
	MaxPlaintext    = 1 << 14
	MaxCiphertext13 = MaxPlaintext + 256
	MaxCiphertext12 = MaxPlaintext + 2048
)

// Record is one record as it is on the stream: TLSPlaintext or TLSCiphertext
// (RFC 8446, Sections 5.1 and 5.2; RFC 5246, Section 6.2). The fragment is left
// as bytes: Fragment reads it when it is not encrypted.
type Record struct {
	Type     uint8
	Version  uint16 // legacy_record_version
	Fragment []byte
}

// Code visits the record's fields.
func (r *Record) Code(c *wire.Coder) {
	ctx := contextOf(c)
	typeName, fragmentName := "type", "fragment"
	filter := "tls.record.content_type"
	if ctx.Protected && is13(ctx.Version) {
		typeName, fragmentName, filter = "opaque_type", "encrypted_record", "tls.record.opaque_type"
	}
	n := wire.U8(c, typeName, &r.Type).Enum(contentTypeName).SetFilter(filter).SetRef("RFC 8446, Section 5.1")
	if row, ok := byCode(ContentTypes, uint16(r.Type)); ok {
		n.SetNote(row.Help)
	}
	wire.U16(c, "legacy_record_version", &r.Version).Enum(versionEnum).SetFilter("tls.record.version").
		SetRef("RFC 8446, Section 5.1").SetNote("In TLS 1.3 always 0x0303 (0x0301 before a first ClientHello), and ignored.")
	c.Length("length", 2, -RecordHeaderLen).SetFilter("tls.record.length")
	frag := wire.Rest(c, fragmentName, &r.Fragment)
	if ctx.Protected {
		frag.SetFilter("tls.app_data").SetNote("Encrypted.")
	}
	if len(r.Fragment) > MaxCiphertext12 {
		c.Bad(frag, fragmentName, "%d bytes, more than any record may have", len(r.Fragment))
	}
}

func contentTypeName(v uint64) string { return ContentTypeName(uint8(v)) }

// InnerPlaintext is what a TLS 1.3 record holds before encryption
// (TLSInnerPlaintext; RFC 8446, Section 5.2).
type InnerPlaintext struct {
	Content []byte
	Type    uint8 // 0 if the bytes hold nothing but zeros
	Zeros   int   // bytes of padding
}

// Code visits the fields. The content ends where the last non-zero byte, the
// type, stands: the visit reads from the end.
func (p *InnerPlaintext) Code(c *wire.Coder) {
	if c.Decoding() {
		b := c.Peek(c.Left())
		p.Zeros = 0
		for p.Zeros < len(b) && b[len(b)-1-p.Zeros] == 0 {
			p.Zeros++
		}
		// RFC 8446, Section 5.4: no non-zero octet MUST give unexpected_message.
		if p.Zeros == len(b) {
			c.Fail("type", "there is no content type, only zeros")
			return
		}
	}
	if p.Zeros > 0 {
		zeros := make([]byte, p.Zeros)
		c.Tail(p.Zeros, func() {
			wire.Bytes(c, "zeros", &zeros, p.Zeros).SetRef("RFC 8446, Section 5.4").SetNote("Padding that hides the content's length.")
		})
	}
	c.Tail(1, func() {
		n := wire.U8(c, "type", &p.Type).Enum(contentTypeName).SetFilter("tls.record.content_type").SetRef("RFC 8446, Section 5.2")
		if row, ok := byCode(ContentTypes, uint16(p.Type)); ok {
			n.SetNote("The record's real type: " + row.Help)
		}
	})
	wire.Rest(c, "content", &p.Content)
}

// ChangeCipherSpec is the one message of its content type (RFC 5246, Section
// 7.1; RFC 8446, Section 5).
type ChangeCipherSpec struct{ Type uint8 }

// Code visits the message's byte.
func (m *ChangeCipherSpec) Code(c *wire.Coder) {
	n := wire.U8(c, "type", &m.Type).SetFilter("tls.change_cipher_spec").SetRef("RFC 5246, Section 7.1")
	if is13(contextOf(c).Version) {
		n.SetNote("TLS 1.3 sends it only so that old middleboxes see what they expect.")
	} else {
		n.SetNote("From the next record on, the sender uses the new keys.")
	}
	if m.Type != 1 {
		c.Bad(n, "type", "must be 1")
	}
}

// Fragment is the plain content of a record of Context.ContentType: whole
// handshake messages, an alert, a ChangeCipherSpec, or application data. A
// handshake message that goes on in another record is left as bytes.
type Fragment struct {
	Handshakes       []Handshake
	Rest             []byte // the beginning or the end of a handshake message
	Alert            Alert
	ChangeCipherSpec ChangeCipherSpec
	Data             []byte
}

// Code visits the content.
func (f *Fragment) Code(c *wire.Coder) {
	switch contextOf(c).ContentType {
	case ContentHandshake:
		f.codeHandshakes(c)
	case ContentAlert:
		c.Embed("Alert", &f.Alert).SetFilter("tls.alert_message")
	case ContentChangeCipherSpec:
		c.Embed("ChangeCipherSpec", &f.ChangeCipherSpec)
	case ContentApplicationData:
		wire.Rest(c, "application_data", &f.Data).SetFilter("tls.app_data").SetNote("Data of the application.")
	default:
		wire.Rest(c, "fragment", &f.Data).SetNote("Of a content type that has no description.")
	}
}

func (f *Fragment) codeHandshakes(c *wire.Coder) {
	if !c.Decoding() {
		for i := range f.Handshakes {
			c.Embed(MessageName(f.Handshakes[i].Type), &f.Handshakes[i])
		}
		if len(f.Rest) > 0 {
			wire.Rest(c, "handshake_fragment", &f.Rest).SetFilter("tls.handshake.fragment").SetNote(fragmentNote)
		}
		return
	}
	for !c.Failed() {
		head := c.Peek(4)
		if head == nil {
			break
		}
		size := 4 + (int(head[1])<<16 | int(head[2])<<8 | int(head[3]))
		if size > c.Left() || MessageName(head[0]) == "" {
			break
		}
		f.Handshakes = append(f.Handshakes, Handshake{})
		c.Embed(MessageName(head[0]), &f.Handshakes[len(f.Handshakes)-1])
	}
	if c.Left() > 0 {
		wire.Rest(c, "handshake_fragment", &f.Rest).SetFilter("tls.handshake.fragment").SetNote(fragmentNote)
	}
}

const fragmentNote = "Part of a handshake message that goes on in another record."
