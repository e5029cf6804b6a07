package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
)

// pipe is one direction of a buffered connection: writes never block (over
// net.Pipe both ends can wait for each other).
type pipe struct {
	mu     sync.Mutex
	cond   *sync.Cond
	buf    bytes.Buffer
	closed bool
}

func newPipe() *pipe { p := &pipe{}; p.cond = sync.NewCond(&p.mu); return p }

func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.buf.Len() == 0 {
		if p.closed {
			return 0, io.EOF
		}
		p.cond.Wait()
	}
	return p.buf.Read(b)
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, io.ErrClosedPipe
	}
	p.buf.Write(b)
	p.cond.Broadcast()
	return len(b), nil
}

func (p *pipe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.cond.Broadcast()
	return nil
}

// duplex is one end of a connection made of two pipes, for crypto/tls.
type duplex struct{ in, out *pipe }

func (d duplex) Read(b []byte) (int, error)     { return d.in.Read(b) }
func (d duplex) Write(b []byte) (int, error)    { return d.out.Write(b) }
func (d duplex) Close() error                   { return d.out.Close() }
func (duplex) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (duplex) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (duplex) SetDeadline(time.Time) error      { return nil }
func (duplex) SetReadDeadline(time.Time) error  { return nil }
func (duplex) SetWriteDeadline(time.Time) error { return nil }

// driver pumps one of our ends over a stream.
type driver struct {
	conn   *Conn
	stream io.ReadWriteCloser
	out    engine.Effects // all that happened
	seen   int
}

// step gives an input and writes what follows from it.
func (d *driver) step(in engine.Input) error {
	d.conn.Step(0, in, &d.out)
	for ; d.seen < len(d.out.List); d.seen++ {
		switch e := d.out.List[d.seen].(type) {
		case engine.Send:
			if _, err := d.stream.Write(e.Data); err != nil {
				return err
			}
			if e.Label == "close" {
				if c, ok := d.stream.(interface{ CloseWrite() error }); ok {
					c.CloseWrite()
				}
			}
		case engine.Closed:
			return d.stream.Close()
		}
	}
	return nil
}

// until reads from the stream until done says so, or the connection ends.
func (d *driver) until(done func() bool) error {
	buf := make([]byte, 4096)
	for !done() {
		if f := failureOf(&d.out); f != nil {
			return f
		}
		if d.conn.Closed() {
			return errors.New("the connection is closed")
		}
		n, err := d.stream.Read(buf)
		if n > 0 {
			err = d.step(engine.Input{Kind: engine.Receive, Data: buf[:n]})
		} else if err != nil {
			if d.step(engine.Input{Kind: engine.End}); d.conn.Closed() && failureOf(&d.out) == nil {
				return nil
			}
		}
		if err != nil && !done() {
			if f := failureOf(&d.out); f != nil {
				return f
			}
			return err
		}
	}
	return nil
}

// goConfig is the settings of crypto/tls that match ours.
func goConfig(c Config, version, suite, group uint16) *stdtls.Config {
	g := &stdtls.Config{MinVersion: version, MaxVersion: version, ServerName: "server.example", NextProtos: []string{"http/1.1"},
		Time: func() time.Time { return testClock }, CurvePreferences: []stdtls.CurveID{stdtls.CurveID(group), stdtls.CurveP256}}
	if version == TLS12 {
		g.CipherSuites = []uint16{suite}
	}
	if c.Identity != nil {
		g.Certificates = []stdtls.Certificate{{Certificate: c.Identity.Chain, PrivateKey: c.Identity.Key}}
	}
	if c.Roots != nil {
		g.RootCAs = x509.NewCertPool()
		for _, r := range c.Roots {
			g.RootCAs.AddCert(r)
		}
	}
	return g
}

// TestInteropGo plays each suite against crypto/tls, in both roles.
func TestInteropGo(t *testing.T) {
	for _, suite := range CipherSuites {
		if !suite.Performed {
			continue
		}
		version := TLS12
		if suite.For(TLS13) {
			version = TLS13
		}
		for _, key := range pki.KeyKinds {
			for _, group := range []uint16{X25519, SECP256R1} {
				client, server := testConfigs(t, key)
				if suite.Auth != AuthAny && suite.Auth != keyAuth(server.Identity.Cert.PublicKey) {
					continue
				}
				for _, c := range []*Config{&client, &server} {
					// In TLS 1.3 crypto/tls offers its own suites in its own order: our list decides.
					c.Versions, c.CipherSuites, c.Groups = []uint16{version}, []uint16{suite.Code}, groupsFor(version, key, group)
				}
				name := fmt.Sprintf("%s/%s/%s", suite.Name, key, GroupName(group))
				t.Run(name+"/client", func(t *testing.T) {
					a, b := newPipe(), newPipe()
					std := stdtls.Server(duplex{a, b}, goConfig(server, version, suite.Code, group))
					playGo(t, &driver{conn: NewClient(client), stream: duplex{b, a}}, std, suite.Code)
				})
				t.Run(name+"/server", func(t *testing.T) {
					a, b := newPipe(), newPipe()
					std := stdtls.Client(duplex{a, b}, goConfig(client, version, suite.Code, group))
					playGo(t, &driver{conn: NewServer(server), stream: duplex{b, a}}, std, suite.Code)
				})
			}
		}
	}
}

// playGo shakes hands, echoes 40000 bytes and closes.
func playGo(t *testing.T, d *driver, std *stdtls.Conn, suite uint16) {
	data := bytes.Repeat([]byte("cipherglass."), 40000/12)
	got := make(chan error, 1)
	go func() {
		buf := make([]byte, len(data))
		if _, err := io.ReadFull(std, buf); err != nil {
			got <- err
			return
		}
		if _, err := std.Write(buf); err != nil {
			got <- err
			return
		}
		_, err := std.Read(buf) // our close_notify
		if err == io.EOF {
			err = std.Close()
		}
		got <- err
	}()
	if err := d.step(engine.Input{Kind: engine.Start}); err != nil {
		t.Fatal(err)
	}
	if err := d.until(d.conn.Connected); err != nil {
		t.Fatalf("%v; crypto/tls: %v", err, <-got)
	}
	if d.conn.hs.version == TLS13 {
		if err := d.step(engine.Input{Kind: engine.Do, Command: "key_update_request"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.step(engine.Input{Kind: engine.Write, Data: data}); err != nil {
		t.Fatal(err)
	}
	if err := d.until(func() bool { return len(delivered(&d.out)) >= len(data) }); err != nil {
		t.Fatalf("%v; crypto/tls: %v", err, <-got)
	}
	if !bytes.Equal(delivered(&d.out), data) {
		t.Error("other data came back")
	}
	if err := d.step(engine.Input{Kind: engine.Close}); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("crypto/tls: %v", err)
	}
	if err := d.until(d.conn.Closed); err != nil {
		t.Error(err)
	}
	s := std.ConnectionState()
	if s.CipherSuite != suite || s.NegotiatedProtocol != "http/1.1" || d.conn.Suite() != suite {
		t.Errorf("crypto/tls negotiated %s, %q; we %s", stdtls.CipherSuiteName(s.CipherSuite), s.NegotiatedProtocol, SuiteName(d.conn.Suite()))
	}
}
