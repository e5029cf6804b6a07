package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cipherglass/playground/site"
)

// TestComplaints shows that the other tests would notice: each page does one
// thing that must not happen, and the browser's complaint is found.
func TestComplaints(t *testing.T) {
	pages := map[string]struct{ html, want string }{
		"/quiet":     {`<p>all is well</p>`, ""},
		"/error":     {`<script src="/error.js"></script>`, "something is wrong"},
		"/exception": {`<script src="/exception.js"></script>`, "nowhere"},
		"/missing":   {`<img src="/no-such-picture.png">`, "404"},
		"/inline":    {`<script>document.title = 'inline'</script>`, "Content Security Policy"},
		"/eval":      {`<script src="/eval.js"></script>`, "Content Security Policy"},
		"/elsewhere": {`<img src="http://192.0.2.1/x.png">`, "Content Security Policy"},
	}
	scripts := map[string]string{
		"/error.js":     `console.error('something is wrong')`,
		"/exception.js": `nowhere()`,
		"/eval.js":      `eval('1')`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", site.Policy)
		if script, ok := scripts[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, script)
			return
		}
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><body>%s`, page.html)
	}))
	defer s.Close()
	p := openAt(t, s.URL+"/", "quiet")
	for path, page := range pages {
		p.visit(s.URL + path)
		p.await("the page", `document.readyState === 'complete'`)
		got := strings.Join(p.complaints(), "; ")
		if (page.want == "") != (got == "") || !strings.Contains(got, page.want) {
			t.Errorf("%s: %q, want %q", path, got, page.want)
		}
	}
}
