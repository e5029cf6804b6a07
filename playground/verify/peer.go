package verify

import (
	"bytes"
	"crypto/ecdsa"
	gotls "crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
	"cipherglass/crypto/tls"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// peer plays the conversation once more, our engine in one role and crypto/tls
// in the other, as a separate run. Where ours completed, crypto/tls, restricted
// to what was negotiated, must complete and exchange data; where ours failed,
// it must fail with the same alert.
func peer(v *Run, c *scenario.Conversation, weAreClient bool) {
	name := "separate run: our server against crypto/tls as client"
	if weAreClient {
		name = "separate run: our client against crypto/tls as server"
	}
	check := trace.Check{Scope: scopeScenario, Name: c.Name + ": " + name, By: byCryptoTLS}
	facts, failure, why := negotiated(v.t, c)
	if why == "" {
		why = beyondCryptoTLS(c, facts, failure)
	}
	if why != "" {
		check.Detail = why
		v.add(check)
		return
	}
	p, err := newPeering(v, c, facts, failure)
	if err != nil {
		check.Detail = err.Error()
		v.add(check)
		return
	}
	got := p.play(weAreClient)
	check.Answer, check.Detail = p.judge(got)
	v.add(check)
}

// negotiated returns what the trace's own run came to.
func negotiated(t *trace.Trace, c *scenario.Conversation) (facts map[string]string, f *engine.Failure, why string) {
	facts = map[string]string{}
	for _, e := range t.Events {
		if e.Conv != c.Name {
			continue
		}
		if e.Kind == trace.KindConnected && e.Node == c.From {
			for _, x := range e.Facts {
				facts[x.Name] = x.Value
			}
		}
		if e.Kind == trace.KindFailed && f == nil {
			f = e.Fail
		}
	}
	for _, x := range t.Faults {
		if x.Applied && f != nil {
			return facts, f, "the run's outcome is a fault's doing (" + f.Code.ID + "), and the separate run has no network to have faults in"
		}
	}
	if f != nil && alertOf(f) == "" {
		return facts, f, "the run ended with " + f.Code.ID + ", which has no alert to compare"
	}
	if f == nil && len(facts) == 0 {
		return facts, nil, "the run did not complete a handshake"
	}
	return facts, f, ""
}

// beyondCryptoTLS says why crypto/tls cannot be set up like this
// conversation, "" when it can.
func beyondCryptoTLS(c *scenario.Conversation, facts map[string]string, f *engine.Failure) string {
	if f == nil {
		return ""
	}
	for _, end := range []*scenario.Endpoint{&c.TLS.Client, &c.TLS.Server} {
		if len(end.Versions) == 0 || len(end.CipherSuites) == 0 {
			return "crypto/tls always offers something: an empty list cannot be set"
		}
		if slices.Contains(end.Versions, "1.3") && !allTLS13(end.CipherSuites) {
			return "crypto/tls does not let its TLS 1.3 suites be chosen, so a failure that hangs on them cannot be repeated"
		}
	}
	return ""
}

// allTLS13 reports whether the list has every TLS 1.3 suite of crypto/tls.
func allTLS13(list []string) bool {
	for _, id := range []uint16{gotls.TLS_AES_128_GCM_SHA256, gotls.TLS_AES_256_GCM_SHA384, gotls.TLS_CHACHA20_POLY1305_SHA256} {
		if !slices.ContainsFunc(list, func(s string) bool { v, err := tls.ParseSuite(s); return err == nil && v == id }) {
			return false
		}
	}
	return true
}

// peering is everything that both separate runs share.
type peering struct {
	c       *scenario.Conversation
	clock   time.Time
	random  *engine.Random
	store   pki.Identities
	facts   map[string]string
	failure *engine.Failure
}

func newPeering(v *Run, c *scenario.Conversation, facts map[string]string, f *engine.Failure) (*peering, error) {
	p := &peering{c: c, facts: facts, failure: f}
	var err error
	if p.clock, err = time.Parse(time.RFC3339, v.t.Scenario.Clock); err != nil {
		return nil, err
	}
	p.random, p.store, err = run.Certificates(v.t.Scenario, run.Options{Keys: v.opt.Keys, Cache: v.opt.Cache})
	return p, err
}

// outcome of one separate run.
type outcome struct {
	connected bool
	echoed    bool
	failure   *engine.Failure // ours
	goErr     error           // crypto/tls's
	err       error           // it could not be set up
}

var hello, answerText = []byte("ping through a separate run"), []byte("pong through a separate run")

// play connects our engine to crypto/tls and sends a message each way.
func (p *peering) play(weAreClient bool) (o outcome) {
	end, node := &p.c.TLS.Server, p.c.To
	if weAreClient {
		end, node = &p.c.TLS.Client, p.c.From
	}
	cfg, err := run.TLSConfig(end, node, p.c.Name, p.random, p.store, p.clock)
	if err != nil {
		return outcome{err: err}
	}
	if p.failure == nil {
		p.restrict(&cfg, weAreClient)
	}
	theirs, err := p.goConfig(!weAreClient)
	if err != nil {
		return outcome{err: err}
	}
	ours, other := pipe()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if x := recover(); x != nil {
				done <- fmt.Errorf("crypto/tls panicked: %v", x)
				other.Close()
			}
		}()
		err := talkGo(other, theirs, weAreClient)
		other.closeWrite()
		done <- err
	}()
	var conn engine.Engine
	if weAreClient {
		conn = tls.NewClient(cfg)
	} else {
		conn = tls.NewServer(cfg)
	}
	o = pump(conn, ours, weAreClient)
	ours.closeWrite()
	o.goErr = <-done
	return o
}

// restrict narrows our lists to what the trace's run negotiated, since
// crypto/tls has an order of its own.
func (p *peering) restrict(cfg *tls.Config, client bool) {
	if v, err := tls.ParseSuite(p.facts["cipher_suite"]); err == nil {
		cfg.CipherSuites = []uint16{v}
	}
	if v, err := tls.ParseGroup(p.facts["group"]); err == nil {
		cfg.Groups = []uint16{v}
	}
	if v := goVersion(p.facts["version"]); v != 0 {
		cfg.Versions = []uint16{v}
	}
	for _, g := range p.certificateCurves() {
		if client && len(cfg.Groups) > 0 && !slices.Contains(cfg.Groups, g) {
			cfg.Groups = append(cfg.Groups, g)
		}
	}
}

// certificateCurves lists the curve of the server's ECDSA key. In TLS 1.2 a
// client must offer it beside the group of the key exchange (RFC 8422, Section
// 5.1.1); it stands last, and whoever chooses takes the negotiated one.
func (p *peering) certificateCurves() []uint16 {
	id := p.store.ByName(p.c.TLS.Server.Certificate)
	if id == nil || goVersion(p.facts["version"]) != gotls.VersionTLS12 {
		return nil
	}
	if _, is := id.Cert.PublicKey.(*ecdsa.PublicKey); !is {
		return nil
	}
	return []uint16{uint16(gotls.CurveP256)}
}

func goVersion(name string) uint16 {
	v, err := tls.ParseVersion(name)
	if err != nil {
		return 0
	}
	return v
}

// goConfig sets crypto/tls up like one end of the conversation.
func (p *peering) goConfig(client bool) (*gotls.Config, error) {
	end := &p.c.TLS.Server
	if client {
		end = &p.c.TLS.Client
	}
	cfg := &gotls.Config{
		Time: func() time.Time { return p.clock }, NextProtos: end.ALPN, SessionTicketsDisabled: true,
		ServerName: end.ServerName,
	}
	if p.failure == nil {
		v := goVersion(p.facts["version"])
		cfg.MinVersion, cfg.MaxVersion = v, v
		if s, err := tls.ParseSuite(p.facts["cipher_suite"]); err == nil {
			cfg.CipherSuites = []uint16{s}
		}
		if g, err := tls.ParseGroup(p.facts["group"]); err == nil {
			cfg.CurvePreferences = []gotls.CurveID{gotls.CurveID(g)}
			if client && v == gotls.VersionTLS12 && g != uint16(gotls.CurveP256) {
				// A client that does not list the curve of the server's ECDSA
				// certificate cannot use it (RFC 8422, Section 5.3). Our server
				// still has one group to choose.
				cfg.CurvePreferences = append(cfg.CurvePreferences, gotls.CurveP256)
			}
		}
	} else {
		for _, s := range end.Versions {
			v := goVersion(s)
			if v != gotls.VersionTLS12 && v != gotls.VersionTLS13 {
				continue
			}
			if cfg.MinVersion == 0 || v < cfg.MinVersion {
				cfg.MinVersion = v
			}
			cfg.MaxVersion = max(cfg.MaxVersion, v)
		}
		for _, s := range end.CipherSuites {
			if v, err := tls.ParseSuite(s); err == nil && v>>8 != 0x13 {
				cfg.CipherSuites = append(cfg.CipherSuites, v)
			}
		}
		if len(cfg.CipherSuites) == 0 && cfg.MinVersion == gotls.VersionTLS12 {
			return nil, fmt.Errorf("crypto/tls has no suite for TLS 1.2 in common with this end's list")
		}
		for _, s := range end.Groups {
			if g, err := tls.ParseGroup(s); err == nil && (g == uint16(gotls.X25519) || g == uint16(gotls.CurveP256)) {
				cfg.CurvePreferences = append(cfg.CurvePreferences, gotls.CurveID(g))
			}
		}
	}
	if client {
		cfg.RootCAs = x509.NewCertPool()
		for _, name := range end.Trust {
			if id := p.store.ByName(name); id != nil {
				cfg.RootCAs.AddCert(id.Cert)
			}
		}
		if end.ServerName == "" {
			return nil, fmt.Errorf("crypto/tls as client needs a server name")
		}
		return cfg, nil
	}
	id := p.store.ByName(end.Certificate)
	if id == nil {
		return nil, fmt.Errorf("crypto/tls as server needs a certificate")
	}
	cfg.Certificates = []gotls.Certificate{{Certificate: id.Chain, PrivateKey: id.Key}}
	return cfg, nil
}

// talkGo is crypto/tls's side: an echo of one message.
func talkGo(conn *pipeEnd, cfg *gotls.Config, server bool) error {
	buf := make([]byte, 256)
	if server {
		c := gotls.Server(conn, cfg)
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		if !bytes.Equal(buf[:n], hello) {
			return fmt.Errorf("crypto/tls read %q", buf[:n])
		}
		if _, err := c.Write(answerText); err != nil {
			return err
		}
		return c.Close()
	}
	c := gotls.Client(conn, cfg)
	if _, err := c.Write(hello); err != nil {
		// An alert of the peer may be waiting behind the failure to write.
		return err
	}
	n, err := c.Read(buf)
	if err != nil {
		return err
	}
	if !bytes.Equal(buf[:n], answerText) {
		return fmt.Errorf("crypto/tls read %q", buf[:n])
	}
	return c.Close()
}

// pump is our side: it feeds the engine from the pipe until the stream ends.
func pump(e engine.Engine, conn *pipeEnd, client bool) (o outcome) {
	var queue []engine.Input
	step := func(in engine.Input) (closed bool) {
		queue = append(queue, in)
		for len(queue) > 0 {
			in := queue[0]
			queue = queue[1:]
			var out engine.Effects
			e.Step(0, in, &out)
			for _, f := range out.List {
				switch f := f.(type) {
				case engine.Send:
					_, _ = conn.Write(f.Data)
				case engine.Connected:
					o.connected = true
					if client {
						queue = append(queue, engine.Input{Kind: engine.Write, Data: hello})
					}
				case engine.Deliver:
					if client {
						o.echoed = bytes.Equal(f.Data, answerText)
						queue = append(queue, engine.Input{Kind: engine.Close})
					} else {
						o.echoed = bytes.Equal(f.Data, hello)
						queue = append(queue, engine.Input{Kind: engine.Write, Data: answerText})
					}
				case engine.Failed:
					if o.failure == nil {
						o.failure = f.Failure
					}
				case engine.Closed:
					closed = true
				}
			}
		}
		return closed
	}
	if step(engine.Input{Kind: engine.Start}) {
		return o
	}
	buf := make([]byte, 1<<14)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			step(engine.Input{Kind: engine.End})
			return o
		}
		if step(engine.Input{Kind: engine.Receive, Data: buf[:n]}) {
			return o
		}
	}
}

// judge compares a separate run with the trace's.
func (p *peering) judge(o outcome) (trace.Answer, string) {
	switch {
	case o.err != nil:
		return trace.Nobody, o.err.Error()
	case p.failure == nil && o.connected && o.echoed:
		return trace.Agreed, fmt.Sprintf("handshake complete with %s, data went both ways", p.facts["cipher_suite"])
	case p.failure == nil && o.failure != nil:
		return trace.Disagreed, "our engine says: " + o.failure.Error()
	case p.failure == nil:
		return trace.Disagreed, fmt.Sprintf("crypto/tls says: %v", o.goErr)
	case o.failure == nil:
		return trace.Disagreed, fmt.Sprintf("ours failed with %s, but with crypto/tls it did not (crypto/tls says: %v)", p.failure.Code.Alert, o.goErr)
	}
	want, got := alertOf(p.failure), alertOf(o.failure)
	if o.failure.FromPeer && got == "bad_certificate" && slices.Contains(chainAlerts, want) {
		return trace.Agreed, fmt.Sprintf("crypto/tls refuses the certificate too; it sends bad_certificate for every such fault, ours the more exact %s (crypto/tls says: %v)", want, o.goErr)
	}
	if want != got {
		return trace.Disagreed, fmt.Sprintf("ours failed with the alert %s, with crypto/tls it is %s (crypto/tls says: %v)", want, got, o.goErr)
	}
	return trace.Agreed, fmt.Sprintf("it fails with the same alert, %s", got)
}

// chainAlerts are the alerts for a certificate that is refused.
var chainAlerts = []string{"bad_certificate", "unknown_ca", "certificate_expired", "unsupported_certificate", "certificate_unknown"}

// alertOf returns the alert that was sent or received.
func alertOf(f *engine.Failure) string {
	if f.FromPeer && len(f.Args) > 0 {
		return f.Args[0]
	}
	return f.Code.Alert
}
