package sim

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"cipherglass/crypto/engine"

	"github.com/google/gopacket"
)

// Net is a network and its clock. Events run one after the other, in the order
// of their time and then of their making, so that a run is the same each time.
type Net struct {
	// Random gives initial sequence numbers, by the name "<node>/<conv>/isn".
	Random *engine.Random
	// Limits bound the run; the zero value does not.
	Limits Limits
	// Retries is how often a TCP segment is sent again before the connection
	// fails; 0 for 5.
	Retries int

	rec    Recorder
	tamper Tamper

	now     time.Duration
	queue   queue
	seq     uint64
	stopped string
	packets int
	bytes   int

	links  map[string]*Link
	nodes  map[string]*Node
	names  map[string]int            // full names given out
	pings  map[flow]string           // echo source and identifier -> conversation
	dialed map[netip.AddrPort]string // TCP client's end -> conversation
	buf    gopacket.SerializeBuffer
}

// flow names one ping conversation.
type flow struct {
	addr netip.Addr
	id   uint16
}

// Limits bound a run; 0 is no bound.
type Limits struct {
	Packets int // put on links
	Bytes   int // of those packets
	Time    time.Duration
}

// New returns an empty network. rec and tamper may be nil.
func New(rec Recorder, tamper Tamper) *Net {
	if rec == nil {
		rec = silent{}
	}
	return &Net{
		Random: engine.NewRandom("", nil),
		rec:    rec, tamper: tamper,
		links: map[string]*Link{}, nodes: map[string]*Node{}, names: map[string]int{},
		pings: map[flow]string{}, dialed: map[netip.AddrPort]string{},
		buf: gopacket.NewSerializeBufferExpectedSize(128, 2048),
	}
}

// AddLink adds a link: mtu counts from the IP header, delay is one way, bps is
// its bandwidth in bits per second, 0 for infinite.
func (n *Net) AddLink(name string, mtu int, delay time.Duration, bps int) *Link {
	l := &Link{net: n, name: name, mtu: mtu, delay: delay, bps: bps}
	n.links[name] = l
	return l
}

// AddNode adds a host, or a router, which forwards.
func (n *Net) AddNode(name string, isRouter bool) *Node {
	d := newNode(n, name, isRouter)
	n.nodes[name] = d
	return d
}

// Node returns a node by name, nil when there is none.
func (n *Net) Node(name string) *Node { return n.nodes[name] }

// Now is the virtual time since the run began.
func (n *Net) Now() time.Duration { return n.now }

// At runs f at time t, or now if t has passed.
func (n *Net) At(t time.Duration, f func()) { n.push(event{at: max(t, n.now), run: f}) }

// After runs f after d.
func (n *Net) After(d time.Duration, f func()) { n.At(n.now+d, f) }

// Step runs one event; it returns false when none is left or a limit stopped
// the run.
func (n *Net) Step() bool {
	for n.stopped == "" && len(n.queue) > 0 {
		if next := &n.queue[0]; n.Limits.Time > 0 && next.at > n.Limits.Time && next.live() {
			n.now = n.Limits.Time
			n.stopped = "limit/seconds"
			return false
		}
		e := n.pop()
		if e.timer == nil {
			n.now = e.at
			e.run()
			return true
		}
		if e.timer.due(e) {
			n.now = e.at
			e.timer.run()
			return true
		}
	}
	return false
}

// Run runs at most budget events, all of them for 0. It returns true when
// nothing is left to run.
func (n *Net) Run(budget int) (done bool) {
	for i := 0; budget == 0 || i < budget; i++ {
		if !n.Step() {
			return true
		}
	}
	return n.stopped != "" || len(n.queue) == 0
}

// Stopped is the limit that ended the run ("limit/packets", "limit/bytes",
// "limit/seconds"), "" for none.
func (n *Net) Stopped() string { return n.stopped }

// Packets is how many packets have been put on links.
func (n *Net) Packets() int { return n.packets }

// count counts a packet against the limits; it returns false when the run
// must stop instead.
func (n *Net) count(size int) bool {
	if n.Limits.Packets > 0 && n.packets >= n.Limits.Packets {
		n.stopped = "limit/packets"
	} else if n.Limits.Bytes > 0 && n.bytes+size > n.Limits.Bytes {
		n.stopped = "limit/bytes"
	}
	if n.stopped != "" {
		return false
	}
	n.packets++
	n.bytes += size
	return true
}

// fullName gives a packet its unique name on a link.
func (n *Net) fullName(cause, link string) string {
	full := cause + "@" + link
	n.names[full]++
	if k := n.names[full]; k > 1 {
		return fmt.Sprintf("%s#%d", full, k)
	}
	return full
}

func (n *Net) isn(name string) uint32 {
	return binary.BigEndian.Uint32(n.Random.Bytes(name, 4))
}

// silent is the Recorder of a network that nobody watches.
type silent struct{}

func (silent) Sent(time.Duration, string, string, string, *Packet)       {}
func (silent) Fate(time.Duration, string, string, string, time.Duration) {}
func (silent) NoteDrop(time.Duration, string, *Packet, string, string)   {}
func (silent) Note(time.Duration, string, string, string)                {}
func (silent) Reassembled(time.Duration, string, *Packet, []Span) string { return "" }
