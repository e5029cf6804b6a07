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
	// tree describes b; nil shows the bytes as one leaf called leaf.
	tree func(x *Index, b *trace.Buffer) *wire.Node
	leaf string
}

// protos is the closed set of descriptions.
var protos = []proto{
	{name: "tcp.stream", title: "TCP stream", layer: LayerTCP, leaf: "stream"},
	{name: "tls.appdata", title: "application data", layer: LayerApp, leaf: "application_data"},
	{name: "http", title: "HTTP message", layer: LayerApp, leaf: "http"},
}

func describes(name string) *proto {
	for i := range protos {
		if protos[i].name == name {
			return &protos[i]
		}
	}
	return &proto{name: name, title: name, leaf: "data"}
}

// tree describes a buffer's bytes.
func (x *Index) tree(b *trace.Buffer) *wire.Node {
	d := describes(b.Proto)
	if d.tree != nil && len(b.Data) > 0 {
		return d.tree(x, b).SetLayer(d.layer)
	}
	n := leaf(d.leaf, b.Data)
	if d.title == b.Proto {
		n.SetNote(fmt.Sprintf("no description reads %q", b.Proto))
	}
	return group(d.title, n).SetLayer(d.layer)
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
