package run

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/ipsec"
	"cipherglass/playground/scenario"
	"cipherglass/playground/sim"
	"cipherglass/playground/trace"
)

// gate is the IPsec of one node: the hook that gives packets to its gateway.
type gate struct {
	voice
	n      *sim.Node
	gw     ipsec.Gateway
	opened map[string]bool // packets that it has just opened, by cause
}

// policies builds gateways, policies and their manual SAs.
func (r *Runner) policies() error {
	for i := range r.s.Policies {
		if p := &r.s.Policies[i]; p.Action == "protect" {
			if err := r.protect(p); err != nil {
				return fmt.Errorf("run: policy %s: %w", p.Name, err)
			}
		}
	}
	return nil
}

// protect sets up one policy: a pair of SAs, each known at both ends.
func (r *Runner) protect(p *scenario.Policy) error {
	a, b := r.net.Node(p.A), r.net.Node(p.B)
	if a == nil || b == nil {
		return fmt.Errorf("it joins %q and %q, which are not both nodes", p.A, p.B)
	}
	addrA, addrB, err := facing(a, b)
	if err != nil {
		return err
	}
	selA, err := selector(p.SelectorA, addrA)
	if err != nil {
		return err
	}
	selB, err := selector(p.SelectorB, addrB)
	if err != nil {
		return err
	}
	forth := ipsec.Params{Dir: "ab", Src: addrA, Dst: addrB, Selectors: ipsec.Selectors{Src: selA, Dst: selB}}
	back := ipsec.Params{Dir: "ba", Src: addrB, Dst: addrA, Selectors: forth.Selectors.Reverse()}
	for _, x := range []struct {
		sa  *ipsec.Params
		spi string
	}{{&forth, p.SPIAB}, {&back, p.SPIBA}} {
		spi, err := strconv.ParseUint(strings.TrimPrefix(x.spi, "0x"), 16, 32)
		if err != nil {
			return fmt.Errorf("SPI %q: %w", x.spi, err)
		}
		x.sa.Policy, x.sa.SPI, x.sa.Protocol, x.sa.Mode = p.Name, uint32(spi), p.Protocol, p.Mode
		x.sa.Encryption, x.sa.Integrity, x.sa.DF, x.sa.Window, x.sa.Random = p.Encryption, p.Integrity, p.DF, p.Window, r.random
		keys, fail := ipsec.DeriveKeys(r.random, p.Name, x.sa.Dir, p.Protocol, p.Encryption, p.Integrity)
		if fail != nil {
			return fail
		}
		x.sa.Keys = keys
		if err := r.tellWireshark(*x.sa); err != nil {
			return err
		}
	}
	if err := r.install(p.A, p.Name, selA, selB, forth, back); err != nil {
		return err
	}
	return r.install(p.B, p.Name, selB, selA, back, forth)
}

// tellWireshark notes what opens the SA's packets in the capture.
func (r *Runner) tellWireshark(p ipsec.Params) error {
	sa, fail := ipsec.NewSA(p)
	if fail != nil {
		return fail
	}
	if line, ok := sa.WiresharkLine(p.Src.Is6()); ok {
		r.rec.t.ESPSA = append(r.rec.t.ESPSA, line)
	}
	return nil
}

// install gives one node its half of a policy.
func (r *Runner) install(node, policy string, local, remote netip.Prefix, out, in ipsec.Params) error {
	g := r.gates[node]
	if g == nil {
		g = &gate{n: r.net.Node(node), opened: map[string]bool{}, gw: ipsec.Gateway{Default: ipsec.Bypass}}
		g.voice = voice{r: r, node: node, prefix: node + "/ipsec/"}
		r.gates[node] = g
		g.n.AddHook(g)
	}
	g.conv = policy
	sealer, fail := ipsec.NewSA(out)
	if fail != nil {
		return fail
	}
	opener, fail := ipsec.NewSA(in)
	if fail != nil {
		return fail
	}
	for _, s := range sealer.Secrets() {
		keep := g.prefix
		g.prefix = "" // an SA's keys are the same at both ends
		g.secret(s)
		g.prefix = keep
	}
	g.event(&trace.Event{Kind: trace.KindState, Text: "SAs installed", Detail: fmt.Sprintf("out %s, in %s, %s mode, for %s to %s", sealer.SPIText(), opener.SPIText(), out.Mode, local, remote), Ref: "RFC 4301, Section 4.4"})
	if fail := g.gw.Add(ipsec.Entry{Name: policy, Local: local, Remote: remote, Action: ipsec.Protect, Out: sealer, In: opener}); fail != nil {
		return fail
	}
	return nil
}

// facing returns the addresses by which two nodes reach each other.
func facing(a, b *sim.Node) (addrA, addrB netip.Addr, err error) {
	if all := b.Addrs(); len(all) > 0 {
		addrB = all[0]
	}
	addrA, ok := a.SourceFor(addrB)
	if ok {
		addrB, ok = b.SourceFor(addrA)
	}
	if !ok {
		return addrA, addrB, fmt.Errorf("%s and %s have no route to each other", a.Name(), b.Name())
	}
	return addrA, addrB, nil
}

func selector(text string, own netip.Addr) (netip.Prefix, error) {
	if text == "" {
		return netip.PrefixFrom(own, own.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// Outbound seals what a policy protects.
func (g *gate) Outbound(now time.Duration, p *sim.Packet, mtu int) sim.Verdict {
	if g.opened[p.Name] {
		delete(g.opened, p.Name)
		return sim.Verdict{}
	}
	g.packet = p.Parent
	if p.Full != "" {
		g.packet = p.Full
		if fail := g.gw.Clear(p.Bytes); fail != nil { // it came by a link, and not through a tunnel
			g.tell(engine.Failed{Failure: fail})
			return sim.Verdict{Action: sim.Drop, Why: fail.Sentence()}
		}
	}
	e := g.gw.Match(p.Bytes)
	if e == nil {
		return sim.Verdict{}
	}
	if e.Out.Params().Mode == ipsec.Tunnel {
		if m := g.n.PathMTU(e.Out.Params().Dst); m > 0 {
			mtu = m
		}
	}
	g.conv = e.Name
	var out engine.Effects
	res := g.gw.Outbound(p.Bytes, mtu, &out)
	g.packet = g.r.rec.onLink(p.Full, p.Parent)
	switch res.Outcome {
	case ipsec.Dropped:
		g.tellAll(&out, nil)
		return sim.Verdict{Action: sim.Drop, Why: res.Fail.Sentence()}
	case ipsec.Refused:
		g.event(&trace.Event{Kind: trace.KindNote, Text: res.Fail.Sentence(), Ref: res.Fail.Code.Ref})
		return sim.Verdict{Action: sim.TooBig, MTU: res.MTU, Why: res.Fail.Sentence()}
	case ipsec.Done:
		name := fmt.Sprintf("%s/%s/%s/%d", g.node, res.SA.Params().Protocol, res.SA.SPIText(), res.Seq)
		g.tellAll(&out, func(piece engine.Piece) []engine.Piece {
			piece.Buffer = g.r.sentAs(name)
			return []engine.Piece{piece}
		})
		g.r.inner[g.node+" "+p.Name] = g.prefix + res.Inner
		g.r.inside[name] = p.Name
		return sim.Verdict{Action: sim.Replace, Out: &sim.Packet{Name: name, Bytes: res.Packet}}
	}
	return sim.Verdict{}
}

// Inbound opens what came protected.
func (g *gate) Inbound(now time.Duration, p *sim.Packet) sim.Verdict {
	g.packet, g.conv = g.r.rec.onLink(p.Full, p.Parent), ""
	from := p.Full
	var out engine.Effects
	res := g.gw.Inbound(p.Bytes, &out)
	g.conv = res.Policy
	g.tellAll(&out, func(piece engine.Piece) []engine.Piece {
		piece.Buffer = from
		return []engine.Piece{piece}
	})
	switch res.Outcome {
	case ipsec.Dropped:
		return sim.Verdict{Action: sim.Drop, Why: res.Fail.Sentence()}
	case ipsec.Done:
		name := g.r.inside[original(p.Name)]
		if name == "" {
			name = p.Name + "/inner"
		}
		g.r.inner[g.node+" "+name] = g.prefix + res.Inner
		if !g.own(res.Packet) {
			g.opened[name] = true // it goes through Outbound on its way
		}
		return sim.Verdict{Action: sim.Replace, Out: &sim.Packet{Name: name, Bytes: res.Packet}}
	}
	return sim.Verdict{}
}

// own reports whether a packet is addressed to the node itself.
func (g *gate) own(packet []byte) bool {
	var dst netip.Addr
	switch {
	case len(packet) >= 20 && packet[0]>>4 == 4:
		dst = netip.AddrFrom4([4]byte(packet[16:20]))
	case len(packet) >= 40 && packet[0]>>4 == 6:
		dst = netip.AddrFrom16([16]byte(packet[24:40]))
	}
	for _, a := range g.n.Addrs() {
		if a == dst {
			return true
		}
	}
	return false
}

// tellAll records effects. The checks that passed become one event: a packet
// passes half a dozen.
func (g *gate) tellAll(out *engine.Effects, place func(engine.Piece) []engine.Piece) {
	var names, details []string
	var failed *engine.Checked
	for _, f := range out.List {
		switch f := f.(type) {
		case engine.Checked:
			if f.OK {
				names, details = append(names, f.Name), append(details, f.Detail)
				continue
			}
			failed = &f
		}
	}
	if len(names) > 0 {
		g.event(&trace.Event{Kind: trace.KindChecked, OK: true, Text: strings.Join(names, ", "), Detail: strings.Join(details, "; "), Ref: "RFC 4301, Section 5.2"})
	}
	if failed != nil {
		g.tell(*failed)
	}
	from := len(g.made)
	for _, f := range out.List {
		if _, is := f.(engine.Checked); !is {
			g.tell(f)
		}
	}
	if place == nil {
		return
	}
	part := voice{r: g.r, made: append([]*trace.Buffer(nil), g.made[from:]...), place: place}
	g.made = g.made[:from]
	g.r.voices = append(g.r.voices, &part)
}

// original strips what tampering and repeating add to a packet's cause.
func original(cause string) string {
	for {
		cut := strings.TrimSuffix(cause, "/tampered")
		if i := strings.LastIndex(cut, "/dup"); i >= 0 && i > len(cut)-8 {
			cut = cut[:i]
		}
		if cut == cause {
			return cause
		}
		cause = cut
	}
}
