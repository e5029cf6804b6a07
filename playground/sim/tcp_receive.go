package sim

import (
	"fmt"
	"sort"

	"github.com/google/gopacket/layers"
)

// receiver is the receiving half of a connection.
type receiver struct {
	irs    uint32
	got    int // stream offset up to which all has come
	fin    int // offset of the peer's FIN, 0 while not seen
	hasFIN bool
	ended  bool // the FIN's turn came
	scaled bool
	early  []early // past a gap, in order, not overlapping
	spans  spanList
	owed   int  // segments with data that were not acknowledged
	now    bool // an ACK is due at once
}

// early is data that came before what precedes it.
type early struct {
	off    int
	data   []byte
	packet string
	at     int // where data stands in the packet
}

func (r *receiver) ack() uint32 {
	n := uint32(r.got)
	if r.ended {
		n++
	}
	return r.irs + 1 + n
}

func (r *receiver) window(syn bool) uint16 {
	switch {
	case syn:
		return 65535
	case r.scaled:
		return receiveWindow >> windowShift
	}
	return 65535
}

func (r *receiver) size() int {
	if r.scaled {
		return receiveWindow
	}
	return 65535
}

// segment handles one segment (RFC 9293, Section 3.10.7); at is where its data
// begins in p.
func (c *conn) segment(p *Packet, h *layers.TCP, at int) {
	if c.state == synSent {
		c.segmentSynSent(p, h)
		return
	}
	r := &c.in
	n := len(h.Payload)
	off := r.got + int(int32(h.Seq-(r.irs+1+uint32(r.got))))
	next := r.got
	if r.ended {
		next++
	}
	space := n
	if h.SYN || h.FIN {
		space++
	}
	if off > next+r.size() || off+space < next || space > 0 && off+space == next || space > 0 && off >= next+r.size() {
		c.unacceptable(p, h)
		return
	}
	switch {
	case h.RST && c.state == timeWait:
		c.node.drop(p, "a RST in TIME-WAIT is ignored (RFC 1337, Section 3)")
		return
	case h.RST && off == next:
		c.fail("the peer reset the connection", p.via)
		return
	case h.RST, h.SYN: // RFC 5961, Sections 3 and 4: a challenge ACK
		c.node.drop(p, "a RST or SYN that does not fit the connection")
		c.sendACK()
		return
	case !h.ACK:
		c.node.drop(p, "a segment without ACK")
		return
	}
	if !c.acknowledge(p, h) {
		return
	}
	if n > 0 || h.FIN {
		c.data(p, h, off, at)
	}
	if c.state == closed {
		return
	}
	c.output()
	if c.state != closed && (r.now || r.owed >= 2) {
		c.sendACK()
	} else if r.owed > 0 && !c.ackTimer.armed {
		c.ackTimer.set(c.node.net.now + delayedACK)
	}
}

// unacceptable answers a segment outside the window with an ACK.
func (c *conn) unacceptable(p *Packet, h *layers.TCP) {
	switch {
	case h.RST:
		c.node.drop(p, "a RST outside the window")
	case c.state == synReceived && h.SYN && !h.ACK && h.Seq == c.in.irs: // SYN again: its answer was lost
		c.synRtx++
		c.sendSYN()
	default:
		if len(h.Payload) > 0 {
			c.node.note(p.via, "TCP: this data was here already")
		}
		c.sendACK()
		if h.ACK && c.state != synReceived { // it may still acknowledge something
			c.acknowledge(p, h)
			if c.state != closed {
				c.output()
			}
		}
	}
}

func (c *conn) segmentSynSent(p *Packet, h *layers.TCP) {
	fits := h.ACK && h.Ack == c.out.iss+1
	switch {
	case h.RST && fits:
		c.fail("the peer refused the connection (RST)", p.via)
	case h.RST, h.ACK && !fits, !h.SYN:
		c.node.drop(p, "a segment that does not answer the SYN")
		if h.ACK && !h.RST && !fits {
			c.emit("rst", layers.TCP{RST: true, Seq: h.Ack}, nil)
		}
	case !h.ACK: // both ends opened at once
		c.in.irs = h.Seq
		c.options(h)
		c.state = synReceived
		c.synRtx = 0
		c.sendSYN()
	default:
		c.in.irs = h.Seq
		c.options(h)
		c.establish(p, h)
		if c.state == closed {
			return
		}
		c.output()
		if c.out.nxt == 0 || c.in.owed > 0 { // data took the ACK with it, if any was sent
			c.sendACK()
		}
	}
}

// establish moves to ESTABLISHED by h, which acknowledges our SYN.
func (c *conn) establish(p *Packet, h *layers.TCP) {
	c.state = established
	c.timer.stop()
	c.retries = 0
	if c.synRtx == 0 {
		c.measure(c.node.net.now - c.synAt)
	} else {
		c.measured()
	}
	c.out.wl1, c.out.wl2 = h.Seq, h.Ack
	if !h.SYN {
		c.out.window = int(h.Window) << c.scale()
	}
	if c.accept != nil {
		c.ev = c.accept(c)
		c.accept = nil
	}
	if c.ev.Connected != nil && c.state == established {
		c.ev.Connected(c, p.via)
	}
}

func (c *conn) scale() uint8 {
	if c.in.scaled {
		return c.out.shift
	}
	return 0
}

// acknowledge handles the acknowledgment; it returns false when the segment goes no
// further.
func (c *conn) acknowledge(p *Packet, h *layers.TCP) bool {
	s := &c.out
	if c.state == synReceived {
		if h.Ack != s.iss+1 {
			c.node.drop(p, "it acknowledges what was not sent")
			c.emit("rst", layers.TCP{RST: true, Seq: h.Ack}, nil)
			return false
		}
		c.establish(p, h)
		return c.state != closed
	}
	off := s.una + int(int32(h.Ack-s.seq(s.una)))
	if off > s.nxt {
		c.node.drop(p, "it acknowledges what was not sent")
		c.sendACK()
		return false
	}
	window := int(h.Window) << c.scale()
	switch {
	case off > s.una:
		c.acknowledged(off)
	case off == s.una && s.una < s.nxt && len(h.Payload) == 0 && !h.FIN && window == s.window:
		c.duplicate()
	}
	if off >= 0 && (int32(h.Seq-s.wl1) > 0 || h.Seq == s.wl1 && int32(h.Ack-s.wl2) >= 0) {
		s.window, s.wl1, s.wl2 = window, h.Seq, h.Ack
	}
	if s.finSent && s.una == s.nxt {
		c.finAcknowledged()
	}
	return c.state != closed
}

func (c *conn) finAcknowledged() {
	switch c.state {
	case finWait1:
		c.state = finWait2
	case closing:
		c.wait()
	case lastAck:
		c.remove()
		c.done()
	}
}

// wait enters TIME-WAIT, which ends when somebody looks after its time.
func (c *conn) wait() {
	c.state = timeWait
	c.timer.stop()
	c.expires = c.node.net.now + timeWaitFor
	c.done()
}

// data takes a segment's data and FIN.
func (c *conn) data(p *Packet, h *layers.TCP, off, at int) {
	r := &c.in
	if h.FIN && !r.hasFIN {
		r.hasFIN, r.fin = true, off+len(h.Payload)
	}
	data := h.Payload
	if over := off + len(data) - (r.got + r.size()); over > 0 {
		data = data[:len(data)-over]
	}
	if r.hasFIN && off+len(data) > r.fin {
		data = data[:max(r.fin-off, 0)]
	}
	if skip := r.got - off; skip > 0 {
		skip = min(skip, len(data))
		data, off, at = data[skip:], off+skip, at+skip
		r.now = true
	}
	if off > r.got {
		r.keep(early{off, data, p.ref(), at})
		r.now = true // RFC 5681, Section 4.2: a gap is told at once
	} else {
		r.now = r.now || len(r.early) > 0 || h.PSH // before the application answers: its data takes the ACK along
		c.take(early{off, data, p.ref(), at}, p.via)
		for c.state != closed && len(r.early) > 0 && r.early[0].off <= r.got {
			e := r.early[0]
			r.early = r.early[1:]
			if skip := r.got - e.off; skip >= len(e.data) {
				continue
			} else if skip > 0 {
				e.data, e.off, e.at = e.data[skip:], e.off+skip, e.at+skip
			}
			c.take(e, p.via)
		}
	}
	if c.state == closed || !r.hasFIN || r.ended || r.got != r.fin {
		if h.FIN && r.ended {
			r.now = true
		}
		return
	}
	r.ended, r.now = true, true
	c.ended(p)
}

// take delivers data whose turn has come.
func (c *conn) take(e early, packet string) {
	if len(e.data) == 0 {
		return
	}
	r := &c.in
	r.spans.add(e.off, len(e.data), e.packet, e.at)
	r.got += len(e.data)
	r.owed++
	if c.ev.Received != nil {
		c.ev.Received(c, e.data, packet)
	}
}

// ended moves on by the peer's FIN.
func (c *conn) ended(p *Packet) {
	switch c.state {
	case established:
		c.state = closeWait
	case finWait1:
		c.state = closing
	case finWait2:
		defer func() {
			if c.state == finWait2 {
				c.wait()
			}
		}()
	}
	if !c.toldEnd && c.ev.End != nil {
		c.toldEnd = true
		c.ev.End(c, p.via)
	}
}

// keep stores the parts of e that are not there yet: who came first stays.
func (r *receiver) keep(e early) {
	i := sort.Search(len(r.early), func(i int) bool { return r.early[i].off+len(r.early[i].data) > e.off })
	var fresh []early
	for len(e.data) > 0 {
		if i == len(r.early) || r.early[i].off >= e.off+len(e.data) {
			fresh = append(fresh, e)
			break
		}
		have := r.early[i]
		if n := have.off - e.off; n > 0 {
			fresh = append(fresh, early{e.off, e.data[:n], e.packet, e.at})
		}
		skip := have.off + len(have.data) - e.off
		if skip >= len(e.data) {
			break
		}
		e.data, e.off, e.at = e.data[skip:], e.off+skip, e.at+skip
		i++
	}
	r.early = append(r.early, fresh...)
	sort.SliceStable(r.early, func(i, j int) bool { return r.early[i].off < r.early[j].off })
}

// String names the state by RFC 9293.
func (s tcpState) String() string {
	names := [...]string{"CLOSED", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state %d", s)
}
