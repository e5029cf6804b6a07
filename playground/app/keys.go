package app

import (
	"encoding/pem"
	"fmt"
	"strings"

	"cipherglass/crypto/pki"
	"cipherglass/playground/scenario"
)

// giveCertificate takes pasted PEM: certificates become part of the scenario,
// a private key among them goes to memory and nowhere else.
func (s State) giveCertificate(a GiveCertificate) (State, []Command) {
	path := "certificates." + a.Name + ".pem"
	certs, keys, hash, err := splitPEM(a.PEM)
	if err == nil && len(keys) > 0 {
		if got := ""; len(certs) == 0 {
			err = sentence("This is a private key without its certificate. Paste the certificate too.")
		} else if got, err = keyHash(keys[0]); err == nil && got != hash {
			err = sentence("The private key does not belong to this certificate: its public key is another.")
		}
	}
	if err == nil && len(keys) > 0 {
		s.Keys = with(s.Keys, hash, keys[0])
	}
	text := a.PEM
	if len(keys) > 0 {
		text = certs // the form never shows a private key again
	}
	return s.change(path, text, "certificate "+a.Name, func(d *scenario.Scenario) error {
		if err != nil {
			return err
		}
		for i := range d.Certificates {
			if c := &d.Certificates[i]; c.Name == a.Name {
				c.PEM, c.KeyHash = certs, hash
				return nil
			}
		}
		return fmt.Errorf("the scenario has no certificate %s", a.Name)
	})
}

// giveKey takes the private key that a link's certificate asks for.
func (s State) giveKey(a GiveKey) (State, []Command) {
	path := "key:" + a.Hash
	certs, keys, _, err := splitPEM(a.PEM)
	switch {
	case len(keys) > 0:
		err = nil // whatever else is in the text
	case certs != "":
		err = sentence("This is a certificate. Its private key is wanted, which begins with “-----BEGIN PRIVATE KEY-----” or the like.")
	case strings.Contains(a.PEM, "PRIVATE KEY-----"):
		err = sentence("The private key is damaged or not all here: it begins with “-----BEGIN PRIVATE KEY-----” and ends with “-----END PRIVATE KEY-----”, each on a line of its own.")
	case strings.TrimSpace(a.PEM) == "":
		err = nil
	default:
		err = sentence("There is no private key in this text. In PEM it begins with “-----BEGIN PRIVATE KEY-----” or the like.")
	}
	if len(keys) == 0 && err == nil { // emptied
		s.Errors = without(s.Errors, path)
		return s, nil
	}
	if err == nil {
		var got string
		if got, err = keyHash(keys[0]); err == nil && got != a.Hash {
			err = sentence("This is another key: the hash of its public key begins with " + got[:8] + ", the scenario's with " + short(a.Hash, 8) + ".")
		}
	}
	if err != nil {
		s.Errors = with(s.Errors, path, Entry{Sentence: err.Error()})
		return s, nil
	}
	s.Errors = without(s.Errors, path)
	s.Keys = with(s.Keys, a.Hash, keys[0])
	return s.run()
}

// needKeys lists the pasted certificates whose private key is not at hand. A
// CA that is only trusted needs none.
func needKeys(sc *scenario.Scenario, keys map[string]string) []NeedKey {
	used := make(map[string]bool)
	for _, c := range sc.Conversations {
		if c.TLS != nil {
			used[c.TLS.Server.Certificate] = true
			used[c.TLS.Client.Certificate] = true
		}
	}
	var out []NeedKey
	for _, c := range sc.Certificates {
		if c.PEM != "" && used[c.Name] && keys[c.KeyHash] == "" {
			out = append(out, NeedKey{Certificate: c.Name, Hash: c.KeyHash})
		}
	}
	return out
}

// splitPEM parts pasted text into certificates and private keys, and returns
// the hash of the first certificate's public key.
func splitPEM(text string) (certs string, keys []string, hash string, err error) {
	rest := []byte(text)
	var b strings.Builder
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch {
		case block.Type == "CERTIFICATE":
			b.Write(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			keys = append(keys, string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Headers: block.Headers, Bytes: block.Bytes})))
		}
	}
	if strings.TrimSpace(text) != "" && b.Len() == 0 && len(keys) == 0 {
		return "", nil, "", sentence("This is not PEM: a certificate begins with “-----BEGIN CERTIFICATE-----” and ends with “-----END CERTIFICATE-----”.")
	}
	if b.Len() > 0 {
		list, err := pki.ParseCertificates(b.String())
		if err != nil {
			return "", nil, "", told(err)
		}
		hash = pki.SPKIHash(list[0])
	}
	return b.String(), keys, hash, nil
}

// keyHash is the SHA-256 of a private key's SubjectPublicKeyInfo, in hex.
func keyHash(text string) (string, error) {
	key, err := pki.ParsePrivateKey(text)
	if err != nil {
		return "", told(err)
	}
	return pki.KeySPKIHash(key)
}

// told turns an error of pki into a sentence beside a field.
func told(err error) error {
	text := strings.TrimPrefix(err.Error(), "pki: ")
	return sentence(strings.ToUpper(text[:1]) + text[1:] + ".")
}

// waitsFor says that a run waits for private keys.
func waitsFor(list []NeedKey) string {
	names := make([]string, len(list))
	for i, k := range list {
		names[i] = "“" + k.Certificate + "”"
	}
	return "Waiting for the private key of the certificate " + strings.Join(names, " and ") + ". A scenario and its link never hold it: paste it below the certificate."
}

func short(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
