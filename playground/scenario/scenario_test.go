package scenario

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

func preset(t testing.TB, name string) *Scenario {
	t.Helper()
	s, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPresets(t *testing.T) {
	list := Presets()
	if len(list) != len(revisions) {
		t.Fatalf("%d presets listed, want %d", len(list), len(revisions))
	}
	for _, p := range list {
		s := preset(t, p.Name)
		if errs := Validate(s); len(errs) > 0 {
			t.Errorf("%s: %v", p.Name, errs)
		}
		if !strings.HasPrefix(s.Preset, p.Name+"@") {
			t.Errorf("%s says that it is %s", p.Name, s.Preset)
		}
		file, err := os.ReadFile("presets/" + s.Preset + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(s.Marshal(), file) {
			t.Errorf("%s: the file does not hold every field as Marshal writes it", s.Preset)
		}
		if back, err := Parse(file); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("%s: parsed again: %v", s.Preset, err)
		}
	}
	for _, name := range []string{"nosuch", "tls13@2", "tls13@0", "tls13@x", "", "@1"} {
		if _, err := Preset(name); err == nil {
			t.Errorf("Preset(%q) gave no error", name)
		}
	}
}

// Every field of a scenario has a knob, and every knob a field.
func TestKnobsCoverScenario(t *testing.T) {
	seen := map[string]bool{}
	var visit func(reflect.Type, string)
	visit = func(typ reflect.Type, pattern string) {
		switch {
		case typ.Kind() == reflect.Pointer:
			visit(typ.Elem(), pattern)
		case typ.Kind() == reflect.Struct:
			for i := range typ.NumField() {
				visit(typ.Field(i).Type, join(pattern, tagOf(typ.Field(i))))
			}
		case isElements(typ):
			visit(typ.Elem(), join(pattern, "*"))
		default:
			if seen[pattern] = true; knobFor(pattern) == nil {
				t.Errorf("%s has no knob", pattern)
			}
		}
	}
	visit(reflect.TypeFor[Scenario](), "")
	for _, k := range knobs {
		switch {
		case !seen[k.Path]:
			t.Errorf("knob %s has no field", k.Path)
		case k.Label == "" || k.Help == "" || k.Group == "":
			t.Errorf("knob %s lacks a label, help or group", k.Path)
		case k.Kind != Int && k.Kind != Bool && k.Max == 0 && k.Kind != Enum:
			t.Errorf("knob %s has no bound", k.Path)
		}
	}
}

func TestFields(t *testing.T) {
	find := func(s *Scenario, path string) *Field {
		for _, f := range Fields(s) {
			if f.Path == path {
				return &f
			}
		}
		return nil
	}
	s := preset(t, "tls13")
	f := find(s, "conversations.web.tls.client.cipher_suites")
	if f == nil || len(f.List) != 3 || f.Element != "web client" || f.Group != GroupClient || len(f.Choices) < 10 {
		t.Fatalf("cipher suites: %+v", f)
	}
	if find(s, "certificates.server.pem") != nil {
		t.Error("a place for a pasted certificate is shown without need")
	}
	if err := Set(s, "certificates.server.key", "pasted"); err != nil {
		t.Fatal(err)
	}
	if find(s, "certificates.server.pem") == nil {
		t.Error("no place to paste the certificate")
	}
	e := preset(t, "esp-tunnel")
	if find(e, "policies.r1-r2.integrity") != nil {
		t.Error("integrity is shown beside an AEAD cipher")
	}
	if err := Set(e, "policies.r1-r2.encryption", "aes-128-cbc"); err != nil {
		t.Fatal(err)
	}
	if find(e, "policies.r1-r2.integrity") == nil {
		t.Error("integrity is hidden beside CBC")
	}
}

func TestSet(t *testing.T) {
	for _, c := range []struct {
		name, preset, path string
		value              any
		want               string // its text afterwards, or a part of the error after "!"
	}{
		{"mtu", "esp-tunnel", "links.wan1.mtu", "1400", "1400"},
		{"mtu typed", "esp-tunnel", "links.wan1.mtu", 9000, "9000"},
		{"mtu too small", "esp-tunnel", "links.wan1.mtu", "20", "!MTU of wan1 must be from 68 to 65,535 bytes; it is 20."},
		{"mtu no number", "esp-tunnel", "links.wan1.mtu", "big", `!must be a whole number of bytes; "big" is not one`},
		{"thousands", "tls13", "conversations.web.size", "16,000", "16000"},
		{"too large", "tls13", "conversations.web.size", 1 << 30, "!at most|must be from 0 to 16,777,216"},
		{"udp too large", "esp-transport", "conversations.dgram.size", "65508", "!at most 65,507"},
		{"suites", "tls13", "conversations.web.tls.client.cipher_suites", []string{"0x0a0a", "TLS_AES_256_GCM_SHA384"}, "0x0a0a, TLS_AES_256_GCM_SHA384"},
		{"suites typed", "tls13", "conversations.web.tls.client.cipher_suites", "TLS_AES_256_GCM_SHA384,\n0x1301", "TLS_AES_256_GCM_SHA384, 0x1301"},
		{"no suites", "tls13", "conversations.web.tls.client.cipher_suites", "", "!needs at least one"},
		{"unknown suite", "tls13", "conversations.web.tls.client.cipher_suites", "TLS_FOO", `!does not know "TLS_FOO"`},
		{"suites in lower case", "tls13", "conversations.web.tls.client.cipher_suites", "tls_aes_128_gcm_sha256 GREASE_1A1A", "TLS_AES_128_GCM_SHA256, GREASE_1A1A"},
		{"bad code point", "tls13", "conversations.web.tls.client.cipher_suites", "0x13011", "!does not know"},
		{"version's long name", "tls13", "conversations.web.tls.server.versions", "1.3, 1.2", "1.3, 1.2"},
		{"unknown version", "tls13", "conversations.web.tls.server.versions", "1.9", "!does not know"},
		{"switch", "tls13", "conversations.web.tls.client.middlebox_compat", "off", "false"},
		{"switch typed", "tls13", "conversations.web.tls.client.middlebox_compat", false, "false"},
		{"switch wrong", "tls13", "conversations.web.tls.client.middlebox_compat", "maybe", "!neither"},
		{"choice", "esp-tunnel", "policies.r1-r2.mode", "transport", "transport"},
		{"choice wrong", "esp-tunnel", "policies.r1-r2.mode", "both", "!Choose from: tunnel, transport"},
		{"spi", "esp-tunnel", "policies.r1-r2.spi_ab", "0xABC", "0x00000abc"},
		{"spi reserved", "esp-tunnel", "policies.r1-r2.spi_ab", "0x00000010", "!0 to 255 are reserved"},
		{"spi no hex", "esp-tunnel", "policies.r1-r2.spi_ab", "xyz", "!must be 4 bytes in hex"},
		{"prefix", "esp-tunnel", "policies.r1-r2.sel_a", "10.1.0.0/16", "10.1.0.0/16"},
		{"prefix host bits", "esp-tunnel", "policies.r1-r2.sel_a", "10.1.2.3/16", "!did you mean 10.1.0.0/16"},
		{"prefix wrong", "esp-tunnel", "policies.r1-r2.sel_a", "10.1", "!must be an address and a prefix length"},
		{"time", "tls13", "clock", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"},
		{"time wrong", "tls13", "clock", "tomorrow", "!must be a date and time"},
		{"control character", "tls13", "title", "a\x00b", "!control character U+0000"},
		{"empty text", "tls13", "title", "  ", "!is empty"},
		{"alpn", "tls13", "conversations.web.tls.client.alpn", "h2 http/1.1", "h2, http/1.1"},
		{"alpn too long", "tls13", "conversations.web.tls.client.alpn", strings.Repeat("x", 256), "!1 to 255 bytes"},
		{"unknown setting", "tls13", "links.net.mtus", "1", `!no setting called "links.net.mtus"`},
		{"unknown link", "tls13", "links.wan9.mtu", "1", `!no "wan9" among its links`},
		{"not one", "tls13", "links.net", "1", "!not one setting"},
		{"no tls", "esp-tunnel", "conversations.ping.tls.client.alpn", "h2", "!no such settings"},
		{"empty path", "tls13", "", "1", "!missing"},
		{"wrong type", "tls13", "links.net.mtu", 1.5, "!was given a float64"},
		{"private key", "tls13", "certificates.server.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "!private key"},
		{"no pem", "tls13", "certificates.server.pem", "hello", "!holds no certificate"},
		{"unknown trust", "tls13", "conversations.web.tls.client.trust", "nobody", "!does not know"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := preset(t, c.preset)
			before := s.Clone()
			err := Set(s, c.path, c.value)
			part, fails := strings.CutPrefix(c.want, "!")
			if !fails {
				if err != nil {
					t.Fatal(err)
				}
				p, _ := find(s, c.path)
				if got := show(p.v); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				return
			}
			var field *FieldError
			if !errors.As(err, &field) || field.Path != c.path {
				t.Fatalf("got %v, want an error at %s", err, c.path)
			}
			ok := false
			for _, p := range strings.Split(part, "|") {
				ok = ok || strings.Contains(field.Sentence, p)
			}
			if !ok {
				t.Errorf("got %q, want %q in it", field.Sentence, part)
			}
			if !reflect.DeepEqual(s, before) {
				t.Error("the scenario changed all the same")
			}
		})
	}
}

func TestSetSuitsIntegrity(t *testing.T) {
	s := preset(t, "esp-tunnel")
	for _, c := range []struct{ field, value, want string }{
		{"encryption", "aes-128-cbc", "hmac-sha2-256-128"},
		{"integrity", "hmac-sha1-96", "hmac-sha1-96"},
		{"encryption", "aes-256-cbc", "hmac-sha1-96"},
		{"encryption", "chacha20-poly1305", "none"},
		{"protocol", "ah", "hmac-sha2-256-128"},
		{"protocol", "esp", "none"},
	} {
		if err := Set(s, "policies.r1-r2."+c.field, c.value); err != nil {
			t.Fatal(err)
		}
		if got := s.Policies[0].Integrity; got != c.want {
			t.Errorf("after %s %s: integrity %s, want %s", c.field, c.value, got, c.want)
		}
		if errs := Validate(s); len(errs) > 0 {
			t.Errorf("after %s %s: %v", c.field, c.value, errs)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name, preset string
		spoil        func(*Scenario)
		path, want   string
	}{
		{"ipv6 mtu", "tls13", func(s *Scenario) {
			s.Nodes[0].Interfaces[0].Address = "2001:db8::1/64"
			s.Links[0].MTU = 1279
		}, "links.net.mtu", "IPv6 needs at least 1280"},
		{"two names", "esp-tunnel", func(s *Scenario) { s.Nodes[1].Name = "pc1" }, "nodes.pc1", "Two nodes are called"},
		{"bad name", "tls13", func(s *Scenario) { s.Links[0].Name = "a.b" }, "links.a.b.name", "letters, digits"},
		{"unknown node", "tls13", func(s *Scenario) { s.Conversations[0].To = "x" }, "conversations.web.to", "does not know \"x\""},
		{"to itself", "tls13", func(s *Scenario) { s.Conversations[0].To = "client" }, "conversations.web.to", "to itself"},
		{"unknown certificate", "tls13", func(s *Scenario) { s.Conversations[0].TLS.Server.Certificate = "x" }, "conversations.web.tls.server.certificate", "Choose from: root, server"},
		{"no tls", "tls13", func(s *Scenario) { s.Conversations[0].TLS = nil }, "conversations.web.kind", "Choose from: ping, udp, tcp"},
		{"issuers in a circle", "tls13", func(s *Scenario) { s.Certificates[0].Issuer = "server" }, "certificates.root.issuer", "circle"},
		{"same address", "tls13", func(s *Scenario) { s.Nodes[1].Interfaces[0].Address = "10.0.0.1/24" }, "nodes.server.interfaces.net.address", "both have"},
		{"lonely link", "tls13", func(s *Scenario) { s.Nodes[1].Interfaces = nil }, "links.net", "joins 1 interface"},
		{"same SPI", "esp-tunnel", func(s *Scenario) {
			p := s.Policies[0]
			p.Name = "other"
			s.Policies = append(s.Policies, p)
		}, "policies.other.spi_ab", "two SAs"},
		{"same ends", "esp-tunnel", func(s *Scenario) { s.Policies[0].B = "r1" }, "policies.r1-r2.b", "same node"},
		{"two families", "esp-tunnel", func(s *Scenario) { s.Policies[0].SelectorB = "2001:db8::/32" }, "policies.r1-r2.sel_b", "same kind of prefix"},
		{"tamper with nothing", "tls13", func(s *Scenario) { s.Faults = []Fault{{Kind: "tamper", Packet: "x"}} }, "faults.0.value", "no new bytes"},
		{"too many faults", "tls13", func(s *Scenario) { s.Faults = make([]Fault, 65) }, "faults", "at most 64"},
		{"no nodes", "tls13", func(s *Scenario) { s.Nodes = nil }, "nodes", "no nodes"},
		{"odd pin", "tls13", func(s *Scenario) { s.Pins = []Pin{{"client/web/random", "abc"}} }, "pins.0.hex", "must be even"},
		{"pin twice", "tls13", func(s *Scenario) { s.Pins = []Pin{{"a", "00"}, {"a", "01"}} }, "pins.a", "Two pins"},
		{"no hex", "tls13", func(s *Scenario) { s.Pins = []Pin{{"a", "zz"}} }, "pins.0.hex", "only the hex digits"},
		{"limit", "tls13", func(s *Scenario) { s.Limits.Packets = MaxPackets + 1 }, "limits.packets", "must be from 1 to 50,000"},
		{"much ping", "esp-tunnel", func(s *Scenario) { s.Conversations[0].Size, s.Conversations[0].Count = 65000, 1000 }, "conversations.ping.count", "would send"},
		{"missing paste", "tls13", func(s *Scenario) { s.Certificates[1].Key = "pasted" }, "certificates.server.pem", "to be pasted"},
		{"key hash", "tls13", func(s *Scenario) { s.Certificates[1].KeyHash = "00" }, "certificates.server.key_hash", "64 digits"},
		{"AEAD with HMAC", "esp-tunnel", func(s *Scenario) { s.Policies[0].Integrity = "hmac-sha1-96" }, "policies.r1-r2.integrity", "checks integrity itself"},
		{"CBC without HMAC", "esp-tunnel", func(s *Scenario) { s.Policies[0].Encryption = "aes-128-cbc" }, "policies.r1-r2.integrity", "needs an integrity"},
		{"AH without HMAC", "ah-transport", func(s *Scenario) { s.Policies[0].Integrity = "none" }, "policies.alice-bob.integrity", "AH needs an integrity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := preset(t, c.preset)
			c.spoil(s)
			for _, e := range Validate(s) {
				if e.Path == c.path && strings.Contains(e.Sentence, c.want) {
					return
				}
			}
			t.Errorf("got %v, want an error at %s with %q", Validate(s), c.path, c.want)
		})
	}
}

func TestParse(t *testing.T) {
	s, err := Parse([]byte(`{"preset": "tls13", "set": {"links.net.mtu": 1400, "conversations.web.tls.client.alpn": ["h2"]}}`))
	if err != nil || s.Links[0].MTU != 1400 || s.Conversations[0].TLS.Client.ALPN[0] != "h2" || s.Preset != "tls13@1" {
		t.Fatalf("got %+v, %v", s, err)
	}
	for _, c := range []struct{ name, text, want string }{
		{"empty", ``, "ends too early"},
		{"cut", `{"preset": "tls13", "set": {`, "ends too early"},
		{"no object", `[]`, "must be a JSON object"},
		{"garbage", `{"preset": tls13}`, "not valid JSON"},
		{"more", `{"preset": "tls13"} x`, "goes on after"},
		{"twice", `{"preset": "tls13", "preset": "mtu"}`, "given twice"},
		{"unknown preset", `{"preset": "tls14"}`, "no preset called"},
		{"newer preset", `{"preset": "tls13@7"}`, "newer Cipherglass"},
		{"preset's type", `{"preset": 1}`, "in quotes"},
		{"unknown field", `{"preset": "tls13", "set": {"links.net.colour": "red"}}`, `"links.net.colour"`},
		{"unknown field in all", `{"nodes": [{"name": "a", "colour": "red"}]}`, `"nodes.0.colour"`},
		{"unknown element", `{"preset": "tls13", "set": {"links.wan.mtu": 1400}}`, `no "wan" among`},
		{"type", `{"preset": "tls13", "set": {"links.net.mtu": "1400"}}`, `must be a whole number; it is "1400"`},
		{"fraction", `{"preset": "tls13", "set": {"links.net.mtu": 1400.5}}`, "must be a whole number; it is 1400.5"},
		{"huge", `{"preset": "tls13", "set": {"links.net.mtu": 1e99}}`, "must be a whole number"},
		{"range", `{"preset": "tls13", "set": {"links.net.mtu": 1}}`, "must be from 68"},
		{"set's type", `{"preset": "tls13", "set": 3}`, "must be a JSON object"},
		{"removed twice", `{"preset": "tls13", "set": {"links.none": null}}`, "not there"},
		{"renamed", `{"preset": "tls13", "set": {"links.x": {"name": "y"}}}`, "must agree"},
		{"too long", `{"title": "` + strings.Repeat("x", MaxText) + `"}`, "at most 262,144"},
	} {
		if _, err := Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		path  string
		value any
		want  string
	}{
		{"links.wan1.mtu", 1400, "MTU of wan1: 1500 → 1400"},
		{"policies.r1-r2.encryption", "aes-256-gcm-16", "Encryption of r1-r2: aes-128-gcm-16 → aes-256-gcm-16"},
	} {
		s := preset(t, "esp-tunnel")
		old := s.Clone()
		if err := Set(s, c.path, c.value); err != nil {
			t.Fatal(err)
		}
		if got := Describe(old, s); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	old := preset(t, "tls13")
	s := old.Clone()
	if got := Describe(old, s); got != "No change" {
		t.Errorf("got %q", got)
	}
	suites := s.Conversations[0].TLS.Client.CipherSuites
	suites[0], suites[1] = suites[1], suites[0]
	if got, want := Describe(old, s), "Cipher suites of web client: reordered, TLS_AES_256_GCM_SHA384 first"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Conversations[0].TLS.Client.CipherSuites = suites[:2]
	if got, want := Describe(old, s), "Cipher suites of web client: −TLS_CHACHA20_POLY1305_SHA256"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s = old.Clone()
	if err := AddFault(s, Fault{Kind: "tamper", Packet: "client/web/flight1/seg0", Offset: 60, Value: "FF"}); err != nil {
		t.Fatal(err)
	}
	if got, want := Describe(old, s), "Tamper with byte 60 of client/web/flight1/seg0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := SetPin(s, "client/web/random", "00:11 22"); err != nil || s.Pins[0].Hex != "001122" {
		t.Errorf("SetPin: %v, %v", s.Pins, err)
	}
	if err := SetPin(s, "client/web/random", "001"); err == nil || s.Pins[0].Hex != "001122" {
		t.Errorf("SetPin took an odd number of digits: %v", s.Pins)
	}
	if err := SetPin(s, "client/web/random", ""); err != nil || len(s.Pins) != 0 {
		t.Errorf("SetPin left %v", s.Pins)
	}
	if err := AddFault(s, Fault{Kind: "tamper", Packet: "x", Value: "F"}); err == nil || len(s.Faults) != 1 {
		t.Errorf("AddFault took an odd number of digits: %v", s.Faults)
	}
}

func TestFieldsMarkdown(t *testing.T) {
	text := FieldsMarkdown()
	for _, k := range knobs {
		if !strings.Contains(text, "`"+k.Path+"`") {
			t.Errorf("%s is missing", k.Path)
		}
	}
	if n := strings.Count(text, "\n"); n != len(knobs)+2 {
		t.Errorf("%d lines for %d knobs", n, len(knobs))
	}
}
