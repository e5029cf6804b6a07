package tls

import (
	"fmt"
	"strings"

	"cipherglass/crypto/engine"
)

// Failures of records.
var (
	codeRecordOverflow = &engine.Code{ID: "tls/record-overflow", Alert: "record_overflow", Ref: "RFC 8446, Section 5.2", Field: "length",
		Sentence: "A record came with %s bytes where at most %s are allowed."}
	codeBadRecordMAC = &engine.Code{ID: "tls/bad-record-mac", Alert: "bad_record_mac", Ref: "RFC 8446, Section 5.2", Field: "encrypted_record",
		Sentence: "A record does not verify under %s with sequence number %s: a byte of it was changed on the way, or the two ends hold different keys."}
	codeUnprotectedRecord = &engine.Code{ID: "tls/unprotected-record", Alert: "unexpected_message", Ref: "RFC 8446, Section 5", Field: "type",
		Sentence: "A record of type %s came unprotected where only encrypted records are allowed."}
	codeNoContentType = &engine.Code{ID: "tls/no-content-type", Alert: "unexpected_message", Ref: "RFC 8446, Section 5.4", Field: "type",
		Sentence: "A decrypted record holds nothing but zeros, so it has no content type."}
	codeUnknownContentType = &engine.Code{ID: "tls/unknown-content-type", Alert: "unexpected_message", Ref: "RFC 8446, Section 5", Field: "type",
		Sentence: "A record came with content type %s, which TLS does not know: this is perhaps no TLS at all."}
	codeBadRecordVersion = &engine.Code{ID: "tls/bad-record-version", Alert: "protocol_version", Ref: "RFC 8446, Section 5.1", Field: "legacy_record_version",
		Sentence: "A record came with version %s, which is no version of TLS: this is perhaps no TLS at all."}
	codeEmptyRecord = &engine.Code{ID: "tls/empty-record", Alert: "unexpected_message", Ref: "RFC 8446, Section 5.1", Field: "length",
		Sentence: "A record of type %s is empty, which only application data may be."}
	codeUnexpectedRecord = &engine.Code{ID: "tls/unexpected-record", Alert: "unexpected_message", Ref: "RFC 8446, Section 5", Field: "type",
		Sentence: "A record of type %s came in state %s, which does not allow it."}
	codeBadChangeCipherSpec = &engine.Code{ID: "tls/bad-change-cipher-spec", Alert: "unexpected_message", Ref: "RFC 8446, Section 5", Field: "change_cipher_spec",
		Sentence: "A change_cipher_spec record must hold the one byte 1; it holds %s."}
	codeInterleaved = &engine.Code{ID: "tls/interleaved-message", Alert: "unexpected_message", Ref: "RFC 8446, Section 5.1", Field: "type",
		Sentence: "A record of type %s came in the middle of a handshake message."}
	codeKeyChangeInsideRecord = &engine.Code{ID: "tls/key-change-inside-record", Alert: "unexpected_message", Ref: "RFC 8446, Section 5.1", Field: "fragment",
		Sentence: "%s changes the keys, but more handshake bytes follow it in the same record."}
	codeSequenceExhausted = &engine.Code{ID: "tls/sequence-exhausted", Alert: "internal_error", Ref: "RFC 8446, Section 5.3", Field: "sequence_number",
		Sentence: "The sequence number would wrap."}
	codeBadAlert = &engine.Code{ID: "tls/bad-alert", Alert: "decode_error", Ref: "RFC 8446, Section 6", Field: "alert",
		Sentence: "An alert must be two bytes in a record of its own; this one has %s."}
	codeMessageTooLong = &engine.Code{ID: "tls/message-too-long", Alert: "decode_error", Ref: "RFC 8446, Section 4", Field: "length",
		Sentence: "A handshake message announces %s bytes; no more than %s are taken."}
)

// Failures of the connection.
var (
	codePeerAlert = &engine.Code{ID: "tls/peer-alert", Ref: "RFC 8446, Section 6.2", Field: "description",
		Sentence: "The peer ended the connection with the alert %s. %s"}
	codeStreamEnded = &engine.Code{ID: "tls/stream-ended", Ref: "RFC 8446, Section 6.1", Field: "close_notify",
		Sentence: "The peer's stream ended in state %s without a close_notify: whoever cut it may have cut data away too."}
	codeNotConnected = &engine.Code{ID: "tls/not-connected", Ref: "RFC 8446, Section 5", Field: "application_data",
		Sentence: "%s is not possible in state %s."}
	codeNotPossible = &engine.Code{ID: "tls/not-possible", Ref: "RFC 8446, Section 4.6.3", Field: "command",
		Sentence: "The command %s is not possible in %s."}
	codeInternal = &engine.Code{ID: "tls/internal-error", Alert: "internal_error", Ref: "RFC 8446, Section 6.2",
		Sentence: "Something went wrong that is not the peer's fault: %s."}
)

// Failures of messages.
var (
	codeUnexpectedMessage = &engine.Code{ID: "tls/unexpected-message", Alert: "unexpected_message", Ref: "RFC 8446, Section 4", Field: "msg_type",
		Sentence: "A %s message came in state %s, which waits for %s."}
	codeDecodeError = &engine.Code{ID: "tls/decode-error", Alert: "decode_error", Ref: "RFC 8446, Section 6.2",
		Sentence: "The %s message cannot be read: %s."}
	codeIllegalParameter = &engine.Code{ID: "tls/illegal-parameter", Alert: "illegal_parameter", Ref: "RFC 8446, Section 4.1.3",
		Sentence: "%s holds %s, which is not allowed: %s."}
	codeUnsupportedExtension = &engine.Code{ID: "tls/unsupported-extension", Alert: "unsupported_extension", Ref: "RFC 8446, Section 4.2", Field: "extensions",
		Sentence: "%s holds the extension %s, %s."}
	codeMissingExtension = &engine.Code{ID: "tls/missing-extension", Alert: "missing_extension", Ref: "RFC 8446, Section 9.2", Field: "extensions",
		Sentence: "%s lacks the extension %s, which %s needs."}
	codeDuplicateExtension = &engine.Code{ID: "tls/duplicate-extension", Alert: "illegal_parameter", Ref: "RFC 8446, Section 4.2", Field: "extensions",
		Sentence: "%s holds the extension %s twice."}
)

// Failures of negotiation.
var (
	codeNoVersion = &engine.Code{ID: "tls/no-common-version", Alert: "protocol_version", Ref: "RFC 8446, Section 4.2.1", Field: "supported_versions",
		Sentence: "The two ends have no protocol version in common: the client offers %s, the server accepts %s."}
	codeNoSuite = &engine.Code{ID: "tls/no-common-cipher-suite", Alert: "handshake_failure", Ref: "RFC 8446, Section 4.1.1", Field: "cipher_suites",
		Sentence: "The two ends have no cipher suite for %s in common: the client offers %s, the server accepts %s."}
	codeNoSuiteForCertificate = &engine.Code{ID: "tls/no-cipher-suite-for-certificate", Alert: "handshake_failure", Ref: "RFC 5246, Section 7.4.2", Field: "cipher_suites",
		Sentence: "None of the common cipher suites (%s) can use the server's certificate, whose key is %s."}
	codeCertificateCurve = &engine.Code{ID: "tls/certificate-curve", Alert: "handshake_failure", Ref: "RFC 8422, Section 5.3", Field: "supported_groups",
		Sentence: "The server's certificate holds an ECDSA key on %s, and in TLS 1.2 the client must list that curve too: it offers %s."}
	codeNoGroup = &engine.Code{ID: "tls/no-common-group", Alert: "handshake_failure", Ref: "RFC 8446, Section 4.1.1", Field: "supported_groups",
		Sentence: "The two ends have no key exchange group in common: the client offers %s, the server accepts %s."}
	codeNeedsRetry = &engine.Code{ID: "tls/needs-hello-retry-request", Alert: "handshake_failure", Ref: "RFC 8446, Section 4.1.4", Field: "key_share",
		Sentence: "The client offers the group %s but sent no key share for it (its shares: %s). A server would now ask again with a HelloRetryRequest; this one does not."}
	codeRetryReceived = &engine.Code{ID: "tls/hello-retry-request", Alert: "handshake_failure", Ref: "RFC 8446, Section 4.1.4", Field: "random",
		Sentence: "The server answered with a HelloRetryRequest: it wants another key share. This client sends all its shares at once and does not try again."}
	codeNoSignatureAlgorithm = &engine.Code{ID: "tls/no-common-signature-algorithm", Alert: "handshake_failure", Ref: "RFC 8446, Section 4.4.2.2", Field: "signature_algorithms",
		Sentence: "There is no signature algorithm that the server's key (%s) can do and that both ends allow: the client offers %s, the server accepts %s."}
	codeNoApplicationProtocol = &engine.Code{ID: "tls/no-application-protocol", Alert: "no_application_protocol", Ref: "RFC 7301, Section 3.2", Field: "application_layer_protocol_negotiation",
		Sentence: "The two ends have no application protocol in common: the client offers %s, the server accepts %s."}
	codeNoIdentity = &engine.Code{ID: "tls/no-certificate", Alert: "handshake_failure", Ref: "RFC 8446, Section 4.4.2", Field: "certificate",
		Sentence: "The server has no certificate, and every handshake here needs one."}
	codeNothingToOffer = &engine.Code{ID: "tls/nothing-to-offer", Ref: "RFC 8446, Section 4.1.2", Field: "supported_versions",
		Sentence: "The client has no %s to offer, so it cannot even begin."}
	codeDowngrade = &engine.Code{ID: "tls/downgrade-detected", Alert: "illegal_parameter", Ref: "RFC 8446, Section 4.1.3", Field: "random",
		Sentence: "The server chose %s, but the last 8 bytes of its random value say that it can do better, as this client can: somebody on the path removed the better offer."}
	codeFallback = &engine.Code{ID: "tls/inappropriate-fallback", Alert: "inappropriate_fallback", Ref: "RFC 7507, Section 3", Field: "cipher_suites",
		Sentence: "The client says with TLS_FALLBACK_SCSV that it retried with a lower version, yet the server can do %s: something between them broke the first try."}
	codeRenegotiation = &engine.Code{ID: "tls/renegotiation-info", Alert: "handshake_failure", Ref: "RFC 5746, Section 3.4", Field: "renegotiation_info",
		Sentence: "renegotiation_info must be empty in a first handshake; it has %s bytes."}
	codeNoRenegotiation = &engine.Code{ID: "tls/no-renegotiation", Alert: "no_renegotiation", Ref: "RFC 5246, Section 7.2.2", Field: "msg_type",
		Sentence: "The peer asked for a new handshake (%s), which this end does not do."}
)

// Failures of authentication and key exchange.
var (
	codeCannotPerform = &engine.Code{ID: "tls/cannot-perform", Alert: "handshake_failure", Ref: "RFC 8446, Section 4.1.3", Field: "cipher_suite",
		Sentence: "The server chose the %s %s, which the client offered but cannot perform."}
	codeBadShare = &engine.Code{ID: "tls/bad-key-share", Alert: "illegal_parameter", Ref: "RFC 8446, Section 4.2.8.2", Field: "key_exchange",
		Sentence: "The peer's public key is no valid key of %s: %s."}
	codeBadSignature = &engine.Code{ID: "tls/bad-signature", Alert: "decrypt_error", Ref: "RFC 8446, Section 4.4.3", Field: "signature",
		Sentence: "The server's %s signature does not verify with the key of its certificate: it does not hold the private key, or the handshake was changed on the way."}
	codeBadFinished = &engine.Code{ID: "tls/bad-finished", Alert: "decrypt_error", Ref: "RFC 8446, Section 4.4.4", Field: "verify_data",
		Sentence: "The %s's Finished does not verify: the two ends did not see the same handshake."}
	codeEmptyCertificate = &engine.Code{ID: "tls/empty-certificate", Alert: "decode_error", Ref: "RFC 8446, Section 4.4.2.4", Field: "certificate_list",
		Sentence: "The server's Certificate message holds no certificate."}
	codeWrongKeyType = &engine.Code{ID: "tls/wrong-certificate-key", Alert: "unsupported_certificate", Ref: "RFC 5246, Section 7.4.2", Field: "certificate_list",
		Sentence: "The server's certificate holds %s, which %s cannot use."}
)

// list names code points in words: "A, B and C", "nothing" for none.
func list(codes []uint16, name func(uint16) string) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = named16(c, name)
	}
	return words(names)
}

// named16 is a code point's name, or its number where it has none.
func named16(c uint16, name func(uint16) string) string {
	if n := name(c); n != "" {
		return n
	}
	return fmt.Sprintf("0x%04x", c)
}

func words(names []string) string {
	switch n := len(names); n {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// contentTypeWords names a content type, by number if need be.
func contentTypeWords(typ uint8) string {
	if n := ContentTypeName(typ); n != "" {
		return n
	}
	return fmt.Sprint(typ)
}
