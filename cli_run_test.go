package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cipherglass/playground/scenario"
)

// result is what run -json promises.
type result struct {
	Scenario *scenario.Scenario
	Outcome  struct {
		OK      bool
		Summary string
	}
	Packets []struct {
		Name, Parent, Link, From, To, Fate, Bytes string
		T                                         *int64 `json:"t_us"`
	}
	Events  []map[string]any
	Secrets []map[string]any
	Checks  []struct {
		Scope, Packet, Name, By, Detail string
		OK                              *bool
	}
}

func TestRunPresets(t *testing.T) {
	for _, preset := range scenario.Presets() {
		t.Run(preset.Name, func(t *testing.T) {
			text, stderr, code := play(t, "", "run", preset.Name)
			if code != exitOK || stderr != "" {
				t.Errorf("exit %d, %s", code, stderr)
			}
			if !strings.Contains(text, preset.Title) || !strings.Contains(text, "Second opinions: ") || strings.Count(text, "\n") < 10 {
				t.Errorf("printed %s", text)
			}

			asJSON, stderr, code := play(t, "", "run", "-json", "-", preset.Name)
			if code != exitOK || stderr != "" {
				t.Errorf("-json: exit %d, %s", code, stderr)
			}
			again, _, _ := play(t, "", "run", preset.Name, "-json", "-")
			if again != asJSON {
				t.Error("a second run differs")
			}
			var r result
			d := json.NewDecoder(strings.NewReader(asJSON))
			if err := d.Decode(&r); err != nil {
				t.Fatal(err)
			}
			if d.More() {
				t.Error("standard output holds more than the JSON")
			}
			if !r.Outcome.OK || r.Outcome.Summary == "" || r.Scenario == nil || len(r.Events) == 0 || len(r.Secrets) == 0 {
				t.Errorf("outcome %+v, %d events, %d secrets", r.Outcome, len(r.Events), len(r.Secrets))
			}
			names := map[string]bool{}
			for _, p := range r.Packets {
				b, err := hex.DecodeString(p.Bytes)
				if err != nil || len(b) < 20 || p.T == nil || p.Link == "" || p.From == "" || p.To == "" || p.Fate == "" {
					t.Errorf("packet %+v", p)
				}
				if names[p.Name] || p.Name == "" {
					t.Errorf("the packet name %q is missing or stands twice", p.Name)
				}
				names[p.Name] = true
			}
			for _, p := range r.Packets {
				if p.Parent != "" && !names[p.Parent] {
					t.Errorf("%s has a parent %s that is no packet", p.Name, p.Parent)
				}
			}
			agreed := 0
			for _, c := range r.Checks {
				if c.OK != nil && *c.OK {
					agreed++
				}
				if c.OK != nil && !*c.OK {
					t.Errorf("%s disagrees on %s %s: %s", c.By, c.Packet, c.Name, c.Detail)
				}
				if c.Packet != "" && !names[c.Packet] {
					t.Errorf("a check is about %s, which is no packet", c.Packet)
				}
			}
			if agreed == 0 || len(names) == 0 {
				t.Errorf("%d packets, %d checks agree", len(names), agreed)
			}
		})
	}
}

func TestRunExports(t *testing.T) {
	t.Chdir(t.TempDir())
	stdout, stderr, code := play(t, "", "run", "-pcap", "t.pcapng", "-keylog", "t.keys", "-json", "t.json", "-share", "tls13")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	link := lines[len(lines)-1]
	s, err := scenario.DecodeLink(link)
	want, _ := scenario.Preset("tls13")
	if err != nil || !bytes.Equal(s.Marshal(), want.Marshal()) {
		t.Errorf("-share printed %q: %v", link, err)
	}
	for file, starts := range map[string]string{"t.pcapng": "\x0a\x0d\x0d\x0a", "t.json": "{"} {
		data, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(string(data), starts) {
			t.Errorf("%s starts %q, %v", file, data[:min(8, len(data))], err)
		}
	}
	keys, err := os.ReadFile("t.keys")
	if err != nil || !strings.Contains(string(keys), "CLIENT_TRAFFIC_SECRET_0 ") {
		t.Errorf("the key log is %q, %v", keys, err)
	}

	// With an export on standard output, all else goes to the other stream.
	stdout, stderr, code = play(t, "", "run", "-keylog", "-", "-share", "tls13")
	if code != exitOK || stdout != string(keys) || strings.TrimSpace(stderr) != link {
		t.Errorf("-keylog -: exit %d, stdout %.80q, stderr %.80q", code, stdout, stderr)
	}
}

// TestRunForms runs the same changed scenario in each form that it may have.
func TestRunForms(t *testing.T) {
	s, err := scenario.Preset("tls13")
	if err != nil {
		t.Fatal(err)
	}
	s.Seed = "forms"
	link, err := scenario.EncodeLink(s)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(file, s.Marshal(), 0o644); err != nil {
		t.Fatal(err)
	}
	first, stderr, code := play(t, "", "run", file)
	if code != exitOK {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	for _, c := range []struct{ arg, stdin string }{
		{link, ""}, {"http://127.0.0.1:8080/" + link, ""}, {"-", string(s.Marshal())},
	} {
		if got, _, _ := play(t, c.stdin, "run", c.arg); got != first {
			t.Errorf("%.30s gives another run", c.arg)
		}
	}
}

func TestRunFails(t *testing.T) {
	t.Chdir(t.TempDir())
	short := func(set string) string { return `{"preset":"tls13","set":{` + set + `}}` }

	// It ends well where a failure was expected: not as expected.
	stdout, stderr, code := play(t, short(`"expect":"tls/no-common-cipher-suite"`), "run", "-")
	if code != exitFailed || !strings.Contains(stderr, "did not end as the scenario expects") || !strings.Contains(stdout, "not as expected") {
		t.Errorf("a wrong expectation: exit %d, %q", code, stderr)
	}
	// And the other way round.
	none := `"conversations.web.tls.server.cipher_suites":["TLS_AES_128_GCM_SHA256"],"conversations.web.tls.client.cipher_suites":["TLS_AES_256_GCM_SHA384"]`
	if _, stderr, code = play(t, short(none), "run", "-"); code != exitFailed || !strings.Contains(stderr, "did not end") {
		t.Errorf("no common suite: exit %d, %q", code, stderr)
	}
	stdout, stderr, code = play(t, short(none), "run", "-json", "-", "-")
	var r result
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitFailed || r.Outcome.OK {
		t.Errorf("-json of a failure: exit %d, %v, outcome %+v", code, err, r.Outcome)
	}
	_ = stderr

	wantError(t, exitUsage, []string{"run"}, "which scenario?")
	wantError(t, exitUsage, []string{"run", "tls13", "mtu"}, "too many")
	wantError(t, exitUsage, []string{"run", "tls14"}, "no preset")
	wantError(t, exitUsage, []string{"run", "#s=1.AAAA"}, "link")
	wantError(t, exitUsage, []string{"run", "-jsn", "x", "tls13"}, "-jsn")
	wantError(t, exitUsage, []string{"run", "-json", "-", "-pcap", "-", "tls13"}, "standard output")
	wantError(t, exitUsage, []string{"run", "-key", "nothing.pem", "tls13"}, "nothing.pem")
	wantError(t, exitFailed, []string{"run", "-json", "no/such/folder/t.json", "tls13"}, "-json", "no/such/folder")
	if err := os.WriteFile("not.pem", []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, exitUsage, []string{"run", "-key", "not.pem", "tls13"}, "not.pem")
}

// TestRunPasted runs a scenario whose server has a certificate from outside:
// its private key is given beside it, and is in no export of the scenario.
func TestRunPasted(t *testing.T) {
	t.Chdir(t.TempDir())
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pasted"}, DNSNames: []string{"example.test"},
		NotBefore: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	if err := os.WriteFile("key.pem", keyPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Preset("tls13")
	if err != nil {
		t.Fatal(err)
	}
	spki := sha256.Sum256(x509Info(t, der))
	for i := range s.Certificates {
		c := &s.Certificates[i]
		if c.Name == "server" {
			c.Key, c.PEM, c.KeyHash = "pasted", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), hex.EncodeToString(spki[:])
		}
	}
	s.Conversations[0].TLS.Client.Trust = []string{"server"}
	if err := os.WriteFile("s.json", s.Marshal(), 0o644); err != nil {
		t.Fatal(err)
	}

	wantError(t, exitUsage, []string{"run", "s.json"}, "private key", hex.EncodeToString(spki[:]))
	stdout, stderr, code := play(t, "", "run", "-key", "key.pem", "-json", "t.json", "-share", "s.json")
	if code != exitOK {
		t.Fatalf("with the key: exit %d, %s\n%s", code, stderr, stdout)
	}
	exported, err := os.ReadFile("t.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"the output": stdout, "the JSON": string(exported)} {
		if strings.Contains(text, "PRIVATE KEY") || strings.Contains(text, hex.EncodeToString(private.Seed())) {
			t.Errorf("%s holds the private key", name)
		}
	}
}

// x509Info returns a certificate's SubjectPublicKeyInfo.
func x509Info(t *testing.T, der []byte) []byte {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c.RawSubjectPublicKeyInfo
}
