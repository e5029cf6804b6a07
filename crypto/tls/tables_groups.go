package tls

// Groups that are performed.
const (
	X25519    uint16 = 0x001d
	SECP256R1 uint16 = 0x0017
)

// Group is a row of Groups.
type Group struct {
	Row
	ShareLen int // bytes of a client's share, 0 if not performed
}

// Groups are the key exchange groups ("supported_groups"), those that are
// performed first.
var Groups = []Group{
	{Row{X25519, "x25519", "RFC 7748; RFC 8446, Section 4.2.8.2", "Curve25519: 32-byte shares, fast, hard to get wrong.", true, ""}, 32},
	{Row{SECP256R1, "secp256r1", "RFC 8446, Section 4.2.8.2", "NIST P-256: 65-byte shares (uncompressed points). Every TLS 1.3 implementation must have it.", true, ""}, 65},
	{Row{Code: 0x0018, Name: "secp384r1", Ref: "RFC 8422, Section 5.1.1", Help: "NIST P-384."}, 0},
	{Row{Code: 0x0019, Name: "secp521r1", Ref: "RFC 8422, Section 5.1.1", Help: "NIST P-521."}, 0},
	{Row{Code: 0x001e, Name: "x448", Ref: "RFC 7748; RFC 8446, Section 4.2.8.2", Help: "Curve448."}, 0},
	{Row{Code: 0x11ec, Name: "X25519MLKEM768", Ref: "draft-ietf-tls-ecdhe-mlkem", Help: "ML-KEM-768 and X25519 together: safe while either is, against quantum computers too."}, 0},
	{Row{Code: 0x11eb, Name: "SecP256r1MLKEM768", Ref: "draft-ietf-tls-ecdhe-mlkem", Help: "ML-KEM-768 and P-256 together."}, 0},
	{Row{Code: 0x11ed, Name: "SecP384r1MLKEM1024", Ref: "draft-ietf-tls-ecdhe-mlkem", Help: "ML-KEM-1024 and P-384 together."}, 0},
	{Row{Code: 0x0200, Name: "MLKEM512", Ref: "draft-ietf-tls-mlkem", Help: "ML-KEM-512 alone."}, 0},
	{Row{Code: 0x0201, Name: "MLKEM768", Ref: "draft-ietf-tls-mlkem", Help: "ML-KEM-768 alone."}, 0},
	{Row{Code: 0x0202, Name: "MLKEM1024", Ref: "draft-ietf-tls-mlkem", Help: "ML-KEM-1024 alone."}, 0},
	{Row{Code: 0x6399, Name: "X25519Kyber768Draft00", Ref: "draft-tls-westerbaan-xyber768d00", Help: "The trial that came before X25519MLKEM768.", Retired: "replaced by X25519MLKEM768"}, 0},
	{Row{Code: 0x0100, Name: "ffdhe2048", Ref: "RFC 7919, Appendix A.1", Help: "Finite-field Diffie-Hellman, 2048 bits."}, 0},
	{Row{Code: 0x0101, Name: "ffdhe3072", Ref: "RFC 7919, Appendix A.2", Help: "Finite-field Diffie-Hellman, 3072 bits."}, 0},
	{Row{Code: 0x0102, Name: "ffdhe4096", Ref: "RFC 7919, Appendix A.3", Help: "Finite-field Diffie-Hellman, 4096 bits."}, 0},
	{Row{Code: 0x0103, Name: "ffdhe6144", Ref: "RFC 7919, Appendix A.4", Help: "Finite-field Diffie-Hellman, 6144 bits."}, 0},
	{Row{Code: 0x0104, Name: "ffdhe8192", Ref: "RFC 7919, Appendix A.5", Help: "Finite-field Diffie-Hellman, 8192 bits."}, 0},
	{Row{Code: 0x001f, Name: "brainpoolP256r1tls13", Ref: "RFC 8734, Section 2"}, 0},
	{Row{Code: 0x0020, Name: "brainpoolP384r1tls13", Ref: "RFC 8734, Section 2"}, 0},
	{Row{Code: 0x0021, Name: "brainpoolP512r1tls13", Ref: "RFC 8734, Section 2"}, 0},
	{Row{Code: 0x001a, Name: "brainpoolP256r1", Ref: "RFC 7027, Section 2"}, 0},
	{Row{Code: 0x001b, Name: "brainpoolP384r1", Ref: "RFC 7027, Section 2"}, 0},
	{Row{Code: 0x001c, Name: "brainpoolP512r1", Ref: "RFC 7027, Section 2"}, 0},
	{Row{Code: 0x0029, Name: "curveSM2", Ref: "RFC 8998, Section 2"}, 0},
	{Row{Code: 0x0001, Name: "sect163k1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x0003, Name: "sect163r2", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x0006, Name: "sect233k1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x0007, Name: "sect233r1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x0009, Name: "sect283k1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x000a, Name: "sect283r1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x000b, Name: "sect409k1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x000c, Name: "sect409r1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x000d, Name: "sect571k1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x000e, Name: "sect571r1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x0013, Name: "secp192r1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x0014, Name: "secp224k1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x0015, Name: "secp224r1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
	{Row{Code: 0x0016, Name: "secp256k1", Ref: "RFC 4492, Section 5.1.1", Retired: oldCurve}, 0},
}

const oldCurve = "deprecated by RFC 8422, Section 5.1.1: rarely used, hardly examined"

// GroupByCode returns a group's row.
func GroupByCode(code uint16) (Group, bool) { return byCode(Groups, code) }

// GroupName names a group, "" for an unknown one.
func GroupName(code uint16) string { return nameOf(Groups, code) }

// ParseGroup reads a group's name or a code point: "0x001d".
func ParseGroup(s string) (uint16, error) { return parse(Groups, "group", "x25519", s) }
