package tls

import (
	"crypto"
	gotls "crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
	"cipherglass/crypto/wire"
	"cipherglass/crypto/wire/wiretest"
)

// tapped is a connection that keeps what is written to it.
type tapped struct {
	net.Conn
	mu  sync.Mutex
	out []byte
}

func (c *tapped) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.out = append(c.out, b...)
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// loopback returns both ends of a connection that buffers: over net.Pipe a
// HelloRetryRequest deadlocks crypto/tls.
func loopback(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// goHandshake plays crypto/tls against itself and returns what each end sent.
func goHandshake(t *testing.T, key string, edit func(client, server *gotls.Config)) (client, server []byte) {
	t.Helper()
	ids, err := pki.Build([]pki.Spec{{Name: "server", Key: key, Subject: "server", DNSNames: []string{"server.example"}, NotBefore: "2020-01-01T00:00:00Z", NotAfter: "2090-01-01T00:00:00Z"}},
		engine.NewRandom("seed", nil), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	sc := &gotls.Config{Certificates: []gotls.Certificate{{Certificate: ids[0].Chain, PrivateKey: crypto.PrivateKey(ids[0].Key)}}, NextProtos: []string{"http/1.1"}}
	cc := &gotls.Config{InsecureSkipVerify: true, ServerName: "server.example", NextProtos: []string{"h2", "http/1.1"}}
	edit(cc, sc)
	a, b := loopback(t)
	ca, cb := &tapped{Conn: a}, &tapped{Conn: b}
	done := make(chan error, 1)
	go func() {
		s := gotls.Server(cb, sc)
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("x"))
		}
		done <- err
	}()
	c := gotls.Client(ca, cc)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	a.Close()
	b.Close()
	return ca.out, cb.out
}

func TestMessagesOfGo(t *testing.T) {
	for _, c := range []struct {
		name    string
		key     string
		version uint16
		suite   uint16
	}{
		{"1.3", pki.ECDSAP256, TLS13, 0},
		{"1.2 ECDHE-ECDSA", pki.ECDSAP256, TLS12, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		{"1.2 ECDHE-RSA", pki.RSA2048, TLS12, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
		{"1.2 RSA", pki.RSA2048, TLS12, TLS_RSA_WITH_AES_128_GCM_SHA256},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, server := goHandshake(t, c.key, func(cc, sc *gotls.Config) {
				cc.MaxVersion, cc.MinVersion = c.version, c.version
				if c.suite != 0 {
					cc.CipherSuites = []uint16{c.suite}
					sc.CipherSuites = cc.CipherSuites
				}
				sc.ClientAuth = gotls.RequestClientCert
			})
			ctx := Context{Version: c.version, Suite: c.suite}
			got := plainMessages(t, client, ctx) + " | " + plainMessages(t, server, ctx)
			want := map[string]string{
				"1.3":             "ClientHello | ServerHello",
				"1.2 ECDHE-ECDSA": "ClientHello Certificate ClientKeyExchange | ServerHello Certificate ServerKeyExchange CertificateRequest ServerHelloDone",
				"1.2 ECDHE-RSA":   "ClientHello Certificate ClientKeyExchange | ServerHello Certificate ServerKeyExchange CertificateRequest ServerHelloDone",
				"1.2 RSA":         "ClientHello Certificate ClientKeyExchange | ServerHello Certificate CertificateRequest ServerHelloDone",
			}[c.name]
			if got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// plainMessages checks every message before encryption and names them.
func plainMessages(t *testing.T, stream []byte, ctx Context) string {
	t.Helper()
	var names []string
	for len(stream) >= RecordHeaderLen {
		n := RecordHeaderLen + int(stream[3])<<8 + int(stream[4])
		wiretest.Message(t, func() wire.Message { return new(Record) }, ctx, stream[:n])
		if stream[0] != ContentHandshake {
			break
		}
		ctx.ContentType = ContentHandshake
		wiretest.Message(t, func() wire.Message { return new(Fragment) }, ctx, stream[RecordHeaderLen:n])
		var f Fragment
		if err := wire.Decode(stream[RecordHeaderLen:n], &f, ctx); err != nil {
			t.Fatal(err)
		}
		for _, h := range f.Handshakes {
			if _, opaque := h.Body.(*Opaque); opaque && h.Type != TypeNewSessionTicket {
				names = append(names, fmt.Sprintf("opaque(%d)", h.Type))
				continue
			}
			names = append(names, MessageName(h.Type))
		}
		stream = stream[n:]
	}
	return strings.Join(names, " ")
}

func TestNewSessionTicketOfGo(t *testing.T) {
	_, server := goHandshake(t, pki.ECDSAP256, func(cc, sc *gotls.Config) {
		cc.MaxVersion = TLS12
		cc.ClientSessionCache = gotls.NewLRUClientSessionCache(1)
		cc.CipherSuites = []uint16{TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	})
	names := plainMessages(t, server, Context{Version: TLS12, Suite: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256})
	if !strings.HasSuffix(names, "ServerHelloDone NewSessionTicket") {
		t.Errorf("got %s", names)
	}
}

func TestHelloRetryRequestOfGo(t *testing.T) {
	_, server := goHandshake(t, pki.ECDSAP256, func(cc, sc *gotls.Config) {
		cc.CurvePreferences = []gotls.CurveID{gotls.X25519, gotls.CurveP256}
		sc.CurvePreferences = []gotls.CurveID{gotls.CurveP256}
	})
	var f Fragment
	n := RecordHeaderLen + int(server[3])<<8 + int(server[4])
	if err := wire.Decode(server[RecordHeaderLen:n], &f, Context{ContentType: ContentHandshake}); err != nil {
		t.Fatal(err)
	}
	m := f.Handshakes[0].Body.(*ServerHello)
	share, ok := Find[*KeyShareHelloRetryRequest](m.Extensions)
	if !m.IsHelloRetryRequest() || !ok || share.SelectedGroup != SECP256R1 {
		t.Errorf("got %+v", m)
	}
}
