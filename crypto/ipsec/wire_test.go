package ipsec

import (
	"testing"

	"cipherglass/crypto/wire"
	"cipherglass/crypto/wire/wiretest"
)

func espSamples(t testing.TB) (contexts []Context, packets, plains [][]byte) {
	for _, c := range combos() {
		if c[0] != ESP {
			continue
		}
		sa, _ := variant{c[0], c[1], c[2], Tunnel, false, false}.pair(t)
		h, _ := parse(udp4(61))
		contexts = append(contexts, sa.Context())
		packets = append(packets, mustSeal(t, sa, udp4(61))[20:])
		plains = append(plains, sa.plaintext(nil, udp4(61), &h))
	}
	return contexts, packets, plains
}

func TestESPPacket(t *testing.T) {
	contexts, packets, _ := espSamples(t)
	fresh := func() wire.Message { return new(ESPPacket) }
	for i, b := range packets {
		wiretest.Message(t, fresh, contexts[i], b)
		wiretest.Message(t, fresh, nil, b)
		tree, err := wire.Tree("esp", b, new(ESPPacket), nil)
		if n := tree.Find("encrypted"); err != nil || n == nil || n.Off != 8 || n.Len != len(b)-8 || n.Note == "" {
			t.Errorf("without an SA: %v, %+v", err, n)
		}
	}
	x := contexts[0]
	if tree, err := wire.Tree("esp", packets[0][:len(packets[0])-1], new(ESPPacket), x); err == nil || tree.Find("data").Bad == "" {
		t.Errorf("data that is not a multiple of 4: %v", err)
	}
}

func TestESPPlain(t *testing.T) {
	_, _, plains := espSamples(t)
	wiretest.Message(t, func() wire.Message { return new(ESPPlain) }, nil, plains...)
	wiretest.Message(t, func() wire.Message { return new(ESPPlain) }, nil, []byte{0, 59}, []byte{1, 1, 59})
	bad := append([]byte(nil), plains[0]...)
	bad[len(bad)-3]++
	if tree, err := wire.Tree("p", bad, new(ESPPlain), nil); err == nil || tree.Find("padding").Bad == "" {
		t.Errorf("wrong padding: %v", err)
	}
}

func ahSamples(t testing.TB, six bool) (contexts []Context, headers, inputs [][]byte) {
	for _, c := range combos() {
		if c[0] != AH {
			continue
		}
		sa, _ := variant{c[0], c[1], c[2], Transport, six, six}.pair(t)
		b := mustSeal(t, sa, variant{inner6: six}.packet(100))
		f, _ := Find(b)
		n, ok := AHLen(b[f.Off:])
		if !ok {
			t.Fatal("AHLen")
		}
		contexts = append(contexts, sa.Context())
		headers = append(headers, b[f.Off:f.Off+n])
		inputs = append(inputs, append(zeroMutable(nil, b, f.Off, n, sa.integ.ICVLen), b[f.Off+n:]...))
	}
	return contexts, headers, inputs
}

func TestAH(t *testing.T) {
	for _, six := range []bool{false, true} {
		contexts, headers, inputs := ahSamples(t, six)
		for i, b := range headers {
			wiretest.Message(t, func() wire.Message { return new(AHHeader) }, contexts[i], b)
			wiretest.Message(t, func() wire.Message { return new(AHHeader) }, nil, b)
			wiretest.Message(t, func() wire.Message { return new(AHInput) }, contexts[i], inputs[i])
			tree, _ := wire.Tree("ah", b, new(AHHeader), contexts[i])
			if got, want := tree.Find("ICV").Len, contexts[i].ICVLen; got != want {
				t.Errorf("ICV of %d bytes, want %d", got, want)
			}
			if pad := tree.Find("ICV padding"); (pad != nil) != (six && contexts[i].ICVLen == 16) {
				t.Errorf("IPv6 %v, %s: padding %+v", six, contexts[i].Integrity, pad)
			}
		}
	}
	if _, ok := AHLen(make([]byte, 11)); ok {
		t.Error("11 bytes hold an AH")
	}
	if _, ok := AHLen([]byte{6, 2, 11: 0}); ok {
		t.Error("an AH of 16 bytes fits 12")
	}
}

func FuzzWire(f *testing.F) {
	contexts, packets, plains := espSamples(f)
	for i := range packets {
		f.Add(packets[i])
		f.Add(plains[i])
	}
	ahContexts, headers, inputs := ahSamples(f, true)
	for i := range headers {
		f.Add(headers[i])
		f.Add(inputs[i])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, x := range contexts {
			wiretest.Any(t, func() wire.Message { return new(ESPPacket) }, x, b)
		}
		wiretest.Any(t, func() wire.Message { return new(ESPPacket) }, nil, b)
		wiretest.Any(t, func() wire.Message { return new(ESPPlain) }, nil, b)
		for _, x := range ahContexts {
			wiretest.Any(t, func() wire.Message { return new(AHHeader) }, x, b)
			wiretest.Any(t, func() wire.Message { return new(AHInput) }, x, b)
		}
		wiretest.Any(t, func() wire.Message { return new(AHHeader) }, nil, b)
	})
}

// FuzzOpen gives any bytes to Open and Seal: no panic, and no acceptance.
func FuzzOpen(f *testing.F) {
	for _, v := range variants() {
		out, _ := v.pair(f)
		f.Add(mustSeal(f, out, v.packet(60)))
		f.Add(v.packet(60))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, v := range []variant{
			{ESP, "aes-128-cbc", "hmac-sha1-96", Tunnel, false, false},
			{ESP, "aes-128-gcm-16", "none", Transport, false, false},
			{AH, "", "hmac-sha2-256-128", Transport, true, true},
		} {
			out, in := v.pair(t)
			in.Open(nil, b)
			_, in = v.pair(t)
			if sealed, fail := out.Seal(nil, b, nil); fail == nil {
				if _, fail := in.Open(nil, sealed); fail != nil && fail.Code != Dummy {
					t.Fatalf("%s: sealed %x does not open: %v", v, sealed, fail)
				}
			}
		}
	})
}
