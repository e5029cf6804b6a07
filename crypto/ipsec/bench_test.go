package ipsec

import (
	"encoding/binary"
	"testing"
	"time"
)

// BenchmarkTunnel seals and opens 1400-byte packets in tunnel mode, and with
// the same cipher seals and opens 1400 bytes bare, by turns. share is the
// bare time over the tunnel's: 1 would be IPsec for nothing.
func BenchmarkTunnel(b *testing.B) {
	for _, name := range []string{"aes-128-gcm-16", "aes-256-gcm-16", "chacha20-poly1305"} {
		b.Run(name, func(b *testing.B) {
			out, in := variant{ESP, name, "none", Tunnel, false, false}.pair(b)
			packet := udp4(1400)
			sealed, opened := make([]byte, 0, 2000), make([]byte, 0, 2000)
			nonce, aad := make([]byte, 12), make([]byte, 8)
			var tunnel, bare time.Duration
			const batch = 64
			b.SetBytes(batch * 2 * 1400)
			b.ReportAllocs()
			packets := 0
			for b.Loop() {
				start := time.Now()
				for range batch {
					s, fail := out.Seal(sealed, packet, nil)
					if fail != nil {
						b.Fatal(fail)
					}
					if _, fail = in.Open(opened, s); fail != nil {
						b.Fatal(fail)
					}
				}
				middle := time.Now()
				for i := range batch {
					binary.BigEndian.PutUint64(nonce[4:], uint64(packets+i))
					s := out.aead.Seal(sealed, nonce, packet, aad)
					if _, err := out.aead.Open(opened, nonce, s, aad); err != nil {
						b.Fatal(err)
					}
				}
				tunnel += middle.Sub(start)
				bare += time.Since(middle)
				packets += batch
			}
			b.ReportMetric(float64(bare)/float64(tunnel), "share")
			b.ReportMetric(float64(packets)/tunnel.Seconds(), "packets/s")
		})
	}
}

// BenchmarkSuites measures every transform pair, sealing and opening 1400-byte
// packets in tunnel mode.
func BenchmarkSuites(b *testing.B) {
	for _, c := range combos() {
		b.Run(c[0]+"/"+c[1]+"/"+c[2], func(b *testing.B) {
			out, in := variant{c[0], c[1], c[2], Tunnel, false, false}.pair(b)
			packet, iv := udp4(1400), make([]byte, out.encr.IVLen)
			sealed, opened := make([]byte, 0, 2000), make([]byte, 0, 2000)
			b.SetBytes(1400)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if len(iv) == 8 {
					binary.BigEndian.PutUint64(iv, uint64(i))
				}
				s, fail := out.Seal(sealed, packet, iv)
				if fail != nil {
					b.Fatal(fail)
				}
				if _, fail = in.Open(opened, s); fail != nil {
					b.Fatal(fail)
				}
			}
		})
	}
}
