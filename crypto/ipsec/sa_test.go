package ipsec

import (
	"bytes"
	"math"
	"testing"

	"cipherglass/crypto/engine"
)

func TestSealOpen(t *testing.T) {
	for _, v := range variants() {
		out, in := v.pair(t)
		for _, size := range []int{40, 41, 47, 48, 100, 1399, 1400} {
			p := v.packet(size)
			sealed, fail := out.Seal([]byte("before"), p, nil)
			if fail != nil {
				t.Fatalf("%s: %v", v, fail)
			}
			if !bytes.HasPrefix(sealed, []byte("before")) {
				t.Fatalf("%s: Seal changed what was in dst", v)
			}
			sealed = sealed[6:]
			f, ok := Find(sealed)
			if !ok || f.SPI != 0x1001 || f.Seq != out.Seq() || f.Protocol != v.protocol {
				t.Errorf("%s: found %+v, %v", v, f, ok)
			}
			got, fail := in.Open([]byte("before"), sealed)
			if fail != nil || !bytes.Equal(got[6:], p) || !bytes.HasPrefix(got, []byte("before")) {
				t.Errorf("%s, %d bytes: opened to\n%x, %v, want\n%x", v, size, got[6:], fail, p)
			}
			if sealed[0]>>4 == 4 && Checksum(sealed[:20]) != 0 {
				t.Errorf("%s: wrong outer checksum", v)
			}
			if _, fail := in.Open(nil, sealed); code(fail) != "ipsec/replayed" {
				t.Errorf("%s: the same packet again: %v", v, fail)
			}
		}
	}
}

func TestSequenceExhausted(t *testing.T) {
	p := variant{ESP, "aes-128-gcm-16", "none", Tunnel, false, false}.params(t)
	p.Sent = math.MaxUint32 - 1
	sa, fail := NewSA(p)
	if fail != nil {
		t.Fatal(fail)
	}
	b := mustSeal(t, sa, udp4(100))
	if f, _ := Find(b); f.Seq != math.MaxUint32 {
		t.Errorf("last sequence number %d", f.Seq)
	}
	for range 2 {
		if b, fail := sa.Seal(nil, udp4(100), nil); code(fail) != "ipsec/sequence-exhausted" || len(b) != 0 {
			t.Errorf("after the last sequence number: %x, %v", b, fail)
		}
	}
}

func TestLegal(t *testing.T) {
	for _, c := range []struct{ protocol, encryption, integrity, want string }{
		{ESP, "aes-128-gcm-16", "none", ""},
		{ESP, "aes-128-gcm-16", "", ""},
		{ESP, "chacha20-poly1305", "hmac-sha1-96", "ipsec/two-integrities"},
		{ESP, "aes-128-cbc", "hmac-sha1-96", ""},
		{ESP, "aes-128-cbc", "none", "ipsec/needs-integrity"},
		{ESP, "null", "none", "ipsec/needs-integrity"},
		{ESP, "", "", "ipsec/needs-integrity"},
		{ESP, "null", "hmac-sha2-256-128", ""},
		{ESP, "3des", "none", "ipsec/unknown-transform"},
		{ESP, "null", "crc", "ipsec/unknown-transform"},
		{AH, "", "hmac-md5-96", ""},
		{AH, "aes-128-gcm-16", "hmac-md5-96", ""},
		{AH, "", "none", "ipsec/needs-integrity"},
		{"ipcomp", "", "hmac-md5-96", "ipsec/unknown-transform"},
	} {
		if got := code(Legal(c.protocol, c.encryption, c.integrity)); got != c.want {
			t.Errorf("%s %q %q: got %q, want %q", c.protocol, c.encryption, c.integrity, got, c.want)
		}
	}
	if got := IntegrityFor(ESP, "aes-256-gcm-16"); len(got) != 1 || got[0] != "none" {
		t.Errorf("with AES-GCM: %v", got)
	}
	if got := len(IntegrityFor(ESP, "null")); got != 3 {
		t.Errorf("with NULL: %d integrities", got)
	}
}

func TestNewSARefuses(t *testing.T) {
	v := variant{ESP, "aes-128-cbc", "hmac-sha1-96", Tunnel, false, false}
	for _, c := range []struct {
		name   string
		change func(p *Params)
		want   string
	}{
		{"nothing wrong", func(p *Params) {}, ""},
		{"short key", func(p *Params) { p.Keys.Encr = p.Keys.Encr[1:] }, "ipsec/bad-sa"},
		{"short integrity key", func(p *Params) { p.Keys.Integ = nil }, "ipsec/bad-sa"},
		{"salt too many", func(p *Params) { p.Keys.Salt = []byte{1, 2, 3, 4} }, "ipsec/bad-sa"},
		{"reserved SPI", func(p *Params) { p.SPI = 255 }, "ipsec/bad-sa"},
		{"window too small", func(p *Params) { p.Window = 31 }, "ipsec/bad-sa"},
		{"window too large", func(p *Params) { p.Window = 4097 }, "ipsec/bad-sa"},
		{"DF", func(p *Params) { p.DF = "maybe" }, "ipsec/bad-sa"},
		{"mode", func(p *Params) { p.Mode = "beet" }, "ipsec/bad-sa"},
		{"ends of two versions", func(p *Params) { p.Src = udp6Src }, "ipsec/bad-sa"},
		{"one end", func(p *Params) { p.Dst = noAddr }, "ipsec/bad-sa"},
		{"combination", func(p *Params) { p.Integrity = "none" }, "ipsec/needs-integrity"},
	} {
		p := v.params(t)
		c.change(&p)
		if _, fail := NewSA(p); code(fail) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, fail, c.want)
		}
	}
}

func TestSealNeedsNoAllocation(t *testing.T) {
	for _, v := range variants() {
		out, in := v.pair(t)
		p := v.packet(1400)
		iv := make([]byte, out.encr.IVLen)
		a, b := make([]byte, 0, 2000), make([]byte, 0, 2000)
		n := testing.AllocsPerRun(100, func() {
			sealed, fail := out.Seal(a, p, iv)
			if fail != nil {
				t.Fatal(fail)
			}
			if _, fail := in.Open(b, sealed); fail != nil {
				t.Fatal(fail)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a packet", v, n)
		}
	}
}

func TestIVs(t *testing.T) {
	gcm, _ := variant{ESP, "aes-128-gcm-16", "none", Transport, false, false}.pair(t)
	cbc, _ := variant{ESP, "aes-128-cbc", "hmac-sha1-96", Transport, false, false}.pair(t)
	for seq := uint32(1); seq < 4; seq++ {
		if b := mustSeal(t, gcm, udp4(100)); !bytes.Equal(b[28:36], []byte{7: byte(seq)}) {
			t.Errorf("GCM: IV %x of packet %d", b[28:36], seq)
		}
		want := engine.NewRandom("test", nil).Bytes("sa/r1-r2/ab/iv/"+string(rune('0'+seq)), 16)
		if b := mustSeal(t, cbc, udp4(100)); !bytes.Equal(b[28:44], want) {
			t.Errorf("CBC: IV %x of packet %d, want %x", b[28:44], seq, want)
		}
	}
	if _, fail := cbc.Seal(nil, udp4(100), []byte{1}); code(fail) != "ipsec/bad-sa" {
		t.Errorf("an IV of one byte: %v", fail)
	}
}
