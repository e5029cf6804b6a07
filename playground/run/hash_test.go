package run_test

import (
	"testing"

	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// variations are scenarios beyond the presets whose traces must not depend on
// the machine: path, value, path, value...
var variations = []struct {
	name, preset string
	edits        []string
}{
	{"seed", "tls13", []string{"seed", "another"}},
	{"P-256", "tls13", []string{web + "client.groups", "secp256r1", web + "server.groups", "secp256r1"}},
	{"AES-256", "tls13", []string{web + "client.cipher_suites", "TLS_AES_256_GCM_SHA384", web + "server.cipher_suites", "TLS_AES_256_GCM_SHA384"}},
	{"ChaCha20", "tls13", []string{web + "client.cipher_suites", "TLS_CHACHA20_POLY1305_SHA256", web + "server.cipher_suites", "TLS_CHACHA20_POLY1305_SHA256"}},
	{"RSA-PSS", "tls13", []string{"certificates.server.key", "rsa-2048"}},
	{"Ed25519", "tls13", []string{"certificates.server.key", "ed25519"}},
	{"KeyUpdate", "tls13", []string{web + "key_update", "both"}},
	{"large", "tls13", []string{"conversations.web.size", "100000", "links.net.mtu", "600"}},
	{"refused", "tls13", []string{web + "client.alpn", "h2", web + "server.alpn", "http/1.1"}},
	{"CBC", "tls12-rsa", []string{web + "client.cipher_suites", "TLS_RSA_WITH_AES_128_CBC_SHA", web + "server.cipher_suites", "TLS_RSA_WITH_AES_128_CBC_SHA"}},
	{"ESP CBC", "esp-tunnel", []string{"policies.r1-r2.encryption", "aes-128-cbc", "policies.r1-r2.integrity", "hmac-sha1-96"}},
	{"AH MD5", "ah-transport", []string{"policies.alice-bob.integrity", "hmac-md5-96"}},
	{"small MTU", "mtu", []string{"links.wan1.mtu", "900"}},
}

const web = "conversations.web.tls."

// TestHashes logs the trace hash of every preset and variation, for
// TestHashUnderWebAssembly to read, and finds that each is its own.
func TestHashes(t *testing.T) {
	seen := map[string]string{}
	for _, line := range hashes(t) {
		t.Log(line.name, line.hash)
		if other, ok := seen[line.hash]; ok {
			t.Errorf("%s and %s have the same trace", line.name, other)
		}
		seen[line.hash] = line.name
	}
}

type named struct{ name, hash string }

func hashes(t *testing.T) []named {
	t.Helper()
	var list []named
	for _, p := range scenario.Presets() {
		list = append(list, named{p.Name, trace.Hash(play(t, preset(t, p.Name)))})
	}
	for _, v := range variations {
		s := preset(t, v.preset)
		for i := 0; i < len(v.edits); i += 2 {
			if err := scenario.Set(s, v.edits[i], v.edits[i+1]); err != nil {
				t.Fatalf("%s: %v", v.name, err)
			}
		}
		list = append(list, named{v.preset + ": " + v.name, trace.Hash(play(t, s))})
	}
	return list
}
