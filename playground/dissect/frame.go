package dissect

import (
	"fmt"

	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// frame describes a packet from its IP header on.
func (x *Index) frame(p *trace.Packet, made []*found) *wire.Node {
	f := framer{x: x, carried: x.carried(p, made)}
	n := f.root("frame", p.Bytes)
	for _, c := range f.carried {
		if k := covering(n, c.off, c.off+c.len); k != n && k.Link == "" && c.len < len(p.Bytes) {
			k.Link = c.b.ID
		}
	}
	return n
}

// framer describes an IP packet and, by the buffers made from it, what it
// carries. Offsets of nodes count from the packet's first byte.
type framer struct {
	x       *Index
	carried []carried
	quoted  bool // inside an ICMP message: the packet may be cut short
}

// maxNesting bounds IP within IP and quotes within quotes.
const maxNesting = 8

func (f *framer) root(name string, b []byte) *wire.Node {
	kids := f.ip(b, 0, 0)
	if len(kids) == 0 {
		return &wire.Node{Name: name, Len: len(b), Layer: LayerIP}
	}
	n := group(name, kids...)
	n.Layer = LayerIP
	return n
}

// ip describes the packet b, which lies at base.
func (f *framer) ip(b []byte, base, depth int) []*wire.Node {
	switch {
	case len(b) == 0:
		return nil
	case depth > maxNesting:
		return []*wire.Node{at(leaf("packet", b), base).SetNote("nested too deep to be shown")}
	case b[0]>>4 == 4:
		return f.ip4(b, base, depth)
	case b[0]>>4 == 6:
		return f.ip6(b, base, depth)
	}
	n := at(leaf(wire.Undecoded, b), base)
	n.Bad = fmt.Sprintf("IP version %d is neither 4 nor 6", b[0]>>4)
	return []*wire.Node{n}
}

func (f *framer) ip4(b []byte, base, depth int) []*wire.Node {
	var h IPv4
	size := min(max(4*int(b[0]&15), 20), len(b))
	hdr := f.header("IPv4", b[:size], base, &h, Around{Size: f.size(b)}, LayerIP)
	kids := []*wire.Node{hdr}
	if size < 20 {
		return kids
	}
	end := len(b)
	if n := int(h.TotalLength); n >= size && n < end {
		end = n
	}
	a := Around{Src: h.Src, Dst: h.Dst, Protocol: h.Protocol}
	c := cut{first: 8 * int(h.FragmentOffset), more: h.MF}
	kids = append(kids, f.payload(h.Protocol, b[size:end], base+size, a, c, depth)...)
	return append(kids, surplus(b[end:], base+end)...)
}

func (f *framer) ip6(b []byte, base, depth int) []*wire.Node {
	var h IPv6
	size := min(40, len(b))
	kids := []*wire.Node{f.header("IPv6", b[:size], base, &h, Around{Size: f.size(b)}, LayerIP)}
	if size < 40 {
		return kids
	}
	end := min(len(b), 40+int(h.PayloadLength))
	e := chain(b[:end], h)
	for _, x := range e.headers {
		kids = append(kids, f.header(x.row.name, b[x.off:x.off+x.len], base+x.off, x.row.fresh(), nil, LayerIP))
	}
	kids = append(kids, f.payload(e.around.Protocol, b[e.off:end], base+e.off, e.around, e.cut, depth)...)
	return append(kids, surplus(b[end:], base+end)...)
}

// extended is what the extension headers of an IPv6 packet lead to.
type extended struct {
	headers []extensionAt
	off     int    // of the payload
	around  Around // its pseudo header
	cut     cut    // the part of it that is here
}

type extensionAt struct {
	row      *extension
	off, len int
}

// chain follows the extension headers of the IPv6 packet b.
func chain(b []byte, h IPv6) extended {
	e := extended{off: 40, around: Around{Src: h.Src, Dst: h.Dst, Protocol: h.NextHeader}}
	for e.off < len(b) && e.cut.first == 0 {
		row := extensionOf(e.around.Protocol)
		if row == nil {
			break
		}
		left, n := len(b)-e.off, 8
		if row.counted && left >= 2 {
			n = 8 * (int(b[e.off+1]) + 1)
		}
		n = min(n, left)
		e.headers = append(e.headers, extensionAt{row, e.off, n})
		m := row.fresh()
		err := wire.Decode(b[e.off:e.off+n], m, nil)
		e.around.Protocol = b[e.off]
		e.off += n
		if n < 8 {
			break
		}
		switch m := m.(type) {
		case *IPv6Fragment:
			e.cut = cut{first: 8 * int(m.Offset), more: m.M}
		case *IPv6Routing:
			// The pseudo header has the final destination (RFC 8200, Section 8.1).
			if d := m.Data; err == nil && m.SegmentsLeft > 0 && len(d) >= 20 {
				switch m.Type {
				case 0, 2:
					e.around.Dst = d[len(d)-16:]
				case 4:
					e.around.Dst = d[4:20]
				}
			}
		}
	}
	return e
}

// extension is a row of the table of IPv6 extension headers.
type extension struct {
	protocol uint8
	name     string
	counted  bool // its second byte is its length
	fresh    func() wire.Message
}

var extensions = []extension{
	{protoHopByHop, "Hop-by-Hop Options", true, func() wire.Message { return new(IPv6Options) }},
	{protoRouting, "Routing", true, func() wire.Message { return new(IPv6Routing) }},
	{protoFragment, "Fragment", false, func() wire.Message { return new(IPv6Fragment) }},
	{protoDestOpts, "Destination Options", true, func() wire.Message { return new(IPv6Options) }},
}

func extensionOf(protocol uint8) *extension {
	for i := range extensions {
		if extensions[i].protocol == protocol {
			return &extensions[i]
		}
	}
	return nil
}

// cut says which part of a fragmented payload is here.
type cut struct {
	first int // byte of the whole payload
	more  bool
}

func (c cut) fragment() bool { return c.first > 0 || c.more }

// size is what the packet's length fields must say.
func (f *framer) size(b []byte) int {
	if f.quoted {
		return 0
	}
	return len(b)
}

// surplus is what lies behind the end that the IP header gives.
func surplus(b []byte, base int) []*wire.Node {
	if len(b) == 0 {
		return nil
	}
	n := at(leaf(wire.Undecoded, b), base)
	n.Bad = "bytes behind the packet's end"
	return []*wire.Node{n}
}

// payload describes what an IP header carries.
func (f *framer) payload(protocol uint8, b []byte, base int, a Around, c cut, depth int) []*wire.Node {
	if len(b) == 0 {
		return nil
	}
	if c.first > 0 {
		n := at(leaf("fragment data", b), base)
		n.Note = fmt.Sprintf("bytes %d to %d of the payload that was fragmented; %s", c.first, c.first+len(b)-1,
			pick(c.more, "more follow", "the last of them"))
		n.Ref = "RFC 791, Section 2.3"
		n.Layer = LayerIP
		n.Link = f.link(base, "ip")
		return []*wire.Node{n}
	}
	switch {
	case c.more:
		a.Unchecked = "the checksum covers the whole datagram, and this is its first fragment"
	case f.quoted:
		a.Unchecked = "only the beginning of the packet is quoted"
	}
	var kids []*wire.Node
	switch protocol {
	case protoTCP:
		kids = f.transport("TCP", new(TCP), LayerTCP, 20, b, base, a)
	case protoUDP:
		kids = f.transport("UDP", new(UDP), LayerUDP, 8, b, base, a)
	case protoICMP:
		kids = f.icmp(&ICMP{}, b, base, a, depth)
	case protoICMPv6:
		kids = f.icmp(&ICMP{V6: true}, b, base, a, depth)
	case protoIPv4, protoIPv6:
		if b[0]>>4 == 4 == (protocol == protoIPv4) {
			kids = f.ip(b, base, depth+1)
		}
	case protoESP:
		kids = f.esp(b, base, c)
	case protoAH:
		kids = f.ah(b, base, a, c, depth)
	}
	if kids == nil {
		name := protocolName(uint64(protocol))
		n := at(leaf("data", b), base)
		n.Note = fmt.Sprintf("no description reads protocol %d %s", protocol, name)
		kids = []*wire.Node{n}
	}
	if c.more && len(kids) > 0 && kids[0].Link == "" {
		kids[0].Link = f.link(base, "ip")
	}
	return kids
}

// transport describes a TCP segment or UDP datagram, its data apart.
func (f *framer) transport(name string, m wire.Message, layer string, least int, b []byte, base int, a Around) []*wire.Node {
	if f.quoted && len(b) < least {
		n := f.header(name, b, base, new(ports), nil, layer)
		return []*wire.Node{n.SetNote("the first bytes of the header, as the message quotes them")}
	}
	hdr := f.header(name, b, base, m, a, layer)
	last := len(hdr.Kids) - 1
	data := hdr.Kids[last]
	if data.Name != payloadName {
		return []*wire.Node{hdr}
	}
	hdr.Kids = hdr.Kids[:last]
	hdr.Len -= data.Len
	if f.quoted {
		return []*wire.Node{hdr, data.SetLayer(LayerApp)}
	}
	return append([]*wire.Node{hdr}, f.data(data, b[data.Off-base:])...)
}

// icmp describes an ICMP message; a packet that it quotes is described too.
func (f *framer) icmp(m *ICMP, b []byte, base int, a Around, depth int) []*wire.Node {
	n := f.header(pick(m.V6, "ICMPv6", "ICMP"), b, base, m, a, LayerICMP)
	last := len(n.Kids) - 1
	if data := n.Kids[last]; m.Quotes() && data.Name == payloadName {
		q := framer{x: f.x, quoted: true}
		if kids := q.ip(m.Data, data.Off, depth+1); len(kids) > 0 {
			n.Kids[last] = group("original datagram", kids...).SetNote(data.Note)
		}
	}
	return []*wire.Node{n}
}

// ports is as much of a TCP or UDP header as an ICMP message must quote.
type ports struct {
	src, dst uint16
	rest     []byte
}

// Code visits the ports and what follows.
func (p *ports) Code(c *wire.Coder) {
	wire.U16(c, "Source Port", &p.src)
	wire.U16(c, "Destination Port", &p.dst)
	if c.Left() > 0 || len(p.rest) > 0 && !c.Decoding() {
		wire.Rest(c, "rest", &p.rest)
	}
}

// header describes one message at base.
func (f *framer) header(name string, b []byte, base int, m wire.Message, context any, layer string) *wire.Node {
	n, _ := wire.Tree(name, b, m, context)
	return at(n, base).SetLayer(layer).SetValue(summary(m))
}

// at moves n to base.
func at(n *wire.Node, base int) *wire.Node {
	if base != 0 {
		n.Shift(base)
	}
	return n
}
