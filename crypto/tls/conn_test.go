package tls

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
	"cipherglass/crypto/pki"
)

var testClock = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// testPKI is a CA and a server certificate of each kind, of server.example.
func testPKI(t testing.TB) pki.Identities {
	t.Helper()
	spec := func(name, issuer, key string) pki.Spec {
		return pki.Spec{Name: name, Issuer: issuer, CA: issuer == "", Key: key, Subject: "CN=" + name + ".example",
			NotBefore: "2026-01-01T00:00:00Z", NotAfter: "2027-01-01T00:00:00Z"}
	}
	specs := []pki.Spec{spec("ca", "", pki.ECDSAP256)}
	for _, key := range pki.KeyKinds {
		s := spec(key, "ca", key)
		s.DNSNames = []string{"server.example", "localhost"}
		specs = append(specs, s)
	}
	ids, err := pki.Build(specs, engine.NewRandom("tls test", nil), nil, &testCache)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

var testCache pki.Cache

// pair returns settings of both ends that work together.
func testConfigs(t testing.TB, key string) (client, server Config) {
	ids := testPKI(t)
	random := engine.NewRandom("tls test", nil)
	suites := []uint16{}
	for _, s := range CipherSuites {
		if s.Performed {
			suites = append(suites, s.Code)
		}
	}
	client = Config{
		Versions: []uint16{TLS13, TLS12}, CipherSuites: suites, Groups: []uint16{X25519, SECP256R1},
		SignatureAlgorithms: (&Config{}).signs(), ALPN: []string{"h2", "http/1.1"}, ServerName: "server.example",
		Roots: []*x509.Certificate{ids.ByName("ca").Cert}, MiddleboxCompat: true, ExtendedMasterSecret: true,
		Random: random.Sub("client").Sub("web"), Clock: testClock,
	}
	server = client
	server.ALPN, server.ServerName, server.Roots, server.Identity = []string{"http/1.1"}, "", nil, ids.ByName(key)
	server.Random = random.Sub("server").Sub("web")
	return client, server
}

// wire joins two ends in memory.
type testWire struct {
	t              testing.TB
	client, server *Conn
	cout, sout     engine.Effects // all that happened
	tamper         func(from string, label string, data []byte) []byte
	steps          int
}

func newWire(t testing.TB, client, server Config) *testWire {
	return &testWire{t: t, client: NewClient(client), server: NewServer(server)}
}

// step gives one end an input and carries on until nothing moves.
func (w *testWire) step(c *Conn, in engine.Input) {
	type move struct {
		c  *Conn
		in engine.Input
	}
	queue := []move{{c, in}}
	for len(queue) > 0 {
		if w.steps++; w.steps > 10000 {
			w.t.Fatal("the two ends never stop")
		}
		m := queue[0]
		queue = queue[1:]
		log, peer, from := &w.cout, w.server, "client"
		if m.c == w.server {
			log, peer, from = &w.sout, w.client, "server"
		}
		n := len(log.List)
		m.c.Step(0, m.in, log)
		for _, e := range log.List[n:] {
			switch e := e.(type) {
			case engine.Send:
				data := e.Data
				if w.tamper != nil {
					data = w.tamper(from, e.Label, bytes.Clone(data))
				}
				if data != nil {
					queue = append(queue, move{peer, engine.Input{Kind: engine.Receive, Data: data}})
				}
			case engine.Closed:
				queue = append(queue, move{peer, engine.Input{Kind: engine.End}})
			}
		}
	}
}

func (w *testWire) start() { w.step(w.client, engine.Input{Kind: engine.Start}) }

func failureOf(out *engine.Effects) *engine.Failure {
	for _, e := range out.List {
		if f, ok := e.(engine.Failed); ok {
			return f.Failure
		}
	}
	return nil
}

func delivered(out *engine.Effects) []byte {
	var b []byte
	for _, e := range out.List {
		if d, ok := e.(engine.Deliver); ok {
			b = append(b, d.Data...)
		}
	}
	return b
}

// labels lists what was sent, and why.
func labels(out *engine.Effects) string {
	var l []string
	for _, e := range out.List {
		if s, ok := e.(engine.Send); ok {
			l = append(l, s.Label)
		}
	}
	return strings.Join(l, " ")
}

func (w *testWire) mustConnect() {
	w.t.Helper()
	w.start()
	if f := failureOf(&w.cout); f != nil {
		w.t.Fatalf("client: %v", f)
	}
	if f := failureOf(&w.sout); f != nil {
		w.t.Fatalf("server: %v", f)
	}
	if !w.client.Connected() || !w.server.Connected() {
		w.t.Fatalf("not connected: client in %s, server in %s", w.client.stateName(), w.server.stateName())
	}
}

// TestAllCombinations connects every suite with every certificate that fits,
// sends data both ways, and closes.
func TestAllCombinations(t *testing.T) {
	n := 0
	for _, suite := range CipherSuites {
		if !suite.Performed {
			continue
		}
		for _, version := range []uint16{TLS12, TLS13} {
			for _, key := range pki.KeyKinds {
				for _, group := range []uint16{X25519, SECP256R1} {
					for _, flags := range []bool{false, true} {
						client, server := testConfigs(t, key)
						if !suite.For(version) || suite.Auth != AuthAny && suite.Auth != keyAuth(server.Identity.Cert.PublicKey) {
							continue
						}
						n++
						for _, c := range []*Config{&client, &server} {
							c.Versions, c.CipherSuites, c.Groups = []uint16{version}, []uint16{suite.Code}, groupsFor(version, key, group)
							c.MiddleboxCompat, c.ExtendedMasterSecret, c.Coalesce = flags, flags, flags
						}
						t.Run(fmt.Sprintf("%s/%s/%s/%s/%v", VersionName(version), suite.Name, key, GroupName(group), flags), func(t *testing.T) {
							exchange(t, client, server)
						})
					}
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d combinations", n)
	}
}

// groupsFor offers a group, and in TLS 1.2 the curve of an ECDSA certificate
// besides, which must be offered too (RFC 8422, Section 5.3).
func groupsFor(version uint16, key string, group uint16) []uint16 {
	if version == TLS12 && key == pki.ECDSAP256 && group != SECP256R1 {
		return []uint16{group, SECP256R1}
	}
	return []uint16{group}
}

func exchange(t *testing.T, client, server Config) {
	w := newWire(t, client, server)
	w.mustConnect()
	question := []byte("GET / HTTP/1.1\r\n\r\n")
	answer := bytes.Repeat([]byte("0123456789abcdef"), 2500) // 40000 bytes, three records
	w.step(w.client, engine.Input{Kind: engine.Write, Data: question})
	w.step(w.server, engine.Input{Kind: engine.Write, Data: answer})
	w.step(w.client, engine.Input{Kind: engine.Close})
	if got := delivered(&w.sout); !bytes.Equal(got, question) {
		t.Errorf("the server got %q", got)
	}
	if got := delivered(&w.cout); !bytes.Equal(got, answer) {
		t.Errorf("the client got %d bytes", len(got))
	}
	for _, x := range []struct {
		name string
		c    *Conn
		out  *engine.Effects
	}{{"client", w.client, &w.cout}, {"server", w.server, &w.sout}} {
		if f := failureOf(x.out); f != nil {
			t.Errorf("%s: %v", x.name, f)
		}
		if !x.c.Closed() {
			t.Errorf("%s is in %s", x.name, x.c.stateName())
		}
		audit(t, x.name, x.out)
	}
	if c, s := secrets(&w.cout), secrets(&w.sout); !bytes.Equal(c["master_secret"].Value, s["master_secret"].Value) {
		t.Error("the two ends have other master secrets")
	}
}

func secrets(out *engine.Effects) map[string]engine.Secret {
	m := map[string]engine.Secret{}
	for _, e := range out.List {
		if s, ok := e.(engine.Secret); ok {
			m[s.ID] = s
		}
	}
	return m
}

// audit checks what every connection's effects owe: secrets that can be
// recomputed, under unique names, each destroyed; buffers under unique names
// whose pieces hold their bytes; records that can be opened again.
func audit(t *testing.T, who string, out *engine.Effects) {
	t.Helper()
	ids := map[string]bool{}
	buffers := map[string]engine.Buffer{}
	var destroyed []string
	for _, e := range out.List {
		switch e := e.(type) {
		case engine.Secret:
			if ids[e.ID] {
				t.Errorf("%s: two secrets %s", who, e.ID)
			}
			ids[e.ID] = true
			if v, ok := kdf.Recompute(e); !ok || !bytes.Equal(v, e.Value) {
				t.Errorf("%s: %s by %s cannot be recomputed: %x, want %x", who, e.ID, e.Func, v, e.Value)
			}
		case engine.Made:
			if _, ok := buffers[e.Buffer.ID]; ok {
				t.Errorf("%s: two buffers %s", who, e.Buffer.ID)
			}
			buffers[e.Buffer.ID] = e.Buffer
			auditCrypt(t, who, e.Buffer)
		case engine.Destroyed:
			destroyed = append(destroyed, e.IDs...)
		case engine.Checked:
			if !e.OK {
				t.Errorf("%s: check %s failed: %s", who, e.Name, e.Detail)
			}
		}
	}
	if len(destroyed) != len(ids) {
		t.Errorf("%s: %d secrets, %d destroyed", who, len(ids), len(destroyed))
	}
	auditBuffers(t, who, out)
}

// auditBuffers checks that each buffer is made of its pieces.
func auditBuffers(t *testing.T, who string, out *engine.Effects) {
	t.Helper()
	buffers := map[string]engine.Buffer{}
	var sent []byte
	for _, e := range out.List {
		switch e := e.(type) {
		case engine.Made:
			buffers[e.Buffer.ID] = e.Buffer
		case engine.Send:
			sent = append(sent, e.Data...)
		}
	}
	for _, b := range buffers {
		if b.Crypt != nil {
			continue // its pieces are ciphertext
		}
		var got []byte
		for _, p := range b.From {
			src := buffers[p.Buffer].Data
			switch p.Buffer {
			case engine.In:
				src = nil
			case engine.Out:
				src = sent
			}
			if src == nil {
				got = nil
				break
			}
			if p.Off+p.Len > len(src) {
				t.Errorf("%s: %s: piece %+v lies outside its buffer of %d bytes", who, b.ID, p, len(src))
				return
			}
			got = append(got, src[p.Off:p.Off+p.Len]...)
		}
		if got != nil && !bytes.Equal(got, b.Data) {
			t.Errorf("%s: %s is not made of its pieces", who, b.ID)
		}
	}
}

// auditCrypt does a recorded operation again: what was sealed must open.
func auditCrypt(t *testing.T, who string, b engine.Buffer) {
	c := b.Crypt
	if c == nil {
		return
	}
	switch c.Op {
	case "signature":
		pub, err := x509.ParsePKIXPublicKey(c.Key)
		if err != nil {
			t.Fatal(err)
		}
		code, _ := ParseScheme(c.Alg)
		s, _ := SchemeByCode(code)
		if err := s.verify(pub, c.Plain, c.MAC); err != nil {
			t.Errorf("%s: %s: %v", who, b.ID, err)
		}
	case "AEAD":
		aead := testAEAD(t, c.Alg, c.Key)
		if got := aead.Seal(nil, c.Nonce, c.Plain, c.AAD); !bytes.Equal(got, c.Cipher) {
			t.Errorf("%s: %s: sealing it again gives something else", who, b.ID)
		}
	case "CBC+HMAC":
		block, err := aes.NewCipher(c.Key)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(c.Plain))
		cipher.NewCBCEncrypter(block, c.Nonce).CryptBlocks(got, c.Plain)
		m := hmac.New(sha1.New, c.MACKey)
		m.Write(c.MACIn)
		if !bytes.Equal(got, c.Cipher) || !bytes.Equal(m.Sum(nil), c.MAC) || c.MACLen != len(c.MAC) || !bytes.Contains(c.Plain, c.MAC) {
			t.Errorf("%s: %s: encrypting it again gives something else", who, b.ID)
		}
	default:
		t.Errorf("%s: %s: operation %s", who, b.ID, c.Op)
	}
}

func testAEAD(t testing.TB, alg string, key []byte) cipher.AEAD {
	t.Helper()
	if alg == "ChaCha20-Poly1305" {
		a, err := chacha20poly1305.New(key)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
