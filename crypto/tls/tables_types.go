package tls

// Content types of records (RFC 8446, Section 5.1).
const (
	ContentChangeCipherSpec uint8 = 20
	ContentAlert            uint8 = 21
	ContentHandshake        uint8 = 22
	ContentApplicationData  uint8 = 23
)

// ContentTypes are the record content types.
var ContentTypes = []Row{
	{20, "change_cipher_spec", "RFC 8446, Section 5", "TLS 1.2: from here on the new keys protect. TLS 1.3: means nothing, sent for the sake of middleboxes.", true, ""},
	{21, "alert", "RFC 8446, Section 6", "An alert.", true, ""},
	{22, "handshake", "RFC 8446, Section 4", "Handshake messages, or parts of them.", true, ""},
	{23, "application_data", "RFC 8446, Section 5.2", "Application data; in TLS 1.3 anything that is encrypted.", true, ""},
	{24, "heartbeat", "RFC 6520, Section 3", "Heartbeat.", false, "the home of Heartbleed; nobody offers it now"},
	{25, "tls12_cid", "RFC 9146, Section 3", "DTLS 1.2 with a connection ID.", false, ""},
	{26, "ack", "RFC 9147, Section 7", "DTLS 1.3 acknowledgement.", false, ""},
}

// ContentTypeName names a content type, "" for an unknown one.
func ContentTypeName(code uint8) string {
	row, _ := byCode(ContentTypes, uint16(code))
	return row.Name
}

// Handshake types (RFC 8446, Section 4; RFC 5246, Section 7.4).
const (
	TypeHelloRequest        uint8 = 0
	TypeClientHello         uint8 = 1
	TypeServerHello         uint8 = 2
	TypeNewSessionTicket    uint8 = 4
	TypeEndOfEarlyData      uint8 = 5
	TypeHelloRetryRequest   uint8 = 6 // on the wire a ServerHello; here it tells extension forms apart
	TypeEncryptedExtensions uint8 = 8
	TypeCertificate         uint8 = 11
	TypeServerKeyExchange   uint8 = 12
	TypeCertificateRequest  uint8 = 13
	TypeServerHelloDone     uint8 = 14
	TypeCertificateVerify   uint8 = 15
	TypeClientKeyExchange   uint8 = 16
	TypeFinished            uint8 = 20
	TypeCertificateStatus   uint8 = 22
	TypeKeyUpdate           uint8 = 24
	TypeMessageHash         uint8 = 254
)

// HandshakeType is a row of HandshakeTypes.
type HandshakeType struct {
	Row
	Message string // "ClientHello"
}

// HandshakeTypes are the handshake message types.
var HandshakeTypes = []HandshakeType{
	{Row{0, "hello_request", "RFC 5246, Section 7.4.1.1", "The server asks for a new handshake.", true, "TLS 1.3 has no renegotiation"}, "HelloRequest"},
	{Row{1, "client_hello", "RFC 8446, Section 4.1.2", "What the client offers: versions, suites, groups, key shares.", true, ""}, "ClientHello"},
	{Row{2, "server_hello", "RFC 8446, Section 4.1.3", "What the server chose. With a fixed random value it is a HelloRetryRequest.", true, ""}, "ServerHello"},
	{Row{3, "hello_verify_request", "RFC 6347, Section 4.2.1", "DTLS 1.2: prove that you receive at your address.", false, ""}, "HelloVerifyRequest"},
	{Row{4, "new_session_ticket", "RFC 8446, Section 4.6.1", "A ticket to resume this session with.", true, ""}, "NewSessionTicket"},
	{Row{5, "end_of_early_data", "RFC 8446, Section 4.5", "The client's 0-RTT data ends here.", false, ""}, "EndOfEarlyData"},
	{Row{6, "hello_retry_request", "RFC 8446, Section 4.1.4", "In drafts of TLS 1.3 only: now a ServerHello.", false, "a ServerHello with a fixed random value has replaced it"}, "HelloRetryRequest"},
	{Row{8, "encrypted_extensions", "RFC 8446, Section 4.3.1", "The server's answers that need not be public.", true, ""}, "EncryptedExtensions"},
	{Row{9, "request_connection_id", "RFC 9147, Section 9", "DTLS 1.3.", false, ""}, "RequestConnectionId"},
	{Row{10, "new_connection_id", "RFC 9147, Section 9", "DTLS 1.3.", false, ""}, "NewConnectionId"},
	{Row{11, "certificate", "RFC 8446, Section 4.4.2", "The sender's certificate and those above it.", true, ""}, "Certificate"},
	{Row{12, "server_key_exchange", "RFC 5246, Section 7.4.3", "TLS 1.2: the server's fresh public key, signed.", true, "TLS 1.3 has key_share instead"}, "ServerKeyExchange"},
	{Row{13, "certificate_request", "RFC 8446, Section 4.3.2", "The server wants to see the client's certificate.", true, ""}, "CertificateRequest"},
	{Row{14, "server_hello_done", "RFC 5246, Section 7.4.5", "TLS 1.2: it is the client's turn.", true, "TLS 1.3 does without"}, "ServerHelloDone"},
	{Row{15, "certificate_verify", "RFC 8446, Section 4.4.3", "A signature over the handshake: the sender holds its certificate's private key.", true, ""}, "CertificateVerify"},
	{Row{16, "client_key_exchange", "RFC 5246, Section 7.4.7", "TLS 1.2: the client's public key, or the encrypted premaster secret.", true, "TLS 1.3 has key_share instead"}, "ClientKeyExchange"},
	{Row{17, "client_certificate_request", "IANA TLS HandshakeType", "", false, ""}, "ClientCertificateRequest"},
	{Row{20, "finished", "RFC 8446, Section 4.4.4", "A MAC over the whole handshake: both ends saw the same.", true, ""}, "Finished"},
	{Row{21, "certificate_url", "RFC 6066, Section 5", "", false, ""}, "CertificateURL"},
	{Row{22, "certificate_status", "RFC 6066, Section 8", "TLS 1.2: the stapled OCSP response.", true, ""}, "CertificateStatus"},
	{Row{23, "supplemental_data", "RFC 4680", "", false, ""}, "SupplementalData"},
	{Row{24, "key_update", "RFC 8446, Section 4.6.3", "The sender's next record uses new keys.", true, ""}, "KeyUpdate"},
	{Row{25, "compressed_certificate", "RFC 8879, Section 4", "A Certificate message, compressed.", false, ""}, "CompressedCertificate"},
	{Row{254, "message_hash", "RFC 8446, Section 4.4.1", "Never sent: stands for the first ClientHello in the transcript after a HelloRetryRequest.", true, ""}, "MessageHash"},
}

// HandshakeTypeName names a handshake type as the RFC's enum does
// ("client_hello"), "" for an unknown one.
func HandshakeTypeName(code uint8) string {
	row, _ := byCode(HandshakeTypes, uint16(code))
	return row.Name
}

// MessageName names a handshake message by its type: "ClientHello"; "" for an
// unknown one.
func MessageName(code uint8) string {
	row, _ := byCode(HandshakeTypes, uint16(code))
	return row.Message
}
