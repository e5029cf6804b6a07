package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/ip4defrag"
	"github.com/google/gopacket/layers"
)

// fragments cuts a datagram that a node of n sends.
func fragments(t *testing.T, d *Node, p *Packet, mtu int) []*Packet {
	t.Helper()
	dg, err := parse(p.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.fragment(p, dg, mtu)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func datagramTo(n *Net, dst netip.Addr, size int) []byte {
	src := netip.MustParseAddr("10.0.0.1")
	if !dst.Is4() {
		src = netip.MustParseAddr("2001:db8::1")
	}
	b, err := n.build(header{src: src, dst: dst, proto: protoUDP, id: uint16(size)}, &layers.UDP{SrcPort: 1000, DstPort: 53}, raw(pattern(size, byte(size))))
	must(err)
	return b
}

// TestFragments cuts datagrams of many sizes, some of the fragments again, and
// has them put together in any order by gopacket and by a node.
func TestFragments(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for round := range 300 {
		rec := newLog()
		n, a, b := pair(rec, nil, 1500)
		var got []byte
		_, err := b.UDP("u", 53, UDPEvents{Received: func(_ *UDPSocket, _ netip.AddrPort, data []byte, _ Span, _ string) { got = data }})
		must(err)
		size, mtu := 1+rnd.Intn(9000), 68+rnd.Intn(1500)
		whole := &Packet{Name: "alice/u/d", Bytes: datagramTo(n, bob, size)}
		if len(whole.Bytes) <= mtu {
			continue
		}
		list := fragments(t, a, whole, mtu)
		if round%2 == 0 { // a router with a smaller MTU
			var again []*Packet
			for _, f := range list {
				if smaller := mtu * 2 / 3; len(f.Bytes) > smaller && smaller >= 28 {
					again = append(again, fragments(t, a, f, smaller)...)
				} else {
					again = append(again, f)
				}
			}
			list = again
		}
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		defrag := ip4defrag.NewIPv4Defragmenter()
		var theirs *layers.IPv4
		small := false // gopacket refuses a last fragment of less than 8 bytes
		for i, f := range list {
			if len(f.Bytes) > mtu {
				t.Fatalf("a fragment of %d bytes for an MTU of %d", len(f.Bytes), mtu)
			}
			var ip layers.IPv4
			must(ip.DecodeFromBytes(f.Bytes, gopacket.NilDecodeFeedback))
			ip.Payload = bytes.Clone(ip.Payload)
			out, err := defrag.DefragIPv4(&ip)
			if small = small || len(ip.Payload) < 8; err != nil && !small {
				t.Fatalf("gopacket: %v", err)
			}
			if out != nil {
				theirs = out
			}
			f.Full = fmt.Sprintf("f%d@net", i)
			rec.packets[f.Full] = f
			b.receive(b.ifaces[0], f)
		}
		if !small && (theirs == nil || !bytes.Equal(theirs.Payload, whole.Bytes[20:])) {
			t.Fatalf("round %d: gopacket puts other bytes together", round)
		}
		if !bytes.Equal(got, pattern(size, byte(size))) {
			t.Fatalf("round %d: bob received %d bytes of %d: %q", round, len(got), size, rec.drops)
		}
		var joined []byte
		for _, s := range rec.whole["alice/u/d"] {
			joined = append(joined, rec.packets[s.Packet].Bytes[s.Off:s.Off+s.Len]...)
		}
		if len(joined) != len(whole.Bytes) || !bytes.Equal(joined[20:], whole.Bytes[20:]) {
			t.Fatalf("round %d: the pieces give other bytes", round)
		}
		if n.Run(0); n.Now() != 0 || len(b.reasm.pending) != 0 {
			t.Fatalf("round %d: something is left: %v", round, b.reasm.pending)
		}
	}
}

func TestFragments6(t *testing.T) {
	rec := newLog()
	n, a, b := pair(rec, nil, 1500)
	to := netip.MustParseAddr("2001:db8::2")
	list := fragments(t, a, &Packet{Name: "alice/u/d", Bytes: datagramTo(n, to, 4000)}, 1280)
	if len(list) != 4 || list[0].Bytes[6] != protoFragment {
		t.Fatalf("%d fragments", len(list))
	}
	p := gopacket.NewPacket(list[1].Bytes, layers.LayerTypeIPv6, gopacket.Default)
	f, _ := p.Layer(layers.LayerTypeIPv6Fragment).(*layers.IPv6Fragment)
	if f == nil || f.FragmentOffset != 154 || !f.MoreFragments || f.NextHeader != layers.IPProtocolUDP {
		t.Errorf("gopacket reads %+v", f)
	}
	for _, i := range []int{3, 1, 0, 2} {
		b.receive(b.ifaces[1], list[i])
	}
	if len(rec.whole["alice/u/d"]) != 5 || !has(rec.drops, "UDP port 53 is closed") {
		t.Errorf("pieces %v, drops %q", rec.whole, rec.drops)
	}
	if _, err := a.fragment(list[0], mustParse(list[0].Bytes), 600); err == nil {
		t.Error("an IPv6 fragment was fragmented")
	}
}

func mustParse(b []byte) datagram {
	d, err := parse(b)
	must(err)
	return d
}

// TestOptions checks that only options with the copied flag go into each
// fragment.
func TestOptions(t *testing.T) {
	n, a, _ := pair(nil, nil, 1500)
	b := datagramTo(n, bob, 100)
	options := []byte{7, 7, 4, 0, 0, 0, 0, 0x83, 4, 0, 0, 0} // record route, loose source route
	b = append(append(bytes.Clone(b[:20]), options...), b[20:]...)
	b[0] = 0x48
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	FixChecksums(b)
	list := fragments(t, a, &Packet{Name: "x", Bytes: b}, 96)
	want := []byte{1, 1, 1, 1, 1, 1, 1, 0x83, 4, 0, 0, 0}
	if !bytes.Equal(list[0].Bytes[20:32], options) || !bytes.Equal(list[1].Bytes[20:32], want) {
		t.Errorf("options % x and % x", list[0].Bytes[20:32], list[1].Bytes[20:32])
	}
	for _, f := range list {
		mustParse(f.Bytes)
	}
	if _, err := a.fragment(&Packet{Bytes: b}, mustParse(b), 39); err == nil {
		t.Error("fragments of less than 8 bytes")
	}
}

// TestReassemblyRefuses gives a node fragments that must not become a datagram.
func TestReassemblyRefuses(t *testing.T) {
	type change func(list []*Packet) []*Packet
	edit := func(i int, f func(b []byte) []byte) change {
		return func(list []*Packet) []*Packet {
			c := *list[i]
			c.Bytes = f(bytes.Clone(c.Bytes))
			if len(c.Bytes) >= 20 {
				binary.BigEndian.PutUint16(c.Bytes[2:], uint16(len(c.Bytes)))
				fixHeader4(c.Bytes[:20])
			}
			return append(append(append([]*Packet{}, list[:i]...), &c), list[i+1:]...)
		}
	}
	offset := func(words int) func(b []byte) []byte {
		return func(b []byte) []byte {
			binary.BigEndian.PutUint16(b[6:], uint16(int(binary.BigEndian.Uint16(b[6:]))+words))
			return b
		}
	}
	for _, c := range []struct {
		name   string
		change change
		drop   string
	}{
		{"all well", func(l []*Packet) []*Packet { return l }, ""},
		{"twice the same", func(l []*Packet) []*Packet { return append([]*Packet{l[0]}, l...) }, "here already"},
		{"overlap", edit(1, offset(-1)), "overlap"},
		{"overlap with the last", edit(2, offset(-2)), "overlap"},
		{"gap", edit(1, offset(100)), "overlap"}, // it ends past the last
		{"a piece is missing", func(l []*Packet) []*Packet { return append(l[:1:1], l[2:]...) }, "timed out after 30s"},
		{"not a multiple of 8", edit(0, func(b []byte) []byte { return b[:len(b)-1] }), "no multiple of 8"},
		{"empty", edit(1, func(b []byte) []byte { return b[:20] }), "empty fragment"},
		{"past 65535", edit(2, func(b []byte) []byte { binary.BigEndian.PutUint16(b[6:], 0x1fff); return b }), "past the largest datagram"},
		{"header checksum", func(l []*Packet) []*Packet {
			b := bytes.Clone(l[1].Bytes)
			b[8]++
			return []*Packet{l[0], {Name: "x", Bytes: b}, l[2]}
		}, "header checksum wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := newLog()
			n, a, b := pair(rec, nil, 1500)
			received := 0
			_, err := b.UDP("u", 53, UDPEvents{Received: func(*UDPSocket, netip.AddrPort, []byte, Span, string) { received++ }})
			must(err)
			list := fragments(t, a, &Packet{Name: "alice/u/d", Bytes: datagramTo(n, bob, 3000)}, 1500)
			for _, f := range c.change(list) {
				b.receive(b.ifaces[0], f)
			}
			n.Run(0)
			if good := c.drop == "" || c.drop == "here already"; received == 1 != good {
				t.Errorf("received %d times", received)
			}
			if c.drop != "" && !has(rec.drops, c.drop) || c.drop == "" && len(rec.drops) > 0 {
				t.Errorf("drops %q, want %q", rec.drops, c.drop)
			}
			if len(b.reasm.pending) != 0 {
				t.Errorf("%d datagrams wait for ever", len(b.reasm.pending))
			}
			if c.drop == "timed out after 30s" && rec.packets["bob/icmp/alice/u/d/frag1/time-exceeded@net"] == nil {
				t.Error("the sender was not told of the time-out")
			}
		})
	}
}

func TestReassemblyBound(t *testing.T) {
	rec := newLog()
	n, a, b := pair(rec, nil, 1500)
	for i := range maxPending + 1 {
		list := fragments(t, a, &Packet{Name: fmt.Sprint("d", i), Bytes: datagramTo(n, bob, 2000+i)}, 1500)
		b.receive(b.ifaces[0], list[0])
	}
	if len(b.reasm.pending) != maxPending || !has(rec.drops, "wait for fragments already") {
		t.Errorf("%d wait, drops %q", len(b.reasm.pending), rec.drops)
	}
	n.Run(0)
	if n.Now() < 30*time.Second || len(b.reasm.pending) != 0 {
		t.Errorf("%d wait at %v", len(b.reasm.pending), n.Now())
	}
}

// TestChecksums compares FixChecksums with what gopacket computes.
func TestChecksums(t *testing.T) {
	n, _, _ := pair(nil, nil, 1500)
	six := netip.MustParseAddr("2001:db8::2")
	src := map[bool]netip.Addr{true: alice, false: netip.MustParseAddr("2001:db8::1")}
	for _, dst := range []netip.Addr{bob, six} {
		for size := range 40 {
			icmp := func() []gopacket.SerializableLayer {
				if dst.Is4() {
					return []gopacket.SerializableLayer{icmpFragNeeded(1), raw(pattern(size, 1))}
				}
				return []gopacket.SerializableLayer{&layers.ICMPv6{TypeCode: 128 << 8}, raw(pattern(size, 1))}
			}
			icmpProto := uint8(protoICMP)
			if !dst.Is4() {
				icmpProto = protoICMPv6
			}
			for proto, l := range map[uint8][]gopacket.SerializableLayer{
				protoTCP:  {&layers.TCP{SrcPort: 1, DstPort: 2, Seq: 3, DataOffset: 5}, raw(pattern(size, 1))},
				protoUDP:  {&layers.UDP{SrcPort: 1, DstPort: 2}, raw(pattern(size, 1))},
				icmpProto: icmp(),
			} {
				want, err := n.build(header{src: src[dst.Is4()], dst: dst, proto: proto}, l...)
				must(err)
				got := bytes.Clone(want)
				d := mustParse(got)
				if at, ok := checksumAt(proto, d.payload); ok {
					d.payload[at] ^= 0x5a
					if sum, _, ok := checkTransport(proto, addrs(got), d.payload); ok || sum == 0 {
						t.Errorf("protocol %d: a wrong checksum is right", proto)
					}
				}
				if dst.Is4() {
					got[10] ^= 1
				}
				if FixChecksums(got); !bytes.Equal(got, want) {
					t.Errorf("protocol %d, size %d:\n% x, want\n% x", proto, size, got, want)
				}
				if _, _, ok := checkTransport(proto, addrs(want), mustParse(want).payload); !ok {
					t.Errorf("protocol %d: a right checksum is wrong", proto)
				}
			}
		}
	}
	for _, b := range [][]byte{nil, {0x45}, {0x60}, {0x4f, 19: 0}, make([]byte, 60), bytes.Repeat([]byte{0x45}, 20), bytes.Repeat([]byte{0x60}, 48)} {
		FixChecksums(b) // no panic
	}
}

func TestInfo(t *testing.T) {
	rec := newLog()
	n := path(rec, nil, 1500, 1300)
	var x transfer
	x.start(n.Node("pc1"), n.Node("pc2"), pc2v4, 3000, 10)
	pings(n, pc2v4, 2000, 1, false)
	pings(n, pc2v6, 1400, 1, false)
	n, a, _ := pair(rec, nil, 1500)
	esp := func(proto uint8, b ...byte) string {
		p, err := n.build(header{src: alice, dst: bob, proto: proto}, raw(b))
		must(err)
		return Info(p)
	}
	all := append(rec.lines, esp(protoESP, 0, 0, 0x10, 1, 0, 0, 0, 7), esp(protoESP, 1),
		esp(protoAH, 6, 4, 0, 0, 0, 0, 0x10, 2, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2), esp(protoAH, 6, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		esp(protoTCP, 1, 2), esp(protoUDP, 1), esp(protoICMP, 8), esp(protoICMP, 13, 0, 0, 0, 0, 0, 0, 0), esp(99), Info(nil), Info([]byte{0x55}))
	for _, want := range []string{
		"TCP 49152 → 443 [SYN] Seq=", "MSS=1460 WS=8", "[PSH, ACK]", "Win=32768 Len=", "ICMP fragmentation needed, MTU 1300",
		"IPv4 fragment of ICMP, offset 1480, 528 bytes, last", "IPv4 fragment of ICMP, offset 0, 1480 bytes, more follow",
		"ICMPv6 packet too big, MTU 1300", "ICMP echo request id=1 seq=1 Len=2000", "ICMPv6 echo request id=2 seq=1 Len=1400",
		"ESP SPI 0x00001001 seq 7", "ESP malformed", "AH SPI 0x00001002 seq 9, TCP malformed", "AH malformed", "TCP malformed", "UDP malformed",
		"ICMP malformed", "ICMP type 13 code 0", "IP protocol 99, 0 bytes", "malformed: the packet is shorter", "malformed: IP version 5",
	} {
		if !has(all, want) {
			t.Errorf("nothing is called %q", want)
		}
	}
	_ = a
	if t.Failed() {
		t.Log("\n" + strings.Join(all, "\n"))
	}
}

// FuzzReceive gives a router any bytes.
func FuzzReceive(f *testing.F) {
	rec := newLog()
	n := path(rec, nil, 1500, 1300)
	var x transfer
	x.start(n.Node("pc1"), n.Node("pc2"), pc2v4, 3000, 10)
	pings(n, pc2v4, 2000, 1, false)
	pings(n, pc2v6, 1400, 3, false)
	for _, p := range rec.packets {
		f.Add(p.Bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := path(nil, nil, 1500, 1300)
		n.Limits = Limits{Packets: 1000}
		var x transfer
		x.start(n.Node("pc1"), n.Node("pc2"), pc2v4, 3000, 10)
		n.Run(10)
		for i, name := range []string{"pc1", "r1", "pc2"} {
			d := n.Node(name)
			d.receive(d.ifaces[0], &Packet{Name: fmt.Sprint("fuzz", i), Bytes: bytes.Clone(b)})
			FixChecksums(b)
			n.Run(10)
			d.receive(d.ifaces[0], &Packet{Name: fmt.Sprint("fixed", i), Bytes: bytes.Clone(b)})
		}
		n.Run(1000)
		Info(b)
	})
}
