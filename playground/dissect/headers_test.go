package dissect

import (
	"bytes"
	"testing"
)

func TestCheckHeaders(t *testing.T) {
	m := samples(t)
	for _, name := range sampleNames {
		list := CheckHeaders(m[name])
		if len(list) < 2 {
			t.Errorf("%s: only %d findings", name, len(list))
		}
		for _, f := range list {
			if !f.OK {
				t.Errorf("%s: %s %s: %s", name, f.Header, f.What, f.Detail)
			}
		}
	}
}

// TestCheckHeadersFails changes one thing and wants the finding that names it.
func TestCheckHeadersFails(t *testing.T) {
	m := samples(t)
	fix4 := func(b []byte) { // the header checksum made right again
		s := sumWithout(b[:20], 10, nil)
		b[10], b[11] = byte(s>>8), byte(s)
	}
	for _, c := range []struct {
		name, sample string
		change       func(b []byte) []byte
		header, what string
	}{
		{"empty", "tcp4", func(b []byte) []byte { return nil }, "IP", "fields"},
		{"version 5", "tcp4", func(b []byte) []byte { b[0] = 0x55; return b }, "IP", "fields"},
		{"short header", "tcp4", func(b []byte) []byte { b[0] = 0x44; return b }, "IPv4", "fields"},
		{"long header", "fragment4b", func(b []byte) []byte { b[0] = 0x4f; return b }, "IPv4", "fields"},
		{"cut in the header", "tcp4", func(b []byte) []byte { return b[:19] }, "IPv4", "fields"},
		{"total length", "tcp4", func(b []byte) []byte { b[3]--; fix4(b); return b }, "IPv4", "Total Length"},
		{"byte behind the end", "tcp4", func(b []byte) []byte { return append(b, 0) }, "IPv4", "Total Length"},
		{"TTL without checksum", "tcp4", func(b []byte) []byte { b[8]--; return b }, "IPv4", "Checksum"},
		{"TCP data", "tcp4", func(b []byte) []byte { b[len(b)-1]++; return b }, "TCP", "Checksum"},
		{"address, header checksum right", "tcp4", func(b []byte) []byte { b[19]++; fix4(b); return b }, "TCP", "Checksum"},
		{"TCP data offset", "tcp4", func(b []byte) []byte { b[32] = 0xf0 | b[32]&15; return b[:50] }, "TCP", "fields"},
		{"TCP data offset under 5", "tcp4", func(b []byte) []byte { b[32] = 0x10; return b }, "TCP", "fields"},
		{"TCP cut", "tcp4", func(b []byte) []byte { return b[:30] }, "TCP", "fields"},
		{"UDP length", "udp4", func(b []byte) []byte { b[25]++; return b }, "UDP", "Length"},
		{"UDP data", "udp4", func(b []byte) []byte { b[len(b)-1]++; return b }, "UDP", "Checksum"},
		{"UDP over IPv6 without checksum", "udp6", func(b []byte) []byte { b[46], b[47] = 0, 0; return b }, "UDP", "Checksum"},
		{"ICMP data", "ping4", func(b []byte) []byte { b[len(b)-1]++; return b }, "ICMP", "Checksum"},
		{"ICMPv6 data", "ping6", func(b []byte) []byte { b[len(b)-1]++; return b }, "ICMPv6", "Checksum"},
		{"payload length", "tcp6", func(b []byte) []byte { b[5]--; return b }, "IPv6", "Payload Length"},
		{"IPv6 cut", "tcp6", func(b []byte) []byte { return b[:39] }, "IPv6", "fields"},
		{"option beyond its header", "extensions6", func(b []byte) []byte { b[43] = 9; return b }, "Hop-by-Hop Options", "fields"},
	} {
		found := false
		for _, f := range CheckHeaders(c.change(bytes.Clone(m[c.sample]))) {
			found = found || !f.OK && f.Header == c.header && f.What == c.what
		}
		if !found {
			t.Errorf("%s: %s %s is not found bad: %+v", c.name, c.header, c.what, CheckHeaders(c.change(bytes.Clone(m[c.sample]))))
		}
	}
}

func FuzzCheckHeaders(f *testing.F) {
	m := samples(f)
	for _, name := range sampleNames {
		f.Add(m[name])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, x := range CheckHeaders(b) {
			if x.Off < 0 || x.Off > len(b) {
				t.Fatalf("%+v", x)
			}
		}
	})
}
