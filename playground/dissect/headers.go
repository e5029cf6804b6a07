package dissect

import (
	"errors"
	"fmt"

	"cipherglass/crypto/wire"
)

// HeaderFinding is the verdict on one group of a packet's header fields.
type HeaderFinding struct {
	Header string // "IPv4", "TCP"
	What   string // "Total Length", "Checksum", "fields": all that the description checks besides
	OK     bool
	Detail string // the values compared
	Off    int    // of the header in the packet
}

// CheckHeaders checks the headers of an IP packet, given from its IP header
// on, with descriptions and checksum arithmetic of this package alone: version,
// header length, total length, header checksum, and the length and checksum of
// TCP, UDP, ICMP and ICMPv6. It checks the outermost IP header and what
// follows; the contents of ESP and AH, and fragments' transport checksums, are
// beyond it and give no finding.
func CheckHeaders(b []byte) []HeaderFinding {
	h := headerCheck{}
	switch {
	case len(b) == 0:
		h.add("IP", "fields", errors.New("the packet is empty"), "", 0)
	case b[0]>>4 == 4:
		h.ip4(b)
	case b[0]>>4 == 6:
		h.ip6(b)
	default:
		h.add("IP", "fields", fmt.Errorf("version %d is neither 4 nor 6", b[0]>>4), "", 0)
	}
	return h.list
}

type headerCheck struct{ list []HeaderFinding }

// add records a finding, good when err is nil.
func (h *headerCheck) add(header, what string, err error, detail string, off int) {
	if err != nil {
		detail = err.Error()
	}
	h.list = append(h.list, HeaderFinding{header, what, err == nil, detail, off})
}

func (h *headerCheck) length(header, what string, says, is, off int) {
	var err error
	if says != is {
		err = fmt.Errorf("says %d bytes, there are %d", says, is)
	}
	h.add(header, what, err, fmt.Sprintf("%d bytes", is), off)
}

func (h *headerCheck) checksum(header string, got, want uint16, off int) {
	var err error
	if got != want {
		err = fmt.Errorf("0x%04x, should be 0x%04x", got, want)
	}
	h.add(header, "Checksum", err, fmt.Sprintf("0x%04x", want), off)
}

// fields reports a fault that is none of those checked one by one.
func (h *headerCheck) fields(header string, err error, off int, detail string) {
	var e *wire.Error
	if errors.As(err, &e) && (e.Field == "checksum" || e.Field == "Total Length" || e.Field == "Payload Length" || e.Field == "Length") {
		err = nil
	}
	h.add(header, "fields", err, detail, off)
}

func (h *headerCheck) ip4(b []byte) {
	var v IPv4
	size := min(max(4*int(b[0]&15), 20), len(b))
	err := wire.Decode(b[:size], &v, Around{})
	h.fields("IPv4", err, 0, fmt.Sprintf("version 4, header %d bytes", size))
	if size < 20 {
		return
	}
	h.length("IPv4", "Total Length", int(v.TotalLength), len(b), 0)
	h.checksum("IPv4", v.HeaderChecksum, sumWithout(b[:size], 10, nil), 0)
	if v.MF || v.FragmentOffset > 0 {
		return
	}
	end := min(max(int(v.TotalLength), size), len(b))
	h.transport(v.Protocol, b[size:end], size, Around{Src: v.Src, Dst: v.Dst, Protocol: v.Protocol})
}

func (h *headerCheck) ip6(b []byte) {
	var v IPv6
	size := min(40, len(b))
	h.fields("IPv6", wire.Decode(b[:size], &v, Around{}), 0, "version 6, header 40 bytes")
	if size < 40 {
		return
	}
	h.length("IPv6", "Payload Length", int(v.PayloadLength), len(b)-40, 0)
	e := chain(b[:min(len(b), 40+int(v.PayloadLength))], v)
	for _, x := range e.headers {
		h.fields(x.row.name, wire.Decode(b[x.off:x.off+x.len], x.row.fresh(), nil), x.off, fmt.Sprintf("%d bytes", x.len))
	}
	if e.cut.fragment() {
		return
	}
	h.transport(e.around.Protocol, b[e.off:min(len(b), 40+int(v.PayloadLength))], e.off, e.around)
}

func (h *headerCheck) transport(protocol uint8, b []byte, off int, a Around) {
	switch protocol {
	case protoTCP:
		var v TCP
		h.fields("TCP", wire.Decode(b, &v, a), off, fmt.Sprintf("header %d bytes", 4*int(v.DataOffset)))
		if len(b) >= 20 {
			h.checksum("TCP", v.Checksum, sumWithout(b, 16, a.pseudo(len(b))), off)
		}
	case protoUDP:
		var v UDP
		h.fields("UDP", wire.Decode(b, &v, a), off, "header 8 bytes")
		if len(b) < 8 {
			return
		}
		h.length("UDP", "Length", int(v.Length), len(b), off)
		if v.Checksum == 0 && len(a.Src) == 4 {
			h.add("UDP", "Checksum", nil, "zero: the sender computed none", off)
			return
		}
		want := sumWithout(b, 6, a.pseudo(len(b)))
		if want == 0 {
			want = 0xffff
		}
		h.checksum("UDP", v.Checksum, want, off)
	case protoICMP, protoICMPv6:
		v := ICMP{V6: protocol == protoICMPv6}
		name, pseudo := "ICMP", []byte(nil)
		if v.V6 {
			name, pseudo = "ICMPv6", a.pseudo(len(b))
		}
		h.fields(name, wire.Decode(b, &v, a), off, "header 8 bytes")
		if len(b) >= 8 {
			h.checksum(name, v.Checksum, sumWithout(b, 2, pseudo), off)
		}
	}
}

// sumWithout is the checksum of b behind a pseudo header, its own field at
// taken as zero.
func sumWithout(b []byte, at int, pseudo []byte) uint16 {
	return Sum(pseudo, b[:at], []byte{0, 0}, b[at+2:])
}
