package tls

import (
	"bytes"
	"testing"

	"cipherglass/crypto/kdf"
)

// testKeys are fixed keys of a cipher.
func testKeys(version uint16, c Cipher) RecordKeys {
	spec := c.Spec()
	n := spec.FixedIVLen
	if version == TLS13 {
		n = spec.IVLen
	}
	fill := func(b byte, n int) kdf.Value { return kdf.Value{Bytes: bytes.Repeat([]byte{b}, n)} }
	return RecordKeys{Version: version, Cipher: c, Key: fill(1, spec.KeyLen), IV: fill(2, n), MACKey: fill(3, spec.MACKeyLen),
		NewIV: func(seq uint64) []byte { return bytes.Repeat([]byte{byte(seq)}, spec.ExplicitLen) }}
}

// eachProtection runs a test for every version and cipher.
func eachProtection(t *testing.T, test func(t *testing.T, keys RecordKeys)) {
	for _, version := range []uint16{TLS13, TLS12} {
		for _, c := range []Cipher{AES128GCM, AES256GCM, CHACHA20POLY1305, AES128CBCSHA} {
			if version == TLS13 && c == AES128CBCSHA {
				continue
			}
			t.Run(VersionName(version)+"/"+c.Spec().Name, func(t *testing.T) { test(t, testKeys(version, c)) })
		}
	}
}

func mustProtect(t testing.TB, keys RecordKeys) *RecordProtection {
	t.Helper()
	p, err := NewRecordProtection(keys)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSealOpen(t *testing.T) {
	eachProtection(t, func(t *testing.T, keys RecordKeys) {
		seal, open := mustProtect(t, keys), mustProtect(t, keys)
		for i, n := range []int{0, 1, 15, 16, 17, 100, 251, 252, 1000, MaxPlaintext} {
			content := bytes.Repeat([]byte{byte(i)}, n)
			record := seal.Seal([]byte("before"), ContentHandshake, TLS12, content)
			if !bytes.HasPrefix(record, []byte("before")) {
				t.Fatal("Seal did not append")
			}
			record = record[6:]
			typ, got, _, f := open.Open(nil, record)
			if f != nil || typ != ContentHandshake || !bytes.Equal(got, content) {
				t.Errorf("%d bytes: got type %d, %d bytes, %v", n, typ, len(got), f)
			}
		}
		if seal.Seq() != 10 || open.Seq() != 10 {
			t.Errorf("sequence numbers %d and %d", seal.Seq(), open.Seq())
		}
	})
}

// TestRejects flips every bit of a record, cuts it everywhere, and plays it
// again or out of order: each must fail, and fail alike.
func TestRejects(t *testing.T) {
	eachProtection(t, func(t *testing.T, keys RecordKeys) {
		record := mustProtect(t, keys).Seal(nil, ContentAlert, TLS12, []byte("some content that is longer than a block"))
		open := mustProtect(t, keys)
		reject := func(what string, i int, b []byte) {
			t.Helper()
			_, _, _, f := open.Open(nil, b)
			if f == nil {
				t.Fatalf("%s %d was opened", what, i)
			}
			if f.Code != codeBadRecordMAC && f.Code != codeUnprotectedRecord {
				t.Errorf("%s %d: %v", what, i, f)
			}
			if open.Seq() != 0 {
				t.Fatalf("%s %d counted as a record", what, i)
			}
			open.Crypt(b, nil)
		}
		for i := range record {
			for bit := range 8 {
				if keys.Version == TLS12 && i >= 1 && i <= 4 {
					continue // the header's version and length are not authenticated as such
				}
				b := bytes.Clone(record)
				b[i] ^= 1 << bit
				reject("flipped byte", i, b)
			}
		}
		for n := RecordHeaderLen; n < len(record); n++ {
			reject("cut to", n, record[:n])
		}
		if _, _, _, f := open.Open(nil, record); f != nil {
			t.Fatal(f)
		}
		if _, _, _, f := open.Open(nil, record); f == nil {
			t.Error("a replayed record was opened")
		}
	})
}

// TestCBCPadding checks that wrong padding fails even under a right MAC, as
// POODLE needs it not to.
func TestCBCPadding(t *testing.T) {
	for _, c := range []struct {
		name string
		tail []byte
		n    int
		good int
	}{
		{"none", []byte{0}, 1, 1},
		{"three", []byte{2, 2, 2}, 3, 1},
		{"wrong first", []byte{9, 2, 2, 3}, 0, 0},
		{"longer than the record", []byte{200}, 0, 0},
	} {
		plain := append(bytes.Repeat([]byte{7}, 20), c.tail...)
		if c.name == "none" {
			plain[len(plain)-2] = 5
		}
		if n, good := cbcPadding(plain); n != c.n || good != c.good {
			t.Errorf("%s: got %d, %d, want %d, %d", c.name, n, good, c.n, c.good)
		}
	}
}

func TestInnerPlaintext(t *testing.T) {
	keys := testKeys(TLS13, AES128GCM)
	for _, c := range []struct {
		name  string
		inner []byte
		typ   uint8
		n     int
		code  string
	}{
		{"padded", []byte{'x', ContentHandshake, 0, 0, 0}, ContentHandshake, 1, ""},
		{"only zeros", make([]byte, 9), 0, 0, "tls/no-content-type"},
		{"empty", nil, 0, 0, "tls/no-content-type"},
		{"too long", append(make([]byte, MaxPlaintext+1), ContentHandshake), 0, 0, "tls/record-overflow"},
	} {
		p := mustProtect(t, keys)
		record := header(nil, ContentApplicationData, len(c.inner)+16)
		record = p.aead.Seal(record, p.xorNonce(), c.inner, record)
		typ, content, _, f := mustProtect(t, keys).Open(nil, record)
		if f != nil != (c.code != "") || f != nil && f.Code.ID != c.code || f == nil && (typ != c.typ || len(content) != c.n) {
			t.Errorf("%s: type %d, %d bytes, %v", c.name, typ, len(content), f)
		}
	}
}

func TestBadKeys(t *testing.T) {
	keys := testKeys(TLS13, AES128GCM)
	keys.Key.Bytes = keys.Key.Bytes[1:]
	if _, err := NewRecordProtection(keys); err == nil {
		t.Error("a key of 15 bytes was taken")
	}
	keys = testKeys(TLS12, AES128CBCSHA)
	keys.Version = TLS13
	if _, err := NewRecordProtection(keys); err == nil {
		t.Error("TLS 1.3 took CBC")
	}
	if _, err := NewRecordProtection(RecordKeys{}); err == nil {
		t.Error("no cipher was taken")
	}
}
