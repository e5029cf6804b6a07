package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket/layers"
)

// on acts on the packets of one name.
func on(name string, act func(p *Packet) (*Packet, string, time.Duration)) Tamper {
	return func(now time.Duration, link, from string, p *Packet) (*Packet, string, time.Duration) {
		if p.Name == name {
			return act(p)
		}
		return p, "", 0
	}
}

func lose(p *Packet) (*Packet, string, time.Duration) { return nil, "lost", 0 }

// edit changes a byte, at an offset from the end if negative, and leaves or
// recomputes checksums.
func edit(off int, xor byte, keep bool) func(p *Packet) (*Packet, string, time.Duration) {
	return func(p *Packet) (*Packet, string, time.Duration) {
		b := bytes.Clone(p.Bytes)
		if off < 0 {
			b[len(b)+off] ^= xor
		} else {
			b[off] ^= xor
		}
		if !keep {
			FixChecksums(b)
		}
		return &Packet{Bytes: b}, "changed", 0
	}
}

// TestTCPFaults transfers 5000 bytes each way with one fault; all must arrive.
func TestTCPFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		tamper Tamper
		packet string // one that must be there
		note   string // or a drop
		within time.Duration
	}{
		{"nothing", nil, "alice/web/fin@net", "", 100 * time.Millisecond},
		{"SYN lost", on("alice/web/syn", lose), "alice/web/syn/rtx1@net", "", 2 * time.Second},
		{"SYN-ACK lost", on("bob/web/syn-ack", lose), "bob/web/syn-ack/rtx1@net", "", 2 * time.Second},
		{"its ACK lost", on("alice/web/ack1", lose), "", "", 2 * time.Second},
		{"first segment lost", on("alice/web/request/seg1", lose), "alice/web/request/seg1/rtx1@net", "no ACK within 1s", 2 * time.Second},
		{"last segment lost", on("alice/web/request/seg4", lose), "alice/web/request/seg4/rtx1@net", "no ACK within 1s", 2 * time.Second},
		{"FIN lost", on("bob/web/fin", lose), "bob/web/fin/rtx1@net", "", 2 * time.Second},
		{"ACK of the last FIN lost", on("alice/web/fin", lose), "alice/web/fin/rtx1@net", "", 4 * time.Second},
		{"a byte changed, checksums kept", on("bob/web/response/seg2", edit(-1, 1, true)), "bob/web/response/seg2/rtx1@net", "alice: bob/web/response/seg2/tampered: TCP checksum wrong: 0x", 2 * time.Second},
		{"IP header changed", on("bob/web/response/seg2", edit(8, 1, true)), "bob/web/response/seg2/rtx1@net", "header checksum wrong", 2 * time.Second},
		{"sent twice", on("bob/web/response/seg2", func(p *Packet) (*Packet, string, time.Duration) { return p, "", time.Millisecond }), "bob/web/response/seg2/dup1@net", "here already", 100 * time.Millisecond},
		{"window closed", on("bob/web/syn-ack", func(p *Packet) (*Packet, string, time.Duration) {
			b := bytes.Clone(p.Bytes)
			b[34], b[35] = 0, 0
			FixChecksums(b)
			return &Packet{Bytes: b}, "", 0
		}), "alice/web/request/seg2@net", "", 3 * time.Second},
		{"forged RST, not quite in place", on("alice/web/request/seg2", func(p *Packet) (*Packet, string, time.Duration) {
			b := bytes.Clone(p.Bytes)
			b[33] = 4
			FixChecksums(b)
			return &Packet{Bytes: b}, "", 0
		}), "alice/web/request/seg2/rtx1@net", "does not fit the connection", 2 * time.Second},
		{"ACK of what was not sent", on("alice/web/request/seg2", edit(28, 0x10, false)), "", "acknowledges what was not sent", 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := newLog()
			tamper := c.tamper
			if strings.HasPrefix(c.name, "forged") { // the segment before is lost too, so that the RST is early
				first := on("alice/web/request/seg1", lose)
				second := tamper
				tamper = func(now time.Duration, link, from string, p *Packet) (*Packet, string, time.Duration) {
					if q, why, again := first(now, link, from, p); q != p {
						return q, why, again
					}
					return second(now, link, from, p)
				}
			}
			n, a, b := pair(rec, tamper, 1500)
			var x transfer
			x.start(a, b, bob, 5000, 5000)
			n.Run(0)
			x.check(t, 5000, 5000)
			checkSpans(t, rec, &x)
			if c.packet != "" && rec.packets[c.packet] == nil {
				t.Errorf("no packet %s", c.packet)
			}
			if c.note != "" && !has(rec.notes, c.note) && !has(rec.drops, c.note) {
				t.Errorf("notes %q, drops %q, want %q", rec.notes, rec.drops, c.note)
			}
			if n.Now() > c.within {
				t.Errorf("it took until %v", n.Now())
			}
			if len(a.tcp) > 1 || len(b.tcp) > 1 {
				t.Errorf("%d and %d connections are left", len(a.tcp), len(b.tcp))
			}
			if t.Failed() {
				t.Log("\n" + rec.text())
			}
		})
	}
}

// TestTCPFails has connections that cannot be, or end early.
func TestTCPFails(t *testing.T) {
	listen := func(t *testing.T, n *Net, ev ConnEvents) {
		must(n.Node("pc2").Listen("web", 443, func(Conn) ConnEvents { return ev }))
	}
	for _, c := range []struct {
		name   string
		to     string
		tamper Tamper
		server func(c Conn)
		want   string
		packet string // why it says so
		by     time.Duration
	}{
		{"closed port", "10.2.0.2:444", nil, nil, "the peer refused the connection (RST)", "pc2/web/rst@lan1", time.Second},
		{"no such host", "10.2.0.9:443", nil, nil, "ICMP: host unreachable (says 192.0.2.2)", "r2/icmp/pc1/web/syn/host-unreachable@lan1", time.Second},
		{"no neighbour", "10.1.0.9:443", nil, nil, "ICMP: host unreachable (says pc1)", "", time.Second},
		{"no answer", "10.2.0.2:443", on("pc1/web/syn", lose), nil, "no acknowledgment after 2 retransmissions", "", 8 * time.Second},
		{"reset by the server", "10.2.0.2:443", nil, func(c Conn) { c.Abort() }, "the peer reset the connection", "pc2/web/rst@lan1", time.Second},
		{"data never arrives", "10.2.0.2:443", func(now time.Duration, link, from string, p *Packet) (*Packet, string, time.Duration) {
			if strings.HasPrefix(p.Name, "pc1/web/request") {
				return nil, "lost", 0
			}
			return p, "", 0
		}, nil, "no acknowledgment after 2 retransmissions", "", 8 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := newLog()
			if c.name == "no answer" {
				c.tamper = func(now time.Duration, link, from string, p *Packet) (*Packet, string, time.Duration) {
					return nil, "lost", 0
				}
			}
			n := path(rec, c.tamper, 1500, 1500)
			n.Retries = 2
			listen(t, n, ConnEvents{Connected: func(conn Conn, _ string) {
				if c.server != nil {
					c.server(conn)
				}
			}})
			var got []string
			conn := n.Node("pc1").Dial("web", netip.MustParseAddrPort(c.to), ConnEvents{
				Connected: func(c Conn, _ string) { c.Write("request", make([]byte, 3000)) },
				Failed:    func(_ Conn, why, packet string) { got = append(got, why, packet) },
				Closed:    func(Conn) { t.Error("Closed was called") },
			})
			n.Run(0)
			if len(got) != 2 || got[0] != c.want || got[1] != c.packet {
				t.Errorf("failed with %q, want %q by %q", got, c.want, c.packet)
			}
			if n.Now() > c.by {
				t.Errorf("it took until %v", n.Now())
			}
			conn.Write("late", []byte("x")) // does nothing
			conn.CloseWrite()
			conn.Abort()
			if !n.Run(0) || len(n.Node("pc1").tcp) != 0 {
				t.Error("the connection is still there")
			}
			if t.Failed() {
				t.Log("\n" + rec.text())
			}
		})
	}
	n := New(nil, nil)
	failed := ""
	n.AddNode("a", false).Dial("x", netip.MustParseAddrPort("10.0.0.1:1"), ConnEvents{Failed: func(_ Conn, why, _ string) { failed = why }})
	n.Run(0)
	if failed != "no route to 10.0.0.1" {
		t.Errorf("without a route: %q", failed)
	}
}

// TestHalfClose sends on after the peer's FIN, and closes at once at both ends.
func TestHalfClose(t *testing.T) {
	n, a, b := pair(nil, nil, 1500)
	var got []string
	log := func(format string, args ...any) { got = append(got, fmt.Sprintf(format, args...)) }
	must(b.Listen("web", 80, func(Conn) ConnEvents {
		return ConnEvents{
			End:    func(c Conn, _ string) { log("server: end"); c.Write("late", make([]byte, 10)); c.CloseWrite() },
			Closed: func(Conn) { log("server: closed") },
		}
	}))
	c := a.Dial("web", netip.AddrPortFrom(bob, 80), ConnEvents{
		Received: func(_ Conn, data []byte, _ string) { log("client: %d bytes", len(data)) },
		End:      func(Conn, string) { log("client: end") },
		Closed:   func(Conn) { log("client: closed") },
	})
	c.CloseWrite()
	n.Run(0)
	if want := "server: end|client: 10 bytes|client: end|client: closed|server: closed"; strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}

	n, a, b = pair(nil, nil, 1500)
	closed := 0
	ev := ConnEvents{Connected: func(c Conn, _ string) { n.At(10*time.Millisecond, c.CloseWrite) }, Closed: func(Conn) { closed++ }}
	must(b.Listen("web", 80, func(Conn) ConnEvents { return ev }))
	a.Dial("web", netip.AddrPortFrom(bob, 80), ev)
	n.Run(0)
	if closed != 2 || len(a.tcp) != 1 || len(b.tcp) != 1 {
		t.Errorf("closing at once: %d ends closed", closed)
	}
}

func TestTwoConnections(t *testing.T) {
	rec := newLog()
	n, a, b := pair(rec, nil, 1500)
	var names []string
	must(b.Listen("web", 80, func(c Conn) ConnEvents {
		names = append(names, fmt.Sprintf("%s %v %v", c.Name(), c.Local(), c.Remote()))
		return ConnEvents{}
	}))
	must(b.Listen("", 81, func(c Conn) ConnEvents { names = append(names, c.Name()); return ConnEvents{} }))
	a.Dial("one", netip.AddrPortFrom(bob, 80), ConnEvents{})
	a.Dial("two", netip.AddrPortFrom(bob, 80), ConnEvents{})
	a.Dial("three", netip.AddrPortFrom(bob, 81), ConnEvents{})
	n.Run(0)
	if got, want := strings.Join(names, "|"), "web 10.0.0.2:80 10.0.0.1:49152|web-2 10.0.0.2:80 10.0.0.1:49153|three"; got != want {
		t.Errorf("accepted %s, want %s", got, want)
	}
}

// TestWritesAndPush checks segment names, MSS and PSH.
func TestWritesAndPush(t *testing.T) {
	rec := newLog()
	n, a, b := pair(rec, nil, 1000)
	must(b.Listen("web", 80, func(Conn) ConnEvents { return ConnEvents{} }))
	c := a.Dial("web", netip.AddrPortFrom(bob, 80), ConnEvents{})
	c.Write("flight1", make([]byte, 2000)) // queued until connected
	c.Write("data1", make([]byte, 960))
	if c.Sent(0, 10) != nil {
		t.Error("something was sent already")
	}
	n.Run(0)
	for name, want := range map[string]string{
		"flight1/seg1": "960 false", "flight1/seg2": "960 false", "flight1/seg3": "80 true", "data1/seg1": "960 true",
	} {
		p := rec.packets["alice/web/"+name+"@net"]
		if p == nil {
			t.Errorf("no packet %s", name)
			continue
		}
		var h layers.TCP
		must(decodeTCP(&h, p.Bytes[20:]))
		if got := fmt.Sprint(len(h.Payload), h.PSH); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := c.Sent(1900, 200); len(got) != 3 || got[1] != (Span{"alice/web/flight1/seg3@net", 40, 80}) {
		t.Errorf("Sent: %v", got)
	}
	if got := c.Sent(2900, 1000); len(got) != 1 || got[0].Len != 60 {
		t.Errorf("Sent past the end: %v", got)
	}
}

// TestSequenceWraps starts a connection just before 2^32.
func TestSequenceWraps(t *testing.T) {
	rec := newLog()
	n, a, b := pair(rec, lossy(15), 1500)
	var x transfer
	x.start(a, b, bob, 100000, 100000)
	c := x.conns[1].(*conn)
	p := *rec.packets["alice/web/syn@net"]
	c.out.iss = 0xffffff00
	binary.BigEndian.PutUint32(p.Bytes[24:], c.out.iss)
	FixChecksums(p.Bytes)
	n.Run(0)
	x.check(t, 100000, 100000)
	checkSpans(t, rec, &x)
}

func TestReorder(t *testing.T) {
	rec := newLog()
	k := 0
	n, a, b := pair(rec, func(now time.Duration, link, from string, p *Packet) (*Packet, string, time.Duration) {
		if k++; k%7 == 3 && !strings.Contains(p.Name, "/dup") {
			return nil, "late", time.Duration(k%5) * time.Millisecond // what is lost comes as a copy, later
		}
		return p, "", 0
	}, 1500)
	var x transfer
	x.start(a, b, bob, 100000, 100000)
	n.Run(0)
	x.check(t, 100000, 100000)
	checkSpans(t, rec, &x)
}

func TestSpanList(t *testing.T) {
	var l spanList
	l.add(0, 10, "a", 100)
	l.add(20, 10, "c", 300)
	l.add(5, 20, "b", 200) // fills the gap alone
	l.add(0, 40, "d", 400)
	for _, c := range []struct {
		off, n int
		want   string
	}{
		{0, 40, "[{a 100 10} {b 205 10} {c 300 10} {d 430 10}]"},
		{9, 2, "[{a 109 1} {b 205 1}]"},
		{25, 1, "[{c 305 1}]"},
		{40, 5, "[]"},
		{5, 0, "[]"},
	} {
		if got := fmt.Sprint(l.find(c.off, c.n)); got != c.want {
			t.Errorf("find(%d, %d) = %s, want %s", c.off, c.n, got, c.want)
		}
	}
}
