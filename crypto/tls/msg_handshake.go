package tls

import (
	"fmt"

	"cipherglass/crypto/wire"
)

// Handshake is a handshake message with its header (RFC 8446, Section 4).
type Handshake struct {
	Type uint8
	Body wire.Message // *ClientHello, ..., or *Opaque for what has no description
	Raw  []byte       // the whole message as received; set by ParseHandshake
}

// Code visits the header, then the body that type and context call for.
func (h *Handshake) Code(c *wire.Coder) {
	n := wire.U8(c, "msg_type", &h.Type).Enum(handshakeTypeName).SetFilter("tls.handshake.type").SetRef("RFC 8446, Section 4")
	if n != nil {
		if row, ok := byCode(HandshakeTypes, uint16(h.Type)); ok {
			n.SetNote(row.Help)
		}
	}
	c.Length("length", 3, -4).SetFilter("tls.handshake.length")
	if c.Failed() {
		return
	}
	if c.Decoding() {
		h.Body = NewBody(h.Type, contextOf(c))
	}
	if h.Body != nil {
		h.Body.Code(c)
	}
}

func handshakeTypeName(v uint64) string { return HandshakeTypeName(uint8(v)) }

// ParseHandshake reads one whole handshake message, header included, and
// keeps b as its Raw form. The message's slices point into b. On a fault the
// message holds what could be read; the fault is a decode_error.
func ParseHandshake(b []byte, ctx Context) (*Handshake, error) {
	h := &Handshake{Raw: b}
	return h, wire.Decode(b, h, ctx)
}

// AppendHandshake appends a handshake message with its header to dst.
func AppendHandshake(dst []byte, typ uint8, body wire.Message, ctx Context) ([]byte, error) {
	b, _, err := wire.AppendEncode(dst, &Handshake{Type: typ, Body: body}, ctx)
	return b, err
}

// NewBody returns an empty message of a handshake type: the one that the
// context calls for, or an Opaque that says why it is none.
func NewBody(typ uint8, ctx Context) wire.Message {
	switch typ {
	case TypeHelloRequest:
		return &HelloRequest{}
	case TypeClientHello:
		return &ClientHello{}
	case TypeServerHello:
		return &ServerHello{}
	case TypeEndOfEarlyData:
		return &EndOfEarlyData{}
	case TypeEncryptedExtensions:
		return &EncryptedExtensions{}
	case TypeServerHelloDone:
		return &ServerHelloDone{}
	case TypeCertificateVerify:
		return &CertificateVerify{}
	case TypeFinished:
		return &Finished{}
	case TypeCertificateStatus:
		return &CertificateStatus{}
	case TypeKeyUpdate:
		return &KeyUpdate{}
	case TypeServerKeyExchange, TypeClientKeyExchange:
		return newKeyExchange(typ, ctx)
	case TypeCertificate, TypeCertificateRequest, TypeNewSessionTicket:
		return newByVersion(typ, ctx)
	}
	return &Opaque{Why: "A message that has no description here."}
}

func newByVersion(typ uint8, ctx Context) wire.Message {
	switch {
	case ctx.Version == 0:
		return &Opaque{Why: "Its form depends on the version, which is not known here."}
	case typ == TypeCertificate:
		return &Certificate{}
	case typ == TypeCertificateRequest && is13(ctx.Version):
		return &CertificateRequest{}
	case typ == TypeCertificateRequest:
		return &CertificateRequest12{}
	case is13(ctx.Version):
		return &NewSessionTicket{}
	}
	return &NewSessionTicket12{}
}

func newKeyExchange(typ uint8, ctx Context) wire.Message {
	suite, ok := SuiteByCode(ctx.Suite)
	switch {
	case !ok:
		return &Opaque{Why: "Its form depends on the cipher suite, which is not known here."}
	case suite.KeyExchange == ECDHE && typ == TypeServerKeyExchange:
		return &ServerKeyExchange{}
	case suite.KeyExchange == ECDHE || suite.KeyExchange == RSA && typ == TypeClientKeyExchange:
		return &ClientKeyExchange{}
	}
	return &Opaque{Why: "The key exchange of " + suite.Name + " has no description here."}
}

// Opaque is a message that is kept as bytes.
type Opaque struct {
	Data []byte
	Why  string // why it is not read, in words
}

// Code visits the bytes.
func (m *Opaque) Code(c *wire.Coder) { wire.Rest(c, "body", &m.Data).SetNote(m.Why) }

// HelloRequest asks for a new handshake (RFC 5246, Section 7.4.1.1).
type HelloRequest struct{}

// Code visits nothing: the message is empty.
func (*HelloRequest) Code(*wire.Coder) {}

// ServerHelloDone ends the server's hello flight (RFC 5246, Section 7.4.5).
type ServerHelloDone struct{}

// Code visits nothing: the message is empty.
func (*ServerHelloDone) Code(*wire.Coder) {}

// EndOfEarlyData ends 0-RTT data (RFC 8446, Section 4.5).
type EndOfEarlyData struct{}

// Code visits nothing: the message is empty.
func (*EndOfEarlyData) Code(*wire.Coder) {}

// Finished proves that its sender saw the same handshake (RFC 8446, Section
// 4.4.4; RFC 5246, Section 7.4.9).
type Finished struct{ VerifyData []byte }

// Code visits verify_data: as long as the hash in TLS 1.3, 12 bytes in 1.2.
func (m *Finished) Code(c *wire.Coder) {
	n := wire.Rest(c, "verify_data", &m.VerifyData).SetFilter("tls.handshake.verify_data").SetRef("RFC 8446, Section 4.4.4")
	if is13(contextOf(c).Version) {
		n.SetNote("HMAC over the transcript hash, with a key that only the two ends have.")
	} else {
		n.SetNote("PRF over the hash of all handshake messages, with the master secret.").SetRef("RFC 5246, Section 7.4.9")
	}
}

// KeyUpdate says that the sender's next record uses new keys (RFC 8446,
// Section 4.6.3).
type KeyUpdate struct {
	RequestUpdate uint8 // 0 update_not_requested, 1 update_requested
}

// Code visits the message's byte.
func (m *KeyUpdate) Code(c *wire.Coder) {
	n := wire.U8(c, "request_update", &m.RequestUpdate).SetFilter("tls.handshake.key_update.request_update").
		SetRef("RFC 8446, Section 4.6.3").SetNote("Whether the receiver must update its own keys too.").
		Enum(func(v uint64) string {
			switch v {
			case 0:
				return "update_not_requested"
			case 1:
				return "update_requested"
			}
			return ""
		})
	// RFC 8446, Section 4.6.3: any other value MUST give illegal_parameter.
	if m.RequestUpdate > 1 {
		c.Bad(n, "request_update", "must be 0 or 1")
	}
}

// NewSessionTicket is the TLS 1.3 form (RFC 8446, Section 4.6.1).
type NewSessionTicket struct {
	TicketLifetime uint32 // seconds
	TicketAgeAdd   uint32
	TicketNonce    []byte
	Ticket         []byte
	Extensions     []Extension
}

// Code visits the message's fields.
func (m *NewSessionTicket) Code(c *wire.Coder) {
	wire.U32(c, "ticket_lifetime", &m.TicketLifetime).Dec("seconds").SetFilter("tls.handshake.session_ticket_lifetime_hint").SetRef("RFC 8446, Section 4.6.1")
	wire.U32(c, "ticket_age_add", &m.TicketAgeAdd).Hex().SetFilter("tls.handshake.session_ticket_age_add").SetNote("Added to the ticket's age when it is used, so that onlookers cannot link sessions.")
	opaque(c, "ticket_nonce", 1, &m.TicketNonce, "tls.handshake.session_ticket_nonce").SetNote("Makes each ticket's key differ.")
	opaque(c, "ticket", 2, &m.Ticket, "tls.handshake.session_ticket")
	codeExtensions(c, &m.Extensions, TypeNewSessionTicket)
}

// NewSessionTicket12 is the TLS 1.2 form (RFC 5077, Section 3.3).
type NewSessionTicket12 struct {
	TicketLifetimeHint uint32 // seconds
	Ticket             []byte
}

// Code visits the message's fields.
func (m *NewSessionTicket12) Code(c *wire.Coder) {
	wire.U32(c, "ticket_lifetime_hint", &m.TicketLifetimeHint).Dec("seconds").SetFilter("tls.handshake.session_ticket_lifetime_hint").SetRef("RFC 5077, Section 3.3")
	opaque(c, "ticket", 2, &m.Ticket, "tls.handshake.session_ticket")
}

// opaque visits an opaque vector as a group of its length and its bytes.
func opaque(c *wire.Coder, name string, lenSize int, v *[]byte, filter string) *wire.Node {
	n := c.Sub(name, lenSize, func() { wire.Rest(c, "data", v).SetFilter(filter) })
	return count(n, len(*v), "byte")
}

// count shows how many items a group has.
func count(n *wire.Node, k int, what string) *wire.Node {
	if n == nil {
		return nil
	}
	if k == 1 {
		return n.SetValue("1 " + what)
	}
	return n.SetValue(fmt.Sprintf("%d %ss", k, what))
}
