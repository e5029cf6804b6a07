package tls

import (
	"cipherglass/crypto/pki"
	"cipherglass/crypto/wire"
)

// Empty is the body of an extension that says all by being there.
type Empty struct{}

// Code visits nothing.
func (*Empty) Code(*wire.Coder) {}

// ServerName is an entry of a ServerNameList.
type ServerName struct {
	Type uint8 // 0 is host_name, the only one there is
	Name []byte
}

// ServerNameList is server_name's body in a ClientHello (RFC 6066, Section 3).
type ServerNameList struct{ Names []ServerName }

// Code visits the list.
func (m *ServerNameList) Code(c *wire.Coder) {
	c.Sub("server_name_list", 2, func() {
		wire.List(c, &m.Names, func(v *ServerName) {
			c.Group("ServerName", func() {
				wire.U8(c, "name_type", &v.Type).Enum(func(v uint64) string {
					if v == 0 {
						return "host_name"
					}
					return ""
				}).SetFilter("tls.handshake.extensions_server_name_type")
				c.Sub("host_name", 2, func() {
					wire.Rest(c, "data", &v.Name).Text(v.Name).SetFilter("tls.handshake.extensions_server_name").SetNote("Readable by everybody on the way.")
				})
			})
		})
	}).SetRef("RFC 6066, Section 3")
}

// MaxFragmentLength is max_fragment_length's body (RFC 6066, Section 4).
type MaxFragmentLength struct{ Exponent uint8 }

// Code visits the code: 1 to 4 stand for 2^9 to 2^12 bytes.
func (m *MaxFragmentLength) Code(c *wire.Coder) {
	n := wire.U8(c, "max_fragment_length", &m.Exponent).SetFilter("tls.handshake.max_fragment_length").SetRef("RFC 6066, Section 4")
	if 1 <= m.Exponent && m.Exponent <= 4 {
		n.Notef("%d bytes", 256<<m.Exponent)
	}
}

// CertificateStatusRequest is status_request's body in a ClientHello (RFC
// 6066, Section 8).
type CertificateStatusRequest struct {
	StatusType        uint8 // 1 is ocsp
	ResponderIDs      []byte
	RequestExtensions []byte
	Other             []byte // the request, for another status type
}

// Code visits the fields.
func (m *CertificateStatusRequest) Code(c *wire.Coder) {
	wire.U8(c, "status_type", &m.StatusType).Enum(statusTypeName).SetFilter("tls.handshake.extensions_status_request_type").SetRef("RFC 6066, Section 8")
	if m.StatusType != 1 {
		wire.Rest(c, "request", &m.Other)
		return
	}
	opaque(c, "responder_id_list", 2, &m.ResponderIDs, "")
	opaque(c, "request_extensions", 2, &m.RequestExtensions, "")
}

func statusTypeName(v uint64) string {
	if v == 1 {
		return "ocsp"
	}
	return ""
}

// CertificateStatus is a stapled OCSP response: a message in TLS 1.2,
// status_request's body in a TLS 1.3 CertificateEntry (RFC 6066, Section 8; RFC
// 8446, Section 4.4.2.1).
type CertificateStatus struct {
	StatusType uint8
	Response   []byte // DER
}

// Code visits the fields.
func (m *CertificateStatus) Code(c *wire.Coder) {
	wire.U8(c, "status_type", &m.StatusType).Enum(statusTypeName).SetFilter("tls.handshake.extensions_status_request_type").SetRef("RFC 6066, Section 8")
	opaque(c, "response", 3, &m.Response, "").SetNote("The CA's word, a short time old, that the certificate is not revoked.")
}

// SupportedGroups is supported_groups' body (RFC 8446, Section 4.2.7).
type SupportedGroups struct{ Groups []uint16 }

// Code visits the list.
func (m *SupportedGroups) Code(c *wire.Coder) {
	n := c.Sub("named_group_list", 2, func() {
		wire.List(c, &m.Groups, func(v *uint16) { codeGroup(c, v, "tls.handshake.extensions_supported_group") })
	}).SetFilter("tls.handshake.extensions_supported_groups").SetRef("RFC 8446, Section 4.2.7")
	count(n, len(m.Groups), "group")
}

func codeGroup(c *wire.Coder, v *uint16, filter string) {
	n := wire.U16(c, "group", v)
	if n == nil {
		return
	}
	n.Enum(groupEnum).SetFilter(filter)
	if row, ok := GroupByCode(*v); ok {
		n.SetRef(row.Ref).SetNote(row.Help)
	} else if IsGREASE(*v) {
		n.SetRef("RFC 8701").SetNote(greaseNote)
	}
}

// ECPointFormats is ec_point_formats' body (RFC 8422, Section 5.1.2).
type ECPointFormats struct{ Formats []byte }

// Code visits the list.
func (m *ECPointFormats) Code(c *wire.Coder) {
	c.Sub("ec_point_format_list", 1, func() {
		wire.List(c, &m.Formats, func(v *byte) {
			wire.U8(c, "ec_point_format", v).SetFilter("tls.handshake.extensions_ec_point_format").Enum(func(v uint64) string {
				if v < 3 {
					return [...]string{"uncompressed", "ansiX962_compressed_prime", "ansiX962_compressed_char2"}[v]
				}
				return ""
			})
		})
	}).SetFilter("tls.handshake.extensions_ec_point_formats").SetRef("RFC 8422, Section 5.1.2")
}

// SignatureAlgorithms is the body of signature_algorithms and of
// signature_algorithms_cert (RFC 8446, Section 4.2.3).
type SignatureAlgorithms struct{ Schemes []uint16 }

// Code visits the list.
func (m *SignatureAlgorithms) Code(c *wire.Coder) {
	codeSchemes(c, "supported_signature_algorithms", &m.Schemes)
}

func codeSchemes(c *wire.Coder, name string, list *[]uint16) {
	n := c.Sub(name, 2, func() {
		wire.List(c, list, func(v *uint16) { codeScheme(c, "algorithm", v) })
	}).SetFilter("tls.handshake.sig_hash_algs").SetRef("RFC 8446, Section 4.2.3")
	count(n, len(*list), "scheme")
}

func codeScheme(c *wire.Coder, name string, v *uint16) {
	n := wire.U16(c, name, v)
	if n == nil {
		return
	}
	n.Enum(schemeEnum).SetFilter("tls.handshake.sig_hash_alg")
	row, ok := SchemeByCode(*v)
	switch {
	case row.Retired != "":
		n.SetRef(row.Ref).SetNote("Retired: " + row.Retired + ".")
	case ok:
		n.SetRef(row.Ref).SetNote(row.Help)
	case IsGREASE(*v):
		n.SetRef("RFC 8701").SetNote(greaseNote)
	}
}

// ProtocolNameList is application_layer_protocol_negotiation's body: the
// client's list, or the server's choice alone (RFC 7301, Section 3.1).
type ProtocolNameList struct{ Protocols [][]byte }

// Code visits the list.
func (m *ProtocolNameList) Code(c *wire.Coder) {
	c.Sub("protocol_name_list", 2, func() {
		wire.List(c, &m.Protocols, func(v *[]byte) {
			c.Sub("ProtocolName", 1, func() {
				wire.Rest(c, "data", v).Text(*v).SetFilter("tls.handshake.extensions_alpn_str")
			})
		})
	}).SetFilter("tls.handshake.extensions_alpn_list").SetRef("RFC 7301, Section 3.1")
}

// SessionTicket is session_ticket's body (RFC 5077, Section 3.2).
type SessionTicket struct{ Ticket []byte }

// Code visits the ticket, which may be empty.
func (m *SessionTicket) Code(c *wire.Coder) {
	wire.Rest(c, "ticket", &m.Ticket).SetFilter("tls.handshake.session_ticket").SetRef("RFC 5077, Section 3.2")
}

// SupportedVersionsClientHello is supported_versions' body in a ClientHello
// (RFC 8446, Section 4.2.1).
type SupportedVersionsClientHello struct{ Versions []uint16 }

// Code visits the list.
func (m *SupportedVersionsClientHello) Code(c *wire.Coder) {
	n := c.Sub("versions", 1, func() {
		wire.List(c, &m.Versions, func(v *uint16) { codeVersion(c, "version", v) })
	}).SetRef("RFC 8446, Section 4.2.1")
	count(n, len(m.Versions), "version").SetNote("What the client really speaks, best first.")
}

// SupportedVersionsServerHello is supported_versions' body in a ServerHello
// or HelloRetryRequest (RFC 8446, Section 4.2.1).
type SupportedVersionsServerHello struct{ SelectedVersion uint16 }

// Code visits the version.
func (m *SupportedVersionsServerHello) Code(c *wire.Coder) {
	codeVersion(c, "selected_version", &m.SelectedVersion)
}

func codeVersion(c *wire.Coder, name string, v *uint16) {
	wire.U16(c, name, v).Enum(versionEnum).SetFilter("tls.handshake.extensions.supported_version").SetRef("RFC 8446, Section 4.2.1")
}

// Cookie is cookie's body (RFC 8446, Section 4.2.2).
type Cookie struct{ Cookie []byte }

// Code visits the cookie.
func (m *Cookie) Code(c *wire.Coder) {
	opaque(c, "cookie", 2, &m.Cookie, "tls.handshake.extensions.cookie").SetRef("RFC 8446, Section 4.2.2")
}

// PskKeyExchangeModes is psk_key_exchange_modes' body (RFC 8446, Section
// 4.2.9).
type PskKeyExchangeModes struct{ Modes []byte }

// Code visits the list.
func (m *PskKeyExchangeModes) Code(c *wire.Coder) {
	c.Sub("ke_modes", 1, func() {
		wire.List(c, &m.Modes, func(v *byte) {
			wire.U8(c, "ke_mode", v).SetFilter("tls.extension.psk_ke_mode").Enum(func(v uint64) string {
				if v < 2 {
					return [...]string{"psk_ke", "psk_dhe_ke"}[v]
				}
				return ""
			})
		})
	}).SetRef("RFC 8446, Section 4.2.9")
}

// KeyShareEntry is a public key of a group (RFC 8446, Section 4.2.8).
type KeyShareEntry struct {
	Group       uint16
	KeyExchange []byte
}

func (e *KeyShareEntry) code(c *wire.Coder) {
	c.Group("KeyShareEntry", func() {
		codeGroup(c, &e.Group, "tls.handshake.extensions_key_share_group")
		opaque(c, "key_exchange", 2, &e.KeyExchange, "tls.handshake.extensions_key_share_key_exchange").
			SetNote("The sender's fresh public key.")
	}).SetRef("RFC 8446, Section 4.2.8")
}

// KeyShareClientHello is key_share's body in a ClientHello.
type KeyShareClientHello struct{ ClientShares []KeyShareEntry }

// Code visits the list.
func (m *KeyShareClientHello) Code(c *wire.Coder) {
	n := c.Sub("client_shares", 2, func() {
		wire.List(c, &m.ClientShares, func(v *KeyShareEntry) { v.code(c) })
	}).SetRef("RFC 8446, Section 4.2.8")
	count(n, len(m.ClientShares), "share")
}

// KeyShareServerHello is key_share's body in a ServerHello.
type KeyShareServerHello struct{ ServerShare KeyShareEntry }

// Code visits the entry.
func (m *KeyShareServerHello) Code(c *wire.Coder) { m.ServerShare.code(c) }

// KeyShareHelloRetryRequest is key_share's body in a HelloRetryRequest.
type KeyShareHelloRetryRequest struct{ SelectedGroup uint16 }

// Code visits the group.
func (m *KeyShareHelloRetryRequest) Code(c *wire.Coder) {
	codeGroup(c, &m.SelectedGroup, "tls.handshake.extensions_key_share_selected_group")
}

// PskIdentity names a pre-shared key.
type PskIdentity struct {
	Identity            []byte
	ObfuscatedTicketAge uint32
}

// OfferedPsks is pre_shared_key's body in a ClientHello (RFC 8446, Section
// 4.2.11).
type OfferedPsks struct {
	Identities []PskIdentity
	Binders    [][]byte
}

// Code visits the lists.
func (m *OfferedPsks) Code(c *wire.Coder) {
	c.Sub("identities", 2, func() {
		wire.List(c, &m.Identities, func(v *PskIdentity) {
			c.Group("PskIdentity", func() {
				opaque(c, "identity", 2, &v.Identity, "tls.handshake.extensions.psk.identity.identity")
				wire.U32(c, "obfuscated_ticket_age", &v.ObfuscatedTicketAge).SetFilter("tls.handshake.extensions.psk.identity.obfuscated_ticket_age")
			})
		})
	}).SetRef("RFC 8446, Section 4.2.11")
	c.Sub("binders", 2, func() {
		wire.List(c, &m.Binders, func(v *[]byte) { opaque(c, "PskBinderEntry", 1, v, "") })
	}).SetFilter("tls.handshake.extensions.psk.binders").SetRef("RFC 8446, Section 4.2.11.2").
		SetNote("A MAC over the ClientHello up to here: whoever offers the key has it.")
}

// SelectedIdentity is pre_shared_key's body in a ServerHello.
type SelectedIdentity struct{ Index uint16 }

// Code visits the index.
func (m *SelectedIdentity) Code(c *wire.Coder) {
	wire.U16(c, "selected_identity", &m.Index).SetFilter("tls.handshake.extensions.psk.identity.selected").SetRef("RFC 8446, Section 4.2.11")
}

// MaxEarlyData is early_data's body in a NewSessionTicket (RFC 8446, Section
// 4.2.10).
type MaxEarlyData struct{ Size uint32 }

// Code visits the size.
func (m *MaxEarlyData) Code(c *wire.Coder) {
	wire.U32(c, "max_early_data_size", &m.Size).Dec("bytes").SetFilter("tls.early_data.max_early_data_size").SetRef("RFC 8446, Section 4.2.10")
}

// RenegotiationInfo is renegotiation_info's body (RFC 5746, Section 3.2).
type RenegotiationInfo struct{ RenegotiatedConnection []byte }

// Code visits the field, empty in a first handshake.
func (m *RenegotiationInfo) Code(c *wire.Coder) {
	opaque(c, "renegotiated_connection", 1, &m.RenegotiatedConnection, "tls.handshake.extensions_reneg_info").SetRef("RFC 5746, Section 3.2")
}

// RecordSizeLimit is record_size_limit's body (RFC 8449, Section 4).
type RecordSizeLimit struct{ Limit uint16 }

// Code visits the limit.
func (m *RecordSizeLimit) Code(c *wire.Coder) {
	wire.U16(c, "record_size_limit", &m.Limit).Dec("bytes").SetFilter("tls.record_size_limit").SetRef("RFC 8449, Section 4")
}

// Padding is padding's body: zeros (RFC 7685, Section 3).
type Padding struct{ Zeros []byte }

// Code visits the zeros.
func (m *Padding) Code(c *wire.Coder) {
	wire.Rest(c, "padding", &m.Zeros).SetFilter("tls.handshake.extensions_padding_data").SetRef("RFC 7685, Section 3")
}

// CertificateAuthorities is certificate_authorities' body: distinguished
// names in DER (RFC 8446, Section 4.2.4).
type CertificateAuthorities struct{ Authorities [][]byte }

// Code visits the list.
func (m *CertificateAuthorities) Code(c *wire.Coder) {
	codeAuthorities(c, "authorities", &m.Authorities)
}

func codeAuthorities(c *wire.Coder, name string, list *[][]byte) {
	c.Sub(name, 2, func() {
		wire.List(c, list, func(v *[]byte) {
			c.Sub("DistinguishedName", 2, func() { pki.CodeName(c, v) }).SetFilter("tls.handshake.dname")
		})
	}).SetFilter("tls.handshake.dnames").SetRef("RFC 8446, Section 4.2.4")
}
