package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// PingTimeout is how long a request waits for its reply.
const PingTimeout = time.Second

// PingResult is what became of one echo request.
type PingResult struct {
	Seq    int // from 1
	OK     bool
	RTT    time.Duration
	Why    string // not OK: what people read
	Other  int    // not OK, the reply brought other data than was sent: the first such byte, from 1
	MTU    int    // not OK, the packet was too big: what would have passed
	Packet string // full name of the reply, or of the ICMP error, "" for none
}

// pinger is one conversation of echo requests.
type pinger struct {
	node *Node
	conv string
	to   netip.Addr
	id   uint16
	size int
	df   bool
	cb   func(PingResult)
	open map[int]*request
}

type request struct {
	at      time.Duration
	timeout timer
}

// Ping sends count echo requests of size bytes of data, gap apart, the first
// at once. Request N is named "<node>/<conv>/requestN", its reply
// "<replier>/<conv>/replyN". df forbids fragments. cb, which may be nil, is
// called once for each request.
func (d *Node) Ping(conv string, to netip.Addr, size, count int, gap time.Duration, df bool, cb func(PingResult)) {
	d.nextEcho++
	g := &pinger{node: d, conv: conv, to: to, id: d.nextEcho, size: max(size, 0), df: df, cb: cb, open: map[int]*request{}}
	if cb == nil {
		g.cb = func(PingResult) {}
	}
	d.echoes[g.id] = g
	for seq := 1; seq <= count; seq++ {
		d.net.After(time.Duration(seq-1)*gap, func() { g.send(seq) })
	}
}

func (g *pinger) send(seq int) {
	d := g.node
	src, ok := d.SourceFor(g.to)
	if !ok {
		g.cb(PingResult{Seq: seq, Why: fmt.Sprintf("no route to %s", g.to)})
		return
	}
	d.net.pings[flow{src, g.id}] = g.conv
	b, err := d.buildEcho(src, g.to, true, g.df, g.id, uint16(seq), g.data())
	if err != nil {
		g.cb(PingResult{Seq: seq, Why: err.Error()})
		return
	}
	r := &request{at: d.net.now}
	r.timeout.net, r.timeout.run = d.net, func() {
		g.finish(seq, PingResult{Why: fmt.Sprintf("no reply within %v", PingTimeout)})
	}
	r.timeout.set(d.net.now + PingTimeout)
	g.open[seq] = r
	d.send(&Packet{Name: fmt.Sprintf("%s/%s/request%d", d.name, g.conv, seq), Bytes: b, df: g.df})
}

// data is what every request carries.
func (g *pinger) data() []byte {
	data := make([]byte, g.size)
	for i := range data {
		data[i] = byte(i)
	}
	return data
}

func (g *pinger) finish(seq int, res PingResult) {
	r := g.open[seq]
	if r == nil {
		return
	}
	delete(g.open, seq)
	r.timeout.stop()
	res.Seq, res.RTT = seq, g.node.net.now-r.at
	g.cb(res)
}

func (d *Node) buildEcho(src, dst netip.Addr, request, df bool, id, seq uint16, data []byte) ([]byte, error) {
	if dst.Is4() {
		typ := uint8(layers.ICMPv4TypeEchoReply)
		if request {
			typ = layers.ICMPv4TypeEchoRequest
		}
		h := header{src: src, dst: dst, proto: protoICMP, id: uint16(d.NextID(dst, protoICMP)), df: df}
		return d.net.build(h, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(typ, 0), Id: id, Seq: seq}, gopacket.Payload(data))
	}
	typ := uint8(layers.ICMPv6TypeEchoReply)
	if request {
		typ = layers.ICMPv6TypeEchoRequest
	}
	return d.net.build(header{src: src, dst: dst, proto: protoICMPv6},
		&layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(typ, 0)},
		&layers.ICMPv6Echo{Identifier: id, SeqNumber: seq}, gopacket.Payload(data))
}

// echoRequest answers, with DF as the request had it.
func (d *Node) echoRequest(p *Packet, dg datagram, id, seq uint16, data []byte) {
	df := !dg.v6 && binary.BigEndian.Uint16(p.Bytes[6:])&0x4000 != 0
	b, err := d.buildEcho(dg.dst, dg.src, false, df, id, seq, data)
	if err != nil {
		d.drop(p, err.Error())
		return
	}
	conv, ok := d.net.pings[flow{dg.src, id}]
	if !ok {
		conv = fmt.Sprintf("echo%d", id)
	}
	d.send(&Packet{Name: fmt.Sprintf("%s/%s/reply%d", d.name, conv, seq), Bytes: b})
}

func (d *Node) echoReply(p *Packet, dg datagram, id, seq uint16, data []byte) {
	g := d.echoes[id]
	if g == nil || g.to != dg.src || g.open[int(seq)] == nil {
		d.drop(p, "an echo reply that nobody waits for")
		return
	}
	if at := firstOther(data, g.data()); at > 0 {
		g.finish(int(seq), PingResult{Why: fmt.Sprintf("the reply brought other data than was sent, from byte %d", at), Other: at, Packet: p.via})
		return
	}
	g.finish(int(seq), PingResult{OK: true, Packet: p.via})
}

// firstOther returns the first byte, from 1, in which a and b differ, 0 for
// none.
func firstOther(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n + 1
}

func (d *Node) echoError(id, seq uint16, e icmpError) {
	if g := d.echoes[id]; g != nil {
		g.finish(int(seq), PingResult{Why: e.String(), MTU: e.mtu, Packet: e.packet})
	}
}
