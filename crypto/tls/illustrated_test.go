package tls

import (
	"bytes"
	"crypto/ecdh"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"strings"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
)

func testFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func testKeylog(t testing.TB, name string) map[string][]byte {
	t.Helper()
	m := map[string][]byte{}
	for line := range strings.Lines(string(testFile(t, name))) {
		f := strings.Fields(line)
		v, err := hex.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		m[f[0]] = v
	}
	return m
}

// testPair is an X25519 key pair from its PEM file.
func testPair(t testing.TB, name string) *kdf.KeyPair {
	t.Helper()
	block, _ := pem.Decode(testFile(t, name))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := kdf.X25519.Generate(engine.NewRandom("", map[string][]byte{"k": key.(*ecdh.PrivateKey).Bytes()}), "k")
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// opened is a record, by its file, and what it holds.
type opened struct{ record, plain string }

func mustOpen(t *testing.T, folder string, keys *RecordKeys, records ...opened) {
	t.Helper()
	p, err := NewRecordProtection(*keys)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := NewRecordProtection(*keys)
	for _, r := range records {
		record := testFile(t, folder+"/"+r.record)
		typ, content, plain, f := p.Open(nil, record)
		if f != nil {
			t.Errorf("%s: %v", r.record, f)
			continue
		}
		// Some files keep what else was decrypted, or the content's header.
		if want := testFile(t, folder+"/"+r.plain); !bytes.HasPrefix(want, content) && !bytes.HasSuffix(want, content) {
			t.Errorf("%s holds %x, want %x", r.record, content, want)
		}
		auditCrypt(t, folder, engine.Buffer{ID: r.record, Crypt: p.Crypt(record, plain)})
		// Sealed again, it is the same record.
		again.keys.NewIV = func(uint64) []byte { return record[RecordHeaderLen:][:16] }
		if got := again.Seal(nil, typ, TLS12, content); !bytes.Equal(got, record) {
			t.Errorf("%s sealed again is\n%x, want\n%x", r.record, got, record)
		}
	}
}

// TestIllustrated13 opens the TLS 1.3 connection of The Illustrated TLS 1.3
// Connection, and derives its secrets from both private keys.
func TestIllustrated13(t *testing.T) {
	const dir = "illustrated-tls13"
	log := testKeylog(t, dir+"/keylog.txt")
	suite, _ := SuiteByCode(TLS_AES_256_GCM_SHA384)
	s := &schedule13{hash: kdf.SHA384, prefix: "tls13 ", suite: suite}

	client, server := testPair(t, dir+"/client-ephemeral-private.key"), testPair(t, dir+"/server-ephemeral-private.key")
	shared, err := client.Shared(nil, kdf.As{}, kdf.Value{Bytes: server.Public})
	if err != nil {
		t.Fatal(err)
	}
	hello := append(testFile(t, dir+"/clienthello")[5:], testFile(t, dir+"/serverhello")[5:]...)
	hs := s.handshake(s.early(), shared)
	c, sv := s.handshakeTraffic(hs, kdf.Value{Bytes: kdf.SHA384.Sum(hello)})
	flight := hello
	for _, name := range []string{"serverextensions", "servercert", "servercertverify", "serverfinished"} {
		m := testFile(t, dir+"/"+name)
		flight = append(flight, m[:len(m)-1]...) // the content type ends it
	}
	ca, sa := s.applicationTraffic(s.master(hs), kdf.Value{Bytes: kdf.SHA384.Sum(flight)})
	for label, got := range map[string]trafficSecret{"CLIENT_HANDSHAKE_TRAFFIC_SECRET": c, "SERVER_HANDSHAKE_TRAFFIC_SECRET": sv, "CLIENT_TRAFFIC_SECRET_0": ca, "SERVER_TRAFFIC_SECRET_0": sa} {
		if !bytes.Equal(got.Bytes, log[label]) {
			t.Errorf("%s is %x, want %x", label, got.Bytes, log[label])
		}
	}
	mustOpen(t, dir, s.keys(sv), opened{"serverencextensions", "serverextensions"}, opened{"serverenccert", "servercert"},
		opened{"serverenccertverify", "servercertverify"}, opened{"serverencfinished", "serverfinished"})
	mustOpen(t, dir, s.keys(c), opened{"clientencfinished", "clientfinished"})
	mustOpen(t, dir, s.keys(sa), opened{"serverencticket1", "serverticket1"}, opened{"serverencticket2", "serverticket2"}, opened{"serverencdata", "serverdata"})
	mustOpen(t, dir, s.keys(ca), opened{"clientencdata", "clientdata"})
}

// TestIllustrated12 opens the TLS 1.2 connection of The Illustrated TLS
// Connection: AES-128-CBC with HMAC-SHA1, after a key exchange that is derived
// from both private keys.
func TestIllustrated12(t *testing.T) {
	const dir = "illustrated-tls12"
	client, server := testPair(t, dir+"/client-ephemeral-private.key"), testPair(t, dir+"/server-ephemeral-private.key")
	pre, err := client.Shared(nil, kdf.As{}, kdf.Value{Bytes: server.Public})
	if err != nil {
		t.Fatal(err)
	}
	suite, _ := SuiteByCode(TLS_RSA_WITH_AES_128_CBC_SHA) // its cipher and PRF
	s := &schedule12{hash: kdf.SHA256, suite: suite,
		client: kdf.Value{Bytes: testFile(t, dir+"/clienthello")[11:43]}, server: kdf.Value{Bytes: testFile(t, dir+"/serverhello")[11:43]}}
	master := s.master(premasterSecret12{pre})
	if want := testKeylog(t, dir+"/keylog.txt")["CLIENT_RANDOM"]; !bytes.Equal(master.Bytes, want) {
		t.Errorf("master secret %x, want %x", master.Bytes, want)
	}
	ck, sk := s.keys(master)
	mustOpen(t, dir, ck, opened{"clientfinished", "clientfinishedplain"}, opened{"clientdata", "clientdataplain"}, opened{"clientalert", "clientalertplain"})
	mustOpen(t, dir, sk, opened{"serverfinished", "serverfinishedplain"}, opened{"serverdata", "serverdataplain"})

	var messages []byte
	for _, name := range []string{"clienthello", "serverhello", "servercert", "serverkeyexchange", "serverhellodone", "clientkeyexchange"} {
		messages = append(messages, testFile(t, dir+"/"+name)[5:]...)
	}
	got := s.finished(master, "client", kdf.Value{Bytes: kdf.SHA256.Sum(messages)})
	if want := testFile(t, dir+"/clientfinishedplain"); !bytes.Contains(want, got) {
		t.Errorf("verify_data %x is not in %x", got, want)
	}
}
