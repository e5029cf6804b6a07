package tls

import "cipherglass/crypto/wire"

// Extension is one extension (RFC 8446, Section 4.2). Lists keep their order,
// duplicates and unknown entries.
type Extension struct {
	Type uint16
	Body wire.Message // the described form, nil for an extension that has none
	Raw  []byte       // extension_data as received; what is sent when Body is nil
}

// Find returns the first extension whose body is of type T:
//
//	share, ok := Find[*KeyShareClientHello](hello.Extensions)
func Find[T wire.Message](list []Extension) (body T, ok bool) {
	for i := range list {
		if body, ok = list[i].Body.(T); ok {
			return body, true
		}
	}
	return body, false
}

// Has returns the first extension of a type.
func Has(list []Extension, typ uint16) (*Extension, bool) {
	for i := range list {
		if list[i].Type == typ {
			return &list[i], true
		}
	}
	return nil, false
}

// Duplicate returns the first extension type that a list holds twice. RFC
// 8446, Section 4.2: there MUST NOT be more than one of a type.
func Duplicate(list []Extension) (typ uint16, ok bool) {
	for i := range list {
		if first, _ := Has(list, list[i].Type); first != &list[i] {
			return list[i].Type, true
		}
	}
	return 0, false
}

func codeExtensions(c *wire.Coder, list *[]Extension, in uint8) {
	n := c.Sub("extensions", 2, func() {
		wire.List(c, list, func(v *Extension) { v.code(c, in) })
	}).SetRef("RFC 8446, Section 4.2")
	count(n, len(*list), "extension")
}

// codeOptionalExtensions is for hellos, whose extensions field may be absent
// altogether (RFC 5246, Section 7.4.1.2).
func codeOptionalExtensions(c *wire.Coder, none *bool, list *[]Extension, in uint8) {
	present := !*none || len(*list) > 0
	if c.Present(&present) {
		codeExtensions(c, list, in)
	}
	*none = !present
}

func (x *Extension) code(c *wire.Coder, in uint8) {
	name := "extension"
	if c.Wants() && c.Decoding() {
		name = extensionNodeName(c.Peek(2))
	} else if c.Wants() {
		name = extensionNodeName([]byte{byte(x.Type >> 8), byte(x.Type)})
	}
	c.Group(name, func() {
		n := wire.U16(c, "extension_type", &x.Type)
		if n != nil {
			describeExtensionType(n, x.Type)
		}
		c.Sub("extension_data", 2, func() { x.codeData(c, in) })
	})
}

func (x *Extension) codeData(c *wire.Coder, in uint8) {
	if c.Decoding() {
		x.Raw = c.Peek(c.Left())
		x.Body = extensionBody(x.Type, in)
	}
	if x.Body != nil {
		x.Body.Code(c)
		return
	}
	if len(x.Raw) > 0 {
		wire.Rest(c, "data", &x.Raw).SetFilter("tls.handshake.extension.data")
	}
}

func extensionNodeName(code []byte) string {
	if len(code) < 2 {
		return "extension"
	}
	if name := ExtensionName(uint16(code[0])<<8 | uint16(code[1])); name != "" {
		return name
	}
	return "unknown_extension"
}

func describeExtensionType(n *wire.Node, typ uint16) {
	n.Enum(extEnum).SetFilter("tls.handshake.extension.type").SetRef("RFC 8446, Section 4.2")
	if row, ok := ExtensionByCode(typ); ok {
		n.SetRef(row.Ref).SetNote(row.Help)
	} else if IsGREASE(typ) {
		n.SetRef("RFC 8701").SetNote(greaseNote)
	}
}

// extensionBody returns an empty body for an extension in a handshake message
// of type in, nil when it has no description there.
func extensionBody(typ uint16, in uint8) wire.Message {
	client := in == TypeClientHello
	asks := client || in == TypeCertificateRequest
	switch typ {
	case ExtServerName:
		if client {
			return &ServerNameList{}
		}
		return &Empty{}
	case ExtMaxFragmentLength:
		return &MaxFragmentLength{}
	case ExtStatusRequest:
		return statusBody(in)
	case ExtSupportedGroups:
		return &SupportedGroups{}
	case ExtECPointFormats:
		return &ECPointFormats{}
	case ExtSignatureAlgorithms, ExtSignatureAlgorithmsCert:
		return &SignatureAlgorithms{}
	case ExtALPN:
		return &ProtocolNameList{}
	case ExtPadding:
		return &Padding{}
	case ExtEncryptThenMAC, ExtExtendedMasterSecret, ExtPostHandshakeAuth:
		return &Empty{}
	case ExtRecordSizeLimit:
		return &RecordSizeLimit{}
	case ExtSessionTicket:
		return &SessionTicket{}
	case ExtPreSharedKey:
		if client {
			return &OfferedPsks{}
		}
		return &SelectedIdentity{}
	case ExtEarlyData:
		if in == TypeNewSessionTicket {
			return &MaxEarlyData{}
		}
		return &Empty{}
	case ExtSupportedVersions:
		if client {
			return &SupportedVersionsClientHello{}
		}
		return &SupportedVersionsServerHello{}
	case ExtCookie:
		return &Cookie{}
	case ExtPSKKeyExchangeModes:
		return &PskKeyExchangeModes{}
	case ExtCertificateAuthorities:
		if asks {
			return &CertificateAuthorities{}
		}
	case ExtKeyShare:
		return keyShareBody(in)
	case ExtRenegotiationInfo:
		return &RenegotiationInfo{}
	}
	return nil
}

func statusBody(in uint8) wire.Message {
	switch in {
	case TypeClientHello:
		return &CertificateStatusRequest{}
	case TypeCertificate:
		return &CertificateStatus{}
	case TypeServerHello:
		return &Empty{}
	}
	return nil
}

func keyShareBody(in uint8) wire.Message {
	switch in {
	case TypeClientHello:
		return &KeyShareClientHello{}
	case TypeHelloRetryRequest:
		return &KeyShareHelloRetryRequest{}
	}
	return &KeyShareServerHello{}
}
