package kdf

import (
	"bytes"
	"crypto/ecdh"
	"crypto/elliptic"
	"fmt"

	"cipherglass/crypto/engine"
)

// Curve is a Diffie-Hellman group, with the name that records carry.
type Curve struct {
	Name string // "X25519", "P-256"
	ECDH func() ecdh.Curve
	draw func(r *engine.Random, name string) []byte
}

// The Diffie-Hellman groups.
var (
	X25519 = Curve{"X25519", ecdh.X25519, func(r *engine.Random, name string) []byte { return r.Bytes(name, 32) }}
	P256   = Curve{"P-256", ecdh.P256, func(r *engine.Random, name string) []byte {
		return r.Scalar(name, "p256", elliptic.P256().Params().N)
	}}
)

// KeyPair is an ephemeral key and the name of the random value it is.
type KeyPair struct {
	Curve   Curve
	Private Value
	Public  []byte
	key     *ecdh.PrivateKey
	memo    *engine.Memo
}

// Generate makes the key pair of a named random value.
func (c Curve) Generate(r *engine.Random, name string) (*KeyPair, error) {
	b := c.draw(r, name)
	made, err := r.Memo().Do(c.Name+" key "+string(b), func() (any, error) { return c.ECDH().NewPrivateKey(b) })
	if err != nil {
		return nil, fmt.Errorf("kdf: %s: %w", r.Name(name), err)
	}
	key := made.(*ecdh.PrivateKey)
	return &KeyPair{Curve: c, Private: Value{Bytes: b, From: r.Name(name)}, Public: key.PublicKey().Bytes(), key: key, memo: r.Memo()}, nil
}

// Shared is the Diffie-Hellman shared secret with the peer's public key. It
// fails for a key that is not on the curve, and for an X25519 key of small
// order (RFC 8446, Section 7.4.2).
func (k *KeyPair) Shared(out *engine.Effects, as As, peer Value) (Value, error) {
	made, err := k.memo.Do(k.Curve.Name+" shared "+string(k.Private.Bytes)+string(peer.Bytes), func() (any, error) {
		pub, err := k.Curve.ECDH().NewPublicKey(peer.Bytes)
		if err != nil {
			return nil, err
		}
		return k.key.ECDH(pub)
	})
	if err != nil {
		return Value{}, fmt.Errorf("kdf: %w", err)
	}
	v := bytes.Clone(made.([]byte))
	if out == nil {
		return Value{Bytes: v, From: as.ID}, nil
	}
	return record(out, as, k.Curve.Name, Hash{}, v, k.Private.param("private_key"), peer.param("public_key")), nil
}
