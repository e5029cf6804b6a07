// Package run plays a scenario: it builds nodes, links and engines from it,
// lets the simulated network run to its end, and returns the trace. No wall
// clock, no goroutine, no chance: the same scenario gives the same trace.
package run

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
	"cipherglass/playground/scenario"
	"cipherglass/playground/sim"
	"cipherglass/playground/trace"
)

// Options are what a run needs beside its scenario. The zero value will do.
type Options struct {
	// Keys are pasted private keys in PEM, by the SHA-256 (hex) of their
	// public key. They are never part of a scenario.
	Keys map[string]string
	// Cache remembers certificates, key pairs and shared secrets between runs;
	// nil makes them anew.
	Cache *pki.Cache
}

// Run plays s to its end. It returns an error when s cannot be played at all
// (a reference to nothing, a value out of range); a protocol that fails is a
// trace like any other.
func Run(s *scenario.Scenario, opt Options) (*trace.Trace, error) {
	r, err := Start(s, opt)
	if err != nil {
		return nil, err
	}
	for !r.Step(1 << 16) {
	}
	return r.Trace(), nil
}

// Runner plays a scenario in slices.
type Runner struct {
	s      *scenario.Scenario
	net    *sim.Net
	rec    *recorder
	random *engine.Random
	pki    pki.Identities
	clock  time.Time
	faults *faults
	gates  map[string]*gate // by node
	voices []*voice
	inner  map[string]string // a node and a packet inside IPsec -> its buffer's ID
	inside map[string]string // cause of a sealed packet -> cause of the one inside it
	convs  []conversation
	causes map[string]string // once the run has ended: cause -> the first packet it names
	done   bool
}

// conversation is traffic that came to an end, or did not.
type conversation interface {
	// result returns what happened in words, or the failure.
	result(r *Runner) (string, *engine.Failure)
}

// Start builds everything a run needs.
func Start(s *scenario.Scenario, opt Options) (*Runner, error) {
	if bad := scenario.Validate(s); len(bad) > 0 {
		errs := make([]error, len(bad))
		for i := range bad {
			errs[i] = &bad[i]
		}
		return nil, errors.Join(errs...)
	}
	clock, err := time.Parse(time.RFC3339, s.Clock)
	if err != nil {
		return nil, fmt.Errorf("run: clock %q: %w", s.Clock, err)
	}
	random, store, err := Certificates(s, opt)
	if err != nil {
		return nil, err
	}
	t := &trace.Trace{Scenario: s}
	r := &Runner{
		s: s, clock: clock, rec: newRecorder(t), faults: newFaults(s.Faults),
		random: random, pki: store, gates: map[string]*gate{}, inner: map[string]string{}, inside: map[string]string{},
	}
	r.net = sim.New(r.rec, r.faults.Tamper)
	r.net.Random = r.random
	r.net.Limits = sim.Limits{Packets: s.Limits.Packets, Bytes: s.Limits.Bytes, Time: time.Duration(s.Limits.Seconds) * time.Second}
	if err := r.topology(); err != nil {
		return nil, err
	}
	if err := r.policies(); err != nil {
		return nil, err
	}
	for i := range s.Conversations {
		if err := r.converse(&s.Conversations[i]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Certificates builds the scenario's certificates, as a run does, with the
// random values they come from.
func Certificates(s *scenario.Scenario, opt Options) (*engine.Random, pki.Identities, error) {
	pins, err := pinned(s)
	if err != nil {
		return nil, nil, err
	}
	random := engine.NewRandom(s.Seed, pins)
	random.Remember(opt.Cache.Memo())
	var specs []pki.Spec
	for _, c := range s.Certificates {
		specs = append(specs, pki.Spec(c))
	}
	store, err := pki.Build(specs, random, opt.Keys, opt.Cache)
	return random, store, err
}

func pinned(s *scenario.Scenario) (map[string][]byte, error) {
	pins := map[string][]byte{}
	for _, p := range s.Pins {
		v, err := hex.DecodeString(p.Hex)
		if err != nil {
			return nil, fmt.Errorf("run: pin %s: %w", p.Name, err)
		}
		pins[p.Name] = v
	}
	return pins, nil
}

// topology builds links and nodes.
func (r *Runner) topology() error {
	for _, l := range r.s.Links {
		r.net.AddLink(l.Name, l.MTU, time.Duration(l.DelayUS)*time.Microsecond, l.Bandwidth)
		r.rec.t.Links = append(r.rec.t.Links, trace.Link{Name: l.Name, MTU: l.MTU})
	}
	for _, n := range r.s.Nodes {
		node := r.net.AddNode(n.Name, n.Kind == "router")
		r.rec.t.Nodes = append(r.rec.t.Nodes, n.Name)
		for _, i := range n.Interfaces {
			prefix, err := netip.ParsePrefix(i.Address)
			if err != nil {
				return fmt.Errorf("run: address of %s on %s: %w", n.Name, i.Link, err)
			}
			if err := node.AddInterface(i.Link, prefix); err != nil {
				return err
			}
		}
		if n.Gateway != "" {
			via, err := netip.ParseAddr(n.Gateway)
			if err != nil {
				return fmt.Errorf("run: gateway of %s: %w", n.Name, err)
			}
			node.SetGateway(via)
		}
		for _, route := range n.Routes {
			to, err := netip.ParsePrefix(route.To)
			if err != nil {
				return fmt.Errorf("run: route of %s: %w", n.Name, err)
			}
			via, err := netip.ParseAddr(route.Via)
			if err != nil {
				return fmt.Errorf("run: route of %s: %w", n.Name, err)
			}
			node.AddRoute(to, via)
		}
	}
	return nil
}

// address returns the first address of a node.
func (r *Runner) address(node string) (netip.Addr, error) {
	for _, n := range r.s.Nodes {
		if n.Name == node && len(n.Interfaces) > 0 {
			p, err := netip.ParsePrefix(n.Interfaces[0].Address)
			return p.Addr(), err
		}
	}
	return netip.Addr{}, fmt.Errorf("run: node %q has no address", node)
}

// converse starts one conversation.
func (r *Runner) converse(c *scenario.Conversation) error {
	from, to := r.net.Node(c.From), r.net.Node(c.To)
	if from == nil || to == nil {
		return fmt.Errorf("run: conversation %s goes from %q to %q, which are not both nodes", c.Name, c.From, c.To)
	}
	addr, err := r.address(c.To)
	if err != nil {
		return err
	}
	switch c.Kind {
	case "tls":
		return r.startTLS(c, from, to, addr)
	case "tcp":
		return r.startTCP(c, from, to, addr)
	case "udp":
		return r.startUDP(c, from, to, addr)
	case "ping":
		return r.startPing(c, from, to, addr)
	}
	return fmt.Errorf("run: conversation %s is of unknown kind %q", c.Name, c.Kind)
}

// Step plays at most budget events more and reports whether the run has ended.
func (r *Runner) Step(budget int) (done bool) {
	if r.done {
		return true
	}
	if !r.net.Run(budget) {
		return false
	}
	r.done = true
	r.finish()
	return true
}

// Progress is how far the run is: packets so far, and virtual time.
func (r *Runner) Progress() (packets int, now time.Duration) { return r.net.Packets(), r.net.Now() }

// Trace returns what happened, complete once Step has returned true.
func (r *Runner) Trace() *trace.Trace { return r.rec.t }

// finish settles buffers and writes the outcome.
func (r *Runner) finish() {
	t := r.rec.t
	for _, v := range r.voices {
		v.settle()
	}
	t.Values = r.random.Values()
	t.Faults = r.faults.reports
	randoms := map[string][]byte{}
	for _, v := range t.Values {
		randoms[v.Name] = v.Value
	}
	for _, c := range r.s.Conversations {
		for _, s := range t.Secrets {
			if s.Conv == c.Name && s.Keylog != "" {
				s.ClientRandom = randoms[c.From+"/"+c.Name+"/random"]
			}
		}
	}
	t.Outcome = r.outcome()
}

// outcome says how the run ended. When several things failed, one that the
// scenario does not expect is the outcome.
func (r *Runner) outcome() trace.Outcome {
	expect := r.s.Expect
	if expect == "" {
		expect = "complete"
	}
	var failure *engine.Failure
	var failed, said []string
	fail := func(f *engine.Failure) {
		if f == nil {
			return
		}
		if failure == nil || failure.Code.ID == expect && f.Code.ID != expect {
			failure = f
			failed = append([]string{strings.TrimSuffix(f.Sentence(), ".")}, failed...)
			return
		}
		failed = append(failed, strings.TrimSuffix(f.Sentence(), "."))
	}
	limit := r.limit()
	fail(limit)
	for i, c := range r.convs {
		text, f := c.result(r)
		if f != nil && f.FromPeer {
			f = r.found(r.s.Conversations[i].Name, f)
		}
		if f != nil && limit == nil {
			fail(f)
		}
		if text != "" {
			said = append(said, text)
		}
	}
	said = append(said, r.network()...)
	o := trace.Outcome{End: r.net.Now(), Code: "complete", Summary: strings.Join(append(failed, said...), ". ") + "."}
	if failure != nil {
		o.Failure, o.Code = failure, failure.Code.ID
	}
	o.OK = o.Code == expect
	return o
}

// network tells what the network did to packets without failing any
// conversation: cut them, or lose segments that were sent again.
func (r *Runner) network() []string {
	cut, again := 0, map[string]bool{}
	for _, p := range r.rec.t.Packets {
		if p.Fate == trace.Fragmented {
			cut++
		}
		if c := p.Cause(); strings.Contains(c, "/rtx") && !strings.Contains(c, "/icmp/") && !strings.HasSuffix(c, "/tampered") {
			again[c] = true
		}
	}
	var said []string
	if cut > 0 {
		said = append(said, fmt.Sprintf("%d %s too large for a link and cut into fragments", cut, wereMany(cut, "packet")))
	}
	if n := len(again); n > 0 {
		said = append(said, fmt.Sprintf("%d %s sent again", n, wereMany(n, "TCP segment")))
	}
	return said
}

func wereMany(n int, what string) string {
	if n == 1 {
		return what + " was"
	}
	return what + "s were"
}

// found returns what was found first in a conversation, rather than the alert
// that told of it.
func (r *Runner) found(conv string, alert *engine.Failure) *engine.Failure {
	for _, e := range r.rec.t.Events {
		if e.Kind == trace.KindFailed && e.Conv == conv && e.Fail != nil {
			return e.Fail
		}
	}
	return alert
}

// sentAs returns the full name under which a packet first went onto a link.
func (r *Runner) sentAs(cause string) string {
	if r.causes == nil {
		r.causes = map[string]string{}
		for _, p := range r.rec.t.Packets {
			if c := p.Cause(); r.causes[c] == "" {
				r.causes[c] = p.Name
			}
		}
	}
	return r.causes[cause]
}

// resolve returns the name by which the trace knows a packet that a node saw:
// a packet on a link and a reassembled datagram are known; one that IPsec
// sealed or opened there is the buffer of the inner packet.
func (r *Runner) resolve(node, name string) string {
	if r.rec.names[name] != nil || r.rec.buffers[name] != nil {
		return name
	}
	if id, ok := r.inner[node+" "+name]; ok {
		return id
	}
	return name
}

// limit returns the bound that ended the run, if one did.
func (r *Runner) limit() *engine.Failure {
	switch r.net.Stopped() {
	case "limit/packets":
		return limitPackets.With(r.s.Limits.Packets)
	case "limit/bytes":
		return limitBytes.With(r.s.Limits.Bytes)
	case "limit/seconds":
		return limitTime.With(r.s.Limits.Seconds)
	}
	return nil
}
