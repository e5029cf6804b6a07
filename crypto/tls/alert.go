package tls

import "cipherglass/crypto/wire"

// Alert levels (RFC 8446, Section 6; RFC 5246, Section 7.2).
const (
	AlertLevelWarning uint8 = 1
	AlertLevelFatal   uint8 = 2
)

// Alert descriptions that the engines send.
const (
	AlertCloseNotify            uint8 = 0
	AlertUnexpectedMessage      uint8 = 10
	AlertBadRecordMAC           uint8 = 20
	AlertRecordOverflow         uint8 = 22
	AlertHandshakeFailure       uint8 = 40
	AlertBadCertificate         uint8 = 42
	AlertUnsupportedCertificate uint8 = 43
	AlertCertificateExpired     uint8 = 45
	AlertCertificateUnknown     uint8 = 46
	AlertIllegalParameter       uint8 = 47
	AlertUnknownCA              uint8 = 48
	AlertDecodeError            uint8 = 50
	AlertDecryptError           uint8 = 51
	AlertProtocolVersion        uint8 = 70
	AlertInsufficientSecurity   uint8 = 71
	AlertInternalError          uint8 = 80
	AlertInappropriateFallback  uint8 = 86
	AlertUserCanceled           uint8 = 90
	AlertNoRenegotiation        uint8 = 100
	AlertMissingExtension       uint8 = 109
	AlertUnsupportedExtension   uint8 = 110
	AlertUnrecognizedName       uint8 = 112
	AlertNoApplicationProtocol  uint8 = 120
)

// Alerts are the alert descriptions, by code point; Help says what each means.
var Alerts = []Row{
	{0, "close_notify", "RFC 8446, Section 6.1", "The sender will send no more: an orderly end.", true, ""},
	{10, "unexpected_message", "RFC 8446, Section 6.2", "A message came that the state of the handshake does not allow.", true, ""},
	{20, "bad_record_mac", "RFC 8446, Section 6.2", "A record could not be decrypted or verified: it was changed, or the keys differ.", true, ""},
	{21, "decryption_failed", "RFC 5246, Section 7.2.2", "Said that padding was wrong, which told attackers too much.", false, "MUST NOT be sent: it makes padding oracles, RFC 5246, Section 7.2.2"},
	{22, "record_overflow", "RFC 8446, Section 6.2", "A record is longer than it may be.", true, ""},
	{30, "decompression_failure", "RFC 5246, Section 7.2.2", "Compressed data could not be unpacked.", false, "TLS 1.3 has no compression: RFC 8446, Appendix B.2"},
	{40, "handshake_failure", "RFC 8446, Section 6.2", "The two ends found no set of parameters that both accept.", true, ""},
	{41, "no_certificate", "RFC 6101, Section 5.4.2", "SSL 3.0: the client has no certificate.", false, "SSL 3.0 only"},
	{42, "bad_certificate", "RFC 8446, Section 6.2", "A certificate is corrupt, or its signature or name does not verify.", true, ""},
	{43, "unsupported_certificate", "RFC 8446, Section 6.2", "A certificate is of a kind that the receiver cannot use.", true, ""},
	{44, "certificate_revoked", "RFC 8446, Section 6.2", "The certificate's issuer has revoked it.", false, ""},
	{45, "certificate_expired", "RFC 8446, Section 6.2", "The certificate has expired or is not valid at this time.", true, ""},
	{46, "certificate_unknown", "RFC 8446, Section 6.2", "Something else makes the certificate unacceptable.", true, ""},
	{47, "illegal_parameter", "RFC 8446, Section 6.2", "A field holds a value that is wrong or that contradicts others.", true, ""},
	{48, "unknown_ca", "RFC 8446, Section 6.2", "The chain of certificates ends at no CA that the receiver trusts.", true, ""},
	{49, "access_denied", "RFC 8446, Section 6.2", "The certificate is valid, but its holder may not do this.", false, ""},
	{50, "decode_error", "RFC 8446, Section 6.2", "A message cannot be parsed: a length or a field is out of range.", true, ""},
	{51, "decrypt_error", "RFC 8446, Section 6.2", "A signature, a Finished value or a PSK binder does not verify.", true, ""},
	{60, "export_restriction", "RFC 2246, Section 7.2.2", "Keys longer than the export rules of the 1990s allowed.", false, "gone since TLS 1.1"},
	{70, "protocol_version", "RFC 8446, Section 6.2", "The peer's version is recognised but not supported.", true, ""},
	{71, "insufficient_security", "RFC 8446, Section 6.2", "The receiver wants stronger parameters than the sender offers.", true, ""},
	{80, "internal_error", "RFC 8446, Section 6.2", "Something unrelated to the peer went wrong.", true, ""},
	{86, "inappropriate_fallback", "RFC 7507, Section 3", "The client retried with a lower version although the server knows a higher one.", true, ""},
	{90, "user_canceled", "RFC 8446, Section 6.1", "The user stopped the handshake.", true, ""},
	{100, "no_renegotiation", "RFC 5246, Section 7.2.2", "TLS 1.2: the sender does not want to renegotiate.", true, ""},
	{109, "missing_extension", "RFC 8446, Section 6.2", "An extension that the other parameters need is not there.", true, ""},
	{110, "unsupported_extension", "RFC 8446, Section 6.2", "A reply holds an extension that does not belong there or was not asked for.", true, ""},
	{111, "certificate_unobtainable", "RFC 6066, Section 9", "A certificate could not be fetched from its URL.", false, ""},
	{112, "unrecognized_name", "RFC 6066, Section 3", "The server has no host of the name that the client asked for.", true, ""},
	{113, "bad_certificate_status_response", "RFC 8446, Section 6.2", "The stapled OCSP response is invalid.", false, ""},
	{114, "bad_certificate_hash_value", "RFC 6066, Section 9", "A fetched certificate has another hash.", false, ""},
	{115, "unknown_psk_identity", "RFC 8446, Section 6.2", "The server knows no pre-shared key of that identity.", false, ""},
	{116, "certificate_required", "RFC 8446, Section 6.2", "The server wants a client certificate and got none.", false, ""},
	{117, "general_error", "draft-ietf-tls-rfc8446bis", "An error for which no other alert fits.", false, ""},
	{120, "no_application_protocol", "RFC 7301, Section 3.2", "The two ends share no application protocol (ALPN).", true, ""},
	{121, "ech_required", "RFC 9849", "The client offered Encrypted ClientHello and the server did not take it.", false, ""},
}

// AlertName names an alert, "" for an unknown one.
func AlertName(code uint8) string {
	row, _ := byCode(Alerts, uint16(code))
	return row.Name
}

// AlertByName returns the code point of an alert by its RFC name.
func AlertByName(name string) (code uint8, ok bool) {
	for _, a := range Alerts {
		if a.Name == name {
			return uint8(a.Code), true
		}
	}
	return 0, false
}

// Alert is the alert message (RFC 8446, Section 6).
type Alert struct {
	Level       uint8
	Description uint8
}

// Code visits the alert's fields.
func (a *Alert) Code(c *wire.Coder) {
	wire.U8(c, "level", &a.Level).Enum(alertLevelName).SetFilter("tls.alert_message.level").SetRef("RFC 8446, Section 6").
		SetNote("In TLS 1.3 only the description counts: all alerts but close_notify and user_canceled are fatal.")
	n := wire.U8(c, "description", &a.Description).SetFilter("tls.alert_message.desc").
		Enum(func(v uint64) string { return AlertName(uint8(v)) })
	if row, ok := byCode(Alerts, uint16(a.Description)); ok {
		n.SetNote(row.Help).SetRef(row.Ref)
	}
}

func alertLevelName(v uint64) string {
	switch uint8(v) {
	case AlertLevelWarning:
		return "warning"
	case AlertLevelFatal:
		return "fatal"
	}
	return ""
}
