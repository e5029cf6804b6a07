package tls

// Extension types that the engines use.
const (
	ExtServerName              uint16 = 0
	ExtMaxFragmentLength       uint16 = 1
	ExtStatusRequest           uint16 = 5
	ExtSupportedGroups         uint16 = 10
	ExtECPointFormats          uint16 = 11
	ExtSignatureAlgorithms     uint16 = 13
	ExtALPN                    uint16 = 16
	ExtPadding                 uint16 = 21
	ExtEncryptThenMAC          uint16 = 22
	ExtExtendedMasterSecret    uint16 = 23
	ExtRecordSizeLimit         uint16 = 28
	ExtSessionTicket           uint16 = 35
	ExtPreSharedKey            uint16 = 41
	ExtEarlyData               uint16 = 42
	ExtSupportedVersions       uint16 = 43
	ExtCookie                  uint16 = 44
	ExtPSKKeyExchangeModes     uint16 = 45
	ExtCertificateAuthorities  uint16 = 47
	ExtPostHandshakeAuth       uint16 = 49
	ExtSignatureAlgorithmsCert uint16 = 50
	ExtKeyShare                uint16 = 51
	ExtRenegotiationInfo       uint16 = 0xff01
)

// ExtensionType is a row of ExtensionTypes.
type ExtensionType struct {
	Row
	In []uint8 // TLS 1.3: handshake types that may carry it (RFC 8446, Section 4.2)
}

const (
	ch  = TypeClientHello
	sh  = TypeServerHello
	hrr = TypeHelloRetryRequest
	ee  = TypeEncryptedExtensions
	ct  = TypeCertificate
	cr  = TypeCertificateRequest
	nst = TypeNewSessionTicket
)

// ExtensionTypes are the extensions, by code point.
var ExtensionTypes = []ExtensionType{
	{Row{0, "server_name", "RFC 6066, Section 3", "The name of the host that the client wants, in the clear: one address may serve many.", true, ""}, []uint8{ch, ee}},
	{Row{1, "max_fragment_length", "RFC 6066, Section 4", "The client asks for shorter records.", false, "record_size_limit has replaced it: RFC 8449"}, []uint8{ch, ee}},
	{Row{2, "client_certificate_url", "RFC 6066, Section 5", "", false, ""}, nil},
	{Row{3, "trusted_ca_keys", "RFC 6066, Section 6", "", false, ""}, nil},
	{Row{4, "truncated_hmac", "RFC 6066, Section 7", "", false, "weakens the MAC: RFC 9325, Section 4.6"}, nil},
	{Row{5, "status_request", "RFC 6066, Section 8", "Send a fresh OCSP response along with the certificate.", true, ""}, []uint8{ch, cr, ct}},
	{Row{10, "supported_groups", "RFC 8446, Section 4.2.7", "Groups for the key exchange, best first.", true, ""}, []uint8{ch, ee}},
	{Row{11, "ec_point_formats", "RFC 8422, Section 5.1.2", "TLS 1.2: how points may be written; only uncompressed is left.", true, ""}, nil},
	{Row{12, "srp", "RFC 5054, Section 2.8.1", "", false, ""}, nil},
	{Row{13, "signature_algorithms", "RFC 8446, Section 4.2.3", "Signature schemes that the sender can verify, best first.", true, ""}, []uint8{ch, cr}},
	{Row{14, "use_srtp", "RFC 5764, Section 4.1", "", false, ""}, []uint8{ch, ee}},
	{Row{15, "heartbeat", "RFC 6520, Section 2", "", false, "the home of Heartbleed"}, []uint8{ch, ee}},
	{Row{16, "application_layer_protocol_negotiation", "RFC 7301, Section 3.1", "Application protocols, best first: h2, http/1.1.", true, ""}, []uint8{ch, ee}},
	{Row{17, "status_request_v2", "RFC 6961, Section 2.2", "", false, "RFC 8446 has retired it"}, nil},
	{Row{18, "signed_certificate_timestamp", "RFC 6962, Section 3.3", "Proof that the certificate is in public logs.", false, ""}, []uint8{ch, cr, ct}},
	{Row{19, "client_certificate_type", "RFC 7250, Section 3", "", false, ""}, []uint8{ch, ee}},
	{Row{20, "server_certificate_type", "RFC 7250, Section 3", "", false, ""}, []uint8{ch, ee}},
	{Row{21, "padding", "RFC 7685, Section 3", "Zeros, to make the message longer.", true, ""}, []uint8{ch}},
	{Row{22, "encrypt_then_mac", "RFC 7366, Section 2", "TLS 1.2, CBC: MAC over the ciphertext.", false, ""}, nil},
	{Row{23, "extended_master_secret", "RFC 7627, Section 5.1", "TLS 1.2: bind the master secret to the whole handshake.", true, ""}, nil},
	{Row{24, "token_binding", "RFC 8472, Section 2", "", false, ""}, nil},
	{Row{25, "cached_info", "RFC 7924, Section 3", "", false, ""}, nil},
	{Row{27, "compress_certificate", "RFC 8879, Section 3", "Certificates may come compressed.", false, ""}, []uint8{ch, cr}},
	{Row{28, "record_size_limit", "RFC 8449, Section 4", "The longest record that the sender wants to receive.", true, ""}, []uint8{ch, ee}},
	{Row{34, "delegated_credential", "RFC 9345, Section 4", "", false, ""}, []uint8{ch, cr, ct}},
	{Row{35, "session_ticket", "RFC 5077, Section 3.2", "TLS 1.2: a ticket of an earlier session, or the wish for one.", true, "TLS 1.3 has pre_shared_key instead"}, nil},
	{Row{41, "pre_shared_key", "RFC 8446, Section 4.2.11", "Keys that both ends share already, from an earlier session or from outside.", true, ""}, []uint8{ch, sh}},
	{Row{42, "early_data", "RFC 8446, Section 4.2.10", "Data before the handshake ends (0-RTT): can be replayed.", false, ""}, []uint8{ch, ee, nst}},
	{Row{43, "supported_versions", "RFC 8446, Section 4.2.1", "The versions offered, or the one chosen: the version that counts.", true, ""}, []uint8{ch, sh, hrr}},
	{Row{44, "cookie", "RFC 8446, Section 4.2.2", "What the server wants to see again in the second ClientHello.", true, ""}, []uint8{ch, hrr}},
	{Row{45, "psk_key_exchange_modes", "RFC 8446, Section 4.2.9", "Whether a pre-shared key goes with a fresh key exchange.", true, ""}, []uint8{ch}},
	{Row{47, "certificate_authorities", "RFC 8446, Section 4.2.4", "The CAs that the sender trusts.", true, ""}, []uint8{ch, cr}},
	{Row{48, "oid_filters", "RFC 8446, Section 4.2.5", "What the client's certificate must contain.", false, ""}, []uint8{cr}},
	{Row{49, "post_handshake_auth", "RFC 8446, Section 4.2.6", "The client may be asked for its certificate later.", false, ""}, []uint8{ch}},
	{Row{50, "signature_algorithms_cert", "RFC 8446, Section 4.2.3", "Signature schemes that the sender accepts in certificates.", true, ""}, []uint8{ch, cr}},
	{Row{51, "key_share", "RFC 8446, Section 4.2.8", "Fresh public keys for the key exchange.", true, ""}, []uint8{ch, sh, hrr}},
	{Row{54, "connection_id", "RFC 9146, Section 3", "", false, ""}, []uint8{ch, sh}},
	{Row{55, "external_id_hash", "RFC 8844, Section 3.1", "", false, ""}, []uint8{ch, ee}},
	{Row{56, "external_session_id", "RFC 8844, Section 4.1", "", false, ""}, []uint8{ch, ee}},
	{Row{57, "quic_transport_parameters", "RFC 9001, Section 8.2", "QUIC's settings.", false, ""}, []uint8{ch, ee}},
	{Row{58, "ticket_request", "RFC 9149, Section 3", "How many tickets the client wants.", false, ""}, []uint8{ch, ee}},
	{Row{59, "dnssec_chain", "RFC 9102, Section 2", "", false, ""}, []uint8{ch, ct}},
	{Row{0x3374, "next_protocol_negotiation", "draft-agl-tls-nextprotoneg", "", false, "replaced by application_layer_protocol_negotiation"}, nil},
	{Row{0x4469, "application_settings", "draft-vvv-tls-alps", "", false, ""}, []uint8{ch, ee}},
	{Row{0x44cd, "application_settings_new", "draft-vvv-tls-alps", "", false, ""}, []uint8{ch, ee}},
	{Row{0xfd00, "ech_outer_extensions", "RFC 9849", "", false, ""}, []uint8{ch}},
	{Row{0xfe0d, "encrypted_client_hello", "RFC 9849", "The real ClientHello, encrypted; or random bytes that look like it.", false, ""}, []uint8{ch, hrr, ee}},
	{Row{0xff01, "renegotiation_info", "RFC 5746, Section 3.2", "TLS 1.2: empty in a first handshake; binds a renegotiation to what came before.", true, ""}, nil},
}

// ExtensionByCode returns an extension's row.
func ExtensionByCode(code uint16) (ExtensionType, bool) { return byCode(ExtensionTypes, code) }

// ExtensionName names an extension, "" for an unknown one.
func ExtensionName(code uint16) string { return nameOf(ExtensionTypes, code) }

// ParseExtension reads an extension's name or a code point: "0x002b".
func ParseExtension(s string) (uint16, error) {
	return parse(ExtensionTypes, "extension", "server_name", s)
}
