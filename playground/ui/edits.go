//go:build js && wasm

package ui

import (
	"strconv"
	"strings"
	"syscall/js"

	"cipherglass/playground/app"
	"cipherglass/playground/scenario"
)

// list changes an ordered list: an offer of suites, versions, groups.
func (p *page) list(path, what string, i int) {
	list := p.listAt(path)
	if i < 0 || i >= len(list) {
		return
	}
	switch what {
	case "list-up":
		if i > 0 {
			list[i-1], list[i] = list[i], list[i-1]
		}
	case "list-down":
		if i+1 < len(list) {
			list[i+1], list[i] = list[i], list[i+1]
		}
	case "list-remove":
		list = append(list[:i], list[i+1:]...)
	}
	p.edit("list", app.Edit{Path: path, Text: strings.Join(list, ", ")})
	switch what { // the focus goes with the entry
	case "list-up":
		i = max(i-1, 0)
	case "list-down":
		i = min(i+1, len(list)-1)
	case "list-remove":
		i = min(i, len(list)-1)
	}
	at := `[data-path="` + path + `"][data-i="` + strconv.Itoa(i) + `"]`
	p.focusLater(`[data-act="` + what + `"]` + at + `:not(:disabled), [data-act="list-remove"]` + at)
}

// listAt returns a copy of the list at a path, as the form shows it.
func (p *page) listAt(path string) []string {
	for _, g := range app.Form(&p.state) {
		for _, part := range g.Parts {
			for _, f := range part.Fields {
				if f.Path == path {
					return append([]string(nil), f.List...)
				}
			}
		}
	}
	return nil
}

// input follows typing.
func (p *page) input(e, t js.Value) {
	value := func() string { return t.Get("value").String() }
	switch {
	case data(t, "path") != "" && t.Get("tagName").String() != "SELECT" && t.Get("type").String() != "checkbox":
		p.began("type")
		path, text := data(t, "path"), value()
		asked := len(p.state.NeedKeys)
		p.dispatch(app.Edit{Path: path, Text: text})
		p.unbegin()
		if strings.Contains(text, "PRIVATE KEY-----") && !strings.Contains(app.Shown(&p.state, path), "PRIVATE KEY-----") {
			t.Set("value", app.Shown(&p.state, path)) // a key is taken at once, and never shown
		}
		if len(p.state.NeedKeys) > asked {
			p.showKey()
		}
	case data(t, "pin") != "":
		p.began("pin")
		p.dispatch(app.SetPin{Name: data(t, "pin"), Hex: value()})
		p.unbegin()
	case data(t, "key") != "":
		p.dispatch(app.GiveKey{Hash: data(t, "key"), PEM: value()})
	case t.Get("id").String() == "values-find":
		p.dispatch(app.FindValues{Text: value()})
	case t.Get("id").String() == "flip":
		p.typeFlip(value())
	}
}

// change follows choices and switches, which settle at once.
func (p *page) change(e, t js.Value) {
	value := t.Get("value").String()
	switch {
	case t.Get("id").String() == "preset":
		p.edit("preset", app.PickPreset{Name: value})
	case t.Get("id").String() == "file":
		p.openFile(t)
	case t.Get("id").String() == "download":
		t.Set("value", "")
		p.dispatch(app.Get{What: value})
	case data(t, "add") != "":
		p.add(t, value)
	case data(t, "path") != "" && t.Get("type").String() == "checkbox":
		p.edit("switch", app.Edit{Path: data(t, "path"), Text: strconv.FormatBool(t.Get("checked").Bool())})
	case data(t, "path") != "" && t.Get("tagName").String() == "SELECT":
		p.edit("choice", app.Edit{Path: data(t, "path"), Text: value})
	case data(t, "path") != "" || data(t, "pin") != "":
		p.dispatch(app.Settle{})
	}
}

// openFile reads a chosen file and opens it as a scenario.
func (p *page) openFile(t js.Value) {
	files := t.Get("files")
	if files.Length() == 0 {
		return
	}
	f := files.Index(0)
	name := f.Get("name").String()
	if f.Get("size").Int() > scenario.MaxText {
		p.dispatch(app.OpenFile{Name: name, Text: ""})
		return
	}
	var read js.Func
	read = js.FuncOf(func(_ js.Value, args []js.Value) any {
		defer p.guard()
		read.Release()
		t.Set("value", "")
		p.edit("file", app.OpenFile{Name: name, Text: args[0].String()})
		return nil
	})
	f.Call("text").Call("then", read)
}

// add appends an entry to a list.
func (p *page) add(t js.Value, value string) {
	value = strings.TrimSpace(value)
	if value == "" {
		return
	}
	path := data(t, "add")
	p.edit("list", app.Edit{Path: path, Text: strings.Join(append(p.listAt(path), value), ", ")})
	if _, wrong := p.state.Errors[path]; !wrong {
		t.Set("value", "")
	}
}

// typeFlip takes what is typed as a byte's new value; two digits apply it.
func (p *page) typeFlip(text string) {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) < 2 || p.inspect == nil || p.inspect.Packet == nil || p.inspect.Tab == nil {
		p.dispatch(app.TypeFlip{Text: text})
		return
	}
	p.edit("flip", app.FlipByte{Packet: p.inspect.Packet.Name, Offset: p.inspect.Byte, Hex: text})
}
