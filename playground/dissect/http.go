package dissect

import (
	"bytes"

	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// httpTree describes an HTTP/1.1 message: its lines as they are, then its
// content (RFC 9112, Section 2.1).
func (x *Index) httpTree(of *trace.Buffer, b []byte) *wire.Node {
	return httpLines("HTTP message", b)
}

func httpLines(name string, b []byte) *wire.Node {
	var kids []*wire.Node
	off := 0
	for off < len(b) {
		end := bytes.Index(b[off:], []byte("\r\n"))
		if end < 0 {
			break
		}
		line := b[off : off+end+2]
		n := at(leaf("field line", line), off)
		switch {
		case off == 0:
			n.Name, n.Ref = "start line", "RFC 9112, Section 2.1"
		case end == 0:
			n.Name, n.Note = "empty line", "ends the header section"
		default:
			n.Ref = "RFC 9112, Section 5"
			if i := bytes.IndexByte(line, ':'); i > 0 {
				n.Note = string(line[:i])
			}
		}
		n.Value = string(line[:end])
		kids = append(kids, n)
		if off += end + 2; end == 0 {
			break
		}
	}
	if off < len(b) {
		n := at(leaf("content", b[off:]), off)
		n.Ref = "RFC 9112, Section 6"
		kids = append(kids, n)
	}
	return group(name, kids...)
}
