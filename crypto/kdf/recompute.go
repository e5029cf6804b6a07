package kdf

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hmac"
	"encoding/binary"
	"math/big"

	"cipherglass/crypto/engine"
)

// Recompute derives a recorded secret again from its inputs alone, by a path
// of its own: HMAC and big-number arithmetic. It is how tests show that a record
// is complete; ok is false for a Func it does not know or inputs that make no
// sense.
func Recompute(s engine.Secret) (v []byte, ok bool) {
	in := func(name string) []byte {
		for _, p := range s.Inputs {
			if p.Name == name {
				return p.Value
			}
		}
		ok = false
		return nil
	}
	number := func(name string) int {
		n := 0
		for _, b := range in(name) {
			n = n<<8 | int(b)
		}
		return n
	}
	var h Hash
	for _, x := range []Hash{SHA1, SHA256, SHA384, SHA512} {
		if x.Name == s.Hash {
			h = x
		}
	}
	mac := func(key []byte, parts ...[]byte) []byte {
		m := hmac.New(h.New, key)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	expand := func(prk, info []byte, n int) []byte {
		var t, out []byte
		for i := byte(1); len(out) < n; i++ {
			t = mac(prk, t, info, []byte{i})
			out = append(out, t...)
		}
		return out[:n]
	}
	label := func(context []byte, n int) []byte {
		l := in("Label")
		info := binary.BigEndian.AppendUint16(nil, uint16(n))
		info = append(append(info, byte(len(l))), l...)
		return append(append(info, byte(len(context))), context...)
	}

	ok = true
	needsHash := false
	switch s.Func {
	case "HKDF-Extract", "HKDF-Expand-Label", "Derive-Secret", "PRF", "HMAC":
		needsHash = true
	}
	if needsHash && h.New == nil {
		return nil, false
	}
	switch s.Func {
	case "HKDF-Extract":
		v = mac(in("salt"), in("IKM"))
	case "HKDF-Expand-Label":
		n := number("Length")
		v = expand(in("Secret"), label(in("Context"), n), n)
	case "Derive-Secret":
		v = expand(in("Secret"), label(in("Transcript-Hash"), h.Size), h.Size)
	case "PRF":
		seed := append(bytes.Clone(in("label")), in("seed")...)
		n := number("Length")
		for a := mac(in("secret"), seed); len(v) < n; a = mac(in("secret"), a) {
			v = append(v, mac(in("secret"), a, seed)...)
		}
		v = v[:n]
	case "HMAC":
		v = mac(in("key"), in("data"))
	case "X25519", "P-256":
		curve := ecdh.X25519()
		if s.Func == "P-256" {
			curve = ecdh.P256()
		}
		priv, err := curve.NewPrivateKey(in("private_key"))
		pub, err2 := curve.NewPublicKey(in("public_key"))
		if err != nil || err2 != nil {
			return nil, false
		}
		if v, err = priv.ECDH(pub); err != nil {
			return nil, false
		}
	case "concat":
		for _, p := range s.Inputs {
			v = append(v, p.Value...)
		}
	case "slice":
		of, off, n := in("of"), number("Offset"), number("Length")
		if off+n > len(of) {
			return nil, false
		}
		v = of[off : off+n]
	case "RSAES-PKCS1-v1_5-encrypt":
		n := new(big.Int).SetBytes(in("modulus"))
		em := append([]byte{0, 2}, in("padding")...)
		em = append(append(em, 0), in("message")...)
		if n.Sign() == 0 {
			return nil, false
		}
		x := new(big.Int).Exp(new(big.Int).SetBytes(em), new(big.Int).SetBytes(in("public_exponent")), n)
		v = x.FillBytes(make([]byte, len(em)))
	case "RSAES-PKCS1-v1_5-decrypt":
		n := new(big.Int).SetBytes(in("modulus"))
		if n.BitLen() < 512 {
			return nil, false
		}
		x := new(big.Int).Exp(new(big.Int).SetBytes(in("ciphertext")), new(big.Int).SetBytes(in("private_exponent")), n)
		em := x.FillBytes(make([]byte, (n.BitLen()+7)/8))
		v = em[len(em)-48:]
	default:
		return nil, false
	}
	return v, ok
}
