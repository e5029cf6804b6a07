package dissect

import (
	"bytes"

	"cipherglass/crypto/tls"
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

func tlsContext(of *trace.Buffer) tls.Context {
	x, _ := of.Context.(tls.Context)
	return x
}

// recordTree describes one TLS record. A plaintext record's fragment is
// described too.
func (x *Index) recordTree(of *trace.Buffer, b []byte) *wire.Node {
	var r tls.Record
	ctx := tlsContext(of)
	n, _ := wire.Tree("TLS record", b, &r, ctx)
	n.SetValue(summary(&r))
	if ctx.Protected || len(r.Fragment) == 0 {
		return n
	}
	ctx.ContentType = r.Type
	return replace(n, "fragment", fragment(r.Fragment, ctx))
}

// innerTree describes a TLSInnerPlaintext and its content.
func (x *Index) innerTree(of *trace.Buffer, b []byte) *wire.Node {
	var p tls.InnerPlaintext
	ctx := tlsContext(of)
	n, _ := wire.Tree("TLSInnerPlaintext", b, &p, ctx)
	ctx.ContentType = p.Type
	return replace(n, "content", fragment(p.Content, ctx))
}

// fragment describes the content of a record.
func fragment(b []byte, ctx tls.Context) []*wire.Node {
	if len(b) == 0 {
		return nil
	}
	if ctx.ContentType == tls.ContentApplicationData {
		kids := lines(b, "application_data")
		for _, k := range kids {
			k.SetLayer(LayerApp)
		}
		return kids
	}
	n, _ := wire.Tree("fragment", b, new(tls.Fragment), ctx)
	for _, k := range n.Kids {
		k.SetLayer(contentLayer(ctx.ContentType))
	}
	return n.Kids
}

func contentLayer(typ uint8) string {
	switch typ {
	case tls.ContentHandshake:
		return LayerHandshake
	case tls.ContentApplicationData:
		return LayerApp
	}
	return LayerTLS
}

// contentTree describes the decrypted content of a TLS 1.2 record.
func (x *Index) contentTree(of *trace.Buffer, b []byte) *wire.Node {
	return group("TLSPlaintext.fragment", fragment(b, tlsContext(of))...)
}

// handshakeTree describes one whole handshake message.
func (x *Index) handshakeTree(of *trace.Buffer, b []byte) *wire.Node {
	name := of.Name
	if name == "" {
		name = "Handshake"
	}
	n, _ := wire.Tree(name, b, new(tls.Handshake), tlsContext(of))
	return n
}

func (x *Index) alertTree(of *trace.Buffer, b []byte) *wire.Node {
	n, _ := wire.Tree("Alert", b, new(tls.Alert), tlsContext(of))
	return n
}

// signedTree describes what a signature of the handshake covers.
func (x *Index) signedTree(of *trace.Buffer, b []byte) *wire.Node {
	n, _ := wire.Tree("signed content", b, &signed{v13: tlsContext(of).Version == tls.TLS13}, nil)
	return n
}

// signed is the content of CertificateVerify (RFC 8446, Section 4.4.3), or
// that of a TLS 1.2 ServerKeyExchange (RFC 8422, Section 5.4).
type signed struct {
	v13                    bool
	spaces, context, hash  []byte
	separator              uint8
	client, server, params []byte
}

// Code visits the parts.
func (s *signed) Code(c *wire.Coder) {
	if !s.v13 {
		wire.Bytes(c, "client_random", &s.client, 32).SetRef("RFC 8422, Section 5.4").SetNote("ClientHello's, so that the signature is of no use in another handshake")
		wire.Bytes(c, "server_random", &s.server, 32).SetNote("ServerHello's")
		wire.Rest(c, "params", &s.params).SetNote("the curve and the server's fresh public key")
		return
	}
	const ref = "RFC 8446, Section 4.4.3"
	wire.Bytes(c, "spaces", &s.spaces, 64).SetRef(ref).SetNote("64 times 0x20: no message of TLS 1.2 begins so, and no signature can be taken for one of it")
	n := max(len(s.context), 0)
	if c.Decoding() {
		n = max(0, bytes.IndexByte(c.Peek(c.Left()), 0))
	}
	wire.Bytes(c, "context string", &s.context, n).Text(s.context).SetRef(ref).SetNote("says whose signature it is")
	wire.U8(c, "separator", &s.separator).SetRef(ref)
	wire.Rest(c, "Transcript-Hash", &s.hash).SetRef(ref).SetNote("of all messages before CertificateVerify")
}
