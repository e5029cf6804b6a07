package scenario

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestPastedCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<31, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	for _, c := range []struct{ name, text, want string }{
		{"a certificate", cert, ""},
		{"two", cert + cert, ""},
		{"with its key", cert + private, "private key"},
		{"text after it", cert + "more", "goes on after its last certificate"},
		{"a public key", strings.ReplaceAll(cert, "CERTIFICATE", "PUBLIC KEY"), "where a CERTIFICATE is wanted"},
		{"damaged", strings.Replace(cert, "MI", "AA", 1), "cannot be read"},
		{"too long", strings.Repeat(cert, 80), "at most 16384 characters"},
	} {
		s := preset(t, "tls13")
		err := Set(s, "certificates.server.pem", c.text)
		if c.want == "" {
			if link, err := EncodeLink(s); err != nil {
				t.Errorf("%s: %v", c.name, err)
			} else if back, err := DecodeLink(link); err != nil || back.Certificates[1].PEM != c.text {
				t.Errorf("%s: did not come back from its link: %v", c.name, err)
			}
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
}
