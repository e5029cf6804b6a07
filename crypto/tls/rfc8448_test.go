package tls

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
)

// rfc8448 is the trace of RFC 8448, Section 3: values by "who: what" and name.
type rfc8448 map[string][][]byte

func readRFC8448(t testing.TB) rfc8448 {
	t.Helper()
	text, err := os.ReadFile("testdata/rfc8448-section3.txt")
	if err != nil {
		t.Fatal(err)
	}
	r := rfc8448{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), " | ")
		if len(f) != 3 || strings.HasPrefix(line, "#") {
			continue
		}
		v, err := hex.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		key := f[0] + " | " + f[1]
		r[key] = append(r[key], v)
	}
	return r
}

func (r rfc8448) one(t testing.TB, key string) []byte { return r.nth(t, key, 0) }

func (r rfc8448) nth(t testing.TB, key string, n int) []byte {
	t.Helper()
	if len(r[key]) <= n {
		t.Fatalf("the trace has no %q number %d", key, n)
	}
	return r[key][n]
}

// recoverSalt finds the salt of an RSA-PSS signature with SHA-256: the end of
// DB, once its mask is off (RFC 8017, Section 9.1.2).
func recoverSalt(pub *rsa.PublicKey, sig []byte) []byte {
	em := new(big.Int).Exp(new(big.Int).SetBytes(sig), big.NewInt(int64(pub.E)), pub.N).FillBytes(make([]byte, pub.Size()))
	db, h := em[:len(em)-33], em[len(em)-33:len(em)-1]
	for i := 0; i*32 < len(db); i++ {
		mask := sha256.Sum256(binary.BigEndian.AppendUint32(bytes.Clone(h), uint32(i)))
		for j := 0; j < 32 && i*32+j < len(db); j++ {
			db[i*32+j] ^= mask[j]
		}
	}
	return db[len(db)-32:]
}

// setup8448 is both ends' settings and pins for the trace.
func setup8448(t testing.TB, r rfc8448) (client, server Config) {
	n := func(name string) *big.Int { return new(big.Int).SetBytes(r.one(t, "key | "+name)) }
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n("modulus"), E: int(n("public exponent").Int64())},
		D: n("private exponent"), Primes: []*big.Int{n("prime1"), n("prime2")}}
	key.Precompute()
	msg, err := ParseHandshake(r.one(t, "server: construct a Certificate handshake message: | Certificate"), Context{Version: TLS13})
	if err != nil {
		t.Fatal(err)
	}
	der := msg.Body.(*Certificate).CertificateList[0].CertData
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	cv := r.one(t, "server: construct a CertificateVerify handshake message: | CertificateVerify")
	ch := r.one(t, "client: construct a ClientHello handshake message: | ClientHello")
	sh := r.one(t, "server: construct a ServerHello handshake message: | ServerHello")
	random := engine.NewRandom("", map[string][]byte{
		"client/web/random":   ch[6:38],
		"client/web/x25519":   r.one(t, "client: create an ephemeral x25519 key pair: | private key"),
		"server/web/random":   sh[6:38],
		"server/web/x25519":   r.one(t, "server: create an ephemeral x25519 key pair: | private key"),
		"server/web/pss-salt": recoverSalt(&key.PublicKey, cv[8:]),
	})
	groups := []uint16{0x1d, 0x17, 0x18, 0x19, 0x100, 0x101, 0x102, 0x103, 0x104}
	client = Config{
		Versions: []uint16{TLS13}, CipherSuites: []uint16{0x1301, 0x1303, 0x1302}, Groups: groups, KeyShares: []uint16{X25519},
		SignatureAlgorithms: []uint16{0x403, 0x503, 0x603, 0x203, 0x804, 0x805, 0x806, 0x401, 0x501, 0x601, 0x201, 0x402, 0x502, 0x602, 0x202},
		ServerName:          "server", SkipVerify: true,
		HelloExtensions: []RawExtension{{Type: ExtServerName}, {ExtRenegotiationInfo, []byte{0}}, {Type: ExtSupportedGroups}, {ExtSessionTicket, []byte{}},
			{Type: ExtKeyShare}, {Type: ExtSupportedVersions}, {Type: ExtSignatureAlgorithms}, {ExtPSKKeyExchangeModes, []byte{1, 1}}, {ExtRecordSizeLimit, []byte{0x40, 1}}},
		Random: random.Sub("client/web"), Clock: time.Date(2018, 8, 1, 0, 0, 0, 0, time.UTC),
	}
	groupsRaw := ch[bytes.Index(ch, []byte{0, 0x12, 0, 0x1d}):][:20]
	server = Config{
		Versions: []uint16{TLS13}, CipherSuites: []uint16{0x1301}, Groups: []uint16{X25519}, SignatureAlgorithms: []uint16{RSA_PSS_RSAE_SHA256},
		Identity: &pki.Identity{Name: "rsa", Chain: [][]byte{der}, Cert: cert, Key: key}, Coalesce: true, MiddleboxCompat: true,
		EncryptedExtensions: []RawExtension{{ExtSupportedGroups, groupsRaw}, {ExtRecordSizeLimit, []byte{0x40, 1}}, {Type: ExtServerName}},
		Random:              random.Sub("server/web"), Clock: client.Clock,
	}
	return client, server
}

// TestRFC8448 plays the simple 1-RTT handshake, both ends, byte for byte.
func TestRFC8448(t *testing.T) {
	r := readRFC8448(t)
	client, server := setup8448(t, r)
	w := newWire(t, client, server)
	w.mustConnect()

	// The server's ticket is not one of ours: it is sent as the RFC has it.
	w.server.rec.sendMessage("ticket1", "NewSessionTicket", r.one(t, "server: construct a NewSessionTicket handshake message: | NewSessionTicket"))
	w.server.rec.flush()
	ticket := w.server.effects.List[len(w.server.effects.List)-1].(engine.Send)
	w.sout.List = append(w.sout.List, ticket)
	w.server.effects.Reset()
	w.step(w.client, engine.Input{Kind: engine.Receive, Data: ticket.Data})

	w.step(w.client, engine.Input{Kind: engine.Write, Data: r.one(t, "client: send application_data record: | payload")})
	w.step(w.server, engine.Input{Kind: engine.Write, Data: r.one(t, "server: send application_data record: | payload")})
	w.step(w.client, engine.Input{Kind: engine.Close})

	for _, who := range []struct {
		name    string
		out     *engine.Effects
		records []string
	}{
		{"client", &w.cout, []string{"send handshake record:", "send handshake record:", "send application_data record:", "send alert record:"}},
		{"server", &w.sout, []string{"send handshake record:", "send handshake record:", "send handshake record:", "send application_data record:", "send alert record:"}},
	} {
		seen := map[string]int{}
		var want []byte
		for _, what := range who.records {
			key := who.name + ": " + what + " | complete record"
			want = append(want, r.nth(t, key, seen[key])...)
			seen[key]++
		}
		var got []byte
		for _, e := range who.out.List {
			if s, ok := e.(engine.Send); ok {
				got = append(got, s.Data...)
			}
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the %s sent\n%x, want\n%x", who.name, got, want)
		}
		if f := failureOf(who.out); f != nil {
			t.Errorf("%s: %v", who.name, f)
		}
		r.mustDerive(t, who.name, who.out)
	}
}

// mustDerive looks for each intermediate value among the recorded secrets;
// resumption is not done here.
func (r rfc8448) mustDerive(t *testing.T, who string, out *engine.Effects) {
	t.Helper()
	n := 0
	for key, values := range r {
		name := key[strings.Index(key, " | ")+3:]
		if strings.Contains(key, "res master") || strings.Contains(key, "resumption") || name != "secret" && name != "expanded" && name != "key expanded" && name != "iv expanded" && name != "finished" {
			continue
		}
		for _, v := range values {
			n++
			found := false
			for _, s := range secrets(out) {
				found = found || bytes.Equal(s.Value, v)
			}
			if !found {
				t.Errorf("%s: no secret is %x (%s)", who, v, key)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d values compared", n)
	}
}
