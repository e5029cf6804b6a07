package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// fragment cuts p into packets of at most mtu bytes, named ".../fragN".
func (d *Node) fragment(p *Packet, dg datagram, mtu int) ([]*Packet, error) {
	head := dg.hlen
	if dg.v6 {
		if dg.frag {
			return nil, errors.New("an IPv6 fragment is not fragmented again")
		}
		head += fragHeaderLen
	}
	room := (mtu - head) &^ 7
	if room < 8 {
		return nil, fmt.Errorf("an MTU of %d has no room for a fragment", mtu)
	}
	var id uint32
	if dg.v6 {
		id = d.NextID(dg.dst, protoFragment)
	}
	whole := p.whole
	if whole == "" {
		whole = p.Name
	}
	var list []*Packet
	for off := 0; off < len(dg.payload); off += room {
		data := dg.payload[off:min(off+room, len(dg.payload))]
		more := off+len(data) < len(dg.payload)
		b := make([]byte, 0, head+len(data))
		if dg.v6 {
			b = appendHeader6(b, p.Bytes, dg, off, more, id, len(data))
		} else {
			b = appendHeader4(b, p.Bytes, dg, off, more, len(data))
		}
		list = append(list, &Packet{
			Name:  fmt.Sprintf("%s/frag%d", p.Name, len(list)+1),
			Bytes: append(b, data...), via: p.via, whole: whole,
		})
	}
	return list, nil
}

// appendHeader4 makes a fragment's header (RFC 791, Section 3.2). p may itself
// be a fragment.
func appendHeader4(b, p []byte, dg datagram, off int, more bool, n int) []byte {
	b = append(b, p[:dg.hlen]...)
	binary.BigEndian.PutUint16(b[2:], uint16(dg.hlen+n))
	word := binary.BigEndian.Uint16(p[6:])&0xc000 | uint16((dg.off+off)/8)
	if more || dg.more {
		word |= 0x2000
	}
	binary.BigEndian.PutUint16(b[6:], word)
	if off > 0 {
		blankOptions(b[20:dg.hlen])
	}
	fixHeader4(b)
	return b
}

// blankOptions makes No Operation of the options that only the first fragment
// carries: those without the copied flag (RFC 791, Section 3.1).
func blankOptions(o []byte) {
	for i := 0; i < len(o) && o[i] != 0; {
		if o[i] == 1 {
			i++
			continue
		}
		if i+1 >= len(o) || o[i+1] < 2 || i+int(o[i+1]) > len(o) {
			return
		}
		n := int(o[i+1])
		if o[i]&0x80 == 0 {
			for j := i; j < i+n; j++ {
				o[j] = 1
			}
		}
		i += n
	}
}

// appendHeader6 makes a fragment's headers (RFC 8200, Section 4.5). gopacket
// cannot serialise the Fragment header.
func appendHeader6(b, p []byte, dg datagram, off int, more bool, id uint32, n int) []byte {
	b = append(b, p[:dg.hlen]...)
	b[dg.protoPos] = protoFragment
	binary.BigEndian.PutUint16(b[4:], uint16(dg.hlen-ip6HeaderLen+fragHeaderLen+n))
	b = append(b, dg.proto, 0)
	word := uint16(off)
	if more {
		word |= 1
	}
	b = binary.BigEndian.AppendUint16(b, word)
	return binary.BigEndian.AppendUint32(b, id)
}
