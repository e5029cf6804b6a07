package dissect

import (
	"bytes"

	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// httpTree describes an HTTP/1.1 message: its lines as they are, then its
// content (RFC 9112, Section 2.1).
func (x *Index) httpTree(of *trace.Buffer, b []byte) *wire.Node {
	n := group("HTTP message", lines(b, "content")...)
	for i, k := range n.Kids {
		switch {
		case k.Name == "content":
			k.Ref = "RFC 9112, Section 6"
		case i == 0:
			k.Name, k.Ref = "start line", "RFC 9112, Section 2.1"
		case k.Len == 2:
			k.Name, k.Note, k.Ref = "empty line", "ends the header section", "RFC 9112, Section 2.1"
		default:
			k.Name, k.Ref = "field line", "RFC 9112, Section 5"
		}
	}
	return n
}

// dataTree shows application data, line by line as long as it is text.
func (x *Index) dataTree(of *trace.Buffer, b []byte) *wire.Node {
	return group("application data", lines(b, "application_data")...)
}

// lines cuts b into lines of text that end with CR LF, up to an empty one;
// what follows them is one leaf called rest.
func lines(b []byte, rest string) []*wire.Node {
	const most = 100
	var kids []*wire.Node
	off := 0
	for off < len(b) && len(kids) < most {
		end := bytes.Index(b[off:], []byte("\r\n"))
		if end < 0 || !isText(b[off:off+end]) {
			break
		}
		n := at(leaf("line", b[off:off+end+2]), off)
		n.Value = string(b[off : off+end])
		kids = append(kids, n)
		if off += end + 2; end == 0 {
			break
		}
	}
	if off < len(b) {
		kids = append(kids, at(leaf(rest, b[off:]), off))
	}
	return kids
}

func isText(b []byte) bool {
	for _, c := range b {
		if (c < 32 || c > 126) && c != '\t' {
			return false
		}
	}
	return true
}
