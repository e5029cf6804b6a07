package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"fmt"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
)

// BenchmarkHandshake is a handshake of both ends with all effects recorded, and
// how long it takes as a share of crypto/tls doing the same, in the same run.
func BenchmarkHandshake(b *testing.B) {
	for _, c := range []struct {
		name           string
		version, suite uint16
		key            string
	}{
		{"tls13-ecdsa", TLS13, TLS_AES_128_GCM_SHA256, pki.ECDSAP256},
		{"tls13-rsa", TLS13, TLS_AES_128_GCM_SHA256, pki.RSA2048},
		{"tls12-ecdhe-ecdsa", TLS12, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, pki.ECDSAP256},
		{"tls12-rsa", TLS12, TLS_RSA_WITH_AES_128_CBC_SHA, pki.RSA2048},
	} {
		b.Run(c.name, func(b *testing.B) {
			client, server := testConfigs(b, c.key)
			for _, x := range []*Config{&client, &server} {
				x.Versions, x.CipherSuites = []uint16{c.version}, []uint16{c.suite}
			}
			client.KeyShares = []uint16{X25519}
			b.ReportAllocs()
			var ours, theirs time.Duration
			std := goConfig(server, c.version, c.suite, X25519)
			stdClient := goConfig(client, c.version, c.suite, X25519)
			std.SessionTicketsDisabled = true
			for b.Loop() {
				start := time.Now()
				w := newWire(b, client, server)
				w.mustConnect()
				ours += time.Since(start)

				b.StopTimer()
				start = time.Now()
				stdHandshake(b, stdClient, std)
				theirs += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(ours)/float64(theirs), "x-crypto/tls")
		})
	}
}

func stdHandshake(b *testing.B, client, server *stdtls.Config) {
	x, y := newPipe(), newPipe()
	done := make(chan error, 1)
	go func() { done <- stdtls.Server(duplex{x, y}, server).Handshake() }()
	if err := stdtls.Client(duplex{y, x}, client).Handshake(); err != nil {
		b.Fatal(err)
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRecord is Seal and Open of full records, and how their throughput
// compares with the bare AEAD.
func BenchmarkRecord(b *testing.B) {
	for _, version := range []uint16{TLS13, TLS12} {
		for _, c := range []Cipher{AES128GCM, AES256GCM, CHACHA20POLY1305, AES128CBCSHA} {
			if c == AES128CBCSHA && version == TLS13 {
				continue
			}
			b.Run(fmt.Sprintf("%s/%s", VersionName(version), c.Spec().Name), func(b *testing.B) {
				keys := testKeys(version, c)
				seal, err := NewRecordProtection(keys)
				if err != nil {
					b.Fatal(err)
				}
				open, _ := NewRecordProtection(keys)
				content := bytes.Repeat([]byte{'x'}, MaxPlaintext)
				record, plain := make([]byte, 0, MaxCiphertext12), make([]byte, 0, MaxCiphertext12)
				b.SetBytes(MaxPlaintext)
				b.ReportAllocs()
				var ours, bare time.Duration
				for b.Loop() {
					start := time.Now()
					record = seal.Seal(record[:0], ContentApplicationData, TLS12, content)
					if _, _, _, f := open.Open(plain, record); f != nil {
						b.Fatal(f)
					}
					ours += time.Since(start)
					if !c.Spec().AEAD {
						continue
					}
					b.StopTimer()
					aead := open.aead
					nonce := make([]byte, 12)
					start = time.Now()
					record = aead.Seal(record[:0], nonce, content, nil)
					if _, err := aead.Open(plain, nonce, record, nil); err != nil {
						b.Fatal(err)
					}
					bare += time.Since(start)
					b.StartTimer()
				}
				if bare > 0 {
					b.ReportMetric(float64(bare)/float64(ours), "of-bare-AEAD")
				}
			})
		}
	}
}

// BenchmarkBulk is 1 MB through both ends of a connection, all effects
// recorded.
func BenchmarkBulk(b *testing.B) {
	client, server := testConfigs(b, pki.ECDSAP256)
	w := newWire(b, client, server)
	w.mustConnect()
	data := make([]byte, 1<<20)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		w.steps = 0
		w.step(w.server, engine.Input{Kind: engine.Write, Data: data})
		w.cout.Reset()
		w.sout.Reset()
	}
}
