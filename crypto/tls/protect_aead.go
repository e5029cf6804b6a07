package tls

import (
	"encoding/binary"

	"cipherglass/crypto/engine"
)

// seal13 makes a TLSCiphertext (RFC 8446, Section 5.2): the content and its
// type, sealed with the header as additional data.
func (p *RecordProtection) seal13(dst []byte, typ uint8, content []byte) []byte {
	start := len(dst)
	dst = header(dst, ContentApplicationData, len(content)+1+p.spec.TagLen)
	copy(p.aad[:], dst[start:])
	p.naad = RecordHeaderLen
	dst = append(append(dst, content...), byte(typ))
	body := start + RecordHeaderLen
	dst = p.aead.Seal(dst[:body], p.xorNonce(), dst[body:], p.aad[:p.naad])
	p.seq++
	return dst
}

// open13 opens a TLSCiphertext and finds the content's type, the last byte
// that is not zero.
func (p *RecordProtection) open13(dst, record []byte) (typ uint8, content, plain []byte, f *engine.Failure) {
	typ = uint8(record[0])
	if typ != ContentApplicationData {
		return typ, nil, nil, codeUnprotectedRecord.With(contentTypeWords(typ))
	}
	copy(p.aad[:], record[:RecordHeaderLen])
	p.naad = RecordHeaderLen
	plain, err := p.aead.Open(dst, p.xorNonce(), record[RecordHeaderLen:], p.aad[:p.naad])
	if err != nil {
		return typ, nil, nil, codeBadRecordMAC.With(p.spec.Name, p.seq) // RFC 8446, Section 5.2
	}
	p.seq++
	plain = plain[len(dst):]
	end := len(plain)
	for end > 0 && plain[end-1] == 0 {
		end--
	}
	if end == 0 {
		// RFC 8446, Section 5.4: no type in it, unexpected_message.
		return typ, nil, plain, codeNoContentType.With()
	}
	return uint8(plain[end-1]), plain[: end-1 : end-1], plain, nil
}

// nonce12 is the nonce of an AEAD record in TLS 1.2: for GCM the implicit
// salt and what travels with the record (RFC 5288, Section 3).
func (p *RecordProtection) nonce12(explicit []byte) []byte {
	if p.spec.NonceIsXORed {
		return p.xorNonce()
	}
	copy(p.nonce[:], p.keys.IV.Bytes)
	copy(p.nonce[p.spec.FixedIVLen:], explicit)
	return p.nonce[:]
}

// sealAEAD12 makes a GenericAEADCipher record (RFC 5246, Section 6.2.3.3).
func (p *RecordProtection) sealAEAD12(dst []byte, typ uint8, content []byte) []byte {
	dst = header(dst, typ, p.spec.ExplicitLen+len(content)+p.spec.TagLen)
	at := len(dst)
	if p.spec.ExplicitLen == 8 {
		dst = binary.BigEndian.AppendUint64(dst, p.seq)
	}
	dst = p.aead.Seal(dst, p.nonce12(dst[at:]), content, p.aad12(typ, len(content)))
	p.seq++
	return dst
}

// openAEAD12 opens a GenericAEADCipher record.
func (p *RecordProtection) openAEAD12(dst, record []byte) ([]byte, *engine.Failure) {
	body := record[RecordHeaderLen:]
	n := len(body) - p.spec.ExplicitLen - p.spec.TagLen
	if n < 0 {
		p.naad = 0
		return nil, codeBadRecordMAC.With(p.spec.Name, p.seq)
	}
	explicit, sealed := body[:p.spec.ExplicitLen], body[p.spec.ExplicitLen:]
	plain, err := p.aead.Open(dst, p.nonce12(explicit), sealed, p.aad12(uint8(record[0]), n))
	if err != nil {
		return nil, codeBadRecordMAC.With(p.spec.Name, p.seq) // RFC 5246, Section 6.2.3.3
	}
	p.seq++
	return plain[len(dst):], nil
}
