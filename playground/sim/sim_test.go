package sim

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// log is a Recorder that writes lines.
type log struct {
	lines   []string
	packets map[string]*Packet // by full name
	fates   map[string]string
	drops   []string
	notes   []string
	whole   map[string][]Span // reassembled datagrams by name
	quiet   bool
}

func newLog() *log {
	return &log{packets: map[string]*Packet{}, fates: map[string]string{}, whole: map[string][]Span{}}
}

func (l *log) add(now time.Duration, format string, args ...any) {
	if !l.quiet {
		l.lines = append(l.lines, fmt.Sprintf("%-10v ", now)+fmt.Sprintf(format, args...))
	}
}

func (l *log) Sent(now time.Duration, link, from, to string, p *Packet) {
	l.add(now, "%s > %s  %s  (of %q)  %s", from, to, p.Full, p.Parent, Info(p.Bytes))
	if l.packets[p.Full] != nil {
		panic("two packets are called " + p.Full)
	}
	l.packets[p.Full] = p
}

func (l *log) Fate(now time.Duration, packet, fate, why string, arrive time.Duration) {
	l.add(now, "  %s: %s %s", packet, fate, why)
	if l.fates[packet] != "" {
		panic("two fates of " + packet)
	}
	l.fates[packet] = fate
}

func (l *log) NoteDrop(now time.Duration, node string, p *Packet, on, why string) {
	l.add(now, "  %s drops %s: %s (on %q)", node, p.Name, why, on)
	l.drops = append(l.drops, node+": "+p.Name+": "+why)
}

func (l *log) Note(now time.Duration, node, on, text string) {
	l.add(now, "  %s: %s (on %q)", node, text, on)
	l.notes = append(l.notes, node+": "+text)
}

func (l *log) Reassembled(now time.Duration, node string, p *Packet, pieces []Span) string {
	l.add(now, "  %s reassembles %s from %d pieces", node, p.Name, len(pieces))
	l.whole[p.Name] = pieces
	return "buffer:" + p.Name
}

func (l *log) text() string { return strings.Join(l.lines, "\n") }

// has tells whether a line of list contains all of the words.
func has(list []string, words ...string) bool {
	for _, s := range list {
		n := 0
		for _, w := range words {
			if strings.Contains(s, w) {
				n++
			}
		}
		if n == len(words) {
			return true
		}
	}
	return false
}

var (
	alice = netip.MustParseAddr("10.0.0.1")
	bob   = netip.MustParseAddr("10.0.0.2")
)

// pair is two hosts on one link.
func pair(rec Recorder, tamper Tamper, mtu int) (*Net, *Node, *Node) {
	n := New(rec, tamper)
	n.AddLink("net", mtu, time.Millisecond, 100_000_000)
	a, b := n.AddNode("alice", false), n.AddNode("bob", false)
	must(a.AddInterface("net", netip.MustParsePrefix("10.0.0.1/24")))
	must(b.AddInterface("net", netip.MustParsePrefix("10.0.0.2/24")))
	must(a.AddInterface("net", netip.MustParsePrefix("2001:db8::1/64")))
	must(b.AddInterface("net", netip.MustParsePrefix("2001:db8::2/64")))
	return n, a, b
}

// path is pc1 - r1 - r2 - pc2; the link in the middle has another MTU.
func path(rec Recorder, tamper Tamper, outer, inner int) *Net {
	n := New(rec, tamper)
	n.AddLink("lan1", outer, time.Millisecond, 0)
	n.AddLink("wan", inner, 5*time.Millisecond, 10_000_000)
	n.AddLink("lan2", outer, time.Millisecond, 0)
	for _, x := range []struct {
		name   string
		router bool
		links  []string
		gw     []string
	}{
		{"pc1", false, []string{"lan1 10.1.0.2/24", "lan1 2001:db8:1::2/64"}, []string{"10.1.0.1", "2001:db8:1::1"}},
		{"r1", true, []string{"lan1 10.1.0.1/24", "lan1 2001:db8:1::1/64", "wan 192.0.2.1/24", "wan 2001:db8:9::1/64"}, []string{"192.0.2.2", "2001:db8:9::2"}},
		{"r2", true, []string{"wan 192.0.2.2/24", "wan 2001:db8:9::2/64", "lan2 10.2.0.1/24", "lan2 2001:db8:2::1/64"}, []string{"192.0.2.1", "2001:db8:9::1"}},
		{"pc2", false, []string{"lan2 10.2.0.2/24", "lan2 2001:db8:2::2/64"}, []string{"10.2.0.1", "2001:db8:2::1"}},
	} {
		d := n.AddNode(x.name, x.router)
		for _, l := range x.links {
			link, prefix, _ := strings.Cut(l, " ")
			must(d.AddInterface(link, netip.MustParsePrefix(prefix)))
		}
		for _, g := range x.gw {
			d.SetGateway(netip.MustParseAddr(g))
		}
	}
	return n
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
