//go:build js && wasm

package ui

import (
	"io"
	"maps"
	"runtime/debug"
	"syscall/js"
	"time"

	"github.com/hexops/vecty"

	"cipherglass/playground/app"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// Engines are what the page needs from outside to play and to ask for second
// opinions.
type Engines struct {
	// Start prepares a run of s; step plays a slice of it and says whether it
	// has ended, and result is its trace.
	Start func(s *scenario.Scenario, keys map[string]string) (step func() bool, result func() *trace.Trace, err error)
	// Verify prepares second opinions on t; each step appends some to its
	// checks and says whether it was the last. More may come by themselves, of
	// which then tells, done when no more will; cancel stops them.
	Verify func(t *trace.Trace, then func(done bool)) (step func() bool, cancel func())
	// Export writes a trace as "pcapng", "keylog" or "json".
	Export func(t *trace.Trace, what string, w io.Writer) error
}

// page is the mounted page.
type page struct {
	state   app.State
	engines Engines
	root    *view
	parts   parts
	presets []scenario.PresetInfo

	rows      []app.Row // of the ladder, and what they were made from
	rowsFor   rowsKey
	inspect   *app.Inspection
	tree      []app.TreeRow
	layers    []string
	wrong     []bool
	windows   map[string]*window
	edited    float64 // when the edit that is not painted yet began, 0 for none
	editKind  string
	runMS     float64
	running   int    // generation of the run under way
	checking  int    // generation of the second opinions under way
	cancel    func() // stops those that come by themselves
	mounted   bool
	settle    js.Value
	addresses []app.SetURL // to be written
	formSeq   int          // counts changes of what the form shows
	helpSeq   int          // formSeq when the help below the form was written
	formFor   formKey
	title     string
	helped    string // what stands below the form
	hovered   [2]int // run of bytes under the pointer: offset, length
}

type rowsKey struct {
	t       *trace.Trace
	f       app.Filters
	checked int
}

// formKey is what the form was last made from.
type formKey struct {
	draft   *scenario.Scenario
	errors  map[string]app.Entry
	invalid map[string]string
	closed  map[string]bool
	needs   int
}

func (k formKey) equal(o formKey) bool {
	return k.draft == o.draft && k.needs == o.needs && maps.Equal(k.errors, o.errors) && maps.Equal(k.invalid, o.invalid) && maps.Equal(k.closed, o.closed)
}

// Mount puts the page into the element with the ID "app" and never returns.
func Mount(e Engines) {
	p := &page{engines: e, presets: scenario.Presets(), windows: map[string]*window{
		"ladder": {id: "ladder", row: ladderRow}, "tree": {id: "tree", row: treeRow}, "hex": {id: "hex", row: hexRow},
	}}
	defer p.guard()
	// There is one thread: collect less often, as long as memory is plenty.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(384 << 20)
	hash := js.Global().Get("location").Get("hash").String()
	embed := !js.Global().Get("parent").Equal(js.Global().Get("window"))
	state, cmds := app.New(hash, stored("cipherglass.scenario"), embed)
	state.View.Theme = stored("cipherglass.theme")
	p.state = state
	p.build()
	for _, c := range cmds {
		p.perform(c) // the run ends before the first render if it is short
	}
	p.refresh()
	if err := vecty.RenderInto("#app", p.root); err != nil {
		panic(err)
	}
	p.mounted = true
	p.listen()
	p.measure()
	p.expose()
	if len(p.state.NeedKeys) > 0 {
		p.showKey()
	}
	select {}
}

// dispatch applies an action and performs what follows.
func (p *page) dispatch(a app.Action) {
	next, cmds := app.Update(p.state, a)
	p.state = next
	var reveal app.Reveal
	for _, c := range cmds {
		if r, ok := c.(app.Reveal); ok {
			reveal = app.Reveal{Row: reveal.Row || r.Row, Node: reveal.Node || r.Node, Byte: reveal.Byte || r.Byte}
			continue
		}
		p.perform(c)
	}
	p.refresh()
	p.reveal(reveal)
	p.render()
}

// render asks for a repaint, and notes when the edit that caused it is seen.
func (p *page) render() {
	if !p.mounted {
		return
	}
	vecty.Rerender(p.root)
	if p.helpSeq != p.formSeq {
		p.helpSeq = p.formSeq
		p.once("requestAnimationFrame", p.explainFocus)
	}
	if p.edited == 0 {
		return
	}
	// Until the run has ended there is nothing new to see.
	if p.running != 0 {
		return
	}
	began, kind, run := p.edited, p.editKind, p.runMS
	p.edited = 0
	queued := now()
	p.once("requestAnimationFrame", func() {
		framed := now()
		// The frame is painted after its callbacks; the next task comes after that.
		p.after(0, func() {
			t := now()
			js.Global().Get("cipherglass").Get("timings").Call("push", map[string]any{
				"kind": kind, "ms": t - began, "run_ms": run, "at": t, "work_ms": queued - began, "render_ms": framed - queued, "paint_ms": t - framed,
			})
		})
	})
}

// began notes the moment of an edit.
func (p *page) began(kind string) {
	if p.edited == 0 {
		p.edited, p.editKind = now(), kind
	}
}

func now() float64 { return js.Global().Get("performance").Call("now").Float() }

// once calls f later, through a global function that takes a callback.
func (p *page) once(how string, f func()) {
	var cb js.Func
	cb = js.FuncOf(func(js.Value, []js.Value) any {
		defer p.guard()
		cb.Release()
		f()
		return nil
	})
	js.Global().Call(how, cb)
}

// after calls f in a later task.
func (p *page) after(d time.Duration, f func()) js.Value {
	var cb js.Func
	cb = js.FuncOf(func(js.Value, []js.Value) any {
		defer p.guard()
		cb.Release()
		f()
		return nil
	})
	return js.Global().Call("setTimeout", cb, d.Milliseconds())
}

// guard turns a panic of ours into the crash screen.
func (p *page) guard() {
	if r := recover(); r != nil {
		crash(r)
	}
}

// reveal scrolls the windows so that what is selected is in view.
func (p *page) reveal(r app.Reveal) {
	if r == (app.Reveal{}) {
		return
	}
	if r.Row {
		if i := p.selectedRow(); i >= 0 {
			p.scrollTo(p.windows["ladder"], i)
		}
	}
	if r.Node {
		for i := range p.tree {
			if p.inspect != nil && p.tree[i].Path == p.inspect.Path {
				p.scrollTo(p.windows["tree"], i)
			}
		}
	}
	p.once("requestAnimationFrame", func() {
		if tab := js.Global().Get("document").Call("querySelector", `#tabs [aria-selected="true"]`); tab.Truthy() {
			tab.Call("scrollIntoView", map[string]any{"block": "nearest", "inline": "nearest"})
		}
	})
	if r.Byte && p.inspect != nil && p.inspect.Tab != nil {
		p.scrollTo(p.windows["hex"], max(0, p.inspect.Byte)/hexCols)
	}
}

// scrollTo brings a row of a window into view, by no more than it takes.
func (p *page) scrollTo(w *window, row int) {
	top := w.top
	if at := row * w.row; at < top {
		top = at
	} else if at+2*w.row > top+w.height && w.height > 0 {
		top = at + 2*w.row - w.height
	}
	if top == w.top {
		return
	}
	w.top = max(0, top)
	p.once("requestAnimationFrame", func() {
		if el := byID(w.id); el.Truthy() {
			el.Set("scrollTop", w.top)
		}
	})
}

func byID(id string) js.Value { return js.Global().Get("document").Call("getElementById", id) }

// measure learns the heights of the windows.
func (p *page) measure() {
	changed := false
	for _, id := range []string{"ladder", "tree", "hex"} {
		w := p.windows[id]
		if el := byID(id); el.Truthy() {
			if h := el.Get("clientHeight").Int(); h != 0 && h != w.height {
				w.height, changed = h, true
			}
			w.top = el.Get("scrollTop").Int()
		}
	}
	if changed {
		p.render()
	}
}

func (p *page) selectedRow() int {
	for i := range p.rows {
		if p.rows[i].Has(p.state.Selection.Row, p.state.Trace) {
			return i
		}
	}
	return -1
}

// refresh works out what the state looks like, where it has changed.
func (p *page) refresh() {
	s := &p.state
	if k := (formKey{s.Draft, s.Errors, s.Invalid, s.View.Closed, len(s.NeedKeys)}); !k.equal(p.formFor) {
		p.formFor = k
		p.formSeq++
	}
	if title := s.Scenario.Title + " · Cipherglass"; title != p.title {
		p.title = title
		js.Global().Get("document").Set("title", title) // what Back and Forward list
	}
	if s.Trace == nil {
		p.rows, p.inspect, p.tree = nil, nil, nil
		return
	}
	if k := (rowsKey{s.Trace, s.View.Filters, len(s.Trace.Checks)}); k != p.rowsFor {
		p.rowsFor = k
		p.rows = app.Rows(s)
	}
	p.inspect = app.Inspect(s)
	p.tree = nil
	if in := p.inspect; in != nil && in.Tab != nil {
		p.tree = in.TreeRows()
		p.layers = layersOf(in.Tab.Tree, in.Tab.Layer, len(in.Tab.Bytes))
		p.wrong = badOf(in.Tab.Tree, len(in.Tab.Bytes))
	}
}

func stored(key string) (v string) {
	defer func() { _ = recover() }() // a sandboxed frame throws
	x := storage().Call("getItem", key)
	if x.Type() != js.TypeString {
		return ""
	}
	return x.String()
}

func store(key, value string) {
	defer func() { _ = recover() }()
	storage().Call("setItem", key, value)
}

// storage returns localStorage. A sandboxed frame throws when it is merely
// read, and only what a call throws becomes a panic that can be recovered.
func storage() js.Value {
	return js.Global().Get("Reflect").Call("get", js.Global(), "localStorage")
}
