package tls

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
)

// opensslSuites are OpenSSL's own names of the TLS 1.2 suites.
var opensslSuites = map[uint16]string{
	TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:       "ECDHE-ECDSA-AES128-GCM-SHA256",
	TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:       "ECDHE-ECDSA-AES256-GCM-SHA384",
	TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:         "ECDHE-RSA-AES128-GCM-SHA256",
	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:         "ECDHE-RSA-AES256-GCM-SHA384",
	TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   "ECDHE-RSA-CHACHA20-POLY1305",
	TLS_RSA_WITH_AES_128_GCM_SHA256:               "AES128-GCM-SHA256",
	TLS_RSA_WITH_AES_128_CBC_SHA:                  "AES128-SHA",
}

func needOpenSSL(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("openssl is not installed, and CI must have it")
	}
	t.Skip("openssl is not installed: interop with it is not tested")
	return ""
}

// writePEM writes a certificate chain and its key for OpenSSL.
func writePEM(t *testing.T, dir string, id *pki.Identity) (cert, key string) {
	t.Helper()
	var chain bytes.Buffer
	for _, der := range id.Chain {
		pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	der, err := x509.MarshalPKCS8PrivateKey(id.Key)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, id.Name+".pem"), filepath.Join(dir, id.Name+".key")
	if err := os.WriteFile(cert, chain.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// TestInteropOpenSSL plays each suite with each certificate against OpenSSL
// over loopback, as client and as server.
func TestInteropOpenSSL(t *testing.T) {
	openssl := needOpenSSL(t)
	dir := t.TempDir()
	ca := testPKI(t).ByName("ca")
	caFile, _ := writePEM(t, dir, &pki.Identity{Name: "ca", Chain: [][]byte{ca.Cert.Raw}, Key: ca.Key})
	for _, suite := range CipherSuites {
		if !suite.Performed {
			continue
		}
		args := []string{"-tls1_2", "-cipher", opensslSuites[suite.Code]}
		version := TLS12
		if suite.For(TLS13) {
			version, args = TLS13, []string{"-tls1_3", "-ciphersuites", suite.Name}
		}
		for i, key := range pki.KeyKinds {
			client, server := testConfigs(t, key)
			if suite.Auth != AuthAny && suite.Auth != keyAuth(server.Identity.Cert.PublicKey) {
				continue
			}
			group := []uint16{X25519, SECP256R1}[i%2]
			groups := []string{"-groups", []string{"X25519:P-256", "P-256"}[i%2]}
			for _, c := range []*Config{&client, &server} {
				c.Versions, c.CipherSuites, c.Groups = []uint16{version}, []uint16{suite.Code}, groupsFor(version, key, group)
			}
			certFile, keyFile := writePEM(t, dir, server.Identity)
			t.Run(fmt.Sprintf("client/%s/%s", suite.Name, key), func(t *testing.T) {
				t.Parallel() // s_server takes a second to leave
				serverArgs := append([]string{"s_server", "-accept", "127.0.0.1:0", "-rev", "-naccept", "1", "-alpn", "http/1.1", "-cert", certFile, "-key", keyFile}, append(args, groups...)...)
				againstServer(t, exec.Command(openssl, serverArgs...), client)
			})
			t.Run(fmt.Sprintf("server/%s/%s", suite.Name, key), func(t *testing.T) {
				clientArgs := append([]string{"-CAfile", caFile, "-verify_return_error", "-attime", fmt.Sprint(testClock.Unix()), "-servername", "server.example", "-alpn", "http/1.1"}, append(args, groups...)...)
				againstClient(t, openssl, clientArgs, server)
			})
		}
	}
}

// againstServer is our client: a line goes out and comes back reversed.
func againstServer(t *testing.T, cmd *exec.Cmd, cfg Config) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, _ := cmd.StdinPipe()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stdin.Close()
		cmd.Process.Kill()
		cmd.Wait()
	}()
	addr := ""
	lines := bufio.NewScanner(out)
	for addr == "" && lines.Scan() {
		addr, _ = strings.CutPrefix(lines.Text(), "ACCEPT ")
		if !strings.HasPrefix(lines.Text(), "ACCEPT ") {
			addr = ""
		}
	}
	go io.Copy(io.Discard, out)
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	d := &driver{conn: NewClient(cfg), stream: conn}
	talk(t, d, "hello from the client\n", "tneilc eht morf olleh\n")
	if err := d.step(engine.Input{Kind: engine.Close}); err != nil {
		t.Fatal(err)
	}
	if err := d.until(d.conn.Closed); err != nil {
		t.Errorf("closing: %v", err)
	}
	auditOwn(t, &d.out)
}

// talk connects, says a line, and after a key update another.
func talk(t *testing.T, d *driver, say, hear string) {
	t.Helper()
	if err := d.step(engine.Input{Kind: engine.Start}); err != nil {
		t.Fatal(err)
	}
	if err := d.until(d.conn.Connected); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		if err := d.step(engine.Input{Kind: engine.Write, Data: []byte(say)}); err != nil {
			t.Fatal(err)
		}
		if err := d.until(func() bool { return len(delivered(&d.out)) >= n*len(hear) }); err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		if d.conn.Version() == TLS13 && n == 1 {
			if err := d.step(engine.Input{Kind: engine.Do, Command: "key_update_request"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := string(delivered(&d.out)); got != hear+hear {
		t.Errorf("heard %q", got)
	}
}

// auditOwn is what of audit holds with any peer.
func auditOwn(t *testing.T, out *engine.Effects) {
	t.Helper()
	for _, e := range out.List {
		if m, ok := e.(engine.Made); ok {
			auditCrypt(t, "we", m.Buffer)
		}
	}
	auditBuffers(t, "we", out)
}

// againstClient is our server: s_client says a line, we answer, it leaves.
func againstClient(t *testing.T, openssl string, args []string, cfg Config) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := exec.Command(openssl, append([]string{"s_client", "-connect", l.Addr().String()}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer killed.Stop()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	d := &driver{conn: NewServer(cfg), stream: conn}
	fail := func(err error) {
		conn.Close()
		stdin.Close()
		cmd.Wait()
		t.Fatalf("%v; OpenSSL:\n%s", err, out.String())
	}
	if err := d.until(d.conn.Connected); err != nil {
		fail(err)
	}
	io.WriteString(stdin, "hello\n")
	if err := d.until(func() bool { return len(delivered(&d.out)) >= 6 }); err != nil {
		fail(err)
	}
	if d.conn.Version() == TLS13 {
		d.step(engine.Input{Kind: engine.Do, Command: "key_update_request"})
	}
	if err := d.step(engine.Input{Kind: engine.Write, Data: []byte("answer of the server\n")}); err != nil {
		fail(err)
	}
	if d.conn.Version() == TLS13 {
		// OpenSSL answers the KeyUpdate when it next writes.
		io.WriteString(stdin, "again\n")
		if err := d.until(func() bool { return len(delivered(&d.out)) >= 12 }); err != nil {
			fail(err)
		}
		if d.conn.hs.readSecret.n != 1 {
			t.Error("OpenSSL did not update its keys")
		}
	}
	stdin.Close()
	if err := d.until(d.conn.Closed); err != nil {
		fail(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "answer of the server") || !strings.Contains(out.String(), "Verify return code: 0 (ok)") {
		t.Errorf("OpenSSL: %v\n%s", err, out.String())
	}
	auditOwn(t, &d.out)
}
