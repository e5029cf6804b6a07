package pki

import (
	"os"
	"strings"
	"testing"

	"cipherglass/crypto/wire"
	"cipherglass/crypto/wire/wiretest"
)

func TestCertificateTree(t *testing.T) {
	fresh := func() wire.Message { return new(DER) }
	ids := build(t, specs(), nil, nil)
	for _, id := range ids {
		wiretest.Message(t, fresh, nil, id.Cert.Raw)
		tree, _ := wire.Tree("m", id.Cert.Raw, new(DER), nil)
		tree.Walk(func(n *wire.Node, _ int) bool {
			if n.Bad != "" || n.Name == wire.Undecoded {
				t.Errorf("%s: %s %s", id.Name, n.Name, n.Bad)
			}
			return true
		})
	}
	for _, c := range limbo(t)[:10] {
		wiretest.Message(t, fresh, nil, der(t, c.Peer))
	}
}

func TestCertificateTreeSaysWhatX509Says(t *testing.T) {
	id := build(t, specs(), nil, nil).ByName("server")
	tree, err := wire.Tree("m", id.Cert.Raw, new(DER), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"serialNumber":         hexText(append(leadingZero(id.Cert.SerialNumber.Bytes()), id.Cert.SerialNumber.Bytes()...)),
		"issuer":               "CN=Intermediate CA",
		"subject":              "CN=server",
		"notBefore":            stamp(id.Cert.NotBefore),
		"notAfter":             stamp(id.Cert.NotAfter),
		"dNSName":              "server.example",
		"iPAddress":            "10.0.0.2",
		"KeyUsage":             "digitalSignature",
		"KeyPurposeId":         "serverAuth (1.3.6.1.5.5.7.3.1)",
		"keyIdentifier":        hexText(id.Cert.AuthorityKeyId),
		"SubjectKeyIdentifier": hexText(id.Cert.SubjectKeyId),
	} {
		n := tree.Find(name)
		if n == nil || n.Value != want {
			t.Errorf("%s: got %+v, want %s", name, n, want)
		}
	}
	rsa := build(t, specs(), nil, nil).ByName("rsa-server")
	tree, _ = wire.Tree("m", rsa.Cert.Raw, new(DER), nil)
	if n := tree.Find("publicExponent"); n == nil || n.Value != "65537" {
		t.Errorf("publicExponent: %+v", n)
	}
	if n := tree.Find("subject"); n == nil || n.Value != "(empty)" {
		t.Errorf("empty subject: %+v", n)
	}
}

func TestSubjectText(t *testing.T) {
	raw := build(t, specs(), nil, nil)[0].Cert.Raw
	if got := SubjectText(raw); got != "CN=Root CA, O=Example" {
		t.Errorf("got %q", got)
	}
	for n := range raw[:200] {
		SubjectText(raw[:n])
	}
	if got := SubjectText([]byte("junk")); got != "" {
		t.Errorf("junk has the subject %q", got)
	}
}

func leadingZero(b []byte) []byte {
	if len(b) > 0 && b[0]&0x80 != 0 {
		return []byte{0}
	}
	return nil
}

func TestBrokenDERIsMarked(t *testing.T) {
	for _, text := range []string{"\x30", "\x30\x05\x00", "\x31\x00", "\x30\x80\x00\x00", "\x1f\x81\x00", "junk", "\x30\x84\xff\xff\xff\xff"} {
		tree, err := wire.Tree("m", []byte(text), new(DER), nil)
		if err != nil {
			t.Errorf("%q is a fault of the message: %v", text, err)
		}
		if n := tree.Find(wire.Undecoded); n == nil || n.Bad == "" {
			t.Errorf("%q is not marked", text)
		}
	}
	raw := build(t, specs(), nil, nil)[0].Cert.Raw
	tree, _ := wire.Tree("m", append(raw[:len(raw):len(raw)], 0), new(DER), nil)
	if n := tree.Find(wire.Undecoded); n == nil || !strings.Contains(n.Bad, "more") {
		t.Errorf("a byte after the certificate is not marked")
	}
}

func TestOIDDots(t *testing.T) {
	for want, b := range map[string]string{"1.2.840.113549.1.1.11": "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "2.5.29.15": "\x55\x1d\x0f", "2.999": "\x88\x37", "0.9": "\x09"} {
		if got := oidDots([]byte(b)); got != want {
			t.Errorf("%x: got %s, want %s", b, got, want)
		}
	}
}

func FuzzDER(f *testing.F) {
	for _, c := range limbo(f)[:20] {
		f.Add(der(f, c.Peer))
	}
	if b, err := os.ReadFile("../tls/testdata/illustrated-tls12/servercert"); err == nil {
		f.Add(b[15:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		wiretest.Any(t, func() wire.Message { return new(DER) }, nil, b)
	})
}
