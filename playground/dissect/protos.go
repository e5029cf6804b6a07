package dissect

import (
	"fmt"

	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// proto is one row of the table of what can be described.
type proto struct {
	name  string // as in Buffer.Proto
	title string
	layer string
	// tree describes bytes b, those of the buffer or of the packet that
	// carries them; nil shows them as one leaf called leaf.
	tree func(x *Index, of *trace.Buffer, b []byte) *wire.Node
	leaf string
}

// Protos that dissect itself looks for.
const protoRecord = "tls.record"

// protos is the closed set of descriptions.
func protos(name string) (proto, bool) {
	switch name {
	case "ip":
		return proto{title: "IP packet", layer: LayerIP, tree: (*Index).packetTree}, true
	case "esp.plain":
		return proto{title: "ESP plaintext", layer: LayerESP, tree: (*Index).espTree}, true
	case "ah.input":
		return proto{title: "AH input", layer: LayerAH, tree: (*Index).ahInputTree}, true
	case protoRecord:
		return proto{title: "TLS record", layer: LayerTLS, tree: (*Index).recordTree}, true
	case "tls.inner":
		return proto{title: "TLSInnerPlaintext", layer: LayerTLS, tree: (*Index).innerTree}, true
	case "tls.fragment":
		return proto{title: "TLSPlaintext.fragment", layer: LayerTLS, tree: (*Index).contentTree}, true
	case "tls.handshake":
		return proto{title: "handshake message", layer: LayerHandshake, tree: (*Index).handshakeTree}, true
	case "tls.alert":
		return proto{title: "alert", layer: LayerTLS, tree: (*Index).alertTree}, true
	case "tls.signed":
		return proto{title: "signed content", layer: LayerHandshake, tree: (*Index).signedTree}, true
	case "tls.appdata":
		return proto{title: "application data", layer: LayerApp, tree: (*Index).dataTree}, true
	case "tcp.stream":
		return proto{title: "TCP stream", layer: LayerTCP, leaf: "stream"}, true
	case "http":
		return proto{title: "HTTP message", layer: LayerApp, tree: (*Index).httpTree}, true
	}
	return proto{title: name, leaf: "data"}, false
}

// tree describes a buffer's bytes.
func (x *Index) tree(b *trace.Buffer) *wire.Node { return x.described(b, b.Data) }

// described describes bytes as the buffer's proto and Context say.
func (x *Index) described(of *trace.Buffer, b []byte) *wire.Node {
	d, known := protos(of.Proto)
	if d.tree != nil && len(b) > 0 {
		n := d.tree(x, of, b).SetLayer(d.layer)
		x.linkInto(n, of)
		return n
	}
	n := leaf(d.leaf, b)
	if !known {
		n.SetNote(fmt.Sprintf("no description reads %q", of.Proto))
	}
	return group(d.title, n).SetLayer(d.layer)
}

// linkInto links the nodes of a buffer's tree to the buffers that were made
// of their bytes.
func (x *Index) linkInto(n *wire.Node, of *trace.Buffer) {
	for _, u := range x.uses[of.ID] {
		if k := covering(n, u.off, u.off+u.len); k != nil && k != n && k.Link == "" {
			k.Link = u.b.ID
		}
	}
}

// covering returns the innermost node that holds the bytes from lo to hi, of
// several that hold no others the outermost.
func covering(n *wire.Node, lo, hi int) *wire.Node {
	for _, k := range n.Kids {
		if k.Off <= lo && hi <= k.Off+k.Len && k.Len > 0 {
			if k.Off == lo && k.Off+k.Len == hi {
				return k
			}
			return covering(k, lo, hi)
		}
	}
	return n
}

// leaf is one field that holds all of b.
func leaf(name string, b []byte) *wire.Node {
	return &wire.Node{Name: name, Len: len(b), Value: preview(b)}
}

// group is a node over kids, which follow one another.
func group(name string, kids ...*wire.Node) *wire.Node {
	n := &wire.Node{Name: name, Kids: kids}
	if len(kids) > 0 {
		n.Off = kids[0].Off
		last := kids[len(kids)-1]
		n.Len = last.Off + last.Len - n.Off
	}
	return n
}

// preview shows the beginning of b, as text when it is text.
func preview(b []byte) string {
	const most = 24
	more := ""
	if len(b) > most {
		b, more = b[:most], "…"
	}
	for _, c := range b {
		if (c < 32 || c > 126) && c != '\r' && c != '\n' && c != '\t' {
			return fmt.Sprintf("%x%s", b, more)
		}
	}
	if len(b) == 0 {
		return ""
	}
	return fmt.Sprintf("%q%s", b, more)
}
