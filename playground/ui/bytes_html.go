package ui

import (
	"fmt"
	"strconv"

	"cipherglass/crypto/wire"
	"cipherglass/playground/app"
)

// treeRows writes rows[from:to] of the field tree.
func treeRows(m *markup, in *app.Inspection, rows []app.TreeRow, from, to int) {
	for i := from; i < to; i++ {
		r := &rows[i]
		n := r.Node
		sel := r.Path == in.Path
		m.cat(`<div class="node L-`, layerClass(r.Layer), " d", strconv.Itoa(min(r.Depth, 12)))
		if sel {
			m.raw(" sel")
		}
		if r.Bad {
			m.raw(" bad")
		}
		if r.Changed {
			m.raw(" chg")
		}
		if n.Mask != 0 {
			m.raw(" bit")
		}
		m.raw(`" role="treeitem"`)
		m.attr("id", "node-"+strconv.Itoa(i))
		m.num("aria-level", r.Depth+1)
		m.num("aria-posinset", r.Pos)
		m.num("aria-setsize", r.Set)
		m.attr("aria-selected", strconv.FormatBool(sel))
		if r.Parent {
			m.attr("aria-expanded", strconv.FormatBool(r.Open))
		}
		m.attr("data-node", r.Path)
		m.num("data-off", n.Off)
		m.num("data-len", n.Len)
		m.raw(">")
		switch {
		case !r.Parent:
			m.raw(`<span class="tw"></span>`)
		case r.Open:
			m.raw(`<span class="tw" data-act="fold" aria-hidden="true">▾</span>`)
		default:
			m.raw(`<span class="tw" data-act="fold" aria-hidden="true">▸</span>`)
		}
		m.el("span", "n", n.Name)
		if n.Value != "" {
			m.raw(" ")
			m.el("span", "v", n.Value)
		} else if n.Note != "" {
			m.raw(" ")
			m.el("span", "note", n.Note)
		}
		if n.Bad != "" {
			m.raw(" ")
			m.el("span", "why", "✗ "+n.Bad)
		} else if r.Bad {
			m.raw(` <span class="why">✗ see inside</span>`)
		}
		if r.Changed {
			m.raw(` <span class="mk" title="Changed since the last run"><span aria-hidden="true">Δ</span><span class="vh">changed</span></span>`)
		}
		if n.Link != "" {
			m.raw(` <button type="button" class="go" tabindex="-1" data-act="tab"`)
			m.attr("data-tab", n.Link)
			m.raw(` title="Open what these bytes hold">open</button>`)
		}
		m.raw(`<span class="len">`)
		m.text(size(n))
		m.raw(`</span></div>`)
	}
}

func size(n *wire.Node) string {
	if n.Mask != 0 {
		bits := 0
		for v := n.Mask; v != 0; v &= v - 1 {
			bits++
		}
		return strconv.Itoa(bits) + " bit"
	}
	return strconv.Itoa(n.Len)
}

func layerClass(id string) string {
	switch id {
	case "icmp", "tcp", "udp":
		return "transport"
	case "ah":
		return "esp"
	case "":
		return "none"
	}
	return id
}

// layersOf says, for each byte of the tab, the layer of its innermost field.
func layersOf(root *wire.Node, layer string, size int) []string {
	out := make([]string, size)
	var down func(n *wire.Node, l string)
	down = func(n *wire.Node, l string) {
		if n.Layer != "" {
			l = n.Layer
		}
		if len(n.Kids) > 0 {
			for _, k := range n.Kids {
				down(k, l)
			}
			return
		}
		for i := max(n.Off, 0); i < n.Off+n.Len && i < size; i++ {
			out[i] = layerClass(l)
		}
	}
	for i := range out {
		out[i] = "none"
	}
	if root != nil {
		down(root, layer)
	}
	return out
}

// badOf marks the bytes of fields that are wrong in themselves.
func badOf(root *wire.Node, size int) []bool {
	out := make([]bool, size)
	if root == nil {
		return out
	}
	root.Walk(func(n *wire.Node, _ int) bool {
		if n.Bad != "" && len(n.Kids) == 0 && n.Mask == 0 {
			for i := max(n.Off, 0); i < n.Off+n.Len && i < size; i++ {
				out[i] = true
			}
		}
		return true
	})
	return out
}

const hexDigits = "0123456789abcdef"

// hexRows writes lines from to to of the bytes.
func hexRows(m *markup, in *app.Inspection, layers []string, wrong []bool, from, to int) {
	b := in.Tab.Bytes
	off, n := in.Range()
	total := (len(b) + hexCols - 1) / hexCols
	cell := func(i int, what string, ascii bool) {
		m.raw(`<i`)
		if !ascii {
			m.attr("id", "byte-"+strconv.Itoa(i))
			m.raw(` role="gridcell"`)
		}
		m.cat(` data-o="`, strconv.Itoa(i), `" class="L-`, layers[i])
		if i >= off && i < off+n {
			m.raw(" sel")
		}
		if i == in.Byte {
			m.raw(" cur")
		}
		if in.ByteChanged(i) {
			m.raw(" chg")
		}
		if wrong[i] {
			m.raw(" bad")
		}
		m.raw(`">`)
		m.text(what)
		m.raw(`</i>`)
	}
	for row := from; row < to && row < total; row++ {
		at := row * hexCols
		end := min(at+hexCols, len(b))
		m.cat(`<div class="hx" role="row" aria-rowindex="`, strconv.Itoa(row+1), `"><span class="o" role="rowheader">`, fmt.Sprintf("%04x", at), `</span><span class="b" role="presentation">`)
		for i := at; i < end; i++ {
			cell(i, string([]byte{hexDigits[b[i]>>4], hexDigits[b[i]&15]}), false)
			if i%8 == 7 && i+1 < end {
				m.raw(`<s></s>`)
			}
		}
		m.raw(`</span><span class="a" aria-hidden="true">`)
		for i := at; i < end; i++ {
			c := "·"
			if b[i] > 32 && b[i] < 127 {
				c = string(rune(b[i]))
			} else if b[i] == 32 {
				c = "\u00a0"
			}
			cell(i, c, true)
		}
		m.raw(`</span></div>`)
	}
}
