package verify

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// TestPresets has nobody disagree with any preset, and somebody agree.
func TestPresets(t *testing.T) {
	for _, p := range scenario.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			tr := play(t, preset(t, p.Name))
			All(tr, Options{})
			for _, c := range tr.Checks {
				if c.Answer == trace.Disagreed {
					t.Errorf("%s disagrees on %s of %s: %s", c.By, c.Name, c.Packet, c.Detail)
				}
				if c.Detail == "" && c.Answer != trace.Agreed {
					t.Errorf("%s on %s gives no reason", c.By, c.Name)
				}
				if c.Scope == scopePacket && tr.Packet(c.Packet) == nil {
					t.Errorf("%s of %s is about packet %q, which there is not", c.Name, c.Buffer, c.Packet)
				}
			}
			who := byGopacket // in IPsec our own code builds most headers, in TLS none
			if strings.HasPrefix(p.Name, "tls") {
				who = byDecoder
			}
			if a, _, _ := Count(&trace.Trace{Checks: by(tr, who)}); a == 0 {
				t.Errorf("%s agreed with nothing", who)
			}
			if n := len(by(tr, byCryptoTLS)); n != 2 && strings.HasPrefix(p.Name, "tls") {
				t.Errorf("%d separate runs, want 2", n)
			}
			if !HasWebCrypto() && len(by(tr, byWebCrypto)) != 1 {
				t.Error("nothing is said of WebCrypto's absence")
			}
			t.Log(count(tr.Checks))
		})
	}
}

// tamperCase is a preset with the last byte of a protected packet flipped.
type tamperCase struct {
	name      string
	preset    string
	edits     []string
	owner     string // whose opened buffer's packet is flipped
	webCrypto string // part of WebCrypto's detail
}

func tampered() []tamperCase {
	cbc := []string{"policies.r1-r2.encryption", "aes-128-cbc", "policies.r1-r2.integrity", "hmac-sha1-96"}
	return []tamperCase{
		{"TLS 1.3", "tls13", nil, "server", "WebCrypto finds the tag"},
		{"TLS 1.2 AEAD", "tls12-ecdhe", nil, "client", "WebCrypto finds the tag"},
		{"TLS 1.2 CBC", "tls12-rsa", both("cipher_suites", "TLS_RSA_WITH_AES_128_CBC_SHA"), "server", "WebCrypto decrypts it to bytes whose padding is wrong"},
		{"ESP GCM", "esp-tunnel", nil, "r2", "WebCrypto finds the tag"},
		{"ESP CBC", "esp-tunnel", cbc, "r2", "not the"},
		{"AH", "ah-transport", nil, "bob", "not the"},
	}
}

// scenario flips the last byte of the first packet that the owner opens.
func (x tamperCase) scenario(t testing.TB) *scenario.Scenario {
	t.Helper()
	s := preset(t, x.preset, x.edits...)
	tr := play(t, s)
	index := newIndex(tr)
	for _, b := range tr.Buffers {
		if b.Owner != x.owner || b.How != engine.Opened || b.Crypt == nil {
			continue
		}
		p := tr.Packet(index.lastPacket(b.ID))
		last := len(p.Bytes) - 1
		s.Faults = append(s.Faults, scenario.Fault{Kind: "tamper", Packet: p.Cause(), Link: p.Link, Offset: last, Value: fmt.Sprintf("%02x", p.Bytes[last]^1)})
		return s
	}
	t.Fatalf("%s opens nothing", x.owner)
	return nil
}

// TestTampered has the receiving engine refuse a changed packet, which the
// scenario's fault explains.
func TestTampered(t *testing.T) {
	for _, x := range tampered() {
		t.Run(x.name, func(t *testing.T) {
			tr := play(t, x.scenario(t))
			All(tr, Options{})
			c := disagreement(t, tr, x.owner+receiving, "")
			if p := tr.Packet(c.Packet); p == nil || !strings.Contains(c.Packet, "/tampered") {
				t.Errorf("the refused packet is %q, want the tampered one", c.Packet)
			}
			if c.Detail == "" {
				t.Error("no reason is given")
			}
			if list := Unexpected(tr); len(list) > 0 {
				t.Errorf("unexpected: %+v", list[0])
			}
			// Without the fault in the report the same would be unexpected.
			tr.Faults, tr.Outcome.OK = nil, false
			if len(Unexpected(tr)) == 0 {
				t.Error("a packet that was refused for no reason is taken for expected")
			}
		})
	}
}

// TestHeadersDisagree changes bytes of packets behind everybody's back: who
// checks the headers must notice.
func TestHeadersDisagree(t *testing.T) {
	tests := []struct {
		name, preset, who string
		pick              func(*Run, *trace.Packet) bool
		change            func(*trace.Packet)
		detail            string
	}{
		{"IPv4 checksum", "tls13", byDecoder, nil, func(p *trace.Packet) { p.Bytes[10] ^= 1 }, "Checksum"},
		{"IPv4 length", "tls13", byDecoder, nil, func(p *trace.Packet) { p.Bytes[3] ^= 1 }, "Length"},
		{"TCP checksum", "tls13", byDecoder, nil, func(p *trace.Packet) { p.Bytes[36] ^= 1 }, "Checksum"},
		{"cut short", "tls13", byDecoder, nil, func(p *trace.Packet) { p.Bytes = p.Bytes[:15] }, ""},
		{"ESP: IPv4 checksum", "esp-tunnel", byGopacket, ours, func(p *trace.Packet) { p.Bytes[10] ^= 1 }, "other headers"},
		{"ESP: IPv4 length", "esp-tunnel", byGopacket, ours, func(p *trace.Packet) { p.Bytes[3] ^= 1 }, "gopacket"},
		{"AH: reserved", "ah-transport", byGopacket, ours, func(p *trace.Packet) { p.Bytes[22] ^= 1 }, "reserved"},
		{"AH: length", "ah-transport", byGopacket, ours, func(p *trace.Packet) { p.Bytes[21]++ }, "gopacket"},
		{"AH: what is inside", "ah-transport", byGopacket, ours, func(p *trace.Packet) { p.Bytes[len(p.Bytes)-1] ^= 1 }, "other headers"},
		{"fragment: checksum", "mtu", byGopacket, isFragment, func(p *trace.Packet) { p.Bytes[11] ^= 1 }, "other headers"},
		{"empty", "esp-tunnel", byGopacket, ours, func(p *trace.Packet) { p.Bytes, p.Parent = nil, "x" }, "empty"},
		{"no IP", "esp-tunnel", byGopacket, ours, func(p *trace.Packet) { p.Bytes, p.Parent = []byte{0xff, 1, 2}, "x" }, "gopacket"},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			tr := play(t, preset(t, x.preset))
			v := Start(tr, Options{})
			for _, p := range tr.Packets {
				if x.pick != nil && !x.pick(v, p) || x.pick == nil && ours(v, p) {
					continue
				}
				headers(v, []*trace.Packet{p})
				if c := tr.Checks[0]; c.By != x.who || c.Answer != trace.Agreed {
					t.Fatalf("before: %s, %s: %s", c.By, word(c), c.Detail)
				}
				tr.Checks = nil
				p.Bytes = bytes.Clone(p.Bytes)
				x.change(p)
				headers(v, []*trace.Packet{p})
				c := disagreement(t, tr, x.who, "headers")
				if !strings.Contains(c.Detail, x.detail) {
					t.Errorf("the detail is %q, want something of %q", c.Detail, x.detail)
				}
				return
			}
			t.Fatal("no such packet")
		})
	}
}

func isFragment(_ *Run, p *trace.Packet) bool {
	_, _, fragment := transport(p.Bytes)
	return fragment
}

// TestInnerDisagrees corrupts a packet that was inside another.
func TestInnerDisagrees(t *testing.T) {
	tr := play(t, preset(t, "esp-tunnel"))
	n := 0
	for _, b := range tr.Buffers {
		if b.Proto != "ip" {
			continue
		}
		b.Data = bytes.Clone(b.Data)
		b.Data[10] ^= 0x40
		n++
	}
	All(tr, Options{})
	list := 0
	for _, c := range by(tr, byGopacket) {
		if strings.HasPrefix(c.Name, "inner packet") && c.Answer == trace.Disagreed {
			list++
		}
	}
	if n == 0 || list != n {
		t.Errorf("gopacket disagrees on %d of %d corrupted inner packets", list, n)
	}
}

// TestCount counts each answer.
func TestCount(t *testing.T) {
	tr := &trace.Trace{Checks: []*trace.Check{{Answer: trace.Agreed}, {Answer: trace.Nobody}, {Answer: trace.Disagreed}, {Answer: trace.Agreed}, {}, {}}}
	if a, d, n := Count(tr); a != 2 || d != 1 || n != 3 {
		t.Errorf("Count is %d, %d, %d, want 2, 1, 3", a, d, n)
	}
}

// TestUnexpected goes through what explains a disagreement and what does not.
func TestUnexpected(t *testing.T) {
	red := func(scope, who string) *trace.Check {
		return &trace.Check{Scope: scope, By: who, Answer: trace.Disagreed}
	}
	fault := []trace.FaultReport{{Applied: true}}
	unapplied := []trace.FaultReport{{Why: "no such packet"}}
	refused := trace.Outcome{OK: true, Code: "tls/bad-record-mac"}
	tests := []struct {
		name    string
		check   *trace.Check
		faults  []trace.FaultReport
		outcome trace.Outcome
		want    bool
	}{
		{"packet, no fault", red(scopePacket, byGopacket), nil, trace.Outcome{OK: true, Code: "complete"}, true},
		{"packet, fault", red(scopePacket, byGopacket), fault, trace.Outcome{OK: true, Code: "complete"}, false},
		{"packet, fault that did not apply", red(scopePacket, byGopacket), unapplied, trace.Outcome{OK: true, Code: "complete"}, true},
		{"scenario, fault", red(scopeScenario, byCryptoTLS), fault, trace.Outcome{OK: true, Code: "complete"}, true},
		{"receiver, expected failure", red(scopePacket, "server"+receiving), nil, refused, false},
		{"gopacket, expected failure", red(scopePacket, byGopacket), nil, refused, true},
		{"receiver, failure nobody expected", red(scopePacket, "server"+receiving), nil, trace.Outcome{Code: "tls/bad-record-mac"}, true},
		{"agreed", &trace.Check{Scope: scopePacket, Answer: trace.Agreed}, nil, trace.Outcome{}, false},
		{"nobody", &trace.Check{Scope: scopePacket}, nil, trace.Outcome{}, false},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			got := Unexpected(&trace.Trace{Checks: []*trace.Check{x.check}, Faults: x.faults, Outcome: x.outcome})
			if (len(got) == 1) != x.want {
				t.Errorf("unexpected: %v, want %v", len(got) == 1, x.want)
			}
		})
	}
}

// TestCancel drops the work in its middle, a separate run included.
func TestCancel(t *testing.T) {
	tr := play(t, preset(t, "tls13"))
	v := Start(tr, Options{})
	for v.playing == nil {
		if v.Step() {
			t.Fatal("there was no separate run")
		}
	}
	d := v.playing
	v.Cancel()
	n := len(tr.Checks)
	if !v.Step() || len(tr.Checks) != n {
		t.Error("work went on after Cancel")
	}
	if err := <-d.theirs; err == nil {
		t.Error("crypto/tls ended without an error")
	}
}
