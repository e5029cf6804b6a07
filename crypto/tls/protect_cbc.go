package tls

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/subtle"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
)

// cbcParts is the last CBC operation, for its description. Its slices belong
// to that operation alone.
type cbcParts struct {
	plain []byte // content, MAC and padding
	macIn []byte
	mac   []byte
}

// sealCBC makes a GenericBlockCipher record: MAC, then pad, then encrypt
// (RFC 5246, Section 6.2.3.2).
func (p *RecordProtection) sealCBC(dst []byte, typ uint8, content []byte) []byte {
	block := p.spec.BlockLen
	pad := block - (len(content)+p.spec.MACLen)%block // padding_length byte included
	n := len(content) + p.spec.MACLen + pad
	plain := append(make([]byte, 0, n), content...)
	macIn := append(append(make([]byte, 0, 13+len(content)), p.aad12(typ, len(content))...), content...)
	m := hmac.New(p.hash().New, p.keys.MACKey.Bytes)
	m.Write(macIn)
	plain = m.Sum(plain)
	mac := plain[len(content):]
	for range pad {
		plain = append(plain, byte(pad-1))
	}
	p.last = cbcParts{plain: plain, macIn: macIn, mac: mac[:len(mac):len(mac)]}

	dst = header(dst, typ, block+n)
	iv := p.keys.NewIV(p.seq)
	dst = append(dst, iv...)
	at := len(dst)
	dst = append(dst, plain...)
	cipher.NewCBCEncrypter(p.block, iv).CryptBlocks(dst[at:], dst[at:])
	p.seq++
	return dst
}

// openCBC opens a GenericBlockCipher record. Bad padding and a bad MAC give
// the same failure, after the same work as far as Go lets us say: padding is
// judged without branches, a MAC is computed for either, and the bytes that a
// longer padding takes away are hashed too (RFC 5246, Section 6.2.3.2; the
// attacks are Vaudenay's, POODLE and Lucky Thirteen).
func (p *RecordProtection) openCBC(dst, record []byte) ([]byte, *engine.Failure) {
	p.last, p.naad = cbcParts{}, 0
	body := record[RecordHeaderLen:]
	block, macLen := p.spec.BlockLen, p.spec.MACLen
	least := block + (macLen+1+block-1)/block*block
	if len(body)%block != 0 || len(body) < least {
		return nil, codeBadRecordMAC.With(p.spec.Name, p.seq)
	}
	start := len(dst)
	dst = append(dst, body[block:]...)
	plain := dst[start:]
	cipher.NewCBCDecrypter(p.block, body[:block]).CryptBlocks(plain, plain)

	padding, good := cbcPadding(plain)
	n := len(plain) - macLen - padding
	n = subtle.ConstantTimeSelect(int(uint32(n)>>31), 0, n) // a padding that leaves no room for the MAC
	macIn := append(append(make([]byte, 0, 13+len(plain)), p.aad12(uint8(record[0]), n)...), plain...)
	m := hmac.New(p.hash().New, p.keys.MACKey.Bytes)
	m.Write(macIn[:13+n])
	mac := m.Sum(nil)
	m.Write(macIn[13+n:]) // the same number of bytes hashed, whatever the padding
	good &= subtle.ConstantTimeCompare(mac, plain[n:n+macLen])
	if good != 1 {
		return nil, codeBadRecordMAC.With(p.spec.Name, p.seq)
	}
	p.seq++
	p.last = cbcParts{plain: plain, macIn: macIn[: 13+n : 13+n], mac: mac}
	return plain[:n:n], nil
}

// cbcPadding returns the length of the padding at the end of plain, its length
// byte included, and 1 if each of its bytes holds padding_length. It runs in
// time that depends on len(plain) alone; bad padding is given length 0, as if
// there were none (crypto/tls does the same).
func cbcPadding(plain []byte) (n, good int) {
	last := plain[len(plain)-1]
	good = subtle.ConstantTimeLessOrEq(int(last)+1, len(plain))
	for i := range min(256, len(plain)) {
		within := subtle.ConstantTimeLessOrEq(i, int(last))
		same := subtle.ConstantTimeByteEq(plain[len(plain)-1-i], last)
		good &= subtle.ConstantTimeSelect(within, same, 1)
	}
	return subtle.ConstantTimeSelect(good, int(last)+1, 0), good
}

func (p *RecordProtection) hash() kdf.Hash { return kdf.HashOf(p.spec.MACHash) }

func (p *RecordProtection) describeCBC(c *engine.Crypt, record []byte, opened bool) {
	c.Op, c.Hash, c.MACKey, c.MACLen = "CBC+HMAC", p.hash().Name, p.keys.MACKey.Bytes, p.spec.MACLen
	body := record[RecordHeaderLen:]
	at := min(len(body), p.spec.BlockLen)
	c.Nonce, c.Cipher = body[:at], body[at:]
	c.Plain, c.AAD = nil, append([]byte(nil), p.aad[:p.naad]...)
	if opened {
		c.Plain, c.MACIn, c.MAC = p.last.plain, p.last.macIn, p.last.mac
	}
}
