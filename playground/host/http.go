// Package host holds the applications that talk over a conversation: small
// scripts without a network, fed with the bytes that arrived and asked for
// those to send (HTTP/1.1: RFC 9112).
package host

import (
	"bytes"
	"fmt"
	"strconv"
)

// HTTPClient asks for one resource, and for another when told to.
type HTTPClient struct {
	Host string // the Host field
	got  []byte
	want int // bytes of the response, 0 until its header has come
}

// Request returns the request for path and begins to await its response.
func (c *HTTPClient) Request(path string) []byte {
	c.got, c.want = nil, 0
	host := c.Host
	if host == "" {
		host = "localhost"
	}
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: cipherglass\r\nAccept: */*\r\n\r\n", path, host)
}

// Receive takes bytes of the response and reports whether it is complete, or
// that it is no HTTP response.
func (c *HTTPClient) Receive(data []byte) (done bool, err error) {
	c.got = append(c.got, data...)
	if c.want == 0 {
		head, _, ok := bytes.Cut(c.got, []byte("\r\n\r\n"))
		if !ok {
			if len(c.got) > 8192 {
				return false, fmt.Errorf("http: the response's header exceeds 8192 bytes")
			}
			return false, nil
		}
		n, err := contentLength(head)
		if err != nil {
			return false, err
		}
		c.want = len(head) + 4 + n
	}
	return len(c.got) >= c.want, nil
}

func contentLength(head []byte) (int, error) {
	lines := bytes.Split(head, []byte("\r\n"))
	if !bytes.HasPrefix(lines[0], []byte("HTTP/1.1 200")) {
		return 0, fmt.Errorf("http: the response begins with %q, not with HTTP/1.1 200", clip(lines[0]))
	}
	for _, l := range lines[1:] {
		name, value, _ := bytes.Cut(l, []byte(":"))
		if bytes.EqualFold(name, []byte("content-length")) {
			n, err := strconv.Atoi(string(bytes.TrimSpace(value)))
			if err != nil || n < 0 {
				return 0, fmt.Errorf("http: Content-Length %q is no number of bytes", clip(value))
			}
			return n, nil
		}
	}
	return 0, fmt.Errorf("http: the response has no Content-Length")
}

func clip(b []byte) []byte { return b[:min(len(b), 40)] }

// HTTPServer answers every request with a page of a chosen size.
type HTTPServer struct {
	Size int // bytes of the response's body
	got  []byte
}

// Receive takes bytes of requests and returns what to answer, nil while a
// request is incomplete.
func (s *HTTPServer) Receive(data []byte) []byte {
	s.got = append(s.got, data...)
	_, rest, ok := bytes.Cut(s.got, []byte("\r\n\r\n"))
	if !ok {
		if len(s.got) > 8192 {
			s.got = nil
			return []byte("HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n")
		}
		return nil
	}
	s.got = bytes.Clone(rest)
	body := Body(s.Size)
	return append(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", len(body)), body...)
}

// Body returns size bytes of readable text, the same every time; each line
// begins with its offset, so that a piece of it says where it belongs.
func Body(size int) []byte {
	b := make([]byte, 0, size+64)
	for len(b) < size {
		b = fmt.Appendf(b, "%08d the quick brown fox jumps over the lazy dog, again.\n", len(b))
	}
	return b[:size]
}
