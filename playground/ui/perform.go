//go:build js && wasm

package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"syscall/js"
	"time"

	"cipherglass/playground/app"
	"cipherglass/playground/dissect"
	"cipherglass/playground/trace"
)

// Slices of work, short enough that the page answers in between.
const (
	firstSlice = 40 * time.Millisecond
	nextSlice  = 12 * time.Millisecond
	checkSlice = 8 * time.Millisecond
	tellEvery  = 150 * time.Millisecond // how often badges change while opinions come in
)

// perform carries out a command of app.Update.
func (p *page) perform(c app.Command) {
	switch c := c.(type) {
	case app.Run:
		p.run(c)
	case app.Verify:
		p.verify(c)
	case app.SetURL:
		p.address(c)
	case app.GoBack:
		p.writeAddress()
		js.Global().Get("history").Call("go", -max(c.Steps, 1))
	case app.GoForward:
		p.writeAddress()
		js.Global().Get("history").Call("forward")
	case app.SettleLater:
		if p.settle.Truthy() {
			js.Global().Call("clearTimeout", p.settle)
		}
		p.settle = p.after(time.Second, func() { p.dispatch(app.Settle{Seq: c.Seq}) })
	case app.Tick:
		p.after(900*time.Millisecond, func() { p.dispatch(app.Ticked{}) })
	case app.Copy:
		p.copy(c)
	case app.Download:
		p.download(c)
	case app.Save:
		store("cipherglass.scenario", c.Hash)
	case app.KeepTheme:
		store("cipherglass.theme", c.Theme)
		root := js.Global().Get("document").Get("documentElement")
		if c.Theme == "" {
			root.Call("removeAttribute", "data-theme")
		} else {
			root.Call("setAttribute", "data-theme", c.Theme)
		}
	}
}

// run plays a scenario: at once when it is short, else in slices.
func (p *page) run(c app.Run) {
	p.running = c.Gen
	p.dropOpinions()
	began := now()
	step, result, err := p.engines.Start(c.Scenario, c.Keys)
	if err != nil {
		p.running = 0
		p.apply(app.Ran{Gen: c.Gen, Err: err})
		return
	}
	var slice func(budget time.Duration)
	slice = func(budget time.Duration) {
		if p.running != c.Gen {
			return // a newer edit replaced it
		}
		until := now() + float64(budget.Milliseconds())
		for !step() {
			if now() > until {
				if p.root != nil && !p.state.Running {
					p.apply(app.Slow{Gen: c.Gen})
				}
				p.after(0, func() { slice(nextSlice) })
				return
			}
		}
		p.running = 0
		t := result()
		p.runMS = now() - began
		p.apply(app.Ran{Gen: c.Gen, Trace: t, Index: dissect.NewIndex(t), Took: time.Duration(p.runMS * float64(time.Millisecond))})
	}
	slice(firstSlice)
}

// apply dispatches what a command reports; before the page is mounted there is
// nothing to render.
func (p *page) apply(a app.Action) {
	if p.mounted {
		p.dispatch(a)
		return
	}
	next, cmds := app.Update(p.state, a)
	p.state = next
	for _, c := range cmds {
		p.perform(c)
	}
}

// verify asks for second opinions after the repaint, in slices.
func (p *page) verify(c app.Verify) {
	p.dropOpinions()
	p.checking = c.Gen
	current := func() bool { return p.checking == c.Gen && p.state.Gen == c.Gen }
	pending := false
	finished := false
	tell := func(done bool) {
		if finished || pending && !done {
			return
		}
		finished = done
		pending = true
		wait := tellEvery
		if done {
			wait = 0
		}
		p.after(wait, func() {
			pending = false
			if current() && finished == done {
				p.apply(app.Opined{Gen: c.Gen, Done: done})
			}
		})
	}
	var step func() bool
	var slice func()
	slice = func() {
		if !current() {
			return
		}
		if step == nil {
			step, p.cancel = p.engines.Verify(c.Trace, func(done bool) {
				if current() {
					tell(done)
				}
			})
		}
		until := now() + float64(checkSlice.Milliseconds())
		for !step() {
			if now() > until {
				tell(false)
				p.after(0, slice)
				return
			}
		}
		tell(false)
	}
	p.after(60*time.Millisecond, slice)
}

// dropOpinions stops asking about an older run.
func (p *page) dropOpinions() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
}

// address writes the address bar a moment later: it costs as much as a repaint,
// and nobody waits for it.
func (p *page) address(c app.SetURL) {
	if n := len(p.addresses); n > 0 && c.Push == "" {
		if last := &p.addresses[n-1]; last.Push == "" {
			*last = c
		} else {
			last.Push = c.Replace
		}
		return
	}
	p.addresses = append(p.addresses, c)
	if len(p.addresses) == 1 {
		p.after(50*time.Millisecond, p.writeAddress)
	}
}

func (p *page) writeAddress() {
	list := p.addresses
	p.addresses = nil
	for _, c := range list {
		setURL(c.Replace, "replaceState")
		setURL(c.Push, "pushState")
	}
}

func setURL(hash, how string) {
	if hash == "" || hash == js.Global().Get("location").Get("hash").String() && how == "replaceState" {
		return
	}
	defer func() { _ = recover() }() // browsers refuse too many, and some frames refuse all
	js.Global().Get("history").Call(how, nil, "", hash)
}

// copy puts text on the clipboard, where the page may.
func (p *page) copy(c app.Copy) {
	text := c.Text
	if len(text) > 0 && text[0] == '#' {
		loc := js.Global().Get("location")
		text = loc.Get("origin").String() + loc.Get("pathname").String() + loc.Get("search").String() + text
	}
	clip := js.Global().Get("navigator").Get("clipboard")
	if !clip.Truthy() {
		p.after(0, func() { p.dispatch(app.Say{Text: c.Failed}) })
		return
	}
	var ok, failed js.Func
	release := func() { ok.Release(); failed.Release() }
	ok = js.FuncOf(func(js.Value, []js.Value) any {
		defer p.guard()
		release()
		p.dispatch(app.Say{Text: c.Done})
		return nil
	})
	failed = js.FuncOf(func(js.Value, []js.Value) any {
		defer p.guard()
		release()
		p.dispatch(app.Say{Text: c.Failed})
		return nil
	})
	clip.Call("writeText", text).Call("then", ok, failed)
}

// download offers a file made from the trace.
func (p *page) download(c app.Download) {
	var b bytes.Buffer
	kind := "application/octet-stream"
	var err error
	switch c.What {
	case "scenario":
		kind = "application/json"
		b.Write(p.state.Scenario.Marshal())
	case "keylog":
		kind = "text/plain"
		err = p.engines.Export(p.state.Trace, c.What, &b)
	case "json":
		kind = "application/json"
		err = p.engines.Export(p.state.Trace, c.What, &b)
	default:
		err = p.engines.Export(p.state.Trace, c.What, &b)
	}
	if err != nil {
		p.after(0, func() { p.dispatch(app.Say{Text: "The file could not be written: " + err.Error()}) })
		return
	}
	data := js.Global().Get("Uint8Array").New(b.Len())
	js.CopyBytesToJS(data, b.Bytes())
	blob := js.Global().Get("Blob").New([]any{data}, map[string]any{"type": kind})
	url := js.Global().Get("URL").Call("createObjectURL", blob)
	a := js.Global().Get("document").Call("createElement", "a")
	a.Set("href", url)
	a.Set("download", c.Name)
	a.Call("click")
	p.after(10*time.Second, func() { js.Global().Get("URL").Call("revokeObjectURL", url) })
}

// packetHash is the SHA-256 over names and bytes of all packets, in hex, for
// tests.
func packetHash(t *trace.Trace) string {
	if t == nil {
		return ""
	}
	h := sha256.New()
	for _, q := range t.Packets {
		fmt.Fprintf(h, "%s %d\n", q.Name, len(q.Bytes))
		h.Write(q.Bytes)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// expose adds to window.cipherglass what tests ask for.
func (p *page) expose() {
	js.Global().Get("cipherglass").Set("hash", js.FuncOf(func(js.Value, []js.Value) any { return packetHash(p.state.Trace) }))
}

func crash(r any) {
	js.Global().Get("cipherglass").Call("crash", fmt.Sprintf("%v\n\n%s", r, debug.Stack()))
}
