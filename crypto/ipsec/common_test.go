package ipsec

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"cipherglass/crypto/engine"
)

// combos are all the transform pairs that Legal allows.
func combos() [][3]string {
	var list [][3]string
	for _, p := range []string{ESP, AH} {
		for _, e := range encryptions {
			if p == AH && e.Name != "null" {
				continue
			}
			for _, i := range integrities {
				if Legal(p, e.Name, i.Name) == nil {
					list = append(list, [3]string{p, e.Name, i.Name})
				}
			}
		}
	}
	return list
}

// variant is one way to protect a packet.
type variant struct {
	protocol, encryption, integrity, mode string
	inner6, outer6                        bool
}

func (v variant) String() string {
	ip := func(six bool) string {
		if six {
			return "6"
		}
		return "4"
	}
	if v.mode == Transport {
		return fmt.Sprintf("%s %s %s transport%s", v.protocol, v.encryption, v.integrity, ip(v.inner6))
	}
	return fmt.Sprintf("%s %s %s tunnel%sin%s", v.protocol, v.encryption, v.integrity, ip(v.inner6), ip(v.outer6))
}

// variants are all combos in all modes over all IP versions.
func variants() []variant {
	var list []variant
	for _, c := range combos() {
		for _, six := range []bool{false, true} {
			list = append(list, variant{c[0], c[1], c[2], Transport, six, six})
			for _, outer6 := range []bool{false, true} {
				list = append(list, variant{c[0], c[1], c[2], Tunnel, six, outer6})
			}
		}
	}
	return list
}

func (v variant) params(t testing.TB) Params {
	t.Helper()
	r := engine.NewRandom("test", nil)
	keys, fail := DeriveKeys(r, "r1-r2", "ab", v.protocol, v.encryption, v.integrity)
	if fail != nil {
		t.Fatal(fail)
	}
	p := Params{Policy: "r1-r2", Dir: "ab", SPI: 0x1001, Protocol: v.protocol, Mode: v.mode, Encryption: v.encryption,
		Integrity: v.integrity, Keys: keys, Random: r,
		Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.1")}
	if v.outer6 {
		p.Src, p.Dst = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	}
	return p
}

// pair makes both ends' views of one SA.
func (v variant) pair(t testing.TB) (out, in *SA) {
	t.Helper()
	p := v.params(t)
	out, fail := NewSA(p)
	if fail != nil {
		t.Fatal(fail)
	}
	in, fail = NewSA(p)
	if fail != nil {
		t.Fatal(fail)
	}
	return out, in
}

func (v variant) packet(size int) []byte {
	if v.inner6 {
		return udp6(size)
	}
	return udp4(size)
}

// udp4 is an IPv4 packet of size bytes: 20 of header, then as much UDP as fits.
func udp4(size int) []byte {
	p := make([]byte, size)
	copy(p, []byte{0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 17, 0, 0, 10, 1, 0, 2, 10, 2, 0, 2})
	setLength4(p, size)
	udp(p[20:])
	return p
}

// udp6 is the same with IPv6's 40 bytes.
func udp6(size int) []byte {
	p := make([]byte, size)
	copy(p, []byte{0x60, 0, 0, 0, 0, 0, 17, 64, 0x20, 1, 0xd, 0xb8, 1, 23: 2, 24: 0x20, 25: 1, 26: 0xd, 27: 0xb8, 28: 2, 39: 2})
	binary.BigEndian.PutUint16(p[4:], uint16(size-40))
	udp(p[40:])
	return p
}

func udp(u []byte) {
	for i := range u {
		u[i] = byte(i)
	}
	if len(u) >= 8 {
		binary.BigEndian.PutUint16(u, 40000)
		binary.BigEndian.PutUint16(u[2:], 40001)
		binary.BigEndian.PutUint16(u[4:], uint16(len(u)))
		u[6], u[7] = 0, 0
	}
}

func mustSeal(t testing.TB, sa *SA, packet []byte) []byte {
	t.Helper()
	b, fail := sa.Seal(nil, packet, nil)
	if fail != nil {
		t.Fatal(fail)
	}
	return b
}

// code is the ID of a failure, "" for none.
func code(f *engine.Failure) string {
	if f == nil {
		return ""
	}
	return f.Code.ID
}

var (
	udp6Src = netip.MustParseAddr("2001:db8::9")
	noAddr  netip.Addr
)
