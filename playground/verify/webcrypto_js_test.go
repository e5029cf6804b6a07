package verify

import (
	"bytes"
	"strings"
	"syscall/js"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// asked has WebCrypto alone check a trace.
func asked(t testing.TB, tr *trace.Trace) []*trace.Check {
	t.Helper()
	v := Start(tr, Options{})
	done := make(chan struct{})
	v.Async(func() { close(done) })
	<-done
	return by(tr, byWebCrypto)
}

func requireWebCrypto(t testing.TB) {
	t.Helper()
	if !HasWebCrypto() {
		t.Fatal("there is no WebCrypto here: run under node 20 or later")
	}
}

// TestWebCryptoPresets has WebCrypto agree with every preset, but for what it
// has not got.
func TestWebCryptoPresets(t *testing.T) {
	requireWebCrypto(t)
	for _, p := range scenario.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			list := asked(t, play(t, preset(t, p.Name)))
			could := 0
			for _, c := range list {
				switch c.Answer {
				case trace.Agreed:
					could++
				case trace.Disagreed:
					t.Errorf("%s of %s: %s", c.Name, c.Packet, c.Detail)
				default:
					if c.Detail == "" || !strings.Contains(c.Detail, "WebCrypto") {
						t.Errorf("%s: nobody, without a reason: %q", c.Name, c.Detail)
					}
					if strings.HasPrefix(c.Name, "ChaCha20") && chacha() == "nobody" {
						could++
					}
				}
				if c.Scope == scopePacket && c.Packet == "" {
					t.Errorf("%s is of no packet", c.Name)
				}
			}
			if could == 0 {
				t.Error("nothing agreed")
			}
		})
	}
}

// TestWebCryptoVariations goes through transforms and certificates that no
// preset has. want is the answer on operations with what is changed.
func TestWebCryptoVariations(t *testing.T) {
	requireWebCrypto(t)
	esp := func(encryption, integrity string) []string {
		return []string{"policies.r1-r2.encryption", encryption, "policies.r1-r2.integrity", integrity}
	}
	ah := func(integrity string) []string { return []string{"policies.alice-bob.integrity", integrity} }
	cert := func(key, schemes string) []string {
		return append([]string{"certificates.server.key", key}, both("signature_algorithms", schemes)...)
	}
	tests := []struct {
		name, preset string
		edits        []string
		check        string
		want         string
	}{
		{"GCM-256", "esp-tunnel", esp("aes-256-gcm-16", "none"), "AES-256-GCM", "agreed"},
		{"ChaCha20", "esp-tunnel", esp("chacha20-poly1305", "none"), "ChaCha20-Poly1305", chacha()},
		{"CBC with SHA-1", "esp-tunnel", esp("aes-128-cbc", "hmac-sha1-96"), "AES-128-CBC", "agreed"},
		{"CBC with SHA-256", "esp-tunnel", esp("aes-256-cbc", "hmac-sha2-256-128"), "AES-256-CBC", "agreed"},
		{"CBC with MD5", "esp-tunnel", esp("aes-128-cbc", "hmac-md5-96"), "AES-128-CBC", "nobody"},
		{"NULL with SHA-1", "esp-tunnel", esp("null", "hmac-sha1-96"), "ICV", "agreed"},
		{"AH with SHA-256", "ah-transport", ah("hmac-sha2-256-128"), "ICV", "agreed"},
		{"AH with SHA-1", "ah-transport", ah("hmac-sha1-96"), "ICV", "agreed"},
		{"AH with MD5", "ah-transport", ah("hmac-md5-96"), "ICV", "nobody"},
		{"ECDSA", "tls13", cert("ecdsa-p256", "ecdsa_secp256r1_sha256"), "ecdsa_secp256r1_sha256 signature", "agreed"},
		{"Ed25519", "tls13", cert("ed25519", "ed25519"), "ed25519 signature", "agreed"},
		{"RSA-PSS", "tls13", cert("rsa-2048", "rsa_pss_rsae_sha256"), "rsa_pss_rsae_sha256 signature", "agreed"},
		{"PKCS #1", "tls12-ecdhe", append(cert("rsa-2048", "rsa_pkcs1_sha256"), both("cipher_suites", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")...), "rsa_pkcs1_sha256 signature", "agreed"},
		{"P-256", "tls13", both("groups", "secp256r1"), "P-256", "agreed"},
		{"SHA-384", "tls13", both("cipher_suites", "TLS_AES_256_GCM_SHA384"), "Derive-Secret", "agreed"},
		{"PRF", "tls12-ecdhe", nil, "PRF", "agreed"},
		{"RSA", "tls12-rsa", nil, "RSAES-PKCS1-v1_5", "nobody"},
		{"CBC of TLS", "tls12-rsa", both("cipher_suites", "TLS_RSA_WITH_AES_128_CBC_SHA"), "AES-128-CBC", "agreed"},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			n := 0
			for _, c := range asked(t, play(t, preset(t, x.preset, x.edits...))) {
				if c.Answer == trace.Disagreed {
					t.Errorf("%s: %s", c.Name, c.Detail)
				}
				if strings.Contains(c.Name, x.check) {
					n++
					if word(c) != x.want {
						t.Errorf("%s: %s, want %s: %s", c.Name, word(c), x.want, c.Detail)
					}
				}
			}
			if n == 0 {
				t.Errorf("no check of %s", x.check)
			}
		})
	}
}

// chacha is what is said of ChaCha20-Poly1305, which few have.
func chacha() string {
	if !HasWebCrypto() {
		return "nobody"
	}
	_, err := newSubtle().seal("ChaCha20-Poly1305", make([]byte, 32), make([]byte, 12), nil, nil)
	if err != nil {
		return "nobody"
	}
	return "agreed"
}

// TestWebCryptoDisagrees changes every recorded operand and input in turn:
// each check must notice.
func TestWebCryptoDisagrees(t *testing.T) {
	requireWebCrypto(t)
	flip := func(b []byte) []byte {
		b = bytes.Clone(b)
		if len(b) > 0 {
			b[len(b)/2] ^= 1
		}
		return b
	}
	for _, x := range []struct {
		preset string
		edits  []string
	}{
		{"tls13", nil}, {"tls12-ecdhe", nil}, {"tls12-rsa", nil}, {"ah-transport", nil}, {"esp-tunnel", nil},
		{"esp-tunnel", []string{"policies.r1-r2.encryption", "aes-128-cbc", "policies.r1-r2.integrity", "hmac-sha1-96"}},
		{"tls13", both("groups", "secp256r1")},
	} {
		tr := play(t, preset(t, x.preset, x.edits...))
		v := Start(tr, Options{})
		s := newSubtle()
		expect := func(task cryptTask, what string) {
			t.Helper()
			if c := s.check(v, task); c.Answer != trace.Disagreed {
				t.Errorf("%s %v: %s with another %s: %s, want disagreed: %s", x.preset, x.edits, c.Name, what, word(&c), c.Detail)
			}
		}
		kinds := map[string]bool{}
		for _, task := range cryptTasks(v) {
			if c := s.check(v, task); c.Answer == trace.Nobody {
				continue
			}
			if b := task.buffer; b != nil {
				if kinds[b.Crypt.Op+b.Proto] {
					continue
				}
				kinds[b.Crypt.Op+b.Proto] = true
				for what, field := range map[string]func(*engine.Crypt) *[]byte{
					"key":   func(c *engine.Crypt) *[]byte { return &c.Key },
					"nonce": func(c *engine.Crypt) *[]byte { return &c.Nonce },
					"AAD":   func(c *engine.Crypt) *[]byte { return &c.AAD }, "plaintext": func(c *engine.Crypt) *[]byte { return &c.Plain },
					"ciphertext": func(c *engine.Crypt) *[]byte { return &c.Cipher }, "MAC key": func(c *engine.Crypt) *[]byte { return &c.MACKey },
					"MAC input": func(c *engine.Crypt) *[]byte { return &c.MACIn }, "MAC": func(c *engine.Crypt) *[]byte { return &c.MAC },
				} {
					crypt := *b.Crypt
					mac := crypt.Op == "NULL+HMAC" || crypt.Op == "HMAC"
					p := field(&crypt)
					if len(*p) == 0 || what == "AAD" && crypt.Op == "CBC+HMAC" || mac && (what == "plaintext" || what == "ciphertext" || what == "nonce" || what == "key") {
						continue // not an operand of it
					}
					*p = flip(*p)
					changed := *b
					changed.Crypt = &crypt
					expect(cryptTask{buffer: &changed}, what)
				}
				continue
			}
			if kinds[task.secret.Func] {
				continue
			}
			kinds[task.secret.Func] = true
			changed := *task.secret
			changed.Value = flip(changed.Value)
			expect(cryptTask{secret: &changed}, "value")
			for i, p := range task.secret.Inputs {
				if len(p.Value) == 0 || p.Name == "Length" {
					continue
				}
				changed := *task.secret
				changed.Inputs = append([]engine.Param(nil), task.secret.Inputs...)
				changed.Inputs[i].Value = flip(p.Value)
				expect(cryptTask{secret: &changed}, p.Name)
				changed.Inputs = append(append([]engine.Param(nil), task.secret.Inputs[:i]...), task.secret.Inputs[i+1:]...)
				expect(cryptTask{secret: &changed}, "list of inputs, without "+p.Name)
			}
		}
	}
}

// TestWebCryptoTampered flips a byte on a link: WebCrypto finds that the
// packet does not authenticate either, and says with which tag it would.
func TestWebCryptoTampered(t *testing.T) {
	requireWebCrypto(t)
	for _, x := range tampered() {
		t.Run(x.name, func(t *testing.T) {
			tr := play(t, x.scenario(t))
			asked(t, tr)
			c := disagreement(t, tr, byWebCrypto, "refused")
			if !strings.Contains(c.Detail, x.webCrypto) {
				t.Errorf("the detail is %q, want something of %q", c.Detail, x.webCrypto)
			}
			if len(Unexpected(tr)) > 0 {
				t.Errorf("unexpected: %+v", Unexpected(tr)[0])
			}
		})
	}
}

// TestWebCryptoAbsent takes WebCrypto away, as an insecure origin does.
func TestWebCryptoAbsent(t *testing.T) {
	requireWebCrypto(t)
	global := js.Global()
	had := global.Get("Object").Call("getOwnPropertyDescriptor", global, "crypto")
	random := global.Get("crypto").Get("getRandomValues").Call("bind", global.Get("crypto"))
	global.Get("Object").Call("defineProperty", global, "crypto", map[string]any{"value": map[string]any{"getRandomValues": random}, "configurable": true})
	defer global.Get("Object").Call("defineProperty", global, "crypto", had)
	list := asked(t, play(t, preset(t, "tls13")))
	if len(list) != 1 || list[0].Answer != trace.Nobody || !strings.Contains(list[0].Detail, "https") {
		t.Errorf("got %d checks by WebCrypto, want one that nobody could say", len(list))
	}
}

// TestCancel drops the work in its middle.
func TestCancelAsync(t *testing.T) {
	requireWebCrypto(t)
	tr := play(t, preset(t, "tls13"))
	v := Start(tr, Options{})
	v.Async(func() { t.Error("done was called") })
	v.Cancel()
	n := len(asked(t, play(t, preset(t, "tls13")))) // as long as it would have taken
	if got := len(by(tr, byWebCrypto)); got > 1 || n < 10 {
		t.Errorf("%d checks came after Cancel; uncancelled there are %d", got, n)
	}
}
