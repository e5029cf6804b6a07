package ipsec

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"strings"

	"cipherglass/crypto/engine"

	"golang.org/x/crypto/chacha20poly1305"
)

// Encryption is one encryption transform. A combined-mode one (AEAD) brings
// its own integrity.
type Encryption struct {
	Name    string
	Label   string // what people read: "AES-128-GCM"
	Ref     string
	Help    string
	Retired string // why nobody should use it, "" when it is current

	IKEv1     int // IPsec DOI ESP transform identifier, 0 for none (RFC 2407, Section 4.4.4)
	IKEv2     int // Transform Type 1 identifier (RFC 7296, Section 3.3.2)
	IKEKeyLen int // Key Length attribute in bits, 0 for none is sent

	KeyLen  int // bytes, without the salt
	SaltLen int // bytes of nonce that come with the key
	IVLen   int // bytes of IV in each packet
	Block   int // the encrypted data is a multiple of this
	ICVLen  int // bytes of ICV that the cipher makes, 0 unless combined-mode

	Tshark string // its name in Wireshark's esp_sa table, "" when Wireshark lacks it
	Scapy  string

	aead  func(key []byte) (cipher.AEAD, error)  // combined-mode
	block func(key []byte) (cipher.Block, error) // CBC
}

// Combined reports whether the transform checks integrity itself.
func (e *Encryption) Combined() bool { return e.aead != nil }

// Align is what the length of the encrypted data must be a multiple of
// (RFC 4303, Section 2.4: the cipher's block, and 4 bytes at least).
func (e *Encryption) Align() int { return max(e.Block, 4) }

// Integrity is one integrity transform.
type Integrity struct {
	Name    string
	Label   string
	Ref     string
	Help    string
	Retired string

	IKEv1   int // IPsec DOI authentication algorithm attribute (RFC 2407, Section 4.5)
	IKEv1AH int // IPsec DOI AH transform identifier (RFC 2407, Section 4.4.3)
	IKEv2   int // Transform Type 3 identifier

	KeyLen int
	ICVLen int // bytes on the wire, after truncation

	Hash   string // as WebCrypto calls it
	Tshark string
	Scapy  string

	hash func() hash.Hash
}

var encryptions = []*Encryption{
	{
		Name: "null", Label: "NULL", Ref: "RFC 2410", Help: "No encryption: packets are authenticated, and anybody can read them.",
		IKEv1: 11, IKEv2: 11, Block: 1, Tshark: "NULL", Scapy: "NULL",
	},
	{
		Name: "aes-128-gcm-16", Label: "AES-128-GCM", Ref: "RFC 4106", Help: "Encrypts and authenticates in one pass; the usual choice.",
		IKEv1: 20, IKEv2: 20, IKEKeyLen: 128, KeyLen: 16, SaltLen: 4, IVLen: 8, Block: 1, ICVLen: 16,
		Tshark: "AES-GCM with 16 octet ICV [RFC4106]", Scapy: "AES-GCM", aead: newGCM,
	},
	{
		Name: "aes-256-gcm-16", Label: "AES-256-GCM", Ref: "RFC 4106", Help: "AES-GCM with a key of 256 bits.",
		IKEv1: 20, IKEv2: 20, IKEKeyLen: 256, KeyLen: 32, SaltLen: 4, IVLen: 8, Block: 1, ICVLen: 16,
		Tshark: "AES-GCM with 16 octet ICV [RFC4106]", Scapy: "AES-GCM", aead: newGCM,
	},
	{
		Name: "chacha20-poly1305", Label: "ChaCha20-Poly1305", Ref: "RFC 7634", Help: "Encrypts and authenticates; fast without AES hardware.",
		IKEv2: 28, KeyLen: 32, SaltLen: 4, IVLen: 8, Block: 1, ICVLen: 16,
		Scapy: "CHACHA20-POLY1305", aead: chacha20poly1305.New,
	},
	{
		Name: "aes-128-cbc", Label: "AES-128-CBC", Ref: "RFC 3602", Help: "Encrypts whole blocks of 16 bytes; an HMAC must go with it.",
		IKEv1: 12, IKEv2: 12, IKEKeyLen: 128, KeyLen: 16, IVLen: 16, Block: 16,
		Tshark: "AES-CBC [RFC3602]", Scapy: "AES-CBC", block: aes.NewCipher,
	},
	{
		Name: "aes-256-cbc", Label: "AES-256-CBC", Ref: "RFC 3602", Help: "AES-CBC with a key of 256 bits.",
		IKEv1: 12, IKEv2: 12, IKEKeyLen: 256, KeyLen: 32, IVLen: 16, Block: 16,
		Tshark: "AES-CBC [RFC3602]", Scapy: "AES-CBC", block: aes.NewCipher,
	},
}

var integrities = []*Integrity{
	{
		Name: "none", Label: "none", Ref: "RFC 4303, Section 3.2.2", Help: "For a combined-mode cipher, which checks integrity itself.",
		Tshark: "NULL", Scapy: "NULL",
	},
	{
		Name: "hmac-md5-96", Label: "HMAC-MD5-96", Ref: "RFC 2403", Help: "HMAC-MD5 cut to 96 bits.",
		Retired: "MD5 is broken as a hash; RFC 8221, Section 6 says MUST NOT.",
		IKEv1:   1, IKEv1AH: 2, IKEv2: 1, KeyLen: 16, ICVLen: 12,
		Hash: "MD5", Tshark: "HMAC-MD5-96 [RFC2403]", Scapy: "HMAC-MD5-96", hash: md5.New,
	},
	{
		Name: "hmac-sha1-96", Label: "HMAC-SHA1-96", Ref: "RFC 2404", Help: "HMAC-SHA-1 cut to 96 bits; being phased out (RFC 8221, Section 6).",
		IKEv1: 2, IKEv1AH: 3, IKEv2: 2, KeyLen: 20, ICVLen: 12,
		Hash: "SHA-1", Tshark: "HMAC-SHA-1-96 [RFC2404]", Scapy: "HMAC-SHA1-96", hash: sha1.New,
	},
	{
		Name: "hmac-sha2-256-128", Label: "HMAC-SHA2-256-128", Ref: "RFC 4868", Help: "HMAC-SHA-256 cut to 128 bits; the usual choice.",
		IKEv1: 5, IKEv1AH: 5, IKEv2: 12, KeyLen: 32, ICVLen: 16,
		Hash: "SHA-256", Tshark: "HMAC-SHA-256-128 [RFC4868]", Scapy: "SHA2-256-128", hash: sha256.New,
	},
}

// Encryptions lists the encryption transforms, in the order people read them.
func Encryptions() []*Encryption { return append([]*Encryption(nil), encryptions...) }

// Integrities lists the integrity transforms.
func Integrities() []*Integrity { return append([]*Integrity(nil), integrities...) }

// EncryptionNamed finds an encryption transform; "" is "null".
func EncryptionNamed(name string) (*Encryption, *engine.Failure) {
	if name == "" {
		name = "null"
	}
	var known []string
	for _, e := range encryptions {
		if e.Name == name {
			return e, nil
		}
		known = append(known, e.Name)
	}
	return nil, UnknownTransform.With("encryption", name, strings.Join(known, ", "))
}

// IntegrityNamed finds an integrity transform; "" is "none".
func IntegrityNamed(name string) (*Integrity, *engine.Failure) {
	if name == "" {
		name = "none"
	}
	var known []string
	for _, i := range integrities {
		if i.Name == name {
			return i, nil
		}
		known = append(known, i.Name)
	}
	return nil, UnknownTransform.With("integrity", name, strings.Join(known, ", "))
}

// Legal returns nil when an SA may be made of the transforms, else what is
// wrong and what to do. AH encrypts nothing, so for AH encryption is not read.
func Legal(protocol, encryption, integrity string) *engine.Failure {
	i, fail := IntegrityNamed(integrity)
	if fail != nil {
		return fail
	}
	switch protocol {
	case AH:
		if i.hash == nil {
			return NeedsIntegrity.With("AH", "it does nothing else")
		}
		return nil
	case ESP:
	default:
		return UnknownTransform.With("protocol", protocol, ESP+", "+AH)
	}
	e, fail := EncryptionNamed(encryption)
	switch {
	case fail != nil:
		return fail
	case e.Combined() && i.hash != nil:
		return TwoIntegrities.With(e.Name, i.Name)
	case e.Combined():
		return nil
	case i.hash == nil && e.block == nil:
		return NeedsIntegrity.With("ESP with NULL encryption", "without it the packet would not be protected at all")
	case i.hash == nil:
		return NeedsIntegrity.With(e.Label, "without it an attacker changes what is decrypted")
	}
	return nil
}

// IntegrityFor lists the names of the integrity transforms that Legal allows
// with the protocol and encryption.
func IntegrityFor(protocol, encryption string) []string {
	var names []string
	for _, i := range integrities {
		if Legal(protocol, encryption, i.Name) == nil {
			names = append(names, i.Name)
		}
	}
	return names
}

func newGCM(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}
