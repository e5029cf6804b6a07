package ipsec

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// TestOuterHeader: RFC 4301, Section 5.1.2 and RFC 6040, Section 4.1.
func TestOuterHeader(t *testing.T) {
	for _, v := range variants() {
		if v.mode != Tunnel || v.integrity != "none" && v.integrity != "hmac-sha1-96" {
			continue
		}
		out, _ := v.pair(t)
		p := v.packet(120)
		if v.inner6 {
			binary.BigEndian.PutUint32(p, 0x6ba12345)
		} else {
			p[1] = 0xba
			setLength4(p, len(p))
		}
		b := mustSeal(t, out, p)
		h, fail := parse(b)
		if fail != nil {
			t.Fatal(fail)
		}
		src, dst := addresses(b)
		if src != out.p.Src || dst != out.p.Dst || h.total != len(b) || h.tos != 0xba || h.v6 != v.outer6 {
			t.Errorf("%s: outer header %+v from %s to %s", v, h, src, dst)
		}
		switch {
		case v.outer6 && v.inner6 && h.flow != 0x12345, v.outer6 && !v.inner6 && h.flow != 0:
			t.Errorf("%s: flow label %x", v, h.flow)
		case !v.outer6 && (b[8] != 64 || b[0] != 0x45 || Checksum(b[:20]) != 0 || binary.BigEndian.Uint16(b[4:]) != 1 || !h.df):
			t.Errorf("%s: outer header %x", v, b[:20])
		case v.outer6 && b[7] != 64:
			t.Errorf("%s: hop limit %d", v, b[7])
		}
	}
}

// TestECN: RFC 6040, Section 4.2, Figure 4. Rows are the inner field, columns
// the outer one: Not-ECT, ECT(1), ECT(0), CE. -1 is drop.
func TestECN(t *testing.T) {
	want := [4][4]int{
		0: {0, 0, 0, -1}, // Not-ECT
		1: {1, 1, 1, 3},  // ECT(1)
		2: {2, 1, 2, 3},  // ECT(0)
		3: {3, 3, 3, 3},  // CE
	}
	for _, six := range []bool{false, true} {
		v := variant{ESP, "aes-128-gcm-16", "none", Tunnel, six, false}
		out, in := v.pair(t)
		for inner := range 4 {
			for outer := range 4 {
				p := v.packet(100)
				if six {
					p[1] = byte(inner) << 4
				} else {
					p[1] = byte(inner)
					setLength4(p, 100)
				}
				b := mustSeal(t, out, p)
				b[1] = byte(outer)
				setLength4(b, len(b))
				got, fail := in.Open(nil, b)
				if want[inner][outer] < 0 {
					if code(fail) != "ipsec/ecn" {
						t.Errorf("inner %d, outer %d: %v", inner, outer, fail)
					}
					continue
				}
				if fail != nil {
					t.Errorf("inner %d, outer %d: %v", inner, outer, fail)
					continue
				}
				h, _ := parse(got)
				if int(h.tos) != want[inner][outer] || !six && Checksum(got[:20]) != 0 {
					t.Errorf("inner %d, outer %d: got %d, want %d", inner, outer, h.tos, want[inner][outer])
				}
			}
		}
	}
}

func TestFragments(t *testing.T) {
	first, later := udp4(100), udp4(100)
	first[6], first[7], later[6], later[7] = 0x20, 0, 0, 5
	setLength4(first, 100)
	setLength4(later, 100)
	frag6 := udp6(100)
	frag6[6], frag6[40], frag6[42], frag6[43] = protoFragment, 17, 0, 1
	atomic := udp6(100)
	atomic[6] = protoFragment
	copy(atomic[40:], []byte{17, 0, 0, 0, 1, 2, 3, 4})
	for _, protocol := range []string{ESP, AH} {
		for _, c := range []struct {
			name string
			p    []byte
			six  bool
			mode string
			want string
		}{
			{"first, transport", first, false, Transport, "ipsec/fragment-outbound"},
			{"later, transport", later, false, Transport, "ipsec/fragment-outbound"},
			{"IPv6, transport", frag6, true, Transport, "ipsec/fragment-outbound"},
			{"IPv6 that is whole, transport", atomic, true, Transport, ""},
			{"first, tunnel", first, false, Tunnel, ""},
			{"later, tunnel", later, false, Tunnel, ""},
			{"IPv6, tunnel", frag6, true, Tunnel, ""},
		} {
			v := variant{protocol, "null", "hmac-sha1-96", c.mode, c.six, c.six}
			out, in := v.pair(t)
			b, fail := out.Seal(nil, c.p, nil)
			if code(fail) != c.want {
				t.Errorf("%s, %s: got %v, want %q", protocol, c.name, fail, c.want)
				continue
			}
			if c.want != "" {
				if out.Seq() != 0 {
					t.Errorf("%s, %s: a sequence number was used", protocol, c.name)
				}
				continue
			}
			if got, fail := in.Open(nil, b); fail != nil || !bytes.Equal(got, c.p) {
				t.Errorf("%s, %s: opened %x, %v", protocol, c.name, got, fail)
			}
		}
	}
}

// TestPlacement: destination options stay in front of ESP and AH only when a
// routing header follows them (RFC 4303, Section 3.1.1).
func TestPlacement(t *testing.T) {
	destOpts := func(next byte) []byte { return []byte{next, 0, 1, 4, 0, 0, 0, 0} }
	routing := func(next byte) []byte { return []byte{next, 0, 200, 0, 0, 0, 0, 0} }
	for _, c := range []struct {
		name  string
		first byte
		ext   [][]byte
		kept  int
		inner byte
	}{
		{"none", 17, nil, 0, 17},
		{"destination options", protoDestOpts, [][]byte{destOpts(17)}, 0, protoDestOpts},
		{"hop-by-hop", protoHopByHop, [][]byte{destOpts(17)}, 8, 17},
		{"hop-by-hop, destination options", protoHopByHop, [][]byte{destOpts(protoDestOpts), destOpts(17)}, 8, protoDestOpts},
		{"destination options, routing", protoDestOpts, [][]byte{destOpts(protoRouting), routing(17)}, 16, 17},
		{"both sides of routing", protoDestOpts, [][]byte{destOpts(protoRouting), routing(protoDestOpts), destOpts(17)}, 16, protoDestOpts},
	} {
		p := udp6(100)
		rest := clone(p[40:])
		p = p[:40]
		p[6] = c.first
		for _, e := range c.ext {
			p = append(p, e...)
		}
		p = append(p, rest...)
		binary.BigEndian.PutUint16(p[4:], uint16(len(p)-40))
		for _, protocol := range []string{ESP, AH} {
			out, in := variant{protocol, "null", "hmac-sha1-96", Transport, true, true}.pair(t)
			b := mustSeal(t, out, p)
			f, ok := Find(b)
			if !ok || f.Off != 40+c.kept {
				t.Errorf("%s, %s: %s at %d, want %d", protocol, c.name, protocol, f.Off, 40+c.kept)
				continue
			}
			next := b[f.Off]
			if protocol == ESP {
				next = b[len(b)-13]
			}
			if next != c.inner {
				t.Errorf("%s, %s: next header %d, want %d", protocol, c.name, next, c.inner)
			}
			if got, fail := in.Open(nil, b); fail != nil || !bytes.Equal(got, p) {
				t.Errorf("%s, %s: opened %x, %v", protocol, c.name, got, fail)
			}
		}
	}
}

func TestSourceRoutesWithAH(t *testing.T) {
	unfinished := udp4(100)
	unfinished = append(unfinished[:20:20], append([]byte{131, 7, 4, 10, 9, 9, 9, 0}, unfinished[20:]...)...)
	unfinished[0] = 0x47
	setLength4(unfinished, len(unfinished))
	finished := clone(unfinished)
	finished[22] = 8
	setLength4(finished, len(finished))
	for _, c := range []struct {
		name, protocol, mode string
		p                    []byte
		want                 string
	}{
		{"unfinished", AH, Transport, unfinished, "ipsec/source-route"},
		{"finished", AH, Transport, finished, ""},
		{"in a tunnel", AH, Tunnel, unfinished, ""},
		{"ESP", ESP, Transport, unfinished, ""},
	} {
		out, _ := variant{c.protocol, "null", "hmac-sha1-96", c.mode, false, false}.pair(t)
		if _, fail := out.Seal(nil, c.p, nil); code(fail) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, fail, c.want)
		}
	}
}

func TestMalformedHeaders(t *testing.T) {
	six := udp6(60)
	for _, c := range []struct {
		name string
		p    []byte
	}{
		{"empty", nil},
		{"19 bytes", udp4(20)[:19]},
		{"version 5", append([]byte{0x55}, make([]byte, 40)...)},
		{"IHL 4", append([]byte{0x44, 0, 0, 20}, make([]byte, 40)...)},
		{"IHL past the end", append([]byte{0x4f, 0, 0, 20}, make([]byte, 16)...)},
		{"cut", udp4(40)[:39]},
		{"option of length 1", append([]byte{0x46, 0, 0, 24, 19: 0}, 68, 1, 0, 0)},
		{"option past the header", append([]byte{0x46, 0, 0, 24, 19: 0}, 68, 5, 0, 0)},
		{"option without length", append([]byte{0x46, 0, 0, 24, 19: 0}, 1, 1, 1, 68)},
		{"IPv6 of 39 bytes", six[:39]},
		{"IPv6 cut", six[:59]},
		{"IPv6 extension past the end", append([]byte{0x60, 5: 8, 39: 0}, 17, 1, 0, 0, 0, 0, 0, 0)},
		{"IPv6 extension cut", append([]byte{0x60, 5: 4, 39: 0}, 17, 0, 0, 0)},
	} {
		if _, fail := parse(c.p); code(fail) != "ipsec/malformed" {
			t.Errorf("%s: %v", c.name, fail)
		}
		if _, ok := Find(c.p); ok {
			t.Errorf("%s: Find found something", c.name)
		}
	}
	if _, ok := Find(udp4(60)); ok {
		t.Error("Find found ESP in UDP")
	}
}

func TestTooLong(t *testing.T) {
	v := variant{ESP, "aes-128-gcm-16", "none", Tunnel, false, false}
	out, in := v.pair(t)
	shape, _ := out.Shape(udp4(40))
	n := shape.InnerMTU(65535)
	b, fail := out.Seal(nil, udp4(n), nil)
	if fail != nil {
		t.Fatal(fail)
	}
	if _, fail := in.Open(nil, b); fail != nil {
		t.Error(fail)
	}
	if _, fail := out.Seal(nil, udp4(n+1), nil); code(fail) != "ipsec/too-long" {
		t.Errorf("%d bytes: %v", n+1, fail)
	}
}

// TestTrafficFlowConfidentiality: bytes after the inner packet's own length
// are padding (RFC 4303, Section 2.7).
func TestTrafficFlowConfidentiality(t *testing.T) {
	out, in := variant{ESP, "null", "hmac-sha1-96", Tunnel, false, false}.pair(t)
	p := udp4(100)
	b := mustSeal(t, out, p)
	b = append(clone(b[:28]), append(append(clone(p), make([]byte, 50)...), 0, 4)...)
	b = append(b, out.macOf(b[20:], nil)...)
	setLength4(b, len(b))
	if got, fail := in.Open(nil, b); fail != nil || !bytes.Equal(got, p) {
		t.Errorf("opened %x, %v, want %x", got, fail, p)
	}
}
