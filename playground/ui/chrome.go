//go:build js && wasm

package ui

import (
	"fmt"
	"strconv"
	"time"

	"github.com/hexops/vecty"
	"github.com/hexops/vecty/elem"
	"github.com/hexops/vecty/prop"

	"cipherglass/playground/app"
	"cipherglass/playground/trace"
)

// header has the preset, the scenario's name and what to try, and the page's
// actions.
func (p *page) header() vecty.ComponentOrHTML {
	s := &p.state
	options := []vecty.MarkupOrChild{mark(id("preset"), attr("aria-label", "Preset"))}
	known := false
	for _, x := range p.presets {
		known = known || x.Name == s.Preset()
		options = append(options, elem.Option(
			mark(attr("value", x.Name), vecty.Property("selected", x.Name == s.Preset())),
			text(x.Name),
		))
	}
	if !known {
		options = append(options, elem.Option(mark(attr("value", ""), vecty.Property("selected", true)), text("own scenario")))
	}
	theme := map[string]string{"": "automatic", "light": "light", "dark": "dark", "projector": "projector"}[s.View.Theme]
	return elem.Header(
		mark(class("top")),
		elem.Div(
			mark(class("brand")),
			elem.Image(mark(attr("src", "icon.svg"), attr("alt", ""), attr("width", "24"), attr("height", "24"))),
			elem.Heading1(text("Cipherglass")),
		),
		elem.Select(options...),
		elem.Div(
			mark(class("about")),
			elem.Strong(text(s.Scenario.Title)),
			elem.Span(mark(class("intro"), attr("title", s.Scenario.Intro)), text(s.Scenario.Intro)),
		),
		elem.Div(
			mark(class("tools"), attr("role", "toolbar"), attr("aria-label", "Page")),
			button("undo", []vecty.Applyer{id("undo"), prop.Disabled(!s.CanUndo()), attr("title", hint("Undo", s.UndoLabel(), "Ctrl+Z")), attr("aria-label", hint("Undo", s.UndoLabel(), ""))}, text("↶")),
			button("redo", []vecty.Applyer{id("redo"), prop.Disabled(!s.CanRedo()), attr("title", hint("Redo", s.RedoLabel(), "Ctrl+Shift+Z")), attr("aria-label", hint("Redo", s.RedoLabel(), ""))}, text("↷")),
			p.shareButton(),
			elem.Input(mark(id("file"), class("vh"), attr("type", "file"), attr("accept", ".json,application/json"), attr("tabindex", "-1"), attr("aria-label", "Scenario file"))),
			button("open", []vecty.Applyer{id("open"), attr("title", "Open a scenario from a JSON file")}, text("Open")),
			elem.Select(
				mark(id("download"), attr("aria-label", "Download"), attr("title", "Download this run")),
				elem.Option(mark(attr("value", "")), text("Download")),
				elem.Option(mark(attr("value", "pcapng")), text("Capture with keys (pcapng)")),
				elem.Option(mark(attr("value", "keylog")), text("TLS key log")),
				elem.Option(mark(attr("value", "json")), text("Whole trace (JSON)")),
				elem.Option(mark(attr("value", "scenario")), text("Scenario (JSON)")),
			),
			button("theme", []vecty.Applyer{id("theme"), attr("title", "Colours: "+theme), attr("aria-label", "Colours: "+theme+". Change")}, text(map[string]string{"": "◐", "light": "☀", "dark": "☾", "projector": "▣"}[s.View.Theme])),
			button("help", []vecty.Applyer{id("help-open"), attr("title", "Help and keys (?)"), attr("aria-label", "Help")}, text("?")),
		),
	)
}

func hint(what, label, keys string) string {
	if label != "" {
		what += " " + label
	}
	if keys != "" {
		what += " (" + keys + ")"
	}
	return what
}

func (p *page) shareButton() *vecty.HTML {
	n := len(p.state.Link)
	title := fmt.Sprintf("Copy the link: it holds the whole scenario in %s characters", thousands(n))
	long := n >= app.LongLink
	if long {
		title += ", which some chats cut"
	}
	return button("share", []vecty.Applyer{id("share"), attr("title", title), on(long, class("warn"))},
		text("Share"),
		elem.Span(mark(class("len")), text(strconv.Itoa(n))),
		vecty.If(long, span("why", "long")),
	)
}

// banner says what was wrong with a link, and keeps its text.
func (p *page) banner() vecty.ComponentOrHTML {
	b := p.state.Banner
	return elem.Div(
		mark(id("banner"), class("banner"), dataset("kind", b.Kind), attr("role", "alert"), hidden(b.Message == "")),
		elem.Paragraph(mark(class("message")), text(b.Message)),
		elem.TextArea(mark(
			id("banner-text"), attr("readonly", ""), attr("rows", "2"), attr("aria-label", "The link as it came"),
			vecty.Property("value", b.Text), hidden(b.Text == ""),
		)),
		button("banner-close", []vecty.Applyer{attr("aria-label", "Close this message")}, text("✕")),
	)
}

// areaTabs switch between the three areas where only one fits.
func (p *page) areaTabs() vecty.ComponentOrHTML {
	tab := func(name, label string) *vecty.HTML {
		return button("area", []vecty.Applyer{
			dataset("to", name), id("area-" + name + "-tab"),
			attr("aria-pressed", strconv.FormatBool(p.state.View.Area == name)),
		}, text(label))
	}
	return elem.Navigation(
		mark(class("area-tabs"), attr("aria-label", "Areas")),
		tab("scenario", "Scenario"), tab("ladder", "Ladder"), tab("inspector", "Inspector"),
	)
}

// outcome says how the run ended, how large it was, and who agrees.
func (p *page) outcome() vecty.ComponentOrHTML {
	s := &p.state
	v := app.Judge(s)
	verdict := elem.Span(
		mark(class("verdict")),
		elem.Span(mark(class("sign"), attr("aria-hidden", "true")), text(v.Sign)),
		elem.Span(mark(class("summary")), text(v.Text), vecty.If(v.Note != "", span("note", " ("+v.Note+")"))),
	)
	toKey := button("ask-key", []vecty.Applyer{hidden(v.Kind != "waiting")}, text("Paste the key"))
	if s.Trace == nil {
		return elem.Footer(mark(id("outcome"), class("outcome "+v.Kind)), verdict, toKey)
	}
	t := s.Trace
	bytes := 0
	for _, q := range t.Packets {
		bytes += len(q.Bytes)
	}
	return elem.Footer(
		mark(
			id("outcome"), class("outcome "+v.Kind), dataset("code", t.Outcome.Code), dataset("ok", strconv.FormatBool(t.Outcome.OK)),
			dataset("packets", strconv.Itoa(len(t.Packets))), dataset("agreed", strconv.Itoa(s.Total.Agreed)),
			dataset("disagreed", strconv.Itoa(s.Total.Disagreed)), dataset("nobody", strconv.Itoa(s.Total.Nobody)),
			dataset("verified", strconv.FormatBool(s.Verified)), dataset("gen", strconv.Itoa(s.Gen)),
		),
		verdict,
		toKey,
		elem.Span(mark(class("facts"), hidden(v.Kind == "waiting"), inner(func(m *markup) {
			m.el("span", "", count(len(t.Packets), "packet"))
			if what := changes(s); what != "" {
				m.el("span", "delta", what)
			}
			m.el("span", "", count(bytes, "byte"))
			m.raw(`<button type="button" class="sum" data-act="checks" title="Who was asked, and what they said">`)
			if s.Total == (app.Tally{}) {
				m.raw(`asking for second opinions…`)
			} else {
				sums(m, s.Total)
				if !s.Verified {
					m.raw(` …`)
				}
			}
			m.raw(`</button>`)
			m.el("span", "took", fmt.Sprintf("ran in %.0f ms", float64(s.RunTime)/float64(time.Millisecond)))
			if s.Running {
				m.el("span", "busy", "running…")
			}
		}))),
		elem.Span(mark(class("toast"), hidden(v.Said(s.Toast))), text(s.Toast)),
	)
}

// changes says what became of the packets since the run before.
func changes(s *app.State) string {
	if s.Base == nil {
		return ""
	}
	if !s.Delta.Any() {
		return "none changed"
	}
	out := ""
	for _, x := range []struct {
		n    int
		word string
	}{{len(s.Delta.Changed), "changed"}, {len(s.Delta.New), "new"}, {len(s.Delta.Gone), "gone"}} {
		if x.n > 0 {
			if out != "" {
				out += ", "
			}
			out += fmt.Sprintf("%d %s", x.n, x.word)
		}
	}
	return out
}

func sums(m *markup, t app.Tally) {
	for _, a := range []struct {
		n           int
		class, text string
	}{
		{t.Agreed, "yes", "✓ %d agreed"}, {t.Disagreed, "no", "✗ %d disagreed"}, {t.Nobody, "nobody", "○ %d nobody could"},
	} {
		if a.n > 0 {
			m.el("span", "ans "+a.class, fmt.Sprintf(a.text, a.n))
			m.raw(" ")
		}
	}
}

// helpKeys is the help sheet's table.
var helpKeys = [][2]string{
	{"?", "open and close this sheet"},
	{"1  2  3", "go to scenario, ladder, inspector"},
	{"j  k", "next and previous row of the ladder, from anywhere"},
	{"Space", "go through the ladder row by row, and stop"},
	{"[  ]", "previous and next tab of the inspector"},
	{"s", "copy the link"},
	{"Ctrl+Z  Ctrl+Shift+Z", "undo and redo, as Back and Forward do"},
	{"↑ ↓ PgUp PgDn Home End", "move in ladder and tree"},
	{"→ ←", "open and close a field of the tree"},
	{"a letter", "jump to the next field that begins with it"},
	{"arrows, Ctrl+Home, Ctrl+End", "move among the bytes"},
	{"two hex digits", "change the byte under the cursor, as an attacker on the link would"},
	{"Esc", "leave an edit"},
}

var helpWords = [][2]string{
	{"✓ agreed", "somebody other than who made the bytes found the same: the far engine, gopacket, crypto/tls, WebCrypto or our own decoder"},
	{"✗ disagreed", "somebody found something else; the reason stands beside it"},
	{"○ nobody could", "nobody was able to check; it is never counted as agreement"},
	{"Δ changed, + new", "differs from, or was not in, the run before your last edit"},
	{"⚷ secret", "a key was derived; choose the row to see from what"},
	{"▨", "these bytes are encrypted on the link"},
}

func (p *page) help() vecty.ComponentOrHTML {
	return elem.Div(
		mark(id("help"), class("sheet"), attr("role", "dialog"), attr("aria-modal", "true"), attr("aria-label", "Help"), hidden(!p.state.View.Help)),
		elem.Div(
			mark(class("card")),
			elem.Div(mark(class("card-top")),
				elem.Heading2(text("How to use Cipherglass")),
				button("help", []vecty.Applyer{id("help-close"), attr("aria-label", "Close help")}, text("✕")),
			),
			elem.Div(mark(class("card-body"), inner(func(m *markup) {
				m.raw(`<p>On the left is a scenario. Change anything in it and the whole of it runs again at once: real protocol engines, in this page. In the middle is who sent what to whom; on the right is whatever you choose there, down to its last bit. Click a byte of a frame and type two digits to tamper with it.</p>`)
				table := func(title string, rows [][2]string, tag string) {
					m.el("h3", "", title)
					m.raw(`<dl>`)
					for _, r := range rows {
						m.raw(`<dt>`)
						m.el(tag, "", r[0])
						m.raw(`</dt>`)
						m.el("dd", "", r[1])
					}
					m.raw(`</dl>`)
				}
				table("Keys", helpKeys, "kbd")
				table("Signs", helpWords, "span")
				m.raw(`<p class="quiet">Nothing leaves this page: no packet touches a network, and the link in the address bar holds the scenario itself. Pasted private keys stay in memory and are in no link.</p>`)
			}))),
		),
	)
}

// packetSelected is the packet in the inspector, nil when an event is.
func (p *page) packetSelected() *trace.Packet {
	if p.inspect == nil {
		return nil
	}
	return p.inspect.Packet
}
