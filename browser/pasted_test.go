package browser

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// paste puts a text of several lines into a control at once, as a paste does,
// and leaves it.
func (p *page) paste(selector, text string) {
	p.t.Helper()
	p.reach(selector)
	eval[bool](p, `(() => {
		const e = document.querySelector(%v);
		e.focus();
		e.value = %v;
		e.dispatchEvent(new InputEvent('input', {bubbles: true, inputType: 'insertFromPaste'}));
		e.dispatchEvent(new Event('change', {bubbles: true}));
		e.blur();
		return true;
	})()`, selector, text)
}

// choose picks an option of a choice in the form.
func (p *page) choose(path, value string) {
	p.t.Helper()
	p.reach(field(path))
	if !eval[bool](p, `(() => {
		const e = document.querySelector(%v);
		e.value = %v;
		e.dispatchEvent(new Event('input', {bubbles: true}));
		e.dispatchEvent(new Event('change', {bubbles: true}));
		return e.value === %v;
	})()`, field(path), value, value) {
		p.t.Fatalf("%s cannot be %q", path, value)
	}
}

// pair returns a self-signed certificate for the preset's server and its key.
func pair(t *testing.T) (certificate, key string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "pasted"}, DNSNames: []string{"example.test"},
		NotBefore: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

// TestPastedKey gives the server a certificate and a key from outside. The key
// stays in memory: it is not in the address bar, the history or the storage,
// and the link asks for it when it is opened elsewhere.
func TestPastedKey(t *testing.T) {
	certificate, key := pair(t)
	p := open(t, "")
	p.ready()
	before := p.hash()
	gen := p.generation()
	p.choose("certificates.server.key", "pasted")
	p.paste(field("certificates.server.pem"), certificate+key)
	p.ran(gen)
	if p.hash() == before {
		t.Error("the pasted certificate is not on the link")
	}
	o := p.outcome()
	if o.Code == "complete" {
		t.Errorf("a certificate that nobody trusts: %+v", o)
	}

	secret := strings.Split(key, "\n")[1]
	for _, where := range []string{
		`location.href`, `JSON.stringify(localStorage)`, `JSON.stringify(sessionStorage)`, `JSON.stringify(history.state)`,
		`[...document.querySelectorAll('input, textarea')].map(e => e.value).join()`, `document.documentElement.innerHTML`,
	} {
		if text := eval[string](p, `String(`+where+`)`); strings.Contains(text, secret) || strings.Contains(text, "BEGIN PRIVATE") && !strings.Contains(where, "innerHTML") {
			t.Errorf("%s holds the private key", where)
		}
	}

	other := open(t, eval[string](p, `location.hash`))
	other.await("the program to start", `window.cipherglass?.state === 'running'`)
	asks := `textarea[id^="key-"]`
	other.await("the question for the key", `document.querySelector(%v)`, asks)
	gen = other.generation()
	other.paste(asks, key)
	other.ran(gen)
	if other.hash() != p.hash() {
		t.Error("with the key the link does not show the same packets")
	}
}
