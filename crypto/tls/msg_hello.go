package tls

import (
	"bytes"

	"cipherglass/crypto/wire"
)

// RetryRandom is the random value that makes a ServerHello a
// HelloRetryRequest: the SHA-256 of "HelloRetryRequest" (RFC 8446, Section
// 4.1.3). It is not to be changed.
var RetryRandom = []byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// ClientHello is what a client offers (RFC 8446, Section 4.1.2; RFC 5246,
// Section 7.4.1.2).
type ClientHello struct {
	LegacyVersion            uint16
	Random                   []byte // 32 bytes
	LegacySessionID          []byte
	CipherSuites             []uint16
	LegacyCompressionMethods []byte
	NoExtensions             bool // the whole extensions field is absent (TLS 1.2 and earlier)
	Extensions               []Extension
}

// Code visits the message's fields.
func (m *ClientHello) Code(c *wire.Coder) {
	wire.U16(c, "legacy_version", &m.LegacyVersion).Enum(versionEnum).SetFilter("tls.handshake.version").
		SetRef("RFC 8446, Section 4.1.2").SetNote("TLS 1.2 at most: supported_versions says the rest.")
	wire.Bytes(c, "random", &m.Random, 32).SetFilter("tls.handshake.random").SetRef("RFC 8446, Section 4.1.2").
		SetNote("32 random bytes: no two handshakes are alike.")
	codeSessionID(c, "legacy_session_id", &m.LegacySessionID)
	n := c.Sub("cipher_suites", 2, func() {
		wire.List(c, &m.CipherSuites, func(v *uint16) { codeSuite(c, v) })
	}).SetFilter("tls.handshake.ciphersuites").SetRef("RFC 8446, Section 4.1.2")
	count(n, len(m.CipherSuites), "suite").SetNote("What the client can do, best first.")
	if len(m.CipherSuites) == 0 && !c.Failed() {
		c.Bad(n, "cipher_suites", "no cipher suite is offered")
	}
	n = c.Sub("legacy_compression_methods", 1, func() {
		wire.Rest(c, "data", &m.LegacyCompressionMethods).SetFilter("tls.handshake.comp_method").
			SetNote("0 is no compression, the only one left: compression gave secrets away (CRIME).")
	}).SetFilter("tls.handshake.comp_methods").SetRef("RFC 8446, Section 4.1.2")
	if len(m.LegacyCompressionMethods) == 0 && !c.Failed() {
		c.Bad(n, "legacy_compression_methods", "none is offered, not even null")
	}
	codeOptionalExtensions(c, &m.NoExtensions, &m.Extensions, TypeClientHello)
}

// ServerHello is what a server chose, or a HelloRetryRequest (RFC 8446,
// Sections 4.1.3 and 4.1.4; RFC 5246, Section 7.4.1.3).
type ServerHello struct {
	LegacyVersion           uint16
	Random                  []byte // 32 bytes
	LegacySessionIDEcho     []byte
	CipherSuite             uint16
	LegacyCompressionMethod uint8
	NoExtensions            bool // the whole extensions field is absent (TLS 1.2 and earlier)
	Extensions              []Extension
}

// IsHelloRetryRequest tells by the random value (RFC 8446, Section 4.1.3).
func (m *ServerHello) IsHelloRetryRequest() bool { return bytes.Equal(m.Random, RetryRandom) }

// Code visits the message's fields.
func (m *ServerHello) Code(c *wire.Coder) {
	wire.U16(c, "legacy_version", &m.LegacyVersion).Enum(versionEnum).SetFilter("tls.handshake.version").
		SetRef("RFC 8446, Section 4.1.3").SetNote("TLS 1.2 at most: supported_versions says the rest.")
	n := wire.Bytes(c, "random", &m.Random, 32).SetFilter("tls.handshake.random").SetRef("RFC 8446, Section 4.1.3")
	in := TypeServerHello
	switch {
	case m.IsHelloRetryRequest():
		in = TypeHelloRetryRequest
		n.SetNote("The SHA-256 of \"HelloRetryRequest\": the client must try again.")
	case bytes.HasSuffix(m.Random, []byte("DOWNGRD\x01")):
		n.SetNote("Its end says \"DOWNGRD\": a server that knows TLS 1.3 was asked for TLS 1.2.")
	default:
		n.SetNote("32 random bytes of the server's.")
	}
	codeSessionID(c, "legacy_session_id_echo", &m.LegacySessionIDEcho)
	codeSuite(c, &m.CipherSuite)
	comp := wire.U8(c, "legacy_compression_method", &m.LegacyCompressionMethod).SetFilter("tls.handshake.comp_method").SetRef("RFC 8446, Section 4.1.3")
	if m.LegacyCompressionMethod == 0 {
		comp.SetNote("No compression.")
	}
	codeOptionalExtensions(c, &m.NoExtensions, &m.Extensions, in)
}

// EncryptedExtensions are the server's answers that need not be public (RFC
// 8446, Section 4.3.1).
type EncryptedExtensions struct{ Extensions []Extension }

// Code visits the message's fields.
func (m *EncryptedExtensions) Code(c *wire.Coder) {
	codeExtensions(c, &m.Extensions, TypeEncryptedExtensions)
}

func codeSessionID(c *wire.Coder, name string, v *[]byte) {
	n := opaque(c, name, 1, v, "tls.handshake.session_id").SetRef("RFC 8446, Section 4.1.2").
		SetNote("TLS 1.2: names a session to resume. TLS 1.3: random bytes, so that middleboxes see the old picture.")
	if len(*v) > 32 {
		c.Bad(n, name, "%d bytes, 32 at most are allowed", len(*v))
	}
}

func codeSuite(c *wire.Coder, v *uint16) {
	n := wire.U16(c, "cipher_suite", v)
	if n == nil {
		return
	}
	n.Enum(suiteEnum).SetFilter("tls.handshake.ciphersuite")
	row, ok := SuiteByCode(*v)
	switch {
	case row.Retired != "":
		n.SetRef(row.Ref).SetNote("Retired: " + row.Retired + ".")
	case ok:
		n.SetRef(row.Ref).SetNote(row.Help)
	case IsGREASE(*v):
		n.SetRef("RFC 8701").SetNote(greaseNote)
	}
}

const greaseNote = "GREASE: sent at random so that servers learn to ignore what they do not know."
