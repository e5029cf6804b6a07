//go:build js && wasm

package ui

import (
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"cipherglass/playground/app"
	"cipherglass/playground/scenario"
)

// listen hangs one listener per event on the document, for ever. Elements say
// by data attributes what they are; nothing below listens for itself.
func (p *page) listen() {
	doc := js.Global().Get("document")
	win := js.Global().Get("window")
	on := func(at js.Value, event string, capture bool, f func(e, target js.Value)) {
		at.Call("addEventListener", event, js.FuncOf(func(_ js.Value, args []js.Value) any {
			defer p.guard()
			if js.Global().Get("cipherglass").Get("state").String() == "crashed" {
				return nil
			}
			f(args[0], args[0].Get("target"))
			return nil
		}), capture)
	}
	on(doc, "click", false, p.click)
	on(doc, "input", false, p.input)
	on(doc, "change", false, p.change)
	on(doc, "focusout", false, func(e, t js.Value) {
		if data(t, "path") != "" || data(t, "pin") != "" {
			p.dispatch(app.Settle{})
		}
	})
	on(doc, "focusin", false, func(e, t js.Value) { p.explainField(t) })
	on(doc, "keydown", false, p.key)
	on(doc, "mouseover", false, func(e, t js.Value) { p.hover(t) })
	on(doc, "scroll", true, func(e, t js.Value) { p.scrolled(t) })
	on(doc, "toggle", true, func(e, t js.Value) { p.toggled(t) })
	on(win, "resize", false, func(e, t js.Value) { p.measure() })
	on(win, "popstate", false, func(e, t js.Value) { p.went() })
	on(win, "hashchange", false, func(e, t js.Value) { p.went() })
}

// explainField says below the form what the field is that has the focus, and
// first what is wrong with it. No part of the form moves for it.
func (p *page) explainField(t js.Value) {
	help := byID("field-help")
	if !help.Truthy() || !t.Truthy() || t.Get("closest").Type() != js.TypeFunction {
		return
	}
	if !t.Call("closest", ".scenario").Truthy() {
		if strings.Contains(p.helped, "error") { // it is said while its field has the focus
			p.helped = ""
			help.Set("innerHTML", "")
		}
		return
	}
	text, path := "", pathOf(t)
	if f := t.Call("closest", ".field"); f.Truthy() {
		text = f.Get("title").String()
	}
	if data(t, "key") != "" {
		text = "The private key in PEM, as it belongs to the certificate above. It stays in this page's memory: no link, file or saved scenario holds it."
	}
	var m markup
	wrong := app.WrongAt(&p.state, path)
	if wrong != "" {
		m.el("span", "error", "✗ "+wrong)
		m.raw(" ")
	}
	m.text(text)
	out := m.String()
	if out == p.helped {
		return
	}
	p.helped = out
	help.Set("innerHTML", out)
	help.Set("scrollTop", 0)
	if wrong != "" { // its message comes into view with it
		for _, el := range []js.Value{byID("e-" + path), t} {
			if el.Truthy() {
				el.Call("scrollIntoView", map[string]any{"block": "nearest"})
			}
		}
	}
}

// pathOf is where the error of a form's element stands.
func pathOf(t js.Value) string {
	if x := data(t, "pin"); x != "" {
		return app.PinPath(x)
	}
	if x := data(t, "key"); x != "" {
		return "key:" + x
	}
	if x := data(t, "add"); x != "" {
		return x
	}
	return data(t, "path")
}

// explainFocus says anew what the field is that has the focus, once what has
// just changed is painted.
func (p *page) explainFocus() {
	p.after(0, func() { p.explainField(js.Global().Get("document").Get("activeElement")) })
}

// toggled follows the opening and closing of the form's groups.
func (p *page) toggled(t js.Value) {
	title, open := data(t, "group"), t.Get("open").Truthy()
	switch {
	case title == "values" && open != p.state.View.Values:
		p.dispatch(app.ShowValues{Open: open})
	case title != "" && title != "values":
		for _, g := range app.Form(&p.state) {
			if g.Title == title && g.Open != open {
				p.dispatch(app.OpenGroup{Title: title, Open: open})
			}
		}
	}
}

// went follows the address bar, after Back, Forward, or an edit of it.
func (p *page) went() {
	hash := js.Global().Get("location").Get("hash").String()
	if hash == p.state.Link {
		return
	}
	p.began("history")
	p.dispatch(app.Open{Hash: hash, Popped: true})
	if p.running == 0 && p.state.Link != hash {
		p.edited = 0
	}
}

// closest walks up to the element that has a data attribute.
func closest(t js.Value, attr string) js.Value {
	if !t.Truthy() || t.Get("closest").Type() != js.TypeFunction {
		return js.Null()
	}
	return t.Call("closest", "[data-"+attr+"]")
}

func data(t js.Value, name string) string {
	if !t.Truthy() || t.Get("getAttribute").Type() != js.TypeFunction {
		return ""
	}
	v := t.Call("getAttribute", "data-"+name)
	if v.Type() != js.TypeString {
		return ""
	}
	return v.String()
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func (p *page) click(e, t js.Value) {
	if el := closest(t, "act"); el.Truthy() && !el.Get("disabled").Truthy() {
		p.act(el, data(el, "act"))
		return
	}
	switch {
	case closest(t, "o").Truthy():
		p.dispatch(app.SelectByte{Offset: number(data(closest(t, "o"), "o"))})
	case closest(t, "node").Truthy():
		p.dispatch(app.SelectNode{Path: data(closest(t, "node"), "node")})
	case closest(t, "row").Truthy():
		p.dispatch(app.SelectRow{Row: data(closest(t, "row"), "row")})
		if p.narrow() {
			p.dispatch(app.ShowArea{Area: "inspector"})
		}
	}
}

func (p *page) narrow() bool {
	return js.Global().Get("innerWidth").Int() < 900
}

// act does what a button says.
func (p *page) act(el js.Value, what string) {
	if p.state.Trace == nil && (strings.HasPrefix(what, "go-") || strings.HasPrefix(what, "fault-")) {
		return
	}
	i := number(data(el, "i"))
	to := data(el, "to")
	switch what {
	case "undo":
		p.began("undo")
		p.dispatch(app.Undo{})
		p.unbegin()
	case "redo":
		p.began("redo")
		p.dispatch(app.Redo{})
		p.unbegin()
	case "share":
		p.dispatch(app.Share{})
	case "theme":
		p.dispatch(app.SetTheme{Theme: nextTheme(p.state.View.Theme)})
	case "help":
		p.dispatch(app.ShowHelp{Open: !p.state.View.Help})
		p.focusHelp()
	case "banner-close":
		p.dispatch(app.CloseBanner{})
	case "area":
		p.dispatch(app.ShowArea{Area: to})
		p.after(0, p.measure)
	case "filter":
		p.dispatch(app.SetFilters{Filters: toggle(p.state.View.Filters, to)})
	case "open":
		byID("file").Call("click")
	case "ask-key":
		p.askKey()
	case "checks":
		p.dispatch(app.SelectRow{Row: app.EveryCheck})
		p.dispatch(app.ShowArea{Area: "inspector"})
	case "play":
		p.dispatch(app.Play{On: !p.state.View.Playing})
	case "step-back":
		p.dispatch(app.Play{})
		p.dispatch(app.MoveRow{By: -1})
	case "step":
		p.dispatch(app.Play{})
		p.dispatch(app.MoveRow{By: 1})
	case "fold":
		if n := closest(el, "node"); n.Truthy() {
			p.dispatch(app.Fold{Path: data(n, "node"), Open: n.Call("getAttribute", "aria-expanded").String() != "true"})
		}
	case "tab":
		p.dispatch(app.SelectTab{Tab: data(el, "tab")})
	case "seg":
		p.segment(el)
	case "go-row":
		p.dispatch(app.SelectRow{Row: to})
	case "go-secret":
		if row := app.EventOfSecret(p.state.Trace, to); row != "" {
			p.dispatch(app.SelectRow{Row: row})
		}
	case "go-buffer":
		if row := app.PacketOfBuffer(p.state.Trace, to); row != "" {
			p.dispatch(app.SelectRow{Row: row})
			p.dispatch(app.SelectTab{Tab: to})
		}
	case "go-value":
		p.dispatch(app.ShowValues{Open: true})
		p.dispatch(app.FindValues{Text: to})
		p.dispatch(app.ShowArea{Area: "scenario"})
		p.focusLater(`[data-pin="` + to + `"]`)
	case "unpin":
		p.edit("unpin", app.SetPin{Name: to})
	case "list-up", "list-down", "list-remove":
		p.list(data(el, "path"), what, i)
	case "fault-off":
		p.edit("fault", app.FaultSwitch{Index: i, Off: !p.state.Scenario.Faults[i].Off})
	case "fault-keep":
		p.edit("fault", app.FaultKeep{Index: i, Keep: !p.state.Scenario.Faults[i].Keep})
	case "fault-remove":
		p.edit("fault", app.FaultRemove{Index: i})
	case "fault-add":
		if q := p.state.Trace.Packet(p.state.Selection.Row); q != nil {
			p.edit("fault", app.AddFault{Kind: to, Packet: q.Name})
		}
	}
}

// edit dispatches a change of the scenario that settles at once.
func (p *page) edit(kind string, a app.Action) {
	p.began(kind)
	p.dispatch(a)
	p.dispatch(app.Settle{})
	p.unbegin()
}

// unbegin forgets an edit that changed nothing that is shown.
func (p *page) unbegin() {
	if p.running == 0 {
		p.edited = 0
	}
}

func toggle(f app.Filters, which string) app.Filters {
	switch which {
	case "acks":
		f.NoAcks = !f.NoAcks
	case "states":
		f.NoStates = !f.NoStates
	case "secrets":
		f.NoSecrets = !f.NoSecrets
	case "checks":
		f.NoChecks = !f.NoChecks
	case "buffers":
		f.Buffers = !f.Buffers
	}
	return f
}

func nextTheme(t string) string {
	switch t {
	case "":
		return "light"
	case "light":
		return "dark"
	case "dark":
		return "projector"
	}
	return ""
}

// segment follows a part of the nesting picture into the tree or a tab.
func (p *page) segment(el js.Value) {
	if in := p.inspect; in == nil || in.Tab == nil {
		return
	}
	if tab := data(el, "tab"); tab != "" && p.inspect.View.Tab(tab) != nil {
		p.dispatch(app.SelectTab{Tab: tab})
		return
	}
	if p.inspect.Tab.ID != "frame" {
		p.dispatch(app.SelectTab{Tab: ""})
	}
	off, n := number(data(el, "off")), number(data(el, "len"))
	if path := app.PathOf(p.inspect.Tab.Tree, off, n); path != "" {
		p.dispatch(app.SelectNode{Path: path})
		return
	}
	p.dispatch(app.SelectByte{Offset: off})
}

// hover highlights a field's bytes, and a byte's field, without a new render.
func (p *page) hover(t js.Value) {
	off, n := 0, 0
	switch {
	case closest(t, "o").Truthy():
		at := number(data(closest(t, "o"), "o"))
		if in := p.inspect; in != nil && in.Tab != nil {
			if node := app.NodeAtPath(in.Tab.Tree, app.PathAt(in.Tab.Tree, at)); node != nil {
				off, n = node.Off, node.Len
			}
		}
	case closest(t, "off").Truthy():
		el := closest(t, "off")
		if data(el, "act") == "seg" && p.inspect != nil && p.inspect.Tab != nil && p.inspect.Tab.ID != "frame" {
			break
		}
		off, n = number(data(el, "off")), number(data(el, "len"))
	}
	if p.hovered == [2]int{off, n} {
		return
	}
	p.hovered = [2]int{off, n}
	p.paintHover()
}

func (p *page) paintHover() {
	doc := js.Global().Get("document")
	old := doc.Call("querySelectorAll", ".hov")
	for i := range old.Length() {
		old.Index(i).Get("classList").Call("remove", "hov")
	}
	off, n := p.hovered[0], p.hovered[1]
	if n <= 0 {
		return
	}
	w := p.windows["hex"]
	if hex := byID("hex"); hex.Truthy() {
		lo, hi := max(off, w.from*hexCols), min(off+n, w.to*hexCols)
		for i := lo; i < hi; i++ {
			both := hex.Call("querySelectorAll", `i[data-o="`+strconv.Itoa(i)+`"]`)
			for k := range both.Length() {
				both.Index(k).Get("classList").Call("add", "hov")
			}
		}
	}
	if tree := byID("tree"); tree.Truthy() {
		// The innermost field on screen that covers the bytes.
		best, at := -1, -1
		for i := p.windows["tree"].from; i < p.windows["tree"].to && i < len(p.tree); i++ {
			k := p.tree[i].Node
			if k.Off <= off && off+n <= k.Off+k.Len && (best < 0 || k.Len <= best) && k.Mask == 0 {
				best, at = k.Len, i
			}
		}
		if at >= 0 {
			if el := byID("node-" + strconv.Itoa(at)); el.Truthy() {
				el.Get("classList").Call("add", "hov")
			}
		}
	}
}

func (p *page) scrolled(t js.Value) {
	if t.Get("id").Type() != js.TypeString {
		return
	}
	w := p.windows[t.Get("id").String()]
	if w == nil {
		return
	}
	w.top = t.Get("scrollTop").Int()
	if h := t.Get("clientHeight").Int(); h != 0 {
		w.height = h
	}
	from, to := w.from, w.to
	w.fit(p.length(w.id))
	if from != w.from || to != w.to {
		p.render()
	}
}

func (p *page) length(id string) int {
	switch id {
	case "ladder":
		return len(p.rows)
	case "tree":
		return len(p.tree)
	}
	if p.inspect == nil || p.inspect.Tab == nil {
		return 0
	}
	return (len(p.inspect.Tab.Bytes) + hexCols - 1) / hexCols
}

func (p *page) focusLater(selector string) {
	p.after(50e6, func() {
		if el := js.Global().Get("document").Call("querySelector", selector); el.Truthy() {
			el.Call("focus", map[string]any{"preventScroll": true})
			el.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	})
}

// showKey brings the field that wants a private key into view.
func (p *page) showKey() {
	p.after(50*time.Millisecond, func() {
		if el := js.Global().Get("document").Call("querySelector", ".ask:not([hidden])"); el.Truthy() {
			el.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	})
}

// askKey leads to the field that wants a private key.
func (p *page) askKey() {
	if len(p.state.NeedKeys) == 0 {
		return
	}
	p.dispatch(app.OpenGroup{Title: scenario.GroupCerts, Open: true})
	p.dispatch(app.ShowArea{Area: "scenario"})
	p.focusLater(`[data-key]`)
}

func (p *page) focusHelp() {
	rest := js.Global().Get("document").Call("querySelectorAll", "#app > :not(#help):not(#live)")
	for i := range rest.Length() {
		rest.Index(i).Set("inert", p.state.View.Help)
	}
	if p.state.View.Help {
		p.focusLater("#help-close")
	} else {
		p.focusLater("#help-open")
	}
}
