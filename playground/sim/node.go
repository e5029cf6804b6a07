package sim

import (
	"fmt"
	"net/netip"
	"sort"

	"cipherglass/playground/trace"
)

// Node is a host or a router.
type Node struct {
	net    *Net
	name   string
	router bool
	ifaces []*iface
	routes []route // longest prefix first
	hooks  []Hook

	pmtu  map[netip.Addr]int // path MTUs learnt from ICMP
	inner map[netip.Addr]int // what the node's hooks let through, for their overhead
	ids   map[idFlow]uint32  // last IP identification used
	reasm reassembly

	echoes   map[uint16]*pinger
	nextEcho uint16
	udp      map[uint16]*UDPSocket
	tcp      map[tuple]*conn
	listen   map[uint16]*listener
	nextPort uint16
}

type route struct {
	to  netip.Prefix
	via netip.Addr
}

// idFlow is what IP identifications are unique for (RFC 791, Section 3.1).
type idFlow struct {
	dst   netip.Addr
	proto uint8
}

func newNode(n *Net, name string, router bool) *Node {
	d := &Node{
		net: n, name: name, router: router,
		pmtu: map[netip.Addr]int{}, inner: map[netip.Addr]int{}, ids: map[idFlow]uint32{},
		echoes: map[uint16]*pinger{}, udp: map[uint16]*UDPSocket{},
		tcp: map[tuple]*conn{}, listen: map[uint16]*listener{},
		nextPort: 49152,
	}
	d.reasm.node = d
	return d
}

// Name returns the node's name.
func (d *Node) Name() string { return d.name }

// AddInterface joins the node to a link; prefix is its address, with the
// network's prefix length.
func (d *Node) AddInterface(link string, prefix netip.Prefix) error {
	l := d.net.links[link]
	if l == nil {
		return fmt.Errorf("sim: node %s: no link %q", d.name, link)
	}
	if !prefix.IsValid() {
		return fmt.Errorf("sim: node %s: no valid address on link %s", d.name, link)
	}
	if other := l.find(prefix.Addr()); other != nil {
		return fmt.Errorf("sim: %s and %s both have %s on link %s", other.node.name, d.name, prefix.Addr(), link)
	}
	i := &iface{node: d, link: l, prefix: prefix}
	l.ifaces = append(l.ifaces, i)
	d.ifaces = append(d.ifaces, i)
	return nil
}

// SetGateway sets the default route's next hop.
func (d *Node) SetGateway(via netip.Addr) {
	if via.Is4() {
		d.AddRoute(netip.PrefixFrom(netip.IPv4Unspecified(), 0), via)
	} else {
		d.AddRoute(netip.PrefixFrom(netip.IPv6Unspecified(), 0), via)
	}
}

// AddRoute adds a static route.
func (d *Node) AddRoute(to netip.Prefix, via netip.Addr) {
	d.routes = append(d.routes, route{to.Masked(), via})
	sort.SliceStable(d.routes, func(i, j int) bool { return d.routes[i].to.Bits() > d.routes[j].to.Bits() })
}

// AddHook adds a hook after those that the node has.
func (d *Node) AddHook(h Hook) { d.hooks = append(d.hooks, h) }

// Addrs returns the node's addresses, in the order of its interfaces.
func (d *Node) Addrs() []netip.Addr {
	var list []netip.Addr
	for _, i := range d.ifaces {
		list = append(list, i.prefix.Addr())
	}
	return list
}

// PathMTU is the largest packet that the node believes to reach dst: the
// smaller of its link's MTU and what ICMP told it; 0 without a route.
func (d *Node) PathMTU(dst netip.Addr) int {
	i, _, ok := d.route(dst)
	if !ok {
		return 0
	}
	return d.pathMTU(i, dst)
}

// room is the largest packet that a transport of the node may send to dst, so
// that it reaches it after the hooks added theirs.
func (d *Node) room(dst netip.Addr) int {
	mtu := d.PathMTU(dst)
	if inner, ok := d.inner[dst]; ok {
		return min(mtu, inner)
	}
	return mtu
}

func (d *Node) pathMTU(i *iface, dst netip.Addr) int {
	if learnt, ok := d.pmtu[dst]; ok {
		return min(learnt, i.link.mtu)
	}
	return i.link.mtu
}

// NextID returns the identification of the next datagram to dst, for hooks
// that build IP headers; IPv4 uses its low 16 bits.
func (d *Node) NextID(dst netip.Addr, proto uint8) uint32 {
	d.ids[idFlow{dst, proto}]++
	return d.ids[idFlow{dst, proto}]
}

// SourceFor returns the node's address that packets to dst carry.
func (d *Node) SourceFor(dst netip.Addr) (netip.Addr, bool) {
	if d.owns(dst) {
		return dst, true
	}
	i, _, ok := d.route(dst)
	if !ok {
		return netip.Addr{}, false
	}
	return i.prefix.Addr(), true
}

func (d *Node) owns(a netip.Addr) bool {
	for _, i := range d.ifaces {
		if i.prefix.Addr() == a {
			return true
		}
	}
	return false
}

// route finds the interface and the next hop for dst.
func (d *Node) route(dst netip.Addr) (i *iface, next netip.Addr, ok bool) {
	var best *iface
	for _, i := range d.ifaces {
		if i.prefix.Contains(dst) && (best == nil || i.prefix.Bits() > best.prefix.Bits()) {
			best = i
		}
	}
	for _, r := range d.routes {
		if !r.to.Contains(dst) || best != nil && r.to.Bits() <= best.prefix.Bits() {
			continue
		}
		for _, i := range d.ifaces {
			if i.prefix.Contains(r.via) {
				return i, r.via, true
			}
		}
	}
	return best, dst, best != nil
}

func (d *Node) drop(p *Packet, why string) {
	d.net.rec.NoteDrop(d.net.now, d.name, p, p.via, why)
}

func (d *Node) note(on, format string, args ...any) {
	d.net.rec.Note(d.net.now, d.name, on, fmt.Sprintf(format, args...))
}

// outcome is what became of a packet that the node sent.
type outcome uint8

const (
	lost     outcome = iota // dropped, noted
	sent                    // on its link, or in the queue before it; p.Full is set
	replaced                // a hook's packet went in its place
)

// send routes a packet of the node's own.
func (d *Node) send(p *Packet) outcome { return d.output(p, nil, 0) }

// output routes p through the hooks from the given one on. arrived is the
// interface by which a forwarded packet came, nil for the node's own.
func (d *Node) output(p *Packet, arrived *iface, hook int) outcome {
	dst := destination(p.Bytes)
	if d.owns(dst) {
		d.net.After(0, func() { d.input(nil, p, 0) })
		return sent
	}
	out, next, ok := d.route(dst)
	if !ok {
		d.drop(p, fmt.Sprintf("no route to %s", dst))
		d.unreachable(p, arrived, noRoute)
		return lost
	}
	mtu := d.pathMTU(out, dst)
	for ; hook < len(d.hooks); hook++ {
		v := d.hooks[hook].Outbound(d.net.now, p, mtu)
		switch v.Action {
		case Pass:
			continue
		case Drop:
			d.drop(p, v.Why)
			return lost
		case TooBig:
			d.drop(p, v.Why)
			d.tooBig(p, arrived, v.MTU)
			return lost
		}
		if v.Out == nil {
			d.drop(p, "a hook replaced it with nothing")
			return lost
		}
		q := child(v.Out, p)
		if d.output(q, nil, hook+1) == lost {
			return lost
		}
		return replaced
	}
	to := out.link.find(next)
	if to == nil {
		d.drop(p, fmt.Sprintf("nobody on %s has the address %s", out.link.name, next))
		d.unreachable(p, arrived, noHost)
		return lost
	}
	if arrived != nil {
		mtu = out.link.mtu // a router forwards by its link alone
	}
	if len(p.Bytes) <= mtu {
		return d.put(p, out, to)
	}
	return d.outputLarge(p, arrived, out, to, mtu)
}

// put gives p its name and hands it to the link.
func (d *Node) put(p *Packet, out, to *iface) outcome {
	if why := out.full(); why != "" {
		d.drop(p, why)
		return lost
	}
	p.Full = d.net.fullName(p.Name, out.link.name)
	out.send(p, to)
	return sent
}

// outputLarge fragments p, or tells its sender that it may not.
func (d *Node) outputLarge(p *Packet, arrived, out, to *iface, mtu int) outcome {
	dg, err := parse(p.Bytes)
	if err != nil {
		d.drop(p, err.Error())
		return lost
	}
	if !dg.v6 && dg.df || dg.v6 && (arrived != nil || p.df) {
		why := "and DF is set"
		if dg.v6 {
			why = "and only the source of an IPv6 packet may fragment it"
		}
		d.drop(p, fmt.Sprintf("%d bytes are more than the MTU of %d towards %s, %s", len(p.Bytes), mtu, dg.dst, why))
		d.tooBig(p, arrived, mtu)
		return lost
	}
	pieces, err := d.fragment(p, dg, mtu)
	if err != nil {
		d.drop(p, err.Error())
		return lost
	}
	p.Full = d.net.fullName(p.Name, out.link.name)
	d.net.rec.Sent(d.net.now, out.link.name, d.name, to.node.name, p)
	d.net.rec.Fate(d.net.now, p.Full, trace.Fragmented, fmt.Sprintf("%d bytes are more than the MTU of %d: %d fragments", len(p.Bytes), mtu, len(pieces)), 0)
	for _, f := range pieces {
		f.Parent = p.Full
		d.put(f, out, to)
	}
	return sent
}

// receive takes a packet from a link.
func (d *Node) receive(in *iface, p *Packet) {
	p.via = p.Full
	d.input(in, p, 0)
}

// input delivers p if it is for the node, forwards it otherwise.
func (d *Node) input(in *iface, p *Packet, hook int) {
	dg, err := parse(p.Bytes)
	if err != nil {
		d.drop(p, err.Error())
		return
	}
	if d.owns(dg.dst) {
		d.local(in, p, dg, hook)
		return
	}
	if !d.router {
		d.drop(p, fmt.Sprintf("%s is not an address of this host", dg.dst))
		return
	}
	d.forward(in, p, dg)
}

func (d *Node) forward(in *iface, p *Packet, dg datagram) {
	if dg.ttl <= 1 {
		d.drop(p, "its TTL (hop limit) is used up")
		d.timeExceeded(p, in, 0)
		return
	}
	b := append([]byte(nil), p.Bytes[:dg.total]...)
	if dg.v6 {
		b[7]--
	} else {
		b[8]--
		fixHeader4(b[:dg.hlen])
	}
	q := &Packet{Name: p.Name, Parent: p.parent(), Bytes: b, via: p.via, whole: p.whole}
	d.output(q, in, 0)
}

// local takes a packet for the node through reassembly and the hooks from the
// given one on, to its transport.
func (d *Node) local(in *iface, p *Packet, dg datagram, hook int) {
	if dg.frag {
		if p, dg = d.reasm.add(p, dg); p == nil {
			return
		}
	}
	for ; hook < len(d.hooks); hook++ {
		v := d.hooks[hook].Inbound(d.net.now, p)
		switch v.Action {
		case Pass:
			continue
		case Replace:
			if v.Out == nil {
				d.drop(p, "a hook replaced it with nothing")
				return
			}
			d.input(in, child(v.Out, p), hook+1)
			return
		}
		d.drop(p, v.Why)
		return
	}
	d.deliver(in, p, dg)
}

// deliver hands a datagram to its transport.
func (d *Node) deliver(in *iface, p *Packet, dg datagram) {
	if got, want, ok := checkTransport(dg.proto, addrs(p.Bytes), dg.payload); !ok {
		d.drop(p, fmt.Sprintf("%s checksum wrong: 0x%04x in the packet, 0x%04x computed", protoName(dg.proto), got, want))
		return
	}
	switch {
	case dg.proto == protoICMP && !dg.v6:
		d.icmp4(p, dg)
	case dg.proto == protoICMPv6 && dg.v6:
		d.icmp6(p, dg)
	case dg.proto == protoUDP:
		d.udpInput(p, dg)
	case dg.proto == protoTCP:
		d.tcpInput(p, dg)
	default:
		d.drop(p, fmt.Sprintf("nobody here speaks %s", protoName(dg.proto)))
		d.unreachable(p, in, noProtocol)
	}
}

// child fills in what a hook's packet has of the one it was made of.
func child(out, of *Packet) *Packet {
	q := *out
	if q.Parent == "" {
		q.Parent = of.parent()
	}
	if q.Name == "" {
		q.Name = of.Name
	}
	q.Full, q.via, q.whole = "", of.via, ""
	return &q
}

// parent is what the packet's children name as their parent: the packet on the
// link that brought it.
func (p *Packet) parent() string {
	if p.via != "" {
		return p.via
	}
	return p.Parent
}

// ref is how spans call the packet.
func (p *Packet) ref() string {
	if p.Full != "" {
		return p.Full
	}
	return p.Name
}

// addrs returns source and destination as they stand in a parsed header.
func addrs(b []byte) []byte {
	if b[0]>>4 == 4 {
		return b[12:20]
	}
	return b[8:40]
}

func protoName(proto uint8) string {
	switch proto {
	case protoICMP:
		return "ICMP"
	case protoICMPv6:
		return "ICMPv6"
	case protoTCP:
		return "TCP"
	case protoUDP:
		return "UDP"
	case protoESP:
		return "ESP"
	case protoAH:
		return "AH"
	}
	return fmt.Sprintf("IP protocol %d", proto)
}
