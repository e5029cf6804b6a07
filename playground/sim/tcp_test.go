package sim

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// transfer is a client that sends size bytes and a server that answers with as
// many; both check what came.
type transfer struct {
	got    [2][]byte // what the server and the client received
	conns  [2]Conn
	ends   [2]int
	closed [2]int
	failed [2]string
}

func pattern(n int, salt byte) []byte {
	b := make([]byte, n)
	x := uint32(salt) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func (t *transfer) start(client, server *Node, to netip.Addr, request, response int) {
	events := func(i int) ConnEvents {
		return ConnEvents{
			Received: func(c Conn, data []byte, packet string) { t.got[i] = append(t.got[i], data...) },
			End:      func(c Conn, packet string) { t.ends[i]++ },
			Failed:   func(c Conn, why, packet string) { t.failed[i] = why },
			Closed:   func(c Conn) { t.closed[i]++ },
		}
	}
	must(server.Listen("", 443, func(c Conn) ConnEvents {
		t.conns[0] = c
		ev := events(0)
		received := ev.Received
		ev.Received = func(c Conn, data []byte, packet string) {
			received(c, data, packet)
			if len(t.got[0]) == request {
				c.Write("response", pattern(response, 2))
				c.CloseWrite()
			}
		}
		return ev
	}))
	ev := events(1)
	ev.Connected = func(c Conn, packet string) { c.Write("request", pattern(request, 1)) }
	ev.End = func(c Conn, packet string) { t.ends[1]++; c.CloseWrite() }
	t.conns[1] = client.Dial("web", netip.AddrPortFrom(to, 443), ev)
}

func (t *transfer) check(tt *testing.T, request, response int) {
	tt.Helper()
	if !bytes.Equal(t.got[0], pattern(request, 1)) {
		tt.Errorf("the server received %d bytes, want the client's %d", len(t.got[0]), request)
	}
	if !bytes.Equal(t.got[1], pattern(response, 2)) {
		tt.Errorf("the client received %d bytes, want the server's %d", len(t.got[1]), response)
	}
	if t.ends != [2]int{1, 1} || t.closed != [2]int{1, 1} || t.failed != [2]string{} {
		tt.Errorf("ends %v, closed %v, failed %q", t.ends, t.closed, t.failed)
	}
}

// lossy drops one packet in n, chosen by its number.
func lossy(n int) Tamper {
	x := uint32(7)
	return func(now time.Duration, link, from string, p *Packet) (*Packet, string, time.Duration) {
		x = x*1664525 + 1013904223
		if int(x>>16)%n == 0 {
			return nil, "lost on purpose", 0
		}
		return p, "", 0
	}
}

func TestTCP(t *testing.T) {
	for _, c := range []struct {
		name              string
		to                netip.Addr
		tamper            Tamper
		request, response int
	}{
		{"short", bob, nil, 300, 1000},
		{"IPv6", netip.MustParseAddr("2001:db8::2"), nil, 300, 40000},
		{"1 MB", bob, nil, 300, 1 << 20},
		{"1 MB, one packet in 50 lost", bob, lossy(50), 300, 1 << 20},
		{"both ways, one packet in 10 lost", bob, lossy(10), 100000, 100000},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := newLog()
			n, a, b := pair(rec, c.tamper, 1500)
			var x transfer
			x.start(a, b, c.to, c.request, c.response)
			n.Run(0)
			x.check(t, c.request, c.response)
			checkSpans(t, rec, &x)
			if t.Failed() || testing.Verbose() && len(rec.lines) < 60 {
				fmt.Println(rec.text())
			}
		})
	}
}

// checkSpans reads both streams back from the packets that spans name.
func checkSpans(t *testing.T, rec *log, x *transfer) {
	t.Helper()
	read := func(spans []Span) (b []byte) {
		for _, s := range spans {
			p := rec.packets[s.Packet]
			if p == nil {
				t.Fatalf("a span names %q, which is no packet", s.Packet)
			}
			b = append(b, p.Bytes[s.Off:s.Off+s.Len]...)
		}
		return b
	}
	for i := range x.conns {
		want := x.got[i]
		for _, r := range [][2]int{{0, len(want)}, {0, 1}, {len(want) / 3, len(want) / 2}, {len(want) - 1, 1}} {
			part := want[r[0] : r[0]+r[1]]
			if got := read(x.conns[i].Received(r[0], r[1])); !bytes.Equal(got, part) {
				t.Errorf("end %d: Received(%d, %d) leads to other bytes", i, r[0], r[1])
			}
			if got := read(x.conns[1-i].Sent(r[0], r[1])); !bytes.Equal(got, part) {
				t.Errorf("end %d: Sent(%d, %d) leads to other bytes", 1-i, r[0], r[1])
			}
		}
	}
}
