package verify

import (
	"crypto/ecdsa"
	gotls "crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
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
// it must fail with the same alert. The task does a flight at a time.
func peer(c *scenario.Conversation, weAreClient bool) task {
	var p *peering
	var d *dialogue
	return func(v *Run) (done bool) {
		if d != nil {
			if !d.next() {
				return false
			}
			v.playing = nil
			answer, detail := p.judge(d.result(), weAreClient)
			v.add(peerCheck(c, weAreClient, answer, detail))
			return true
		}
		facts, failure, why := negotiated(v.t, c)
		if why == "" {
			why = beyondCryptoTLS(c, failure, weAreClient)
		}
		if why == "" {
			var err error
			if p, err = newPeering(v, c, facts, failure); err == nil {
				d, err = p.start(weAreClient)
			}
			if err == nil {
				v.playing = d
				return false
			}
			why = err.Error()
		}
		v.add(peerCheck(c, weAreClient, trace.Nobody, why))
		return true
	}
}

func peerCheck(c *scenario.Conversation, weAreClient bool, a trace.Answer, detail string) trace.Check {
	name := "separate run: our server against crypto/tls as client"
	if weAreClient {
		name = "separate run: our client against crypto/tls as server"
	}
	return trace.Check{Scope: scopeScenario, Name: c.Name + ": " + name, By: byCryptoTLS, Answer: a, Detail: detail}
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

// beyondCryptoTLS says why crypto/tls cannot be set up to fail as this
// conversation did, "" when it can.
func beyondCryptoTLS(c *scenario.Conversation, f *engine.Failure, weAreClient bool) string {
	if f == nil {
		return ""
	}
	suites := strings.Contains(f.Code.ID, "cipher-suite")
	for _, end := range []*scenario.Endpoint{&c.TLS.Client, &c.TLS.Server} {
		if len(end.Versions) == 0 || len(end.CipherSuites) == 0 {
			return "crypto/tls always offers something: an empty list cannot be set"
		}
		if suites && slices.Contains(end.Versions, "1.3") && !allTLS13(end.CipherSuites) {
			return "crypto/tls does not let its TLS 1.3 suites be chosen, so a failure that hangs on them cannot be repeated"
		}
	}
	switch f.Code.ID {
	case "tls/certificate-curve":
		if weAreClient {
			return "crypto/tls as server does not ask whether the client lists the curve of its certificate (RFC 8422, Section 5.3)"
		}
	case "tls/missing-extension", "tls/illegal-parameter":
		if len(c.TLS.Client.Groups) == 0 {
			return "crypto/tls always lists groups as client, and as server takes a client that lists none for one that has none in common"
		}
		if len(c.TLS.Client.SignatureAlgorithms) == 0 && !weAreClient {
			return ownAlgorithms
		}
	}
	return ""
}

const ownAlgorithms = "crypto/tls as client offers its own signature algorithms, whatever the scenario's client lists"

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
	if v.random == nil {
		if v.random, v.store, err = run.Certificates(v.t.Scenario, run.Options{Keys: v.opt.Keys, Cache: v.opt.Cache}); err != nil {
			return nil, err
		}
	}
	p.random, p.store = v.random, v.store
	return p, nil
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
		if p.failure.Code.ID != "tls/no-common-version" { // which must not hang on suites
			for _, s := range end.CipherSuites {
				if v, err := tls.ParseSuite(s); err == nil && v>>8 != 0x13 {
					cfg.CipherSuites = append(cfg.CipherSuites, v)
				}
			}
			if len(cfg.CipherSuites) == 0 && cfg.MinVersion == gotls.VersionTLS12 {
				return nil, fmt.Errorf("crypto/tls has none of this end's suites for TLS 1.2")
			}
		}
		for _, s := range end.Groups {
			if g, err := tls.ParseGroup(s); err == nil && (g == uint16(gotls.X25519) || g == uint16(gotls.CurveP256)) {
				cfg.CurvePreferences = append(cfg.CurvePreferences, gotls.CurveID(g))
			}
		}
		if len(end.Groups) > 0 && len(cfg.CurvePreferences) == 0 {
			return nil, fmt.Errorf("crypto/tls cannot be restricted to this end's groups")
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
	cert := gotls.Certificate{Certificate: id.Chain, PrivateKey: id.Key}
	for _, s := range end.SignatureAlgorithms {
		if v, err := tls.ParseScheme(s); err == nil {
			cert.SupportedSignatureAlgorithms = append(cert.SupportedSignatureAlgorithms, gotls.SignatureScheme(v))
		}
	}
	cfg.Certificates = []gotls.Certificate{cert}
	return cfg, nil
}

// judge compares a separate run with the trace's.
func (p *peering) judge(o outcome, weAreClient bool) (trace.Answer, string) {
	switch {
	case p.failure == nil && o.connected && o.echoed && o.goErr == nil:
		return trace.Agreed, fmt.Sprintf("handshake complete with %s, data went both ways", p.facts["cipher_suite"])
	case p.failure == nil && o.failure != nil:
		return trace.Disagreed, fmt.Sprintf("our engine says: %s (crypto/tls says: %v)", o.failure.Error(), o.goErr)
	case p.failure == nil:
		return trace.Disagreed, fmt.Sprintf("crypto/tls says: %v", o.goErr)
	case o.failure == nil && !weAreClient && p.failure.Code.ID == "tls/no-common-signature-algorithm":
		return trace.Nobody, ownAlgorithms
	case o.failure == nil:
		return trace.Disagreed, fmt.Sprintf("ours failed with %s, but with crypto/tls it did not (crypto/tls says: %v)", alertOf(p.failure), o.goErr)
	}
	want, got := alertOf(p.failure), alertOf(o.failure)
	switch {
	case want == got:
		return trace.Agreed, fmt.Sprintf("it fails with the same alert, %s", got)
	case o.failure.FromPeer && got == "bad_certificate" && slices.Contains(chainAlerts, want):
		return trace.Agreed, fmt.Sprintf("crypto/tls refuses the certificate too; it sends bad_certificate for every such fault, ours the more exact %s (crypto/tls says: %v)", want, o.goErr)
	}
	return trace.Disagreed, fmt.Sprintf("ours failed with the alert %s, with crypto/tls it is %s (crypto/tls says: %v)", want, got, o.goErr)
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
