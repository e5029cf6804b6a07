package ipsec

import "testing"

// TestSizes compares the arithmetic with packets really sealed, for every
// size: what SealedSize says, what Parts add up to, and that InnerMTU is the
// largest that fits.
func TestSizes(t *testing.T) {
	buf := make([]byte, 0, 2000)
	for _, v := range variants() {
		sa, _ := v.pair(t)
		iv := make([]byte, sa.encr.IVLen)
		first := 20
		if v.inner6 {
			first = 40
		}
		sizes := make([]int, 1601)
		for n := first; n <= 1600; n++ {
			p := v.packet(n)
			b, fail := sa.Seal(buf, p, iv)
			if fail != nil {
				t.Fatalf("%s, %d bytes: %v", v, n, fail)
			}
			sizes[n] = len(b)
			shape, _ := sa.Shape(p)
			if got := shape.SealedSize(n); got != len(b) {
				t.Fatalf("%s: SealedSize(%d) = %d, sealed %d", v, n, got, len(b))
			}
			sum := 0
			for _, part := range shape.Parts(n) {
				sum += part.Len
			}
			if sum != len(b) {
				t.Fatalf("%s: parts of %d add up to %d, sealed %d", v, n, sum, len(b))
			}
		}
		shape, _ := sa.Shape(v.packet(100))
		best := 0
		for mtu := sizes[first]; mtu < sizes[1600]; mtu++ {
			for best+1 <= 1600 && (best < first || sizes[best+1] <= mtu) {
				best++
			}
			if got := shape.InnerMTU(mtu); got != best {
				t.Fatalf("%s: InnerMTU(%d) = %d, want %d", v, mtu, got, best)
			}
		}
		least := shape.SealedSize(first)
		if v.mode == Tunnel {
			least = shape.SealedSize(0)
		}
		if got := shape.InnerMTU(least - 1); got != 0 {
			t.Errorf("%s: InnerMTU(%d) = %d, want 0", v, least-1, got)
		}
	}
}

// TestKnownSizes pins a few results that can be checked by hand.
func TestKnownSizes(t *testing.T) {
	for _, c := range []struct {
		v                          variant
		inner, size, mtu, innerMTU int
	}{
		// 20 + 8 + 8 + (1400 + 2 + 2) + 16
		{variant{ESP, "aes-128-gcm-16", "none", Tunnel, false, false}, 1400, 1456, 1500, 1446},
		// 20 + 8 + 16 + 1408 + 12
		{variant{ESP, "aes-128-cbc", "hmac-sha1-96", Tunnel, false, false}, 1400, 1464, 1500, 1438},
		{variant{ESP, "null", "hmac-sha2-256-128", Transport, false, false}, 1400, 1428, 1500, 1474},
		{variant{AH, "null", "hmac-sha2-256-128", Transport, true, true}, 1400, 1432, 1500, 1468},
		{variant{AH, "null", "hmac-sha1-96", Tunnel, true, true}, 1400, 1464, 1500, 1436},
	} {
		sa, _ := c.v.pair(t)
		shape, _ := sa.Shape(c.v.packet(c.inner))
		if got := shape.SealedSize(c.inner); got != c.size {
			t.Errorf("%s: %d bytes become %d, want %d", c.v, c.inner, got, c.size)
		}
		if got := shape.InnerMTU(c.mtu); got != c.innerMTU {
			t.Errorf("%s: InnerMTU(%d) = %d, want %d", c.v, c.mtu, got, c.innerMTU)
		}
	}
}
