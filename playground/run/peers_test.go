package run_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cipherglass/crypto/ipsec"
	"cipherglass/crypto/tls"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// missing skips aloud when a peer is not there, and fails under CI=true.
func missing(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: %v", what, err)
	}
	t.Skipf("SKIPPED: %s is missing (%v); the captures were not read by it", what, err)
}

// tshark reads the trace's capture and returns a line a packet with the
// values of the fields, separated by tabs.
func tshark(t *testing.T, tr *trace.Trace, filter string, options []string, fields ...string) []string {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		missing(t, "tshark", err)
	}
	var b bytes.Buffer
	if err := trace.WritePcapng(&b, tr); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "run.pcapng")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-r", file, "-Y", filter, "-T", "fields"}, options...)
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("tshark", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, stderr.String())
	}
	if text := strings.TrimRight(string(out), "\n"); text != "" {
		return strings.Split(text, "\n")
	}
	return nil
}

// set changes a scenario as the form does.
func set(t testing.TB, s *scenario.Scenario, edits ...any) *scenario.Scenario {
	t.Helper()
	for i := 0; i < len(edits); i += 2 {
		if err := scenario.Set(s, edits[i].(string), edits[i+1]); err != nil {
			t.Fatalf("%v = %v: %v", edits[i], edits[i+1], err)
		}
	}
	return s
}

// tlsVariant is a conversation that completes with one suite, group and kind
// of certificate.
type tlsVariant struct{ preset, suite, group, key string }

func (v tlsVariant) String() string { return v.suite + " " + v.group + " " + v.key }

func (v tlsVariant) scenario(t testing.TB) *scenario.Scenario {
	t.Helper()
	s := set(t, preset(t, v.preset), "certificates.server.key", v.key)
	for _, end := range []string{"client", "server"} {
		set(t, s, "conversations.web.tls."+end+".cipher_suites", v.suite)
		set(t, s, "conversations.web.tls."+end+".signature_algorithms", "ecdsa_secp256r1_sha256,ed25519,rsa_pss_rsae_sha256,rsa_pkcs1_sha256")
		if v.group != "" {
			set(t, s, "conversations.web.tls."+end+".groups", v.group)
		}
	}
	return s
}

// tlsVariants has every suite that the engine performs, with each group and
// each kind of certificate that goes with it.
func tlsVariants() []tlsVariant {
	var list []tlsVariant
	for _, suite := range tls.CipherSuites {
		if !suite.Performed {
			continue
		}
		name := suite.Name
		switch {
		case strings.HasPrefix(name, "TLS_RSA_"):
			list = append(list, tlsVariant{"tls12-rsa", name, "", "rsa-2048"})
		case strings.HasPrefix(name, "TLS_ECDHE_RSA_"):
			list = append(list, tlsVariant{"tls12-ecdhe", name, "x25519", "rsa-2048"}, tlsVariant{"tls12-ecdhe", name, "secp256r1", "rsa-2048"})
		case strings.HasPrefix(name, "TLS_ECDHE_ECDSA_"):
			list = append(list, tlsVariant{"tls12-ecdhe", name, "x25519,secp256r1", "ecdsa-p256"}, tlsVariant{"tls12-ecdhe", name, "secp256r1", "ecdsa-p256"}, tlsVariant{"tls12-ecdhe", name, "x25519", "ed25519"})
		case !strings.HasPrefix(name, "TLS_ECDHE"):
			for _, key := range []string{"ecdsa-p256", "ed25519", "rsa-2048"} {
				list = append(list, tlsVariant{"tls13", name, "x25519", key})
			}
			list = append(list, tlsVariant{"tls13", name, "secp256r1", "ecdsa-p256"})
		}
	}
	return list
}

// TestTsharkReadsTLS lets Wireshark open the capture of every suite: it must
// name the handshake's messages, and read the HTTP inside by the secrets that
// the capture carries.
func TestTsharkReadsTLS(t *testing.T) {
	variants := tlsVariants()
	if len(variants) < 15 {
		t.Fatalf("only %d variants", len(variants))
	}
	for i, v := range variants {
		t.Run(v.String(), func(t *testing.T) {
			tr := play(t, v.scenario(t))
			if !tr.Outcome.OK || !strings.Contains(tr.Outcome.Summary, v.suite) {
				t.Fatalf("outcome %s: %s", tr.Outcome.Code, tr.Outcome.Summary)
			}
			consistent(t, tr)
			if testing.Short() && i%5 != 0 {
				return
			}
			lines := strings.Join(tshark(t, tr, "tls || http", nil, "tls.handshake.type", "http.request.uri", "http.response.code", "http.file_data", "_ws.expert.message"), "\n")
			want := []string{"\t/\t", "\t200\t"}
			seen := map[string]bool{}
			for _, line := range strings.Split(lines, "\n") {
				kinds, rest, _ := strings.Cut(line, "\t")
				for _, k := range strings.Split(kinds, ",") {
					seen[k] = true
				}
				if strings.Contains(rest, "alformed") {
					t.Errorf("Wireshark finds fault: %s", rest)
				}
			}
			kinds := []string{"1", "2", "11", "14", "16", "20"} // ClientHello .. ServerHelloDone, ClientKeyExchange, Finished
			if v.preset == "tls13" {
				kinds = []string{"1", "2", "8", "11", "15", "20"} // EncryptedExtensions, CertificateVerify
			}
			for _, k := range kinds {
				if !seen[k] {
					t.Errorf("Wireshark sees no handshake message of type %s:\n%s", k, lines)
				}
			}
			for _, w := range want {
				if !strings.Contains("\t"+lines+"\t", w) {
					t.Errorf("Wireshark does not see %q:\n%s", w, lines)
				}
			}
		})
	}
}

// TestTsharkReadsESP lets Wireshark decrypt and authenticate the ESP presets'
// packets with every transform that it knows.
func TestTsharkReadsESP(t *testing.T) {
	read := 0
	for _, name := range []string{"esp-tunnel", "esp-transport", "mtu"} {
		for _, e := range ipsec.Encryptions() {
			for i, integrity := range ipsec.IntegrityFor(ipsec.ESP, e.Name) {
				if name != "esp-tunnel" && (testing.Short() || i > 0) {
					continue // the tunnel has them all
				}
				t.Run(name+" "+e.Name+" "+integrity, func(t *testing.T) {
					s := preset(t, name)
					policy := "policies." + s.Policies[0].Name
					set(t, s, policy+".encryption", e.Name, policy+".integrity", integrity)
					tr := play(t, s)
					if !tr.Outcome.OK {
						t.Fatalf("outcome %s: %s", tr.Outcome.Code, tr.Outcome.Summary)
					}
					consistent(t, tr)
					if e.Name == "chacha20-poly1305" {
						if len(tr.ESPSA) > 0 {
							t.Errorf("got lines for Wireshark, which does not know this cipher: %v", tr.ESPSA)
						}
						return
					}
					if len(tr.ESPSA) != 2 {
						t.Fatalf("got %d lines for Wireshark, want 2", len(tr.ESPSA))
					}
					options := []string{"-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"}
					for _, line := range tr.ESPSA {
						options = append(options, "-o", "uat:esp_sa:"+line)
					}
					lines := tshark(t, tr, "esp.sequence", options, "esp.icv_good", "esp.icv_bad", "icmp.type", "udp.dstport", "tcp.port", "frame.comment")
					if len(lines) < 4 {
						t.Fatalf("Wireshark sees %d ESP packets", len(lines))
					}
					for _, line := range lines {
						f := append(strings.Split(line, "\t"), "", "", "", "", "")
						if f[0] != "1" && f[0] != "True" || f[1] == "1" || f[1] == "True" {
							t.Errorf("Wireshark says icv_good %q, icv_bad %q of %s", f[0], f[1], f[5])
						}
						if f[2]+f[3]+f[4] == "" && !strings.Contains(f[5], "frag") {
							t.Errorf("Wireshark sees nothing inside %s", f[5])
						}
					}
					read++
				})
			}
		}
	}
	t.Logf("%d captures", read)
}

// TestScapyReadsAH lets scapy check and open the AH packets of the preset with
// every integrity algorithm, and make the same packet again.
func TestScapyReadsAH(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import scapy.layers.ipsec, cryptography").Run(); err != nil {
		missing(t, "scapy", err)
	}
	type ask struct {
		Protocol string `json:"protocol"`
		SPI      uint32 `json:"spi"`
		Crypt    string `json:"crypt"`
		CryptKey string `json:"crypt_key"`
		Auth     string `json:"auth"`
		AuthKey  string `json:"auth_key"`
		Src      string `json:"src"`
		Dst      string `json:"dst"`
		Plain    string `json:"plain"`
		Sealed   string `json:"sealed"`
	}
	var cases []ask
	var names []string
	for _, integrity := range ipsec.IntegrityFor(ipsec.AH, "") {
		for _, mode := range []string{"transport", "tunnel"} {
			s := set(t, preset(t, "ah-transport"), "policies.alice-bob.integrity", integrity, "policies.alice-bob.mode", mode)
			tr := play(t, s)
			if !tr.Outcome.OK {
				t.Fatalf("%s: outcome %s: %s", integrity, tr.Outcome.Code, tr.Outcome.Summary)
			}
			consistent(t, tr)
			row, fail := ipsec.IntegrityNamed(integrity)
			if fail != nil {
				t.Fatal(fail)
			}
			for _, b := range tr.Buffers {
				if b.Proto != "ip" || len(b.From) == 0 || b.How != "opened" {
					continue
				}
				p := tr.Packet(b.From[0].Buffer)
				dir, spi := "ab", uint32(0x1001)
				src, dst := "10.0.0.1", "10.0.0.2"
				if b.Owner == "alice" {
					dir, spi, src, dst = "ba", 0x2001, dst, src
				}
				c := ask{Protocol: "ah", SPI: spi, Auth: row.Scapy, Plain: hex.EncodeToString(b.Data), Sealed: hex.EncodeToString(p.Bytes)}
				for _, v := range tr.Values {
					if v.Name == "sa/alice-bob/"+dir+"/integ" {
						c.AuthKey = hex.EncodeToString(v.Value)
					}
				}
				if mode == "tunnel" {
					c.Src, c.Dst = src, dst
				}
				cases, names = append(cases, c), append(names, fmt.Sprintf("%s, %s, %s", integrity, mode, p.Name))
			}
		}
	}
	in, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, filepath.Join("..", "..", "crypto", "ipsec", "testdata", "scapy_esp_ah.py"))
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("scapy: %v\n%s", err, stderr.String())
	}
	var answers []struct{ Opened, Tampered string }
	if err := json.Unmarshal(raw, &answers); err != nil || len(answers) != len(cases) || len(cases) < 30 {
		t.Fatalf("scapy gave %d answers to %d cases: %v", len(answers), len(cases), err)
	}
	for i, a := range answers {
		if a.Opened != cases[i].Plain {
			t.Errorf("%s: scapy opened it to %s, want %s", names[i], a.Opened, cases[i].Plain)
		}
		if !strings.HasPrefix(a.Tampered, "error: ") {
			t.Errorf("%s: scapy opened a tampered copy to %s", names[i], a.Tampered)
		}
	}
}

// Wireshark finds nothing malformed and every checksum right, but for those in
// packets that an ICMP message quotes cut short.
func TestTsharkFindsNoFault(t *testing.T) {
	for _, p := range scenario.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			tr, err := run.Run(preset(t, p.Name), run.Options{})
			if err != nil {
				t.Fatal(err)
			}
			options := []string{"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"}
			for _, line := range tshark(t, tr, "_ws.malformed || ip.checksum.status==0 || icmp.checksum.status==0 || !icmp && (tcp.checksum.status==0 || udp.checksum.status==0)", options, "frame.comment", "_ws.expert.message") {
				t.Errorf("Wireshark finds fault: %s", line)
			}
		})
	}
}
