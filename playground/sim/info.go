package sim

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Info is one line about a packet for people: "TCP 49152 → 443 [SYN] Seq=7
// Win=65535 Len=0 MSS=1460". It never fails: bad bytes are said to be bad.
func Info(ip []byte) string {
	d, err := parse(ip)
	if err != nil {
		return "malformed: " + err.Error()
	}
	if d.frag {
		version := "IPv4"
		if d.v6 {
			version = "IPv6"
		}
		end := "last"
		if d.more {
			end = "more follow"
		}
		return fmt.Sprintf("%s fragment of %s, offset %d, %d bytes, %s", version, protoName(d.proto), d.off, len(d.payload), end)
	}
	return transportInfo(d.proto, d.payload)
}

func transportInfo(proto uint8, b []byte) string {
	switch proto {
	case protoTCP:
		return tcpInfo(b)
	case protoUDP:
		if len(b) < 8 {
			return "UDP malformed: shorter than its header"
		}
		return fmt.Sprintf("UDP %d → %d Len=%d", binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), len(b)-8)
	case protoICMP:
		return icmp4Info(b)
	case protoICMPv6:
		return icmp6Info(b)
	case protoESP:
		if len(b) < 8 {
			return "ESP malformed: shorter than its header"
		}
		return fmt.Sprintf("ESP SPI 0x%08x seq %d", binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:]))
	case protoAH:
		if len(b) < 12 || len(b) < 4*(int(b[1])+2) {
			return "AH malformed: shorter than its header"
		}
		return fmt.Sprintf("AH SPI 0x%08x seq %d, %s", binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), innerInfo(b[0], b[4*(int(b[1])+2):]))
	}
	return fmt.Sprintf("%s, %d bytes", protoName(proto), len(b))
}

// innerInfo is about what AH protects.
func innerInfo(proto uint8, b []byte) string {
	switch proto {
	case 4, 41:
		return "IP in IP"
	case protoAH:
		return "AH again"
	}
	return transportInfo(proto, b)
}

func tcpInfo(b []byte) string {
	var h layers.TCP
	if err := decodeTCP(&h, b); err != nil {
		return "TCP malformed: " + err.Error()
	}
	var flags []string
	for _, f := range []struct {
		on   bool
		name string
	}{{h.SYN, "SYN"}, {h.FIN, "FIN"}, {h.RST, "RST"}, {h.PSH, "PSH"}, {h.ACK, "ACK"}, {h.URG, "URG"}, {h.ECE, "ECE"}, {h.CWR, "CWR"}} {
		if f.on {
			flags = append(flags, f.name)
		}
	}
	s := fmt.Sprintf("TCP %d → %d [%s] Seq=%d", uint16(h.SrcPort), uint16(h.DstPort), strings.Join(flags, ", "), h.Seq)
	if h.ACK {
		s += fmt.Sprintf(" Ack=%d", h.Ack)
	}
	s += fmt.Sprintf(" Win=%d Len=%d", h.Window, len(h.Payload))
	for _, o := range h.Options {
		switch {
		case o.OptionType == layers.TCPOptionKindMSS && len(o.OptionData) == 2:
			s += fmt.Sprintf(" MSS=%d", binary.BigEndian.Uint16(o.OptionData))
		case o.OptionType == layers.TCPOptionKindWindowScale && len(o.OptionData) == 1:
			s += fmt.Sprintf(" WS=%d", 1<<min(o.OptionData[0], 14))
		}
	}
	return s
}

func icmp4Info(b []byte) string {
	var m layers.ICMPv4
	if len(b) < 8 || m.DecodeFromBytes(b, gopacket.NilDecodeFeedback) != nil {
		return "ICMP malformed: shorter than its header"
	}
	switch typ, code := m.TypeCode.Type(), m.TypeCode.Code(); {
	case typ == 8:
		return fmt.Sprintf("ICMP echo request id=%d seq=%d Len=%d", m.Id, m.Seq, len(b)-8)
	case typ == 0:
		return fmt.Sprintf("ICMP echo reply id=%d seq=%d Len=%d", m.Id, m.Seq, len(b)-8)
	case typ == icmp4Unreachable && code == icmp4FragNeeded:
		return fmt.Sprintf("ICMP fragmentation needed, MTU %d", m.Seq)
	case typ == icmp4Unreachable:
		for _, r := range []reason{noRoute, noHost, noProtocol, noPort} {
			if r.code4 == code {
				return "ICMP " + r.text
			}
		}
		return fmt.Sprintf("ICMP destination unreachable, code %d", code)
	case typ == icmp4TimeExceeded:
		return "ICMP " + timeText(code)
	default:
		return fmt.Sprintf("ICMP type %d code %d", typ, code)
	}
}

func icmp6Info(b []byte) string {
	if len(b) < 8 {
		return "ICMPv6 malformed: shorter than its header"
	}
	word := b[4:8]
	switch b[0] {
	case 128:
		return fmt.Sprintf("ICMPv6 echo request id=%d seq=%d Len=%d", binary.BigEndian.Uint16(word), binary.BigEndian.Uint16(word[2:]), len(b)-8)
	case 129:
		return fmt.Sprintf("ICMPv6 echo reply id=%d seq=%d Len=%d", binary.BigEndian.Uint16(word), binary.BigEndian.Uint16(word[2:]), len(b)-8)
	case icmp6TooBig:
		return fmt.Sprintf("ICMPv6 packet too big, MTU %d", binary.BigEndian.Uint32(word))
	case icmp6Unreachable:
		for _, r := range []reason{noRoute, noHost, noPort} {
			if r.code6 == b[1] {
				return "ICMPv6 " + r.text
			}
		}
		return fmt.Sprintf("ICMPv6 destination unreachable, code %d", b[1])
	case icmp6TimeExceeded:
		return "ICMPv6 " + timeText(b[1])
	}
	return fmt.Sprintf("ICMPv6 type %d code %d", b[0], b[1])
}
