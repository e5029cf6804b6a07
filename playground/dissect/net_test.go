package dissect

import (
	"bytes"
	"encoding/hex"
	"net"
	"reflect"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"cipherglass/crypto/wire"
	"cipherglass/crypto/wire/wiretest"
)

// build serialises a packet with gopacket.
func build(t testing.TB, list ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, list...); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b.Bytes())
}

var (
	alice4, bob4 = net.IP{10, 0, 0, 1}, net.IP{10, 0, 0, 2}
	alice6, bob6 = net.ParseIP("2001:db8::1"), net.ParseIP("2001:db8::2")
)

func ip4(p layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: p, SrcIP: alice4, DstIP: bob4, Id: 0x1234, Flags: layers.IPv4DontFragment, TOS: 0xb9}
}

func ip6(p layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 63, NextHeader: p, SrcIP: alice6, DstIP: bob6, TrafficClass: 0xb9, FlowLabel: 0xabcde}
}

func tcp(n gopacket.NetworkLayer) *layers.TCP {
	s := &layers.TCP{SrcPort: 49152, DstPort: 443, Seq: 7, Ack: 9, SYN: true, ECE: true, Window: 64000, Options: []layers.TCPOption{
		{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 0xb4}},
		{OptionType: layers.TCPOptionKindNop, OptionLength: 1},
		{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{7}},
		{OptionType: layers.TCPOptionKindSACKPermitted, OptionLength: 2},
		{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10, OptionData: []byte{0, 0, 0, 1, 0, 0, 0, 2}},
		{OptionType: layers.TCPOptionKindSACK, OptionLength: 10, OptionData: []byte{0, 0, 0, 1, 0, 0, 0, 2}},
	}}
	s.SetNetworkLayerForChecksum(n)
	return s
}

func udp(n gopacket.NetworkLayer) *layers.UDP {
	u := &layers.UDP{SrcPort: 500, DstPort: 4500}
	u.SetNetworkLayerForChecksum(n)
	return u
}

// samples are whole packets, well-formed, one of each kind.
func samples(t testing.TB) map[string][]byte {
	i4t, i4u, i4i := ip4(layers.IPProtocolTCP), ip4(layers.IPProtocolUDP), ip4(layers.IPProtocolICMPv4)
	i6t, i6u, i6i := ip6(layers.IPProtocolTCP), ip6(layers.IPProtocolUDP), ip6(layers.IPProtocolICMPv6)
	odd := gopacket.Payload("odd")
	optioned := ip4(layers.IPProtocolUDP)
	optioned.Options = []layers.IPv4Option{{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}, {OptionType: 1, OptionLength: 1}, {OptionType: 0, OptionLength: 1}}
	m := map[string][]byte{
		"tcp4":     build(t, i4t, tcp(i4t), odd),
		"udp4":     build(t, i4u, udp(i4u), odd),
		"options4": build(t, optioned, udp(optioned), odd),
		"ping4":    build(t, i4i, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0), Id: 1, Seq: 2}, odd),
		"tcp6":     build(t, i6t, tcp(i6t), odd),
		"udp6":     build(t, i6u, udp(i6u), odd),
		"ipip":     build(t, ip4(layers.IPProtocolIPv4), i4u, udp(i4u), odd),
	}
	icmp6 := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(128, 0)}
	icmp6.SetNetworkLayerForChecksum(i6i)
	m["ping6"] = build(t, i6i, icmp6, &layers.ICMPv6Echo{Identifier: 1, SeqNumber: 2}, odd)
	m["toobig4"] = build(t, i4i, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 4), Seq: 1400}, gopacket.Payload(m["tcp4"][:28]))
	big := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(2, 0)}
	big.SetNetworkLayerForChecksum(i6i)
	m["toobig6"] = build(t, i6i, big, gopacket.Payload(append([]byte{0, 0, 5, 0}, m["tcp6"]...)))
	f := ip4(layers.IPProtocolUDP)
	f.Flags = layers.IPv4MoreFragments
	m["fragment4a"] = build(t, f, gopacket.Payload(bytes.Repeat([]byte{1}, 24)))
	f.Flags, f.FragOffset = 0, 3
	m["fragment4b"] = build(t, f, odd)
	ext := unhex("3c00050200000100" + "1100010400000000") // hop-by-hop: router alert, PadN; destination: PadN
	i := ip6(layers.IPProtocolUDP)
	whole := build(t, i, udp(i), odd)
	e := append(append(bytes.Clone(whole[:40]), ext...), whole[40:]...)
	e[5] += byte(len(ext))
	e[6] = 0
	m["extensions6"] = e
	g := append(append(bytes.Clone(whole[:40]), unhex("1100000100000007")...), whole[40:48]...)
	g[5], g[6] = 16, 44
	m["fragment6a"] = g
	return m
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// names of samples in order.
var sampleNames = []string{"tcp4", "udp4", "options4", "ping4", "tcp6", "udp6", "ipip", "ping6", "toobig4", "toobig6", "fragment4a", "fragment4b", "extensions6", "fragment6a"}

func TestHeaders(t *testing.T) {
	m := samples(t)
	four := Around{Src: alice4, Dst: bob4}
	six := Around{Src: alice6, Dst: bob6}
	with := func(a Around, p uint8) Around { a.Protocol = p; return a }
	for _, c := range []struct {
		name    string
		fresh   func() wire.Message
		context any
		sample  []byte
	}{
		{"IPv4", func() wire.Message { return new(IPv4) }, nil, m["tcp4"][:20]},
		{"IPv4 options", func() wire.Message { return new(IPv4) }, nil, m["options4"][:28]},
		{"IPv6", func() wire.Message { return new(IPv6) }, nil, m["tcp6"][:40]},
		{"TCP over IPv4", func() wire.Message { return new(TCP) }, with(four, 6), m["tcp4"][20:]},
		{"TCP over IPv6", func() wire.Message { return new(TCP) }, with(six, 6), m["tcp6"][40:]},
		{"TCP alone", func() wire.Message { return new(TCP) }, nil, m["tcp4"][20:]},
		{"UDP over IPv4", func() wire.Message { return new(UDP) }, with(four, 17), m["udp4"][20:]},
		{"UDP over IPv6", func() wire.Message { return new(UDP) }, with(six, 17), m["udp6"][40:]},
		{"UDP without checksum", func() wire.Message { return new(UDP) }, with(four, 17), unhex("01f41194000a00006162")},
		{"ICMP echo", func() wire.Message { return new(ICMP) }, four, m["ping4"][20:]},
		{"ICMP fragmentation needed", func() wire.Message { return new(ICMP) }, four, m["toobig4"][20:]},
		{"ICMPv6 echo", func() wire.Message { return &ICMP{V6: true} }, with(six, 58), m["ping6"][40:]},
		{"ICMPv6 packet too big", func() wire.Message { return &ICMP{V6: true} }, with(six, 58), m["toobig6"][40:]},
		{"hop-by-hop", func() wire.Message { return new(IPv6Options) }, nil, m["extensions6"][40:48]},
		{"fragment", func() wire.Message { return new(IPv6Fragment) }, nil, m["fragment6a"][40:48]},
		{"routing", func() wire.Message { return new(IPv6Routing) }, nil, unhex("1102000100000000" + "20010db8000000000000000000000002")},
		{"ports", func() wire.Message { return new(ports) }, nil, m["tcp4"][20:28]},
	} {
		t.Run(c.name, func(t *testing.T) { wiretest.Message(t, c.fresh, c.context, c.sample) })
	}
}

// TestChecksumsFail flips each byte of each sample's checksummed part.
func TestChecksumsFail(t *testing.T) {
	m := samples(t)
	for _, name := range []string{"tcp4", "udp4", "ping4", "tcp6", "udp6", "ping6", "toobig4", "toobig6"} {
		b := m[name]
		start := 20
		if b[0]>>4 == 6 {
			start = 40
		}
		for i := start; i < len(b); i++ {
			x := bytes.Clone(b)
			x[i] ^= 0x41
			if bad := badIn(framerTree(x)); bad == "" {
				t.Errorf("%s: flipping byte %d went unnoticed", name, i)
			}
		}
	}
}

func framerTree(b []byte) *wire.Node { return (&framer{x: NewIndex(nil)}).root("frame", b) }

func badIn(n *wire.Node) string {
	bad := ""
	n.Walk(func(k *wire.Node, _ int) bool {
		if bad == "" && k.Bad != "" {
			bad = k.Name + ": " + k.Bad
		}
		return true
	})
	return bad
}

func TestSamplesAreGood(t *testing.T) {
	m := samples(t)
	for _, name := range sampleNames {
		tree := framerTree(m[name])
		if err := wire.Tiles(tree, 0, len(m[name])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if bad := badIn(tree); bad != "" {
			t.Errorf("%s: %s", name, bad)
		}
	}
}

func TestAgreesWithGopacket(t *testing.T) {
	m := samples(t)
	for _, name := range []string{"tcp4", "tcp6", "udp4", "udp6", "ping4", "options4"} {
		b := m[name]
		tree := framerTree(b)
		first := layers.LayerTypeIPv4
		if b[0]>>4 == 6 {
			first = layers.LayerTypeIPv6
		}
		p := gopacket.NewPacket(b, first, gopacket.Default)
		got, want := map[string]uint64{}, map[string]uint64{}
		tree.Walk(func(k *wire.Node, _ int) bool {
			if k.Filter != "" && len(k.Kids) == 0 {
				got[k.Filter] = k.Uint
			}
			return true
		})
		flag := func(f string, on bool) {
			want[f] = 0
			if on {
				want[f] = 1
			}
		}
		for _, l := range p.Layers() {
			switch l := l.(type) {
			case *layers.IPv4:
				want["ip.version"], want["ip.hdr_len"], want["ip.len"], want["ip.id"] = uint64(l.Version), uint64(l.IHL), uint64(l.Length), uint64(l.Id)
				want["ip.ttl"], want["ip.proto"], want["ip.checksum"], want["ip.frag_offset"] = uint64(l.TTL), uint64(l.Protocol), uint64(l.Checksum), uint64(l.FragOffset)
				want["ip.dsfield.dscp"], want["ip.dsfield.ecn"] = uint64(l.TOS>>2), uint64(l.TOS&3)
				flag("ip.flags.df", l.Flags&layers.IPv4DontFragment != 0)
				flag("ip.flags.mf", l.Flags&layers.IPv4MoreFragments != 0)
			case *layers.IPv6:
				want["ipv6.version"], want["ipv6.plen"], want["ipv6.nxt"], want["ipv6.hlim"] = uint64(l.Version), uint64(l.Length), uint64(l.NextHeader), uint64(l.HopLimit)
				want["ipv6.flow"], want["ipv6.tclass.dscp"], want["ipv6.tclass.ecn"] = uint64(l.FlowLabel), uint64(l.TrafficClass>>2), uint64(l.TrafficClass&3)
			case *layers.TCP:
				want["tcp.srcport"], want["tcp.dstport"], want["tcp.seq_raw"], want["tcp.ack_raw"] = uint64(l.SrcPort), uint64(l.DstPort), uint64(l.Seq), uint64(l.Ack)
				want["tcp.hdr_len"], want["tcp.window_size_value"], want["tcp.checksum"], want["tcp.urgent_pointer"] = uint64(l.DataOffset), uint64(l.Window), uint64(l.Checksum), uint64(l.Urgent)
				flag("tcp.flags.syn", l.SYN)
				flag("tcp.flags.ack", l.ACK)
				flag("tcp.flags.fin", l.FIN)
				flag("tcp.flags.reset", l.RST)
				flag("tcp.flags.push", l.PSH)
				flag("tcp.flags.urg", l.URG)
				flag("tcp.flags.ece", l.ECE)
				flag("tcp.flags.cwr", l.CWR)
				want["tcp.options.mss_val"], want["tcp.options.wscale.shift"], want["tcp.options.timestamp.tsval"] = 1460, 7, 1
			case *layers.UDP:
				want["udp.srcport"], want["udp.dstport"], want["udp.length"], want["udp.checksum"] = uint64(l.SrcPort), uint64(l.DstPort), uint64(l.Length), uint64(l.Checksum)
			case *layers.ICMPv4:
				want["icmp.type"], want["icmp.code"], want["icmp.ident"], want["icmp.seq"] = uint64(l.TypeCode.Type()), uint64(l.TypeCode.Code()), uint64(l.Id), uint64(l.Seq)
			}
		}
		part := map[string]uint64{}
		for f := range want {
			part[f] = got[f]
		}
		if !reflect.DeepEqual(part, want) {
			t.Errorf("%s: got %v, want %v", name, part, want)
		}
	}
}

func FuzzFrame(f *testing.F) {
	m := samples(f)
	for _, name := range sampleNames {
		f.Add(m[name])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := wire.Tiles(framerTree(b), 0, len(b)); err != nil {
			t.Fatal(err)
		}
	})
}
