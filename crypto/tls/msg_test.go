package tls

import (
	"bytes"
	gotls "crypto/tls"
	"os"
	"testing"

	"cipherglass/crypto/wire"
	"cipherglass/crypto/wire/wiretest"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// record returns the fragment of a record file.
func record(t testing.TB, name string) []byte { return sample(t, name)[RecordHeaderLen:] }

// inner returns the content of a file that holds a TLSInnerPlaintext.
func inner(t testing.TB, name string) []byte {
	b := sample(t, name)
	return b[:len(b)-1]
}

type messageCase struct {
	name string
	ctx  Context
	msg  []byte
}

func messages(t testing.TB) []messageCase {
	v12 := Context{Version: TLS12, Suite: 0xc013, FromServer: true} // TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
	v13 := Context{Version: TLS13, Suite: TLS_AES_256_GCM_SHA384, FromServer: true}
	cases := []messageCase{
		{"ClientHello 1.2", Context{}, record(t, "illustrated-tls12/clienthello")},
		{"ServerHello 1.2", v12, record(t, "illustrated-tls12/serverhello")},
		{"Certificate 1.2", v12, record(t, "illustrated-tls12/servercert")},
		{"ServerKeyExchange", v12, record(t, "illustrated-tls12/serverkeyexchange")},
		{"ServerHelloDone", v12, record(t, "illustrated-tls12/serverhellodone")},
		{"ClientKeyExchange ECDHE", v12, record(t, "illustrated-tls12/clientkeyexchange")},
		{"Finished 1.2", v12, sample(t, "illustrated-tls12/clientfinishedplain")[:16]},
		{"ClientHello 1.3", Context{}, record(t, "illustrated-tls13/clienthello")},
		{"ServerHello 1.3", v13, record(t, "illustrated-tls13/serverhello")},
		{"EncryptedExtensions", v13, inner(t, "illustrated-tls13/serverextensions")},
		{"Certificate 1.3", v13, inner(t, "illustrated-tls13/servercert")},
		{"CertificateVerify", v13, inner(t, "illustrated-tls13/servercertverify")},
		{"Finished 1.3", v13, inner(t, "illustrated-tls13/serverfinished")},
		{"NewSessionTicket 1.3", v13, inner(t, "illustrated-tls13/serverticket1")},
	}
	build := func(name string, typ uint8, body wire.Message, ctx Context) {
		b, err := AppendHandshake(nil, typ, body, ctx)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases = append(cases, messageCase{name, ctx, b})
	}
	build("HelloRequest", TypeHelloRequest, &HelloRequest{}, v12)
	build("EndOfEarlyData", TypeEndOfEarlyData, &EndOfEarlyData{}, v13)
	build("KeyUpdate", TypeKeyUpdate, &KeyUpdate{RequestUpdate: 1}, v13)
	build("ClientKeyExchange RSA", TypeClientKeyExchange, &ClientKeyExchange{EncryptedPreMasterSecret: bytes.Repeat([]byte{7}, 256)}, Context{Version: TLS12, Suite: TLS_RSA_WITH_AES_128_CBC_SHA})
	build("NewSessionTicket 1.2", TypeNewSessionTicket, &NewSessionTicket12{TicketLifetimeHint: 7200, Ticket: []byte("ticket")}, v12)
	build("CertificateStatus", TypeCertificateStatus, &CertificateStatus{StatusType: 1, Response: []byte("ocsp")}, v12)
	build("CertificateRequest 1.3", TypeCertificateRequest, &CertificateRequest{Extensions: []Extension{
		{Type: ExtSignatureAlgorithms, Body: &SignatureAlgorithms{[]uint16{ED25519}}},
		{Type: ExtCertificateAuthorities, Body: &CertificateAuthorities{[][]byte{{0x30, 0}}}},
		{Type: ExtStatusRequest},
	}}, v13)
	build("CertificateRequest 1.2", TypeCertificateRequest, &CertificateRequest12{[]byte{1, 64}, []uint16{RSA_PKCS1_SHA256}, [][]byte{{0x30, 0}}}, v12)
	build("Certificate 1.3 with OCSP", TypeCertificate, &Certificate{CertificateList: []CertificateEntry{{CertData: []byte("cert"), Extensions: []Extension{
		{Type: ExtStatusRequest, Body: &CertificateStatus{1, []byte("ocsp")}}}}}}, v13)
	build("HelloRetryRequest", TypeServerHello, &ServerHello{LegacyVersion: TLS12, Random: RetryRandom, CipherSuite: TLS_AES_128_GCM_SHA256, Extensions: []Extension{
		{Type: ExtSupportedVersions, Body: &SupportedVersionsServerHello{TLS13}},
		{Type: ExtKeyShare, Body: &KeyShareHelloRetryRequest{X25519}},
		{Type: ExtCookie, Body: &Cookie{[]byte("cookie")}},
	}}, Context{})
	build("ServerHello with PSK", TypeServerHello, &ServerHello{LegacyVersion: TLS12, Random: make([]byte, 32), CipherSuite: TLS_AES_128_GCM_SHA256, Extensions: []Extension{
		{Type: ExtSupportedVersions, Body: &SupportedVersionsServerHello{TLS13}},
		{Type: ExtPreSharedKey, Body: &SelectedIdentity{1}},
		{Type: ExtKeyShare, Body: &KeyShareServerHello{KeyShareEntry{X25519, make([]byte, 32)}}},
	}}, Context{})
	build("ServerHello without extensions", TypeServerHello, &ServerHello{LegacyVersion: TLS12, Random: make([]byte, 32), CipherSuite: TLS_RSA_WITH_AES_128_CBC_SHA, NoExtensions: true}, Context{})
	build("EncryptedExtensions full", TypeEncryptedExtensions, &EncryptedExtensions{[]Extension{
		{Type: ExtServerName, Body: &Empty{}},
		{Type: ExtALPN, Body: &ProtocolNameList{[][]byte{[]byte("h2")}}},
		{Type: ExtSupportedGroups, Body: &SupportedGroups{[]uint16{X25519}}},
		{Type: ExtEarlyData, Body: &Empty{}},
	}}, v13)
	build("NewSessionTicket with early data", TypeNewSessionTicket, &NewSessionTicket{Ticket: []byte{1}, Extensions: []Extension{{Type: ExtEarlyData, Body: &MaxEarlyData{16384}}}}, v13)
	build("ClientHello with everything", TypeClientHello, everything(), Context{})
	build("unknown type", 99, &Opaque{Data: []byte("bytes")}, Context{})
	return cases
}

// everything offers every extension that has a description, GREASE, unknown
// ones and a duplicate.
func everything() *ClientHello {
	return &ClientHello{
		LegacyVersion: TLS12, Random: bytes.Repeat([]byte{9}, 32), LegacySessionID: make([]byte, 32),
		CipherSuites:             []uint16{0x2a2a, TLS_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_EMPTY_RENEGOTIATION_INFO_SCSV, 0x1301, 0xfefe},
		LegacyCompressionMethods: []byte{0},
		Extensions: []Extension{
			{Type: 0x3a3a},
			{Type: ExtServerName, Body: &ServerNameList{[]ServerName{{0, []byte("example.com")}}}},
			{Type: ExtMaxFragmentLength, Body: &MaxFragmentLength{2}},
			{Type: ExtStatusRequest, Body: &CertificateStatusRequest{StatusType: 1}},
			{Type: ExtSupportedGroups, Body: &SupportedGroups{[]uint16{0x4a4a, X25519, SECP256R1, 0x11ec}}},
			{Type: ExtECPointFormats, Body: &ECPointFormats{[]byte{0, 1}}},
			{Type: ExtSignatureAlgorithms, Body: &SignatureAlgorithms{[]uint16{ECDSA_SECP256R1_SHA256, 0x0201, 0x1a1a}}},
			{Type: ExtSignatureAlgorithmsCert, Body: &SignatureAlgorithms{[]uint16{RSA_PKCS1_SHA256}}},
			{Type: ExtALPN, Body: &ProtocolNameList{[][]byte{[]byte("h2"), []byte("http/1.1")}}},
			{Type: ExtExtendedMasterSecret, Body: &Empty{}},
			{Type: ExtSessionTicket, Body: &SessionTicket{}},
			{Type: ExtSupportedVersions, Body: &SupportedVersionsClientHello{[]uint16{0x5a5a, TLS13, TLS12}}},
			{Type: ExtCookie, Body: &Cookie{[]byte("cookie")}},
			{Type: ExtPSKKeyExchangeModes, Body: &PskKeyExchangeModes{[]byte{1}}},
			{Type: ExtKeyShare, Body: &KeyShareClientHello{[]KeyShareEntry{{0x4a4a, []byte{0}}, {X25519, make([]byte, 32)}}}},
			{Type: ExtEarlyData, Body: &Empty{}},
			{Type: ExtRenegotiationInfo, Body: &RenegotiationInfo{}},
			{Type: ExtRecordSizeLimit, Body: &RecordSizeLimit{16385}},
			{Type: ExtPostHandshakeAuth, Body: &Empty{}},
			{Type: 0xfe0d, Raw: []byte("encrypted client hello")},
			{Type: 0xeeee, Raw: []byte("unknown")},
			{Type: 0xeeee, Raw: []byte("twice")},
			{Type: ExtPadding, Body: &Padding{make([]byte, 5)}},
			{Type: ExtPreSharedKey, Body: &OfferedPsks{[]PskIdentity{{[]byte("id"), 7}}, [][]byte{make([]byte, 32)}}},
		},
	}
}

func TestMessages(t *testing.T) {
	for _, m := range messages(t) {
		t.Run(m.name, func(t *testing.T) {
			wiretest.Message(t, func() wire.Message { return new(Handshake) }, m.ctx, m.msg)
		})
	}
}

func TestOpaqueWithoutContext(t *testing.T) {
	for _, m := range messages(t) {
		wiretest.Message(t, func() wire.Message { return new(Handshake) }, nil, m.msg)
	}
	tree, _ := wire.Tree("m", record(t, "illustrated-tls12/servercert"), new(Handshake), nil)
	if n := tree.Find("body"); n == nil || n.Note == "" {
		t.Error("a Certificate without a version is not one leaf that says why")
	}
}

func TestRecords(t *testing.T) {
	fresh := func() wire.Message { return new(Record) }
	wiretest.Message(t, fresh, Context{}, sample(t, "illustrated-tls12/clienthello"), sample(t, "illustrated-tls13/serverccs"))
	wiretest.Message(t, fresh, Context{Version: TLS13, Protected: true}, sample(t, "illustrated-tls13/serverencextensions"))
	wiretest.Message(t, func() wire.Message { return new(Alert) }, nil, []byte{2, 40}, []byte{1, 0}, []byte{9, 200})
	wiretest.Message(t, func() wire.Message { return new(ChangeCipherSpec) }, Context{Version: TLS12}, []byte{1})
	wiretest.Message(t, func() wire.Message { return new(InnerPlaintext) }, Context{Version: TLS13},
		sample(t, "illustrated-tls13/servercert"), []byte{23}, []byte("hello\x17\x00\x00\x00"))
	for _, bad := range []string{"", "\x00", "\x00\x00\x00"} {
		if wire.Decode([]byte(bad), new(InnerPlaintext), nil) == nil {
			t.Errorf("%q has no content type, yet it decodes", bad)
		}
	}
	if wire.Decode([]byte{2}, new(ChangeCipherSpec), nil) == nil {
		t.Error("a ChangeCipherSpec of 2 decodes")
	}
}

func TestFragments(t *testing.T) {
	done := record(t, "illustrated-tls12/serverhellodone")
	key := record(t, "illustrated-tls12/serverkeyexchange")
	ctx := Context{Version: TLS12, Suite: 0xc013, ContentType: ContentHandshake}
	fresh := func() wire.Message { return new(Fragment) }
	wiretest.Message(t, fresh, ctx, append(bytes.Clone(key), done...), append(bytes.Clone(done), key[:50]...), key[5:])
	for typ, b := range map[uint8][]byte{ContentAlert: {2, 40}, ContentChangeCipherSpec: {1}, ContentApplicationData: []byte("GET /"), 99: []byte("x")} {
		ctx.ContentType = typ
		wiretest.Message(t, fresh, ctx, b)
	}
}

func TestParsedFields(t *testing.T) {
	h, err := ParseHandshake(record(t, "illustrated-tls13/clienthello"), Context{})
	if err != nil {
		t.Fatal(err)
	}
	m := h.Body.(*ClientHello)
	share, ok := Find[*KeyShareClientHello](m.Extensions)
	if !ok || len(share.ClientShares) != 1 || share.ClientShares[0].Group != X25519 || len(share.ClientShares[0].KeyExchange) != 32 {
		t.Errorf("key_share: %+v", share)
	}
	name, ok := Find[*ServerNameList](m.Extensions)
	if !ok || string(name.Names[0].Name) != "example.ulfheim.net" {
		t.Errorf("server_name: %+v", name)
	}
	if _, ok := Find[*Cookie](m.Extensions); ok {
		t.Error("found a cookie that is not there")
	}
	if _, dup := Duplicate(m.Extensions); dup {
		t.Error("found a duplicate that is not there")
	}
	if typ, dup := Duplicate(everything().Extensions); !dup || typ != 0xeeee {
		t.Errorf("duplicate: %#x, %v", typ, dup)
	}
	h, err = ParseHandshake(record(t, "illustrated-tls12/serverkeyexchange"), Context{Version: TLS12, Suite: 0xc013})
	if err != nil {
		t.Fatal(err)
	}
	kx := h.Body.(*ServerKeyExchange)
	if kx.NamedCurve != X25519 || kx.Algorithm != RSA_PKCS1_SHA256 && kx.Algorithm != RSA_PSS_RSAE_SHA256 || !bytes.Equal(kx.Params(), h.Raw[4:4+36]) {
		t.Errorf("ServerKeyExchange: %+v", kx)
	}
}

func TestBadMessages(t *testing.T) {
	v12 := Context{Version: TLS12, Suite: 0xc013}
	hello := record(t, "illustrated-tls13/clienthello")
	cases := []struct {
		name string
		ctx  Context
		b    []byte
	}{
		{"empty", v12, nil},
		{"length too long", v12, []byte{14, 0, 0, 1}},
		{"length too short", v12, []byte{14, 0, 0, 0, 0}},
		{"body in an empty message", v12, []byte{14, 0, 0, 1, 0}},
		{"KeyUpdate of 2", v12, []byte{24, 0, 0, 1, 2}},
		{"curve_type explicit", v12, []byte{12, 0, 0, 9, 1, 0, 29, 1, 7, 4, 1, 0, 0}},
		{"hello cut", Context{}, append([]byte{1, 0, 0, 60}, hello[4:64]...)},
		{"session ID of 33 bytes", Context{}, helloWith(hello, 38, 33)},
	}
	for _, c := range cases {
		if _, err := ParseHandshake(c.b, c.ctx); err == nil {
			t.Errorf("%s: decodes", c.name)
		}
	}
}

func helloWith(b []byte, at int, v byte) []byte {
	b = bytes.Clone(b)
	b[at] = v
	return b
}

func TestTables(t *testing.T) {
	for _, s := range gotls.CipherSuites() {
		row, ok := SuiteByCode(s.ID)
		if !ok || row.Name != s.Name {
			t.Errorf("%#04x: %q, crypto/tls calls it %q", s.ID, row.Name, s.Name)
		}
	}
	seen := map[uint16]string{}
	names := map[string]bool{}
	for _, s := range CipherSuites {
		if seen[s.Code] != "" || names[s.Name] {
			t.Errorf("%#04x %s is there twice", s.Code, s.Name)
		}
		seen[s.Code], names[s.Name] = s.Name, true
		if got, ok := SuiteByCode(s.Code); !ok || got.Name != s.Name {
			t.Errorf("%s is not found by its code point", s.Name)
		}
		if got, err := ParseSuite(s.Name); err != nil || got != s.Code {
			t.Errorf("%s parses to %#04x, %v", s.Name, got, err)
		}
		if s.Ref == "" || s.Help == "" || s.Performed != (s.Cipher != CipherNone) || s.KeyExchange == RSA && s.Retired == "" {
			t.Errorf("%s: row is not complete: %+v", s.Name, s)
		}
	}
	checkRows(t, "groups", Groups)
	checkRows(t, "signature schemes", SignatureSchemes)
	checkRows(t, "versions", Versions)
	checkRows(t, "extensions", ExtensionTypes)
	checkRows(t, "alerts", Alerts)
	checkRows(t, "handshake types", HandshakeTypes)
	checkRows(t, "content types", ContentTypes)
	for _, id := range []gotls.SignatureScheme{gotls.ECDSAWithP256AndSHA256, gotls.Ed25519, gotls.PSSWithSHA256, gotls.PKCS1WithSHA512, gotls.ECDSAWithP384AndSHA384} {
		if SchemeName(uint16(id)) == "" {
			t.Errorf("%v has no row", id)
		}
	}
	if GroupName(uint16(gotls.X25519MLKEM768)) != gotls.X25519MLKEM768.String() {
		t.Errorf("X25519MLKEM768 is called %q", GroupName(uint16(gotls.X25519MLKEM768)))
	}
}

func checkRows[T rower](t *testing.T, what string, table []T) {
	codes, names := map[uint16]bool{}, map[string]bool{}
	for _, r := range table {
		row := r.base()
		if codes[row.Code] || names[row.Name] || row.Name == "" || row.Ref == "" || row.Performed && row.Help == "" {
			t.Errorf("%s: row twice or not complete: %+v", what, row)
		}
		codes[row.Code], names[row.Name] = true, true
	}
}

func TestParseOffers(t *testing.T) {
	for _, c := range []struct {
		parse func(string) (uint16, error)
		in    string
		want  uint16
	}{
		{ParseSuite, "TLS_AES_128_GCM_SHA256", 0x1301},
		{ParseSuite, "tls_aes_128_gcm_sha256", 0x1301},
		{ParseSuite, " 0x1301 ", 0x1301},
		{ParseSuite, "0xFEFE", 0xfefe},
		{ParseSuite, "GREASE_2A2A", 0x2a2a},
		{ParseGroup, "x25519", X25519},
		{ParseGroup, "X25519MLKEM768", 0x11ec},
		{ParseScheme, "rsa_pss_rsae_sha256", 0x0804},
		{ParseVersion, "1.3", TLS13},
		{ParseVersion, "TLS 1.2", TLS12},
		{ParseVersion, "0x0305", 0x0305},
		{ParseExtension, "key_share", 51},
	} {
		if got, err := c.parse(c.in); err != nil || got != c.want {
			t.Errorf("%q: got %#04x, %v, want %#04x", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"", "0x", "0x12345", "0xzz", "TLS_NOPE", "GREASE_2A2B", "4865", "-1"} {
		if got, err := ParseSuite(in); err == nil {
			t.Errorf("%q parses to %#04x", in, got)
		}
	}
}

func TestAlertsAgreeWithGo(t *testing.T) {
	if code, ok := AlertByName("bad_certificate"); !ok || code != AlertBadCertificate {
		t.Errorf("bad_certificate: %d, %v", code, ok)
	}
	if _, ok := AlertByName("no such alert"); ok {
		t.Error("an unknown alert has a code point")
	}
	for _, code := range []uint8{AlertCloseNotify, AlertUnexpectedMessage, AlertBadRecordMAC, AlertRecordOverflow, AlertHandshakeFailure, AlertBadCertificate,
		AlertCertificateExpired, AlertIllegalParameter, AlertUnknownCA, AlertDecodeError, AlertDecryptError, AlertProtocolVersion, AlertInsufficientSecurity,
		AlertInternalError, AlertMissingExtension, AlertUnsupportedExtension, AlertUnrecognizedName, AlertNoApplicationProtocol} {
		if AlertName(code) == "" {
			t.Errorf("alert %d has no row", code)
		}
	}
}

func FuzzHandshake(f *testing.F) {
	for _, m := range messages(f) {
		f.Add(m.msg, m.ctx.Version, m.ctx.Suite, uint8(22))
	}
	f.Fuzz(func(t *testing.T, b []byte, version, suite uint16, typ uint8) {
		ctx := Context{Version: version, Suite: suite, ContentType: typ}
		wiretest.Any(t, func() wire.Message { return new(Handshake) }, ctx, b)
		wiretest.Any(t, func() wire.Message { return new(Fragment) }, ctx, b)
		wiretest.Any(t, func() wire.Message { return new(Record) }, ctx, b)
		wiretest.Any(t, func() wire.Message { return new(InnerPlaintext) }, ctx, b)
		wiretest.Any(t, func() wire.Message { return new(Alert) }, ctx, b)
	})
}

func BenchmarkParseClientHello(b *testing.B) {
	hello := record(b, "illustrated-tls13/clienthello")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseHandshake(hello, Context{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClientHelloTree(b *testing.B) {
	hello := record(b, "illustrated-tls13/clienthello")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.Tree("m", hello, new(Handshake), Context{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCertificateTree(b *testing.B) {
	cert := inner(b, "illustrated-tls13/servercert")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.Tree("m", cert, new(Handshake), Context{Version: TLS13}); err != nil {
			b.Fatal(err)
		}
	}
}
