package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Protocol numbers of IPv4's Protocol and IPv6's Next Header.
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoTCP      = 6
	protoUDP      = 17
	protoRouting  = 43
	protoFragment = 44
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoNone     = 59
	protoDestOpts = 60
)

const (
	ip6HeaderLen  = 40
	fragHeaderLen = 8
	maxDatagram   = 65535
)

// datagram is an IP packet as a node reads it.
type datagram struct {
	v6       bool
	src, dst netip.Addr
	ttl      uint8
	proto    uint8  // the first header that is not an IPv6 extension to skip
	hlen     int    // where payload begins
	payload  []byte // within the IP length
	total    int    // the IP length, at most len of the bytes
	df       bool
	frag     bool // a fragment, not the whole
	more     bool
	id       uint32
	off      int // fragment offset, bytes
	fragHdr  int // IPv6: where the Fragment header is
	protoPos int // where the number of the header at hlen (or fragHdr) stands
}

var errTruncated = errors.New("the packet is shorter than its IP header says")

// parse reads the header, and its checksum if it has one. It goes past IPv6
// extension headers up to a Fragment header's content.
func parse(b []byte) (d datagram, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the IP header cannot be read: %v", r)
		}
	}()
	if len(b) == 0 {
		return d, errTruncated
	}
	switch b[0] >> 4 {
	case 4:
		return parse4(b)
	case 6:
		return parse6(b)
	}
	return d, fmt.Errorf("IP version %d", b[0]>>4)
}

func parse4(b []byte) (d datagram, err error) {
	var ip layers.IPv4
	if err := ip.DecodeFromBytes(b, gopacket.NilDecodeFeedback); err != nil {
		return d, err
	}
	total := int(binary.BigEndian.Uint16(b[2:]))
	if total > len(b) || total < len(ip.Contents) {
		return d, errTruncated
	}
	if got := sum16(ip.Contents, 0); got != 0xffff {
		want := ^sum16(ip.Contents[12:], uint32(sum16(ip.Contents[:10], 0)))
		return d, fmt.Errorf("IPv4 header checksum wrong: 0x%04x in the packet, 0x%04x computed", ip.Checksum, want)
	}
	return datagram{
		src: netip.AddrFrom4([4]byte(b[12:16])), dst: netip.AddrFrom4([4]byte(b[16:20])),
		ttl: ip.TTL, proto: uint8(ip.Protocol), protoPos: 9,
		hlen: len(ip.Contents), payload: ip.Payload, total: total,
		df:   ip.Flags&layers.IPv4DontFragment != 0,
		more: ip.Flags&layers.IPv4MoreFragments != 0,
		frag: ip.Flags&layers.IPv4MoreFragments != 0 || ip.FragOffset != 0,
		id:   uint32(ip.Id), off: int(ip.FragOffset) * 8,
	}, nil
}

func parse6(b []byte) (d datagram, err error) {
	if len(b) < ip6HeaderLen {
		return d, errTruncated
	}
	d = datagram{
		v6: true, src: netip.AddrFrom16([16]byte(b[8:24])), dst: netip.AddrFrom16([16]byte(b[24:40])),
		ttl: b[7], proto: b[6], protoPos: 6, hlen: ip6HeaderLen, df: true,
	}
	d.total = ip6HeaderLen + int(binary.BigEndian.Uint16(b[4:]))
	if d.total > len(b) {
		return d, errTruncated
	}
	b = b[:d.total]
	for n := 0; n < 8; n++ { // a chain of extension headers, RFC 8200, Section 4
		rest := b[d.hlen:]
		switch d.proto {
		case protoHopByHop, protoRouting, protoDestOpts:
			if len(rest) < 8 || len(rest) < 8+8*int(rest[1]) {
				return d, errTruncated
			}
			d.proto, d.protoPos = rest[0], d.hlen
			d.hlen += 8 + 8*int(rest[1])
		case protoFragment:
			if d.fragHdr != 0 {
				return d, errors.New("two IPv6 Fragment headers")
			}
			if len(rest) < fragHeaderLen {
				return d, errTruncated
			}
			word := binary.BigEndian.Uint16(rest[2:])
			d.fragHdr = d.hlen
			d.frag, d.more, d.off = true, word&1 != 0, int(word&^7)
			d.id = binary.BigEndian.Uint32(rest[4:])
			d.proto = rest[0]
			d.hlen += fragHeaderLen
			d.payload = b[d.hlen:]
			return d, nil
		default:
			d.payload = rest
			return d, nil
		}
	}
	return d, errors.New("more than 8 IPv6 extension headers")
}

// destination reads the destination address alone.
func destination(b []byte) netip.Addr {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return netip.AddrFrom4([4]byte(b[16:20]))
	case len(b) >= ip6HeaderLen && b[0]>>4 == 6:
		return netip.AddrFrom16([16]byte(b[24:40]))
	}
	return netip.Addr{}
}

// header is what a node chooses of an IP header.
type header struct {
	src, dst netip.Addr
	proto    uint8
	id       uint16 // IPv4
	df       bool   // IPv4
}

// build puts an IP header, IPv4 or IPv6 as its addresses are, before a
// transport header and its payload.
func (n *Net) build(h header, payload ...gopacket.SerializableLayer) ([]byte, error) {
	var network interface {
		gopacket.NetworkLayer
		gopacket.SerializableLayer
	}
	if h.dst.Is4() {
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocol(h.proto), Id: h.id, SrcIP: h.src.AsSlice(), DstIP: h.dst.AsSlice()}
		if h.df {
			ip.Flags = layers.IPv4DontFragment
		}
		network = ip
	} else {
		network = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocol(h.proto), SrcIP: h.src.AsSlice(), DstIP: h.dst.AsSlice()}
	}
	hlen := 20
	if !h.dst.Is4() {
		hlen = ip6HeaderLen
	}
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := n.buf.Clear(); err != nil {
		return nil, err
	}
	for i := len(payload) - 1; i >= 0; i-- {
		if l, ok := payload[i].(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := l.SetNetworkLayerForChecksum(network); err != nil {
				return nil, err
			}
		}
		if err := payload[i].SerializeTo(n.buf, opts); err != nil {
			return nil, err
		}
	}
	if size := hlen + len(n.buf.Bytes()); size > maxDatagram {
		return nil, fmt.Errorf("%d bytes do not fit in an IP packet", size)
	}
	if err := network.SerializeTo(n.buf, opts); err != nil {
		return nil, err
	}
	out := append([]byte(nil), n.buf.Bytes()...)
	if h.proto == protoUDP && len(out) >= hlen+8 && out[hlen+6] == 0 && out[hlen+7] == 0 {
		out[hlen+6], out[hlen+7] = 0xff, 0xff // RFC 768: 0 would say "no checksum"; gopacket leaves it
	}
	return out, nil
}
