// Package kdf does the key derivations of the protocols: HKDF and
// HKDF-Expand-Label (RFC 5869; RFC 8446, Section 7.1), the TLS 1.2 PRF
// (RFC 5246, Section 5), HMAC and elliptic-curve Diffie-Hellman (RFC 7748,
// SEC 1).
//
// Each derivation appends an engine.Secret to the Effects it is given (none
// when that is nil) with every input, so that somebody else can compute it
// again. Inputs are named as below; numbers are big-endian; Hash is
// WebCrypto's name ("SHA-1", "SHA-256", "SHA-384").
//
//	Func               inputs                              value
//	HKDF-Extract       salt, IKM                           HMAC-Hash(salt, IKM)
//	HKDF-Expand-Label  Secret, Label, Context, Length (2)  HKDF-Expand(Secret, HkdfLabel, Length)
//	Derive-Secret      Secret, Label, Transcript-Hash      HKDF-Expand-Label(Secret, Label, Transcript-Hash, Hash.length)
//	PRF                secret, label, seed, Length (2)     P_Hash(secret, label + seed), its first Length bytes
//	HMAC               key, data                           HMAC-Hash(key, data)
//	X25519             private_key, public_key             X25519(private_key, public_key)
//	P-256              private_key, public_key             the x coordinate; public_key is an uncompressed point
//	concat             any, in order                       the inputs one after the other
//	slice              of, Offset (4), Length (4)          that part of the first input
//	RSAES-PKCS1-v1_5-encrypt  modulus, public_exponent, padding, message
//	                   the ciphertext of 00 02 padding 00 message
//	RSAES-PKCS1-v1_5-decrypt  modulus, private_exponent, ciphertext
//	                   the message, by its place: the last 48 bytes (TLS)
//
// Label is the whole label, with its protocol's prefix ("tls13 derived"), and
// HkdfLabel is Length (2 bytes), a length byte and Label, a length byte and
// Context. "Length" tells how many bytes are asked for. In seed, several
// values are already concatenated; the Note says which.
package kdf

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"hash"

	"cipherglass/crypto/engine"
)

// Hash is a hash function with the name that records carry.
type Hash struct {
	Name string // "SHA-256"
	Size int    // bytes
	New  func() hash.Hash
	ID   crypto.Hash
}

// The hash functions that derivations use.
var (
	SHA1   = Hash{"SHA-1", sha1.Size, sha1.New, crypto.SHA1}
	SHA256 = Hash{"SHA-256", sha256.Size, sha256.New, crypto.SHA256}
	SHA384 = Hash{"SHA-384", sha512.Size384, sha512.New384, crypto.SHA384}
	SHA512 = Hash{"SHA-512", sha512.Size, sha512.New, crypto.SHA512}
)

// HashOf returns the Hash of a crypto.Hash, SHA256 for one that no suite has.
func HashOf(id crypto.Hash) Hash {
	for _, h := range [...]Hash{SHA1, SHA384, SHA512} {
		if h.ID == id {
			return h
		}
	}
	return SHA256
}

// Sum returns the hash of b.
func (h Hash) Sum(b []byte) []byte {
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}

// Value is bytes that go into or come out of a derivation, with where they
// are from: the ID of a secret, or the name of a random value.
type Value struct {
	Bytes []byte
	From  string
	Note  string // what it covers: "Transcript-Hash(ClientHello..ServerHello)"
}

// As says what a derived value is called; see engine.Secret.
type As struct {
	ID     string // "client_handshake_traffic_secret"
	Name   string // the RFC's name; "" for ID
	Ref    string
	Keylog string // its SSLKEYLOGFILE label
}

// Extract is HKDF-Extract (RFC 5869, Section 2.2).
func Extract(out *engine.Effects, as As, h Hash, salt, ikm Value) Value {
	m := hmac.New(h.New, salt.Bytes)
	m.Write(ikm.Bytes)
	v := m.Sum(nil)
	if out == nil {
		return Value{Bytes: v, From: as.ID}
	}
	return record(out, as, "HKDF-Extract", h, v, salt.param("salt"), ikm.param("IKM"))
}

// ExpandLabel is HKDF-Expand-Label (RFC 8446, Section 7.1); label has its
// prefix already.
func ExpandLabel(out *engine.Effects, as As, h Hash, secret Value, label string, context Value, n int) Value {
	v := expandLabel(h, secret.Bytes, label, context.Bytes, n)
	if out == nil {
		return Value{Bytes: v, From: as.ID}
	}
	return record(out, as, "HKDF-Expand-Label", h, v,
		secret.param("Secret"), text("Label", label), context.param("Context"), number16("Length", n))
}

// DeriveSecret is Derive-Secret (RFC 8446, Section 7.1) of the messages whose
// hash is transcript.
func DeriveSecret(out *engine.Effects, as As, h Hash, secret Value, label string, transcript Value) Value {
	v := expandLabel(h, secret.Bytes, label, transcript.Bytes, h.Size)
	if out == nil {
		return Value{Bytes: v, From: as.ID}
	}
	return record(out, as, "Derive-Secret", h, v,
		secret.param("Secret"), text("Label", label), transcript.param("Transcript-Hash"))
}

// HMAC is RFC 2104's, as the Finished message of TLS 1.3 uses it.
func HMAC(out *engine.Effects, as As, h Hash, key, data Value) Value {
	m := hmac.New(h.New, key.Bytes)
	m.Write(data.Bytes)
	v := m.Sum(nil)
	if out == nil {
		return Value{Bytes: v, From: as.ID}
	}
	return record(out, as, "HMAC", h, v, key.param("key"), data.param("data"))
}

// PRF is the pseudorandom function of TLS 1.2 (RFC 5246, Section 5): n bytes
// of P_hash(secret, label + seed).
func PRF(out *engine.Effects, as As, h Hash, secret Value, label string, seed Value, n int) Value {
	v := pHash(h, secret.Bytes, append([]byte(label), seed.Bytes...), n)
	if out == nil {
		return Value{Bytes: v, From: as.ID}
	}
	return record(out, as, "PRF", h, v, secret.param("secret"), text("label", label), seed.param("seed"), number16("Length", n))
}

// Slice is part of a value, as keys are of the key block (RFC 5246, Section 6.3).
func Slice(out *engine.Effects, as As, of Value, off, n int) Value {
	v := of.Bytes[off : off+n : off+n]
	if out == nil {
		return Value{Bytes: v, From: as.ID}
	}
	return record(out, as, "slice", Hash{}, v, of.param("of"), number32("Offset", off), number32("Length", n))
}

// Concat is values one after the other.
func Concat(out *engine.Effects, as As, names []string, parts ...Value) Value {
	var v []byte
	params := make([]engine.Param, len(parts))
	for i, p := range parts {
		v = append(v, p.Bytes...)
		params[i] = p.param(names[i])
	}
	if out == nil {
		return Value{Bytes: v, From: as.ID}
	}
	return record(out, as, "concat", Hash{}, v, params...)
}

// Record tells of a value that something else derived, and returns it.
func Record(out *engine.Effects, as As, fn string, value []byte, inputs ...engine.Param) Value {
	if out == nil {
		return Value{Bytes: value, From: as.ID}
	}
	return record(out, as, fn, Hash{}, value, inputs...)
}

// Param is v as a named input.
func (v Value) Param(name string) engine.Param { return v.param(name) }

func (v Value) param(name string) engine.Param {
	return engine.Param{Name: name, Value: v.Bytes, From: v.From, Note: v.Note}
}

func record(out *engine.Effects, as As, fn string, h Hash, v []byte, inputs ...engine.Param) Value {
	if as.Name == "" {
		as.Name = as.ID
	}
	out.Add(engine.Secret{ID: as.ID, Name: as.Name, Func: fn, Hash: h.Name, Inputs: inputs, Value: v, Ref: as.Ref, Keylog: as.Keylog})
	return Value{Bytes: v, From: as.ID}
}

func text(name, v string) engine.Param { return engine.Param{Name: name, Value: []byte(v)} }

func number16(name string, n int) engine.Param {
	return engine.Param{Name: name, Value: binary.BigEndian.AppendUint16(nil, uint16(n))}
}

func number32(name string, n int) engine.Param {
	return engine.Param{Name: name, Value: binary.BigEndian.AppendUint32(nil, uint32(n))}
}

// HkdfLabel is the info that HKDF-Expand-Label gives to HKDF-Expand.
func HkdfLabel(label string, context []byte, n int) []byte {
	if len(label) > 255 || len(context) > 255 {
		panic("kdf: label or context too long") // labels are constants, contexts are hashes
	}
	b := make([]byte, 0, 4+len(label)+len(context))
	b = binary.BigEndian.AppendUint16(b, uint16(n))
	b = append(append(b, byte(len(label))), label...)
	return append(append(b, byte(len(context))), context...)
}

func expandLabel(h Hash, secret []byte, label string, context []byte, n int) []byte {
	v, err := hkdf.Expand(h.New, secret, string(HkdfLabel(label, context, n)), n)
	if err != nil {
		panic(fmt.Sprintf("kdf: %v", err)) // only for more than 255 hashes, which no protocol asks
	}
	return v
}

// pHash is P_hash: HMAC(secret, A(1) + seed) + HMAC(secret, A(2) + seed) + ...
// where A(0) = seed and A(i) = HMAC(secret, A(i-1)).
func pHash(h Hash, secret, seed []byte, n int) []byte {
	m := hmac.New(h.New, secret)
	sum := func(parts ...[]byte) []byte {
		m.Reset()
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	var out []byte
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n:n]
}
