package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Policy is the Content-Security-Policy of the page. WebAssembly needs
// 'wasm-unsafe-eval'; nothing inline is needed.
const Policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
	"img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'"

// Handler serves the site from memory. Only names of its files exist: there
// are no folders to list and no path leads anywhere else.
func (s *Site) Handler() http.Handler {
	h := handler{forms: map[string]*served{}}
	for i := range s.Files {
		f := &s.Files[i]
		h.forms[f.Name] = serve(f)
		// The compressed files are served as they are too, as a static host
		// would that knows nothing of them.
		for _, form := range []struct {
			ext  string
			data []byte
		}{{".gz", f.Gzip}, {".br", f.Brotli}} {
			if form.data != nil {
				h.forms[f.Name+form.ext] = serve(&File{Name: f.Name + form.ext, Data: form.data, Hashed: f.Hashed})
			}
		}
	}
	return h
}

type handler struct{ forms map[string]*served }

// served is a file with its forms, best first and the plain one last.
type served struct {
	contentType string
	cache       string
	forms       []form
}

type form struct {
	coding string // a content coding, "" for none
	tag    string
	data   []byte
}

func serve(f *File) *served {
	s := &served{contentType: contentType(f.Name), cache: "no-cache"}
	if f.Hashed {
		s.cache = "public, max-age=31536000, immutable"
	}
	for _, form := range []form{{coding: "br", data: f.Brotli}, {coding: "gzip", data: f.Gzip}, {data: f.Data}} {
		if form.coding != "" && form.data == nil {
			continue
		}
		sum := sha256.Sum256(form.data)
		form.tag = `"` + hex.EncodeToString(sum[:])[:hashLen] + `"`
		s.forms = append(s.forms, form)
	}
	return s
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", Policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	// A sandboxed frame, as teaching platforms use, has an origin of its own
	// and could not fetch the program otherwise. Nothing here is secret.
	header.Set("Access-Control-Allow-Origin", "*")

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are served here", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	s := h.forms[name]
	if s == nil {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	f := &s.forms[len(s.forms)-1]
	if len(s.forms) > 1 {
		header.Set("Vary", "Accept-Encoding")
		// A range counts bytes of the form sent; whoever asks for one means
		// the file's own.
		if r.Header.Get("Range") == "" {
			f = s.choose(r.Header.Values("Accept-Encoding"))
		}
	}
	header.Set("Content-Type", s.contentType)
	header.Set("Cache-Control", s.cache)
	header.Set("ETag", f.tag)
	if f.coding != "" {
		header.Set("Content-Encoding", f.coding)
		// ServeContent leaves the length out when a coding is set.
		if notModified(r, f.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Content-Length", strconv.Itoa(len(f.data)))
		if r.Method == http.MethodGet {
			w.Write(f.data)
		}
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}

// notModified reports whether If-None-Match names the tag (RFC 9110, Section
// 13.1.2: the comparison is weak).
func notModified(r *http.Request, tag string) bool {
	for _, v := range r.Header.Values("If-None-Match") {
		for one := range strings.SplitSeq(v, ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if one == tag || one == "*" {
				return true
			}
		}
	}
	return false
}

// choose returns the first form that Accept-Encoding admits (RFC 9110, Section
// 12.5.3). The plain one always is: it is better than an error.
func (s *served) choose(accept []string) *form {
	for i := range s.forms {
		if c := s.forms[i].coding; c == "" || admits(accept, c) {
			return &s.forms[i]
		}
	}
	return &s.forms[len(s.forms)-1]
}

// admits reports whether the header admits the coding: by its name, else by
// "*", and not with a weight of zero.
func admits(accept []string, coding string) bool {
	star := false
	for _, v := range accept {
		for one := range strings.SplitSeq(v, ",") {
			name, params, _ := strings.Cut(one, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if name != coding && name != "*" && !(coding == "gzip" && name == "x-gzip") {
				continue
			}
			ok := weight(params) > 0
			if name != "*" {
				return ok
			}
			star = ok
		}
	}
	return star
}

// weight returns the q parameter, 1 when there is none and 0 when it is no number.
func weight(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		k, v, ok := strings.Cut(p, "=")
		if !ok || strings.ToLower(strings.TrimSpace(k)) != "q" {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil {
			return 0
		}
		return q
	}
	return 1
}
