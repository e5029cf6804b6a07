package dissect

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
	"cipherglass/crypto/tls"
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// tlsRun is a whole TLS connection between the two engines, over segments of
// at most 1000 bytes.
type tlsRun struct {
	testing.TB
	t      *trace.Trace
	conn   [2]*tls.Conn
	sent   [2][]engine.Piece // the stream of each end, as the segments that carry it
	offset [2]int
}

var ends = [2]string{"client", "server"}

func runTLS(t testing.TB, version uint16, suite uint16) *trace.Trace {
	ids, err := pki.Build([]pki.Spec{
		{Name: "ca", CA: true, Key: pki.ECDSAP256, Subject: "CN=ca", NotBefore: "2026-01-01T00:00:00Z", NotAfter: "2027-01-01T00:00:00Z"},
		{Name: "server", Issuer: "ca", Key: pki.RSA2048, Subject: "CN=server", DNSNames: []string{"server.example"}, NotBefore: "2026-01-01T00:00:00Z", NotAfter: "2027-01-01T00:00:00Z"},
	}, engine.NewRandom("test", nil), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	random := engine.NewRandom("test", nil)
	c := tls.Config{Versions: []uint16{version}, CipherSuites: []uint16{suite}, Groups: []uint16{tls.X25519}, ALPN: []string{"http/1.1"},
		SignatureAlgorithms: []uint16{0x0804, 0x0403, 0x0401}, ServerName: "server.example", Roots: []*x509.Certificate{ids.ByName("ca").Cert},
		MiddleboxCompat: true, Random: random.Sub("client").Sub("web"), Clock: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	s := c
	s.Roots, s.ServerName, s.Identity, s.SignatureAlgorithms, s.Random = nil, "", ids.ByName("server"), nil, random.Sub("server").Sub("web")
	r := &tlsRun{TB: t, t: &trace.Trace{}, conn: [2]*tls.Conn{tls.NewClient(c), tls.NewServer(s)}}
	r.step(0, engine.Input{Kind: engine.Start})
	if !r.conn[0].Connected() {
		t.Fatal("the handshake failed")
	}
	r.step(0, engine.Input{Kind: engine.Write, Data: []byte("GET / HTTP/1.1\r\nHost: server.example\r\n\r\n")})
	r.step(1, engine.Input{Kind: engine.Write, Data: []byte("HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + strings.Repeat("x", 3000))})
	r.step(0, engine.Input{Kind: engine.Close})
	r.settle()
	r.t.Values = random.Values()
	return r.t
}

// step gives one end an input, and the other what it sends.
func (r *tlsRun) step(i int, in engine.Input) {
	var out engine.Effects
	r.conn[i].Step(0, in, &out)
	own := ends[i] + "/web/"
	for _, e := range out.List {
		switch e := e.(type) {
		case engine.Send:
			for n, data := 0, e.Data; len(data) > 0; n++ {
				k := min(1000, len(data))
				name := fmt.Sprintf("%s%s/seg%d@net1", own, e.Label, n)
				r.t.Packets = append(r.t.Packets, &trace.Packet{Name: name, Bytes: segment(r, uint32(r.offset[i]), data[:k])})
				r.sent[i] = append(r.sent[i], piece(name, 40, k))
				r.offset[i] += k
				data = data[k:]
			}
			defer r.step(1-i, engine.Input{Kind: engine.Receive, Data: e.Data})
		case engine.Secret:
			e.ID = own + e.ID
			r.t.Secrets = append(r.t.Secrets, &trace.Secret{Secret: e, Owner: ends[i]})
		case engine.Made:
			b := e.Buffer
			b.ID = own + b.ID
			b.From = append([]engine.Piece(nil), b.From...)
			for k := range b.From {
				if n := b.From[k].Buffer; n != engine.In && n != engine.Out {
					b.From[k].Buffer = own + n
				}
			}
			r.t.Buffers = append(r.t.Buffers, &trace.Buffer{Buffer: b, Owner: ends[i]})
		}
	}
}

// settle turns places in the streams into places in segments.
func (r *tlsRun) settle() {
	for _, b := range r.t.Buffers {
		var from []engine.Piece
		for _, p := range b.From {
			stream := map[string]string{engine.In: "server", engine.Out: "client"}[p.Buffer]
			if stream == "" {
				from = append(from, p)
				continue
			}
			i := 0
			if (stream == "server") == (b.Owner == "client") {
				i = 1
			}
			at := 0
			for _, s := range r.sent[i] {
				lo, hi := max(p.Off, at), min(p.Off+p.Len, at+s.Len)
				if lo < hi {
					from = append(from, piece(s.Buffer, 40+lo-at, hi-lo))
				}
				at += s.Len
			}
		}
		b.From = from
	}
}

// TestEngines opens every packet of connections played by the engines: trees
// tile and find nothing wrong, both ends say the same, and every message can
// be reached.
func TestEngines(t *testing.T) {
	for _, c := range []struct {
		name           string
		version, suite uint16
		close          string
		want           []string
	}{
		{"TLS 1.3", tls.TLS13, 0x1301, "record header 5 | (Alert 2) | (content type 1) | tag 16", []string{"ClientHello", "ServerHello", "EncryptedExtensions", "Certificate", "CertificateVerify", "Finished", "application data", "Alert"}},
		{"TLS 1.2 ECDHE", tls.TLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "record header 5 | explicit nonce 8 | (Alert 2) | tag 16", []string{"ClientHello", "ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone", "ClientKeyExchange", "Finished", "application data", "Alert"}},
		{"TLS 1.2 RSA CBC", tls.TLS12, tls.TLS_RSA_WITH_AES_128_CBC_SHA, "record header 5 | IV 16 | (Alert 2) | (MAC 20) | (padding 10)", []string{"ClientHello", "ServerHello", "Certificate", "ServerHelloDone", "ClientKeyExchange", "Finished", "application data", "Alert"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := runTLS(t, c.version, c.suite)
			x := NewIndex(tr)
			seen := map[string]bool{}
			for _, p := range tr.Packets {
				v := x.Packet(p.Name)
				for _, tab := range v.Tabs {
					seen[tab.Title] = true
					if err := wire.Tiles(tab.Tree, 0, len(tab.Bytes)); err != nil {
						t.Errorf("%s %s: %v", p.Name, tab.ID, err)
					}
					if bad := badIn(tab.Tree); bad != "" {
						t.Errorf("%s %s: %s", p.Name, tab.ID, bad)
					}
					if tab.ID != FrameID && len(tab.Buffers) != 2 {
						t.Errorf("%s %s: only %v", p.Name, tab.ID, tab.How)
					}
					if n := tab.Tree.Find(wire.Undecoded); n != nil {
						t.Errorf("%s %s has undecoded bytes", p.Name, tab.ID)
					}
				}
				if strings.HasPrefix(p.Name, "client/web/close") && !strings.HasSuffix(drawn(Nesting(v)), c.close) {
					t.Errorf("%s: got %s, want %s", p.Name, drawn(Nesting(v)), c.close)
				}
				for _, l := range Nesting(v) {
					if l.Name == "encrypted_record" || l.Name == "fragment" {
						t.Errorf("%s: %s", p.Name, drawn(Nesting(v)))
					}
				}
			}
			for _, name := range c.want {
				if !seen[name] {
					t.Errorf("no packet leads to %s", name)
				}
			}
			for _, s := range tr.Secrets {
				v := Secret(tr, s.ID)
				for _, in := range v.Inputs {
					if strings.HasPrefix(in.Note, "Transcript-Hash(ClientHello") && len(in.Transcript) == 0 {
						t.Errorf("%s: no messages for %s", s.ID, in.Note)
					}
				}
			}
		})
	}
}

func TestExplainEngines(t *testing.T) {
	tr := runTLS(t, tls.TLS13, 0x1301)
	x := NewIndex(tr)
	for _, c := range []struct{ title, field, input string }{
		{"ClientHello", "random", "random value"},
		{"CertificateVerify", "signature/data", "over"},
		{"Finished", "verify_data", "verify_data"},
	} {
		found := ""
		for _, p := range tr.Packets {
			for _, tab := range x.Packet(p.Name).Tabs {
				if tab.Title != c.title {
					continue
				}
				if n := tab.Tree.At(c.field); n != nil {
					for _, in := range Explain(tr, &tab, n).Inputs {
						found += in.Name + " "
					}
				}
			}
		}
		if !strings.Contains(found, c.input) {
			t.Errorf("%s of %s: got %q, want %q", c.field, c.title, found, c.input)
		}
	}
	for _, b := range tr.Buffers {
		if b.Proto == "tls.signed" {
			if tree := x.Buffer(b.ID).Tree; badIn(tree) != "" || tree.Find("Transcript-Hash") == nil || tree.Find("Transcript-Hash").Len != 32 {
				t.Errorf("%s: %s", b.ID, badIn(tree))
			}
		}
	}
}
