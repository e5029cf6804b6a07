package run_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/pki"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
	"cipherglass/playground/verify"
)

var edits = flag.Int("edits", 300, "scenarios that TestRandomEdits plays")

// TestRandomEdits edits presets at random, as somebody at the form might. A
// run must end within its bounds with an outcome in words, the same twice, and
// its trace must be consistent. The seed of each is its number.
func TestRandomEdits(t *testing.T) {
	cache := &pki.Cache{}
	codes := map[string]int{}
	refused := 0
	count := *edits
	if testing.Short() {
		count = min(count, 60)
	}
	for n := range count {
		s, done := edited(uint64(n))
		if bad := scenario.Validate(s); len(bad) > 0 {
			refused++
			for _, b := range bad {
				readsWell(t, b.Sentence)
			}
			continue
		}
		tr, err := run.Run(s, run.Options{Cache: cache})
		if err != nil {
			refused++
			if len(err.Error()) < 20 {
				t.Errorf("%d %v: %v", n, done, err)
			}
			continue
		}
		codes[tr.Outcome.Code]++
		if found := inconsistencies(tr); len(found) > 0 {
			t.Errorf("%d %v: %s", n, done, strings.Join(found[:min(3, len(found))], "; "))
		}
		readsWell(t, tr.Outcome.Summary)
		packets, bytes := 0, 0
		for _, p := range tr.Packets {
			if p.Fate != trace.Fragmented && p.Fate != trace.Rewritten { // its children travel
				packets, bytes = packets+1, bytes+len(p.Bytes)
			}
		}
		if packets > s.Limits.Packets || bytes > s.Limits.Bytes+65535 || tr.Outcome.End > time.Duration(s.Limits.Seconds)*time.Second {
			t.Errorf("%d %v: %d packets, %d bytes, %v beyond its limits", n, done, packets, bytes, tr.Outcome.End)
		}
		if n%5 == 0 {
			again, err := run.Run(s.Clone(), run.Options{})
			if err != nil || trace.Hash(again) != trace.Hash(tr) {
				t.Errorf("%d %v: a second run differs (%v)", n, done, err)
			}
		}
		if n%3 == 0 {
			verify.All(tr, verify.Options{Cache: cache})
			for _, c := range verify.Unexpected(tr) {
				if tr.Outcome.OK {
					t.Errorf("%d %v: %s disagrees on %s of %s: %s", n, done, c.By, c.Name, c.Packet, c.Detail)
				}
			}
		}
		if t.Failed() && n > 50 {
			break
		}
	}
	t.Logf("%d refused, outcomes %v", refused, codes)
	if refused > count/2 {
		t.Errorf("%d of %d scenarios were refused", refused, count)
	}
}

// edited makes a few edits of a preset, and returns what they were.
func edited(seed uint64) (*scenario.Scenario, []string) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	all := scenario.Presets()
	s, err := scenario.Preset(all[rnd.IntN(len(all))].Name)
	if err != nil {
		panic(err)
	}
	done := []string{s.Preset}
	// Runs are to be short.
	s.Limits = scenario.Limits{Packets: 3000, Bytes: 2 << 20, Seconds: 100}
	for range 1 + rnd.IntN(6) {
		fields := scenario.Fields(s)
		f := fields[rnd.IntN(len(fields))]
		if strings.HasPrefix(f.Path, "limits") && rnd.IntN(4) > 0 {
			continue
		}
		v, ok := randomValue(rnd, f)
		if !ok {
			continue
		}
		if err := scenario.Set(s, f.Path, v); err == nil {
			done = append(done, fmt.Sprintf("%s=%v", f.Path, v))
		}
	}
	if rnd.IntN(3) == 0 {
		if clean, err := run.Run(s, run.Options{}); err == nil && len(clean.Packets) > 0 {
			p := clean.Packets[rnd.IntN(len(clean.Packets))]
			f := scenario.Fault{Kind: []string{"tamper", "drop", "replay"}[rnd.IntN(3)], Packet: p.Cause(), Link: p.Link, Keep: rnd.IntN(2) == 0}
			if f.Kind == "tamper" {
				f.Offset, f.Value = rnd.IntN(len(p.Bytes)), fmt.Sprintf("%02x", rnd.IntN(256))
			}
			s.Faults = append(s.Faults, f)
			done = append(done, fmt.Sprintf("%+v", f))
		}
	}
	return s, done
}

func randomValue(rnd *rand.Rand, f scenario.Field) (any, bool) {
	switch f.Kind {
	case scenario.Int:
		// Mostly near the least value, now and then anywhere.
		span := f.Max - f.Min
		switch rnd.IntN(3) {
		case 0:
			span = min(span, 100)
		case 1:
			span = min(span, 3000)
		}
		return f.Min + rnd.IntN(span+1), true
	case scenario.Bool:
		return rnd.IntN(2) == 0, true
	case scenario.Enum:
		if len(f.Choices) == 0 {
			return nil, false
		}
		return f.Choices[rnd.IntN(len(f.Choices))].Value, true
	case scenario.List, scenario.Names:
		var list []string
		for range rnd.IntN(5) {
			if len(f.Choices) > 0 {
				list = append(list, f.Choices[rnd.IntN(len(f.Choices))].Value)
			}
		}
		if f.Kind == scenario.List && rnd.IntN(3) == 0 {
			list = append(list, fmt.Sprintf("0x%04x", rnd.IntN(1<<16)))
		}
		return list, true
	case scenario.Words:
		return []string{"h2", "http/1.1", "example.test"}[:rnd.IntN(4)], true
	case scenario.SPI:
		return fmt.Sprintf("0x%08x", 256+rnd.IntN(1<<31)), true
	case scenario.Time:
		return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(rnd.IntN(4*365*24)-2*365*24) * time.Hour).Format(time.RFC3339), true
	case scenario.Prefix:
		return fmt.Sprintf("10.%d.0.0/%d", rnd.IntN(3), []int{8, 16, 24, 32}[rnd.IntN(4)]), true
	case scenario.Text:
		return []string{"x", "another", "example.test", "Grüße"}[rnd.IntN(4)], true
	}
	return nil, false
}

// TestIPv6 plays presets with every address an IPv6 one.
func TestIPv6(t *testing.T) {
	for _, name := range []string{"tls13", "tls12-rsa", "esp-tunnel", "esp-transport", "ah-transport", "mtu"} {
		t.Run(name, func(t *testing.T) {
			s := v6(preset(t, name))
			tr := play(t, s)
			consistent(t, tr)
			verify.All(tr, verify.Options{})
			if !tr.Outcome.OK {
				t.Errorf("ended with %s: %s", tr.Outcome.Code, tr.Outcome.Summary)
			}
			for _, c := range verify.Unexpected(tr) {
				t.Errorf("%s disagrees on %s of %s: %s", c.By, c.Name, c.Packet, c.Detail)
			}
			for _, p := range tr.Packets {
				if p.Bytes[0]>>4 != 6 {
					t.Fatalf("%s is no IPv6 packet", p.Name)
				}
			}
		})
	}
}

// v6 gives 10.1.0.2/24 the address fd00:0:a01::2/56 and so on: the middle names
// the network, the end the host.
func v6(s *scenario.Scenario) *scenario.Scenario {
	addr := func(a netip.Addr) netip.Addr {
		b := a.As4()
		return netip.AddrFrom16([16]byte{0xfd, 4: b[0], 5: b[1], 6: b[2], 15: b[3]})
	}
	text := func(x string) string {
		if p, err := netip.ParsePrefix(x); err == nil {
			bits := 56
			if p.Bits() == 32 {
				bits = 128
			}
			return netip.PrefixFrom(addr(p.Addr()), bits).String()
		}
		if a, err := netip.ParseAddr(x); err == nil {
			return addr(a).String()
		}
		return x
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		n.Gateway = text(n.Gateway)
		for j := range n.Interfaces {
			n.Interfaces[j].Address = text(n.Interfaces[j].Address)
		}
		for j := range n.Routes {
			n.Routes[j].To, n.Routes[j].Via = text(n.Routes[j].To), text(n.Routes[j].Via)
		}
	}
	for i := range s.Policies {
		s.Policies[i].SelectorA, s.Policies[i].SelectorB = text(s.Policies[i].SelectorA), text(s.Policies[i].SelectorB)
	}
	return s
}

// TestLargeTransfers sends 10 MB through TLS, and 4 MB through TCP in a tunnel
// (each byte crosses four links), within the limits that a scenario may have.
func TestLargeTransfers(t *testing.T) {
	if testing.Short() {
		t.Skip("10 MB each")
	}
	for _, c := range []struct{ preset, conv string }{{"tls13", "web"}, {"esp-tunnel", "transfer"}} {
		s := set(t, preset(t, c.preset), "conversations."+c.conv+".size", 10<<20, "limits.packets", scenario.MaxPackets, "limits.bytes", scenario.MaxBytes)
		if c.preset == "esp-tunnel" {
			set(t, s, "conversations.transfer.size", 4<<20)
		}
		start := time.Now()
		tr := play(t, s)
		if tr.Outcome.Code != "complete" {
			t.Errorf("%s ended with %s: %s", c.preset, tr.Outcome.Code, tr.Outcome.Summary)
		}
		t.Logf("%s: %d packets, virtual %v, real %v", c.preset, len(tr.Packets), tr.Outcome.End, time.Since(start))
	}
}
