// Package wire describes messages once: a message's Code method visits its
// fields in wire order, and the same visit encodes the message, decodes it,
// and either way yields the tree of its fields.
//
// Decoding never stops at the first fault. What cannot be read in a group of
// known length becomes an "undecoded" leaf, the group is marked, and decoding
// goes on after it; so the leaves of a tree tile the bytes they came from,
// whatever the bytes were.
package wire

import "fmt"

// Message is anything whose wire form is described by a Code method.
type Message interface {
	// Code visits the fields in wire order. It must behave the same when
	// encoding and decoding, and may read c.Context for what the bytes do
	// not say.
	Code(c *Coder)
}

// Error is a fault found in the bytes of a message, or in a value that has no
// wire form.
type Error struct {
	Field string // the innermost named group or field
	Off   int    // where in the buffer
	What  string // "needs 2 bytes, 1 left"
}

func (e *Error) Error() string {
	return fmt.Sprintf("wire: %s at byte %d: %s", e.Field, e.Off, e.What)
}

// Range is a run of bytes of an encoded message, for example the place of an
// ICV that the engine which holds the key fills in.
type Range struct {
	Name     string
	Off, Len int
}

// Encode returns the wire form of m.
func Encode(m Message, context any) ([]byte, error) {
	b, _, err := AppendEncode(nil, m, context)
	return b, err
}

// AppendEncode appends the wire form of m to dst and returns the places that
// Code marked, their offsets counted from the start of the message.
func AppendEncode(dst []byte, m Message, context any) ([]byte, []Range, error) {
	c := Coder{b: dst, base: len(dst), Context: context}
	c.open("", nil)
	m.Code(&c)
	c.close()
	if c.err != nil {
		return dst, nil, c.err
	}
	return c.b, c.marks, nil
}

// EncodeTree is Encode with the field tree of what it wrote.
func EncodeTree(name string, m Message, context any) ([]byte, *Node, error) {
	root := &Node{Name: name}
	c := Coder{Context: context, node: root}
	c.open(name, root)
	m.Code(&c)
	c.close()
	if c.err != nil {
		return nil, nil, c.err
	}
	return c.b, root, nil
}

// Decode reads m from b, all of it. It reads on after a fault and returns the
// first one, an *Error; m then holds what could be read. Slices in m point
// into b.
func Decode(b []byte, m Message, context any) error {
	c := Coder{dec: true, b: b, end: len(b), Context: context}
	c.open("", nil)
	m.Code(&c)
	c.close()
	if c.err != nil {
		return c.err
	}
	return nil
}

// Tree is Decode with the field tree. The tree is complete whatever b holds.
func Tree(name string, b []byte, m Message, context any) (*Node, error) {
	root := &Node{Name: name}
	c := Coder{dec: true, b: b, end: len(b), Context: context, node: root}
	c.open(name, root)
	m.Code(&c)
	c.close()
	if c.err != nil {
		return root, c.err
	}
	return root, nil
}

// Coder carries one visit over a message.
type Coder struct {
	Context any // what the bytes do not say: version, suite, key exchange, lengths

	dec    bool
	skip   bool // the current group failed: nothing more is read in it
	b      []byte
	base   int // encoding: where the message begins in b
	off    int // decoding: the next byte
	end    int // decoding: end of the current group
	err    *Error
	node   *Node // current group, nil when no tree is wanted
	frames []frame
	marks  []Range
}

// frame is what an open group needs when it closes.
type frame struct {
	name     string
	start    int
	outerEnd int
	outer    *Node
	own      bool      // it knows its own length, so a fault stays inside it
	tails    []func()  // encoding: what comes last, outermost first
	tailKids [][]*Node // decoding: their nodes, outermost first
	tailStop int       // decoding: where the group ended before its tails were cut off, 0 if none were
	sums     []sum
	lens     []selfLen
}

type sum struct {
	off  int
	node *Node
	over func(b []byte) uint16
	v    *uint16
}

type selfLen struct {
	off, size, adjust int
	node              *Node
}

// Decoding reports whether the visit reads bytes.
func (c *Coder) Decoding() bool { return c.dec }

// Failed reports whether the current group could not be read.
func (c *Coder) Failed() bool { return c.skip }

// Wants reports whether a tree is being built.
func (c *Coder) Wants() bool { return c.node != nil }

// Left is the number of bytes left in the current group when decoding, 0 when
// encoding.
func (c *Coder) Left() int {
	if !c.dec || c.skip {
		return 0
	}
	return c.end - c.off
}

// Offset is the position of the next byte, from the start of the message.
func (c *Coder) Offset() int {
	if c.dec {
		return c.off
	}
	return len(c.b) - c.base
}

// Peek returns the next n bytes of the current group without reading them,
// nil when there are fewer or when encoding.
func (c *Coder) Peek(n int) []byte {
	if c.Left() < n {
		return nil
	}
	return c.b[c.off : c.off+n]
}

// Seen returns the bytes of the current group from its start to the next
// byte, for fields that depend on those before them.
func (c *Coder) Seen() []byte {
	f := &c.frames[len(c.frames)-1]
	return c.b[c.base+f.start : c.base+c.Offset()]
}

// Present is for a part that may be absent at the end of a group: it returns
// *v when encoding, and sets and returns whether bytes are left when decoding.
func (c *Coder) Present(v *bool) bool {
	if c.dec {
		*v = c.Left() > 0
	}
	return *v
}

// Bad records that n holds a value that is not allowed, and goes on. n may be
// nil. The first fault of a visit is what Decode returns.
func (c *Coder) Bad(n *Node, field, format string, args ...any) {
	c.note(n, &Error{Field: field, Off: c.Offset(), What: fmt.Sprintf(format, args...)})
}

// Fail records a fault after which the rest of the group cannot be read.
func (c *Coder) Fail(field, format string, args ...any) {
	if c.skip {
		return
	}
	c.note(c.node, &Error{Field: field, Off: c.Offset(), What: fmt.Sprintf(format, args...)})
	c.skip = true
}

func (c *Coder) note(n *Node, e *Error) {
	if n != nil && n.Bad == "" {
		n.Bad = e.What
	}
	if c.err == nil {
		c.err = e
	}
}

func (c *Coder) add(n *Node) { c.node.Kids = append(c.node.Kids, n) }

// take returns the next n bytes: read when decoding, new zeros when encoding.
func (c *Coder) take(field string, n int) []byte {
	if c.skip {
		return nil
	}
	if !c.dec {
		at := len(c.b)
		c.b = append(c.b, make([]byte, n)...)
		return c.b[at : at+n : at+n]
	}
	if n < 0 || c.end-c.off < n {
		c.Fail(field, "%s needs %d bytes, %d left", field, n, c.end-c.off)
		return nil
	}
	p := c.b[c.off : c.off+n : c.off+n]
	c.off += n
	return p
}

func (c *Coder) open(name string, n *Node) {
	if c.frames == nil {
		c.frames = make([]frame, 0, 4) // as deep as most messages go
	}
	c.frames = append(c.frames, frame{name: name, start: c.Offset(), outerEnd: c.end, outer: c.node})
	if n != nil {
		n.Off = c.Offset()
		c.node = n
	}
}

// close ends the innermost group: unread bytes become an undecoded leaf,
// tails, lengths and checksums are settled.
func (c *Coder) close() {
	if c.dec {
		c.closeDecode(len(c.frames) == 1)
	} else {
		c.closeEncode()
	}
	last := len(c.frames) - 1
	c.node = c.frames[last].outer
	c.frames = c.frames[:last]
}

func (c *Coder) closeDecode(top bool) {
	f := &c.frames[len(c.frames)-1]
	tailed := f.tailStop > 0
	if left := c.end - c.off; left > 0 && (c.skip || f.own || tailed || top) {
		if !c.skip {
			c.note(c.node, &Error{Field: f.name, Off: c.off, What: fmt.Sprintf("%d bytes left over", left)})
		}
		if c.node != nil {
			c.add(&Node{Name: Undecoded, Off: c.off, Len: left, Value: hexValue(c.b[c.off:c.end])})
		}
		c.off = c.end
	}
	if tailed {
		for k := len(f.tailKids) - 1; k >= 0; k-- {
			c.node.Kids = append(c.node.Kids, f.tailKids[k]...)
		}
		c.off = f.tailStop
	}
	for _, s := range f.sums {
		c.checkSum(f.start, c.off, s)
	}
	if left := f.outerEnd - c.off; top && left > 0 { // beyond the message's own length
		c.note(c.node, &Error{Field: f.name, Off: c.off, What: fmt.Sprintf("%d bytes left over", left)})
		if c.node != nil {
			c.add(&Node{Name: Undecoded, Off: c.off, Len: left, Value: hexValue(c.b[c.off:f.outerEnd])})
		}
		c.off = f.outerEnd
	}
	if c.node != nil {
		c.node.Len = c.off - f.start
	}
	c.end = f.outerEnd
	if f.own {
		c.skip = false
	}
}

func (c *Coder) closeEncode() {
	i := len(c.frames) - 1
	for k := len(c.frames[i].tails) - 1; k >= 0; k-- {
		c.frames[i].tails[k]()
	}
	f := &c.frames[i]
	for _, l := range f.lens {
		v := uint64(c.Offset() - f.start + l.adjust)
		if l.size < 8 && v>>(8*l.size) != 0 {
			c.note(c.node, &Error{Field: f.name, Off: l.off, What: fmt.Sprintf("%d bytes do not fit a length of %d bits", v, 8*l.size)})
		}
		put(c.b[c.base+l.off:c.base+l.off+l.size], v)
		l.node.setUint(v)
	}
	for _, s := range f.sums {
		put(c.b[c.base+s.off:c.base+s.off+2], 0)
		v := s.over(c.b[c.base+f.start : c.base+c.Offset()])
		*s.v = v
		put(c.b[c.base+s.off:c.base+s.off+2], uint64(v))
		s.node.setUint(uint64(v))
		s.node.Hex().SetNote("correct")
	}
	if c.node != nil {
		c.node.Len = c.Offset() - f.start
	}
}

func (c *Coder) checkSum(start, stop int, s sum) {
	b := append([]byte(nil), c.b[start:stop]...)
	b[s.off-start], b[s.off-start+1] = 0, 0
	if want := s.over(b); want != *s.v {
		c.note(s.node, &Error{Field: "checksum", Off: s.off, What: fmt.Sprintf("incorrect: 0x%04x, should be 0x%04x", *s.v, want)})
	} else {
		s.node.SetNote("correct")
	}
}

func (n *Node) setUint(v uint64) {
	if n != nil {
		n.Uint = v
		n.Value = fmt.Sprint(v)
	}
}

func put(p []byte, v uint64) {
	for i := len(p) - 1; i >= 0; i-- {
		p[i] = byte(v)
		v >>= 8
	}
}
