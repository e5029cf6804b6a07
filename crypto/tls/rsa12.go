package tls

import (
	"crypto/rsa"
	"crypto/subtle"
	"fmt"
	"math/big"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
)

// Static RSA key exchange (RFC 5246, Section 7.4.7.1): the client makes the
// premaster secret and encrypts it to the server's public key. Retired,
// because whoever gets that key later reads every recorded session, and because
// of what follows.

const premasterLen = 48

// encryptPremaster makes the premaster secret, the version of the ClientHello
// and 46 random bytes, and encrypts it with PKCS #1 v1.5 padding (RFC 8017,
// Section 7.2.1), whose bytes have a name as all random values do.
func (h *Handshaker) encryptPremaster(version uint16, pub *rsa.PublicKey) (premasterSecret12, *ClientKeyExchange, *engine.Failure) {
	k := pub.Size()
	if k < premasterLen+11 {
		return premasterSecret12{}, nil, codeWrongKeyType.With("a key "+keyWords(pub)+" that is too short", h.suite.Name)
	}
	r := h.cfg.Random
	pre := kdf.Concat(h.effects, kdf.As{ID: "pre_master_secret", Ref: "RFC 5246, Section 7.4.7.1"}, []string{"client_version", "random"},
		kdf.Value{Bytes: []byte{byte(version >> 8), byte(version)}, Note: "ClientHello.legacy_version"},
		kdf.Value{Bytes: r.Bytes("premaster", premasterLen-2), From: r.Name("premaster")})
	padding := kdf.Value{Bytes: r.NonZero("premaster-padding", k-3-premasterLen), From: r.Name("premaster-padding")}

	em := append(append(append(append(make([]byte, 0, k), 0, 2), padding.Bytes...), 0), pre.Bytes...)
	c := new(big.Int).Exp(new(big.Int).SetBytes(em), big.NewInt(int64(pub.E)), pub.N)
	encrypted := c.FillBytes(make([]byte, k))
	kdf.Record(h.effects, kdf.As{ID: "encrypted_pre_master_secret", Name: "EncryptedPreMasterSecret", Ref: "RFC 8017, Section 7.2.1"}, "RSAES-PKCS1-v1_5-encrypt", encrypted,
		kdf.Value{Bytes: pub.N.Bytes(), Note: "the public key of the server's certificate"}.Param("modulus"),
		kdf.Value{Bytes: big.NewInt(int64(pub.E)).Bytes()}.Param("public_exponent"),
		padding.Param("padding"), pre.Param("message"))
	return premasterSecret12{pre}, &ClientKeyExchange{EncryptedPreMasterSecret: encrypted}, nil
}

// decryptPremaster opens the premaster secret. Bad padding and a wrong version
// must not show: else a million questions decrypt any recorded session
// (Bleichenbacher, 1998; ROBOT, 2017). The handshake then goes on with a
// random secret, in the same time, and ends when the client's Finished does
// not decrypt (RFC 5246, Section 7.4.7.1). The page is told the truth.
func (h *Handshaker) decryptPremaster(version uint16, key *rsa.PrivateKey, encrypted []byte) premasterSecret12 {
	r := h.cfg.Random
	random := r.Bytes("premaster-fallback", premasterLen)
	opened, _ := remember(h, fmt.Sprintf("premaster %x %x", key.N, random), encrypted, func() ([]byte, error) {
		pre := append([]byte(nil), random...)
		// It leaves pre alone for bad padding and another length, without showing it. An
		// error is for a ciphertext longer than the key, which anybody can see.
		_ = rsa.DecryptPKCS1v15SessionKey(nil, key, encrypted, pre)
		return pre, nil
	})
	pre := append([]byte(nil), opened...)
	right := subtle.ConstantTimeByteEq(pre[0], byte(version>>8)) & subtle.ConstantTimeByteEq(pre[1], byte(version))
	subtle.ConstantTimeCopy(1-right, pre, random)

	as := kdf.As{ID: "pre_master_secret", Ref: "RFC 5246, Section 7.4.7.1"}
	ok := subtle.ConstantTimeCompare(pre, random) == 0
	if ok {
		h.check("premaster secret", true, "the padding is right and the version in it is that of the ClientHello", as.Ref, "EncryptedPreMasterSecret")
		return premasterSecret12{kdf.Record(h.effects, as, "RSAES-PKCS1-v1_5-decrypt", pre,
			kdf.Value{Bytes: key.N.Bytes(), Note: "the public key of the server's certificate"}.Param("modulus"),
			kdf.Value{Bytes: key.D.Bytes(), Note: "the server's private key"}.Param("private_exponent"),
			kdf.Value{Bytes: encrypted, Note: "EncryptedPreMasterSecret of the ClientKeyExchange"}.Param("ciphertext"))}
	}
	h.check("premaster secret", false, "the padding or the version in it is wrong; the server goes on with a random secret and lets nothing show", as.Ref, "EncryptedPreMasterSecret")
	return premasterSecret12{kdf.Concat(h.effects, as, []string{"random"}, kdf.Value{Bytes: pre, From: r.Name("premaster-fallback")})}
}
