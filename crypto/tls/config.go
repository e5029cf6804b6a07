package tls

import (
	"crypto/x509"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
)

// Config is the settings of one end. Lists are code points, best first; a
// client sends them as they are, also those that nobody here can perform.
type Config struct {
	Versions            []uint16
	CipherSuites        []uint16
	Groups              []uint16
	SignatureAlgorithms []uint16 // a server's: what it signs with; none for all that its key can do
	ALPN                []string

	ServerName string              // client: server_name, and the name that the certificate must have; "" for neither
	Roots      []*x509.Certificate // client: the CAs it trusts
	Identity   *pki.Identity       // server

	// MiddleboxCompat sends a legacy_session_id and change_cipher_spec records
	// that mean nothing (RFC 8446, Appendix D.4).
	MiddleboxCompat bool
	// ExtendedMasterSecret offers or accepts RFC 7627 in TLS 1.2.
	ExtendedMasterSecret bool
	// Coalesce puts the handshake messages of a flight into as few records as
	// will hold them; else each begins a record of its own.
	Coalesce bool
	// SkipVerify lets the client take any certificate. The checks are made and
	// told of all the same; a real client must never do this.
	SkipVerify bool

	// KeyShares are the groups that a client sends shares for; nil for each of
	// Groups that is performed.
	KeyShares []uint16
	// HelloExtensions, where not nil, are the extensions of the ClientHello in
	// order. One with Data is sent as it is; one without is filled in from
	// the settings above, and left out where they have nothing for it.
	HelloExtensions []RawExtension
	// EncryptedExtensions likewise are the server's in TLS 1.3.
	EncryptedExtensions []RawExtension

	Random *engine.Random // already under its node and conversation: "client/web"
	Clock  time.Time      // wall time at virtual time 0
}

// RawExtension is an extension by its type and, if not nil, its body.
type RawExtension struct {
	Type uint16
	Data []byte
}

func has[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// firstCommon is the first of mine that is in theirs and fits.
func firstCommon(mine, theirs []uint16, fits func(uint16) bool) (uint16, bool) {
	for _, v := range mine {
		if has(theirs, v) && fits(v) {
			return v, true
		}
	}
	return 0, false
}
