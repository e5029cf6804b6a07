package kdf

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"cipherglass/crypto/engine"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHKDF is the start of the key schedule of RFC 8448, Section 3.
func TestHKDF(t *testing.T) {
	var out engine.Effects
	zero := Value{Bytes: make([]byte, 32), Note: "zeros"}
	early := Extract(&out, As{ID: "early_secret"}, SHA256, Value{}, zero)
	want := unhex(t, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a")
	if !bytes.Equal(early.Bytes, want) {
		t.Errorf("early secret %x, want %x", early.Bytes, want)
	}
	derived := DeriveSecret(&out, As{ID: "derived"}, SHA256, early, "tls13 derived", Value{Bytes: SHA256.Sum(nil)})
	want = unhex(t, "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba")
	if !bytes.Equal(derived.Bytes, want) {
		t.Errorf("derived %x, want %x", derived.Bytes, want)
	}
	traffic := Value{Bytes: unhex(t, "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")}
	iv := ExpandLabel(&out, As{ID: "iv"}, SHA256, traffic, "tls13 iv", Value{}, 12)
	if want := unhex(t, "5d313eb2671276ee13000b30"); !bytes.Equal(iv.Bytes, want) {
		t.Errorf("iv %x, want %x", iv.Bytes, want)
	}
	finished := ExpandLabel(&out, As{ID: "finished_key"}, SHA256, traffic, "tls13 finished", Value{}, 32)
	if want := unhex(t, "008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8cdc19fc8"); !bytes.Equal(finished.Bytes, want) {
		t.Errorf("finished key %x, want %x", finished.Bytes, want)
	}
	again(t, &out)
}

// TestPRF is the vector of the IETF TLS list, 23 May 2009 ("Test vectors for
// the TLS 1.2 PRF", P_SHA256), which implementations have shared since.
func TestPRF(t *testing.T) {
	var out engine.Effects
	secret := Value{Bytes: unhex(t, "9bbe436ba940f017b17652849a71db35")}
	seed := Value{Bytes: unhex(t, "a0ba9f936cda311827a6f796ffd5198c")}
	got := PRF(&out, As{ID: "x"}, SHA256, secret, "test label", seed, 100)
	want := unhex(t, `e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a
		6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789
		baa48082d122ee42c5a72e5a5110fff70187347b66`)
	if !bytes.Equal(got.Bytes, want) {
		t.Errorf("got  %x\nwant %x", got.Bytes, want)
	}
	again(t, &out)
}

func TestECDH(t *testing.T) {
	for _, c := range []struct {
		source             string
		curve              Curve
		priv, peer, shared string
	}{
		{"RFC 7748, Section 6.1 (Bob)", X25519,
			"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
			"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
			"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
		{"RFC 5903, Section 8.1", P256,
			"c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
			"04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
			"d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
	} {
		r := engine.NewRandom("", map[string][]byte{"client/k": unhex(t, c.priv)}).Sub("client")
		k, err := c.curve.Generate(r, "k")
		if err != nil {
			t.Fatal(err)
		}
		var out engine.Effects
		got, err := k.Shared(&out, As{ID: "shared"}, Value{Bytes: unhex(t, c.peer)})
		if err != nil || !bytes.Equal(got.Bytes, unhex(t, c.shared)) {
			t.Errorf("%s: %x, %v, want %s", c.source, got.Bytes, err, c.shared)
		}
		again(t, &out)
		bad := unhex(t, c.peer)
		if c.curve.Name == "X25519" {
			bad = make([]byte, 32) // of small order
		} else {
			bad[40] ^= 1 // not on the curve
		}
		if v, err := k.Shared(nil, As{}, Value{Bytes: bad}); err == nil {
			t.Errorf("%s: a bad public key gave %x", c.curve.Name, v.Bytes)
		}
	}
}

func TestParts(t *testing.T) {
	var out engine.Effects
	ab := Concat(&out, As{ID: "ab"}, []string{"a", "b"}, Value{Bytes: []byte{3, 3}}, Value{Bytes: []byte{1, 2, 3}, From: "client/b"})
	if got := Slice(&out, As{ID: "s"}, ab, 1, 3).Bytes; !bytes.Equal(got, []byte{3, 1, 2}) {
		t.Errorf("slice %x", got)
	}
	HMAC(&out, As{ID: "mac"}, SHA384, ab, ab)
	again(t, &out)
	if Concat(nil, As{ID: "ab"}, nil).From != "ab" {
		t.Error("without a log the value has no name")
	}
}

// again recomputes every recorded value, and sees that a changed input gives
// another one.
func again(t *testing.T, out *engine.Effects) {
	t.Helper()
	for _, e := range out.List {
		s := e.(engine.Secret)
		v, ok := Recompute(s)
		if !ok || !bytes.Equal(v, s.Value) {
			t.Errorf("%s by %s: recomputed %x, %v, want %x", s.ID, s.Func, v, ok, s.Value)
		}
		for i := range s.Inputs {
			if len(s.Inputs[i].Value) == 0 {
				continue
			}
			changed := s
			changed.Inputs = append([]engine.Param(nil), s.Inputs...)
			changed.Inputs[i].Value = bytes.Clone(s.Inputs[i].Value)
			changed.Inputs[i].Value[len(s.Inputs[i].Value)/2] ^= 0x10
			if v, ok := Recompute(changed); ok && bytes.Equal(v, s.Value) {
				t.Errorf("%s: input %s does not matter", s.ID, s.Inputs[i].Name)
			}
		}
		missing := s
		missing.Inputs = missing.Inputs[1:]
		if v, ok := Recompute(missing); ok && s.Func != "concat" {
			t.Errorf("%s without its first input: %x", s.ID, v)
		}
	}
	if _, ok := Recompute(engine.Secret{Func: "magic"}); ok {
		t.Error("an unknown Func was recomputed")
	}
}
