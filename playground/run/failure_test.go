package run_test

import (
	"encoding/pem"
	"strconv"
	"strings"
	"testing"

	"cipherglass/crypto/pki"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
	"cipherglass/playground/verify"
)

const (
	client = "conversations.web.tls.client."
	server = "conversations.web.tls.server."
)

// ending is a scenario, edited as in the form, and how it must end.
type ending struct {
	name   string
	preset string
	edits  []any // path, value, ...
	faults []scenario.Fault
	code   string
	says   string // part of the summary
	event  string // part of an event's text
}

// TestTLSEndings has everything that may keep two ends from agreeing, with
// the failure that both the summary and the second opinions must explain.
func TestTLSEndings(t *testing.T) {
	var list []ending
	for _, preset := range []string{"tls13", "tls12-ecdhe", "tls12-rsa"} {
		suites := map[string][2]string{
			"tls13":       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"},
			"tls12-ecdhe": {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
			"tls12-rsa":   {"TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256"},
		}[preset]
		other := map[string]string{"tls13": "1.2"}[preset]
		if other == "" {
			other = "1.3"
		}
		list = append(list,
			ending{"no common suite", preset, []any{client + "cipher_suites", suites[0], server + "cipher_suites", suites[1]}, nil, "tls/no-common-cipher-suite", "", ""},
			ending{"no common version", preset, []any{server + "versions", other}, nil, "tls/no-common-version", "", ""},
			ending{"no common application protocol", preset, []any{client + "alpn", "h2", server + "alpn", "http/1.1"}, nil, "tls/no-application-protocol", "h2", ""},
			ending{"no ALPN", preset, []any{client + "alpn", "", server + "alpn", ""}, nil, "complete", "fetched", ""},
			ending{"expired", preset, []any{"certificates.server.not_after", "2026-05-31T12:00:00Z"}, nil, "pki/expired", "", ""},
			ending{"not yet valid", preset, []any{"certificates.server.not_before", "2026-06-02T12:00:00Z"}, nil, "pki/not-yet-valid", "", ""},
			ending{"the clock is wrong", preset, []any{"clock", "2036-06-01T12:00:00Z"}, nil, "pki/expired", "", ""},
			ending{"wrong host", preset, []any{client + "server_name", "other.test"}, nil, "pki/host-name", "other.test", ""},
			ending{"no host name", preset, []any{client + "server_name", ""}, nil, "complete", "", ""},
			ending{"untrusted", preset, []any{client + "trust", ""}, nil, "pki/unknown-issuer", "", ""},
			ending{"self-signed", preset, []any{"certificates.server.issuer", ""}, nil, "pki/self-signed", "", ""},
			ending{"GREASE in every list", preset, []any{client + "cipher_suites", "0x1a1a," + suites[0]}, nil, "complete", suites[0], ""},
			ending{"an empty page", preset, []any{"conversations.web.size", 0}, nil, "complete", "0 bytes", ""},
			ending{"one byte", preset, []any{"conversations.web.size", 1}, nil, "complete", "1 bytes", ""},
			ending{"100,000 bytes", preset, []any{"conversations.web.size", 100_000}, nil, "complete", "100000 bytes", ""},
			ending{"MTU 576", preset, []any{"links.net.mtu", 576}, nil, "complete", "", ""},
			ending{"MTU 9000", preset, []any{"links.net.mtu", 9000}, nil, "complete", "", ""},
			ending{"ClientHello lost", preset, nil, []scenario.Fault{{Kind: "drop", Packet: "client/web/flight1/seg1"}}, "complete", "", ""},
			ending{"ClientHello twice", preset, nil, []scenario.Fault{{Kind: "replay", Packet: "client/web/flight1/seg1"}}, "complete", "", ""},
			ending{"SYN lost", preset, nil, []scenario.Fault{{Kind: "drop", Packet: "client/web/syn"}}, "complete", "", ""},
			ending{"EMS off at the client", preset, []any{client + "extended_master_secret", "off"}, nil, "complete", "", ""},
			ending{"EMS off at the server", preset, []any{server + "extended_master_secret", "off"}, nil, "complete", "", ""},
		)
		if preset != "tls12-rsa" {
			list = append(list,
				ending{"no common group", preset, []any{client + "groups", "x25519", server + "groups", "secp256r1"}, nil, "tls/no-common-group", "", ""},
				ending{"no common signature algorithm", preset, []any{client + "signature_algorithms", "rsa_pss_rsae_sha256"}, nil, "tls/no-common-signature-algorithm", "", ""})
		}
	}
	for _, who := range []string{"none", "client", "server", "both"} {
		list = append(list, ending{"key update by " + who, "tls13", []any{"conversations.web.tls.key_update", who}, nil, "complete", "", ""})
	}
	list = append(list,
		ending{"no compatibility at the client", "tls13", []any{client + "middlebox_compat", "off"}, nil, "complete", "", ""},
		ending{"no compatibility at the server", "tls13", []any{server + "middlebox_compat", "off"}, nil, "complete", "", ""},
		ending{"no compatibility", "tls13", []any{client + "middlebox_compat", "off", server + "middlebox_compat", "off"}, nil, "complete", "", ""},
		ending{"RSA suite for an ECDSA certificate", "tls12-ecdhe", []any{client + "cipher_suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", server + "cipher_suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, nil, "tls/no-cipher-suite-for-certificate", "", ""},
	)
	cache := &pki.Cache{}
	for _, c := range list {
		t.Run(c.preset+" "+c.name, func(t *testing.T) { c.check(t, cache) })
	}
}

// check plays the scenario, and looks at its end, its trace, and at the second
// opinions on it.
func (c ending) check(t *testing.T, cache *pki.Cache) *trace.Trace {
	t.Helper()
	s := set(t, preset(t, c.preset), c.edits...)
	s.Faults = append(s.Faults, c.faults...)
	s.Expect = c.code
	tr, err := run.Run(s, run.Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	consistent(t, tr)
	if tr.Outcome.Code != c.code || !tr.Outcome.OK {
		t.Errorf("ended with %s, want %s: %s", tr.Outcome.Code, c.code, tr.Outcome.Summary)
	}
	if !strings.Contains(tr.Outcome.Summary, c.says) {
		t.Errorf("the summary does not say %q: %s", c.says, tr.Outcome.Summary)
	}
	if c.event != "" && event(tr, c.event) == nil {
		t.Errorf("no event says %q", c.event)
	}
	readsWell(t, tr.Outcome.Summary)
	for i, f := range tr.Faults {
		if !f.Applied {
			t.Errorf("fault %d did not apply: %s", i, f.Why)
		}
	}
	verify.All(tr, verify.Options{Cache: cache})
	for _, x := range verify.Unexpected(tr) {
		t.Errorf("%s disagrees on %s of %s: %s", x.By, x.Name, x.Packet, x.Detail)
	}
	if testing.Verbose() {
		t.Log(tr.Outcome.Summary)
	}
	return tr
}

func event(tr *trace.Trace, text string) *trace.Event {
	for _, e := range tr.Events {
		if strings.Contains(e.Text, text) {
			return e
		}
	}
	return nil
}

// readsWell checks what can be checked of a sentence.
func readsWell(t *testing.T, s string) {
	t.Helper()
	switch {
	case !strings.HasSuffix(s, "."), strings.HasSuffix(s, ".."):
		t.Errorf("does not end with one stop: %q", s)
	case strings.Contains(s, "  "), strings.Contains(s, " ."), strings.Contains(s, "%!"), strings.Contains(s, `""`), strings.Contains(s, "<nil>"):
		t.Errorf("badly put together: %q", s)
	case len(s) < 15:
		t.Errorf("says too little: %q", s)
	}
}

// TestIPsecEndings is IPsec under faults, MTUs and sizes.
func TestIPsecEndings(t *testing.T) {
	mtu := func(name string, edits ...any) []any {
		return append([]any{"links.wan1.mtu", name, "links.wan2.mtu", name}, edits...)
	}
	list := []ending{
		{"off", "esp-transport", []any{"policies.alice-bob.action", "off"}, nil, "complete", "", ""},
		{"off", "ah-transport", []any{"policies.alice-bob.action", "off"}, nil, "complete", "", ""},
		{"replay", "esp-tunnel", nil, []scenario.Fault{{Kind: "replay", Packet: "r1/esp/0x00001001/1"}}, "complete", "", "replay"},
		{"replay", "esp-transport", nil, []scenario.Fault{{Kind: "replay", Packet: "alice/esp/0x00001001/1"}}, "complete", "", "replay"},
		{"replay", "ah-transport", nil, []scenario.Fault{{Kind: "replay", Packet: "alice/ah/0x00001001/2"}}, "complete", "", "replay"},
		{"TCP segment lost", "esp-tunnel", []any{"conversations.transfer.size", 1000}, []scenario.Fault{{Kind: "drop", Packet: "pc1/transfer/data/seg1"}}, "complete", "", "again"},
		{"ESP packet lost, ping", "esp-tunnel", nil, []scenario.Fault{{Kind: "drop", Packet: "r1/esp/0x00001001/1"}}, "net/no-reply", "1 of 2", ""},
		{"ESP packet lost, UDP", "esp-transport", nil, []scenario.Fault{{Kind: "drop", Packet: "alice/esp/0x00001001/1"}}, "net/lost-datagram", "1 of 3", ""},
		{"UDP of no bytes", "esp-transport", []any{"conversations.dgram.size", 0}, nil, "complete", "", ""},
		{"UDP of 1 byte", "esp-transport", []any{"conversations.dgram.size", 1}, nil, "complete", "", ""},
		{"UDP of 65,507 bytes", "esp-transport", []any{"conversations.dgram.size", 65507, "policies.alice-bob.action", "off"}, nil, "complete", "", ""},
		{"UDP of 60,000 bytes protected", "esp-transport", []any{"conversations.dgram.size", 60000}, nil, "complete", "", ""},
		{"TCP of no bytes", "esp-tunnel", []any{"conversations.transfer.size", 0}, nil, "complete", "0 bytes", ""},
		{"TCP of 1 byte", "esp-tunnel", []any{"conversations.transfer.size", 1}, nil, "complete", "1 bytes", ""},
		{"TCP of 100,000 bytes", "esp-tunnel", []any{"conversations.transfer.size", 100_000}, nil, "complete", "100000 bytes", ""},
		{"1000 pings", "ah-transport", []any{"conversations.ping.count", 1000, "conversations.ping.gap_us", 1000}, nil, "complete", "1000 of 1000", ""},
		{"packet limit", "esp-tunnel", []any{"limits.packets", 10}, nil, "limit/packets", "10 packets", ""},
		{"byte limit", "esp-tunnel", []any{"limits.bytes", 2000}, nil, "limit/bytes", "2000 bytes", ""},
		{"time limit", "ah-transport", []any{"limits.seconds", 1, "conversations.ping.gap_us", 900_000}, nil, "limit/seconds", "1 seconds", ""},
		{"small window", "esp-tunnel", []any{"policies.r1-r2.window", 32}, nil, "complete", "", ""},
	}
	for _, size := range []string{"576", "1400", "1500", "9000"} {
		for _, preset := range []string{"esp-tunnel", "mtu"} {
			code := "complete"
			if preset == "mtu" && size != "9000" {
				code = "net/too-big"
			}
			list = append(list, ending{"wan1 MTU " + size, preset, mtu(size), nil, code, "", ""})
		}
		for _, df := range []string{"copy", "set", "clear"} {
			for _, inner := range []string{"on", "off"} {
				for _, payload := range []int{1372, 1472} {
					code := "complete"
					switch {
					case size == "9000":
					case df != "clear" && inner == "on" && (payload == 1472 || size != "1500"),
						df == "set" && inner == "off" && (payload == 1472 || size != "1500"):
						code = "net/too-big"
					}
					list = append(list, ending{strings.Join([]string{"ping of", strconv.Itoa(payload), "DF", inner, "outer", df, "MTU", size}, " "), "esp-tunnel",
						mtu(size, "conversations.ping.size", payload, "conversations.ping.df", inner, "policies.r1-r2.df", df), nil, code, "", ""})
				}
			}
		}
	}
	cache := &pki.Cache{}
	for _, c := range list {
		t.Run(c.preset+" "+c.name, func(t *testing.T) { c.check(t, cache) })
	}
}

// TestTunnelOff sends the same packets without protection: they stand in the
// clear on the line. An internet that knows no way to private addresses, as
// the real one, drops them.
func TestTunnelOff(t *testing.T) {
	s := set(t, preset(t, "esp-tunnel"), "policies.r1-r2.action", "off")
	s.Conversations = s.Conversations[:1]
	tr := play(t, s)
	consistent(t, tr)
	if !tr.Outcome.OK {
		t.Errorf("ended with %s: %s", tr.Outcome.Code, tr.Outcome.Summary)
	}
	if p := tr.Packet("pc1/ping/request1@wan1"); p == nil || !strings.Contains(p.Info, "ICMP echo request") {
		t.Errorf("the request on the line: %+v", p)
	}
	for i := range s.Nodes {
		if s.Nodes[i].Name == "inet" {
			s.Nodes[i].Routes = nil
		}
	}
	s.Expect = "net/no-reply"
	tr = play(t, s)
	consistent(t, tr)
	if !tr.Outcome.OK || event(tr, "no route to 10.2.0.2") == nil {
		t.Errorf("without routes it ended with %s: %s", tr.Outcome.Code, tr.Outcome.Summary)
	}
}

// TestNoPrivateKey leaves out the private key of a certificate of one's own.
func TestNoPrivateKey(t *testing.T) {
	s := preset(t, "tls13")
	_, ids, err := run.Certificates(s, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cert := ids.ByName("server").Cert
	for _, hash := range []string{"", pki.SPKIHash(cert)} {
		for i := range s.Certificates {
			if c := &s.Certificates[i]; c.Name == "server" {
				c.Key, c.KeyHash = "pasted", hash
				c.PEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
			}
		}
		if _, err := run.Run(s, run.Options{}); err == nil || !strings.Contains(err.Error(), "private key") || !strings.Contains(err.Error(), pki.SPKIHash(cert)) {
			t.Errorf("with key_hash %q: %v", hash, err)
		}
	}
}
