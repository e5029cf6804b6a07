package ipsec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// missing skips aloud when a peer is not there, and fails under CI=true.
func missing(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: %v", what, err)
	}
	t.Skipf("SKIPPED: %s is missing (%v); this interop was not tested", what, err)
}

type scapyCase struct {
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

type scapyAnswer struct{ Opened, Tampered, Sealed string }

// shapes are packets that scapy and we exchange in every variant.
func shapes(v variant) map[string][]byte {
	if !v.inner6 {
		opts := udp4(100)
		opts = append(opts[:20:20], append(options4, opts[20:]...)...)
		opts[0] = 0x47
		setLength4(opts, len(opts))
		marked := udp4(90)
		marked[1], marked[6] = 0xb9, 0
		setLength4(marked, 90)
		return map[string][]byte{"plain": udp4(101), "options": opts, "EF, ECT(1), no DF": marked}
	}
	ext := udp6(100)
	ext = append(ext[:40:40], append(hopByHop6, ext[40:]...)...)
	ext[6] = protoHopByHop
	ext[40] = 17
	binary.BigEndian.PutUint16(ext[4:], uint16(len(ext)-40))
	marked := udp6(90)
	binary.BigEndian.PutUint32(marked, 0x6ba12345)
	return map[string][]byte{"plain": udp6(101), "hop-by-hop": ext, "class and flow label": marked}
}

var (
	// Router alert (immutable) and a timestamp without room (mutable).
	options4 = []byte{148, 4, 0, 0, 68, 4, 5, 0}
	// Router alert (immutable), then an option of type 0x3e (may change).
	hopByHop6 = []byte{17, 1, 5, 2, 0, 0, 0x3e, 4, 1, 2, 3, 4, 1, 2, 0, 0}
)

func TestScapy(t *testing.T) {
	if err := exec.Command("/usr/bin/python3", "-c", "import scapy.layers.ipsec, cryptography").Run(); err != nil {
		missing(t, "scapy", err)
	}
	type exchange struct {
		name  string
		v     variant
		plain []byte
	}
	var cases []scapyCase
	var list []exchange
	for _, v := range variants() {
		byName := shapes(v)
		for _, name := range []string{"plain", "options", "EF, ECT(1), no DF", "hop-by-hop", "class and flow label"} {
			plain, ok := byName[name]
			if !ok {
				continue
			}
			out, _ := v.pair(t)
			p := out.Params()
			c := scapyCase{Protocol: v.protocol, SPI: p.SPI, Crypt: out.encr.Scapy, Auth: out.integ.Scapy,
				CryptKey: hex.EncodeToString(append(clone(p.Keys.Encr), p.Keys.Salt...)), AuthKey: hex.EncodeToString(p.Keys.Integ),
				Plain: hex.EncodeToString(plain), Sealed: hex.EncodeToString(mustSeal(t, out, plain))}
			if v.protocol == AH {
				c.Crypt = ""
			}
			if v.mode == Tunnel {
				c.Src, c.Dst = p.Src.String(), p.Dst.String()
			}
			cases = append(cases, c)
			list = append(list, exchange{v.String() + ", " + name, v, plain})
		}
	}
	in, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "testdata/scapy_esp_ah.py")
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("scapy: %v\n%s", err, stderr.String())
	}
	var answers []scapyAnswer
	if err := json.Unmarshal(raw, &answers); err != nil || len(answers) != len(list) {
		t.Fatalf("scapy gave %d answers to %d cases: %v", len(answers), len(list), err)
	}
	for i, a := range answers {
		x := list[i]
		if a.Opened != hex.EncodeToString(x.plain) {
			t.Errorf("%s: scapy opened ours to\n%s, want\n%x", x.name, a.Opened, x.plain)
		}
		if !strings.HasPrefix(a.Tampered, "error: ") {
			t.Errorf("%s: scapy opened a tampered packet to %s", x.name, a.Tampered)
		}
		sealed, err := hex.DecodeString(a.Sealed)
		if err != nil {
			t.Errorf("%s: scapy did not seal: %s", x.name, a.Sealed)
			continue
		}
		_, in := x.v.pair(t)
		if got, fail := in.Open(nil, sealed); fail != nil || !bytes.Equal(got, x.plain) {
			t.Errorf("%s: we opened scapy's %x to\n%x, %v, want\n%x", x.name, sealed, got, fail, x.plain)
		}
	}
	t.Logf("%d packets each way", len(list))
}

// TestTshark lets Wireshark decrypt and authenticate ESP of every transform
// that it knows, by the lines that WiresharkLine gives.
func TestTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		missing(t, "tshark", err)
	}
	args := []string{"-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"}
	var pcap bytes.Buffer
	pcap.Write([]byte{0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, 11: 0, 15: 0, 16: 0, 17: 1, 23: 101}) // big-endian, LINKTYPE_RAW
	var list []variant
	for _, v := range variants() {
		p := v.params(t)
		p.SPI = 0x1001 + uint32(len(list))
		sa, fail := NewSA(p)
		if fail != nil {
			t.Fatal(fail)
		}
		line, ok := sa.WiresharkLine(v.outer6)
		if !ok {
			if v.protocol == ESP && v.encryption != "chacha20-poly1305" {
				t.Errorf("%s: no line for Wireshark", v)
			}
			continue
		}
		list = append(list, v)
		args = append(args, "-o", "uat:esp_sa:"+line)
		for tampered := range 2 {
			b := mustSeal(t, sa, v.packet(103))
			b[len(b)-1] ^= byte(tampered)
			pcap.Write([]byte{0, 0, 0, byte(len(list)), 0, 0, 0, 0})
			binary.Write(&pcap, binary.BigEndian, []uint32{uint32(len(b)), uint32(len(b))})
			pcap.Write(b)
		}
	}
	file := filepath.Join(t.TempDir(), "esp.pcap")
	if err := os.WriteFile(file, pcap.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("tshark", append(args, "-r", file, "-T", "fields", "-e", "esp.icv_good", "-e", "esp.icv_bad", "-e", "udp.dstport")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, stderr.String())
	}
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	if len(lines) != 2*len(list) || len(list) < 50 {
		t.Fatalf("tshark saw %d packets, want %d", len(lines), 2*len(list))
	}
	for i, line := range lines {
		v, good := list[i/2], i%2 == 0
		f := append(strings.Split(line, "\t"), "", "", "")
		yes := func(s string) bool { return s == "1" || s == "True" }
		if yes(f[0]) != good || yes(f[1]) == good || good && f[2] != "40001" {
			t.Errorf("%s, tampered %v: tshark says icv_good %q, icv_bad %q, UDP port %q", v, !good, f[0], f[1], f[2])
		}
	}
	t.Log(fmt.Sprintf("%d variants", len(list)))
}
