package engine

import (
	"bytes"
	"crypto/elliptic"
	"testing"
)

func TestRandomIsNamed(t *testing.T) {
	r := NewRandom("seed", nil)
	a := r.Sub("client").Bytes("random", 32)
	r.Bytes("other", 8)
	if b := NewRandom("seed", nil).Bytes("client/random", 32); !bytes.Equal(a, b) {
		t.Errorf("a value depends on what else was drawn: %x, %x", a, b)
	}
	if b := NewRandom("seed2", nil).Bytes("client/random", 32); bytes.Equal(a, b) {
		t.Error("two seeds give the same value")
	}
	if got := r.Values(); len(got) != 2 || got[0].Name != "client/random" || got[1].Name != "other" {
		t.Errorf("values asked for: %v", got)
	}
}

func TestRandomPins(t *testing.T) {
	order := elliptic.P256().Params().N
	for _, c := range []struct {
		name string
		pin  []byte
		bad  bool
	}{
		{"good", bytes.Repeat([]byte{1}, 32), false},
		{"short", []byte{1}, true},
		{"zero", make([]byte, 32), true},
		{"order", order.Bytes(), true},
	} {
		r := NewRandom("s", map[string][]byte{"k": c.pin})
		v := r.Scalar("k", "p256", order)
		n := r.Values()[0]
		if (n.Bad != "") != c.bad || n.Pinned == c.bad || (bytes.Equal(v, c.pin) == c.bad) {
			t.Errorf("%s: got %x, %+v", c.name, v, n)
		}
	}
	if v := NewRandom("s", nil).NonZero("pad", 2000); bytes.IndexByte(v, 0) >= 0 {
		t.Error("NonZero gave a zero")
	}
}
