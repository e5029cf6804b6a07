package dissect

import (
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
	n, _ := wire.Tree("TLSPlaintext.fragment", b, new(tls.Fragment), tlsContext(of))
	for _, k := range n.Kids {
		k.SetLayer(contentLayer(tlsContext(of).ContentType))
	}
	return n
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
