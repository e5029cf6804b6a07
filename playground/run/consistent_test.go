package run_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/wire"
	"cipherglass/playground/dissect"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// consistent checks what every trace promises: names are unique and resolve,
// pieces lie within what they are pieces of and hold the same bytes where no
// cipher stands between, and every tree tiles its bytes.
func consistent(t *testing.T, tr *trace.Trace) {
	t.Helper()
	for i, s := range inconsistencies(tr) {
		if i == 5 {
			t.Error("and more")
			break
		}
		t.Error(s)
	}
}

// inconsistencies lists what is wrong with a trace.
func inconsistencies(tr *trace.Trace) []string {
	c := checker{tr: tr, packets: map[string]*trace.Packet{}, buffers: map[string]*trace.Buffer{}}
	c.packetsHold()
	c.buffersHold()
	c.eventsHold()
	c.treesTile()
	return c.wrong
}

type checker struct {
	wrong   []string
	tr      *trace.Trace
	packets map[string]*trace.Packet
	buffers map[string]*trace.Buffer
}

func (c *checker) errorf(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

func (c *checker) packetsHold() {
	seq := 0
	limited := strings.HasPrefix(c.tr.Outcome.Code, "limit/")
	for _, p := range c.tr.Packets {
		if c.packets[p.Name] != nil {
			c.errorf("two packets are called %s", p.Name)
		}
		c.packets[p.Name] = p
		if p.Seq <= seq {
			c.errorf("%s has sequence %d after %d", p.Name, p.Seq, seq)
		}
		seq = p.Seq
		if p.Fate == "" && !limited {
			c.errorf("%s has no fate", p.Name)
		}
		if p.Fate == trace.Dropped && p.Why == "" {
			c.errorf("%s was dropped for no reason", p.Name)
		}
		if p.Fate == trace.Delivered && p.Arrive <= p.Time && c.delay(p.Link) > 0 {
			c.errorf("%s left at %v and arrived at %v", p.Name, p.Time, p.Arrive)
		}
		if len(p.Bytes) == 0 || p.Info == "" {
			c.errorf("%s has %d bytes and the line %q", p.Name, len(p.Bytes), p.Info)
		}
		if mtu := c.mtu(p.Link); len(p.Bytes) > mtu && p.Fate != trace.Fragmented && p.Fate != trace.Dropped {
			c.errorf("%s has %d bytes on a link of MTU %d: %s", p.Name, len(p.Bytes), mtu, p.Fate)
		}
		if p.Parent != "" && c.packets[p.Parent] == nil && !c.isBuffer(p.Parent) {
			c.errorf("%s has the parent %q, which came before it under no such name", p.Name, p.Parent)
		}
	}
}

func (c *checker) mtu(link string) int {
	for _, l := range c.tr.Links {
		if l.Name == link {
			return l.MTU
		}
	}
	c.errorf("no link is called %q", link)
	return 0
}

func (c *checker) delay(link string) int {
	for _, l := range c.tr.Scenario.Links {
		if l.Name == link {
			return l.DelayUS
		}
	}
	return 0
}

func (c *checker) isBuffer(id string) bool { return c.tr.Buffer(id) != nil }

func (c *checker) buffersHold() {
	for _, b := range c.tr.Buffers {
		if c.buffers[b.ID] != nil {
			c.errorf("two buffers are called %s", b.ID)
		}
		c.buffers[b.ID] = b
		if b.Event < -1 || b.Event >= len(c.tr.Events) {
			c.errorf("buffer %s is of event %d of %d", b.ID, b.Event, len(c.tr.Events))
		}
	}
	for _, b := range c.tr.Buffers {
		var laid []byte
		for _, p := range b.From {
			src, ok := c.source(p.Buffer)
			if !ok {
				c.errorf("buffer %s has a piece of %q, which does not exist", b.ID, p.Buffer)
				return
			}
			if p.Off < 0 || p.Len < 0 || p.Off+p.Len > len(src) {
				// What was rejected has no bytes to point into.
				if s := c.buffers[p.Buffer]; s == nil || s.How != engine.Rejected {
					c.errorf("buffer %s has the piece [%d,%d) of %s, which has %d bytes", b.ID, p.Off, p.Off+p.Len, p.Buffer, len(src))
				}
				continue
			}
			laid = append(laid, src[p.Off:p.Off+p.Len]...)
		}
		if b.How == engine.Rejected && (b.Data != nil || b.Why == "") {
			c.errorf("buffer %s was rejected (%q), and has %d bytes", b.ID, b.Why, len(b.Data))
		}
		if len(laid) != len(b.Data) || b.How == engine.Rejected || b.Crypt != nil && b.Crypt.Op != "NULL+HMAC" {
			continue
		}
		if !bytes.Equal(laid, b.Data) && !c.remade(b, laid) {
			c.errorf("buffer %s (%s, %s) holds other bytes than its pieces %v, from byte %d", b.ID, b.How, b.Proto, b.From, difference(laid, b.Data))
		}
	}
}

// remade allows what a buffer may differ in from its pieces: a datagram put
// together of several has an IP header set anew, and AH's input has its
// mutable fields zeroed.
func (c *checker) remade(b *trace.Buffer, laid []byte) bool {
	if b.Proto == "ip" && len(b.From) > 1 {
		n := 20
		if b.Data[0]>>4 == 6 {
			n = 40
		}
		return bytes.Equal(laid[n:], b.Data[n:])
	}
	return b.Proto == "ah.input"
}

func (c *checker) source(name string) ([]byte, bool) {
	if p := c.packets[name]; p != nil {
		return p.Bytes, true
	}
	if b := c.buffers[name]; b != nil {
		return b.Data, true
	}
	return nil, false
}

func (c *checker) eventsHold() {
	secrets := map[string]bool{}
	for _, s := range c.tr.Secrets {
		secrets[s.ID] = true
	}
	seq := 0
	for _, e := range c.tr.Events {
		if e.Seq <= seq {
			c.errorf("event %q has sequence %d after %d", e.Text, e.Seq, seq)
		}
		seq = e.Seq
		if e.Packet != "" && c.packets[e.Packet] == nil && c.buffers[e.Packet] == nil {
			c.errorf("event %q is of packet %q, which does not exist", e.Text, e.Packet)
		}
		if e.Buffer != "" && c.buffers[e.Buffer] == nil {
			c.errorf("event %q is about buffer %q, which does not exist", e.Text, e.Buffer)
		}
		if e.Secret != "" && !secrets[e.Secret] {
			c.errorf("event %q is about secret %q, which does not exist", e.Text, e.Secret)
		}
		if e.Text == "" {
			c.errorf("an event of kind %s says nothing", e.Kind)
		}
		if strings.Contains(e.Text+e.Detail, "%!") {
			c.errorf("badly formatted: %q, %q", e.Text, e.Detail)
		}
	}
}

func (c *checker) treesTile() {
	x := dissect.NewIndex(c.tr)
	for _, p := range c.tr.Packets {
		v := x.Packet(p.Name)
		if v == nil {
			c.errorf("%s cannot be opened", p.Name)
			continue
		}
		for _, tab := range v.Tabs {
			if err := wire.Tiles(tab.Tree, 0, len(tab.Bytes)); err != nil {
				c.errorf("%s, %s: %v", p.Name, tab.ID, err)
			}
			for _, s := range tab.Pieces {
				if s.Off < 0 || s.Off+s.Len > len(tab.Bytes) {
					c.errorf("%s, %s: piece [%d,%d) of %d bytes", p.Name, tab.ID, s.Off, s.Off+s.Len, len(tab.Bytes))
				}
			}
		}
	}
}

func difference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func TestPresetsAreConsistent(t *testing.T) {
	for _, p := range scenario.Presets() {
		t.Run(p.Name, func(t *testing.T) { consistent(t, play(t, preset(t, p.Name))) })
	}
}

// A checker that finds nothing wrong must be able to find something.
func TestConsistencyCheckFails(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*trace.Trace)
	}{
		{"fate", func(tr *trace.Trace) { tr.Packets[1].Fate = "" }},
		{"parent", func(tr *trace.Trace) { tr.Packets[1].Parent = "nobody" }},
		{"twice", func(tr *trace.Trace) { tr.Packets[1].Name = tr.Packets[0].Name }},
		{"piece", func(tr *trace.Trace) { record(tr).From[0].Off += 1500 }},
		{"source", func(tr *trace.Trace) { record(tr).From[0].Buffer = "nobody" }},
		{"bytes", func(tr *trace.Trace) { record(tr).Data[7] ^= 1 }},
		{"event", func(tr *trace.Trace) { tr.Events[0].Packet = "nobody" }},
		{"secret", func(tr *trace.Trace) { tr.Events[2].Secret = "nobody" }},
	} {
		tr := play(t, preset(t, "tls13"))
		c.edit(tr)
		if len(inconsistencies(tr)) == 0 {
			t.Errorf("%s: not noticed", c.name)
		}
	}
}

// record returns a buffer that is a copy of bytes on the link.
func record(tr *trace.Trace) *trace.Buffer {
	for _, b := range tr.Buffers {
		if b.Proto == "tls.record" {
			return b
		}
	}
	return nil
}
