package run_test

import (
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"testing"

	"cipherglass/crypto/pki"
	"cipherglass/crypto/wire"
	"cipherglass/playground/dissect"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
	"cipherglass/playground/verify"
)

// unauthenticated lists the fields that may change without anybody noticing:
// no checksum that an attacker could not compute anew covers them, and nobody
// has anything to compare them with. A field of only some packets has a part
// of their names.
var unauthenticated = []struct{ field, packet string }{
	{"frame/IPv4/DSCP and ECN", ""},
	{"frame/IPv4/Identification", ""},
	{"frame/IPv4/Time to Live", ""},
	{"frame/IPv4/Header Checksum", ""},      // computed anew
	{"frame/IPv4/Source Address", "/esp/"},  // an SA is found by its SPI (RFC 4303, Section 2.1)
	{"frame/IPv4/Source Address", "/icmp/"}, // any router may send an error
	{"frame/TCP/Sequence Number", ""},       // of a bare ACK
	{"frame/TCP/Acknowledgment Number", ""}, // another acknowledges more
	{"frame/TCP/Data Offset and Flags", ""}, // PSH, ECN
	{"frame/TCP/Window", ""},
	{"frame/TCP/Checksum", ""}, // computed anew
	{"frame/TCP/Urgent Pointer", ""},
	{"frame/TCP/Options/Maximum Segment Size/Kind", ""},
	{"frame/TCP/Options/Maximum Segment Size/MSS Value", ""},
	{"frame/TCP/Options/Window Scale/Kind", ""},
	{"frame/TCP/Options/Window Scale/Shift Count", ""},
	{"frame/TLS record/legacy_record_version", ""},  // RFC 8446, Section 5.1: MUST be ignored
	{"frame/TLS record/length", "server/web/close"}, // nobody waits for the server's close_notify
	{"frame/data", "pc1/transfer/data/seg3@lan1"},   // sent again in other pieces before it was used
	{"frame/ICMP/Code", ""},
	{"frame/ICMP/Checksum", ""}, // computed anew
	{"frame/ICMP/unused", "/icmp/"},
	{"frame/ICMP/Next-Hop MTU", "/icmp/"},
	{"frame/ICMP/original datagram/", "/icmp/"}, // more than TCP looks at
}

func mayChange(field, packet string) bool {
	for _, u := range unauthenticated {
		if (field == u.field || strings.HasSuffix(u.field, "/") && strings.HasPrefix(field, u.field)) && strings.Contains(packet, u.packet) {
			return true
		}
	}
	return false
}

func TestEveryByteFlipped(t *testing.T) {
	for _, p := range scenario.Presets() {
		t.Run(p.Name, func(t *testing.T) { flipPreset(t, p.Name) })
	}
}

// stride is how many bytes of a packet are passed over: none of headers and
// short messages, every second of long flights, many of bulk data.
func stride(preset string, packet *trace.Packet) int {
	step := 1
	switch size := len(packet.Bytes); {
	case size > 1000 && strings.HasPrefix(preset, "tls"):
		step = 16
	case size > 400 && strings.HasPrefix(preset, "tls"):
		step = 2
	case !strings.HasPrefix(preset, "tls"):
		step = 1 + size/40
	}
	if testing.Short() {
		step = 13 * step
	}
	return step
}

// flipPreset changes every byte of every packet on the first link that it
// crosses, each in a run of its own, with checksums computed anew as an
// attacker would. The run must end, and somebody must have noticed, or nobody
// could.
func flipPreset(t *testing.T, name string) {
	base := preset(t, name)
	opt := run.Options{Cache: &pki.Cache{}}
	clean, err := run.Run(base, opt)
	if err != nil {
		t.Fatal(err)
	}
	was := cleanRun(clean)
	x := dissect.NewIndex(clean)
	unnoticed := map[string]int{}
	tally := map[string]int{} // who noticed: in how many runs
	runs := 0
	for _, p := range firsts(clean) {
		step := stride(name, p)
		tree := x.Packet(p.Name).Tabs[0].Tree
		for off := 0; off < len(p.Bytes); off += step {
			s := base.Clone()
			s.Faults = []scenario.Fault{{Kind: "tamper", Packet: p.Cause(), Link: p.Link, Offset: off, Value: hex.EncodeToString([]byte{p.Bytes[off] ^ 0x41})}}
			tr, err := run.Run(s, opt)
			if err != nil {
				t.Fatalf("%s, byte %d: %v", p.Name, off, err)
			}
			runs++
			if tr.Outcome.Code == "" || len(tr.Outcome.Summary) < 10 {
				t.Errorf("%s, byte %d: ended with %+v", p.Name, off, tr.Outcome)
			}
			if !tr.Faults[0].Applied {
				t.Errorf("%s, byte %d: the fault did not apply: %s", p.Name, off, tr.Faults[0].Why)
			}
			if runs%97 == 0 {
				consistent(t, tr)
			}
			verify.All(tr, verify.Options{Cache: opt.Cache})
			who := was.noticed(tr)
			kind, _, _ := strings.Cut(who, ": ")
			tally[kind]++
			if who == "" {
				if f := leaf(tree, off); !mayChange(f, p.Name) {
					unnoticed[f+" of "+p.Name]++
				}
			}
		}
	}
	t.Logf("%d runs: %v", runs, tally)
	for _, f := range sorted(unnoticed) {
		t.Errorf("%d changes of %s went unnoticed", unnoticed[f], f)
	}
}

// firsts lists the packets that begin on a link, and are not made of another
// there.
func firsts(tr *trace.Trace) []*trace.Packet {
	var list []*trace.Packet
	seen := map[string]bool{}
	for _, p := range tr.Packets {
		if !seen[p.Cause()] && p.Fate != trace.Fragmented {
			seen[p.Cause()] = true
			list = append(list, p)
		}
	}
	return list
}

// untouched is what a clean run shows, to tell what a change brought.
type untouched struct {
	outcome string
	known   map[string]bool // its packets and drops
}

func cleanRun(tr *trace.Trace) untouched {
	u := untouched{outcome: tr.Outcome.Code, known: map[string]bool{}}
	for _, p := range tr.Packets {
		u.known[p.Name] = true
	}
	for _, e := range tr.Events {
		if e.Kind == trace.KindDropped || e.Kind == trace.KindFailed {
			u.known[e.Text] = true
		}
	}
	return u
}

// noticed says who noticed that something was wrong, "" for nobody.
func (u untouched) noticed(tr *trace.Trace) string {
	if tr.Outcome.Code != u.outcome {
		return "outcome: " + tr.Outcome.Code
	}
	for _, c := range tr.Checks {
		if c.Answer == trace.Disagreed {
			return "check: " + c.Name
		}
	}
	for _, e := range tr.Events {
		if (e.Kind == trace.KindDropped || e.Kind == trace.KindFailed) && !u.known[e.Text] {
			return e.Kind + ": " + e.Text
		}
	}
	for _, p := range tr.Packets {
		if strings.Contains(p.Name, "/rtx") && !u.known[p.Name] {
			return "sent again: " + p.Name
		}
	}
	return ""
}

// leaf names the field of a frame that a byte is in.
func leaf(n *wire.Node, off int) string {
	for _, k := range n.Kids {
		if off >= k.Off && off < k.Off+k.Len {
			if len(k.Kids) > 0 {
				return n.Name + "/" + leaf(k, off)
			}
			return fmt.Sprintf("%s/%s", n.Name, k.Name)
		}
	}
	return n.Name
}

func sorted(m map[string]int) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}

// TestKeptChecksums leaves the checksums as they were: TCP drops the segment
// and sends it again, and says so, and the run completes.
func TestKeptChecksums(t *testing.T) {
	for _, c := range []struct{ preset, packet string }{
		{"tls13", "client/web/flight1/seg1"},
		{"tls13", "server/web/flight1/seg1"},
		{"tls12-rsa", "client/web/flight2/seg1"},
		{"esp-tunnel", "pc1/transfer/data/seg1"},
	} {
		s := preset(t, c.preset)
		if c.preset == "esp-tunnel" {
			set(t, s, "conversations.transfer.size", 1000) // one segment, which fits
		}
		clean := play(t, s)
		p := find(clean, c.packet)
		if p == nil {
			t.Fatalf("%s has no packet %s", c.preset, c.packet)
		}
		for _, off := range []int{len(p.Bytes) - 1, len(p.Bytes) / 2, 41} {
			s := s.Clone()
			s.Faults = []scenario.Fault{{Kind: "tamper", Packet: c.packet, Offset: off, Value: hex.EncodeToString([]byte{^p.Bytes[off]}), Keep: true}}
			tr := play(t, s)
			consistent(t, tr)
			if tr.Outcome.Code != "complete" {
				t.Errorf("%s, byte %d: %s", c.packet, off, tr.Outcome.Summary)
			}
			who := said(tr, trace.KindDropped, "checksum")
			again := find(tr, c.packet+"/rtx1")
			if who == nil || again == nil {
				t.Errorf("%s, byte %d: dropped with %v, sent again as %v", c.packet, off, who, again)
			}
		}
	}
}

func find(tr *trace.Trace, cause string) *trace.Packet {
	for _, p := range tr.Packets {
		if p.Cause() == cause {
			return p
		}
	}
	return nil
}

// said returns the first event of a kind with a text.
func said(tr *trace.Trace, kind, text string) *trace.Event {
	for _, e := range tr.Events {
		if e.Kind == kind && strings.Contains(e.Text, text) {
			return e
		}
	}
	return nil
}
