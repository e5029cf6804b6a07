package sim

import (
	"fmt"
	"sort"
	"time"

	"github.com/google/gopacket/layers"
)

// sender is the sending half of a connection. una, rtx and nxt are stream
// offsets: what is not acknowledged, what is to be sent again next (nxt if
// nothing is), and what has not been sent.
type sender struct {
	iss       uint32
	una       int
	rtx       int
	nxt       int
	finQueued bool
	finSent   bool

	buf    []byte // the stream from base on
	base   int
	writes []write // those not sent to their end
	segs   []seg   // in flight, in order
	spans  spanList

	peerMSS  int
	mss      int
	window   int // the peer's, bytes
	shift    uint8
	wl1, wl2 uint32 // sequence and acknowledgment numbers of the last window update

	cwnd      int
	ssthresh  int
	dupACKs   int
	recover   int // RFC 6582: nxt when the last loss was found
	inRecover bool
}

// write is one call of Conn.Write.
type write struct {
	label string
	end   int
	segs  int
}

// seg is a segment in flight.
type seg struct {
	off, n int
	fin    bool
	psh    bool
	again  bool // was sent again
	at     time.Duration
	name   *segName
}

// segName is shared by the parts of a segment that was cut since.
type segName struct {
	name string
	rtx  int
}

func (s *sender) seq(off int) uint32 { return s.iss + 1 + uint32(off) }
func (s *sender) end() int           { return s.base + len(s.buf) }

func (s *sender) queue(label string, data []byte) {
	s.buf = append(s.buf, data...)
	s.writes = append(s.writes, write{label: label, end: s.end()})
}

// find returns the index of the segment that holds off, len(segs) if none does.
func (s *sender) find(off int) int {
	return sort.Search(len(s.segs), func(i int) bool { return s.segs[i].off+s.segs[i].n > off })
}

// trim forgets what is acknowledged. It returns when the newest segment that
// was sent once only left, for a round-trip time.
func (s *sender) trim() (sample time.Duration, ok bool) {
	k := 0
	for ; k < len(s.segs) && s.segs[k].off+s.segs[k].n <= s.una; k++ {
		if g := &s.segs[k]; !g.again {
			sample, ok = g.at, true
		} else {
			ok = false // Karn's algorithm
		}
	}
	s.segs = s.segs[k:]
	if done := min(s.una, s.end()) - s.base; done > 1<<16 && done > len(s.buf)/2 {
		s.buf = s.buf[:copy(s.buf, s.buf[done:])]
		s.base += done
	}
	return sample, ok
}

// canSend tells whether the state allows data or a FIN, new or again.
func (c *conn) canSend() bool {
	switch c.state {
	case established, closeWait, finWait1, closing, lastAck:
		return true
	}
	return false
}

// resize sets the segment size by what the path is known to carry.
func (c *conn) resize() {
	s := &c.out
	s.mss = s.peerMSS
	if mtu := c.node.room(c.key.remote.Addr()); mtu > 0 {
		s.mss = min(s.mss, segmentRoom(c.localAddr, mtu))
	}
	if s.cwnd == 0 {
		s.cwnd, s.ssthresh = initialWindow*s.mss, 1<<30
	}
}

// output sends what the windows allow: first what is lost, then what is new. A
// segment never spans two writes.
func (c *conn) output() {
	s := &c.out
	for c.canSend() {
		c.resize()
		limit := s.una + min(s.cwnd, s.window)
		switch {
		case s.rtx < s.nxt:
			n := s.cut(s.rtx)
			if s.rtx > s.una && s.rtx+n > limit {
				c.watch()
				return
			}
			c.resend(s.rtx)
			s.rtx += n
		case s.nxt < s.end():
			n := min(s.writes[0].end-s.nxt, s.mss)
			if s.nxt+n > limit {
				if n = limit - s.nxt; n <= 0 || s.una < s.nxt {
					c.watch()
					return
				}
			}
			c.sendNew(n)
		case s.finQueued && !s.finSent:
			c.sendFIN()
		default:
			c.watch()
			return
		}
	}
}

// watch sets the timer while something is in flight, or waits for a window
// that is closed.
func (c *conn) watch() {
	s := &c.out
	if waits := s.una < s.nxt || s.nxt < s.end(); !waits {
		c.timer.stop()
	} else if !c.timer.armed {
		c.timer.set(c.node.net.now + c.rto)
	}
}

func (c *conn) sendNew(n int) {
	s := &c.out
	w := &s.writes[0]
	w.segs++
	g := seg{off: s.nxt, n: n, psh: s.nxt+n == w.end, at: c.node.net.now}
	g.name = &segName{name: fmt.Sprintf("%s/seg%d", w.label, w.segs)}
	s.segs = append(s.segs, g)
	s.nxt += n
	s.rtx = s.nxt
	if s.nxt == w.end {
		s.writes = s.writes[1:]
	}
	c.sendSeg(&g, g.name.name)
}

func (c *conn) sendFIN() {
	s := &c.out
	s.finSent = true
	g := seg{off: s.nxt, n: 1, fin: true, at: c.node.net.now, name: &segName{name: "fin"}}
	s.segs = append(s.segs, g)
	s.nxt++
	s.rtx = s.nxt
	switch c.state {
	case established:
		c.state = finWait1
	case closeWait:
		c.state = lastAck
	}
	c.sendSeg(&g, "fin")
}

// cut makes the segment at off begin there and take the whole segment size, as
// far as its write goes; it returns its length.
func (s *sender) cut(off int) int {
	i := s.find(off)
	g := &s.segs[i]
	if g.off < off {
		s.split(i, off-g.off)
		i++
		g = &s.segs[i]
	}
	if g.n > s.mss && !g.fin {
		s.split(i, s.mss)
	}
	for s.segs[i].n < s.mss && !s.segs[i].psh && i+1 < len(s.segs) && !s.segs[i+1].fin {
		s.merge(i)
	}
	return s.segs[i].n
}

// merge fills segment i with what the next one has.
func (s *sender) merge(i int) {
	g, next := &s.segs[i], &s.segs[i+1]
	n := min(s.mss-g.n, next.n)
	g.n, next.off, next.n = g.n+n, next.off+n, next.n-n
	if next.n == 0 {
		g.psh = next.psh
		s.segs = append(s.segs[:i+1], s.segs[i+2:]...)
	}
}

func (s *sender) split(i, n int) {
	s.segs = append(s.segs, seg{})
	copy(s.segs[i+1:], s.segs[i:])
	a, b := &s.segs[i], &s.segs[i+1]
	b.off, b.n = a.off+n, a.n-n
	a.n, a.psh = n, false
}

// resend sends the segment at off, which cut has made, again.
func (c *conn) resend(off int) {
	g := &c.out.segs[c.out.find(off)]
	g.again = true
	g.name.rtx++
	c.sendSeg(g, fmt.Sprintf("%s/rtx%d", g.name.name, g.name.rtx))
}

func (c *conn) sendSeg(g *seg, name string) {
	s := &c.out
	var data []byte
	if !g.fin {
		data = s.buf[g.off-s.base : g.off-s.base+g.n]
	}
	off := g.off
	p, what := c.emit(name, layers.TCP{ACK: true, PSH: g.psh, FIN: g.fin, Seq: s.seq(off)}, data)
	if what != lost && len(data) > 0 {
		s.spans.add(off, len(data), p.ref(), len(p.Bytes)-len(data))
	}
}

// acknowledged handles an ACK that moves una to off.
func (c *conn) acknowledged(off int) {
	s := &c.out
	n := off - s.una
	s.una = off
	s.rtx = max(s.rtx, off)
	s.dupACKs = 0
	c.retries = 0
	if at, ok := s.trim(); ok {
		c.measure(c.node.net.now - at)
	} else {
		c.measured() // progress ends the back-off
	}
	switch {
	case s.inRecover && off >= s.recover:
		s.inRecover = false
		s.cwnd = s.ssthresh
	case s.inRecover: // a partial ACK: the next is lost too (RFC 6582, Section 3.2)
		s.cwnd = max(s.cwnd-n, 0) + s.mss
		if s.una < s.nxt && s.rtx == s.nxt {
			s.cut(s.una)
			c.resend(s.una)
		}
	case s.cwnd < s.ssthresh:
		s.cwnd += min(n, 2*s.mss) // RFC 3465: half the segments have an ACK of their own
	default:
		s.cwnd += max(s.mss*s.mss/max(s.cwnd, 1), 1)
	}
	if s.una < s.nxt {
		c.timer.set(c.node.net.now + c.rto)
	} else {
		c.timer.stop()
	}
}

// duplicate counts an ACK that moves nothing; the third tells a loss (RFC
// 5681, Section 3.2).
func (c *conn) duplicate() {
	s := &c.out
	s.dupACKs++
	switch {
	case s.inRecover:
		s.cwnd += s.mss
	case s.dupACKs == 3 && s.una > s.recover && s.rtx == s.nxt:
		s.ssthresh = max((s.nxt-s.una)/2, 2*s.mss)
		s.recover, s.inRecover = s.nxt, true
		s.cut(s.una)
		c.node.note(c.cause, "three duplicate ACKs: %s is lost and sent again", c.packetName(s.segs[0].name.name))
		c.resend(s.una)
		s.cwnd = s.ssthresh + 3*s.mss
		c.timer.set(c.node.net.now + c.rto)
	}
}

// timeout runs when nothing was acknowledged in time.
func (c *conn) timeout() {
	s := &c.out
	limit := c.node.net.Retries
	if limit == 0 {
		limit = defaultRetry
	}
	if c.retries++; c.retries > limit {
		c.fail(fmt.Sprintf("no acknowledgment after %d retransmissions", limit), "")
		return
	}
	c.rto = min(2*c.rto, maxRTO) // RFC 6298, Section 5.5
	if c.state == synSent || c.state == synReceived {
		c.synRtx++
		c.sendSYN()
		return
	}
	if s.una == s.nxt { // the peer's window is closed: probe it (RFC 9293, Section 3.8.6.1)
		if s.nxt < s.end() {
			c.sendNew(1)
			c.timer.set(c.node.net.now + c.rto)
		}
		return
	}
	s.ssthresh = max((s.nxt-s.una)/2, 2*s.mss)
	s.cwnd = s.mss
	s.recover, s.inRecover, s.dupACKs = s.nxt, false, 0
	s.rtx = s.una
	c.node.note("", "no ACK within %v: %s is sent again", c.rto/2, c.packetName(s.segs[0].name.name))
	c.timer.stop()
	c.output()
}

// measure takes a round-trip time (RFC 6298, Section 2).
func (c *conn) measure(r time.Duration) {
	if c.srtt == 0 {
		c.srtt, c.rttvar = max(r, 1), r/2
	} else {
		c.rttvar = (3*c.rttvar + (c.srtt - r).Abs()) / 4
		c.srtt = (7*c.srtt + r) / 8
	}
	c.measured()
}

func (c *conn) measured() {
	c.rto = initialRTO
	if c.srtt > 0 {
		c.rto = min(max(c.srtt+max(4*c.rttvar, time.Millisecond), minRTO), maxRTO)
	}
}

// tcpError tells a connection of an ICMP error about its segment at seq.
func (d *Node) tcpError(key tuple, seq uint32, e icmpError) {
	c := d.tcp[key]
	if c == nil {
		return
	}
	s := &c.out
	if c.state == synSent {
		if e.mtu == 0 && seq == s.iss {
			c.fail("ICMP: "+e.String(), e.packet)
		}
		return
	}
	off := s.una + int(int32(seq-s.seq(s.una)))
	if off < s.una || off >= s.nxt { // RFC 5927, Section 4.1: not ours, or old
		return
	}
	if e.mtu == 0 {
		d.note(e.packet, "ICMP: %v; the connection goes on", e)
		return
	}
	c.resize()
	if g := s.segs[s.find(off)]; g.n > s.mss {
		d.note(e.packet, "segments to %s carry %d bytes from now on", c.key.remote.Addr(), s.mss)
		s.rtx = min(s.rtx, max(off, s.una))
		s.inRecover = false
		c.output()
	}
}
