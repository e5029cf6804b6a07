package ipsec

import (
	"bytes"
	"testing"
)

// TestTamper flips every bit of a sealed packet. ESP covers everything from
// the SPI on; AH covers the outer header too, but for the fields that routers
// change. What is not covered is accepted and gives the same inner packet, and
// this test says which bits that are.
func TestTamper(t *testing.T) {
	for _, v := range variants() {
		if v.encryption == "aes-256-gcm-16" || v.encryption == "aes-256-cbc" {
			continue // as their shorter brothers
		}
		out, _ := v.pair(t)
		plain := v.packet(57)
		sealed := mustSeal(t, out, plain)
		f, _ := Find(sealed)
		accepted := 0
		for i := range sealed {
			for bit := range 8 {
				b := clone(sealed)
				b[i] ^= 1 << bit
				_, in := v.pair(t)
				got, fail := in.Open(nil, b)
				want := uncovered(v, i, bit, f.Off)
				if (fail == nil) != want {
					t.Fatalf("%s: bit %d of byte %d flipped: %v, want accepted %v", v, bit, i, fail, want)
				}
				if fail != nil {
					if in.Window().Top() != 0 && fail.Code != ECNDrop {
						t.Errorf("%s: bit %d of byte %d moved the window", v, bit, i)
					}
					continue
				}
				accepted++
				if v.mode == Tunnel && !bytes.Equal(got, plain) {
					t.Errorf("%s: bit %d of byte %d changed the inner packet", v, bit, i)
				}
			}
		}
		if accepted == 0 {
			t.Errorf("%s: nothing was accepted", v)
		}
	}
}

// uncovered says whether flipping the bit leaves a packet that is accepted.
// off is where ESP or AH begins.
func uncovered(v variant, i, bit, off int) bool {
	if i >= off {
		return false
	}
	if v.outer6 {
		switch {
		case i == 0 && bit >= 4, i == 4, i == 5, i == 6: // version; payload length; next header
			return false
		case i < 4, i == 7: // traffic class and flow label; hop limit
			return true
		}
		return v.protocol == ESP // addresses
	}
	switch {
	case i == 0, i == 2, i == 3, i == 9: // version and IHL; total length; protocol
		return false
	case i == 6: // flags: the reserved bit and DF may change; MF and the offset make it a fragment
		return bit >= 6
	case i == 7:
		return false
	case i == 1, i == 8, i == 10, i == 11: // DSCP and ECN, TTL, checksum (which the IP layer looks at)
		return true
	}
	return v.protocol == ESP // ID, addresses
}

// TestAHMutableOptions: which options and extension header options AH covers
// (RFC 4302, Appendix A).
func TestAHMutableOptions(t *testing.T) {
	four, _ := variant{AH, "", "hmac-sha1-96", Transport, false, false}.pair(t)
	six, _ := variant{AH, "", "hmac-sha1-96", Transport, true, true}.pair(t)
	p4 := shapes(variant{})["options"]
	p6 := shapes(variant{inner6: true})["hop-by-hop"]
	for _, c := range []struct {
		name   string
		sa     *SA
		packet []byte
		at     int
		want   string
	}{
		{"router alert", four, p4, 23, "ipsec/icv-mismatch"},
		{"timestamp", four, p4, 26, ""},
		{"IPv6 router alert", six, p6, 45, "ipsec/icv-mismatch"},
		{"IPv6 option that may change", six, p6, 48, ""},
		{"type of the option that may change", six, p6, 46, "ipsec/icv-mismatch"},
		{"IPv6 PadN", six, p6, 54, "ipsec/icv-mismatch"},
	} {
		b := mustSeal(t, c.sa, c.packet)
		b[c.at] ^= 1
		if _, fail := c.sa.Open(nil, b); code(fail) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, fail, c.want)
		}
	}
}
