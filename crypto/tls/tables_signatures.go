package tls

import "crypto"

// Signature schemes that are performed.
const (
	ECDSA_SECP256R1_SHA256 uint16 = 0x0403
	ED25519                uint16 = 0x0807
	RSA_PSS_RSAE_SHA256    uint16 = 0x0804
	RSA_PSS_RSAE_SHA384    uint16 = 0x0805
	RSA_PSS_RSAE_SHA512    uint16 = 0x0806
	RSA_PKCS1_SHA256       uint16 = 0x0401
	RSA_PKCS1_SHA384       uint16 = 0x0501
	RSA_PKCS1_SHA512       uint16 = 0x0601
)

// SignatureKind is how a scheme signs.
type SignatureKind uint8

// The kinds of signatures.
const (
	SignOther SignatureKind = iota
	SignECDSA
	SignEd25519
	SignRSAPSS
	SignRSAPKCS1
)

// SignatureScheme is a row of SignatureSchemes.
type SignatureScheme struct {
	Row
	Kind       SignatureKind
	Hash       crypto.Hash // 0 where the scheme hashes by itself
	MinVersion uint16      // versions in which it may sign handshake messages; 0 if never
	MaxVersion uint16
}

// For reports whether handshake messages of a version may be signed so.
func (s SignatureScheme) For(version uint16) bool {
	return s.MinVersion <= version && version <= s.MaxVersion
}

const (
	pkcs1Help = "RSA with PKCS #1 v1.5 padding: in TLS 1.3 for certificates only."
	sha1Gone  = "SHA-1 collides: MUST NOT be used in handshakes, RFC 9155"
)

// SignatureSchemes are the signature schemes, those that are performed first.
var SignatureSchemes = []SignatureScheme{
	{Row{ECDSA_SECP256R1_SHA256, "ecdsa_secp256r1_sha256", "RFC 8446, Section 4.2.3", "ECDSA on P-256 with SHA-256.", true, ""}, SignECDSA, crypto.SHA256, TLS12, TLS13},
	{Row{ED25519, "ed25519", "RFC 8032; RFC 8446, Section 4.2.3", "Ed25519: deterministic, small, fast.", true, ""}, SignEd25519, 0, TLS12, TLS13},
	{Row{RSA_PSS_RSAE_SHA256, "rsa_pss_rsae_sha256", "RFC 8017; RFC 8446, Section 4.2.3", "RSA-PSS with SHA-256, an ordinary RSA key.", true, ""}, SignRSAPSS, crypto.SHA256, TLS12, TLS13},
	{Row{RSA_PSS_RSAE_SHA384, "rsa_pss_rsae_sha384", "RFC 8017; RFC 8446, Section 4.2.3", "RSA-PSS with SHA-384, an ordinary RSA key.", true, ""}, SignRSAPSS, crypto.SHA384, TLS12, TLS13},
	{Row{RSA_PSS_RSAE_SHA512, "rsa_pss_rsae_sha512", "RFC 8017; RFC 8446, Section 4.2.3", "RSA-PSS with SHA-512, an ordinary RSA key.", true, ""}, SignRSAPSS, crypto.SHA512, TLS12, TLS13},
	{Row{RSA_PKCS1_SHA256, "rsa_pkcs1_sha256", "RFC 8017; RFC 8446, Section 4.2.3", pkcs1Help, true, ""}, SignRSAPKCS1, crypto.SHA256, TLS12, TLS12},
	{Row{RSA_PKCS1_SHA384, "rsa_pkcs1_sha384", "RFC 8017; RFC 8446, Section 4.2.3", pkcs1Help, true, ""}, SignRSAPKCS1, crypto.SHA384, TLS12, TLS12},
	{Row{RSA_PKCS1_SHA512, "rsa_pkcs1_sha512", "RFC 8017; RFC 8446, Section 4.2.3", pkcs1Help, true, ""}, SignRSAPKCS1, crypto.SHA512, TLS12, TLS12},
	{Row{Code: 0x0503, Name: "ecdsa_secp384r1_sha384", Ref: "RFC 8446, Section 4.2.3", Help: "ECDSA on P-384 with SHA-384."}, SignECDSA, crypto.SHA384, TLS12, TLS13},
	{Row{Code: 0x0603, Name: "ecdsa_secp521r1_sha512", Ref: "RFC 8446, Section 4.2.3", Help: "ECDSA on P-521 with SHA-512."}, SignECDSA, crypto.SHA512, TLS12, TLS13},
	{Row{Code: 0x0808, Name: "ed448", Ref: "RFC 8032; RFC 8446, Section 4.2.3", Help: "Ed448."}, SignOther, 0, TLS12, TLS13},
	{Row{Code: 0x0809, Name: "rsa_pss_pss_sha256", Ref: "RFC 8446, Section 4.2.3", Help: "RSA-PSS with a key that may do nothing else."}, SignRSAPSS, crypto.SHA256, TLS12, TLS13},
	{Row{Code: 0x080a, Name: "rsa_pss_pss_sha384", Ref: "RFC 8446, Section 4.2.3", Help: "RSA-PSS with a key that may do nothing else."}, SignRSAPSS, crypto.SHA384, TLS12, TLS13},
	{Row{Code: 0x080b, Name: "rsa_pss_pss_sha512", Ref: "RFC 8446, Section 4.2.3", Help: "RSA-PSS with a key that may do nothing else."}, SignRSAPSS, crypto.SHA512, TLS12, TLS13},
	{Row{Code: 0x0904, Name: "mldsa44", Ref: "draft-ietf-tls-mldsa", Help: "ML-DSA-44, against quantum computers."}, SignOther, 0, TLS13, TLS13},
	{Row{Code: 0x0905, Name: "mldsa65", Ref: "draft-ietf-tls-mldsa", Help: "ML-DSA-65, against quantum computers."}, SignOther, 0, TLS13, TLS13},
	{Row{Code: 0x0906, Name: "mldsa87", Ref: "draft-ietf-tls-mldsa", Help: "ML-DSA-87, against quantum computers."}, SignOther, 0, TLS13, TLS13},
	{Row{Code: 0x081a, Name: "ecdsa_brainpoolP256r1tls13_sha256", Ref: "RFC 8734, Section 3"}, SignOther, 0, TLS13, TLS13},
	{Row{Code: 0x081b, Name: "ecdsa_brainpoolP384r1tls13_sha384", Ref: "RFC 8734, Section 3"}, SignOther, 0, TLS13, TLS13},
	{Row{Code: 0x081c, Name: "ecdsa_brainpoolP512r1tls13_sha512", Ref: "RFC 8734, Section 3"}, SignOther, 0, TLS13, TLS13},
	{Row{Code: 0x0708, Name: "sm2sig_sm3", Ref: "RFC 8998, Section 3.2.1"}, SignOther, 0, TLS13, TLS13},
	{Row{Code: 0x0303, Name: "ecdsa_sha224", Ref: "RFC 5246, Section 7.4.1.4.1"}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0301, Name: "rsa_pkcs1_sha224", Ref: "RFC 5246, Section 7.4.1.4.1"}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0302, Name: "dsa_sha224", Ref: "RFC 5246, Section 7.4.1.4.1"}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0402, Name: "dsa_sha256", Ref: "RFC 5246, Section 7.4.1.4.1"}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0502, Name: "dsa_sha384", Ref: "RFC 5246, Section 7.4.1.4.1"}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0602, Name: "dsa_sha512", Ref: "RFC 5246, Section 7.4.1.4.1"}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0203, Name: "ecdsa_sha1", Ref: "RFC 8446, Section 4.2.3", Retired: sha1Gone}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0201, Name: "rsa_pkcs1_sha1", Ref: "RFC 8446, Section 4.2.3", Retired: sha1Gone}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0202, Name: "dsa_sha1", Ref: "RFC 5246, Section 7.4.1.4.1", Retired: sha1Gone}, SignOther, 0, TLS12, TLS12},
	{Row{Code: 0x0101, Name: "rsa_pkcs1_md5", Ref: "RFC 5246, Section 7.4.1.4.1", Retired: "MD5 collides: MUST NOT be used in handshakes, RFC 9155"}, SignOther, 0, TLS12, TLS12},
}

// SchemeByCode returns a signature scheme's row.
func SchemeByCode(code uint16) (SignatureScheme, bool) { return byCode(SignatureSchemes, code) }

// SchemeName names a signature scheme, "" for an unknown one.
func SchemeName(code uint16) string { return nameOf(SignatureSchemes, code) }

// ParseScheme reads a signature scheme's name or a code point: "0x0403".
func ParseScheme(s string) (uint16, error) {
	return parse(SignatureSchemes, "signature scheme", "ecdsa_secp256r1_sha256", s)
}
