package sim

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var (
	pc2v4 = netip.MustParseAddr("10.2.0.2")
	pc2v6 = netip.MustParseAddr("2001:db8:2::2")
)

// pings plays one Ping from pc1 and returns its results.
func pings(n *Net, to netip.Addr, size, count int, df bool) (got []PingResult) {
	n.Node("pc1").Ping("ping", to, size, count, 100*time.Millisecond, df, func(r PingResult) { got = append(got, r) })
	n.Run(0)
	return got
}

func TestPing(t *testing.T) {
	for _, c := range []struct {
		name    string
		to      netip.Addr
		size    int
		df      bool
		want    string // of the results
		drop    string
		packets string // full names of some packets
	}{
		{"fits", pc2v4, 1372, true, "ok ok", "", "pc1/ping/request1@wan pc2/ping/reply2@lan1"},
		{"one byte more, DF", pc2v4, 1373, true,
			"fragmentation needed, MTU 1400 (says 10.1.0.1) 1400|larger than the path MTU of 1400 (says pc1) 1400",
			"1401 bytes are more than the MTU of 1400", "r1/icmp/pc1/ping/request1/fragmentation-needed@lan1"},
		{"one byte more, the router fragments", pc2v4, 1373, false, "ok ok", "", "pc1/ping/request1/frag2@wan pc2/ping/reply1/frag1@lan1"},
		{"the host fragments", pc2v4, 5000, false, "ok ok", "", "pc1/ping/request1/frag4@lan1 pc1/ping/request1/frag1/frag2@wan"},
		{"IPv6 fits", pc2v6, 1352, true, "ok ok", "", "pc1/ping/request1@wan"},
		{"IPv6 too big, then fragments", pc2v6, 1353, false, "packet too big, MTU 1400 (says 2001:db8:1::1) 1400|ok", "r2: pc2/ping/reply2: 1401 bytes are more than the MTU of 1400 towards 2001:db8:1::2, and only the source", "r1/icmp/pc1/ping/request1/packet-too-big@lan1 pc1/ping/request2/frag2@lan2 pc2/ping/reply3/frag2@lan2"},
		{"IPv6 too big, DF", pc2v6, 1353, true, "packet too big, MTU 1400 (says 2001:db8:1::1) 1400|larger than the path MTU of 1400 (says pc1) 1400", "only the source", ""},
		{"nobody there", netip.MustParseAddr("10.2.0.9"), 10, false, "host unreachable (says 192.0.2.2) 0|host unreachable (says 192.0.2.2) 0", "nobody on lan2 has the address", ""},
		{"no route", netip.MustParseAddr("203.0.113.1"), 10, false, "time exceeded: hop limit used up (says 192.0.2.2) 0|", "TTL", ""},
		{"empty", pc2v4, 0, false, "ok ok", "", ""},
		{"too large for IP", pc2v4, 65508, false, "do not fit", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := newLog()
			n := path(rec, nil, 1500, 1400)
			var got []string
			count := 2
			if strings.Contains(c.packets, "reply3") {
				count = 3 // the first reply that is too big teaches the replier
			}
			for _, r := range pings(n, c.to, c.size, count, c.df) {
				if r.OK {
					got = append(got, "ok")
				} else {
					got = append(got, fmt.Sprintf("%s %d", r.Why, r.MTU))
				}
				if r.OK && (r.RTT < 14*time.Millisecond || !strings.HasPrefix(r.Packet, "pc2/ping/reply")) {
					t.Errorf("%+v", r)
				}
			}
			all := strings.Join(got, "|")
			if c.want == "ok ok" {
				c.want = "ok|ok"
			}
			if !strings.Contains(all, c.want) || len(got) != count {
				t.Errorf("results %q, want %q", all, c.want)
			}
			if c.drop != "" && !has(rec.drops, c.drop) || c.drop == "" && len(rec.drops) > 0 {
				t.Errorf("drops %q, want %q", rec.drops, c.drop)
			}
			for _, name := range strings.Fields(c.packets) {
				if rec.packets[name] == nil {
					t.Errorf("no packet %s", name)
				}
			}
			if t.Failed() {
				t.Log("\n" + rec.text())
			}
		})
	}
}

// TestHops follows one packet's parents, TTL and checksum over three links.
func TestHops(t *testing.T) {
	rec := newLog()
	pings(path(rec, nil, 1500, 1500), pc2v4, 56, 1, false)
	parent := ""
	for i, link := range []string{"lan1", "wan", "lan2"} {
		name := "pc1/ping/request1@" + link
		p := rec.packets[name]
		if p == nil || p.Parent != parent || rec.fates[name] != "delivered" {
			t.Fatalf("%s: %+v", name, p)
		}
		if p.Bytes[8] != byte(64-i) || sum16(p.Bytes[:20], 0) != 0xffff {
			t.Errorf("%s: TTL %d, checksum %04x", name, p.Bytes[8], sum16(p.Bytes[:20], 0))
		}
		parent = name
	}
}

func TestPingLost(t *testing.T) {
	rec := newLog()
	n := path(rec, func(now time.Duration, link, from string, p *Packet) (*Packet, string, time.Duration) {
		if p.Name == "pc2/ping/reply1" && link == "wan" {
			return nil, "lost", 0
		}
		return p, "", 0
	}, 1500, 1500)
	got := pings(n, pc2v4, 10, 1, false)
	if len(got) != 1 || got[0].OK || got[0].Why != "no reply within 1s" || n.Now() != time.Second {
		t.Errorf("%+v at %v", got, n.Now())
	}
}

func TestUDP(t *testing.T) {
	for _, to := range []netip.Addr{pc2v4, pc2v6} {
		rec := newLog()
		n := path(rec, nil, 1500, 1400)
		var got []byte
		var failed []string
		_, err := n.Node("pc2").UDP("u", 53, UDPEvents{Received: func(s *UDPSocket, from netip.AddrPort, data []byte, at Span, packet string) {
			got = append(got, data...)
			must(s.SendTo("echo", from, data, false))
		}})
		must(err)
		echoed := 0
		s, err := n.Node("pc1").UDP("u", 0, UDPEvents{
			Received: func(s *UDPSocket, from netip.AddrPort, data []byte, at Span, packet string) { echoed += len(data) },
			Failed: func(s *UDPSocket, dst netip.AddrPort, why string, mtu int, packet string) {
				failed = append(failed, fmt.Sprintf("%v %s %d %s", dst.Port(), why, mtu, packet))
			},
		})
		must(err)
		data := pattern(9000, 3)
		must(s.SendTo("closed", netip.AddrPortFrom(to, 54), data[:10], false))
		n.After(time.Second, func() { must(s.SendTo("large", netip.AddrPortFrom(to, 53), data[:1400], true)) })
		n.After(2*time.Second, func() { must(s.SendTo("huge", netip.AddrPortFrom(to, 53), data, false)) })
		n.Run(0)
		if !bytes.Equal(got, data) || echoed != len(data) && to.Is4() {
			t.Errorf("%v: received %d bytes, echoed %d", to, len(got), echoed)
		}
		if !has(failed, "54 port unreachable", "pc2/icmp/pc1/u/closed/port-unreachable@lan1") || !has(failed, "53", "MTU 1400", " 1400 r1/icmp/") {
			t.Errorf("%v: failed %q", to, failed)
		}
		if pieces := rec.whole["pc1/u/huge"]; len(pieces) < 8 {
			t.Errorf("%v: %d pieces", to, len(pieces))
		}
		if t.Failed() {
			t.Log("\n" + rec.text())
		}
		if err := s.SendTo("x", netip.AddrPortFrom(to, 53), make([]byte, 65536), false); err == nil {
			t.Error("65536 bytes fit in a datagram")
		}
	}
}

// TestPathMTU transfers over a path with a smaller link, and one smaller still.
func TestPathMTU(t *testing.T) {
	for _, c := range []struct {
		name string
		to   netip.Addr
		wan  int
		mss  int
	}{
		{"1400", pc2v4, 1400, 1360},
		{"576", pc2v4, 576, 536},
		{"IPv6 1400", pc2v6, 1400, 1340},
		{"IPv6 1280", pc2v6, 1280, 1220},
		{"larger", pc2v4, 9000, 1460},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := newLog()
			n := path(rec, nil, 1500, c.wan)
			var x transfer
			x.start(n.Node("pc1"), n.Node("pc2"), c.to, 20000, 50000)
			n.Run(0)
			x.check(t, 20000, 50000)
			checkOwnLink(t, rec, &x, "lan1", "lan2")
			if n.Now() > 900*time.Millisecond {
				t.Errorf("it took until %v: a timer had to run out", n.Now())
			}
			large := c.mss < 1460
			if got := has(rec.notes, "pc1: the path MTU to "+c.to.String()); got != large {
				t.Errorf("path MTU learnt: %v\n%q", got, rec.notes)
			}
			for name, p := range rec.packets {
				if strings.HasSuffix(name, "@wan") && len(p.Bytes) > c.wan {
					t.Errorf("%s has %d bytes", name, len(p.Bytes))
				}
			}
			if got := n.Node("pc1").PathMTU(c.to); got != min(1500, c.wan) {
				t.Errorf("PathMTU %d", got)
			}
			if large && rec.packets["pc1/web/request/seg1/rtx2@wan"] == nil {
				t.Errorf("segment 1 was not sent again in two parts")
			}
			if t.Failed() {
				t.Log("\n" + rec.text())
			}
		})
	}
}

func checkOwnLink(t *testing.T, rec *log, x *transfer, clientLink, serverLink string) {
	t.Helper()
	checkSpans(t, rec, x)
	for i, link := range []string{serverLink, clientLink} {
		for _, s := range append(x.conns[i].Received(0, 1000), x.conns[i].Sent(0, 1000)...) {
			if !strings.HasSuffix(s.Packet, "@"+link) {
				t.Errorf("end %d: %s is not on its own link", i, s.Packet)
			}
		}
	}
}

func TestForgedICMP(t *testing.T) {
	quote := func(n *Net, dst netip.Addr) []byte {
		b, err := n.build(header{src: n.nodes["pc1"].Addrs()[0], dst: dst, proto: protoTCP, df: true}, payload8{})
		must(err)
		return b
	}
	for _, c := range []struct {
		name string
		mtu  uint16
		dst  string
		want int
	}{
		{"taken", 1000, "10.2.0.2", 1000},
		{"below IPv4's least", 60, "10.2.0.2", 1500},
		{"larger than known", 2000, "10.2.0.2", 1500},
		{"none given: RFC 1191's plateau", 0, "10.2.0.2", 68},
	} {
		n := path(nil, nil, 1500, 1500)
		pc1 := n.Node("pc1")
		e := quote(n, netip.MustParseAddr(c.dst))
		b, err := n.build(header{src: netip.MustParseAddr("10.1.0.1"), dst: pc1.Addrs()[0], proto: protoICMP}, icmpFragNeeded(c.mtu), raw(e))
		must(err)
		pc1.receive(pc1.ifaces[0], &Packet{Name: "x", Full: "x@lan1", Bytes: b})
		if got := pc1.PathMTU(pc2v4); got != c.want {
			t.Errorf("%s: path MTU %d, want %d", c.name, got, c.want)
		}
	}
	// An error about somebody else's packet teaches nothing.
	rec := newLog()
	n := path(rec, nil, 1500, 1500)
	pc2 := n.Node("pc2")
	b, err := n.build(header{src: netip.MustParseAddr("10.2.0.1"), dst: pc2.Addrs()[0], proto: protoICMP}, icmpFragNeeded(1000), raw(quote(n, pc2v4)))
	must(err)
	pc2.receive(pc2.ifaces[0], &Packet{Name: "x", Full: "x@lan2", Bytes: b})
	if !has(rec.drops, "did not send") {
		t.Errorf("%q", rec.drops)
	}
}
