package tls

import (
	"crypto"
	"slices"
)

// Cipher suites that are performed, and the two signals.
const (
	TLS_AES_128_GCM_SHA256       uint16 = 0x1301
	TLS_AES_256_GCM_SHA384       uint16 = 0x1302
	TLS_CHACHA20_POLY1305_SHA256 uint16 = 0x1303

	TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256       uint16 = 0xc02b
	TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384       uint16 = 0xc02c
	TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 uint16 = 0xcca9
	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256         uint16 = 0xc02f
	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384         uint16 = 0xc030
	TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256   uint16 = 0xcca8
	TLS_RSA_WITH_AES_128_GCM_SHA256               uint16 = 0x009c
	TLS_RSA_WITH_AES_128_CBC_SHA                  uint16 = 0x002f

	TLS_EMPTY_RENEGOTIATION_INFO_SCSV uint16 = 0x00ff
	TLS_FALLBACK_SCSV                 uint16 = 0x5600
)

// CipherSuite is a row of CipherSuites.
type CipherSuite struct {
	Row
	MinVersion  uint16 // first and last version that it belongs to
	MaxVersion  uint16
	KeyExchange KeyExchange
	Auth        Auth
	Cipher      Cipher
	Hash        crypto.Hash // of HKDF (TLS 1.3) or PRF (TLS 1.2)
}

// For reports whether the suite belongs to a version.
func (s CipherSuite) For(version uint16) bool {
	return s.MinVersion <= version && version <= s.MaxVersion
}

// KeyExchange is how a suite agrees on its secret.
type KeyExchange uint8

// The ways of key exchange. KX13 leaves it to key_share and pre_shared_key.
const (
	KeyExchangeOther KeyExchange = iota
	KX13
	ECDHE
	RSA
)

func (k KeyExchange) String() string { return [...]string{"other", "key_share", "ECDHE", "RSA"}[k&3] }

// Auth is the kind of certificate that a suite needs.
type Auth uint8

// The kinds of authentication. AuthECDSA takes Ed25519 certificates too
// (RFC 8422, Section 5.1.1); AuthAny leaves it to signature_algorithms.
const (
	AuthOther Auth = iota
	AuthAny
	AuthECDSA
	AuthRSA
)

func (a Auth) String() string { return [...]string{"other", "any", "ECDSA", "RSA"}[a&3] }

// Cipher is a record protection algorithm; Spec has its sizes.
type Cipher uint8

// The record protection algorithms.
const (
	CipherNone Cipher = iota
	AES128GCM
	AES256GCM
	CHACHA20POLY1305
	AES128CBCSHA
)

// CipherSpec is the sizes of a Cipher, in bytes.
type CipherSpec struct {
	Name         string // "AES-128-GCM"
	AEAD         bool
	KeyLen       int
	IVLen        int // TLS 1.3: iv, exclusive-ored with the sequence number
	FixedIVLen   int // TLS 1.2: the nonce's part from the key block
	ExplicitLen  int // TLS 1.2: nonce or IV sent with each record
	TagLen       int // AEAD tag
	BlockLen     int // CBC
	MACLen       int // CBC: HMAC
	MACKeyLen    int
	MACHash      crypto.Hash
	NonceIsXORed bool // TLS 1.2: the nonce is the fixed IV xor the sequence number (RFC 7905, Section 2)
}

// Spec returns the cipher's sizes (RFC 5288, RFC 5246 Section 6.2.3, RFC 7905).
func (c Cipher) Spec() CipherSpec { return ciphers[min(int(c), len(ciphers)-1)] }

var ciphers = [...]CipherSpec{
	CipherNone:       {Name: "NULL"},
	AES128GCM:        {Name: "AES-128-GCM", AEAD: true, KeyLen: 16, IVLen: 12, FixedIVLen: 4, ExplicitLen: 8, TagLen: 16},
	AES256GCM:        {Name: "AES-256-GCM", AEAD: true, KeyLen: 32, IVLen: 12, FixedIVLen: 4, ExplicitLen: 8, TagLen: 16},
	CHACHA20POLY1305: {Name: "ChaCha20-Poly1305", AEAD: true, KeyLen: 32, IVLen: 12, FixedIVLen: 12, TagLen: 16, NonceIsXORed: true},
	AES128CBCSHA:     {Name: "AES-128-CBC", KeyLen: 16, ExplicitLen: 16, BlockLen: 16, MACLen: 20, MACKeyLen: 20, MACHash: crypto.SHA1},
}

const noForwardSecrecy = "whoever gets the server's private key later reads every recorded session, and padding errors have leaked premaster secrets again and again: deprecated by RFC 10015, discouraged by RFC 9325, Section 4.1"

// performedSuites in the order in which a careful server prefers them.
var performedSuites = []CipherSuite{
	{Row{TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", "RFC 8446, Appendix B.4", "AES-128-GCM with SHA-256. Every TLS 1.3 implementation must have it.", true, ""}, TLS13, TLS13, KX13, AuthAny, AES128GCM, crypto.SHA256},
	{Row{TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", "RFC 8446, Appendix B.4", "AES-256-GCM with SHA-384: longer keys, longer hashes.", true, ""}, TLS13, TLS13, KX13, AuthAny, AES256GCM, crypto.SHA384},
	{Row{TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", "RFC 8446, Appendix B.4", "ChaCha20-Poly1305 with SHA-256: fast where there is no AES hardware.", true, ""}, TLS13, TLS13, KX13, AuthAny, CHACHA20POLY1305, crypto.SHA256},
	{Row{TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "RFC 5289, Section 3.2", "Fresh elliptic-curve keys, signed by the server's ECDSA key; AES-128-GCM.", true, ""}, TLS12, TLS12, ECDHE, AuthECDSA, AES128GCM, crypto.SHA256},
	{Row{TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "RFC 5289, Section 3.2", "Fresh elliptic-curve keys, signed by the server's ECDSA key; AES-256-GCM.", true, ""}, TLS12, TLS12, ECDHE, AuthECDSA, AES256GCM, crypto.SHA384},
	{Row{TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "RFC 7905, Section 2", "Fresh elliptic-curve keys, signed by the server's ECDSA key; ChaCha20-Poly1305.", true, ""}, TLS12, TLS12, ECDHE, AuthECDSA, CHACHA20POLY1305, crypto.SHA256},
	{Row{TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "RFC 5289, Section 3.2", "Fresh elliptic-curve keys, signed by the server's RSA key; AES-128-GCM.", true, ""}, TLS12, TLS12, ECDHE, AuthRSA, AES128GCM, crypto.SHA256},
	{Row{TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "RFC 5289, Section 3.2", "Fresh elliptic-curve keys, signed by the server's RSA key; AES-256-GCM.", true, ""}, TLS12, TLS12, ECDHE, AuthRSA, AES256GCM, crypto.SHA384},
	{Row{TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "RFC 7905, Section 2", "Fresh elliptic-curve keys, signed by the server's RSA key; ChaCha20-Poly1305.", true, ""}, TLS12, TLS12, ECDHE, AuthRSA, CHACHA20POLY1305, crypto.SHA256},
	{Row{TLS_RSA_WITH_AES_128_GCM_SHA256, "TLS_RSA_WITH_AES_128_GCM_SHA256", "RFC 5288, Section 3", "The client encrypts the secret to the server's RSA key; AES-128-GCM.", true, noForwardSecrecy}, TLS12, TLS12, RSA, AuthRSA, AES128GCM, crypto.SHA256},
	{Row{TLS_RSA_WITH_AES_128_CBC_SHA, "TLS_RSA_WITH_AES_128_CBC_SHA", "RFC 5246, Appendix A.5", "The client encrypts the secret to the server's RSA key; AES-128-CBC with HMAC-SHA1. Every TLS 1.2 implementation once had to have it.", true, noForwardSecrecy}, TLS10, TLS12, RSA, AuthRSA, AES128CBCSHA, crypto.SHA256},
}

type namedSuite struct {
	code        uint16
	name        string
	keyExchange KeyExchange
	auth        Auth
}

// CipherSuites are all cipher suites: first those that are performed, in the
// order in which a careful server prefers them, then the others by code point.
var CipherSuites = append(slices.Clone(performedSuites), otherSuites()...)

func otherSuites() []CipherSuite {
	list := make([]CipherSuite, 0, len(namedSuites))
	for _, n := range namedSuites {
		s := CipherSuite{Row: Row{Code: n.code, Name: n.name, Ref: "IANA TLS Cipher Suites"}, KeyExchange: n.keyExchange, Auth: n.auth, MinVersion: TLS10, MaxVersion: TLS12}
		if n.keyExchange == KX13 {
			s.MinVersion, s.MaxVersion = TLS13, TLS13
		}
		switch {
		case n.code == TLS_EMPTY_RENEGOTIATION_INFO_SCSV:
			s.Ref, s.Help = "RFC 5746, Section 3.3", "A signal, not a suite: the client knows how to renegotiate safely."
		case n.code == TLS_FALLBACK_SCSV:
			s.Ref, s.Help = "RFC 7507, Section 2", "A signal, not a suite: the client tries again with a lower version."
		default:
			s.Help = "Recognised, and can be offered; nobody here can perform it."
		}
		if n.keyExchange == RSA {
			s.Retired = noForwardSecrecy
		}
		list = append(list, s)
	}
	return list
}

// SuiteByCode returns a suite's row.
func SuiteByCode(code uint16) (CipherSuite, bool) {
	if s, ok := byCode(CipherSuites[:len(performedSuites)], code); ok {
		return s, true
	}
	rest := CipherSuites[len(performedSuites):]
	i, ok := slices.BinarySearchFunc(rest, code, func(s CipherSuite, code uint16) int { return int(s.Code) - int(code) })
	if !ok {
		return CipherSuite{}, false
	}
	return rest[i], true
}

// SuiteName names a cipher suite, "" for an unknown one.
func SuiteName(code uint16) string {
	if s, ok := SuiteByCode(code); ok {
		return s.Name
	}
	return greaseName(code)
}

// ParseSuite reads a suite's name or a code point: "0x1301".
func ParseSuite(s string) (uint16, error) {
	return parse(CipherSuites, "cipher suite", "TLS_AES_128_GCM_SHA256", s)
}
