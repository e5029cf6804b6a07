// Package wiretest checks what every wire description owes: leaves tile every
// byte exactly once for any input, well-formed input re-encodes to itself,
// and decoding what was encoded gives the same tree.
package wiretest

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"cipherglass/crypto/wire"
)

// Message checks the description of the message that fresh makes, on
// well-formed samples: round trip, tiling, every truncation, and mutations.
func Message(t *testing.T, fresh func() wire.Message, context any, samples ...[]byte) {
	t.Helper()
	if len(samples) == 0 {
		t.Fatal("wiretest: no samples")
	}
	for i, b := range samples {
		m := fresh()
		tree, err := wire.Tree("m", b, m, context)
		if err != nil {
			t.Errorf("sample %d: %v", i, err)
			continue
		}
		if err := wire.Tiles(tree, 0, len(b)); err != nil {
			t.Errorf("sample %d: %v", i, err)
		}
		got, tree2, err := wire.EncodeTree("m", m, context)
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("sample %d: re-encoded to\n%x, %v, want\n%x", i, got, err, b)
			continue
		}
		tree3, _ := wire.Tree("m", got, fresh(), context)
		if !reflect.DeepEqual(tree2, tree3) {
			t.Errorf("sample %d: the encoder's tree is not the decoder's: %s", i, differ(tree2, tree3))
		}
		for n := range b {
			Any(t, fresh, context, b[:n])
		}
		r := rand.New(rand.NewPCG(1, uint64(i)))
		for range 300 {
			x := bytes.Clone(b)
			for range 1 + r.IntN(4) {
				if len(x) > 0 {
					x[r.IntN(len(x))] = byte(r.Uint32())
				}
			}
			Any(t, fresh, context, x)
		}
	}
}

// Any checks what holds for any bytes: a tree that tiles, no panic, the same
// verdict with and without a tree, and that what decodes without a fault
// survives encode and decode. It is the body of a fuzz target.
func Any(t *testing.T, fresh func() wire.Message, context any, b []byte) {
	t.Helper()
	m := fresh()
	tree, err := wire.Tree("m", b, m, context)
	if bad := wire.Tiles(tree, 0, len(b)); bad != nil {
		t.Fatalf("%x: %v", b, bad)
	}
	if err2 := wire.Decode(b, fresh(), context); (err == nil) != (err2 == nil) {
		t.Fatalf("%x: with a tree %v, without %v", b, err, err2)
	}
	if err != nil {
		return
	}
	again, err := wire.Encode(m, context)
	if err != nil {
		t.Fatalf("%x decodes but does not encode: %v", b, err)
	}
	if !bytes.Equal(again, b) {
		t.Fatalf("%x re-encodes to %x", b, again)
	}
}

func differ(a, b *wire.Node) string {
	if a.Name != b.Name || a.Off != b.Off || a.Len != b.Len || a.Value != b.Value || a.Note != b.Note || a.Bad != b.Bad || a.Uint != b.Uint {
		return a.Name + "/" + a.Value + "/" + a.Note + " against " + b.Name + "/" + b.Value + "/" + b.Note
	}
	if len(a.Kids) != len(b.Kids) || len(a.Bits) != len(b.Bits) {
		return a.Name + ": other number of fields"
	}
	for i := range a.Kids {
		if d := differ(a.Kids[i], b.Kids[i]); d != "" {
			return d
		}
	}
	for i := range a.Bits {
		if d := differ(a.Bits[i], b.Bits[i]); d != "" {
			return d
		}
	}
	return ""
}
