package tls

import "strings"

// Protocol versions.
const (
	SSL30  uint16 = 0x0300
	TLS10  uint16 = 0x0301
	TLS11  uint16 = 0x0302
	TLS12  uint16 = 0x0303
	TLS13  uint16 = 0x0304
	DTLS12 uint16 = 0xfefd
	DTLS13 uint16 = 0xfefc
)

// Version is a row of Versions.
type Version struct {
	Row
	Short string // as a scenario writes it: "1.3"
}

// Versions are the protocol versions, newest first.
var Versions = []Version{
	{Row{TLS13, "TLS 1.3", "RFC 8446", "One round trip; everything after ServerHello is encrypted; always forward secret.", true, ""}, "1.3"},
	{Row{TLS12, "TLS 1.2", "RFC 5246", "Two round trips; the certificate travels in the clear; safe with the right suites only.", true, ""}, "1.2"},
	{Row{TLS11, "TLS 1.1", "RFC 4346", "Explicit IVs for CBC; MD5 and SHA-1 in its key derivation and signatures.", false, "deprecated, it rests on SHA-1 and MD5: RFC 8996"}, "1.1"},
	{Row{TLS10, "TLS 1.0", "RFC 2246", "The first TLS; its CBC IVs can be predicted.", false, "deprecated, it rests on SHA-1 and MD5: RFC 8996"}, "1.0"},
	{Row{SSL30, "SSL 3.0", "RFC 6101", "The protocol before TLS.", false, "MUST NOT be used, its padding gives plaintext away: RFC 7568"}, "ssl3"},
	{Row{DTLS13, "DTLS 1.3", "RFC 9147", "TLS 1.3 over datagrams.", false, ""}, "dtls1.3"},
	{Row{DTLS12, "DTLS 1.2", "RFC 6347", "TLS 1.2 over datagrams.", false, ""}, "dtls1.2"},
}

// VersionName names a protocol version, "" for an unknown one.
func VersionName(code uint16) string { return nameOf(Versions, code) }

// ParseVersion reads "1.3", "TLS 1.3" or "0x0304".
func ParseVersion(s string) (uint16, error) {
	for _, v := range Versions {
		if strings.EqualFold(v.Short, strings.TrimSpace(s)) {
			return v.Code, nil
		}
	}
	return parse(Versions, "protocol version", "1.3", s)
}

// is13 reports whether messages have their TLS 1.3 form.
func is13(version uint16) bool { return version == TLS13 || version == DTLS13 }
