//go:build js && wasm

package ui

import (
	"strings"
	"syscall/js"

	"cipherglass/playground/app"
)

// key handles the keyboard: the page's shortcuts, then the area that has the
// focus.
func (p *page) key(e, t js.Value) {
	k := e.Get("key").String()
	ctrl := e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()
	shift, alt := e.Get("shiftKey").Bool(), e.Get("altKey").Bool()
	done := false
	switch {
	case k == "Escape" && p.state.View.Help:
		p.dispatch(app.ShowHelp{})
		p.focusHelp()
		done = true
	case typing(t):
		done = p.keyField(k, ctrl, t)
	case ctrl && strings.EqualFold(k, "z"):
		if shift {
			p.act(t, "redo")
		} else {
			p.act(t, "undo")
		}
		done = true
	case ctrl && strings.EqualFold(k, "y"):
		p.act(t, "redo")
		done = true
	case p.within(t, "ladder"):
		done = p.keyLadder(k, ctrl || alt)
	case p.within(t, "tree"):
		done = p.keyTree(k, ctrl || alt)
	case p.within(t, "hex"):
		done = p.keyHex(k, ctrl, alt)
	case data(t, "tab") != "" || data(t, "act") == "tab":
		done = p.keyTabs(k)
	}
	if !done && !typing(t) && !ctrl && !alt && !(k == " " && t.Get("tagName").String() != "DIV" && t.Get("tagName").String() != "BODY") {
		done = p.keyPage(k)
	}
	if done {
		e.Call("preventDefault")
	}
}

// typing says whether keys belong to the element that has the focus.
func typing(t js.Value) bool {
	if t.Get("tagName").Type() != js.TypeString {
		return false
	}
	switch t.Get("tagName").String() {
	case "INPUT":
		return t.Get("type").String() != "checkbox"
	case "TEXTAREA", "SELECT":
		return true
	}
	return false
}

func (p *page) within(t js.Value, id string) bool {
	el := byID(id)
	return el.Truthy() && el.Call("contains", t).Bool()
}

// keyPage are the shortcuts that work anywhere outside fields.
func (p *page) keyPage(k string) bool {
	switch k {
	case "?":
		p.act(js.Null(), "help")
	case "1", "2", "3":
		area := map[string]string{"1": "scenario", "2": "ladder", "3": "inspector"}[k]
		p.dispatch(app.ShowArea{Area: area})
		p.focusLater(map[string]string{"1": "#preset", "2": "#ladder", "3": "#tree"}[k])
	case "j":
		p.dispatch(app.MoveRow{By: 1})
	case "k":
		p.dispatch(app.MoveRow{By: -1})
	case "[":
		p.nextTab(-1)
	case "]":
		p.nextTab(1)
	case " ":
		p.dispatch(app.Play{On: !p.state.View.Playing})
	case "s":
		p.dispatch(app.Share{})
	default:
		return false
	}
	return true
}

func (p *page) keyField(k string, ctrl bool, t js.Value) bool {
	switch {
	case t.Get("id").String() == "flip" && k == "Escape":
		p.dispatch(app.CloseFlip{})
		p.focusLater("#hex")
		return true
	case data(t, "add") != "" && k == "Enter":
		p.add(t, t.Get("value").String())
		return true
	}
	return false
}

const far = 1 << 30

func (p *page) keyLadder(k string, other bool) bool {
	if other {
		return false
	}
	page := max(1, p.windows["ladder"].height/ladderRow-1)
	by, ok := map[string]int{"ArrowDown": 1, "ArrowUp": -1, "PageDown": page, "PageUp": -page, "Home": -far, "End": far}[k]
	if ok {
		p.dispatch(app.MoveRow{By: by})
		return true
	}
	if k == "Enter" || k == "ArrowRight" {
		p.dispatch(app.ShowArea{Area: "inspector"})
		p.focusLater("#tree")
		return true
	}
	return false
}

func (p *page) keyTree(k string, other bool) bool {
	if other || len(p.tree) == 0 {
		return false
	}
	at := -1
	for i := range p.tree {
		if p.tree[i].Path == p.inspect.Path {
			at = i
		}
	}
	page := max(1, p.windows["tree"].height/treeRow-1)
	move := func(to int) bool {
		p.dispatch(app.SelectNode{Path: p.tree[min(max(to, 0), len(p.tree)-1)].Path})
		return true
	}
	switch k {
	case "ArrowDown":
		return move(at + 1)
	case "ArrowUp":
		return move(at - 1)
	case "PageDown":
		return move(at + page)
	case "PageUp":
		return move(at - page)
	case "Home":
		return move(0)
	case "End":
		return move(len(p.tree) - 1)
	}
	if at < 0 {
		return false
	}
	row := p.tree[at]
	switch k {
	case "ArrowRight":
		if row.Parent && !row.Open {
			p.dispatch(app.Fold{Path: row.Path, Open: true})
		} else if row.Open {
			return move(at + 1)
		}
		return true
	case "ArrowLeft":
		if row.Open {
			p.dispatch(app.Fold{Path: row.Path, Open: false})
			return true
		}
		for i := at - 1; i >= 0; i-- {
			if p.tree[i].Depth < row.Depth {
				return move(i)
			}
		}
		return true
	case "Enter", " ":
		if row.Node.Link != "" {
			p.dispatch(app.SelectTab{Tab: row.Node.Link})
		} else if row.Parent {
			p.dispatch(app.Fold{Path: row.Path, Open: !row.Open})
		}
		return true
	}
	if len(k) == 1 && k != "?" && k != "[" && k != "]" { // type-ahead
		for d := 1; d <= len(p.tree); d++ {
			i := (at + d) % len(p.tree)
			if strings.HasPrefix(strings.ToLower(p.tree[i].Node.Name), strings.ToLower(k)) {
				return move(i)
			}
		}
	}
	return false
}

// keyHex moves the cursor in the bytes; hex digits begin a new value.
func (p *page) keyHex(k string, ctrl, alt bool) bool {
	in := p.inspect
	if alt || in == nil || in.Tab == nil || len(in.Tab.Bytes) == 0 {
		return false
	}
	last := len(in.Tab.Bytes) - 1
	page := max(1, p.windows["hex"].height/hexRow-1) * hexCols
	at := max(in.Byte, 0)
	to := -1
	switch {
	case ctrl && k == "Home":
		to = 0
	case ctrl && k == "End":
		to = last
	case ctrl:
		return false
	case k == "ArrowRight":
		to = at + 1
	case k == "ArrowLeft":
		to = at - 1
	case k == "ArrowDown":
		to = at + hexCols
	case k == "ArrowUp":
		to = at - hexCols
	case k == "PageDown":
		to = at + page
	case k == "PageUp":
		to = at - page
	case k == "Home":
		to = at / hexCols * hexCols
	case k == "End":
		to = at/hexCols*hexCols + hexCols - 1
	case k == "Escape" && p.state.View.Flip.Open:
		p.dispatch(app.CloseFlip{})
		return true
	case len(k) == 1 && strings.Contains("0123456789abcdefABCDEF", k) && in.Byte >= 0:
		if in.Tab.ReadOnly != "" {
			p.dispatch(app.OpenFlip{Offset: in.Byte})
			return true
		}
		text := strings.ToLower(k)
		if f := p.state.View.Flip; f.Open && f.Offset == in.Byte && len(f.Text) == 1 {
			p.typeFlip(f.Text + text)
			return true
		}
		p.dispatch(app.OpenFlip{Offset: in.Byte})
		p.dispatch(app.TypeFlip{Text: text})
		return true
	default:
		return false
	}
	if in.Byte < 0 {
		to = 0
	}
	p.dispatch(app.SelectByte{Offset: min(max(to, 0), last)})
	return true
}

func (p *page) keyTabs(k string) bool {
	switch k {
	case "ArrowRight":
		p.nextTab(1)
	case "ArrowLeft":
		p.nextTab(-1)
	default:
		return false
	}
	p.focusLater(`#tabs [aria-selected="true"]`)
	return true
}

func (p *page) nextTab(by int) {
	in := p.inspect
	if in == nil || in.View == nil {
		return
	}
	for i := range in.View.Tabs {
		if &in.View.Tabs[i] == in.Tab {
			n := len(in.View.Tabs)
			p.dispatch(app.SelectTab{Tab: in.View.Tabs[(i+by+n)%n].ID})
			return
		}
	}
}
