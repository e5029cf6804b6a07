package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"syscall/js"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
	"cipherglass/playground/trace"
)

// HasWebCrypto reports whether WebCrypto is at hand: browsers offer it only in
// a secure context (https, localhost).
func HasWebCrypto() bool {
	c := js.Global().Get("crypto")
	return c.Truthy() && c.Get("subtle").Truthy()
}

// Async has WebCrypto do every recorded operation and derivation again, one
// after the other between the page's own events, and calls done at the end;
// never, once Cancel was called.
func (v *Run) Async(done func()) {
	if !HasWebCrypto() {
		v.withoutWebCrypto("WebCrypto does them again, but browsers offer it only on https and localhost")
		done()
		return
	}
	tasks := cryptTasks(v)
	go func() {
		s := newSubtle()
		pause := time.Now()
		for _, task := range tasks {
			if v.cancelled {
				return
			}
			c := s.check(v, task)
			if v.cancelled {
				return
			}
			v.add(c)
			if time.Since(pause) > 8*time.Millisecond {
				time.Sleep(time.Millisecond) // a timer of the page: it paints and hears its user
				pause = time.Now()
			}
		}
		done()
	}()
}

// check does one task and tells what came of it. Something that WebCrypto
// lacks gives Nobody; anything else that it refuses is a disagreement.
func (s *subtle) check(v *Run, task cryptTask) trace.Check {
	var c trace.Check
	var same bool
	var err error
	if b := task.buffer; b != nil {
		c = trace.Check{Scope: scopePacket, Packet: v.index.lastPacket(b.ID), Buffer: b.ID, Name: operation(b)}
		if c.Packet == "" {
			c.Scope = scopeScenario // what a signature covers was never on a link
		}
		same, c.Detail, err = s.operation(b.Crypt)
		if same && err == nil && v.refusedTag(b) {
			same, c.Detail = false, "WebCrypto finds the very tag that "+b.Owner+" refused"
		}
	} else {
		x := task.secret
		c = trace.Check{Scope: scopeScenario, Name: x.Name + " of " + x.Owner + ": " + x.Func, Secret: x.ID}
		same, c.Detail, err = s.secret(&x.Secret)
	}
	c.By, c.Answer = byWebCrypto, answer(same && err == nil)
	var lacks missing
	switch {
	case errors.As(err, &lacks):
		c.Answer, c.Detail = trace.Nobody, string(lacks)
	case err != nil:
		c.Detail = "WebCrypto refuses: " + err.Error()
	}
	return c
}

// missing says what WebCrypto has not got.
type missing string

func (m missing) Error() string { return string(m) }

// operation does a cryptographic operation again and compares what comes out.
func (s *subtle) operation(c *engine.Crypt) (same bool, detail string, err error) {
	switch c.Op {
	case "AEAD":
		return s.aead(c)
	case "CBC+HMAC":
		return s.cbcAndHMAC(c)
	case "HMAC", "NULL+HMAC":
		return s.mac(c.Alg, c, c.MACIn, c.MAC)
	case "signature":
		return s.signature(c)
	}
	return false, "", missing("WebCrypto is not asked about operations of the kind " + c.Op)
}

const tagLen = 16

// aead encrypts the plaintext again. Of what could not be opened it finds the
// tag that the ciphertext should have: its keystream turns the ciphertext
// into the plaintext, and that is sealed.
func (s *subtle) aead(c *engine.Crypt) (bool, string, error) {
	if len(c.Cipher) < tagLen {
		return false, fmt.Sprintf("%d bytes hold no tag", len(c.Cipher)), nil
	}
	n := len(c.Cipher) - tagLen
	plain := c.Plain
	if plain == nil {
		out, err := s.seal(c.Alg, c.Key, c.Nonce, c.AAD, c.Cipher[:n])
		if err != nil {
			return false, "", err
		}
		plain = out[:n]
	}
	got, err := s.seal(c.Alg, c.Key, c.Nonce, c.AAD, plain)
	if err != nil {
		return false, "", err
	}
	switch {
	case bytes.Equal(got, c.Cipher):
		return true, fmt.Sprintf("WebCrypto's %s gives the same %d bytes of ciphertext and the same tag", c.Alg, n), nil
	case len(got) != len(c.Cipher) || !bytes.Equal(got[:n], c.Cipher[:n]):
		return false, fmt.Sprintf("WebCrypto's %s gives another ciphertext", c.Alg), nil
	}
	return false, fmt.Sprintf("WebCrypto finds the tag %x, not the %x on the wire: the bytes are not what the key's owner sealed", got[n:], c.Cipher[n:]), nil
}

// cbcAndHMAC does both operations of AES-CBC with HMAC again.
func (s *subtle) cbcAndHMAC(c *engine.Crypt) (bool, string, error) {
	if c.Plain == nil && c.MAC == nil {
		return s.cbcRejected(c)
	}
	said := "its ciphertext was not decrypted by anybody"
	if c.Plain != nil {
		got, err := s.cbcEncrypt(c.Key, c.Nonce, c.Plain)
		if err != nil {
			return false, "", err
		}
		if !bytes.Equal(got, c.Cipher) {
			return false, fmt.Sprintf("WebCrypto's %s gives another ciphertext", c.Alg), nil
		}
		said = fmt.Sprintf("WebCrypto's %s gives the same %d bytes of ciphertext", c.Alg, len(got))
	}
	same, detail, err := s.mac("HMAC with "+c.Hash, c, c.MACIn, c.MAC)
	return same, said + "; " + detail, err
}

// cbcRejected looks into a CBC record of TLS 1.2 that its receiver did not
// open: padding and MAC come to light only when it is decrypted. AAD says how
// much of it the receiver took for content.
func (s *subtle) cbcRejected(c *engine.Crypt) (bool, string, error) {
	if len(c.AAD) != 13 || len(c.Cipher) == 0 || len(c.Cipher)%16 != 0 {
		return false, fmt.Sprintf("%d bytes are no ciphertext of whole blocks with a MAC inside", len(c.Cipher)), nil
	}
	plain, err := s.cbcDecrypt(c.Key, c.Nonce, c.Cipher)
	if err != nil {
		return false, "", err
	}
	pad := int(plain[len(plain)-1])
	for i := 0; i <= pad; i++ {
		if i >= len(plain) || int(plain[len(plain)-1-i]) != pad {
			return false, fmt.Sprintf("WebCrypto decrypts it to bytes whose padding is wrong: the last byte is %d, and not so the %d before it", pad, pad), nil
		}
	}
	n := int(binary.BigEndian.Uint16(c.AAD[11:]))
	if n+c.MACLen > len(plain) {
		return false, "WebCrypto decrypts it to bytes that leave no room for a MAC", nil
	}
	return s.mac("HMAC with "+c.Hash, c, append(bytes.Clone(c.AAD), plain[:n]...), plain[n:n+c.MACLen])
}

// mac compares an HMAC, truncated.
func (s *subtle) mac(name string, c *engine.Crypt, in, tag []byte) (bool, string, error) {
	got, err := s.hmac(c.Hash, c.MACKey, in)
	if err != nil {
		return false, "", err
	}
	if len(got) > c.MACLen {
		got = got[:c.MACLen]
	}
	if !bytes.Equal(got, tag) {
		return false, fmt.Sprintf("WebCrypto's %s over %d bytes is %x, not the %x on the wire", name, len(in), got, tag), nil
	}
	return true, fmt.Sprintf("WebCrypto's %s over %d bytes is the same %x", name, len(in), got), nil
}

// secret derives a secret again from its inputs: see package kdf.
func (s *subtle) secret(x *engine.Secret) (same bool, detail string, err error) {
	var absent []string
	in := func(name string) []byte {
		for _, p := range x.Inputs {
			if p.Name == name {
				return p.Value
			}
		}
		absent = append(absent, name)
		return nil
	}
	length := func() int {
		n := 0
		for _, b := range in("Length") {
			n = n<<8 | int(b)
		}
		return n
	}
	var got []byte
	switch x.Func {
	case "HKDF-Extract":
		got, err = s.hmac(x.Hash, in("salt"), in("IKM"))
	case "HKDF-Expand-Label":
		n := length()
		got, err = s.expand(x.Hash, in("Secret"), kdf.HkdfLabel(string(in("Label")), in("Context"), n), n)
	case "Derive-Secret":
		t := in("Transcript-Hash") // as long as the hash, and so is the value
		got, err = s.expand(x.Hash, in("Secret"), kdf.HkdfLabel(string(in("Label")), t, len(t)), len(t))
	case "PRF":
		got, err = s.prf(x.Hash, in("secret"), append(bytes.Clone(in("label")), in("seed")...), length())
	case "HMAC":
		got, err = s.hmac(x.Hash, in("key"), in("data"))
	case "X25519", "P-256":
		got, err = s.agree(x.Func, in("private_key"), in("public_key"))
	default:
		if strings.HasPrefix(x.Func, "RSAES-PKCS1-v1_5") {
			return false, "", missing("WebCrypto has no RSAES-PKCS1-v1_5: it was left out for the attacks on its padding")
		}
		return false, "", missing("WebCrypto has no " + x.Func)
	}
	switch {
	case len(absent) > 0:
		return false, "the record lacks " + strings.Join(absent, ", "), nil
	case err != nil:
		return false, "", err
	case !bytes.Equal(got, x.Value):
		return false, fmt.Sprintf("WebCrypto's %s of the recorded inputs is %x, not %x", x.Func, got, x.Value), nil
	}
	return true, fmt.Sprintf("WebCrypto's %s of the recorded inputs gives the same %d bytes", x.Func, len(got)), nil
}

// expand is HKDF-Expand (RFC 5869, Section 2.3), of WebCrypto's HMAC.
func (s *subtle) expand(hash string, prk, info []byte, n int) ([]byte, error) {
	var t, out []byte
	for i := byte(1); len(out) < n; i++ {
		var err error
		if t, err = s.hmac(hash, prk, bytes.Join([][]byte{t, info, {i}}, nil)); err != nil {
			return nil, err
		}
		out = append(out, t...)
	}
	return out[:n], nil
}

// prf is P_hash (RFC 5246, Section 5), of WebCrypto's HMAC.
func (s *subtle) prf(hash string, secret, seed []byte, n int) ([]byte, error) {
	var out []byte
	a := seed
	for len(out) < n {
		var err error
		if a, err = s.hmac(hash, secret, a); err != nil {
			return nil, err
		}
		part, err := s.hmac(hash, secret, append(bytes.Clone(a), seed...))
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out[:n], nil
}
