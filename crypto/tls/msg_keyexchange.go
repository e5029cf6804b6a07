package tls

import "cipherglass/crypto/wire"

// NamedCurve is the curve type of ServerKeyExchange that is left (RFC 8422,
// Section 5.4).
const NamedCurve uint8 = 3

// ServerKeyExchange is the ECDHE form: the server's fresh public key, signed
// (RFC 8422, Section 5.4).
type ServerKeyExchange struct {
	CurveType  uint8 // NamedCurve
	NamedCurve uint16
	Public     []byte
	Algorithm  uint16
	Signature  []byte // over both randoms and Params
}

// Params returns the wire form of ServerECDHParams: what is signed after the
// two randoms.
func (m *ServerKeyExchange) Params() []byte {
	b := []byte{m.CurveType, byte(m.NamedCurve >> 8), byte(m.NamedCurve), byte(len(m.Public))}
	return append(b, m.Public...)
}

// Code visits the message's fields.
func (m *ServerKeyExchange) Code(c *wire.Coder) {
	c.Group("params", func() {
		c.Group("curve_params", func() {
			n := wire.U8(c, "curve_type", &m.CurveType).SetFilter("tls.handshake.server_curve_type").Enum(func(v uint64) string {
				if v >= 1 && v <= 3 {
					return [...]string{"explicit_prime", "explicit_char2", "named_curve"}[v-1]
				}
				return ""
			})
			if m.CurveType != NamedCurve && !c.Failed() {
				// RFC 8422, Section 5.4: only named curves are left.
				c.Bad(n, "curve_type", "must be named_curve")
			}
			codeNamedCurve(c, &m.NamedCurve)
		})
		opaque(c, "public", 1, &m.Public, "tls.handshake.server_point").SetNote("The server's fresh public key.")
	}).SetRef("RFC 8422, Section 5.4")
	codeScheme(c, "algorithm", &m.Algorithm)
	opaque(c, "signature", 2, &m.Signature, "tls.handshake.sig").SetRef("RFC 8422, Section 5.4").
		SetNote("Over both randoms and the parameters: the server holds the private key of its certificate.")
}

func codeNamedCurve(c *wire.Coder, v *uint16) {
	n := wire.U16(c, "namedcurve", v).Enum(groupEnum).SetFilter("tls.handshake.server_named_curve")
	if row, ok := GroupByCode(*v); ok {
		n.SetRef(row.Ref).SetNote(row.Help)
	}
}

// ClientKeyExchange is the client's share of the key exchange of the context's
// suite: for ECDHE its public key (RFC 8422, Section 5.7), for RSA the
// encrypted premaster secret (RFC 5246, Section 7.4.7.1).
type ClientKeyExchange struct {
	Public                   []byte // ECDHE
	EncryptedPreMasterSecret []byte // RSA
}

// Code visits the message's field.
func (m *ClientKeyExchange) Code(c *wire.Coder) {
	if suite, _ := SuiteByCode(contextOf(c).Suite); suite.KeyExchange == RSA {
		opaque(c, "EncryptedPreMasterSecret", 2, &m.EncryptedPreMasterSecret, "tls.handshake.epms").SetRef("RFC 5246, Section 7.4.7.1").
			SetNote("The session's secret, encrypted to the public key of the server's certificate.")
		return
	}
	opaque(c, "ecdh_Yc", 1, &m.Public, "tls.handshake.client_point").SetRef("RFC 8422, Section 5.7").
		SetNote("The client's fresh public key.")
}
