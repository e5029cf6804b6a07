package wire

import "strconv"

// U8 visits an unsigned integer of 8 bits.
func U8[T ~uint8](c *Coder, name string, v *T) *Node {
	u := uint64(*v)
	n := c.uint(name, 1, &u)
	*v = T(u)
	return n
}

// U16 visits an unsigned integer of 16 bits, big-endian as all are.
func U16[T ~uint16](c *Coder, name string, v *T) *Node {
	u := uint64(*v)
	n := c.uint(name, 2, &u)
	*v = T(u)
	return n
}

// U24 visits an unsigned integer of 24 bits.
func U24[T ~uint32](c *Coder, name string, v *T) *Node {
	u := uint64(*v)
	n := c.uint(name, 3, &u)
	*v = T(u)
	return n
}

// U32 visits an unsigned integer of 32 bits.
func U32[T ~uint32](c *Coder, name string, v *T) *Node {
	u := uint64(*v)
	n := c.uint(name, 4, &u)
	*v = T(u)
	return n
}

// U48 visits an unsigned integer of 48 bits.
func U48[T ~uint64](c *Coder, name string, v *T) *Node {
	u := uint64(*v)
	n := c.uint(name, 6, &u)
	*v = T(u)
	return n
}

// U64 visits an unsigned integer of 64 bits.
func U64[T ~uint64](c *Coder, name string, v *T) *Node {
	u := uint64(*v)
	n := c.uint(name, 8, &u)
	*v = T(u)
	return n
}

func (c *Coder) uint(name string, size int, v *uint64) *Node {
	at := c.Offset()
	p := c.take(name, size)
	if p == nil {
		if c.dec {
			*v = 0
		}
		return nil
	}
	if c.dec {
		*v = 0
		for _, x := range p {
			*v = *v<<8 | uint64(x)
		}
	} else {
		if size < 8 && *v>>(8*size) != 0 {
			c.Bad(c.node, name, "%d does not fit %d bits", *v, 8*size)
		}
		put(p, *v)
	}
	if c.node == nil {
		return nil
	}
	n := &Node{Name: name, Off: at, Len: size, Uint: *v, Value: strconv.FormatUint(*v, 10)}
	c.add(n)
	return n
}

// Bytes visits size opaque bytes. When encoding, a shorter *v is filled up
// with zeros, which is how the place of an ICV is reserved; a longer one is
// an error. After decoding, *v points into the input.
func Bytes[T ~[]byte](c *Coder, name string, v *T, size int) *Node {
	at := c.Offset()
	if !c.dec && len(*v) > size {
		c.Bad(c.node, name, "%d bytes given, %d fit", len(*v), size)
		return nil
	}
	p := c.take(name, size)
	if c.dec {
		*v = T(p)
	} else if !c.skip {
		copy(p, *v)
	}
	if c.node == nil || c.skip {
		return nil
	}
	n := &Node{Name: name, Off: at, Len: size, Value: hexValue(p)}
	c.add(n)
	return n
}

// Rest visits all that is left of the current group.
func Rest[T ~[]byte](c *Coder, name string, v *T) *Node {
	if c.dec {
		return Bytes(c, name, v, c.Left())
	}
	return Bytes(c, name, v, len(*v))
}

// Opaque visits an opaque vector: a length of lenSize bytes, then the bytes.
func Opaque[T ~[]byte](c *Coder, name string, lenSize int, v *T) *Node {
	return c.Sub(name, lenSize, func() { Rest(c, "data", v) })
}

// Mark remembers the place of n, or of the field just visited when no tree is
// wanted: its last size bytes. Encode callers find it in AppendEncode's
// ranges. Engines fill in ICVs there.
func (c *Coder) Mark(name string, size int) {
	c.marks = append(c.marks, Range{Name: name, Off: c.Offset() - size, Len: size})
}

// Group visits fields that belong together and carry no length of their own.
func (c *Coder) Group(name string, body func()) *Node {
	var n *Node
	if c.node != nil {
		n = &Node{Name: name}
		c.add(n)
	}
	c.open(name, n)
	body()
	c.close()
	return n
}

// Embed visits a message as a group.
func (c *Coder) Embed(name string, m Message) *Node {
	return c.Group(name, func() { m.Code(c) })
}

// Sub visits a vector: a length of lenSize bytes, then a body of as many
// bytes. A fault in the body stays in it.
func (c *Coder) Sub(name string, lenSize int, body func()) *Node {
	return c.Group(name, func() {
		c.Length("length", lenSize, -lenSize)
		body()
	})
}

// Limit visits a body of exactly n bytes, n having been read from a field
// elsewhere. A fault in the body stays in it. Encoding ignores n.
func (c *Coder) Limit(name string, n int, body func()) *Node {
	return c.Group(name, func() {
		if c.dec && !c.skip {
			if n < 0 || n > c.end-c.off {
				c.Fail(name, "%s should have %d bytes, %d left", name, n, c.end-c.off)
				return
			}
			c.end = c.off + n
			c.frames[len(c.frames)-1].own = true
		}
		body()
	})
}

// Length visits a length field of size bytes that counts the bytes of the
// current group, its own included, plus adjust. Call it once, before what it
// counts is read; from then on the group knows its end.
func (c *Coder) Length(name string, size, adjust int) *Node {
	var v uint64
	at := c.Offset()
	n := c.uint(name, size, &v)
	if c.skip {
		return n
	}
	f := &c.frames[len(c.frames)-1]
	if !c.dec {
		f.lens = append(f.lens, selfLen{at, size, adjust, n})
		return n
	}
	stop := f.start + int(v) - adjust
	switch {
	case v > 1<<31 || stop > c.end:
		c.Fail(name, "says %d bytes, but %d are left", v, c.end-c.off)
		if n != nil {
			n.Bad = c.node.Bad
		}
	case stop < c.off:
		c.Fail(name, "says %d bytes, less than what it must count", v)
		if n != nil {
			n.Bad = c.node.Bad
		}
	default:
		c.end = stop
		f.own = true
	}
	return n
}

// Tail visits the last n bytes of the current group before what stands ahead
// of them: the ESP trailer, the inner type of a TLS 1.3 record. The group must
// be the rest of what is known (the whole message, or a group with a length).
// Several calls peel from the end inwards. Encoding writes tails when the
// group closes.
func (c *Coder) Tail(n int, body func()) {
	if c.skip {
		return
	}
	f := &c.frames[len(c.frames)-1]
	if !c.dec {
		f.tails = append(f.tails, body)
		return
	}
	if n < 0 || c.end-c.off < n {
		c.Fail(f.name, "needs %d bytes at its end, %d left", n, c.end-c.off)
		return
	}
	if f.tailStop == 0 {
		f.tailStop = c.end
	}
	at, head := c.off, 0
	if c.node != nil {
		head = len(c.node.Kids)
	}
	c.off = c.end - n
	body()
	f = &c.frames[len(c.frames)-1]
	if left := c.end - c.off; left > 0 {
		c.Fail(f.name, "%d bytes left over at the end", left)
		if c.node != nil {
			c.add(&Node{Name: Undecoded, Off: c.off, Len: left, Value: hexValue(c.b[c.off:c.end])})
		}
	}
	c.skip = false
	if c.node != nil {
		f.tailKids = append(f.tailKids, append([]*Node(nil), c.node.Kids[head:]...))
		c.node.Kids = c.node.Kids[:head]
	}
	c.end -= n
	c.off = at
}

// Checksum visits a 16-bit checksum over the current group. over gets the
// group's bytes with the field zeroed. A wrong one is marked, and is a fault,
// but reading goes on.
func (c *Coder) Checksum(name string, v *uint16, over func(b []byte) uint16) *Node {
	at := c.Offset()
	n := U16(c, name, v).Hex()
	if c.skip {
		return n
	}
	f := &c.frames[len(c.frames)-1]
	f.sums = append(f.sums, sum{off: at, node: n, over: over, v: v})
	return n
}

// List visits the items of a group until it ends. each must read at least one
// byte of every item.
func List[T any](c *Coder, items *[]T, each func(v *T)) {
	if !c.dec {
		for i := range *items {
			each(&(*items)[i])
		}
		return
	}
	*items = nil
	for c.Left() > 0 {
		at := c.off
		var v T
		each(&v)
		if c.skip {
			return
		}
		if c.off == at {
			c.Fail("list", "an item of no bytes")
			return
		}
		*items = append(*items, v)
	}
}

// Bit is one field of a word, made by B.
type Bit struct {
	name   string
	width  int
	value  func() uint64
	set    func(uint64)
	filter string
	note   string
	enum   func(uint64) string
}

// B describes a bit field of width bits.
func B[T ~uint8 | ~uint16 | ~uint32 | ~uint64](name string, width int, v *T) Bit {
	return Bit{name: name, width: width, value: func() uint64 { return uint64(*v) }, set: func(u uint64) { *v = T(u) }}
}

// Flag describes a bit field of one bit.
func Flag(name string, v *bool) Bit {
	value := func() uint64 {
		if *v {
			return 1
		}
		return 0
	}
	return Bit{name: name, width: 1, value: value, set: func(u uint64) { *v = u == 1 }}
}

// Filter names the field as Wireshark does.
func (b Bit) Filter(f string) Bit { b.filter = f; return b }

// Note explains the field.
func (b Bit) Note(n string) Bit { b.note = n; return b }

// Enum names the field's values.
func (b Bit) Enum(f func(uint64) string) Bit { b.enum = f; return b }

// Bits visits a word of size bytes (1 to 8) made of bit fields, most
// significant first, whose widths add up to the word's.
func (c *Coder) Bits(name string, size int, fields ...Bit) *Node {
	var word uint64
	if !c.dec {
		for _, f := range fields {
			v := f.value()
			if f.width < 64 && v>>f.width != 0 {
				c.Bad(c.node, f.name, "%d does not fit %d bits", v, f.width)
			}
			word = word<<f.width | v
		}
	}
	n := c.uint(name, size, &word)
	if c.skip {
		return n
	}
	shift := 8 * size
	for _, f := range fields {
		shift -= f.width
		mask := ^uint64(0) >> (64 - f.width)
		v := word >> shift & mask
		if c.dec {
			f.set(v)
		}
		if n != nil {
			k := &Node{Name: f.name, Off: n.Off, Len: size, Mask: mask << shift, Uint: v, Value: strconv.FormatUint(v, 10), Filter: f.filter, Note: f.note}
			if f.enum != nil {
				k.Enum(f.enum)
			}
			n.Bits = append(n.Bits, k)
		}
	}
	if shift != 0 {
		c.Bad(n, name, "described fields leave %d bits", shift)
	}
	return n.Hex()
}
