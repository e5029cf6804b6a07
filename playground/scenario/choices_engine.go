package scenario

import (
	"strings"

	"cipherglass/crypto/ipsec"
	"cipherglass/crypto/tls"
)

// The choices that the engines' tables hold, made once and never changed.
var (
	versionChoices   = rows(tls.Versions, func(v tls.Version) (string, tls.Row) { return v.Short, v.Row })
	suiteChoices     = rows(tls.CipherSuites, func(s tls.CipherSuite) (string, tls.Row) { return s.Name, s.Row })
	groupChoices     = rows(tls.Groups, func(g tls.Group) (string, tls.Row) { return g.Name, g.Row })
	signatureChoices = rows(tls.SignatureSchemes, func(s tls.SignatureScheme) (string, tls.Row) { return s.Name, s.Row })
)

func rows[T any](table []T, row func(T) (string, tls.Row)) []Choice {
	out := make([]Choice, len(table))
	for i := range table {
		value, r := row(table[i])
		out[i] = Choice{Value: value, Help: r.Help, Ref: r.Ref, Retired: r.Retired, OfferOnly: !r.Performed}
		if r.Name != value {
			out[i].Label = r.Name
		}
	}
	return out
}

func tlsVersions(*Scenario, At) []Choice   { return versionChoices }
func tlsSuites(*Scenario, At) []Choice     { return suiteChoices }
func tlsGroups(*Scenario, At) []Choice     { return groupChoices }
func tlsSignatures(*Scenario, At) []Choice { return signatureChoices }

// codePoints are the engine's readers of an offer's entries: a name in any
// case, a GREASE value's name, or a code point.
var codePoints = map[string]func(string) (uint16, error){
	"versions":             tls.ParseVersion,
	"cipher_suites":        tls.ParseSuite,
	"groups":               tls.ParseGroup,
	"signature_algorithms": tls.ParseScheme,
}

// readCodePoint says whether an entry of an offer can be read.
func readCodePoint(pattern, entry string) bool {
	parse := codePoints[pattern[strings.LastIndexByte(pattern, '.')+1:]]
	if parse == nil || len(entry) > 64 {
		return false
	}
	_, err := parse(entry)
	return err == nil
}

func espEncryption(*Scenario, At) []Choice {
	var out []Choice
	for _, e := range ipsec.Encryptions() {
		out = append(out, Choice{Value: e.Name, Label: e.Label, Help: e.Help, Ref: e.Ref, Retired: e.Retired})
	}
	return out
}

// ipsecIntegrity lists all: which one goes with which encryption is said by
// Validate, so that one can be changed after the other.
func ipsecIntegrity(*Scenario, At) []Choice {
	var out []Choice
	for _, i := range ipsec.Integrities() {
		out = append(out, Choice{Value: i.Name, Label: i.Label, Help: i.Help, Ref: i.Ref, Retired: i.Retired})
	}
	return out
}

// usesIntegrity is false where "none" is set and right; a wrong HMAC beside an
// AEAD cipher stays to be seen and taken away.
func usesIntegrity(s *Scenario, at At) bool {
	if !protects(s, at) {
		return false
	}
	e, fail := ipsec.EncryptionNamed(at.Policy.Encryption)
	if at.Policy.Protocol == ipsec.AH || fail != nil || !e.Combined() {
		return true
	}
	return at.Policy.Integrity != "none" && at.Policy.Integrity != ""
}

// badTransforms says why a policy's transforms cannot be combined, and at
// which field.
func badTransforms(p *Policy) (field, why string) {
	fail := ipsec.Legal(p.Protocol, p.Encryption, p.Integrity)
	if fail == nil {
		return "", ""
	}
	return "integrity", fail.Sentence()
}

// suitIntegrity replaces an integrity algorithm that cannot stay: none beside
// an AEAD cipher, else the strongest that the engine has.
func suitIntegrity(p *Policy) {
	if ipsec.Legal(p.Protocol, p.Encryption, p.Integrity) == nil {
		return
	}
	if legal := ipsec.IntegrityFor(p.Protocol, p.Encryption); len(legal) > 0 {
		p.Integrity = legal[len(legal)-1]
	}
}
