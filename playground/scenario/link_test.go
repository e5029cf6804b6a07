package scenario

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "add the present links to the golden file")

// edits are what people do: each makes a link.
var edits = []struct {
	name, preset string
	edit         func(*Scenario) error
}{
	{"tls13 as it is", "tls13", func(*Scenario) error { return nil }},
	{"suites reordered", "tls13", func(s *Scenario) error {
		return Set(s, "conversations.web.tls.client.cipher_suites", "TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256, 0x0a0a")
	}},
	{"three edits", "tls13", func(s *Scenario) error {
		s.Links[0].MTU, s.Conversations[0].Size, s.Seed = 1280, 5000, "another"
		return Set(s, "certificates.server.key", "rsa-2048")
	}},
	{"tampered", "tls13", func(s *Scenario) error {
		return AddFault(s, Fault{Kind: "tamper", Packet: "server/web/flight1/seg0", Link: "net", Offset: 61, Value: "a7"})
	}},
	{"pinned", "tls13", func(s *Scenario) error {
		return SetPin(s, "client/web/x25519", "77076d0a7318a57d3c16c17251b26645df4c57a1b2c3d4e5f60718293a4b5c6d")
	}},
	{"cbc", "tls12-rsa", func(s *Scenario) error {
		return Set(s, "conversations.web.tls.server.cipher_suites", "TLS_RSA_WITH_AES_128_GCM_SHA256")
	}},
	{"versions apart", "tls12-ecdhe", func(s *Scenario) error {
		return Set(s, "conversations.web.tls.server.versions", "1.3")
	}},
	{"mtu", "esp-tunnel", func(s *Scenario) error { return Set(s, "links.wan1.mtu", 1400) }},
	{"cbc and hmac", "esp-tunnel", func(s *Scenario) error {
		s.Policies[0].Encryption, s.Policies[0].Integrity = "aes-128-cbc", "hmac-sha2-256-128"
		return Set(s, "conversations.ping.size", 1372)
	}},
	{"unprotected", "esp-transport", func(s *Scenario) error { return Set(s, "policies.alice-bob.action", "off") }},
	{"dropped and replayed", "ah-transport", func(s *Scenario) error {
		if err := AddFault(s, Fault{Kind: "drop", Packet: "alice-bob/ah/ab/1"}); err != nil {
			return err
		}
		return AddFault(s, Fault{Kind: "replay", Packet: "alice-bob/ah/ab/2"})
	}},
	{"elements added and removed", "mtu", func(s *Scenario) error {
		s.Conversations = append(s.Conversations[1:], Conversation{Name: "stream", Kind: "udp", From: "pc2", To: "pc1", Port: 5004, Size: 172, Count: 20, GapUS: 20000})
		return nil
	}},
	{"elements in another order", "mtu", func(s *Scenario) error {
		s.Conversations[0], s.Conversations[1] = s.Conversations[1], s.Conversations[0]
		return nil
	}},
	{"no preset", "ah-transport", func(s *Scenario) error { s.Preset = ""; return nil }},
}

func TestLinkRoundTrip(t *testing.T) {
	for _, c := range edits {
		s := preset(t, c.preset)
		if err := c.edit(s); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		link, err := EncodeLink(s)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, text := range []string{link, link[1:], link[3:], "https://example.test/lab/index.html" + link, " " + link + "\n", link + "&p=x"} {
			if got, err := DecodeLink(text); err != nil || !reflect.DeepEqual(got, s.Clone()) {
				t.Errorf("%s: %q came back as %+v, %v", c.name, text, got, err)
			}
		}
		t.Logf("%3d characters: %s", len(link), c.name)
		if s.Preset != "" && len(link) >= 300 && c.name != "elements in another order" {
			t.Errorf("%s: the link has %d characters, want fewer than 300", c.name, len(link))
		}
	}
}

// golden pins links, as they were once given out, to the scenarios that they
// must give for ever. -update only adds.
type golden struct {
	Name     string          `json:"name"`
	Link     string          `json:"link"`
	Scenario json.RawMessage `json:"scenario"`
}

func TestOldLinks(t *testing.T) {
	const file = "testdata/links.json"
	var list []golden
	if data, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(data, &list); err != nil {
			t.Fatal(err)
		}
	} else if !*update {
		t.Fatal(err)
	}
	if *update {
		list = addGolden(t, list)
		data, err := json.MarshalIndent(list, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(list) < len(edits) {
		t.Errorf("%d golden links, want %d", len(list), len(edits))
	}
	for _, g := range list {
		got, err := DecodeLink(g.Link)
		if err != nil {
			t.Errorf("%s: %v", g.Name, err)
			continue
		}
		var want Scenario // a field that came later is zero in both
		if err := json.Unmarshal(g.Scenario, &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want.Clone()) {
			t.Errorf("%s: an old link gives another scenario: %v", g.Name, Changed(&want, got))
		}
	}
}

func addGolden(t *testing.T, list []golden) []golden {
	have := map[string]bool{}
	for _, g := range list {
		have[g.Name] = true
	}
	for _, c := range edits {
		if have[c.name] {
			continue
		}
		s := preset(t, c.preset)
		if err := c.edit(s); err != nil {
			t.Fatal(err)
		}
		link, err := EncodeLink(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, golden{c.name, link, s.Marshal()})
	}
	return list
}

// What old links need never changes.
func TestFrozen(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"link1.dict", "26f6d1bae03ca8c16f9e0313e7efc579151807ff63bddbe7ab841b0ef8c86977"},
	} {
		data, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != c.want {
			t.Errorf("%s has changed (SHA-256 %s): old links would no longer open", c.file, got)
		}
	}
}

func pack(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, flate.BestCompression, linkDict)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "#s=1." + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

func TestBadLinks(t *testing.T) {
	good := pack(t, `{"preset":"tls13@1","set":{"title":"A title that is not in the dictionary"}}`)
	if _, err := DecodeLink(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, link, want string }{
		{"empty", "", "not a Cipherglass link"},
		{"another fragment", "https://example.test/#top", "not a Cipherglass link"},
		{"no body", "#s=1.", "cut short"},
		{"newer", "#s=2.abcd", "newer Cipherglass"},
		{"version 0", "#s=0.abcd", "not a Cipherglass link"},
		{"no base64", "#s=1.ab$d", "damaged"},
		{"no deflate", "#s=1.____", "damaged"},
		{"newer preset", pack(t, `{"preset":"tls13@9"}`), "newer Cipherglass"},
		{"unknown field", pack(t, `{"preset":"tls13@1","set":{"colour":"red"}}`), `"colour"`},
		{"unknown beside set", pack(t, `{"preset":"tls13@1","extra":1}`), `"extra"`},
		{"out of range", pack(t, `{"preset":"tls13@1","set":{"links.net.mtu":3}}`), "must be from 68"},
		{"oversized", pack(t, strings.Repeat(" ", 1<<24)), "unpacks to more than 262,144 bytes"},
		{"long", "#s=1." + strings.Repeat("a", maxLink), "at most 524,288"},
		{"private key", pack(t, `{"preset":"tls13@1","set":{"title":"-----BEGIN RSA PRIVATE KEY-----"}}`), "private key"},
	} {
		s, err := DecodeLink(c.link)
		if s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
	short := 0
	for n := 5; n < len(good); n++ { // every truncation is noticed
		s, err := DecodeLink(good[:n])
		if err == nil {
			t.Errorf("cut after %d of %d characters it gives %q", n, len(good), s.Title)
		} else if strings.Contains(err.Error(), "cut short") {
			short++
		}
	}
	if short < (len(good)-5)/2 {
		t.Errorf("only %d of %d truncations are called that", short, len(good)-5)
	}
}

func TestLinkHoldsNoPrivateKey(t *testing.T) {
	s := preset(t, "tls13")
	s.Certificates[1].PEM = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"
	if link, err := EncodeLink(s); err == nil {
		t.Errorf("got %s", link)
	}
}

// Links of chance bytes, of chance characters and of damaged JSON never panic
// and never give a scenario that Validate refuses.
func TestRandomLinks(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	r := rand.New(rand.NewPCG(1, 2))
	base := `{"preset":"tls13@1","set":{"links.net.mtu":1400,"conversations.web.tls.client.alpn":["h2"],"links.x":{"name":"x"},"pins":[{"name":"a","hex":"00"}]}}`
	for i := range n {
		var link string
		switch i % 20 {
		case 0: // damaged JSON, well packed
			b := []byte(base)
			for range 1 + r.IntN(3) {
				b[r.IntN(len(b))] = byte(32 + r.IntN(95))
			}
			link = pack(t, string(b))
		default:
			b := make([]byte, r.IntN(60))
			for j := range b {
				b[j] = byte(r.Uint32())
			}
			link = "#s=1." + base64.RawURLEncoding.EncodeToString(b)
		}
		s, err := DecodeLink(link)
		if (s == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", link, s, err)
		}
		if err == nil && len(Validate(s)) > 0 {
			t.Fatalf("%q: %v", link, Validate(s))
		}
	}
}

func FuzzDecodeLink(f *testing.F) {
	for _, c := range edits {
		s := preset(f, c.preset)
		if err := c.edit(s); err != nil {
			f.Fatal(err)
		}
		link, err := EncodeLink(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		if s, err := DecodeLink(link); err == nil {
			again(t, s)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, p := range Presets() {
		f.Add(preset(f, p.Name).Marshal())
	}
	f.Add([]byte(`{"preset":"mtu","set":{"conversations.fits":null,"links.wan1.mtu":1400,"pins":[{"name":"a","hex":"00"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := Parse(data); err == nil {
			again(t, s)
		}
	})
}

// again checks that a good scenario comes back from its own link and file.
func again(t *testing.T, s *Scenario) {
	t.Helper()
	link, err := EncodeLink(s)
	if err != nil {
		return // its preset is unknown: a whole file may say anything there
	}
	if got, err := DecodeLink(link); err != nil || !reflect.DeepEqual(got, s) {
		t.Fatalf("%s\ncame back as %v, %v", s.Marshal(), Changed(s, orEmpty(got)), err)
	}
	if got, err := Parse(s.Marshal()); err != nil || !reflect.DeepEqual(got, s) {
		t.Fatalf("the file came back otherwise: %v", err)
	}
}

func orEmpty(s *Scenario) *Scenario {
	if s == nil {
		return &Scenario{}
	}
	return s
}

func FuzzSet(f *testing.F) {
	s := preset(f, "tls13")
	for _, p := range places(s) {
		f.Add(p.path, show(p.v))
	}
	e := preset(f, "esp-tunnel")
	f.Fuzz(func(t *testing.T, path, value string) {
		for _, base := range []*Scenario{s, e} {
			got := base.Clone()
			if err := Set(got, path, value); err != nil {
				if !reflect.DeepEqual(got, base) {
					t.Fatalf("%s = %q fails and changes the scenario", path, value)
				}
				continue
			}
			for _, e := range Validate(got) {
				if e.Path == path && !crossChecked(path) {
					t.Fatalf("Set took %s = %q, Validate says: %s", path, value, e.Sentence)
				}
			}
		}
	})
}

// crossChecked are the fields that Validate compares with others.
func crossChecked(path string) bool {
	for _, end := range []string{".name", ".link", ".address", ".issuer", ".value", ".from", ".to", ".kind", ".count", ".size", ".key", ".pem", ".a", ".b", ".sel_a", ".sel_b", ".encryption", ".integrity", ".protocol", ".spi_ab", ".spi_ba"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}
