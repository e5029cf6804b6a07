package host

import (
	"bytes"
	"testing"
)

func TestHTTPExchange(t *testing.T) {
	for _, size := range []int{0, 1, 5000} {
		c, s := &HTTPClient{Host: "example.test"}, &HTTPServer{Size: size}
		req := c.Request("/")
		if got := s.Receive(req[:10]); got != nil {
			t.Errorf("answered half a request with %q", got)
		}
		resp := s.Receive(req[10:])
		for i, b := range resp {
			done, err := c.Receive([]byte{b})
			if err != nil || done != (i == len(resp)-1) {
				t.Fatalf("size %d, byte %d of %d: done %v, %v", size, i, len(resp), done, err)
			}
		}
		if !bytes.HasSuffix(resp, Body(size)) || len(Body(size)) != size {
			t.Errorf("size %d: wrong body", size)
		}
	}
}

func TestHTTPClientRefuses(t *testing.T) {
	for _, text := range []string{
		"SMTP hello\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", string(make([]byte, 9000)),
	} {
		c := new(HTTPClient)
		c.Request("/")
		if _, err := c.Receive([]byte(text)); err == nil {
			t.Errorf("%.30q was taken for a response", text)
		}
	}
}
