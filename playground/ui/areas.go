//go:build js && wasm

package ui

import (
	"fmt"
	"strconv"

	"github.com/hexops/vecty"
	"github.com/hexops/vecty/elem"
	"github.com/hexops/vecty/prop"

	"cipherglass/playground/app"
	"cipherglass/playground/dissect"
)

// scroller is a container of n rows of which a window is in the document.
func (p *page) scroller(w *window, n int, m []vecty.Applyer, before vecty.MarkupOrChild, rows func(m *markup, from, to int)) *vecty.HTML {
	w.fit(n)
	all := append([]vecty.Applyer{id(w.id), class("scroll"), attr("tabindex", "0")}, m...)
	return elem.Div(
		mark(all...),
		elem.Div(
			mark(class("tall"), attr("role", "presentation"), vecty.Style("height", strconv.Itoa(n*w.row)+"px")),
			before,
			elem.Div(mark(
				class("window"), attr("role", "presentation"),
				vecty.Style("transform", "translateY("+strconv.Itoa(w.from*w.row)+"px)"),
				inner(func(m *markup) { rows(m, w.from, w.to) }),
			)),
		),
	)
}

// ladder shows packets and events.
func (p *page) ladder() vecty.ComponentOrHTML {
	s := &p.state
	f := s.View.Filters
	chip := func(to, label string, shown bool) *vecty.HTML {
		return button("filter", []vecty.Applyer{dataset("to", to), attr("aria-pressed", strconv.FormatBool(shown))}, text(label))
	}
	n := len(p.rows)
	sel := p.selectedRow()
	w := p.windows["ladder"]
	marks := []vecty.Applyer{attr("role", "listbox"), attr("aria-label", "Packets and events in time order")}
	if sel >= 0 {
		marks = append(marks, attr("aria-activedescendant", "row-"+strconv.Itoa(sel)))
	}
	lanes := 0
	if s.Trace != nil {
		lanes = min(len(s.Trace.Nodes), maxLanes)
	}
	return elem.Div(
		mark(class("fill"), on(s.View.Playing, class("playing"))),
		elem.Div(
			mark(class("bar"), attr("role", "group"), attr("aria-label", "What the ladder shows")),
			chip("acks", "bare ACKs", !f.NoAcks), chip("states", "states", !f.NoStates), chip("secrets", "secrets", !f.NoSecrets),
			chip("checks", "checks", !f.NoChecks), chip("buffers", "buffers", f.Buffers),
			elem.Span(mark(class("player"), attr("role", "group"), attr("aria-label", "Go through the ladder")),
				button("step-back", []vecty.Applyer{attr("title", "One row back (k)"), attr("aria-label", "One row back")}, text("◂")),
				button("play", []vecty.Applyer{id("play"), attr("aria-pressed", strconv.FormatBool(s.View.Playing)), attr("title", "Go through the ladder row by row (space)")}, text(map[bool]string{true: "Pause", false: "Play"}[s.View.Playing])),
				button("step", []vecty.Applyer{attr("title", "One row on (j)"), attr("aria-label", "One row on")}, text("▸")),
			),
		),
		elem.Div(mark(class("nodes"), attr("aria-hidden", "true"), inner(func(m *markup) {
			if s.Trace == nil {
				return
			}
			m.cat(`<span class="t">ms</span><span class="lanes g`, strconv.Itoa(lanes), `">`)
			for i, name := range s.Trace.Nodes[:lanes] {
				kind, label := p.node(name)
				m.cat(`<span class="who `, kind, ` s`, strconv.Itoa(2*i+1), ` e`, strconv.Itoa(2*i+3), `"`)
				m.attr("title", name)
				m.raw(`><span class="shape"></span>`)
				m.text(label)
				m.raw(`</span>`)
			}
			m.raw(`</span><span class="badges"></span>`)
		}))),
		p.instead(),
		p.scroller(w, n, marks,
			elem.Div(mark(class("lifelines"), attr("aria-hidden", "true"), inner(func(m *markup) {
				m.cat(`<span class="t"></span><span class="lanes g`, strconv.Itoa(lanes), `">`)
				for i := range lanes {
					m.cat(`<span class="line s`, strconv.Itoa(2*i+2), ` e`, strconv.Itoa(2*i+3), `"></span>`)
				}
				m.raw(`</span><span class="badges"></span>`)
			}))),
			func(m *markup, from, to int) { ladderRows(m, s.Trace, p.rows, from, to, sel) },
		),
	)
}

// instead says why the ladder is empty, where it is.
func (p *page) instead() *vecty.HTML {
	s := &p.state
	v := app.Judge(s)
	return elem.Div(
		mark(class("instead"), hidden(s.Trace != nil || v.Kind != "waiting")),
		elem.Paragraph(text(v.Text)),
		button("ask-key", []vecty.Applyer{class("primary")}, text("Paste the key")),
	)
}

// node says what a node is and what people call it.
func (p *page) node(name string) (kind, label string) {
	if sc := p.state.Trace.Scenario; sc != nil {
		for _, n := range sc.Nodes {
			if n.Name == name {
				if n.Label != "" {
					return n.Kind, n.Label
				}
				return n.Kind, n.Name
			}
		}
	}
	return "host", name
}

// inspector shows the packet or event that is selected.
func (p *page) inspector() vecty.ComponentOrHTML {
	s := &p.state
	in := p.inspect
	isPacket := in != nil && in.Tab != nil
	return elem.Div(
		mark(class("fill inspect")),
		p.inspectTop(in),
		elem.Div(
			mark(class("packet-view"), hidden(!isPacket)),
			elem.Div(mark(id("nesting"), inner(func(m *markup) {
				if isPacket {
					nesting(m, dissect.Nesting(in.View), len(in.Packet.Bytes))
				}
			}))),
			p.tabs(in),
			p.treeView(in),
			p.hexView(in),
			p.flipBar(in),
			elem.Div(
				mark(class("details")),
				elem.Div(mark(id("explain"), class("explain"), attr("role", "region"), attr("aria-label", "What the field is"), attr("tabindex", "0"), inner(func(m *markup) {
					if isPacket {
						explanation(m, s.Trace, in)
					}
				}))),
				elem.Div(mark(class("opinions"), attr("role", "region"), attr("aria-label", "Second opinions"), attr("tabindex", "0")),
					elem.Heading3(text("Second opinions on this packet")),
					elem.Div(mark(id("checks"), inner(func(m *markup) {
						if isPacket {
							checkList(m, app.ChecksOf(s.Trace, in.Packet.Name), s.Verified, false)
						}
					}))),
				),
			),
		),
		elem.Div(
			mark(id("event"), class("event-view"), attr("tabindex", "0"), hidden(isPacket), inner(func(m *markup) {
				if isPacket || s.Trace == nil {
					if s.Trace == nil && len(s.NeedKeys) > 0 {
						m.el("p", "quiet", "There is nothing to look at before the scenario has run.")
					}
					return
				}
				if in != nil {
					eventDetail(m, s.Trace, in.Events)
				}
				if in != nil && in.Checks {
					everyCheck(m, s.Trace, s.Verified)
				}
			})),
		),
	)
}

func (p *page) inspectTop(in *app.Inspection) *vecty.HTML {
	title, line, actions := "Nothing chosen", "", false
	if in != nil && in.Packet != nil {
		q := in.Packet
		title = q.Name
		line = fmt.Sprintf("%s → %s on %s · %s · %s ms", q.From, q.To, q.Link, count(len(q.Bytes), "byte"), millis(q.Time))
		if q.Fate != "" && q.Fate != "delivered" {
			line += " · " + q.Fate
			if q.Why != "" {
				line += ": " + q.Why
			}
		}
		actions = true
	} else if in != nil && in.Checks {
		title, line = "Second opinions", app.Opinions(p.state.Total)
	} else if in != nil && len(in.Events) > 0 {
		e := in.Events[0]
		title = e.Text
		if e.Fail != nil {
			title = e.Fail.Code.ID // its sentence stands below, whole
		}
		line = fmt.Sprintf("%s · %s", e.Node, e.Conv)
		if n := len(in.Events); n > 1 {
			line += fmt.Sprintf(" · %d at this moment", n)
		}
	}
	return elem.Div(
		mark(class("inspect-top")),
		elem.Div(mark(class("titles")),
			elem.Heading2(mark(id("selected"), attr("title", title)), text(title)),
			elem.Paragraph(mark(class("meta"), attr("title", line)), text(line)),
		),
		elem.Div(mark(class("acts"), hidden(!actions)),
			button("fault-add", []vecty.Applyer{dataset("to", "drop"), attr("title", "Lose this packet on its link, in this scenario")}, text("Lose")),
			button("fault-add", []vecty.Applyer{dataset("to", "replay"), attr("title", "Send a copy of this packet a second time, as an attacker would")}, text("Replay")),
		),
	)
}

// tabs choose between the frame and the buffers made from it.
func (p *page) tabs(in *app.Inspection) *vecty.HTML {
	kids := []vecty.MarkupOrChild{mark(id("tabs"), class("tabs"), attr("role", "tablist"), attr("aria-label", "Bytes to look at"))}
	if in != nil && in.View != nil {
		for i := range in.View.Tabs {
			t := &in.View.Tabs[i]
			on := t == in.Tab
			tabindex := "-1"
			if on {
				tabindex = "0"
			}
			sign := ""
			if t.Failure != "" {
				sign = "✗ "
			}
			kids = append(kids, button("tab", []vecty.Applyer{
				dataset("tab", t.ID), attr("role", "tab"), attr("aria-selected", strconv.FormatBool(on)), attr("tabindex", tabindex),
				class("L-" + layerClass(t.Layer)), attr("title", t.Title+", "+t.How),
			}, span("sw", ""), text(sign+t.Title), span("len", strconv.Itoa(len(t.Bytes)))))
		}
	}
	how, failed := "", false
	if in != nil && in.Tab != nil {
		how = in.Tab.How
		if in.Tab.Failure != "" {
			how, failed = how+": "+in.Tab.Failure, true
		}
		if in.New() {
			how += " · new in this run"
		}
	}
	return elem.Div(elem.Div(kids...), elem.Paragraph(mark(class("how"), on(failed, class("failed"))), text(how)))
}

func (p *page) treeView(in *app.Inspection) *vecty.HTML {
	marks := []vecty.Applyer{attr("role", "tree"), attr("aria-label", "Fields")}
	if in != nil && in.Path != "" {
		for i := range p.tree {
			if p.tree[i].Path == in.Path {
				marks = append(marks, attr("aria-activedescendant", "node-"+strconv.Itoa(i)))
			}
		}
	}
	return p.scroller(p.windows["tree"], len(p.tree), marks, nil, func(m *markup, from, to int) {
		if in != nil && in.Tab != nil {
			treeRows(m, in, p.tree, from, to)
		}
	})
}

func (p *page) hexView(in *app.Inspection) *vecty.HTML {
	n := p.length("hex")
	marks := []vecty.Applyer{
		attr("role", "grid"), attr("aria-label", "Bytes"), attr("aria-rowcount", strconv.Itoa(n)), attr("aria-colcount", strconv.Itoa(hexCols)),
	}
	if in != nil && in.Byte >= 0 {
		marks = append(marks, attr("aria-activedescendant", "byte-"+strconv.Itoa(in.Byte)))
	}
	if in != nil && in.Tab != nil && in.Tab.ReadOnly != "" {
		marks = append(marks, attr("aria-readonly", "true"))
	}
	return p.scroller(p.windows["hex"], n, marks, nil, func(m *markup, from, to int) {
		if in != nil && in.Tab != nil {
			hexRows(m, in, p.layers, p.wrong, from, to)
		}
	})
}

// flipBar shows the byte under the cursor and takes its new value.
func (p *page) flipBar(in *app.Inspection) *vecty.HTML {
	f := p.state.View.Flip
	line, edit, wrong := "", false, ""
	value := ""
	if in != nil && in.Tab != nil && in.Byte >= 0 && in.Byte < len(in.Tab.Bytes) {
		b := in.Tab.Bytes[in.Byte]
		line = fmt.Sprintf("byte %d (0x%04x) is %02x = %d = %08b", in.Byte, in.Byte, b, b, b)
		edit = in.Tab.ReadOnly == ""
		if f.Open && f.Offset == in.Byte {
			value, wrong = f.Text, f.Wrong
		}
		if !edit {
			wrong = ""
			line += ". " + in.Tab.ReadOnly
		}
	} else if in != nil && in.Tab != nil {
		line = "Click a byte; type two hex digits to change it on its way."
		if in.Tab.ReadOnly != "" {
			line = in.Tab.ReadOnly
		}
	}
	return elem.Div(
		mark(class("flip-bar")),
		elem.Span(mark(class("line"), attr("title", line)), text(line)),
		elem.Label(mark(attr("for", "flip"), hidden(!edit)), text("new value")),
		elem.Input(mark(
			id("flip"), class("mono"), attr("type", "text"), attr("maxlength", "2"), attr("size", "2"), hidden(!edit),
			prop.Value(value), attr("autocomplete", "off"), attr("spellcheck", "false"), attr("aria-invalid", strconv.FormatBool(wrong != "")),
		)),
		elem.Span(mark(class("error"), hidden(wrong == "")), text(wrong)),
	)
}
