package tls

import (
	"bytes"
	"fmt"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
)

// transcriptOf is everything that each end sent, piece by piece.
func transcriptOf(t testing.TB, client, server Config) (fromClient, fromServer [][]byte) {
	w := newWire(t, client, server)
	w.tamper = func(from, _ string, data []byte) []byte {
		if from == "client" {
			fromClient = append(fromClient, bytes.Clone(data))
		} else {
			fromServer = append(fromServer, bytes.Clone(data))
		}
		return data
	}
	w.mustConnect()
	w.step(w.client, engine.Input{Kind: engine.Write, Data: []byte("question")})
	w.step(w.server, engine.Input{Kind: engine.Write, Data: []byte("answer")})
	if w.client.hs.version == TLS13 {
		w.step(w.client, engine.Input{Kind: engine.Do, Command: "key_update_request"})
	}
	w.step(w.client, engine.Input{Kind: engine.Close})
	return fromClient, fromServer
}

// replay makes one end anew, gives it received bytes and then the end of the
// stream, and returns all that it did.
func replay(cfg Config, server bool, pieces ...[]byte) *engine.Effects {
	c := newConn(cfg, server)
	var out engine.Effects
	c.Step(0, engine.Input{Kind: engine.Start}, &out)
	for _, p := range pieces {
		c.Step(0, engine.Input{Kind: engine.Receive, Data: p}, &out)
	}
	c.Step(0, engine.Input{Kind: engine.End}, &out)
	return &out
}

func eachConnection(t testing.TB, test func(name string, cfg Config, server bool, heard [][]byte)) {
	for _, v := range []struct {
		name           string
		version, suite uint16
		key            string
	}{
		{"tls13", TLS13, TLS_AES_128_GCM_SHA256, pki.ECDSAP256},
		{"tls12-ecdhe", TLS12, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, pki.ECDSAP256},
		{"tls12-rsa", TLS12, TLS_RSA_WITH_AES_128_CBC_SHA, pki.RSA2048},
	} {
		client, server := testConfigs(t, v.key)
		for _, c := range []*Config{&client, &server} {
			c.Versions, c.CipherSuites = []uint16{v.version}, []uint16{v.suite}
		}
		fromClient, fromServer := transcriptOf(t, client, server)
		test(v.name+" client", client, false, fromServer)
		test(v.name+" server", server, true, fromClient)
	}
}

// TestEveryByte cuts what an end receives at every byte, and changes every
// byte: nothing panics, and no changed byte goes unnoticed.
func TestEveryByte(t *testing.T) {
	eachConnection(t, func(name string, cfg Config, server bool, heard [][]byte) {
		all := bytes.Join(heard, nil)
		if f := failureOf(replay(cfg, server, all)); f != nil {
			t.Errorf("%s: all at once: %v", name, f)
		}
		for n := 0; n < len(all); n += 1 + n/200 {
			// Cut short, the connection fails, unless only the last record, an
			// answer to our own close, is missing.
			if f := failureOf(replay(cfg, server, all[:n])); f == nil {
				t.Errorf("%s: cut after %d of %d bytes, nothing failed", name, n, len(all))
			}
		}
		unnoticed := 0
		for i := 0; i < len(all); i += 1 + i/100 {
			b := bytes.Clone(all)
			b[i] ^= 0x40
			if failureOf(replay(cfg, server, b)) == nil {
				unnoticed++
			}
		}
		// A record header's minor version is ignored (RFC 8446, Section 5.1): that is
		// all that may change.
		if unnoticed > 12 {
			t.Errorf("%s: %d changed bytes went unnoticed", name, unnoticed)
		}
	})
}

// TestByteByByte gives each end its input a byte at a time: it must do the same.
func TestByteByByte(t *testing.T) {
	eachConnection(t, func(name string, cfg Config, server bool, heard [][]byte) {
		all := bytes.Join(heard, nil)
		pieces := make([][]byte, len(all))
		for i := range all {
			pieces[i] = all[i : i+1]
		}
		once, slow := replay(cfg, server, heard...), replay(cfg, server, pieces...)
		if f := failureOf(slow); f != nil {
			t.Errorf("%s: %v", name, f)
		}
		if a, b := made(once), made(slow); a != b {
			t.Errorf("%s: byte by byte the buffers are\n%s, at once\n%s", name, b, a)
		}
		if len(once.List) != len(slow.List) {
			t.Errorf("%s: %d effects at once, %d byte by byte", name, len(once.List), len(slow.List))
		}
	})
}

func made(out *engine.Effects) string {
	var b bytes.Buffer
	for _, e := range out.List {
		if m, ok := e.(engine.Made); ok {
			b.WriteString(m.Buffer.ID + " ")
		}
	}
	return b.String()
}

// TestLongMessage sends a certificate that takes several records.
func TestLongMessage(t *testing.T) {
	for _, coalesce := range []bool{false, true} {
		client, server := testConfigs(t, pki.ECDSAP256)
		spec := pki.Spec{Name: "long", Issuer: "ca", Key: pki.ECDSAP256, Subject: "CN=long", NotBefore: "2026-01-01T00:00:00Z", NotAfter: "2027-01-01T00:00:00Z", DNSNames: []string{"server.example"}}
		for i := range 1500 {
			spec.DNSNames = append(spec.DNSNames, fmt.Sprintf("host-%d.server.example", i))
		}
		ids, err := pki.Build([]pki.Spec{testCA, spec}, engine.NewRandom("tls test", nil), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		server.Identity, server.Coalesce = ids.ByName("long"), coalesce
		w := newWire(t, client, server)
		w.mustConnect()
		n := 0
		for _, e := range w.cout.List {
			if m, ok := e.(engine.Made); ok && m.Buffer.Name == "Certificate" {
				n = len(m.Buffer.From)
			}
		}
		if n < 2 {
			t.Errorf("the Certificate message came in %d pieces", n)
		}
		w.step(w.client, engine.Input{Kind: engine.Close})
		auditBuffers(t, "client", &w.cout)
	}
}

// TestKeyUpdate updates keys from both ends, with and without a request.
func TestKeyUpdate(t *testing.T) {
	client, server := testConfigs(t, pki.ECDSAP256)
	w := newWire(t, client, server)
	w.mustConnect()
	for i, x := range []struct {
		c       *Conn
		command string
		read    [2]int // generation of the client's and the server's sending keys after it
	}{
		{w.client, "key_update", [2]int{1, 0}},
		{w.server, "key_update", [2]int{1, 1}},
		{w.client, "key_update_request", [2]int{2, 2}},
		{w.server, "key_update_request", [2]int{3, 3}},
	} {
		w.step(x.c, engine.Input{Kind: engine.Do, Command: x.command})
		w.step(w.client, engine.Input{Kind: engine.Write, Data: []byte{'c', byte('0' + i)}})
		w.step(w.server, engine.Input{Kind: engine.Write, Data: []byte{'s', byte('0' + i)}})
		got := [2]int{w.client.hs.writeSecret.n, w.server.hs.writeSecret.n}
		if got != x.read || w.client.hs.readSecret.n != got[1] || w.server.hs.readSecret.n != got[0] {
			t.Errorf("step %d: sending keys %v, want %v", i, got, x.read)
		}
	}
	if got := string(delivered(&w.sout)) + string(delivered(&w.cout)); got != "c0c1c2c3s0s1s2s3" {
		t.Errorf("delivered %q", got)
	}
	w.step(w.server, engine.Input{Kind: engine.Close})
	audit(t, "client", &w.cout)
	audit(t, "server", &w.sout)
	if got, want := labels(&w.cout), "flight1 flight2 key_update1 data1 data2 key_update2 data3 key_update3 data4 close"; got != want {
		t.Errorf("the client sent %s, want %s", got, want)
	}
}

// TestDeterminism plays the same twice.
func TestDeterminism(t *testing.T) {
	eachConnection(t, func(name string, cfg Config, server bool, heard [][]byte) {
		var sent [2][]byte
		for i := range sent {
			for _, e := range replay(cfg, server, heard...).List {
				if s, ok := e.(engine.Send); ok {
					sent[i] = append(sent[i], s.Data...)
				}
			}
		}
		if len(sent[0]) == 0 || !bytes.Equal(sent[0], sent[1]) {
			t.Errorf("%s sends other bytes the second time", name)
		}
	})
}

// FuzzConn gives each end, in each state, bytes of a fuzzer's: nothing panics,
// and a closed connection stays closed.
func FuzzConn(f *testing.F) {
	type start struct {
		cfg    Config
		server bool
		heard  [][]byte
	}
	var starts []start
	eachConnection(f, func(_ string, cfg Config, server bool, heard [][]byte) {
		starts = append(starts, start{cfg, server, heard})
	})
	for i, s := range starts {
		for n, p := range s.heard {
			f.Add(uint8(i), uint8(n), p)
		}
	}
	f.Add(uint8(1), uint8(0), []byte{22, 3, 1, 0, 4, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, which, after uint8, b []byte) {
		s := starts[int(which)%len(starts)]
		c := newConn(s.cfg, s.server)
		var out engine.Effects
		c.Step(0, engine.Input{Kind: engine.Start}, &out)
		for _, p := range s.heard[:int(after)%(len(s.heard)+1)] {
			c.Step(0, engine.Input{Kind: engine.Receive, Data: p}, &out)
		}
		c.Step(0, engine.Input{Kind: engine.Receive, Data: b}, &out)
		if f := failureOf(&out); f != nil && !c.Closed() {
			t.Errorf("failed with %v and still open", f)
		}
		c.Step(0, engine.Input{Kind: engine.End}, &out)
		n := len(out.List)
		c.Step(0, engine.Input{Kind: engine.Receive, Data: b}, &out)
		if !c.Closed() || len(out.List) != n {
			t.Errorf("after the end: %v", out.List[n:])
		}
	})
}

// FuzzMessage gives each state a whole handshake message of a fuzzer's, past
// the records' protection.
func FuzzMessage(f *testing.F) {
	type start struct {
		cfg    Config
		server bool
		heard  [][]byte
	}
	var starts []start
	eachConnection(f, func(_ string, cfg Config, server bool, heard [][]byte) {
		starts = append(starts, start{cfg, server, heard})
		var out engine.Effects
		c := newConn(cfg, server)
		c.Step(0, engine.Input{Kind: engine.Start}, &out)
		for n, p := range heard {
			k := len(out.List)
			c.Step(0, engine.Input{Kind: engine.Receive, Data: p}, &out)
			for _, e := range out.List[k:] {
				if m, ok := e.(engine.Made); ok && m.Buffer.Proto == "tls.handshake" {
					f.Add(uint8(len(starts)-1), uint8(n), m.Buffer.Data)
				}
			}
		}
	})
	f.Fuzz(func(t *testing.T, which, after uint8, msg []byte) {
		if len(msg) < 4 {
			return
		}
		s := starts[int(which)%len(starts)]
		c := newConn(s.cfg, s.server)
		var out engine.Effects
		c.Step(0, engine.Input{Kind: engine.Start}, &out)
		for _, p := range s.heard[:int(after)%(len(s.heard)+1)] {
			c.Step(0, engine.Input{Kind: engine.Receive, Data: p}, &out)
		}
		c.hs.Receive(msg)
	})
}
