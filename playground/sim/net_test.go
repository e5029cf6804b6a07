package sim

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestQueueOrder(t *testing.T) {
	n := New(nil, nil)
	var got []string
	for i, at := range []time.Duration{5, 1, 5, 0, 1, 3} {
		n.At(at, func() { got = append(got, fmt.Sprintf("%d@%d", i, n.Now())) })
	}
	n.At(3, func() { n.At(1, func() { got = append(got, fmt.Sprintf("past@%d", n.Now())) }) })
	if n.Run(2) {
		t.Error("Run(2) says that nothing is left")
	}
	if !n.Run(0) {
		t.Error("Run(0) says that something is left")
	}
	if got, want := strings.Join(got, " "), "3@0 1@1 4@1 5@3 past@3 0@5 2@5"; got != want {
		t.Errorf("ran %s, want %s", got, want)
	}
}

func TestTimer(t *testing.T) {
	n := New(nil, nil)
	var got []time.Duration
	tm := timer{net: n}
	tm.run = func() { got = append(got, n.Now()) }
	tm.set(10)
	n.At(5, func() { tm.set(20) }) // later
	n.At(25, func() { tm.set(40); tm.set(30) })
	n.At(45, func() { tm.set(50); tm.stop() })
	n.Run(0)
	if fmt.Sprint(got) != "[20ns 30ns]" {
		t.Errorf("went off at %v, want 20 and 30", got)
	}
	if n.Now() != 45 {
		t.Errorf("a stopped timer moved the clock to %v", n.Now())
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		limits Limits
		want   string
	}{
		{Limits{}, ""},
		{Limits{Packets: 6}, ""},
		{Limits{Packets: 5}, "limit/packets"},
		{Limits{Bytes: 128 * 6}, ""},
		{Limits{Bytes: 128*6 - 1}, "limit/bytes"},
		{Limits{Time: 2 * time.Second}, "limit/seconds"},
	} {
		n, a, _ := pair(nil, nil, 1500)
		n.Limits = c.limits
		a.Ping("ping", bob, 100, 3, time.Second, false, nil)
		if !n.Run(0) {
			t.Error("the run is not done")
		}
		if got := n.Stopped(); got != c.want {
			t.Errorf("%+v: stopped by %q, want %q", c.limits, got, c.want)
		}
	}
}

func TestSerialisationAndQueue(t *testing.T) {
	rec := newLog()
	n := New(rec, nil)
	l := n.AddLink("net", 1500, 10*time.Millisecond, 8000) // a byte a millisecond
	a, b := n.AddNode("a", false), n.AddNode("b", false)
	must(a.AddInterface("net", netip.MustParsePrefix("10.0.0.1/24")))
	must(b.AddInterface("net", netip.MustParsePrefix("10.0.0.2/24")))
	l.QueueLimit = 2
	s, err := a.UDP("u", 0, UDPEvents{})
	must(err)
	var at []time.Duration
	_, err = b.UDP("u", 53, UDPEvents{Received: func(*UDPSocket, netip.AddrPort, []byte, Span, string) { at = append(at, n.Now()) }})
	must(err)
	for i := range 4 {
		must(s.SendTo(fmt.Sprint("d", i), netip.AddrPortFrom(bob, 53), make([]byte, 72), false)) // 100 bytes each
	}
	n.Run(0)
	if fmt.Sprint(at) != "[110ms 210ms 310ms]" {
		t.Errorf("arrived at %v", at)
	}
	if !has(rec.drops, "a: a/u/d3", "queue to net is full") {
		t.Errorf("the fourth was not dropped: %v", rec.drops)
	}
}

func TestTamper(t *testing.T) {
	rec := newLog()
	seen := map[string]bool{}
	tamper := func(now time.Duration, link, from string, p *Packet) (*Packet, string, time.Duration) {
		seen[p.Full] = true
		switch p.Name {
		case "alice/u/drop":
			return nil, "lost by the fault", 0
		case "alice/u/again":
			return p, "", 5 * time.Millisecond
		case "alice/u/change", "alice/u/break":
			b := bytes.Clone(p.Bytes)
			b[len(b)-1] ^= 1
			if p.Name == "alice/u/change" {
				FixChecksums(b)
			}
			return &Packet{Bytes: b}, "byte 31 changed", 0
		}
		return p, "", 0
	}
	n, a, b := pair(rec, tamper, 1500)
	var got []string
	_, err := b.UDP("u", 53, UDPEvents{Received: func(_ *UDPSocket, from netip.AddrPort, data []byte, at Span, packet string) {
		got = append(got, fmt.Sprintf("%s %v %s", data, n.Now().Round(time.Millisecond), packet))
		if p := rec.packets[at.Packet]; !bytes.Equal(p.Bytes[at.Off:at.Off+at.Len], data) {
			t.Errorf("the span %v is elsewhere", at)
		}
	}})
	must(err)
	s, err := a.UDP("u", 0, UDPEvents{})
	must(err)
	for _, l := range []string{"same", "drop", "again", "change", "break", "same"} {
		must(s.SendTo(l, netip.AddrPortFrom(bob, 53), []byte(l), false))
	}
	n.Run(0)
	want := []string{
		"same 1ms alice/u/same@net", "again 1ms alice/u/again@net", "changd 1ms alice/u/change/tampered@net",
		"same 1ms alice/u/same@net#2", "again 6ms alice/u/again/dup1@net",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("received\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for name, fate := range map[string]string{
		"alice/u/same@net": "delivered", "alice/u/drop@net": "dropped", "alice/u/change@net": "rewritten",
		"alice/u/change/tampered@net": "delivered", "alice/u/again/dup1@net": "delivered",
	} {
		if rec.fates[name] != fate {
			t.Errorf("%s: %q, want %q", name, rec.fates[name], fate)
		}
	}
	if !has(rec.drops, "bob: alice/u/break/tampered", "UDP checksum wrong") {
		t.Errorf("the broken one was not dropped: %v", rec.drops)
	}
	if p := rec.packets["alice/u/change/tampered@net"]; p.Parent != "alice/u/change@net" {
		t.Errorf("its parent is %q", p.Parent)
	}
	if !seen["alice/u/same@net#2"] {
		t.Errorf("tamper saw %v", seen)
	}
}

func TestConfiguration(t *testing.T) {
	n := New(nil, nil)
	n.AddLink("net", 1500, 0, 0)
	a, b := n.AddNode("a", false), n.AddNode("b", false)
	must(a.AddInterface("net", netip.MustParsePrefix("10.0.0.1/24")))
	for _, c := range []struct{ link, prefix, want string }{
		{"other", "10.0.0.2/24", `no link "other"`},
		{"net", "10.0.0.1/24", "a and b both have 10.0.0.1"},
		{"net", "", "no valid address"},
	} {
		p, _ := netip.ParsePrefix(c.prefix)
		if err := b.AddInterface(c.link, p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c, err, c.want)
		}
	}
	if n.Node("a") != a || n.Node("c") != nil {
		t.Error("Node finds others")
	}
	must(a.Listen("x", 80, nil))
	if a.Listen("y", 80, nil) == nil {
		t.Error("a port can be listened to twice")
	}
	if _, err := a.UDP("x", 53, UDPEvents{}); err != nil {
		t.Error(err)
	}
	if _, err := a.UDP("x", 53, UDPEvents{}); err == nil {
		t.Error("a UDP port can be opened twice")
	}
}

// TestDeterminism plays a lossy run twice.
func TestDeterminism(t *testing.T) {
	play := func() string {
		rec := newLog()
		n := path(rec, lossy(20), 1500, 1400)
		var x transfer
		x.start(n.Node("pc1"), n.Node("pc2"), netip.MustParseAddr("10.2.0.2"), 5000, 60000)
		n.Node("pc1").Ping("ping", netip.MustParseAddr("10.2.0.2"), 3000, 4, time.Millisecond, false, nil)
		n.Run(0)
		return rec.text()
	}
	first := play()
	if second := play(); first != second {
		t.Error("two runs differ")
	}
	if len(first) < 10000 {
		t.Errorf("the run is short:\n%s", first)
	}
}
