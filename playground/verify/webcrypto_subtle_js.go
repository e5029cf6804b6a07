package verify

import (
	"bytes"
	"crypto/ecdh"
	"crypto/x509"
	"errors"
	"fmt"
	"syscall/js"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/tls"
)

// subtle is the browser's crypto.subtle (https://www.w3.org/TR/webcrypto-2/).
// Its calls wait for the promise; they must not be made from a callback of
// the page.
type subtle struct {
	js   js.Value
	keys map[string]js.Value // imported, by kind and bytes
}

func newSubtle() *subtle {
	return &subtle{js: js.Global().Get("crypto").Get("subtle"), keys: map[string]js.Value{}}
}

// bytesOf makes a Uint8Array.
func bytesOf(b []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}

// call calls a method that returns a promise, and waits for it.
func (s *subtle) call(method string, args ...any) (v js.Value, err error) {
	defer func() {
		if x := recover(); x != nil { // thrown before there was a promise
			thrown, is := x.(js.Error)
			if !is {
				panic(x)
			}
			err = jsError(thrown.Value)
		}
	}()
	type settled struct {
		v   js.Value
		err error
	}
	done := make(chan settled, 1)
	then := js.FuncOf(func(_ js.Value, a []js.Value) any { done <- settled{v: a[0]}; return nil })
	defer then.Release()
	fail := js.FuncOf(func(_ js.Value, a []js.Value) any { done <- settled{err: jsError(a[0])}; return nil })
	defer fail.Release()
	s.js.Call(method, args...).Call("then", then, fail)
	r := <-done
	return r.v, r.err
}

// data is call for what gives an ArrayBuffer.
func (s *subtle) data(method string, args ...any) ([]byte, error) {
	v, err := s.call(method, args...)
	if err != nil {
		return nil, err
	}
	a := js.Global().Get("Uint8Array").New(v)
	b := make([]byte, a.Length())
	js.CopyBytesToGo(b, a)
	return b, nil
}

// jsError turns what was thrown into an error; an algorithm that the browser
// has not got is missing.
func jsError(v js.Value) error {
	if v.Type() != js.TypeObject {
		return errors.New(v.String())
	}
	name, text := v.Get("name").String(), v.Get("message").String()
	switch name {
	case "NotSupportedError":
		return missing("this browser's WebCrypto has it not: " + text)
	case "TypeError", "SyntaxError":
		return missing("this browser's WebCrypto does not take the request: " + text)
	}
	if text == "" {
		return errors.New(name)
	}
	return fmt.Errorf("%s: %s", name, text)
}

// key imports a key, once.
func (s *subtle) key(format, kind string, key []byte, alg map[string]any, usages ...any) (js.Value, error) {
	id := format + " " + kind + " " + string(key)
	if k, ok := s.keys[id]; ok {
		return k, nil
	}
	k, err := s.call("importKey", format, bytesOf(key), alg, false, usages)
	if err != nil {
		return k, err
	}
	s.keys[id] = k
	return k, nil
}

// hmac is HMAC. An empty key is a zero byte, which it is padded with anyway
// (RFC 2104, Section 2): WebCrypto does not import one of no length.
func (s *subtle) hmac(hash string, key, data []byte) ([]byte, error) {
	if hash == "MD5" || hash == "" {
		return nil, missing("WebCrypto has no MD5")
	}
	if len(key) == 0 {
		key = []byte{0}
	}
	k, err := s.key("raw", "HMAC "+hash, key, map[string]any{"name": "HMAC", "hash": hash}, "sign")
	if err != nil {
		return nil, err
	}
	return s.data("sign", "HMAC", k, bytesOf(data))
}

// seal encrypts with an AEAD and appends the tag.
func (s *subtle) seal(alg string, key, nonce, aad, plain []byte) ([]byte, error) {
	name, format := "AES-GCM", "raw"
	if alg == "ChaCha20-Poly1305" {
		name, format = alg, "raw-secret"
	}
	k, err := s.key(format, name, key, map[string]any{"name": name}, "encrypt")
	if err != nil {
		var lacks missing
		if errors.As(err, &lacks) {
			return nil, missing("this browser's WebCrypto has no " + alg)
		}
		return nil, err
	}
	return s.data("encrypt", map[string]any{"name": name, "iv": bytesOf(nonce), "additionalData": bytesOf(aad), "tagLength": tagLen * 8}, k, bytesOf(plain))
}

func (s *subtle) cbc(method string, key, iv, data []byte) ([]byte, error) {
	k, err := s.key("raw", "AES-CBC", key, map[string]any{"name": "AES-CBC"}, "encrypt", "decrypt")
	if err != nil {
		return nil, err
	}
	return s.data(method, map[string]any{"name": "AES-CBC", "iv": bytesOf(iv)}, k, bytesOf(data))
}

// cbcEncrypt encrypts whole blocks. WebCrypto always pads (PKCS #7): of whole
// blocks that makes one block more, which is dropped.
func (s *subtle) cbcEncrypt(key, iv, plain []byte) ([]byte, error) {
	if len(plain)%16 != 0 {
		return nil, fmt.Errorf("%d bytes are not whole blocks", len(plain))
	}
	out, err := s.cbc("encrypt", key, iv, plain)
	if err != nil {
		return nil, err
	}
	return out[:len(plain)], nil
}

// cbcDecrypt decrypts whole blocks, after it has added the block of padding
// that WebCrypto wants to find.
func (s *subtle) cbcDecrypt(key, iv, data []byte) ([]byte, error) {
	padding, err := s.cbc("encrypt", key, data[len(data)-16:], nil)
	if err != nil {
		return nil, err
	}
	return s.cbc("decrypt", key, iv, append(bytes.Clone(data), padding...))
}

// agree is elliptic-curve Diffie-Hellman.
func (s *subtle) agree(curve string, private, public []byte) ([]byte, error) {
	c, alg := ecdh.P256(), map[string]any{"name": "ECDH", "namedCurve": "P-256"}
	if curve == "X25519" {
		c, alg = ecdh.X25519(), map[string]any{"name": "X25519"}
	}
	key, err := c.NewPrivateKey(private)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key) // the one form that every browser imports
	if err != nil {
		return nil, err
	}
	ours, err := s.key("pkcs8", curve, der, alg, "deriveBits")
	if err != nil {
		return nil, err
	}
	theirs, err := s.key("raw", curve, public, alg)
	if err != nil {
		return nil, err
	}
	return s.data("deriveBits", map[string]any{"name": alg["name"], "public": theirs}, ours, 256)
}

// signature verifies a signature: Key is a SubjectPublicKeyInfo, Plain what is
// signed, MAC the signature.
func (s *subtle) signature(c *engine.Crypt) (bool, string, error) {
	code, _ := tls.ParseScheme(c.Alg)
	scheme, ok := tls.SchemeByCode(code)
	if !ok {
		return false, "", missing("WebCrypto is not asked about " + c.Alg)
	}
	alg := map[string]any{"hash": scheme.Hash.String()}
	sig := c.MAC
	switch scheme.Kind {
	case tls.SignECDSA:
		alg["name"], alg["namedCurve"] = "ECDSA", "P-256"
		if sig, ok = rawSignature(c.MAC, 32); !ok {
			return false, "the signature is no ECDSA-Sig-Value (RFC 3279, Section 2.2.3)", nil
		}
	case tls.SignEd25519:
		alg = map[string]any{"name": "Ed25519"}
	case tls.SignRSAPSS:
		alg["name"], alg["saltLength"] = "RSA-PSS", scheme.Hash.Size()
	case tls.SignRSAPKCS1:
		alg["name"] = "RSASSA-PKCS1-v1_5"
	default:
		return false, "", missing("WebCrypto is not asked about " + c.Alg)
	}
	k, err := s.key("spki", c.Alg, c.Key, alg, "verify")
	if err != nil {
		return false, "", err
	}
	v, err := s.call("verify", alg, k, bytesOf(sig), bytesOf(c.Plain))
	if err != nil {
		return false, "", err
	}
	if !v.Bool() {
		return false, fmt.Sprintf("WebCrypto finds that the %s signature is not by the certificate's key over these %d bytes", c.Alg, len(c.Plain)), nil
	}
	return true, fmt.Sprintf("WebCrypto verifies the %s signature over %d bytes with the certificate's key", c.Alg, len(c.Plain)), nil
}

// rawSignature turns an ECDSA-Sig-Value into r and s of n bytes each.
func rawSignature(der []byte, n int) ([]byte, bool) {
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	var r, s []byte
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&r) || !seq.ReadASN1Integer(&s) || !seq.Empty() || len(r) > n || len(s) > n {
		return nil, false
	}
	out := make([]byte, 2*n)
	copy(out[n-len(r):], r)
	copy(out[2*n-len(s):], s)
	return out, true
}
