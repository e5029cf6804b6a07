package run

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
	"cipherglass/crypto/tls"
	"cipherglass/playground/host"
	"cipherglass/playground/scenario"
	"cipherglass/playground/sim"
)

// tlsConversation is HTTP over TLS over TCP between two nodes.
type tlsConversation struct {
	c      *scenario.Conversation
	client *end
	server *end
	web    *webClient
	began  bool   // the TCP connection stood
	broken string // why it ended early
}

// startTLS sets up a TLS conversation: the server listens, the client dials
// when its time comes.
func (r *Runner) startTLS(c *scenario.Conversation, from, to *sim.Node, addr netip.Addr) error {
	clientConfig, err := TLSConfig(&c.TLS.Client, c.From, c.Name, r.random, r.pki, r.clock)
	if err != nil {
		return err
	}
	serverConfig, err := TLSConfig(&c.TLS.Server, c.To, c.Name, r.random, r.pki, r.clock)
	if err != nil {
		return err
	}
	t := &tlsConversation{c: c}
	t.web = &webClient{t: t, http: host.HTTPClient{Host: c.TLS.Client.ServerName}, size: c.Size}
	t.client = r.newEnd(c.From, c.Name, tls.NewClient(clientConfig), t.web)
	t.server = r.newEnd(c.To, c.Name, tls.NewServer(serverConfig), &webServer{http: host.HTTPServer{Size: c.Size}, update: c.TLS.KeyUpdate})
	r.convs = append(r.convs, t)
	if err := to.Listen(c.Name, uint16(c.Port), func(sim.Conn) sim.ConnEvents { return t.server.events(t) }); err != nil {
		return err
	}
	r.net.At(time.Duration(c.StartUS)*time.Microsecond, func() {
		t.client.conn = from.Dial(c.Name, netip.AddrPortFrom(addr, uint16(c.Port)), t.client.events(t))
	})
	return nil
}

// TLSConfig turns an end's settings into its engine's.
func TLSConfig(p *scenario.Endpoint, node, conv string, random *engine.Random, store pki.Identities, clock time.Time) (tls.Config, error) {
	cfg := tls.Config{
		ALPN: p.ALPN, ServerName: p.ServerName,
		MiddleboxCompat: p.MiddleboxCompat, ExtendedMasterSecret: p.ExtendedMasterSecret,
		Random: random.Sub(node + "/" + conv), Clock: clock,
	}
	var err error
	parse := func(dst *[]uint16, list []string, one func(string) (uint16, error)) {
		for _, s := range list {
			v, e := one(s)
			if e != nil && err == nil {
				err = e
			}
			*dst = append(*dst, v)
		}
	}
	parse(&cfg.Versions, p.Versions, tls.ParseVersion)
	parse(&cfg.CipherSuites, p.CipherSuites, tls.ParseSuite)
	parse(&cfg.Groups, p.Groups, tls.ParseGroup)
	parse(&cfg.SignatureAlgorithms, p.SignatureAlgorithms, tls.ParseScheme)
	if err != nil {
		return cfg, fmt.Errorf("run: %s of %s: %w", node, conv, err)
	}
	for _, name := range p.Trust {
		id := store.ByName(name)
		if id == nil {
			return cfg, fmt.Errorf("run: %s trusts certificate %q, which the scenario does not have", node, name)
		}
		cfg.Roots = append(cfg.Roots, id.Cert)
	}
	if p.Certificate != "" {
		if cfg.Identity = store.ByName(p.Certificate); cfg.Identity == nil {
			return cfg, fmt.Errorf("run: %s shows certificate %q, which the scenario does not have", node, p.Certificate)
		}
		if cfg.Identity.Key == nil { // a pasted CA certificate needs no key as long as it is only trusted
			return cfg, fmt.Errorf("run: %s needs the private key of certificate %q, which no scenario holds: give it beside the scenario (its public key's SHA-256 is %s)", node, p.Certificate, pki.SPKIHash(cfg.Identity.Cert))
		}
	}
	return cfg, nil
}

// events joins the end to its TCP connection.
func (e *end) events(t *tlsConversation) sim.ConnEvents {
	return sim.ConnEvents{
		Connected: func(c sim.Conn, packet string) {
			e.conn, t.began = c, true
			e.step(engine.Input{Kind: engine.Start}, packet)
		},
		Received: func(c sim.Conn, data []byte, packet string) {
			e.step(engine.Input{Kind: engine.Receive, Data: data}, packet)
		},
		End: func(c sim.Conn, packet string) {
			e.step(engine.Input{Kind: engine.End}, packet)
			c.CloseWrite()
		},
		Failed: func(c sim.Conn, why, packet string) {
			if e.conn == nil {
				e.conn = c
			}
			if t.web.done {
				return // both are done with each other: a late reset changes nothing
			}
			if t.broken == "" {
				t.broken = why
				f := broken.With(e.node, why)
				if !t.began {
					f = noConnection.With(e.node, t.c.To, why)
				}
				e.fail(f, packet)
			}
			e.step(engine.Input{Kind: engine.End}, packet)
		},
	}
}

// result tells how the conversation stands.
func (t *tlsConversation) result(r *Runner) (string, *engine.Failure) {
	switch {
	case t.client.failed != nil:
		return "", t.client.failed
	case t.server.failed != nil:
		return "", t.server.failed
	case !t.client.open:
		return "", unfinished.With(t.c.Name, t.c.From)
	case !t.web.done:
		return "", unfinished.With(t.c.Name, t.c.From)
	case !t.server.closed:
		return "", unfinished.With(t.c.Name, t.c.To)
	}
	return fmt.Sprintf("%s: handshake complete (%s); %d bytes fetched and verified", t.c.Name, negotiated(t.client.facts), t.web.fetched), nil
}

func negotiated(facts []engine.Fact) string {
	var s string
	for _, f := range facts {
		switch f.Name {
		case "version", "cipher_suite", "group":
			if s != "" {
				s += ", "
			}
			s += f.Value
		}
	}
	return s
}

// webClient fetches a page, and once more after a KeyUpdate, then closes.
type webClient struct {
	t       *tlsConversation
	http    host.HTTPClient
	size    int
	round   int
	body    []byte
	fetched int
	done    bool
}

func (w *webClient) connected(e *end) {
	e.step(engine.Input{Kind: engine.Write, Data: w.http.Request("/")}, e.packet)
}

func (w *webClient) deliver(e *end, data []byte) {
	if w.done {
		return
	}
	w.body = append(w.body, data...)
	done, err := w.http.Receive(data)
	if err != nil {
		e.fail(badResponse.With(e.node, err), e.packet)
		e.step(engine.Input{Kind: engine.Close}, e.packet)
		return
	}
	if !done {
		return
	}
	_, body, _ := bytes.Cut(w.body, []byte("\r\n\r\n"))
	w.fetched += len(body)
	if want := host.Body(w.size); !bytes.Equal(body, want) {
		e.fail(badData.With(e.node, w.t.c.To, firstDifference(body, want)), e.packet)
	}
	w.round++
	update := w.t.c.TLS.KeyUpdate
	if w.round == 1 && update != "" && update != "none" {
		if update != "server" {
			command := "key_update"
			if update == "both" {
				command = "key_update_request"
			}
			e.step(engine.Input{Kind: engine.Do, Command: command}, e.packet)
		}
		w.body = nil
		e.step(engine.Input{Kind: engine.Write, Data: w.http.Request("/again")}, e.packet)
		return
	}
	w.done = true
	e.step(engine.Input{Kind: engine.Close}, e.packet)
}

// webServer answers requests.
type webServer struct {
	http   host.HTTPServer
	update string
	round  int
}

func (w *webServer) connected(*end) {}

func (w *webServer) deliver(e *end, data []byte) {
	answer := w.http.Receive(data)
	if answer == nil {
		return
	}
	e.step(engine.Input{Kind: engine.Write, Data: answer}, e.packet)
	w.round++
	if w.round == 1 && w.update == "server" {
		e.step(engine.Input{Kind: engine.Do, Command: "key_update"}, e.packet)
	}
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
