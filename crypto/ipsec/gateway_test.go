package ipsec

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"net/netip"
	"reflect"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/wire"
)

// gateways makes two gateways with one policy between 10.1.0.0/24 and 10.2.0.0/24.
func gateways(t testing.TB, v variant, change func(p *Params)) (a, b *Gateway) {
	t.Helper()
	ends := [2]*Gateway{{Default: Bypass}, {Default: Bypass}}
	lan := [2]netip.Prefix{netip.MustParsePrefix("10.1.0.0/24"), netip.MustParsePrefix("10.2.0.0/24")}
	if v.inner6 {
		lan = [2]netip.Prefix{netip.MustParsePrefix("2001:db8:100::/48"), netip.MustParsePrefix("2001:db8:200::/48")}
	}
	for i, g := range ends {
		ab := v.params(t)
		if change != nil {
			change(&ab)
		}
		ba := ab
		ba.Dir, ba.SPI, ba.Src, ba.Dst = "ba", 0x1002, ab.Dst, ab.Src
		var sas [2]*SA
		for k, p := range []Params{ab, ba} {
			var fail *engine.Failure
			if sas[k], fail = NewSA(p); fail != nil {
				t.Fatal(fail)
			}
		}
		e := Entry{Name: "r1-r2", Action: Protect, Local: lan[i], Remote: lan[1-i], Out: sas[i], In: sas[1-i]}
		if fail := g.Add(e); fail != nil {
			t.Fatal(fail)
		}
	}
	return ends[0], ends[1]
}

func made(out *engine.Effects, id string) *engine.Buffer {
	for _, e := range out.List {
		if m, ok := e.(engine.Made); ok && m.Buffer.ID == id {
			return &m.Buffer
		}
	}
	return nil
}

// redo computes a Crypt again from its fields alone.
func redo(t *testing.T, c *engine.Crypt) {
	t.Helper()
	switch c.Op {
	case "AEAD":
		aead, err := encryptionByLabel(c.Alg).aead(c.Key)
		if err != nil {
			t.Fatal(err)
		}
		if got := aead.Seal(nil, c.Nonce, c.Plain, c.AAD); !bytes.Equal(got, c.Cipher) {
			t.Errorf("%s again: %x, want %x", c.Alg, got, c.Cipher)
		}
		return
	case "CBC+HMAC":
		b, _ := aes.NewCipher(c.Key)
		got := make([]byte, len(c.Plain))
		cipher.NewCBCEncrypter(b, c.Nonce).CryptBlocks(got, c.Plain)
		if !bytes.Equal(got, c.Cipher) {
			t.Errorf("%s again: %x, want %x", c.Alg, got, c.Cipher)
		}
	case "NULL+HMAC":
		if !bytes.Equal(c.Plain, c.Cipher) {
			t.Error("NULL changed its input")
		}
	case "HMAC":
	default:
		t.Errorf("unknown operation %q", c.Op)
	}
	for _, i := range integrities {
		if i.Hash == c.Hash {
			m := hmac.New(i.hash, c.MACKey)
			m.Write(c.MACIn)
			if got := m.Sum(nil)[:c.MACLen]; !bytes.Equal(got, c.MAC) {
				t.Errorf("%s again: %x, want %x", c.Hash, got, c.MAC)
			}
			return
		}
	}
	t.Errorf("no hash %q", c.Hash)
}

func encryptionByLabel(label string) *Encryption {
	for _, e := range encryptions {
		if e.Label == label {
			return e
		}
	}
	return nil
}

func TestGateway(t *testing.T) {
	for _, v := range variants() {
		a, b := gateways(t, v, nil)
		p := v.packet(300)
		var sent, got engine.Effects
		r := a.Outbound(p, 1500, &sent)
		if r.Outcome != Done || r.SA == nil || r.Seq != 1 || r.Policy != "r1-r2" || r.Fail != nil {
			t.Fatalf("%s: outbound %+v", v, r)
		}
		q := b.Inbound(r.Packet, &got)
		if q.Outcome != Done || !bytes.Equal(q.Packet, p) || q.Seq != 1 || q.Policy != "r1-r2" {
			t.Fatalf("%s: inbound %+v", v, q)
		}
		out, in := made(&sent, r.Buffer), made(&got, q.Buffer)
		if out == nil || in == nil || out.How != engine.Sealed || in.How != engine.Opened {
			t.Fatalf("%s: buffers %+v, %+v", v, out, in)
		}
		if want := "out/" + v.protocol + "/0x00001001/1"; out.ID != want {
			t.Errorf("%s: ID %q, want %q", v, out.ID, want)
		}
		if !bytes.Equal(out.Data, in.Data) || !reflect.DeepEqual(out.Crypt, in.Crypt) {
			t.Errorf("%s: sender and receiver tell different stories:\n%+v\n%+v", v, out.Crypt, in.Crypt)
		}
		redo(t, out.Crypt)
		for _, x := range []struct {
			b      *engine.Buffer
			stream string
			packet []byte
		}{{out, engine.Out, r.Packet}, {in, engine.In, r.Packet}} {
			if x.b.From[0].Buffer != x.stream {
				t.Errorf("%s: from %+v", v, x.b.From)
			}
			piece := x.packet[x.b.From[0].Off:][:x.b.From[0].Len]
			var m wire.Message = new(ESPPlain)
			if v.protocol == AH {
				m = new(AHInput)
			} else if len(piece) != len(x.b.Data) || v.encryption == "null" && !bytes.Equal(piece, x.b.Data) {
				t.Errorf("%s: the piece is not where the plaintext was", v)
			}
			if tree, err := wire.Tree("b", x.b.Data, m, x.b.Context); err != nil {
				t.Errorf("%s: the buffer does not decode: %v, %v", v, err, tree)
			}
		}
		checkInner(t, v, made(&sent, r.Inner), out, r.Packet, p)
		checkInner(t, v, made(&got, q.Inner), in, r.Packet, p)
		for _, e := range got.List {
			if c, ok := e.(engine.Checked); ok && (!c.OK || c.Detail == "" || c.Ref == "") {
				t.Errorf("%s: check %+v", v, c)
			}
		}
	}
}

// checkInner follows the inner packet's pieces back to the link.
func checkInner(t *testing.T, v variant, inner, outer *engine.Buffer, sealed, want []byte) {
	t.Helper()
	if inner == nil || !bytes.Equal(inner.Data, want) || inner.Proto != "ip" {
		t.Fatalf("%s: inner %+v", v, inner)
	}
	at := 0
	for i, p := range inner.From {
		src := sealed
		if p.Buffer == outer.ID {
			src = outer.Data
		}
		header := v.mode == Transport && i == 0
		if got := src[p.Off:][:p.Len]; !header && !bytes.Equal(got, want[at:at+p.Len]) {
			t.Errorf("%s: piece %+v holds %x, want %x", v, p, got, want[at:at+p.Len])
		}
		at += p.Len
	}
	if at != len(want) {
		t.Errorf("%s: pieces cover %d of %d bytes", v, at, len(want))
	}
}

func TestPolicy(t *testing.T) {
	v := variant{ESP, "aes-128-gcm-16", "none", Tunnel, false, false}
	a, b := gateways(t, v, nil)
	var out engine.Effects
	other := udp4(60)
	copy(other[12:], []byte{10, 9, 0, 1})
	setLength4(other, 60)
	if r := a.Outbound(other, 1500, &out); r.Outcome != Passed || r.Policy != "" {
		t.Errorf("no policy: %+v", r)
	}
	if r := b.Inbound(other, &out); r.Outcome != Passed {
		t.Errorf("no policy, inbound: %+v", r)
	}
	if r := b.Inbound(udp4(60), &out); r.Outcome != Dropped || code(r.Fail) != "ipsec/not-protected" {
		t.Errorf("in clear: %+v", r)
	}
	if fail := b.Clear(udp4(60)); code(fail) != "ipsec/not-protected" {
		t.Errorf("in clear, forwarded: %v", fail)
	}
	if fail := a.Clear(udp4(60)); fail != nil {
		t.Errorf("what leaves is not what comes: %v", fail)
	}
	b.Default = Discard
	for name, r := range map[string]Result{"in": b.Inbound(other, &out), "out": b.Outbound(other, 1500, &out)} {
		if r.Outcome != Dropped || code(r.Fail) != "ipsec/policy-discard" {
			t.Errorf("default discard, %s: %+v", name, r)
		}
	}
	var g Gateway
	any := netip.MustParsePrefix("0.0.0.0/0")
	g.Add(Entry{Name: "x", Action: Discard, Local: any, Remote: netip.MustParsePrefix("10.2.0.0/24")})
	g.Add(Entry{Name: "y", Action: Bypass, Local: any, Remote: any})
	if r := g.Outbound(udp4(60), 1500, &out); code(r.Fail) != "ipsec/policy-discard" || r.Policy != "x" {
		t.Errorf("first entry: %+v", r)
	}
	if r := g.Inbound(other, &out); r.Outcome != Passed {
		t.Errorf("second entry: %+v", r)
	}
	if fail := a.Add(*a.spd[0]); code(fail) != "ipsec/bad-sa" {
		t.Errorf("the same SPI twice: %v", fail)
	}
	if fail := a.Add(Entry{Action: Protect}); code(fail) != "ipsec/bad-sa" {
		t.Errorf("no SAs: %v", fail)
	}
	for _, p := range [][]byte{nil, {0x45}, make([]byte, 40)} {
		if r := a.Outbound(p, 1500, &out); code(r.Fail) != "ipsec/malformed" {
			t.Errorf("%x outbound: %+v", p, r)
		}
		if r := a.Inbound(p, &out); code(r.Fail) != "ipsec/malformed" {
			t.Errorf("%x inbound: %+v", p, r)
		}
	}
}

func TestTooBig(t *testing.T) {
	for _, c := range []struct {
		name           string
		df             string
		innerDF, inner bool
		v              variant
		refused        bool
	}{
		{name: "copied DF", df: DFCopy, innerDF: true, refused: true},
		{name: "no DF", df: DFCopy},
		{name: "DF set by policy", df: DFSet, refused: true},
		{name: "DF cleared by policy", df: DFClear, innerDF: true},
		{name: "inner IPv6", df: DFCopy, v: variant{inner6: true}, refused: true},
		{name: "inner IPv6, cleared", df: DFClear, v: variant{inner6: true}},
		{name: "outer IPv6", df: DFSet, v: variant{outer6: true}},
		{name: "outer IPv6, inner DF", df: DFClear, innerDF: true, v: variant{outer6: true}, refused: true},
		{name: "transport", innerDF: true, v: variant{mode: Transport}, refused: true},
		{name: "transport, no DF", v: variant{mode: Transport}},
	} {
		v := c.v
		v.protocol, v.encryption, v.integrity = ESP, "aes-128-gcm-16", "none"
		if v.mode == "" {
			v.mode = Tunnel
		}
		a, _ := gateways(t, v, func(p *Params) { p.DF = c.df })
		p := v.packet(1500)
		if !c.innerDF && !v.inner6 {
			p[6] = 0
			setLength4(p, 1500)
		}
		var out engine.Effects
		r := a.Outbound(p, 1500, &out)
		if (r.Outcome == Refused) != c.refused {
			t.Errorf("%s: %+v", c.name, r)
			continue
		}
		if !c.refused {
			wantDF := byte(0)
			if r.Packet[0]>>4 == 4 && r.Packet[6] != wantDF {
				t.Errorf("%s: flags %02x", c.name, r.Packet[6])
			}
			continue
		}
		if code(r.Fail) != "ipsec/too-big" || r.SA.Seq() != 0 {
			t.Errorf("%s: %v, sequence number %d used", c.name, r.Fail, r.SA.Seq())
		}
		fits := v.packet(r.MTU)
		if r := a.Outbound(fits, 1500, &out); r.Outcome != Done || len(r.Packet) > 1500 {
			t.Errorf("%s: %d bytes should fit: %+v", c.name, len(fits), r)
		}
		if r := a.Outbound(v.packet(r.MTU+1), 1500, &out); r.Outcome != Refused {
			t.Errorf("%s: %d bytes should not fit: %+v", c.name, len(fits)+1, r)
		}
	}
}

// TestInboundFailures has one row for each failure, and says which checks
// were passed before it.
func TestInboundFailures(t *testing.T) {
	gcm := variant{ESP, "aes-128-gcm-16", "none", Tunnel, false, false}
	null := variant{ESP, "null", "hmac-sha1-96", Tunnel, false, false}
	ah := variant{AH, "", "hmac-sha1-96", Tunnel, false, false}
	reseal := func(body []byte) func(t *testing.T, a *Gateway, p []byte) []byte {
		return func(t *testing.T, a *Gateway, p []byte) []byte { // seals any plaintext with NULL + HMAC
			sa := a.spd[0].Out
			q := append(clone(p[:28]), body...)
			q = append(q, sa.macOf(q[20:], nil)...)
			setLength4(q, len(q))
			return q
		}
	}
	for _, c := range []struct {
		name   string
		v      variant
		change func(t *testing.T, a *Gateway, p []byte) []byte
		twice  bool
		want   string
		checks string // the last one tells of the failure
	}{
		{name: "unknown SPI", v: gcm, change: at(23, 9), want: "ipsec/unknown-spi", checks: "SPI"},
		{name: "AH with an ESP SPI", v: gcm, change: at(9, protoAH), want: "ipsec/unknown-spi", checks: "SPI"},
		{name: "replay", v: gcm, twice: true, want: "ipsec/replayed", checks: "SPI anti-replay"},
		{name: "sequence number 0", v: gcm, change: at(27, 0), want: "ipsec/too-old", checks: "SPI anti-replay"},
		{name: "sequence number changed", v: gcm, change: at(27, 9), want: "ipsec/icv-mismatch", checks: "SPI anti-replay ICV"},
		{name: "AH sequence number changed", v: ah, change: at(31, 9), want: "ipsec/icv-mismatch", checks: "SPI anti-replay ICV"},
		{name: "AH length changed", v: ah, change: at(21, 9), want: "ipsec/malformed", checks: "SPI anti-replay ICV"},
		{name: "pad length", v: null, change: reseal([]byte{0, 0, 9, 4}), want: "ipsec/bad-padding", checks: "SPI anti-replay ICV padding"},
		{name: "pad bytes", v: null, change: reseal([]byte{1, 3, 2, 4}), want: "ipsec/bad-padding", checks: "SPI anti-replay ICV padding"},
		{name: "dummy", v: null, change: reseal([]byte{1, 2, 2, 59}), want: "ipsec/dummy", checks: "SPI anti-replay ICV padding next header"},
		{name: "inner is TCP", v: null, change: reseal([]byte{1, 2, 2, 6}), want: "ipsec/bad-inner", checks: "SPI anti-replay ICV padding next header"},
		{name: "inner is empty", v: null, change: reseal([]byte{1, 2, 2, 4}), want: "ipsec/bad-inner", checks: "SPI anti-replay ICV padding next header"},
		{name: "inner is IPv6", v: null, change: reseal(append(udp6(58), 0, 4)), want: "ipsec/bad-inner", checks: "SPI anti-replay ICV padding next header"},
		{name: "congestion", v: gcm, change: at(1, 3), want: "ipsec/ecn", checks: "SPI anti-replay ICV padding next header ECN"},
		{name: "other network", v: null, change: reseal(append(elsewhere(58), 0, 4)), want: "ipsec/selector-mismatch", checks: "SPI anti-replay ICV padding next header ECN selectors"},
		{name: "fragment", v: gcm, change: at(6, 0x20), want: "ipsec/fragment-inbound"},
		{name: "not a multiple", v: null, change: func(t *testing.T, a *Gateway, p []byte) []byte { setLength4(p, len(p)-1); return p }, want: "ipsec/malformed", checks: "SPI anti-replay ICV"},
		{name: "ESP cut", v: gcm, change: func(t *testing.T, a *Gateway, p []byte) []byte { setLength4(p, 27); return p }, want: "ipsec/malformed"},
		{name: "only SPI and number", v: gcm, change: func(t *testing.T, a *Gateway, p []byte) []byte { setLength4(p, 28); return p }, want: "ipsec/malformed", checks: "SPI anti-replay ICV"},
	} {
		a, b := gateways(t, c.v, nil)
		var out engine.Effects
		p := a.Outbound(udp4(100), 1500, &out).Packet
		if c.change != nil {
			p = c.change(t, a, p)
		}
		out.Reset()
		r := b.Inbound(p, &out)
		if c.twice {
			out.Reset()
			r = b.Inbound(p, &out)
		}
		if r.Outcome != Dropped || code(r.Fail) != c.want || r.Packet != nil {
			t.Errorf("%s: %+v, %v, want %s", c.name, r, r.Fail, c.want)
			continue
		}
		var names string
		failures := 0
		for _, e := range out.List {
			switch e := e.(type) {
			case engine.Checked:
				names += " " + e.Name
				if !e.OK {
					failures++
				}
			case engine.Failed:
				if e.Failure != r.Fail {
					t.Errorf("%s: failed with %v", c.name, e.Failure)
				}
			}
		}
		if c.checks != "" && (names != " "+c.checks || failures != 1) {
			t.Errorf("%s: checks%s, %d failed, want %s", c.name, names, failures, c.checks)
		}
		if r.SA != nil {
			m := made(&out, r.Buffer)
			if m == nil || m.How != engine.Rejected || m.Data != nil || m.Why == "" {
				t.Errorf("%s: buffer %+v", c.name, m)
			}
		}
		if c.twice && r.Buffer != "in/esp/0x00001001/1/again1" {
			t.Errorf("%s: buffer %q", c.name, r.Buffer)
		}
	}
}

// at sets a byte and makes the IPv4 checksum right.
func at(i int, v byte) func(t *testing.T, a *Gateway, p []byte) []byte {
	return func(t *testing.T, a *Gateway, p []byte) []byte {
		p[i] = v
		setLength4(p, len(p))
		return p
	}
}

func elsewhere(n int) []byte {
	p := udp4(n)
	p[12] = 172
	setLength4(p, n)
	return p
}

// TestForgeryMovesNoWindow: a packet whose ICV is wrong must not change what
// the window accepts (RFC 4303, Section 3.4.3).
func TestForgeryMovesNoWindow(t *testing.T) {
	for _, v := range []variant{{ESP, "aes-128-gcm-16", "none", Tunnel, false, false}, {AH, "", "hmac-sha1-96", Tunnel, false, false}} {
		out, in := v.pair(t)
		p := mustSeal(t, out, udp4(100))
		forged := clone(p)
		f, _ := Find(p)
		off := f.Off + 4
		if v.protocol == AH {
			off += 4
		}
		forged[off] = 0xff
		if _, fail := in.Open(nil, forged); code(fail) != "ipsec/icv-mismatch" {
			t.Errorf("%s: forged: %v", v, fail)
		}
		if in.Window().Top() != 0 {
			t.Errorf("%s: window at %d", v, in.Window().Top())
		}
		if _, fail := in.Open(nil, p); fail != nil {
			t.Errorf("%s: %v", v, fail)
		}
	}
}

// TestGatewayTakesAnything cuts packets at every length, with headers that
// agree, so that each way of being too short is met.
func TestGatewayTakesAnything(t *testing.T) {
	for _, v := range variants() {
		a, b := gateways(t, v, nil)
		var out engine.Effects
		p := a.Outbound(v.packet(80), 1500, &out).Packet
		for n := range p {
			q := clone(p[:n])
			if len(q) >= 40 && q[0]>>4 == 6 {
				q[4], q[5] = 0, byte(n-40)
			} else if len(q) >= 20 && q[0]>>4 == 4 {
				setLength4(q, n)
			}
			if r := b.Inbound(q, &out); r.Outcome != Dropped {
				t.Errorf("%s: %d of %d bytes: %+v", v, n, len(p), r)
			}
		}
	}
}

// FuzzGateway gives any bytes to gateways of ESP and AH.
func FuzzGateway(f *testing.F) {
	kinds := []variant{
		{ESP, "aes-128-cbc", "hmac-sha1-96", Tunnel, false, false},
		{ESP, "null", "hmac-sha1-96", Transport, false, false},
		{AH, "", "hmac-sha2-256-128", Tunnel, false, false},
	}
	for _, v := range kinds {
		a, _ := gateways(f, v, nil)
		var out engine.Effects
		f.Add(a.Outbound(v.packet(60), 1500, &out).Packet)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, v := range kinds {
			in, _ := gateways(t, v, nil)
			_, end := gateways(t, v, nil)
			var out engine.Effects
			in.Outbound(b, 1500, &out)
			end.Inbound(b, &out)
			end.Inbound(b, &out)
		}
	})
}
