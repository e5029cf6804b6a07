package sim

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

type raw = gopacket.Payload

type payload8 = raw8

// raw8 is eight bytes of a transport header.
type raw8 struct{}

func (raw8) LayerType() gopacket.LayerType { return gopacket.LayerTypePayload }
func (raw8) SerializeTo(b gopacket.SerializeBuffer, _ gopacket.SerializeOptions) error {
	_, err := b.PrependBytes(8)
	return err
}

func icmpFragNeeded(mtu uint16) *layers.ICMPv4 {
	return &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 4), Seq: mtu}
}

// tunnel is a hook that puts packets for the other side in IP in IP, with 22
// more bytes: what a gateway's ESP does to sizes.
type tunnel struct {
	node     *Node
	far      netip.Addr
	behind   netip.Prefix
	df       bool
	sent     int
	opened   int
	overhead int
}

func (h *tunnel) Outbound(now time.Duration, p *Packet, mtu int) Verdict {
	dst := destination(p.Bytes)
	if !h.behind.Contains(dst) {
		return Verdict{}
	}
	path := h.node.PathMTU(h.far)
	if h.df && len(p.Bytes)+20+h.overhead > path {
		return Verdict{Action: TooBig, MTU: path - 20 - h.overhead, Why: fmt.Sprintf("the tunnel has room for %d bytes", path-20-h.overhead)}
	}
	src, _ := h.node.SourceFor(h.far)
	body := append(make([]byte, h.overhead), p.Bytes...)
	b, err := h.node.net.build(header{src: src, dst: h.far, proto: protoESP, id: uint16(h.node.NextID(h.far, protoESP)), df: h.df}, raw(body))
	must(err)
	h.sent++
	return Verdict{Action: Replace, Out: &Packet{Name: fmt.Sprintf("%s/esp/%d", h.node.name, h.sent), Bytes: b}}
}

func (h *tunnel) Inbound(now time.Duration, p *Packet) Verdict {
	if p.Bytes[9] != protoESP {
		return Verdict{}
	}
	h.opened++
	return Verdict{Action: Replace, Out: &Packet{Name: fmt.Sprintf("%s/opened/%d", h.node.name, h.opened), Bytes: p.Bytes[20+h.overhead:]}}
}

func gateways(n *Net, df bool) (r1, r2 *tunnel) {
	a, b := n.Node("r1"), n.Node("r2")
	r1 = &tunnel{node: a, far: netip.MustParseAddr("192.0.2.2"), behind: netip.MustParsePrefix("10.2.0.0/16"), df: df, overhead: 22}
	r2 = &tunnel{node: b, far: netip.MustParseAddr("192.0.2.1"), behind: netip.MustParsePrefix("10.1.0.0/16"), df: df, overhead: 22}
	a.AddHook(r1)
	b.AddHook(r2)
	return r1, r2
}

func TestTunnel(t *testing.T) {
	for _, df := range []bool{false, true} {
		t.Run(fmt.Sprintf("DF %v", df), func(t *testing.T) {
			rec := newLog()
			n := path(rec, nil, 1500, 1500)
			gateways(n, df)
			var x transfer
			x.start(n.Node("pc1"), n.Node("pc2"), pc2v4, 20000, 50000)
			n.Run(0)
			x.check(t, 20000, 50000)
			checkOwnLink(t, rec, &x, "lan1", "lan2")
			fragmented := rec.packets["r1/esp/5/frag2@wan"] != nil
			if fragmented == df {
				t.Errorf("outer packets were fragmented: %v", fragmented)
			}
			if got := has(rec.notes, "pc1: the path MTU to 10.2.0.2 is 1458"); got != df {
				t.Errorf("pc1 learnt the tunnel's MTU: %v %q", got, rec.notes)
			}
			if p := rec.packets["r1/esp/1@wan"]; p == nil || p.Parent != "pc1/web/syn@lan1" {
				t.Errorf("r1/esp/1@wan: %+v", p)
			}
			if p := rec.packets["r2/opened/1@lan2"]; p == nil || p.Parent != "r1/esp/1@wan" {
				t.Errorf("r2/opened/1@lan2: %+v", p)
			}
			if n.Now() > 900*time.Millisecond {
				t.Errorf("it took until %v", n.Now())
			}
			if t.Failed() {
				t.Log("\n" + rec.text())
			}
		})
	}
}

// TestTunnelPathMTU has a router between the gateways whose next link is
// smaller: it tells the gateway, which then tells the host.
func TestTunnelPathMTU(t *testing.T) {
	rec := newLog()
	n := New(rec, nil)
	for _, l := range []string{"lan1 1500", "wan1 1500", "wan2 1300", "lan2 1500"} {
		name, mtu, _ := strings.Cut(l, " ")
		var m int
		fmt.Sscan(mtu, &m)
		n.AddLink(name, m, time.Millisecond, 0)
	}
	add := func(name string, router bool, gw string, ifs ...string) {
		d := n.AddNode(name, router)
		for _, i := range ifs {
			link, prefix, _ := strings.Cut(i, " ")
			must(d.AddInterface(link, netip.MustParsePrefix(prefix)))
		}
		if gw != "" {
			d.SetGateway(netip.MustParseAddr(gw))
		}
	}
	add("pc1", false, "10.1.0.1", "lan1 10.1.0.2/24")
	add("r1", true, "192.0.2.2", "lan1 10.1.0.1/24", "wan1 192.0.2.1/24")
	add("inet", true, "", "wan1 192.0.2.2/24", "wan2 198.51.100.2/24")
	add("r2", true, "198.51.100.2", "wan2 198.51.100.1/24", "lan2 10.2.0.1/24")
	add("pc2", false, "10.2.0.1", "lan2 10.2.0.2/24")
	r1, r2 := gateways(n, true)
	r1.far, r2.far = netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("192.0.2.1")
	var x transfer
	x.start(n.Node("pc1"), n.Node("pc2"), pc2v4, 30000, 30000)
	n.Run(0)
	x.check(t, 30000, 30000)
	if t.Failed() {
		t.Fatal("\n" + rec.text())
	}
	checkOwnLink(t, rec, &x, "lan1", "lan2")
	if !has(rec.notes, "r1: the path MTU to 198.51.100.1 is 1300") || !has(rec.notes, "pc1: the path MTU to 10.2.0.2 is 1258") {
		t.Errorf("%q", rec.notes)
	}
	if t.Failed() {
		t.Log("\n" + rec.text())
	}
}

// TestHostHook protects on the hosts themselves: spans name inner packets.
func TestHostHook(t *testing.T) {
	rec := newLog()
	n, a, b := pair(rec, nil, 1500)
	a.AddHook(&tunnel{node: a, far: bob, behind: netip.MustParsePrefix("10.0.0.2/32"), df: true, overhead: 22})
	b.AddHook(&tunnel{node: b, far: alice, behind: netip.MustParsePrefix("10.0.0.1/32"), df: true, overhead: 22})
	var x transfer
	x.start(a, b, bob, 5000, 5000)
	n.Run(0)
	x.check(t, 5000, 5000)
	if t.Failed() {
		t.Fatal("\n" + rec.text())
	}
	for _, s := range x.conns[0].Received(0, 5000) {
		if !strings.HasPrefix(s.Packet, "bob/opened/") || strings.Contains(s.Packet, "@") {
			t.Errorf("received in %q", s.Packet)
		}
	}
	for _, s := range x.conns[1].Sent(0, 5000) {
		if !strings.HasPrefix(s.Packet, "alice/web/request/seg") || strings.Contains(s.Packet, "@") {
			t.Errorf("sent in %q", s.Packet)
		}
	}
	if !has(rec.drops, "alice: alice/web/request/seg1: the tunnel has room for 1458") {
		t.Errorf("%q", rec.drops)
	}
}

type verdict struct{ out, in Verdict }

func (v verdict) Outbound(time.Duration, *Packet, int) Verdict { return v.out }
func (v verdict) Inbound(time.Duration, *Packet) Verdict       { return v.in }

func TestHookVerdicts(t *testing.T) {
	for _, c := range []struct {
		name string
		hook verdict
		on   string
		drop string
	}{
		{"outbound drop", verdict{out: Verdict{Action: Drop, Why: "no policy"}}, "pc1", "pc1: pc1/ping/request1: no policy"},
		{"forwarded drop", verdict{out: Verdict{Action: Drop, Why: "no policy"}}, "r1", "r1: pc1/ping/request1: no policy"},
		{"inbound drop", verdict{in: Verdict{Action: Drop, Why: "replayed"}}, "pc2", "pc2: pc1/ping/request1: replayed"},
		{"replaced with nothing", verdict{in: Verdict{Action: Replace}}, "pc2", "replaced it with nothing"},
		{"replaced with rubbish", verdict{in: Verdict{Action: Replace, Out: &Packet{Name: "bad", Bytes: []byte{1}}}}, "pc2", "pc2: bad: IP version 0"},
		{"sent rubbish", verdict{out: Verdict{Action: Replace, Out: &Packet{Name: "bad"}}}, "pc1", "pc1: bad: no route"},
		{"pass", verdict{}, "pc2", ""},
	} {
		rec := newLog()
		n := path(rec, nil, 1500, 1500)
		n.Node(c.on).AddHook(c.hook)
		got := pings(n, pc2v4, 10, 1, false)
		if ok := len(got) == 1 && got[0].OK; ok != (c.drop == "") || c.drop != "" && !has(rec.drops, c.drop) {
			t.Errorf("%s: %+v, drops %q", c.name, got, rec.drops)
		}
	}
}
