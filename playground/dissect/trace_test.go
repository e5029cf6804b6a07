package dissect

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/ipsec"
	"cipherglass/crypto/tls"
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// builder makes traces by hand.
type builder struct {
	testing.TB
	t *trace.Trace
}

func newBuilder(t testing.TB) *builder { return &builder{t, &trace.Trace{}} }

func (b *builder) packet(name, parent string, bytes []byte) string {
	link := name[len(name)-4:]
	b.t.Packets = append(b.t.Packets, &trace.Packet{Name: name, Parent: parent, Link: link, Bytes: bytes, Fate: trace.Delivered})
	return name
}

func (b *builder) buffer(owner, id, how, proto string, context any, data []byte, from ...engine.Piece) string {
	id = owner + "/web/" + id
	b.t.Buffers = append(b.t.Buffers, &trace.Buffer{Owner: owner, Buffer: engine.Buffer{ID: id, How: how, Proto: proto, Context: context, Data: data, From: from}})
	return id
}

// crypt marks the last buffer as what a cipher made.
func (b *builder) crypt(c engine.Crypt) { b.t.Buffers[len(b.t.Buffers)-1].Crypt = &c }

func piece(id string, off, n int) engine.Piece { return engine.Piece{Buffer: id, Off: off, Len: n} }

func segment(t testing.TB, seq uint32, data []byte) []byte {
	n := ip4(layers.IPProtocolTCP)
	s := &layers.TCP{SrcPort: 49152, DstPort: 443, Seq: seq, Ack: 1, ACK: true, Window: 64000}
	s.SetNetworkLayerForChecksum(n)
	return build(t, n, s, gopacket.Payload(data))
}

// hop is a packet one router on.
func hop(b []byte) []byte {
	x := bytes.Clone(b)
	x[8]--
	s := sumWithout(x[:20], 10, nil)
	x[10], x[11] = byte(s>>8), byte(s)
	return x
}

// tlsTrace is a stream of a plaintext ClientHello and an encrypted record of
// 2310 bytes, cut into segments of 1448, seen on two links, by the word of
// both ends.
func tlsTrace(t testing.TB) *trace.Trace {
	b := newBuilder(t)
	hello, err := tls.AppendHandshake(nil, tls.TypeClientHello, &tls.ClientHello{LegacyVersion: 0x0303, Random: bytes.Repeat([]byte{7}, 32),
		CipherSuites: []uint16{0x1301}, LegacyCompressionMethods: []byte{0}, NoExtensions: true}, tls.Context{})
	if err != nil {
		t.Fatal(err)
	}
	record := func(typ uint8, fragment []byte) []byte {
		r, err := wire.Encode(&tls.Record{Type: typ, Version: 0x0303, Fragment: fragment}, tls.Context{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	finished, err := tls.AppendHandshake(nil, tls.TypeFinished, &tls.Finished{VerifyData: make([]byte, 2284)}, tls.Context{Version: tls.TLS13})
	if err != nil {
		t.Fatal(err)
	}
	inner := append(bytes.Clone(finished), tls.ContentHandshake)
	cipher := make([]byte, len(inner)+16)
	for i := range inner {
		cipher[i] = inner[i] ^ 0x5a
	}
	r0, r1 := record(tls.ContentHandshake, hello), record(tls.ContentApplicationData, cipher)
	stream := append(bytes.Clone(r0), r1...)
	var segs [2][]string // on each link
	for i := 0; i*1448 < len(stream); i++ {
		p := segment(t, uint32(1+i*1448), stream[i*1448:min(len(stream), (i+1)*1448)])
		segs[0] = append(segs[0], b.packet(fmt.Sprintf("client/web/flight1/seg%d@lan1", i), "", p))
		segs[1] = append(segs[1], b.packet(fmt.Sprintf("client/web/flight1/seg%d@lan2", i), segs[0][i], hop(p)))
	}
	spans := func(names []string, off, n int) (list []engine.Piece) {
		for n > 0 {
			k := min(n, 1448-off%1448)
			list = append(list, piece(names[off/1448], 40+off%1448, k))
			off, n = off+k, n-k
		}
		return list
	}
	for i, owner := range []string{"client", "server"} {
		dir := []string{"out", "in"}[i]
		how := []string{engine.Sealed, engine.Opened}[i]
		stored := []string{engine.Composed, engine.Reassembled}[i]
		plain, sealed := tls.Context{}, tls.Context{Version: tls.TLS13, Protected: true}
		id := b.buffer(owner, dir+"/record/0", stored, "tls.record", plain, r0, spans(segs[i], 0, len(r0))...)
		b.buffer(owner, dir+"/msg/0", stored, "tls.handshake", plain, hello, piece(id, 5, len(hello)))
		id = b.buffer(owner, dir+"/record/1", stored, "tls.record", sealed, r1, spans(segs[i], len(r0), len(r1))...)
		id = b.buffer(owner, dir+"/plain/1", how, "tls.inner", tls.Context{Version: tls.TLS13}, inner, piece(id, 5, len(cipher)))
		b.crypt(engine.Crypt{Op: "AEAD", Alg: "AES-128-GCM", KeyID: "client/web/key", Nonce: make([]byte, 12)})
		b.buffer(owner, dir+"/msg/1", stored, "tls.handshake", tls.Context{Version: tls.TLS13}, finished, piece(id, 0, len(finished)))
	}
	return b.t
}

func sa(t testing.TB, protocol, mode, encryption, integrity string) *ipsec.SA {
	keys, fail := ipsec.DeriveKeys(engine.NewRandom("test", nil), "r1-r2", "ab", protocol, encryption, integrity)
	if fail != nil {
		t.Fatal(fail)
	}
	s, fail := ipsec.NewSA(ipsec.Params{Policy: "r1-r2", Dir: "ab", SPI: 0x1001, Protocol: protocol, Mode: mode, Encryption: encryption,
		Integrity: integrity, Keys: keys, Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.1"), DF: ipsec.DFClear})
	if fail != nil {
		t.Fatal(fail)
	}
	return s
}

// espPacket seals packet and returns the plaintext too.
func espPacket(t testing.TB, s *ipsec.SA, packet []byte, payload []byte, next byte) (sealed, plain []byte) {
	sealed, fail := s.Seal(nil, packet, nil)
	if fail != nil {
		t.Fatal(fail)
	}
	plain = bytes.Clone(payload)
	pad := 0
	for ; (len(plain)+2)%max(s.Context().Align, 4) != 0; pad++ {
		plain = append(plain, byte(pad+1))
	}
	return sealed, append(plain, byte(pad), next)
}

// espTrace is a TCP segment in an ESP tunnel, whole and as two fragments.
func espTrace(t testing.TB) *trace.Trace {
	b := newBuilder(t)
	s := sa(t, ipsec.ESP, ipsec.Tunnel, "aes-128-gcm-16", "none")
	packet := segment(t, 1, bytes.Repeat([]byte("data "), 60))
	b.packet("pc1/ftp/data/seg0@lan1", "", packet)
	inner := hop(packet)
	sealed, plain := espPacket(t, s, inner, inner, 4)
	from, n := 20+8+8, len(plain)
	b.packet("r1/esp/0x1001/1@wan1", "pc1/ftp/data/seg0@lan1", sealed)
	b.packet("r1/esp/0x1001/1@wan2", "r1/esp/0x1001/1@wan1", hop(sealed))
	says := func(owner, dir, how, packet string) {
		id := b.buffer(owner, dir+"/esp/0x00001001/1", how, "esp.plain", s.Context(), plain, piece(packet, from, n))
		b.crypt(engine.Crypt{Op: "AEAD", Alg: "AES-128-GCM"})
		b.buffer(owner, dir+"/esp/0x00001001/1/ip", engine.Composed, "ip", nil, inner, piece(id, 0, len(inner)))
	}
	says("r1", "out", engine.Sealed, "r1/esp/0x1001/1@wan1")
	says("r2", "in", engine.Opened, "r1/esp/0x1001/1@wan2")

	cut := 20 + 160
	first, second := bytes.Clone(sealed[:cut]), append(bytes.Clone(sealed[:20]), sealed[cut:]...)
	first[6], second[7] = 0x20, 160/8
	for _, p := range [][]byte{first, second} {
		p[2], p[3] = byte(len(p)>>8), byte(len(p))
		c := sumWithout(p[:20], 10, nil)
		p[10], p[11] = byte(c>>8), byte(c)
	}
	b.packet("r1/esp/0x1001/2/frag0@wan1", "r1/esp/0x1001/2@wan1", first)
	b.packet("r1/esp/0x1001/2/frag1@wan1", "r1/esp/0x1001/2@wan1", second)
	id := b.buffer("r2", "reassembled/2", engine.Reassembled, "ip", nil, sealed,
		piece("r1/esp/0x1001/2/frag0@wan1", 0, cut), piece("r1/esp/0x1001/2/frag1@wan1", 20, len(sealed)-cut))
	says("r2", "in2", engine.Opened, id)
	return b.t
}

// ahTrace is a ping under AH in transport mode, and one that was tampered
// with on the link.
func ahTrace(t testing.TB) *trace.Trace {
	b := newBuilder(t)
	s := sa(t, ipsec.AH, ipsec.Transport, "", "hmac-sha1-96")
	i := ip4(layers.IPProtocolICMPv4)
	ping := build(t, i, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0), Id: 1, Seq: 2}, gopacket.Payload("0123456789"))
	sealed, fail := s.Seal(nil, ping, nil)
	if fail != nil {
		t.Fatal(fail)
	}
	b.packet("alice/ah/0x1001/1@lan1", "", sealed)
	bad := bytes.Clone(sealed)
	bad[len(bad)-1]++
	b.packet("alice/ah/0x1001/1/tampered@lan1", "alice/ah/0x1001/1@lan1", bad)
	in := bytes.Clone(sealed)
	in[8], in[10], in[11] = 0, 0, 0
	copy(in[20+12:20+24], make([]byte, 12))
	b.buffer("alice", "out/ah/0x00001001/1", engine.Sealed, "ah.input", s.Context(), in, piece("alice/ah/0x1001/1@lan1", 0, len(sealed)))
	b.crypt(engine.Crypt{Op: "HMAC"})
	b.buffer("bob", "in/ah/0x00001001/1", engine.Rejected, "ah.input", s.Context(), nil, piece("alice/ah/0x1001/1/tampered@lan1", 0, len(sealed)))
	b.t.Buffers[len(b.t.Buffers)-1].Why = "the ICV does not match"
	return b.t
}

func titles(v *View) (list []string) {
	for _, t := range v.Tabs {
		list = append(list, t.ID+" "+t.How)
	}
	return list
}

// TestEveryTreeTiles opens every packet and buffer of the traces, then again
// with bytes changed.
func TestEveryTreeTiles(t *testing.T) {
	for name, make := range map[string]func(testing.TB) *trace.Trace{"tls": tlsTrace, "esp": espTrace, "ah": ahTrace} {
		t.Run(name, func(t *testing.T) {
			tiles := func(tr *trace.Trace) {
				t.Helper()
				x := NewIndex(tr)
				for _, p := range tr.Packets {
					v := x.Packet(p.Name)
					for _, tab := range v.Tabs {
						if err := wire.Tiles(tab.Tree, 0, len(tab.Bytes)); err != nil {
							t.Fatalf("%s %s: %v", p.Name, tab.ID, err)
						}
					}
					at := 0
					for _, l := range Nesting(v) {
						if l.Off != at || l.Len <= 0 {
							t.Fatalf("%s: layer %s covers [%d,%d), want it from %d", p.Name, l.Name, l.Off, l.Off+l.Len, at)
						}
						at += l.Len
					}
					if at != len(p.Bytes) {
						t.Fatalf("%s: layers end at %d of %d", p.Name, at, len(p.Bytes))
					}
				}
			}
			tiles(make(t))
			for i := range 300 {
				tr := make(t)
				for _, p := range tr.Packets {
					p.Bytes[(i*7919)%len(p.Bytes)] ^= byte(1 + i)
				}
				for _, b := range tr.Buffers {
					if len(b.Data) > 0 {
						b.Data = bytes.Clone(b.Data)
						b.Data[(i*104729)%len(b.Data)] ^= byte(1 + i)
					}
				}
				tiles(tr)
			}
		})
	}
}

func TestTabs(t *testing.T) {
	for _, c := range []struct {
		name   string
		trace  *trace.Trace
		packet string
		want   []string
	}{
		{"a segment on the client's link", tlsTrace(t), "client/web/flight1/seg0@lan1", []string{
			"frame on the link",
			"client/web/out/record/0 as client wrote it and reassembled by server",
			"client/web/out/msg/0 as client wrote it and reassembled by server",
			"client/web/out/record/1 as client wrote it and reassembled by server",
			"client/web/out/plain/1 as client sealed it and as server decrypted it",
			"client/web/out/msg/1 as client wrote it and reassembled by server",
		}},
		{"the record's end on the server's link", tlsTrace(t), "client/web/flight1/seg1@lan2", []string{
			"frame on the link",
			"server/web/in/record/1 reassembled by server and as client wrote it",
			"server/web/in/plain/1 as server decrypted it and as client sealed it",
			"server/web/in/msg/1 reassembled by server and as client wrote it",
		}},
		{"ESP", espTrace(t), "r1/esp/0x1001/1@wan1", []string{
			"frame on the link",
			"r1/web/out/esp/0x00001001/1 as r1 sealed it and as r2 decrypted it",
			"r1/web/out/esp/0x00001001/1/ip as r1 wrote it and as r2 wrote it",
		}},
		{"a fragment", espTrace(t), "r1/esp/0x1001/2/frag1@wan1", []string{
			"frame on the link",
			"r2/web/reassembled/2 reassembled by r2",
			"r2/web/in2/esp/0x00001001/1 as r2 decrypted it",
			"r2/web/in2/esp/0x00001001/1/ip as r2 wrote it",
		}},
		{"a tampered packet", ahTrace(t), "alice/ah/0x1001/1/tampered@lan1", []string{
			"frame on the link",
			"bob/web/in/ah/0x00001001/1 rejected by bob",
			"alice/web/out/ah/0x00001001/1 as alice computed the ICV over it, before it was changed on the link",
		}},
	} {
		v := Packet(c.trace, c.packet)
		if got := titles(v); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// TestRetransmission opens a segment that was sent again, acknowledging more.
func TestRetransmission(t *testing.T) {
	tr := tlsTrace(t)
	first := tr.Packet("client/web/flight1/seg0@lan1").Bytes
	again := bytes.Clone(first)
	again[31]++
	b := &builder{t, tr}
	b.packet("client/web/flight1/seg0/rtx1@lan1", "", again)
	other := bytes.Clone(again)
	other[len(other)-1]++
	b.packet("client/web/flight1/seg0/rtx2@lan1", "", other)
	if v := Packet(tr, "client/web/flight1/seg0/rtx1@lan1"); v.Tab("client/web/out/record/0") == nil {
		t.Errorf("what was sent again cannot be read: %q", titles(v))
	}
	if v := Packet(tr, "client/web/flight1/seg0/rtx2@lan1"); len(v.Tabs) != 1 {
		t.Errorf("other data has the first segment's tabs: %q", titles(v))
	}
}

func TestRecordsInFrame(t *testing.T) {
	x := NewIndex(tlsTrace(t))
	v := x.Packet("client/web/flight1/seg0@lan2")
	tree := v.Tabs[0].Tree
	if n := tree.Find("random"); n == nil || n.Filter != "tls.handshake.random" {
		t.Error("the ClientHello is not decoded inline")
	}
	part := tree.Kids[len(tree.Kids)-1]
	if want := "TLS record, bytes 0 to 1397 of 2310"; part.Name != want || v.Tab(part.Link) == nil || v.Tab(part.Link).Title != "TLS record 2" {
		t.Errorf("got %q linking to %q, want %q", part.Name, part.Link, want)
	}
	tab := v.Tab(part.Link)
	if len(tab.Pieces) != 2 {
		t.Fatalf("the record's pieces: %+v", tab.Pieces)
	}
	for _, off := range []int{0, 1397, 1398, 2309} {
		name, at, ok := tab.OnLink(off)
		if !ok || x.t.Packet(name).Bytes[at] != tab.Bytes[off] {
			t.Errorf("byte %d of the record: %s %d %v", off, name, at, ok)
		}
	}
	inner := v.Tab("client/web/out/plain/1")
	if _, _, ok := inner.OnLink(0); ok {
		t.Error("a decrypted byte is said to be on the link")
	}
	if n := inner.Tree.Find("verify_data"); n == nil {
		t.Error("the inner plaintext's message is not decoded")
	}
	if n := tab.Tree.Find("encrypted_record"); n == nil || v.Tab(n.Link) != inner {
		t.Error("the encrypted record does not lead to its plaintext")
	}
}

func TestESPInFrame(t *testing.T) {
	x := NewIndex(espTrace(t))
	v := x.Packet("r1/esp/0x1001/1@wan2")
	tree := v.Tabs[0].Tree
	enc := tree.Find("encrypted data")
	if enc == nil || enc.Off != 36 || v.Tab(enc.Link) == nil || len(v.Tab(enc.Link).Bytes) != enc.Len {
		t.Fatalf("encrypted data: %+v", enc)
	}
	if n := v.Tab(enc.Link).Tree.Find("Source Port"); n == nil || n.Uint != 49152 {
		t.Error("the inner segment is not decoded")
	}
	if bad := badIn(v.Tab(enc.Link).Tree); bad != "" {
		t.Error(bad)
	}
	if b := NewIndex(&trace.Trace{Packets: x.t.Packets}).Packet("r1/esp/0x1001/1@wan2").Tabs[0].Tree.Find("encrypted"); b == nil || b.Note == "" {
		t.Error("without a buffer, the rest of ESP should be one leaf that says why")
	}
	frag := x.Packet("r1/esp/0x1001/2/frag1@wan1").Tabs[0].Tree.Find("fragment data")
	if frag == nil || frag.Link != "r2/web/reassembled/2" {
		t.Errorf("fragment: %+v", frag)
	}
	whole := x.Buffer("r2/web/reassembled/2")
	if n := whole.Tree.Find("encrypted data"); n == nil || n.Link != "r2/web/in2/esp/0x00001001/1" {
		t.Error("the reassembled packet's ESP is not described by its SA")
	}
}

func TestUnknown(t *testing.T) {
	b := newBuilder(t)
	b.packet("a@net1", "", []byte{0x60})
	b.packet("b@net1", "", nil)
	id := b.buffer("a", "x", engine.Composed, "gopher", nil, []byte{1, 2}, piece("a@net1", 0, 1))
	x := NewIndex(b.t)
	if x.Packet("none") != nil || x.Buffer("none") != nil {
		t.Error("something was opened by a name that does not exist")
	}
	for _, p := range b.t.Packets {
		v := x.Packet(p.Name)
		if err := wire.Tiles(v.Tabs[0].Tree, 0, len(p.Bytes)); err != nil {
			t.Error(err)
		}
	}
	if n := x.Buffer(id).Tree; len(n.Kids) != 1 || n.Kids[0].Note == "" {
		t.Error("an unknown proto should be one leaf that says so")
	}
}

func BenchmarkPacket(b *testing.B) {
	x := NewIndex(tlsTrace(b))
	for b.Loop() {
		x.Packet("client/web/flight1/seg0@lan2")
	}
}

func BenchmarkIndex(b *testing.B) {
	t := tlsTrace(b)
	for len(t.Buffers) < 5000 {
		t.Buffers = append(t.Buffers, t.Buffers[:10]...)
	}
	for b.Loop() {
		NewIndex(t).build()
	}
}
