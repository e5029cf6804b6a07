package sim

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// The states of RFC 9293, Section 3.3.2, without LISTEN, which is a listener:
//
//	           active OPEN / SYN
//	CLOSED --------------------------> SYN-SENT
//	   | (SYN to a listener) / SYN-ACK    | SYN-ACK / ACK
//	   v                                  v
//	SYN-RECEIVED ---- ACK ----------> ESTABLISHED
//	                        CLOSE / FIN |     | FIN / ACK
//	         +--------------------------+     +-----------+
//	         v                                            v
//	    FIN-WAIT-1 --- FIN / ACK ---> CLOSING        CLOSE-WAIT
//	         | ACK of FIN                | ACK of FIN     | CLOSE / FIN
//	         v                           v                v
//	    FIN-WAIT-2 --- FIN / ACK --> TIME-WAIT         LAST-ACK --- ACK of FIN --> CLOSED
type tcpState uint8

const (
	closed tcpState = iota
	synSent
	synReceived
	established
	finWait1
	finWait2
	closeWait
	closing
	lastAck
	timeWait
)

const (
	tcpHeaderLen  = 20
	initialRTO    = time.Second // RFC 6298, Section 2.1
	minRTO        = time.Second // Section 2.4
	maxRTO        = time.Minute
	delayedACK    = 40 * time.Millisecond
	timeWaitFor   = 10 * time.Second // unlike RFC 9293, Section 3.6.1 (2 MSL), because a run is short
	initialWindow = 10               // segments, RFC 6928
	receiveWindow = 1 << 18
	windowShift   = 3 // RFC 7323, Section 2
	defaultRetry  = 5
)

// tuple is what tells the connections of a node apart (its own address does
// not: a node answers for all of them with one set of ports).
type tuple struct {
	local  uint16
	remote netip.AddrPort
}

type listener struct {
	conv   string
	accept func(Conn) ConnEvents
	count  int
}

// conn is one end of a connection. Stream offsets count from the first byte
// after the SYN; a FIN takes one more after the last.
type conn struct {
	node      *Node
	name      string
	key       tuple
	localAddr netip.Addr
	state     tcpState
	ev        ConnEvents
	accept    func(Conn) ConnEvents // until a passive connection is established

	out sender
	in  receiver

	rto       time.Duration
	srtt      time.Duration
	rttvar    time.Duration
	retries   int
	synAt     time.Duration
	synRtx    int
	timer     timer // retransmission, or probe of a closed window
	ackTimer  timer
	acks      int // pure ACKs named
	expires   time.Duration
	cause     string // full name of the packet that is being handled
	toldEnd   bool
	toldClose bool
}

// Listen accepts connections to a port. conv names them; "" takes the name
// that their client gave to Dial. accept runs when one is established.
func (d *Node) Listen(conv string, port uint16, accept func(Conn) ConnEvents) error {
	if port == 0 || d.listen[port] != nil {
		return fmt.Errorf("sim: TCP port %d of %s is taken", port, d.name)
	}
	d.listen[port] = &listener{conv: conv, accept: accept}
	return nil
}

// Dial opens a connection from the node; its packets are named
// "<node>/<conv>/syn" and so on. A failure is told by ev.Failed.
func (d *Node) Dial(conv string, to netip.AddrPort, ev ConnEvents) Conn {
	src, ok := d.SourceFor(to.Addr())
	key := tuple{d.ephemeral(), to}
	for n := 0; d.tcp[key] != nil && n < 1<<14; n++ {
		key.local = d.ephemeral()
	}
	c := d.newConn(conv, key, src)
	c.ev = ev
	if !ok {
		d.net.After(0, func() { c.fail(fmt.Sprintf("no route to %s", to.Addr()), "") })
		return c
	}
	d.tcp[key] = c
	d.net.dialed[netip.AddrPortFrom(src, key.local)] = conv
	c.state = synSent
	c.sendSYN()
	return c
}

func (d *Node) newConn(name string, key tuple, local netip.Addr) *conn {
	c := &conn{node: d, name: name, key: key, localAddr: local, rto: initialRTO}
	c.timer.net, c.timer.run = d.net, c.timeout
	c.ackTimer.net, c.ackTimer.run = d.net, c.sendACK
	c.out.peerMSS = 536 // RFC 9293, Section 3.7.1
	c.out.recover = -1
	c.out.iss = d.net.isn(d.name + "/" + name + "/isn")
	return c
}

func (c *conn) Name() string           { return c.name }
func (c *conn) Local() netip.AddrPort  { return netip.AddrPortFrom(c.localAddr, c.key.local) }
func (c *conn) Remote() netip.AddrPort { return c.key.remote }

// Write queues data and sends what the windows allow. After CloseWrite, or
// once the connection failed, it does nothing.
func (c *conn) Write(label string, data []byte) {
	if c.out.finQueued || c.over() || len(data) == 0 {
		return
	}
	c.out.queue(label, data)
	c.output()
}

// CloseWrite sends FIN after what is queued.
func (c *conn) CloseWrite() {
	if c.out.finQueued || c.over() {
		return
	}
	c.out.finQueued = true
	c.output()
}

// Abort resets the connection.
func (c *conn) Abort() {
	if c.over() {
		return
	}
	if c.state != synSent {
		c.emit("rst", layers.TCP{RST: true, ACK: true, Seq: c.out.seq(c.out.nxt)}, nil)
	}
	c.remove()
}

func (c *conn) Received(off, n int) []Span { return c.in.spans.find(off, n) }
func (c *conn) Sent(off, n int) []Span     { return c.out.spans.find(off, n) }

func (c *conn) over() bool { return c.state == closed || c.state == timeWait }

func (c *conn) remove() {
	c.state = closed
	c.timer.stop()
	c.ackTimer.stop()
	if c.node.tcp[c.key] == c {
		delete(c.node.tcp, c.key)
	}
}

func (c *conn) fail(why, packet string) {
	c.remove()
	if c.ev.Failed != nil {
		c.ev.Failed(c, why, packet)
	}
}

// done tells that both directions are done.
func (c *conn) done() {
	if !c.toldClose && c.ev.Closed != nil {
		c.toldClose = true
		c.ev.Closed(c)
	}
}

// packetName gives the name of a packet of this connection.
func (c *conn) packetName(what string) string { return c.node.name + "/" + c.name + "/" + what }

// ourMSS is the largest segment that we can take, by our link (RFC 9293,
// Section 3.7.1).
func (c *conn) ourMSS() int {
	i, _, ok := c.node.route(c.key.remote.Addr())
	if !ok {
		return 536
	}
	return segmentRoom(c.localAddr, i.link.mtu)
}

func segmentRoom(addr netip.Addr, mtu int) int {
	if addr.Is4() {
		return max(mtu-40, 8)
	}
	return max(mtu-60, 8)
}

// sendSYN sends SYN, or SYN-ACK, for the first time or again.
func (c *conn) sendSYN() {
	h := layers.TCP{SYN: true, Seq: c.out.iss}
	what := "syn"
	if c.state == synReceived {
		h.ACK, what = true, "syn-ack"
	}
	mss := binary.BigEndian.AppendUint16(nil, uint16(min(c.ourMSS(), 65535)))
	h.Options = []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: mss}}
	if c.state == synSent || c.in.scaled {
		h.Options = append(h.Options,
			layers.TCPOption{OptionType: layers.TCPOptionKindNop, OptionLength: 1},
			layers.TCPOption{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{windowShift}})
	}
	if c.synRtx > 0 {
		what = fmt.Sprintf("%s/rtx%d", what, c.synRtx)
	} else {
		c.synAt = c.node.net.now
	}
	c.emit(what, h, nil)
	c.timer.set(c.node.net.now + c.rto)
}

// sendACK sends a segment without data.
func (c *conn) sendACK() {
	c.acks++
	c.emit(fmt.Sprintf("ack%d", c.acks), layers.TCP{ACK: true, Seq: c.out.seq(c.out.nxt)}, nil)
}

// emit fills in what every segment has, and sends it.
func (c *conn) emit(what string, h layers.TCP, payload []byte) (*Packet, outcome) {
	d, remote := c.node, c.key.remote
	h.SrcPort, h.DstPort = layers.TCPPort(c.key.local), layers.TCPPort(remote.Port())
	if h.ACK {
		h.Ack = c.in.ack()
		c.in.owed, c.in.now = 0, false
		c.ackTimer.stop()
	}
	h.Window = c.in.window(h.SYN)
	hdr := header{src: c.localAddr, dst: remote.Addr(), proto: protoTCP, id: uint16(d.NextID(remote.Addr(), protoTCP)), df: true}
	b, err := d.net.build(hdr, &h, gopacket.Payload(payload))
	p := &Packet{Name: c.packetName(what), Bytes: b, df: true}
	if err != nil {
		d.drop(p, err.Error())
		return p, lost
	}
	return p, d.send(p)
}

// tcpInput finds the segment's connection.
func (d *Node) tcpInput(p *Packet, dg datagram) {
	var h layers.TCP
	if err := decodeTCP(&h, dg.payload); err != nil {
		d.drop(p, err.Error())
		return
	}
	key := tuple{uint16(h.DstPort), netip.AddrPortFrom(dg.src, uint16(h.SrcPort))}
	c := d.tcp[key]
	if c != nil && c.state == timeWait && (d.net.now >= c.expires || h.SYN && !h.ACK) {
		c.remove()
		c = nil
	}
	if c != nil {
		c.cause = p.via
		c.segment(p, &h, dg.hlen+len(h.Contents))
		c.cause = ""
		return
	}
	l := d.listen[key.local]
	if l == nil || !h.SYN || h.ACK || h.RST {
		d.drop(p, fmt.Sprintf("TCP port %d has no connection for this segment", key.local))
		d.reset(dg, &h)
		return
	}
	l.count++
	name := l.conv
	if name == "" {
		name = d.net.dialed[key.remote]
	}
	if name == "" {
		name = fmt.Sprintf("tcp%d", key.local)
	}
	if l.conv != "" && l.count > 1 {
		name = fmt.Sprintf("%s-%d", l.conv, l.count)
	}
	c = d.newConn(name, key, dg.dst)
	c.accept, c.state = l.accept, synReceived
	d.tcp[key] = c
	c.options(&h)
	c.in.irs = h.Seq
	c.sendSYN()
}

// decodeTCP reads a TCP header, bad input gives an error.
func decodeTCP(h *layers.TCP, b []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the TCP header cannot be read: %v", r)
		}
	}()
	return h.DecodeFromBytes(b, gopacket.NilDecodeFeedback)
}

// reset answers a segment that belongs to no connection (RFC 9293, Section
// 3.10.7.1).
func (d *Node) reset(dg datagram, h *layers.TCP) {
	if h.RST {
		return
	}
	r := layers.TCP{SrcPort: h.DstPort, DstPort: h.SrcPort, RST: true}
	if h.ACK {
		r.Seq = h.Ack
	} else {
		r.ACK, r.Ack = true, h.Seq+segmentLen(h)
	}
	conv := d.net.dialed[netip.AddrPortFrom(dg.src, uint16(h.SrcPort))]
	if conv == "" {
		conv = d.net.dialed[netip.AddrPortFrom(dg.dst, uint16(h.DstPort))]
	}
	if conv == "" {
		conv = fmt.Sprintf("tcp%d", uint16(h.DstPort))
	}
	b, err := d.net.build(header{src: dg.dst, dst: dg.src, proto: protoTCP, id: uint16(d.NextID(dg.src, protoTCP)), df: true}, &r)
	if err != nil {
		return
	}
	d.send(&Packet{Name: d.name + "/" + conv + "/rst", Bytes: b, df: true})
}

// segmentLen is how much sequence space a segment takes.
func segmentLen(h *layers.TCP) uint32 {
	n := uint32(len(h.Payload))
	if h.SYN {
		n++
	}
	if h.FIN {
		n++
	}
	return n
}

// options takes the options of the peer's SYN.
func (c *conn) options(h *layers.TCP) {
	for _, o := range h.Options {
		switch {
		case o.OptionType == layers.TCPOptionKindMSS && len(o.OptionData) == 2:
			c.out.peerMSS = max(int(binary.BigEndian.Uint16(o.OptionData)), 8)
		case o.OptionType == layers.TCPOptionKindWindowScale && len(o.OptionData) == 1:
			c.in.scaled = true
			c.out.shift = min(o.OptionData[0], 14) // RFC 7323, Section 2.3
		}
	}
	c.out.window = int(h.Window) // not scaled in a SYN
}
