package verify

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"cipherglass/playground/dissect"
	"cipherglass/playground/trace"
)

// headers has every packet's headers checked by whoever did not build them.
func headers(v *Run, packets []*trace.Packet) {
	for _, p := range packets {
		if ours(v, p) {
			ok, detail := askGopacket(p.Bytes)
			v.add(trace.Check{Scope: scopePacket, Packet: p.Name, Name: "headers, lengths and checksums", By: byGopacket, Answer: answer(ok), Detail: detail})
			continue
		}
		var wrong []string
		findings := dissect.CheckHeaders(p.Bytes)
		for _, f := range findings {
			if !f.OK {
				wrong = append(wrong, f.Header+" "+f.What+": "+f.Detail)
			}
		}
		detail := fmt.Sprintf("%d findings, all as they should be", len(findings))
		if len(wrong) > 0 {
			detail = strings.Join(wrong, "; ")
		}
		v.add(trace.Check{Scope: scopePacket, Packet: p.Name, Name: "headers, lengths and checksums", By: byDecoder, Answer: answer(len(wrong) == 0), Detail: detail})
	}
}

// ours reports whether our own code made or changed the packet's headers: AH
// and ESP, fragments, and all that was forwarded or tampered with on the way.
func ours(v *Run, p *trace.Packet) bool {
	if p.Parent != "" {
		return true
	}
	next, _, fragment := transport(p.Bytes)
	return fragment || next == 50 || next == 51
}

// transport returns the protocol that an IP packet carries and where, as far
// as its own header tells.
func transport(b []byte) (next byte, at int, fragment bool) {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		frag := binary.BigEndian.Uint16(b[6:])
		return b[9], int(b[0]&15) * 4, frag&0x3fff != 0
	case len(b) >= 40 && b[0]>>4 == 6:
		return b[6], 40, b[6] == 44
	}
	return 0, 0, false
}

// askGopacket has gopacket parse the packet and build its headers again from
// the fields it found: the same bytes mean that it agrees with every length
// and checksum.
func askGopacket(b []byte) (ok bool, detail string) {
	defer func() {
		if x := recover(); x != nil {
			ok, detail = false, fmt.Sprintf("gopacket cannot read it: %v", x)
		}
	}()
	if len(b) == 0 {
		return false, "an empty packet"
	}
	first := layers.LayerTypeIPv4
	if b[0]>>4 == 6 {
		first = layers.LayerTypeIPv6
	}
	pkt := gopacket.NewPacket(b, first, gopacket.DecodeOptions{NoCopy: true})
	if e := pkt.ErrorLayer(); e != nil {
		return false, "gopacket: " + e.Error().Error()
	}
	var stack []gopacket.SerializableLayer
	var names []string
	var network gopacket.NetworkLayer
	start, rest := b, b // what the stack stands for, and what follows it
	for _, l := range pkt.Layers() {
		names = append(names, l.LayerType().String())
		if ah, is := l.(*layers.IPSecAH); is {
			// gopacket reads AH and cannot build it: before and after it are two.
			if bad := rebuilt(start, stack, rest); bad != "" {
				return false, bad
			}
			if ah.Reserved != 0 {
				return false, fmt.Sprintf("gopacket: AH's reserved field is 0x%04x, not zero (RFC 4302, Section 2.3)", ah.Reserved)
			}
			stack, start, rest = nil, ah.LayerPayload(), ah.LayerPayload()
			continue
		}
		s, can := l.(gopacket.SerializableLayer)
		if !can {
			break // ESP, IPv6 Fragment: what gopacket can only read
		}
		switch n := l.(type) {
		case gopacket.NetworkLayer:
			network = n
		case *layers.TCP:
			_ = n.SetNetworkLayerForChecksum(network)
		case *layers.UDP:
			_ = n.SetNetworkLayerForChecksum(network)
		case *layers.ICMPv6:
			_ = n.SetNetworkLayerForChecksum(network)
		case *layers.ICMPv4:
		case *layers.IPv6HopByHop, *layers.IPv6Destination:
		default:
			can = false // payloads are taken as they are
		}
		if !can {
			break
		}
		stack = append(stack, s)
		rest = l.LayerPayload()
		if ip, is := l.(*layers.IPv4); is && ip.Flags&layers.IPv4MoreFragments|layers.IPv4Flag(ip.FragOffset) != 0 {
			break
		}
		if _, is := l.(*layers.TCP); is {
			break
		}
	}
	if bad := rebuilt(start, stack, rest); bad != "" {
		return false, bad
	}
	return true, "gopacket reads " + strings.Join(names, ", ") + " and builds the same bytes from the fields"
}

// rebuilt has gopacket build headers from the fields that it read, before the
// payload rest, and says how they differ from b, "" for not at all.
func rebuilt(b []byte, stack []gopacket.SerializableLayer, rest []byte) string {
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, append(stack, gopacket.Payload(rest))...)
	if err != nil {
		return "gopacket cannot build it again: " + err.Error()
	}
	got := buf.Bytes()
	if bytes.Equal(got, b) {
		return ""
	}
	i := 0
	for i < len(got) && i < len(b) && got[i] == b[i] {
		i++
	}
	return fmt.Sprintf("gopacket builds other headers from the same fields: byte %d is %s here and %s there", i, at(b, i), at(got, i))
}

func at(b []byte, i int) string {
	if i >= len(b) {
		return "missing"
	}
	return fmt.Sprintf("0x%02x", b[i])
}

// inner has gopacket check the packets that were inside others: tunnelled and
// reassembled ones.
func inner(v *Run, buffers []*trace.Buffer) {
	for _, b := range buffers {
		if b.Proto != "ip" || b.Data == nil {
			continue
		}
		ok, detail := askGopacket(b.Data)
		v.add(trace.Check{Scope: scopePacket, Packet: v.index.lastPacket(b.ID), Name: b.Name + ": headers, lengths and checksums", By: byGopacket, Answer: answer(ok), Detail: detail, Buffer: b.ID})
	}
}
