package dissect

import (
	"net/netip"
	"strings"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/ipsec"
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// gateways seals a packet at one gateway, opens it at the other, and returns
// the trace; change may alter what travels.
func gateways(t testing.TB, protocol, mode, encryption, integrity string, packet []byte, change func([]byte)) *trace.Trace {
	b := newBuilder(t)
	keys, fail := ipsec.DeriveKeys(engine.NewRandom("test", nil), "r1-r2", "ab", protocol, encryption, integrity)
	if fail != nil {
		t.Fatal(fail)
	}
	end := func(out bool) *ipsec.Gateway {
		p := ipsec.Params{Policy: "r1-r2", Dir: "ab", SPI: 0x1001, Protocol: protocol, Mode: mode, Encryption: encryption, Integrity: integrity, Keys: keys,
			Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.1")}
		if packet[0]>>4 == 6 {
			p.Src, p.Dst = netip.MustParseAddr("2001:db8:1::1"), netip.MustParseAddr("2001:db8:2::1")
		}
		one, fail := ipsec.NewSA(p)
		if fail != nil {
			t.Fatal(fail)
		}
		p.Dir, p.SPI = "ba", 0x2002
		two, fail := ipsec.NewSA(p)
		if fail != nil {
			t.Fatal(fail)
		}
		e := ipsec.Entry{Name: "r1-r2", Action: ipsec.Protect, Out: one, In: two}
		if !out {
			e.Out, e.In = two, one
		}
		g := &ipsec.Gateway{}
		if fail := g.Add(e); fail != nil {
			t.Fatal(fail)
		}
		return g
	}
	tell := func(owner, name string, out *engine.Effects) {
		for _, e := range out.List {
			m, ok := e.(engine.Made)
			if !ok {
				continue
			}
			m.Buffer.ID = owner + "/ipsec/" + m.Buffer.ID
			for i := range m.Buffer.From {
				switch p := &m.Buffer.From[i]; p.Buffer {
				case engine.In, engine.Out:
					p.Buffer = name
				default:
					p.Buffer = owner + "/ipsec/" + p.Buffer
				}
			}
			b.t.Buffers = append(b.t.Buffers, &trace.Buffer{Buffer: m.Buffer, Owner: owner})
		}
	}
	var out, in engine.Effects
	b.packet("pc1/data@lan1", "", packet)
	sealed := end(true).Outbound(packet, 1500, &out)
	if sealed.Outcome != ipsec.Done {
		t.Fatalf("sealing: %+v", sealed)
	}
	name := b.packet("r1/sealed/1@wan1", "pc1/data@lan1", sealed.Packet)
	tell("r1", name, &out)
	got := append([]byte(nil), sealed.Packet...)
	if change != nil {
		change(got)
		name = b.packet("r1/sealed/1/tampered@wan1", name, got)
	}
	end(false).Inbound(got, &in)
	tell("r2", name, &in)
	return b.t
}

// TestGateways opens what gateways seal with every kind of transform.
func TestGateways(t *testing.T) {
	m := samples(t)
	for _, inner := range []string{"tcp4", "udp6"} {
		for _, c := range []struct{ protocol, mode, encryption, integrity, want string }{
			{ipsec.ESP, ipsec.Tunnel, "aes-128-gcm-16", "none", "ESP header 8 | IV 8 | (IP"},
			{ipsec.ESP, ipsec.Transport, "chacha20-poly1305", "none", "ESP header 8 | IV 8 | ("},
			{ipsec.ESP, ipsec.Tunnel, "aes-128-cbc", "hmac-sha2-256-128", "ESP header 8 | IV 16 | (IP"},
			{ipsec.ESP, ipsec.Transport, "null", "hmac-sha1-96", "ESP header 8 | "},
			{ipsec.AH, ipsec.Transport, "null", "hmac-sha1-96", "AH header 12 | ICV 12 | "},
			{ipsec.AH, ipsec.Tunnel, "null", "hmac-sha2-256-128", "AH header 12 | ICV 16 | "},
		} {
			name := strings.Join([]string{inner, c.protocol, c.mode, c.encryption, c.integrity}, " ")
			x := NewIndex(gateways(t, c.protocol, c.mode, c.encryption, c.integrity, m[inner], nil))
			v := x.Packet("r1/sealed/1@wan1")
			if len(v.Tabs) != 3 || v.Tabs[1].Proto == "ip" {
				t.Errorf("%s: %q", name, titles(v))
			}
			for _, tab := range v.Tabs {
				if err := wire.Tiles(tab.Tree, 0, len(tab.Bytes)); err != nil {
					t.Errorf("%s %s: %v", name, tab.ID, err)
				}
				if bad := badIn(tab.Tree); bad != "" {
					t.Errorf("%s %s: %s", name, tab.ID, bad)
				}
				if tab.ID != FrameID && len(tab.Buffers) != 2 {
					t.Errorf("%s %s: only %s", name, tab.ID, tab.How)
				}
			}
			got := drawn(Nesting(v))
			if !strings.Contains(got, c.want) || !strings.Contains(got, "data 3") {
				t.Errorf("%s: %s", name, got)
			}
			if c.protocol == ipsec.ESP && (!strings.Contains(got, "ESP trailer 2") || !strings.Contains(got, "ICV")) {
				t.Errorf("%s: %s", name, got)
			}
			if c.encryption == "null" == strings.Contains(got, "(") {
				t.Errorf("%s: what is encrypted? %s", name, got)
			}
		}
	}
}

// TestGatewayRejects opens a packet that was changed on the link.
func TestGatewayRejects(t *testing.T) {
	m := samples(t)
	for _, protocol := range []string{ipsec.ESP, ipsec.AH} {
		tr := gateways(t, protocol, ipsec.Transport, "null", "hmac-sha1-96", m["udp4"], func(b []byte) { b[len(b)-1] ^= 1 })
		v := Packet(tr, "r1/sealed/1/tampered@wan1")
		if len(v.Tabs) < 3 || v.Tabs[1].Failure == "" || v.Tabs[1].Owner != "r2" {
			t.Fatalf("%s: %q", protocol, titles(v))
		}
		for _, tab := range v.Tabs[2:] {
			if tab.Owner != "r1" || !strings.HasSuffix(tab.How, "before it was changed on the link") {
				t.Errorf("%s: %s %s", protocol, tab.ID, tab.How)
			}
		}
	}
}
