package site

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func sample() *Site {
	return &Site{Version: "v", Files: []File{
		{Name: "cipherglass.0123.wasm", Data: []byte("\x00asm, plain"), Gzip: []byte("gzipped"), Brotli: []byte("br"), Hashed: true},
		{Name: "icons/icon.png", Data: []byte("picture")},
		{Name: "index.html", Data: []byte("<!doctype html>"), Gzip: []byte("gz"), Brotli: []byte("b")},
		{Name: "only.css", Data: []byte("body{}"), Gzip: []byte("g")},
	}}
}

func get(h http.Handler, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "http://x/", nil)
	r.URL.Path = path // as it is: no cleaning on the way
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHandlerFiles(t *testing.T) {
	h := sample().Handler()
	for _, c := range []struct {
		path, accept                   string
		status                         int
		contentType, coding, want, age string
	}{
		{"/", "", 200, "text/html; charset=utf-8", "", "<!doctype html>", "no-cache"},
		{"/", "gzip, deflate, br, zstd", 200, "text/html; charset=utf-8", "br", "b", "no-cache"},
		{"/index.html", "gzip", 200, "text/html; charset=utf-8", "gzip", "gz", "no-cache"},
		{"/cipherglass.0123.wasm", "", 200, "application/wasm", "", "\x00asm, plain", "immutable"},
		{"/cipherglass.0123.wasm", "br", 200, "application/wasm", "br", "br", "immutable"},
		{"/cipherglass.0123.wasm.gz", "gzip", 200, "application/gzip", "", "gzipped", "immutable"},
		{"/icons/icon.png", "br, gzip", 200, "image/png", "", "picture", "no-cache"},
		{"/only.css", "br", 200, "text/css; charset=utf-8", "", "body{}", "no-cache"},
		{"/only.css", "br, gzip;q=0.5", 200, "text/css; charset=utf-8", "gzip", "g", "no-cache"},
		{"/icons", "", 404, "", "", "no such file", ""},
		{"/icons/", "", 404, "", "", "no such file", ""},
		{"/nothing", "", 404, "", "", "no such file", ""},
		{"//index.html", "", 404, "", "", "no such file", ""},
		{"/../handler.go", "", 404, "", "", "no such file", ""},
		{"/icons/../index.html", "", 404, "", "", "no such file", ""},
		{"/..\\..\\etc\\passwd", "", 404, "", "", "no such file", ""},
		{"/index.html\x00.png", "", 404, "", "", "no such file", ""},
		{"/build.json", "", 404, "", "", "no such file", ""},
	} {
		r := get(h, "GET", c.path, "Accept-Encoding", c.accept)
		got := body(t, r)
		if r.StatusCode != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s (%s): %d %q, want %d %q", c.path, c.accept, r.StatusCode, got, c.status, c.want)
		}
		if r.Header.Get("Content-Security-Policy") != Policy || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: policy headers are missing", c.path)
		}
		if c.status != 200 {
			continue
		}
		if got := r.Header.Get("Content-Type"); got != c.contentType {
			t.Errorf("%s: type %q, want %q", c.path, got, c.contentType)
		}
		if got := r.Header.Get("Content-Encoding"); got != c.coding {
			t.Errorf("%s (%s): coding %q, want %q", c.path, c.accept, got, c.coding)
		}
		if got := r.Header.Get("Cache-Control"); !strings.Contains(got, c.age) {
			t.Errorf("%s: cache %q, want %q", c.path, got, c.age)
		}
		compressed := strings.HasSuffix(c.path, ".css") || strings.HasSuffix(c.path, ".wasm") || strings.HasSuffix(c.path, ".html") || c.path == "/"
		if vary := r.Header.Get("Vary") == "Accept-Encoding"; vary != compressed {
			t.Errorf("%s: Vary is %v", c.path, vary)
		}
	}
}

func TestPolicy(t *testing.T) {
	for _, want := range []string{"default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"} {
		if !strings.Contains(Policy+";", want+";") {
			t.Errorf("the policy lacks %q", want)
		}
	}
	for _, never := range []string{"unsafe-inline", "'unsafe-eval'", "*"} {
		if strings.Contains(Policy, never) {
			t.Errorf("the policy holds %q", never)
		}
	}
}

func TestHandlerMethods(t *testing.T) {
	h := sample().Handler()
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "BREW"} {
		r := get(h, method, "/")
		if r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, r.StatusCode, r.Header.Get("Allow"))
		}
	}
	for _, accept := range []string{"", "br"} {
		full, head := get(h, "GET", "/", "Accept-Encoding", accept), get(h, "HEAD", "/", "Accept-Encoding", accept)
		if got := body(t, head); got != "" || head.StatusCode != 200 {
			t.Errorf("HEAD (%s): %d %q", accept, head.StatusCode, got)
		}
		for _, k := range []string{"Content-Type", "Content-Encoding", "ETag", "Content-Length", "Cache-Control"} {
			if full.Header.Get(k) != head.Header.Get(k) {
				t.Errorf("HEAD (%s): %s is %q, GET has %q", accept, k, head.Header.Get(k), full.Header.Get(k))
			}
		}
		if head.Header.Get("Content-Length") == "" {
			t.Errorf("HEAD (%s): no length", accept)
		}
	}
}

func TestHandlerConditional(t *testing.T) {
	h := sample().Handler()
	seen := map[string]bool{}
	for _, accept := range []string{"", "gzip", "br"} {
		tag := get(h, "GET", "/", "Accept-Encoding", accept).Header.Get("ETag")
		if tag == "" || seen[tag] {
			t.Errorf("%q: tag %q is missing or another form's", accept, tag)
		}
		seen[tag] = true
		for _, sent := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			r := get(h, "GET", "/", "Accept-Encoding", accept, "If-None-Match", sent)
			if got := body(t, r); r.StatusCode != 304 || got != "" {
				t.Errorf("%q with If-None-Match %s: %d %q", accept, sent, r.StatusCode, got)
			}
		}
		if r := get(h, "GET", "/", "Accept-Encoding", accept, "If-None-Match", `"other"`); r.StatusCode != 200 {
			t.Errorf("%q with another tag: %d", accept, r.StatusCode)
		}
	}
}

func TestHandlerRange(t *testing.T) {
	h := sample().Handler()
	r := get(h, "GET", "/", "Accept-Encoding", "br", "Range", "bytes=2-8")
	if got := body(t, r); r.StatusCode != 206 || got != "doctype" || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("a range: %d %q, coding %q", r.StatusCode, got, r.Header.Get("Content-Encoding"))
	}
	if r := get(h, "GET", "/", "Range", "bytes=100-"); r.StatusCode != 416 {
		t.Errorf("a range past the end: %d", r.StatusCode)
	}
}

func TestAdmits(t *testing.T) {
	for _, c := range []struct {
		accept, coding string
		want           bool
	}{
		{"", "gzip", false},
		{"gzip", "gzip", true},
		{"GZip", "gzip", true},
		{"x-gzip", "gzip", true},
		{"gzip;q=0", "gzip", false},
		{"gzip; q=0.000", "gzip", false},
		{"gzip;q=0.1", "gzip", true},
		{"gzip;q=nonsense", "gzip", false},
		{"br;q=1.0, gzip;q=0.8, *;q=0.1", "br", true},
		{"*", "br", true},
		{"*;q=0", "br", false},
		{"br;q=0, *", "br", false},
		{"*, br;q=0", "br", false},
		{"identity", "br", false},
		{"brotli", "br", false},
	} {
		if got := admits([]string{c.accept}, c.coding); got != c.want {
			t.Errorf("%q admits %s: %v, want %v", c.accept, c.coding, got, c.want)
		}
	}
	if !admits([]string{"gzip", "br"}, "br") {
		t.Error("a second header line was not read")
	}
}

// TestOverTheWire serves through a real server, which must not compress or
// sniff by itself.
func TestOverTheWire(t *testing.T) {
	srv := httptest.NewServer(sample().Handler())
	defer srv.Close()
	req, err := http.NewRequest("GET", srv.URL+"/cipherglass.0123.wasm", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "br")
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || !bytes.Equal(b, []byte("br")) || r.ContentLength != 2 || r.Header.Get("Content-Type") != "application/wasm" {
		t.Errorf("got %q, length %d, type %s, %v", b, r.ContentLength, r.Header.Get("Content-Type"), err)
	}
}
