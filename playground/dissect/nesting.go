package dissect

import (
	"slices"
	"strings"

	"cipherglass/crypto/wire"
)

// Layer IDs, for colour.
const (
	LayerIP        = "ip"
	LayerICMP      = "icmp"
	LayerTCP       = "tcp"
	LayerUDP       = "udp"
	LayerESP       = "esp"
	LayerAH        = "ah"
	LayerTLS       = "tls"
	LayerHandshake = "handshake"
	LayerApp       = "app"
)

// Layer is a run of a frame's bytes that plays one part: a header, padding, a
// trailer, an ICV. The layers of a frame tile it in order.
type Layer struct {
	ID        string // LayerIP, ...
	Name      string // "IPv4 header", "IV", "data", "padding", "ICV"
	Off, Len  int    // in the frame
	Encrypted bool   // the link carries ciphertext here; the part is by the word of who sealed or opened it
	Node      string // path of the frame tree's node that it is or lies in, "" for the frame itself
	Buffer    string // ID of the tab that shows it in the clear, or ""
}

// Nesting is the frame to scale: which bytes are whose header, payload,
// padding, trailer, ICV. Encrypted parts are laid out as their plaintext is,
// where each byte of it is as far into the ciphertext.
func Nesting(v *View) []Layer {
	if v == nil || len(v.Tabs) == 0 || v.Tabs[0].Tree == nil {
		return nil
	}
	n := nester{v: v, root: v.Tabs[0].Tree}
	n.group(n.root, shade{id: LayerIP})
	if last := len(n.list); last > 0 { // what a mistaken length leaves is not worth a part of its own
		l := n.list[last-1]
		if end := l.Off + l.Len; end < len(v.Packet.Bytes) {
			n.add(Layer{ID: LayerIP, Name: "rest", Off: end, Len: len(v.Packet.Bytes) - end})
		}
	}
	return n.list
}

type nester struct {
	v    *View
	root *wire.Node
	list []Layer
}

// shade is what a node's surroundings say of it.
type shade struct {
	id     string     // layer
	shift  int        // from the node's offsets to the frame's
	sealed bool       // inside ciphertext
	frame  *wire.Node // the frame's node around it, nil when the node is the frame's own
	buffer string
	depth  int
}

// add appends a layer, joined to the one before it when both are the same
// part.
func (n *nester) add(l Layer) {
	if l.Len <= 0 {
		return
	}
	if last := len(n.list) - 1; last >= 0 && n.list[last].Name == l.Name && n.list[last].ID == l.ID && n.list[last].Node == l.Node && n.list[last].Off+n.list[last].Len == l.Off {
		n.list[last].Len += l.Len
		return
	}
	n.list = append(n.list, l)
}

// part adds one node, or several that follow one another, as a layer.
func (n *nester) part(name string, s shade, nodes ...*wire.Node) {
	if len(nodes) == 0 {
		return
	}
	l := Layer{ID: s.id, Name: name, Off: nodes[0].Off + s.shift, Encrypted: s.sealed, Buffer: s.buffer}
	for _, k := range nodes {
		l.Len += k.Len
	}
	of := nodes[0]
	if s.frame != nil {
		of = s.frame
	} else if l.Buffer == "" {
		l.Buffer = of.Link
	}
	l.Node = n.root.Path(of)
	n.add(l)
}

// group adds the layers of a group's children.
func (n *nester) group(g *wire.Node, s shade) {
	for _, k := range g.Kids {
		n.node(k, s)
	}
}

func (n *nester) node(k *wire.Node, s shade) {
	if k.Layer != "" {
		s.id = k.Layer
	}
	if s.depth > maxNesting {
		n.part(k.Name, s, k)
		return
	}
	part := strings.HasPrefix(k.Name, "TLS record, ")
	if (part || k.Name == "fragment data" || k.Name == "ESP") && n.cut(k, s) {
		return
	}
	switch {
	case part:
		n.part("part of a TLS record", s, k)
	case k.Name == "ESP" && !k.Leaf():
		n.headed(k, s, "ESP header", 2)
	case k.Name == "AH" && !k.Leaf():
		n.headed(k, s, "AH header", 5)
	case k.Name == "TLS record" && !k.Leaf():
		n.headed(k, s, "record header", 3)
	case (k.Name == "ICMP" || k.Name == "ICMPv6") && !k.Leaf():
		n.icmp(k, s)
	case k.Name == "line" || k.Name == "application_data":
		n.part("application data", s, k)
	case k.Name == "IP packet" && !k.Leaf():
		n.group(k, s)
	case k.Leaf() || s.id == LayerHandshake || s.id == LayerTLS:
		n.part(k.Name, s, k)
	default:
		n.part(k.Name+" header", s, k)
	}
}

// headed adds a group whose first fields are its header.
func (n *nester) headed(g *wire.Node, s shade, name string, fields int) {
	fields = min(fields, len(g.Kids))
	n.part(name, s, g.Kids[:fields]...)
	for _, k := range g.Kids[fields:] {
		switch k.Name {
		case "encrypted data", "data", "encrypted_record", "fragment":
			n.sealed(k, s)
		default:
			n.node(k, s)
		}
	}
}

// sealed adds what a ciphertext holds, laid out as its plaintext, when the
// plaintext is there and as long, or ends where a tag begins.
func (n *nester) sealed(k *wire.Node, s shade) {
	tab := n.v.Tab(k.Link)
	if tab == nil || s.frame != nil || len(tab.Bytes) == 0 || len(tab.Bytes) > k.Len {
		n.part(k.Name, s, k)
		return
	}
	w, ok := wrapped(tab, k.Len)
	if !ok {
		n.part(k.Name, s, k)
		return
	}
	bare := func(name string, off, size int, sealed bool) {
		n.add(Layer{ID: s.id, Name: name, Off: k.Off + off, Len: size, Encrypted: sealed, Node: n.root.Path(k), Buffer: tab.ID})
	}
	bare(w.headName, 0, w.head, false)
	in := shade{id: s.id, shift: k.Off + w.head, sealed: k.Name != "data", frame: k, buffer: tab.ID, depth: s.depth + 1}
	if tab.Proto == "esp.plain" {
		n.trailed(tab.Tree, in)
	} else {
		n.inner(tab.Tree, in)
	}
	end := w.head + len(tab.Bytes)
	bare("MAC", end, w.mac, true)
	bare("padding", end+w.mac, w.pad, true)
	bare("tag", k.Len-w.tag, w.tag, false)
}

// wrapping is what stands around a plaintext in its ciphertext.
type wrapping struct {
	headName string
	head     int // explicit nonce or IV
	mac, pad int // CBC: encrypted with the plaintext
	tag      int // AEAD
}

// wrapped says how the tab's bytes lie in a ciphertext of size bytes, ok false
// when they do not lie there byte for byte.
func wrapped(tab *Tab, size int) (w wrapping, ok bool) {
	rest := size - len(tab.Bytes)
	c := tab.crypt
	if tab.Proto != "tls.inner" && tab.Proto != "tls.fragment" || c == nil {
		return w, rest == 0
	}
	if len(tab.Pieces) == 1 {
		w.head = max(0, tab.Pieces[0].At-5) // behind the record's header
	}
	if c.Op == "AEAD" {
		w.headName, w.tag = "explicit nonce", rest-w.head
		return w, w.tag == 16 // of every AEAD of TLS
	}
	w.headName, w.mac = "IV", c.MACLen
	w.pad = rest - w.head - w.mac
	return w, w.mac > 0 && w.pad > 0 && w.pad <= 256
}

// cut adds, for a node that is a part of a record or of a datagram, the layers
// of the whole that fall into that part. It reports whether the whole is there.
func (n *nester) cut(k *wire.Node, s shade) bool {
	tab := n.v.Tab(k.Link)
	if tab == nil || s.frame != nil {
		return false
	}
	for _, p := range tab.Pieces {
		if p.Sealed || p.Packet == "" || p.Off+p.Len > len(tab.Bytes) || !n.holds(p) || p.At > k.Off || p.At+p.Len < k.Off+k.Len {
			continue
		}
		whole := nester{v: n.v, root: tab.Tree}
		whole.group(group("", tab.Tree), shade{id: tab.Layer, depth: s.depth + 1})
		done := k.Off
		for _, l := range whole.list {
			lo, hi := max(l.Off+p.At-p.Off, done), min(l.Off+l.Len+p.At-p.Off, k.Off+k.Len)
			if lo < hi {
				l.Off, l.Len, l.Node = lo, hi-lo, n.root.Path(k)
				if l.Buffer == "" {
					l.Buffer = tab.ID
				}
				n.add(l)
				done = hi
			}
		}
		if done < k.Off+k.Len {
			n.add(Layer{ID: s.id, Name: "rest", Off: done, Len: k.Off + k.Len - done, Node: n.root.Path(k), Buffer: tab.ID})
		}
		return true
	}
	return false
}

// holds reports whether the span lies in the view's packet, or in one that
// was forwarded as it: offsets are the same then.
func (n *nester) holds(p Span) bool {
	return p.Packet == n.v.Packet.Name || slices.Contains(n.v.aliases, p.Packet)
}

// trailed adds what ESP encrypts: its last two fields are the trailer.
func (n *nester) trailed(g *wire.Node, s shade) {
	fields := len(g.Kids)
	if fields >= 2 && g.Kids[fields-1].Name == "next header" {
		fields -= 2
	}
	for _, k := range g.Kids[:fields] {
		if k.Name == "padding" {
			n.part("padding", s, k)
		} else {
			n.node(k, s)
		}
	}
	n.part("ESP trailer", s, g.Kids[fields:]...)
}

// inner adds what a TLS 1.3 record encrypts.
func (n *nester) inner(g *wire.Node, s shade) {
	for _, k := range g.Kids {
		switch k.Name {
		case "type":
			n.part("content type", s, k)
		case "zeros":
			n.part("padding", s, k)
		default:
			n.node(k, s)
		}
	}
}

// icmp adds an ICMP message: its header, then its data or the packet that it
// quotes.
func (n *nester) icmp(g *wire.Node, s shade) {
	fields := len(g.Kids)
	last := g.Kids[fields-1]
	if last.Name == payloadName || last.Name == "original datagram" || last.Name == "Message Body" {
		fields--
	}
	n.part(g.Name+" header", s, g.Kids[:fields]...)
	if fields == len(g.Kids) {
		return
	}
	if last.Leaf() {
		s.id = LayerApp
	}
	n.part(last.Name, s, last)
}
