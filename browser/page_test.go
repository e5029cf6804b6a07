package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cipherglass/playground/site"
)

// serve builds the page from the sources beside this folder, once, and serves
// it as go run . does.
var serve = sync.OnceValues(func() (*httptest.Server, error) {
	root, err := site.Find("..")
	if err != nil {
		return nil, err
	}
	s, err := site.Build(site.Options{Root: root})
	if err != nil {
		return nil, err
	}
	return httptest.NewServer(s.Handler()), nil
})

func server(t *testing.T) *httptest.Server {
	t.Helper()
	s, err := serve()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// chromium returns the browser's path. Without one the tests skip, or fail
// where continuous integration should have installed it.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("chromium is missing: install the Debian package chromium")
	}
	t.Skip("chromium is missing: install the Debian package chromium")
	return ""
}

// page is a browser of its own, with a fresh profile, and its one tab.
type page struct {
	t    *testing.T
	ctx  context.Context
	base string // the site's address, with its closing slash

	mu     sync.Mutex
	faults []string // what the console, the log or an exception complained about
}

// patience is how long the page may take for anything. The machine may be
// busy; what is measured is measured apart.
const patience = 60 * time.Second

// open starts a browser at an address below the site: "" or "#s=1...".
func open(t *testing.T, address string, size ...int) *page {
	t.Helper()
	return openAt(t, server(t).URL+"/", address, size...)
}

func openAt(t *testing.T, base, address string, size ...int) *page {
	t.Helper()
	if len(size) != 2 {
		size = []int{1440, 900}
	}
	profile, err := os.MkdirTemp("", "cipherglass-profile-")
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(profile),
		chromedp.WindowSize(size[0], size[1]),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	p := &page{t: t, ctx: ctx, base: base}
	t.Cleanup(func() {
		for _, f := range p.complaints() {
			t.Errorf("the browser complained: %s", f)
		}
		if t.Failed() {
			p.picture("failed-" + strings.ReplaceAll(t.Name(), "/", "-"))
		}
		stop()
		stopAlloc()
		os.RemoveAll(profile)
	})
	chromedp.ListenTarget(ctx, p.listen)
	p.do(log.Enable(), emulation.SetFocusEmulationEnabled(true))
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		// When the first packets are seen, by the page's own clock.
		_, err := cdppage.AddScriptToEvaluateOnNewDocument(`
			new MutationObserver((_, o) => {
				if (document.querySelector('#ladder .row')) {
					window.firstPackets = performance.now();
					o.disconnect();
				}
			}).observe(document, {childList: true, subtree: true});`).Do(ctx)
		return err
	}))
	p.do(chromedp.Navigate(base + address))
	return p
}

// listen keeps every complaint: console.error, uncaught exceptions, refused or
// missing resources, violations of the content policy.
func (p *page) listen(event any) {
	complain := func(format string, args ...any) {
		p.mu.Lock()
		p.faults = append(p.faults, fmt.Sprintf(format, args...))
		p.mu.Unlock()
	}
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeAssert || e.Type == runtime.APITypeWarning {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			complain("console.%s: %s", e.Type, strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		complain("exception: %s", e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			complain("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	}
}

// complaints returns what the browser complained about, and forgets it.
func (p *page) complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.faults
	p.faults = nil
	return list
}

// do performs actions; one that fails ends the test.
func (p *page) do(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	// The first Run starts the browser, and must not have a deadline that ends it.
	if chromedp.FromContext(p.ctx).Target == nil {
		ctx = p.ctx
	}
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.t.Fatalf("the browser could not: %v", err)
	}
}

// eval returns the value of a JavaScript expression.
func eval[T any](p *page, expression string, args ...any) T {
	p.t.Helper()
	var v T
	p.do(chromedp.Evaluate(fill(expression, args), &v))
	return v
}

// fill writes args into an expression as JavaScript literals, at %v.
func fill(expression string, args []any) string {
	if len(args) == 0 {
		return expression
	}
	quoted := make([]any, len(args))
	for i, a := range args {
		text, err := json.Marshal(a)
		if err != nil {
			panic(err)
		}
		quoted[i] = string(text)
	}
	return fmt.Sprintf(expression, quoted...)
}

// await waits until a JavaScript expression is true.
func (p *page) await(what, expression string, args ...any) {
	p.t.Helper()
	expression = fill(expression, args)
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		if eval[bool](p, "!!("+expression+")") {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("waited in vain for %s; the page says %q", what, eval[string](p, `(document.body.innerText || '').slice(0, 600)`))
		}
	}
}

// generation counts the page's runs.
func (p *page) generation() int {
	p.t.Helper()
	return eval[int](p, `Number(document.querySelector('#outcome')?.dataset.gen ?? -1)`)
}

// ran waits for a run after the one numbered, and for its second opinions.
func (p *page) ran(after int) {
	p.t.Helper()
	p.await("a new run", `Number(document.querySelector('#outcome')?.dataset.gen ?? -1) > %v`, after)
	p.await("the second opinions", `document.querySelector('#outcome').dataset.verified === 'true'`)
}

// ready waits until the page shows a run and all second opinions have answered.
func (p *page) ready() {
	p.t.Helper()
	p.await("the program to start", `window.cipherglass && window.cipherglass.state !== 'loading'`)
	if state := eval[string](p, `window.cipherglass.state`); state != "running" {
		p.t.Fatalf("the program is %s: %s", state, eval[string](p, `document.body.innerText`))
	}
	p.ran(-1)
}

// outcome is what the page's foot says.
type outcome struct {
	Code, OK                           string
	Packets, Agreed, Disagreed, Nobody int
}

func (p *page) outcome() outcome {
	p.t.Helper()
	o := eval[map[string]string](p, `({...document.querySelector('#outcome').dataset})`)
	n := func(k string) int { v, _ := strconv.Atoi(o[k]); return v }
	return outcome{o["code"], o["ok"], n("packets"), n("agreed"), n("disagreed"), n("nobody")}
}

// wantGreen checks a run in which all is well and somebody has said so.
func (p *page) wantGreen(what string) {
	p.t.Helper()
	o := p.outcome()
	if o.OK != "true" || o.Packets == 0 || o.Agreed == 0 || o.Disagreed != 0 {
		p.t.Errorf("%s: outcome %+v, want all well", what, o)
		p.logChecks()
	}
}

// logChecks logs the checks on the selected packet that disagree.
func (p *page) logChecks() {
	p.t.Log(eval[string](p, `[...document.querySelectorAll('.check[data-answer=disagreed]')].map(e => e.innerText).join('\n')`))
}

// hash is the page's own hash over names and bytes of all packets.
func (p *page) hash() string {
	p.t.Helper()
	h := eval[string](p, `window.cipherglass.hash()`)
	if len(h) != 64 {
		p.t.Fatalf("the page's hash is %q", h)
	}
	return h
}

// pick chooses a preset.
func (p *page) pick(name string) {
	p.t.Helper()
	gen := p.generation()
	if !eval[bool](p, `(() => {
		const s = document.querySelector('#preset');
		s.value = %v;
		s.dispatchEvent(new Event('input', {bubbles: true}));
		s.dispatchEvent(new Event('change', {bubbles: true}));
		return s.value === %v;
	})()`, name, name) {
		p.t.Fatalf("the page does not offer the preset %s", name)
	}
	p.ran(gen)
}

// field is the selector of a form control by the scenario's path.
func field(path string) string { return fmt.Sprintf(`[data-path="%s"]`, path) }

// reach opens every group of the form that hides a selector.
func (p *page) reach(selector string) {
	p.t.Helper()
	p.await("the control "+selector, `document.querySelector(%v)`, selector)
	eval[bool](p, `(() => {
		const e = document.querySelector(%v);
		for (let d = e.closest('details'); d; d = d.parentElement.closest('details'))
			if (!d.open) d.querySelector('summary').click();
		e.scrollIntoView({block: 'center'});
		return true;
	})()`, selector)
	p.await("the control "+selector+" to be seen", `document.querySelector(%v)?.checkVisibility()`, selector)
}

// enter types a text into a field of the form, in place of what it held, and
// leaves it.
func (p *page) enter(path, text string) {
	p.t.Helper()
	p.typeInto(field(path), text)
}

func (p *page) typeInto(selector, text string) {
	p.t.Helper()
	p.reach(selector)
	eval[bool](p, `(() => { const e = document.querySelector(%v); e.focus(); e.select(); return true })()`, selector)
	p.do(chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Tab))
}

// click clicks on the element's middle.
func (p *page) click(selector string) {
	p.t.Helper()
	p.reach(selector)
	p.do(chromedp.Click(selector, chromedp.ByQuery))
}

// picture writes a screenshot to the folder named by PICTURES, if any.
func (p *page) picture(name string) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	var png []byte
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		p.t.Logf("no picture: %v", err)
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Log(err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		p.t.Log(err)
	}
}

// allowClipboard lets the page write to the clipboard and the test read it.
func (p *page) allowClipboard() {
	p.t.Helper()
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		ctx = cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
		for _, name := range []string{"clipboard-read", "clipboard-write"} {
			d := &browser.PermissionDescriptor{Name: name, AllowWithoutSanitization: name == "clipboard-write"}
			if err := browser.SetPermission(d, browser.PermissionSettingGranted).WithOrigin(strings.TrimSuffix(p.base, "/")).Do(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
}

// subPath serves the site below a path, as a static host may.
func subPath(t *testing.T, prefix string) string {
	t.Helper()
	s := httptest.NewServer(http.StripPrefix(strings.TrimSuffix(prefix, "/"), server(t).Config.Handler))
	t.Cleanup(s.Close)
	return s.URL + prefix
}

// visit goes to another address in the same tab.
func (p *page) visit(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
}
