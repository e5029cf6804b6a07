package sim

import (
	"fmt"
	"net/netip"
	"time"

	"cipherglass/playground/trace"
)

// Link joins two or more interfaces. Each sender has its own direction of it:
// a first-in-first-out queue that empties at the link's bandwidth.
type Link struct {
	// QueueLimit is how many packets wait at most for each sender; 0 for no
	// limit.
	QueueLimit int

	net    *Net
	name   string
	mtu    int
	delay  time.Duration
	bps    int
	ifaces []*iface
}

// iface is a node's end of a link.
type iface struct {
	node   *Node
	link   *Link
	prefix netip.Prefix // the node's address, with the network's length

	waiting []waiting
	freeAt  time.Duration // when the last bit of what was sent has left
	asleep  bool          // an event will send the next that waits
}

// waiting is a packet in a queue, and who is to have it.
type waiting struct {
	p  *Packet
	to *iface
}

func (l *Link) find(addr netip.Addr) *iface {
	for _, i := range l.ifaces {
		if i.prefix.Addr() == addr {
			return i
		}
	}
	return nil
}

// full tells why the queue takes no more, "" if it does.
func (i *iface) full() string {
	if limit := i.link.QueueLimit; limit > 0 && len(i.waiting) >= limit {
		return fmt.Sprintf("the queue to %s is full: %d packets wait", i.link.name, limit)
	}
	return ""
}

// send puts p, which has its full name, on the link, or in the queue before
// it.
func (i *iface) send(p *Packet, to *iface) {
	if i.freeAt <= i.link.net.now && len(i.waiting) == 0 {
		i.transmit(p, to)
		return
	}
	i.waiting = append(i.waiting, waiting{p, to})
	if !i.asleep {
		i.asleep = true
		i.link.net.At(i.freeAt, i.wake)
	}
}

func (i *iface) wake() {
	i.asleep = false
	for len(i.waiting) > 0 && i.freeAt <= i.link.net.now {
		w := i.waiting[0]
		i.waiting[0] = waiting{}
		i.waiting = i.waiting[1:]
		i.transmit(w.p, w.to)
	}
	if len(i.waiting) > 0 {
		i.asleep = true
		i.link.net.At(i.freeAt, i.wake)
	}
}

// transmit begins to send p: its first bit leaves now.
func (i *iface) transmit(p *Packet, to *iface) {
	n, l := i.link.net, i.link
	if !n.count(len(p.Bytes)) {
		return
	}
	n.rec.Sent(n.now, l.name, i.node.name, to.node.name, p)
	if n.tamper == nil {
		i.carry(p, to)
		return
	}
	out, why, again := n.tamper(n.now, l.name, i.node.name, p)
	switch {
	case out == nil:
		i.freeAt = n.now + l.serialisation(len(p.Bytes))
		n.rec.Fate(n.now, p.Full, trace.Dropped, why, 0)
		out = p
	case out == p:
		i.carry(p, to)
	default:
		n.rec.Fate(n.now, p.Full, trace.Rewritten, why, 0)
		q := *out
		if q.Name == "" || q.Name == p.Name {
			q.Name = p.Name + "/tampered"
		}
		q.Parent, q.whole, q.df = p.Full, p.whole, p.df
		q.Full = n.fullName(q.Name, l.name)
		out = &q
		if !n.count(len(q.Bytes)) {
			return
		}
		n.rec.Sent(n.now, l.name, i.node.name, to.node.name, out)
		i.carry(out, to)
	}
	if again > 0 {
		n.After(again, func() { i.repeat(out, to) })
	}
}

// carry takes p over the link; its fate is told when its last bit arrives.
func (i *iface) carry(p *Packet, to *iface) {
	n, l := i.link.net, i.link
	i.freeAt = n.now + l.serialisation(len(p.Bytes))
	if len(p.Bytes) > l.mtu {
		n.rec.Fate(n.now, p.Full, trace.Dropped, fmt.Sprintf("%s: %d bytes are more than the link's MTU of %d", l.name, len(p.Bytes), l.mtu), 0)
		return
	}
	n.At(i.freeAt+l.delay, func() {
		n.rec.Fate(n.now, p.Full, trace.Delivered, "", n.now)
		to.node.receive(to, p)
	})
}

// repeat sends a copy of p.
func (i *iface) repeat(p *Packet, to *iface) {
	n := i.link.net
	q := *p
	q.Name = p.Name + "/dup1"
	q.Parent, q.Full = p.Full, ""
	if why := i.full(); why != "" {
		n.rec.NoteDrop(n.now, i.node.name, &q, "", why)
		return
	}
	q.Full = n.fullName(q.Name, i.link.name)
	i.send(&q, to)
}

// serialisation is the time that size bytes take to leave.
func (l *Link) serialisation(size int) time.Duration {
	if l.bps <= 0 {
		return 0
	}
	return time.Duration(int64(size) * 8 * int64(time.Second) / int64(l.bps))
}
