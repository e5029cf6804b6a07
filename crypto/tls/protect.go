package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
)

// RecordKeys are what protects records in one direction: the write keys of
// one end in one epoch.
type RecordKeys struct {
	Version uint16
	Cipher  Cipher
	Key     kdf.Value
	IV      kdf.Value // TLS 1.3: write_iv; TLS 1.2 AEAD: the fixed part of the nonce
	MACKey  kdf.Value // CBC
	// NewIV gives the IV of the record with a sequence number, CipherSpec's
	// ExplicitLen bytes: unpredictable for CBC (RFC 5246, Section 6.2.3.2). The
	// explicit nonce of AES-GCM is the sequence number and does not ask for it.
	// Only Seal needs it.
	NewIV func(seq uint64) []byte
}

// RecordProtection seals or opens the records of one direction under one key,
// in order: the sequence number begins at 0 and counts them. A nil
// *RecordProtection is none: records are plaintext.
type RecordProtection struct {
	keys  RecordKeys
	spec  CipherSpec
	seq   uint64
	aead  cipher.AEAD
	block cipher.Block // CBC
	nonce [12]byte     // scratch, valid for the last operation
	aad   [13]byte     // scratch
	naad  int
	last  cbcParts
}

// NewRecordProtection returns the protection of keys, at sequence number 0.
func NewRecordProtection(keys RecordKeys) (*RecordProtection, error) {
	p := &RecordProtection{keys: keys, spec: keys.Cipher.Spec()}
	ivLen := p.spec.FixedIVLen
	if is13(keys.Version) {
		ivLen = p.spec.IVLen
	}
	if len(keys.Key.Bytes) != p.spec.KeyLen || len(keys.MACKey.Bytes) != p.spec.MACKeyLen || len(keys.IV.Bytes) != ivLen {
		return nil, fmt.Errorf("tls: %s wants a key of %d bytes, a MAC key of %d and an IV of %d", p.spec.Name, p.spec.KeyLen, p.spec.MACKeyLen, ivLen)
	}
	var err error
	switch keys.Cipher {
	case AES128GCM, AES256GCM:
		if p.block, err = aes.NewCipher(keys.Key.Bytes); err == nil {
			p.aead, err = cipher.NewGCM(p.block)
		}
	case CHACHA20POLY1305:
		p.aead, err = chacha20poly1305.New(keys.Key.Bytes)
	case AES128CBCSHA:
		if is13(keys.Version) {
			return nil, fmt.Errorf("tls: %s is no cipher of TLS 1.3", p.spec.Name)
		}
		p.block, err = aes.NewCipher(keys.Key.Bytes)
	default:
		err = fmt.Errorf("tls: no cipher %d", keys.Cipher)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Seq is the sequence number of the next record.
func (p *RecordProtection) Seq() uint64 { return p.seq }

// Inner13 reports whether records hide their content type (TLS 1.3).
func (p *RecordProtection) Inner13() bool { return p != nil && is13(p.keys.Version) }

// Seal appends to dst one whole record, header included, with content of a
// type; content is at most 2^14 bytes and must not overlap dst. version is the
// header's, used only for plaintext: a nil p writes plaintext.
func (p *RecordProtection) Seal(dst []byte, typ uint8, version uint16, content []byte) []byte {
	switch {
	case p == nil:
		dst = append(dst, byte(typ), byte(version>>8), byte(version), byte(len(content)>>8), byte(len(content)))
		return append(dst, content...)
	case is13(p.keys.Version):
		return p.seal13(dst, typ, content)
	case p.aead != nil:
		return p.sealAEAD12(dst, typ, content)
	}
	return p.sealCBC(dst, typ, content)
}

// Open opens one whole record, header included. It appends to dst what was
// decrypted and returns it: in TLS 1.3 the TLSInnerPlaintext, else the content.
// content is the part of plain that is the content, of type typ. A nil p
// takes plaintext records and returns no plain.
func (p *RecordProtection) Open(dst, record []byte) (typ uint8, content, plain []byte, f *engine.Failure) {
	typ = uint8(record[0])
	switch {
	case p == nil:
		content = record[RecordHeaderLen:]
	case is13(p.keys.Version):
		typ, content, plain, f = p.open13(dst, record)
	case p.aead != nil:
		content, f = p.openAEAD12(dst, record)
		plain = content
	default:
		content, f = p.openCBC(dst, record)
		plain = content
	}
	if f == nil && len(content) > MaxPlaintext {
		// RFC 8446, Section 5.2; RFC 5246, Section 6.2.1.
		return typ, nil, nil, codeRecordOverflow.With(len(content), MaxPlaintext)
	}
	return typ, content, plain, f
}

// Crypt describes the last Seal or Open: record is the whole record and plain
// what Open returned, or what went into Seal (in TLS 1.3 with its type); plain
// is nil when Open failed.
func (p *RecordProtection) Crypt(record, plain []byte) *engine.Crypt {
	c := &engine.Crypt{Op: "AEAD", Alg: p.spec.Name, KeyID: p.keys.Key.From, Key: p.keys.Key.Bytes, Plain: plain}
	if p.aead == nil {
		p.describeCBC(c, record, plain != nil)
		return c
	}
	scratch := append(append(make([]byte, 0, len(p.nonce)+p.naad), p.nonce[:]...), p.aad[:p.naad]...)
	c.Nonce, c.AAD = scratch[:len(p.nonce):len(p.nonce)], scratch[len(p.nonce):]
	c.Cipher = record[min(len(record), RecordHeaderLen+p.explicit()):]
	return c
}

// explicit is the length of what precedes the ciphertext in a record.
func (p *RecordProtection) explicit() int {
	if is13(p.keys.Version) {
		return 0
	}
	return p.spec.ExplicitLen
}

// xorNonce is the per-record nonce of TLS 1.3 and of ChaCha20-Poly1305 in TLS
// 1.2: the sequence number, padded on the left, exclusive-ored with the IV
// (RFC 8446, Section 5.3; RFC 7905, Section 2).
func (p *RecordProtection) xorNonce() []byte {
	copy(p.nonce[:], p.keys.IV.Bytes)
	for i := range 8 {
		p.nonce[4+i] ^= byte(p.seq >> (56 - 8*i))
	}
	return p.nonce[:]
}

// header appends a record header.
func header(dst []byte, typ uint8, n int) []byte {
	return append(dst, byte(typ), 3, 3, byte(n>>8), byte(n))
}

// aad12 is the additional data, and what the MAC begins with, in TLS 1.2:
// seq_num, type, version, length of the plaintext (RFC 5246, Section 6.2.3.3).
func (p *RecordProtection) aad12(typ uint8, n int) []byte {
	binary.BigEndian.PutUint64(p.aad[:], p.seq)
	p.aad[8], p.aad[9], p.aad[10] = byte(typ), 3, 3
	binary.BigEndian.PutUint16(p.aad[11:], uint16(n))
	p.naad = 13
	return p.aad[:13]
}
