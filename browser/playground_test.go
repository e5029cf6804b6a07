package browser

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/site"
)

func TestFirstScreen(t *testing.T) {
	p := open(t, "")
	p.ready()
	p.wantGreen("the first screen")
	if o := p.outcome(); o.Code != "complete" {
		t.Errorf("the first screen ended with %q", o.Code)
	}
	if rows := eval[int](p, `document.querySelectorAll('#ladder .row').length`); rows < 5 {
		t.Errorf("the ladder shows %d rows", rows)
	}
	if nodes := eval[int](p, `document.querySelectorAll('#tree .node').length`); nodes < 5 {
		t.Errorf("the tree shows %d fields", nodes)
	}
	if link := eval[string](p, `location.hash`); !strings.HasPrefix(link, "#s=1.") {
		t.Errorf("the address bar holds %q, not the scenario", link)
	}
	t.Logf("first packets %.0f ms after navigation", eval[float64](p, `window.firstPackets`))
	p.picture("first-screen")
}

func TestEveryPreset(t *testing.T) {
	p := open(t, "")
	p.ready()
	hashes := map[string]string{}
	for _, preset := range scenario.Presets() {
		if p.outcome(); eval[string](p, `document.querySelector('#preset').value`) != preset.Name {
			p.pick(preset.Name)
		}
		p.wantGreen(preset.Name)
		hash := p.hash()
		if want := nativeHash(t, preset.Name); hash != want {
			t.Errorf("%s: the page's packets hash to %s, those of a native run to %s", preset.Name, hash, want)
		}
		if other := hashes[hash]; other != "" {
			t.Errorf("%s has the packets of %s", preset.Name, other)
		}
		hashes[hash] = preset.Name
		o := p.outcome()
		t.Logf("%-14s %4d packets, %4d checks agreed, %d nobody could", preset.Name, o.Packets, o.Agreed, o.Nobody)
		p.picture(preset.Name)
	}
}

// nativeHash plays a preset here and hashes its packets as the page does.
func nativeHash(t *testing.T, preset string) string {
	t.Helper()
	s, err := scenario.Preset(preset)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := run.Run(s, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, q := range tr.Packets {
		fmt.Fprintf(h, "%s %d\n", q.Name, len(q.Bytes))
		h.Write(q.Bytes)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestEdits changes a suite, a key and an MTU: the bytes change each time and
// the checks stay green, and undoing brings the first bytes back.
func TestEdits(t *testing.T) {
	p := open(t, "")
	p.ready()
	seen := map[string]string{p.hash(): "the preset"}
	first := p.hash()
	changed := func(what string, edit func()) {
		t.Helper()
		gen := p.generation()
		edit()
		p.ran(gen)
		p.wantGreen(what)
		hash := p.hash()
		if before := seen[hash]; before != "" {
			t.Errorf("%s left the bytes of %s", what, before)
		}
		seen[hash] = what
	}
	suites := `[data-list="conversations.web.tls.server.cipher_suites"] `
	changed("another suite", func() { p.click(suites + `[data-act="list-down"][data-i="0"]`) })
	if n := eval[int](p, `document.querySelectorAll('#ladder .mark-changed, #ladder .mark-new').length`); n == 0 {
		t.Error("nothing in the ladder is marked as changed")
	}
	pin := `[data-pin="client/web/random"]`
	changed("a pinned random", func() {
		eval[bool](p, `(() => { for (const d of document.querySelectorAll('details')) if (!d.open && d.querySelector('#values')) d.querySelector('summary').click(); return true })()`)
		p.typeInto(pin, strings.Repeat("c1", 32))
	})
	changed("another key", func() { p.typeInto(`[data-pin="client/web/x25519"]`, strings.Repeat("42", 32)) })
	changed("a smaller MTU", func() { p.enter("links.net.mtu", "600") })
	changed("another seed", func() { p.enter("seed", "browser") })

	for range 10 {
		if eval[bool](p, `document.querySelector('#undo').disabled`) {
			break
		}
		gen := p.generation()
		p.click("#undo")
		p.ran(gen)
	}
	if p.hash() != first {
		t.Error("undoing everything did not bring the first bytes back")
	}
}

// TestBadValue types what cannot be: the sentence stands at the field, and the
// last good run stays.
func TestBadValue(t *testing.T) {
	p := open(t, "")
	p.ready()
	before := p.hash()
	p.enter("links.net.mtu", "3")
	p.await("the sentence at the field", `document.querySelector('[data-error="links.net.mtu"]')?.innerText.length > 10`)
	if p.hash() != before {
		t.Error("a bad value changed the packets on screen")
	}
	gen := p.generation()
	p.enter("links.net.mtu", "700")
	p.ran(gen)
	if eval[bool](p, `!!document.querySelector('[data-error="links.net.mtu"]')?.innerText`) {
		t.Error("the sentence stays at a field that is right again")
	}
	if p.hash() == before {
		t.Error("a good value did not change the packets")
	}
}

// selectPacket chooses the first packet of the ladder whose text holds a word,
// and waits until its bytes are shown.
func (p *page) selectPacket(word string) string {
	p.t.Helper()
	name := eval[string](p, `(() => {
		for (const r of document.querySelectorAll('#ladder .row.pkt')) if (r.innerText.includes(%v)) return r.dataset.row;
		return '';
	})()`, word)
	if name == "" {
		p.t.Fatalf("no packet in sight says %q", word)
	}
	p.do(chromedp.Click(fmt.Sprintf(`#ladder .row[data-row="%s"]`, name), chromedp.ByQuery))
	p.await("the packet to be selected", `document.querySelector('#ladder .row.sel')?.dataset.row === %v`, name)
	p.await("its bytes", `document.querySelector('#hex i[data-o="0"]')`)
	return name
}

// flip gives a byte of the selected packet a new value, in the hex.
func (p *page) flip(offset int, value string) {
	p.t.Helper()
	gen := p.generation()
	cell := fmt.Sprintf(`#hex i[data-o="%d"][role=gridcell]`, offset)
	for range 40 {
		if eval[bool](p, `!!document.querySelector(%v)`, cell) {
			break
		}
		eval[bool](p, `(document.querySelector('#hex').scrollTop += 100, true)`)
		p.do(chromedp.Sleep(50e6))
	}
	p.do(chromedp.Click(cell, chromedp.ByQuery))
	p.await("the byte under the cursor", `document.querySelector(%v)?.classList.contains('cur')`, cell)
	p.do(chromedp.KeyEvent(value))
	if p.generation() == gen && eval[bool](p, `!!document.querySelector('#flip') && document.activeElement.id === 'flip'`) {
		p.do(chromedp.KeyEvent(kb.Enter))
	}
	p.ran(gen)
}

// reason goes through the packets with a check that disagrees, and returns what
// the first such check says.
func (p *page) reason() string {
	p.t.Helper()
	row := eval[string](p, `document.querySelector('#ladder .row:has(.badges .no)')?.dataset.row ?? ''`)
	if row == "" {
		return eval[string](p, `document.querySelector('#outcome').innerText`)
	}
	p.do(chromedp.Click(fmt.Sprintf(`#ladder .row[data-row="%s"]`, row), chromedp.ByQuery))
	p.await("the check that disagrees", `document.querySelector('#checks .check[data-answer=disagreed]')`)
	return eval[string](p, `document.querySelector('#checks .check[data-answer=disagreed]').innerText`)
}

// TestFlippedByte changes a byte of a protected packet on its way: the
// receiver refuses it, the checks turn red and say why; without the fault all
// is green again.
func TestFlippedByte(t *testing.T) {
	for _, c := range []struct{ preset, word string }{
		{"esp-tunnel", "ESP"},
		{"ah-transport", "AH"},
		{"tls13", "ServerHello"},
	} {
		t.Run(c.preset, func(t *testing.T) {
			p := open(t, "")
			p.ready()
			if eval[string](p, `document.querySelector('#preset').value`) != c.preset {
				p.pick(c.preset)
			}
			before := p.hash()
			name := p.selectPacket(c.word)
			size := eval[int](p, `Math.max(...[...document.querySelectorAll('#hex i')].map(e => Number(e.dataset.o)))`)
			offset := min(60, size-4)
			now := eval[string](p, `document.querySelector('#hex i[data-o="' + %v + '"]').innerText`, offset)
			b, err := hex.DecodeString(now)
			if err != nil || len(b) != 1 {
				t.Fatalf("byte %d reads %q", offset, now)
			}
			p.flip(offset, fmt.Sprintf("%02x", b[0]^0x55))
			o := p.outcome()
			if p.hash() == before || o.Disagreed == 0 || o.OK == "true" {
				t.Errorf("after the flip: %+v, want checks that disagree", o)
			}
			if why := p.reason(); len(why) < 20 {
				t.Errorf("the check that disagrees says %q", why)
			} else {
				t.Logf("flipped byte %d of %s: %s", offset, name, why)
			}
			p.picture("flipped-" + c.preset)
			gen := p.generation()
			p.click(`#faults [data-act="fault-remove"]`)
			p.ran(gen)
			if p.hash() != before {
				t.Error("without the fault the bytes are not as before")
			}
			p.wantGreen("without the fault")
		})
	}
}

// TestLink opens a copied link in a fresh profile and finds the same packets.
func TestLink(t *testing.T) {
	p := open(t, "")
	p.ready()
	p.allowClipboard()
	gen := p.generation()
	p.enter("links.net.mtu", "777")
	p.ran(gen)
	p.click("#share")
	p.await("the link on the clipboard", `navigator.clipboard.readText().then(t => window.copied = t) && window.copied?.includes('#s=1.')`)
	link := eval[string](p, `window.copied`)
	if !strings.HasPrefix(link, p.base+"#s=1.") {
		t.Fatalf("copied %q", link)
	}
	if len(link) > 300 {
		t.Errorf("the link is %d characters long", len(link))
	}
	if bar := eval[string](p, `location.href`); bar != link {
		t.Errorf("the address bar holds %q, the clipboard %q", bar, link)
	}
	other := open(t, strings.TrimPrefix(link, p.base))
	other.ready()
	if got, want := other.hash(), p.hash(); got != want {
		t.Errorf("the link shows packets %s, want %s", got, want)
	}
	if got := eval[string](other, `document.querySelector(%v).value`, field("links.net.mtu")); got != "777" {
		t.Errorf("the link's MTU is %q", got)
	}
}

// TestHistory goes back and forward through settled edits.
func TestHistory(t *testing.T) {
	p := open(t, "")
	p.ready()
	first := p.hash()
	gen := p.generation()
	p.enter("seed", "two")
	p.ran(gen)
	second := p.hash()
	gen = p.generation()
	p.do(chromedp.Evaluate(`history.back()`, nil))
	p.ran(gen)
	if p.hash() != first {
		t.Error("Back did not undo")
	}
	gen = p.generation()
	p.do(chromedp.Evaluate(`history.forward()`, nil))
	p.ran(gen)
	if p.hash() != second {
		t.Error("Forward did not redo")
	}
}

// TestBadLink opens links that make no sense: the default preset and a banner
// that keeps the text.
func TestBadLink(t *testing.T) {
	for _, c := range []struct{ name, link string }{
		{"damaged", "#s=1.!!!"},
		{"cut short", "#s=1.AAAA"},
		{"newer", "#s=9.AAAA"},
		{"nonsense", "#hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, c.link)
			p.ready()
			p.await("the banner", `document.querySelector('#banner')?.checkVisibility()`)
			if said := eval[string](p, `document.querySelector('#banner').innerText`); len(said) < 20 {
				t.Errorf("the banner says %q", said)
			}
			kept := eval[string](p, `(e => e ? (e.value ?? '') + e.innerText : '')(document.querySelector('#banner-text'))`)
			if !strings.Contains(kept, strings.TrimPrefix(c.link, "#")) {
				t.Errorf("the banner keeps %q", kept)
			}
			p.wantGreen("the default preset")
			p.picture("bad-link")
		})
	}
}

// TestNarrow opens the page on a small screen: nothing is wider than it, and
// each of the three areas can be reached.
func TestNarrow(t *testing.T) {
	p := open(t, "")
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	p.ready()
	p.wantGreen("the narrow page")
	if w := eval[int](p, `document.documentElement.scrollWidth`); w > eval[int](p, `innerWidth`) {
		t.Errorf("the page is %d pixels wide on a screen of %d", w, eval[int](p, `innerWidth`))
	}
	if !eval[bool](p, `document.querySelector('#ladder')?.checkVisibility()`) {
		t.Error("the ladder is not in sight")
	}
	p.picture("narrow")
	for _, area := range []struct{ tab, shows string }{
		{"Scenario", field("links.net.mtu")}, {"Inspector", "#hex"}, {"Ladder", "#ladder"},
	} {
		if !eval[bool](p, `(e => e ? (e.click(), true) : false)([...document.querySelectorAll('[role=tab], nav button')].find(e => e.innerText.trim().startsWith(%v)))`, area.tab) {
			t.Fatalf("there is no tab called %s", area.tab)
		}
		p.await(area.tab, `(e => e && [...document.querySelectorAll('details')].some(d => d.contains(e)) ? true : e?.checkVisibility())(document.querySelector(%v))`, area.shows)
		p.picture("narrow-" + strings.ToLower(area.tab))
	}
}

// TestThemes draws both themes: the colours differ, and stay when reloaded.
func TestThemes(t *testing.T) {
	p := open(t, "")
	p.ready()
	background := `getComputedStyle(document.body).backgroundColor`
	seen := map[string]bool{}
	for range 3 {
		seen[eval[string](p, background)] = true
		p.picture(fmt.Sprintf("theme-%d", len(seen)))
		p.click("#theme")
	}
	if len(seen) < 2 {
		t.Errorf("the theme button leaves the background %v", seen)
	}
	now := eval[string](p, background)
	p.do(chromedp.Reload())
	p.ready()
	if again := eval[string](p, background); again != now {
		t.Errorf("after a reload the background is %s, it was %s", again, now)
	}
}

// TestKeyboard walks the ladder, the tree and the bytes without a mouse.
func TestKeyboard(t *testing.T) {
	p := open(t, "")
	p.ready()
	focus := func(id string) {
		t.Helper()
		p.await("the focus on "+id, `(document.querySelector(%v).focus(), document.activeElement === document.querySelector(%v) || document.querySelector(%v).contains(document.activeElement))`, id, id, id)
	}
	focus("#ladder")
	before := eval[string](p, `document.querySelector('#ladder .row.sel').dataset.row`)
	p.do(chromedp.KeyEvent(kb.ArrowDown))
	p.await("the next row", `document.querySelector('#ladder .row.sel')?.dataset.row !== %v`, before)
	p.do(chromedp.KeyEvent(kb.ArrowUp))
	p.await("the row before", `document.querySelector('#ladder .row.sel')?.dataset.row === %v`, before)
	focus("#tree")
	p.do(chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.ArrowDown))
	p.await("a field", `document.querySelector('#tree .node.sel')`)
	field := eval[string](p, `document.querySelector('#tree .node.sel').dataset.node`)
	p.do(chromedp.KeyEvent(kb.ArrowDown))
	p.await("the next field", `document.querySelector('#tree .node.sel')?.dataset.node !== %v`, field)
	p.await("its bytes marked", `document.querySelector('#hex i.sel')`)
	p.do(chromedp.Click(`#hex i[data-o="0"][role=gridcell]`, chromedp.ByQuery))
	p.await("the first byte", `document.querySelector('#hex i.cur')?.dataset.o === '0'`)
	focus("#hex")
	p.do(chromedp.KeyEvent(kb.ArrowRight))
	p.await("the next byte", `document.querySelector('#hex i.cur')?.dataset.o === '1'`)
	p.do(chromedp.KeyEvent(kb.ArrowDown))
	p.await("the byte below", `document.querySelector('#hex i.cur')?.dataset.o === '17'`)
}

// TestSubPath serves the site below a path.
func TestSubPath(t *testing.T) {
	p := openAt(t, subPath(t, "/a/b/"), "")
	p.ready()
	p.wantGreen("below a path")
}

// TestPlainHost exports the site and serves the folder as the least of static
// hosts would: no compression, no policy, the program as a stream of bytes.
func TestPlainHost(t *testing.T) {
	root, err := site.Find("..")
	if err != nil {
		t.Fatal(err)
	}
	s, err := site.Build(site.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.Export(dir); err != nil {
		t.Fatal(err)
	}
	files := http.FileServer(http.Dir(dir))
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".wasm") {
			w.Header().Set("Content-Type", "application/octet-stream")
		}
		http.StripPrefix("/~user/cipherglass", files).ServeHTTP(w, r)
	}))
	defer host.Close()
	p := openAt(t, host.URL+"/~user/cipherglass/", "")
	p.ready()
	p.wantGreen("on a plain host")
}
