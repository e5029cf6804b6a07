package wire_test

import (
	"encoding/binary"
	"encoding/hex"
	"testing"

	"cipherglass/crypto/wire"
	"cipherglass/crypto/wire/wiretest"
)

// packet exercises every construct: bit fields, checksum, self length,
// vectors, an optional part, a list, tail-first fields.
type packet struct {
	version, ihl uint8
	urgent       bool
	reserved     uint8
	sum          uint16
	number       uint64
	list         []uint16
	items        []item
	hasExtra     bool
	extra        []byte
}

type item struct {
	typ uint16
	num uint32
	raw []byte
}

func (p *packet) Code(c *wire.Coder) {
	c.Group("header", func() {
		c.Length("length", 2, 0)
		c.Bits("word", 2, wire.B("version", 4, &p.version), wire.B("ihl", 4, &p.ihl), wire.Flag("urgent", &p.urgent), wire.B("reserved", 7, &p.reserved))
		c.Checksum("checksum", &p.sum, add)
		wire.U48(c, "number", &p.number)
		c.Sub("list", 1, func() { wire.List(c, &p.list, func(v *uint16) { wire.U16(c, "entry", v).Hex() }) })
	})
	c.Sub("items", 2, func() {
		wire.List(c, &p.items, func(v *item) {
			c.Group("item", func() {
				wire.U16(c, "type", &v.typ)
				c.Sub("body", 2, func() {
					if v.typ == 1 {
						wire.U32(c, "num", &v.num)
					} else {
						wire.Rest(c, "raw", &v.raw)
					}
				})
			})
		})
	})
	if c.Present(&p.hasExtra) {
		wire.Opaque(c, "extra", 1, &p.extra)
	}
}

func add(b []byte) uint16 {
	var s uint16
	for _, x := range b {
		s += uint16(x)
	}
	return s
}

// trailed has a body, padding, its length and a type that are read from the
// end, as ESP has.
type trailed struct {
	body, pad []byte
	padLen    uint8
	typ       uint8
	icv       []byte
}

func (m *trailed) Code(c *wire.Coder) {
	c.Tail(4, func() { wire.Bytes(c, "icv", &m.icv, 4); c.Mark("icv", 4) })
	c.Tail(2, func() { wire.U8(c, "pad_length", &m.padLen); wire.U8(c, "type", &m.typ) })
	c.Tail(int(m.padLen), func() { wire.Rest(c, "padding", &m.pad) })
	wire.Rest(c, "body", &m.body)
}

func sample() *packet {
	return &packet{version: 4, ihl: 5, urgent: true, reserved: 3, number: 77, list: []uint16{1, 0x1301},
		items: []item{{typ: 1, num: 9}, {typ: 0x0a0a, raw: []byte{}}, {typ: 2, raw: []byte("abc")}}, hasExtra: true, extra: []byte{1}}
}

func TestMessage(t *testing.T) {
	full, err := wire.Encode(sample(), nil)
	if err != nil {
		t.Fatal(err)
	}
	short := sample()
	short.hasExtra, short.list, short.items = false, nil, nil
	b, err := wire.Encode(short, nil)
	if err != nil {
		t.Fatal(err)
	}
	wiretest.Message(t, func() wire.Message { return new(packet) }, nil, full, b)
	if got := binary.BigEndian.Uint16(full); int(got) != 2+2+2+6+1+4 {
		t.Errorf("self length %d", got)
	}
}

func TestTail(t *testing.T) {
	for _, m := range []*trailed{
		{body: []byte("hello"), pad: []byte{1, 2, 3}, padLen: 3, typ: 4, icv: []byte("icv!")},
		{body: []byte{}, pad: []byte{}, typ: 41, icv: make([]byte, 4)},
	} {
		b, marks, err := wire.AppendEncode([]byte("xx"), m, nil)
		if err != nil {
			t.Fatal(err)
		}
		b = b[2:]
		if want := len(b) - 4; len(marks) != 1 || marks[0].Off != want {
			t.Errorf("marks %v, want icv at %d", marks, want)
		}
		wiretest.Message(t, func() wire.Message { return new(trailed) }, nil, b)
	}
	tree, err := wire.Tree("m", []byte{9, 9, 1, 200, 4, 0, 0, 0, 0}, new(trailed), nil)
	if err == nil {
		t.Error("padding longer than the message was accepted")
	}
	if e := wire.Tiles(tree, 0, 9); e != nil {
		t.Error(e)
	}
	if tree.Find("type") == nil || tree.Find(wire.Undecoded) == nil {
		t.Error("the trailer or the undecoded rest is missing")
	}
}

func TestDecodingGoesOnAfterABadGroup(t *testing.T) {
	b, _ := wire.Encode(sample(), nil)
	at := 2 + 2 + 2 + 6 + 1 + 4 + 2 + 2
	b[at+1] = 3 // the first item's body is now too short for its number
	tree, err := wire.Tree("m", append(b[:at+5:at+5], b[at+6:]...), new(packet), nil)
	if err == nil {
		t.Fatal("no fault found")
	}
	if tree.Find("extra") == nil && tree.Find(wire.Undecoded) == nil {
		t.Error("decoding stopped")
	}
}

func TestChecksumMarked(t *testing.T) {
	b, _ := wire.Encode(sample(), nil)
	b[4]++
	tree, err := wire.Tree("m", b, new(packet), nil)
	if err == nil || tree.Find("checksum").Bad == "" {
		t.Errorf("wrong checksum: %v", err)
	}
	if tree.Find("extra") == nil {
		t.Error("decoding did not go on after a wrong checksum")
	}
}

// sized counts its own length at the top, so bytes may follow it.
type sized struct{ body []byte }

func (m *sized) Code(c *wire.Coder) {
	c.Length("length", 1, -1)
	wire.Rest(c, "body", &m.body)
}

func TestBytesAfterOwnLength(t *testing.T) {
	wiretest.Message(t, func() wire.Message { return new(sized) }, nil, []byte{2, 8, 9}, []byte{0})
	tree, err := wire.Tree("m", []byte{1, 8, 9}, new(sized), nil)
	if err == nil || tree.Find(wire.Undecoded) == nil {
		t.Errorf("bytes after the message: %v", err)
	}
}

func TestEncodeFaults(t *testing.T) {
	p := sample()
	p.extra = make([]byte, 300)
	if _, err := wire.Encode(p, nil); err == nil {
		t.Error("300 bytes fit a length of one byte")
	}
	p = sample()
	p.ihl = 16
	if _, err := wire.Encode(p, nil); err == nil {
		t.Error("16 fits four bits")
	}
}

func FuzzDecode(f *testing.F) {
	b, _ := wire.Encode(sample(), nil)
	f.Add(b)
	x, _ := hex.DecodeString("0102030405")
	f.Add(x)
	f.Fuzz(func(t *testing.T, b []byte) {
		wiretest.Any(t, func() wire.Message { return new(packet) }, nil, b)
		wiretest.Any(t, func() wire.Message { return new(trailed) }, nil, b)
	})
}
