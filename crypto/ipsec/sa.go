package ipsec

import (
	"crypto/cipher"
	"crypto/hmac"
	"fmt"
	"hash"
	"math"
	"net/netip"
	"strconv"

	"cipherglass/crypto/engine"
)

// Params is what an SA is made of (RFC 4301, Section 4.4.2.1). An SA is one
// way; each of its two ends makes its own from the same Params.
type Params struct {
	Policy string // name of its policy, "r1-r2"; with Dir, part of its values' names
	Dir    string // "ab" or "ba"

	SPI        uint32
	Protocol   string // ESP, AH
	Mode       string // Tunnel, Transport
	Encryption string // ESP: a name of Encryptions
	Integrity  string // a name of Integrities
	Keys       Keys

	Src, Dst  netip.Addr // the ends of a tunnel; in transport mode Dst is for finding the SA
	Selectors Selectors  // what may come out of it; the zero value allows all
	DF        string     // DFCopy ("" too), DFSet, DFClear
	HopLimit  uint8      // of the outer header, 0 for 64
	Window    int        // anti-replay window in packets, 0 for 64
	Sent      uint32     // sequence number of the last packet sent before, 0 for a new SA

	// Random gives the CBC IVs, by name. Nil is a Random of the empty seed.
	Random *engine.Random
}

// Keys are the keys of an SA.
type Keys struct {
	Encr  []byte
	Salt  []byte // AES-GCM, ChaCha20-Poly1305: the first 4 bytes of each nonce
	Integ []byte
}

// Selectors say which packets an SA carries.
type Selectors struct {
	Src, Dst netip.Prefix // invalid for any
}

// Allow reports whether a packet from src to dst is one of them.
func (s Selectors) Allow(src, dst netip.Addr) bool {
	return within(s.Src, src) && within(s.Dst, dst)
}

// Reverse is the same traffic seen the other way.
func (s Selectors) Reverse() Selectors { return Selectors{Src: s.Dst, Dst: s.Src} }

func within(p netip.Prefix, a netip.Addr) bool { return !p.IsValid() || p.Contains(a) }

// SA is a security association. It is not safe for concurrent use.
type SA struct {
	p      Params
	encr   *Encryption
	integ  *Integrity
	shape  Shape // of tunnel mode; transport mode fills in the packet's
	seq    uint32
	window Window

	aead   cipher.AEAD
	enc    cbcMode
	dec    cbcMode
	mac    hash.Hash
	nonce  [12]byte
	outer  []byte // the outer IP header, but for what differs between packets
	sum    []byte // space for a MAC
	zeroed []byte // AH: space for headers with their mutable fields zeroed
	ivs    *engine.Random
}

// cbcMode is what crypto/cipher's CBC modes are.
type cbcMode interface {
	cipher.BlockMode
	SetIV([]byte)
}

// DeriveKeys draws an SA's keys by name: "sa/<policy>/<dir>/encr", ".../salt",
// ".../integ". What a transform does not need is not drawn.
func DeriveKeys(r *engine.Random, policy, dir, protocol, encryption, integrity string) (Keys, *engine.Failure) {
	if fail := Legal(protocol, encryption, integrity); fail != nil {
		return Keys{}, fail
	}
	var k Keys
	r = r.Sub("sa/" + policy + "/" + dir)
	if e, _ := EncryptionNamed(encryption); protocol == ESP && e.KeyLen > 0 {
		k.Encr = r.Bytes("encr", e.KeyLen)
		if e.SaltLen > 0 {
			k.Salt = r.Bytes("salt", e.SaltLen)
		}
	}
	if i, _ := IntegrityNamed(integrity); i.KeyLen > 0 {
		k.Integ = r.Bytes("integ", i.KeyLen)
	}
	return k, nil
}

// NewSA makes one end's view of an SA.
func NewSA(p Params) (*SA, *engine.Failure) {
	if fail := Legal(p.Protocol, p.Encryption, p.Integrity); fail != nil {
		return nil, fail
	}
	if p.SPI < 256 {
		return nil, BadSA.With("its SPI is below 256, which is reserved (RFC 4303, Section 2.1)")
	}
	return newSA(p)
}

// newSA is NewSA without the rules on reserved SPIs and on which transforms go
// together, which some published vectors break.
func newSA(p Params) (*SA, *engine.Failure) {
	sa := &SA{p: p, seq: p.Sent, ivs: p.Random}
	var fail *engine.Failure
	if p.Protocol == AH {
		sa.p.Encryption = ""
	}
	if sa.encr, fail = EncryptionNamed(sa.p.Encryption); fail != nil {
		return nil, fail
	}
	if sa.integ, fail = IntegrityNamed(p.Integrity); fail != nil {
		return nil, fail
	}
	if sa.window, fail = NewWindow(p.Window); fail != nil {
		return nil, fail
	}
	if fail = sa.setKeys(p.Keys); fail != nil {
		return nil, fail
	}
	switch p.DF {
	case "":
		sa.p.DF = DFCopy
	case DFCopy, DFSet, DFClear:
	default:
		return nil, BadSA.With("DF is none of copy, set, clear")
	}
	if sa.ivs == nil {
		sa.ivs = new(engine.Random)
	}
	sa.shape = Shape{Protocol: p.Protocol, Mode: p.Mode, Encryption: sa.encr, Integrity: sa.integ}
	switch p.Mode {
	case Transport:
	case Tunnel:
		if fail = sa.setOuter(); fail != nil {
			return nil, fail
		}
	default:
		return nil, BadSA.With("its mode is none of tunnel, transport")
	}
	return sa, nil
}

func (sa *SA) setKeys(k Keys) *engine.Failure {
	for _, n := range []struct {
		name      string
		got, want int
	}{
		{"encryption key", len(k.Encr), sa.encr.KeyLen},
		{"salt", len(k.Salt), sa.encr.SaltLen},
		{"integrity key", len(k.Integ), sa.integ.KeyLen},
	} {
		if n.got != n.want {
			return BadSA.With(fmt.Sprintf("its %s has %d bytes and needs %d", n.name, n.got, n.want))
		}
	}
	var err error
	switch {
	case sa.encr.aead != nil:
		sa.aead, err = sa.encr.aead(k.Encr)
	case sa.encr.block != nil:
		var b cipher.Block
		if b, err = sa.encr.block(k.Encr); err != nil {
			break
		}
		iv := make([]byte, b.BlockSize())
		var ok, ok2 bool
		sa.enc, ok = cipher.NewCBCEncrypter(b, iv).(cbcMode)
		sa.dec, ok2 = cipher.NewCBCDecrypter(b, iv).(cbcMode)
		if !ok || !ok2 {
			err = fmt.Errorf("its cipher takes no new IV")
		}
	}
	if err != nil {
		return BadSA.With(err)
	}
	copy(sa.nonce[:], k.Salt)
	if sa.integ.hash != nil {
		sa.mac = hmac.New(sa.integ.hash, k.Integ)
		sa.sum = make([]byte, 0, sa.mac.Size())
	}
	return nil
}

// setOuter prepares the outer header (RFC 4301, Section 5.1.2).
func (sa *SA) setOuter() *engine.Failure {
	p := &sa.p
	if !p.Src.IsValid() || !p.Dst.IsValid() || p.Src.Is4() != p.Dst.Is4() {
		return BadSA.With("a tunnel needs two ends of the same IP version")
	}
	if p.HopLimit == 0 {
		p.HopLimit = 64
	}
	if p.Src.Is4() {
		sa.outer = append([]byte{0x45, 8: p.HopLimit, 9: protocolNumber(p.Protocol), 11: 0}, append(p.Src.AsSlice(), p.Dst.AsSlice()...)...)
		return nil
	}
	sa.shape.V6 = true
	sa.outer = append([]byte{0x60, 6: protocolNumber(p.Protocol), 7: p.HopLimit}, append(p.Src.AsSlice(), p.Dst.AsSlice()...)...)
	return nil
}

func protocolNumber(protocol string) byte {
	if protocol == AH {
		return protoAH
	}
	return protoESP
}

// Params returns what the SA was made of.
func (sa *SA) Params() Params { return sa.p }

// Encryption returns the SA's encryption transform: "null" for AH.
func (sa *SA) Encryption() *Encryption { return sa.encr }

// Integrity returns the SA's integrity transform.
func (sa *SA) Integrity() *Integrity { return sa.integ }

// Seq is the sequence number of the last packet sealed.
func (sa *SA) Seq() uint32 { return sa.seq }

// Window is the state of the anti-replay window.
func (sa *SA) Window() *Window { return &sa.window }

// ID names the SA among those of a scenario: "sa/r1-r2/ab".
func (sa *SA) ID() string { return "sa/" + sa.p.Policy + "/" + sa.p.Dir }

// SPIText is the SPI as people read it: "0x00001001".
func (sa *SA) SPIText() string { return spiText(sa.p.SPI) }

func spiText(spi uint32) string { return fmt.Sprintf("0x%08x", spi) }

// Context is what a description needs to read the SA's packets.
func (sa *SA) Context() Context {
	return Context{
		Protocol: sa.p.Protocol, Mode: sa.p.Mode, Encryption: sa.encr.Name, Integrity: sa.integ.Name,
		IVLen: sa.encr.IVLen, ICVLen: sa.shape.icv(), Align: sa.encr.Align(),
	}
}

// Shape tells how long the SA's packets are, given one to be sealed.
func (sa *SA) Shape(packet []byte) (Shape, *engine.Failure) {
	h, fail := parse(packet)
	if fail != nil {
		return Shape{}, fail
	}
	return sa.shapeFor(&h), nil
}

func (sa *SA) shapeFor(h *header) Shape {
	s := sa.shape
	if s.Mode == Transport {
		s.V6, s.Header = h.v6, h.cut
	}
	return s
}

// Secrets lists the SA's keys, for the trace. A Crypt's KeyID is one of them.
func (sa *SA) Secrets() []engine.Secret {
	var list []engine.Secret
	add := func(what, name, ref string, v []byte) {
		if len(v) > 0 {
			list = append(list, engine.Secret{
				ID: sa.ID() + "/" + what, Name: name, Func: "manual", Value: v, Ref: ref,
				Inputs: []engine.Param{{Name: "value", Value: v, From: sa.ID() + "/" + what, Note: "given to both ends by hand"}},
			})
		}
	}
	add("encr", sa.encr.Label+" key", sa.encr.Ref, sa.p.Keys.Encr)
	add("salt", sa.encr.Label+" salt", sa.encr.Ref, sa.p.Keys.Salt)
	add("integ", sa.integ.Label+" key", sa.integ.Ref, sa.p.Keys.Integ)
	return list
}

// IV is the IV that Seal puts into the packet with the sequence number: the
// number itself for a counter-based cipher (RFC 4106, Section 3.1; RFC 7634,
// Section 2), the named value "sa/<policy>/<dir>/iv/<seq>" for CBC, whose IVs
// must not be guessed in advance (RFC 3602, Section 3), nothing for NULL.
func (sa *SA) IV(seq uint32) []byte {
	switch {
	case sa.aead != nil:
		return []byte{4: byte(seq >> 24), 5: byte(seq >> 16), 6: byte(seq >> 8), 7: byte(seq)}
	case sa.enc != nil:
		return sa.ivs.Sub(sa.ID()).Bytes("iv/"+strconv.FormatUint(uint64(seq), 10), sa.encr.IVLen)
	}
	return nil
}

// maxSeq is the last sequence number an SA sends. It never cycles (RFC 4303,
// Sections 2.2 and 3.3.3).
const maxSeq = math.MaxUint32

func prefixText(p netip.Prefix) string {
	if !p.IsValid() {
		return "anywhere"
	}
	return p.String()
}
