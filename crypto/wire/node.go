package wire

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Node is one field, or one group of fields, of a decoded or encoded message.
//
// A node without Kids is a leaf. Leaves tile the message: every byte lies in
// exactly one leaf. A word of bit fields is one leaf for its bytes, and its
// Bits say which bits of it mean what; they tile the word's bits likewise.
//
// The methods that describe a node (Enum, Ref, ...) return their receiver and
// do nothing on a nil one, so a description reads the same whether or not a
// tree is wanted, and costs next to nothing when it is not.
type Node struct {
	Name   string  `json:"name"`             // the RFC's name of the field
	Filter string  `json:"filter,omitempty"` // Wireshark's filter name, where one exists
	Off    int     `json:"off"`              // first byte, from the start of the buffer
	Len    int     `json:"len"`              // bytes
	Mask   uint64  `json:"mask,omitempty"`   // bit field: its bits within the parent's word
	Uint   uint64  `json:"uint,omitempty"`   // the number, for a numeric field
	Value  string  `json:"value,omitempty"`  // what a reader sees: "TLS_AES_128_GCM_SHA256 (0x1301)"
	Note   string  `json:"note,omitempty"`   // one line that explains the value
	Ref    string  `json:"ref,omitempty"`    // "RFC 8446, Section 4.1.2"
	Bad    string  `json:"bad,omitempty"`    // what is wrong here, empty when nothing is
	Link   string  `json:"link,omitempty"`   // ID of a buffer that these bytes open or reassemble to
	Layer  string  `json:"layer,omitempty"`  // protocol layer, for colour; a node without one has its parent's
	Bits   []*Node `json:"bits,omitempty"`   // bit fields of a leaf
	Kids   []*Node `json:"kids,omitempty"`   // fields of a group, in wire order
}

// Undecoded is the name of the leaf that holds bytes no description covers.
const Undecoded = "undecoded"

// SetFilter names the field as Wireshark's display filters do.
func (n *Node) SetFilter(f string) *Node {
	if n != nil {
		n.Filter = f
	}
	return n
}

// SetRef cites where the field is defined.
func (n *Node) SetRef(ref string) *Node {
	if n != nil {
		n.Ref = ref
	}
	return n
}

// SetNote explains the field or its value in one line.
func (n *Node) SetNote(note string) *Node {
	if n != nil {
		n.Note = note
	}
	return n
}

// Notef is SetNote with formatting, done only when a tree is wanted.
func (n *Node) Notef(format string, args ...any) *Node {
	if n != nil {
		n.Note = fmt.Sprintf(format, args...)
	}
	return n
}

// SetValue replaces what a reader sees.
func (n *Node) SetValue(v string) *Node {
	if n != nil {
		n.Value = v
	}
	return n
}

// SetLink points at the buffer that the node's bytes open or reassemble to.
func (n *Node) SetLink(id string) *Node {
	if n != nil {
		n.Link = id
	}
	return n
}

// SetLayer says to which protocol layer the node and all below it belong.
func (n *Node) SetLayer(id string) *Node {
	if n != nil {
		n.Layer = id
	}
	return n
}

// Enum shows a number by the name that name gives it, "" being unknown.
func (n *Node) Enum(name func(uint64) string) *Node {
	if n == nil {
		return nil
	}
	s := name(n.Uint)
	if s == "" {
		s = "unknown"
	}
	n.Value = fmt.Sprintf("%s (0x%0*x)", s, 2*n.width(), n.Uint)
	return n
}

// Hex shows a number in hexadecimal, as wide as its field.
func (n *Node) Hex() *Node {
	if n != nil {
		n.Value = fmt.Sprintf("0x%0*x", 2*n.width(), n.Uint)
	}
	return n
}

// Dec shows a number in decimal followed by its unit.
func (n *Node) Dec(unit string) *Node {
	if n != nil {
		n.Value = strconv.FormatUint(n.Uint, 10) + " " + unit
	}
	return n
}

// Text shows an opaque field as text: v is the field's bytes.
func (n *Node) Text(v []byte) *Node {
	if n != nil {
		n.Value = strconv.Quote(string(v))
	}
	return n
}

func (n *Node) width() int {
	if n.Mask != 0 || n.Len > 8 {
		return 1
	}
	return n.Len
}

// Leaf reports whether the node has no fields of its own.
func (n *Node) Leaf() bool { return len(n.Kids) == 0 }

// Walk visits n and all below it, bit fields too, in wire order, with their
// depth, until visit returns false for a node, whose children it then skips.
func (n *Node) Walk(visit func(n *Node, depth int) bool) { n.walk(visit, 0) }

func (n *Node) walk(visit func(*Node, int) bool, depth int) {
	if !visit(n, depth) {
		return
	}
	for _, k := range n.Bits {
		visit(k, depth+1)
	}
	for _, k := range n.Kids {
		k.walk(visit, depth+1)
	}
}

// Find returns the first node below n, or n itself, with the name.
func (n *Node) Find(name string) *Node {
	var found *Node
	n.Walk(func(k *Node, _ int) bool {
		if found == nil && k.Name == name {
			found = k
		}
		return found == nil
	})
	return found
}

// Shift moves n and all below it by d bytes.
func (n *Node) Shift(d int) {
	n.Walk(func(k *Node, _ int) bool { k.Off += d; return true })
}

// Tiles returns nil when the leaves of n tile the size bytes from off exactly
// once, in order, and the bit fields of each word tile its bits; else what is
// wrong first.
func Tiles(n *Node, off, size int) error {
	at := off
	var bad error
	n.Walk(func(k *Node, _ int) bool {
		if bad != nil || k.Mask != 0 {
			return false
		}
		if k.Off < off || k.Off+k.Len > off+size {
			bad = fmt.Errorf("wire: %s covers [%d,%d), outside [%d,%d)", k.Name, k.Off, k.Off+k.Len, off, off+size)
			return false
		}
		if len(k.Kids) > 0 {
			if first, last := k.Kids[0], k.Kids[len(k.Kids)-1]; first.Off != k.Off || last.Off+last.Len != k.Off+k.Len {
				bad = fmt.Errorf("wire: %s covers [%d,%d), its fields [%d,%d)", k.Name, k.Off, k.Off+k.Len, first.Off, last.Off+last.Len)
				return false
			}
			return true
		}
		if k.Off != at {
			bad = fmt.Errorf("wire: %s begins at %d, want %d", k.Name, k.Off, at)
			return false
		}
		at += k.Len
		var seen uint64
		for _, b := range k.Bits {
			if seen&b.Mask != 0 {
				bad = fmt.Errorf("wire: bits of %s overlap in %s", b.Name, k.Name)
			}
			seen |= b.Mask
		}
		if len(k.Bits) > 0 && seen != ^uint64(0)>>(64-8*k.Len) {
			bad = fmt.Errorf("wire: the bit fields of %s cover %#x of its %d bytes", k.Name, seen, k.Len)
		}
		return bad == nil
	})
	if bad == nil && at != off+size {
		bad = fmt.Errorf("wire: leaves end at %d, want %d", at, off+size)
	}
	return bad
}

func hexValue(b []byte) string {
	const most = 24
	if len(b) > most {
		return hex.EncodeToString(b[:most]) + "…"
	}
	return hex.EncodeToString(b)
}
