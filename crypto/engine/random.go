package engine

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
)

// Random gives random values by name. A value depends on the seed and its
// name alone, so drawing one more, or pinning one, changes no other.
//
// The zero value works, with an empty seed. A Random is not safe for
// concurrent use: it notes what was asked of it.
type Random struct {
	seed []byte
	pins map[string][]byte
	log  *asked
	memo *Memo
	base string
}

type asked struct {
	seen map[string]int
	list []Named
}

// Named is a random value that was asked for.
type Named struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"` // "bytes", "x25519", "p256": what a pin must be
	Value  []byte `json:"value"`
	Pinned bool   `json:"pinned,omitempty"`
	Bad    string `json:"bad,omitempty"` // why its pin was not used
}

// NewRandom returns the values of a seed, some of them pinned.
func NewRandom(seed string, pins map[string][]byte) *Random {
	return &Random{seed: []byte(seed), pins: pins, log: &asked{seen: map[string]int{}}}
}

// Sub returns r seen through a prefix: Sub("client").Bytes("random", 32) is
// the value "client/random" of r.
func (r *Random) Sub(prefix string) *Random {
	s := *r
	s.base = r.base + prefix + "/"
	return &s
}

// Remember lets what is computed of r's values be kept in m, for this run and
// the next.
func (r *Random) Remember(m *Memo) { r.memo = m }

// Memo is where it is kept, nil for nowhere.
func (r *Random) Memo() *Memo { return r.memo }

// Name returns the full name of one of r's values.
func (r *Random) Name(name string) string { return r.base + name }

// Bytes returns n bytes (at most 8160) by name.
func (r *Random) Bytes(name string, n int) []byte {
	return r.draw(name, "bytes", n, func(v []byte) error { return nil })
}

// Uint32 returns 32 bits by name, never 0 to 255 (SPIs; RFC 4303, Section 2.1).
func (r *Random) Uint32(name string) uint32 {
	v := r.draw(name, "spi", 4, func(v []byte) error {
		if binary.BigEndian.Uint32(v) < 256 {
			return fmt.Errorf("0 to 255 are reserved")
		}
		return nil
	})
	return binary.BigEndian.Uint32(v)
}

// Scalar returns a private key of a prime-order group: a big-endian number
// from 1 to order-1, as long as the order. A seeded value out of range is
// drawn again under another name.
func (r *Random) Scalar(name, kind string, order *big.Int) []byte {
	return r.draw(name, kind, (order.BitLen()+7)/8, func(v []byte) error {
		k := new(big.Int).SetBytes(v)
		if k.Sign() == 0 || k.Cmp(order) >= 0 {
			return fmt.Errorf("it is not between 1 and the group's order less 1")
		}
		return nil
	})
}

// NonZero returns n bytes by name, none of them zero (PKCS #1 v1.5 padding).
func (r *Random) NonZero(name string, n int) []byte {
	v := r.draw(name, "nonzero", n, func(v []byte) error {
		for _, b := range v {
			if b == 0 {
				return errZero
			}
		}
		return nil
	})
	return v
}

var errZero = fmt.Errorf("it holds a zero byte")

// Values returns every value asked for so far, in order of first use.
func (r *Random) Values() []Named {
	if r.log == nil {
		return nil
	}
	return r.log.list
}

// draw returns the pin of the name if it is n bytes and valid, else the seed's
// value, drawn again until it is valid.
func (r *Random) draw(name, kind string, n int, valid func([]byte) error) []byte {
	full := r.base + name
	named := Named{Name: full, Kind: kind}
	if pin, ok := r.pins[full]; ok {
		switch err := valid(pin); {
		case len(pin) != n:
			named.Bad = fmt.Sprintf("%s needs %d bytes, but the pinned value has %d.", full, n, len(pin))
		case err != nil:
			named.Bad = fmt.Sprintf("The pinned value of %s cannot be used: %v.", full, err)
		default:
			named.Value, named.Pinned = append([]byte(nil), pin...), true
		}
	}
	for try := 0; named.Value == nil; try++ {
		info := full
		if try > 0 {
			info = fmt.Sprintf("%s#%d", full, try)
		}
		v, err := hkdf.Expand(sha256.New, r.key(), info, n)
		if err != nil {
			v = make([]byte, n) // more than HKDF can give: no engine asks for that
		}
		if err := valid(v); err == errZero {
			for i := range v { // cheaper than drawing all again
				if v[i] == 0 {
					v[i] = 1
				}
			}
		} else if err != nil && try < 100 {
			continue
		}
		named.Value = v
	}
	r.note(named)
	return append([]byte(nil), named.Value...)
}

func (r *Random) key() []byte {
	k := sha256.Sum256(r.seed)
	return k[:]
}

func (r *Random) note(v Named) {
	if r.log == nil {
		r.log = &asked{seen: map[string]int{}}
	}
	if i, ok := r.log.seen[v.Name]; ok {
		r.log.list[i] = v
		return
	}
	r.log.seen[v.Name] = len(r.log.list)
	r.log.list = append(r.log.list, v)
}
