package sim

import "sort"

// spanList maps a stream to the packets that carried it, in order, without
// overlaps.
type spanList []streamSpan

type streamSpan struct {
	off, n int
	packet string
	at     int // where it stands in the packet
}

// add tells that n bytes of the stream at off stand in packet at at. Bytes
// that are known already keep the packet that had them first.
func (l *spanList) add(off, n int, packet string, at int) {
	s := *l
	if len(s) == 0 || off >= s[len(s)-1].off+s[len(s)-1].n {
		*l = append(s, streamSpan{off, n, packet, at})
		return
	}
	end := off + n
	for i := s.from(off); off < end; i++ {
		gap := end
		if i < len(s) {
			gap = min(s[i].off, end)
		}
		if off < gap {
			s = append(s, streamSpan{})
			copy(s[i+1:], s[i:])
			s[i] = streamSpan{off, gap - off, packet, at}
		}
		done := max(s[i].off+s[i].n-off, 0)
		off, at = off+done, at+done
	}
	*l = s
}

// from returns the index of the first span that ends after off.
func (l spanList) from(off int) int {
	return sort.Search(len(l), func(i int) bool { return l[i].off+l[i].n > off })
}

// find returns the pieces that carried n bytes at off, those that are known.
func (l spanList) find(off, n int) []Span {
	var list []Span
	end := off + n
	for i := l.from(off); i < len(l) && l[i].off < end; i++ {
		a, b := max(off, l[i].off), min(end, l[i].off+l[i].n)
		if a < b {
			list = append(list, Span{Packet: l[i].packet, Off: l[i].at + a - l[i].off, Len: b - a})
		}
	}
	return list
}
