//go:build js && wasm

package ui

import (
	"strconv"
	"strings"

	"github.com/hexops/vecty"
	"github.com/hexops/vecty/elem"

	"cipherglass/playground/app"
)

// view is a part of the page: the one kind of component there is. It renders
// again only when its key has changed. The pointer lives as long as the page.
type view struct {
	vecty.Core
	key    string // says all that render shows; "" renders always
	render func() vecty.ComponentOrHTML
}

// Render implements vecty.Component.
func (v *view) Render() (out vecty.ComponentOrHTML) {
	defer func() {
		if r := recover(); r != nil {
			crash(r)
			out = elem.Div()
		}
	}()
	return v.render()
}

// Copy implements vecty.Copier. A copy that kept its Core would chain every
// earlier render to it.
func (v *view) Copy() vecty.Component {
	c := *v
	c.Core = vecty.Core{}
	return &c
}

// SkipRender implements vecty.RenderSkipper.
func (v *view) SkipRender(prev vecty.Component) bool {
	p, ok := prev.(*view)
	return ok && v.key != "" && p.key == v.key
}

// parts are the page's views.
type parts struct {
	header, banner, areas, form, faults, values, ladder, inspector, outcome, help *view
}

// build makes the views. Their keys are set when the root renders.
func (p *page) build() {
	part := func(render func() vecty.ComponentOrHTML) *view { return &view{render: render} }
	p.parts = parts{
		header: part(p.header), banner: part(p.banner), areas: part(p.areaTabs), form: part(p.form),
		faults: part(p.faultList), values: part(p.valueList),
		ladder: part(p.ladder), inspector: part(p.inspector), outcome: part(p.outcome), help: part(p.help),
	}
	p.root = &view{render: func() vecty.ComponentOrHTML {
		p.setKeys()
		s := &p.state
		return elem.Div(
			vecty.Markup(id("app"), class("page area-"+s.View.Area)),
			p.parts.header,
			p.parts.banner,
			p.parts.areas,
			elem.Main(
				vecty.Markup(class("areas")),
				elem.Section(
					vecty.Markup(class("area scenario"), attr("aria-label", "Scenario"), id("area-scenario")),
					elem.Div(vecty.Markup(class("scenario-body"), attr("tabindex", "-1")), p.parts.form, p.parts.faults, p.parts.values),
					elem.Paragraph(vecty.Markup(id("field-help"))),
				),
				elem.Section(
					vecty.Markup(class("area ladder-area"), attr("aria-label", "Ladder"), id("area-ladder")),
					p.parts.ladder,
				),
				elem.Section(
					vecty.Markup(class("area inspector"), attr("aria-label", "Inspector"), id("area-inspector")),
					p.parts.inspector,
				),
			),
			p.parts.outcome,
			p.parts.help,
			elem.Div(vecty.Markup(id("live"), class("vh"), attr("role", "status"), attr("aria-live", "polite")), vecty.Text(s.Toast)),
		)
	}}
}

// setKeys says for each view all that it depends on.
func (p *page) setKeys() {
	s := &p.state
	gen := strconv.Itoa(s.Gen)
	ran := key(gen, s.Running, s.Trace != nil, p.runMS)
	p.parts.header.key = key(s.Scenario.Preset, s.Scenario.Title, s.Draft.Title, s.CanUndo(), s.CanRedo(), s.UndoLabel(), s.RedoLabel(), s.View.Theme, len(s.Link), s.Scenario.Intro)
	p.parts.banner.key = key(s.Banner.Kind, s.Banner.Message, s.Banner.Text)
	p.parts.areas.key = key(s.View.Area)
	p.parts.form.key = key("form", p.formSeq)
	p.parts.faults.key = key(ran, s.Link, s.Errors["faults"].Sentence)
	p.parts.values.key = key("values", p.formSeq, ran, s.View.Values, s.View.ValueFilter)
	p.parts.outcome.key = key(ran, s.Verified, s.Total, len(s.NeedKeys), s.Toast)
	p.parts.help.key = key(s.View.Help)
	p.parts.ladder.key = ""
	p.parts.inspector.key = ""
}

// key joins what a view depends on.
func key(parts ...any) string {
	var b strings.Builder
	for _, x := range parts {
		switch v := x.(type) {
		case string:
			b.WriteString(v)
		case bool:
			b.WriteString(strconv.FormatBool(v))
		case int:
			b.WriteString(strconv.Itoa(v))
		case float64:
			b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
		case app.Tally:
			b.WriteString(key(v.Agreed, v.Disagreed, v.Nobody))
		}
		b.WriteByte(0)
	}
	return b.String()
}

// Shorthands for what stands everywhere.

//go:noinline
func id(v string) vecty.Applyer { return vecty.Attribute("id", v) }

//go:noinline
func class(names string) vecty.Applyer { return vecty.Class(strings.Fields(names)...) }

//go:noinline
func attr(name, v string) vecty.Applyer { return vecty.Attribute(name, v) }

//go:noinline
func dataset(name, v string) vecty.Applyer { return vecty.Attribute("data-"+name, v) }

//go:noinline
func hidden(v bool) vecty.Applyer { return vecty.Property("hidden", v) }

// on is markup that is there only if ok.
//
//go:noinline
func on(ok bool, m ...vecty.Applyer) vecty.Applyer { return vecty.MarkupIf(ok, m...) }

// button makes a button that says by its data what it does.
func button(act string, m []vecty.Applyer, kids ...vecty.MarkupOrChild) *vecty.HTML {
	all := append([]vecty.Applyer{attr("type", "button"), dataset("act", act)}, m...)
	return elem.Button(append([]vecty.MarkupOrChild{vecty.Markup(all...)}, kids...)...)
}

// inner sets an element's content as one string of HTML.
func inner(write func(m *markup)) vecty.Applyer {
	var m markup
	write(&m)
	return vecty.UnsafeHTML(m.String())
}

//go:noinline
func mark(m ...vecty.Applyer) vecty.MarkupList { return vecty.Markup(m...) }

//go:noinline
func text(s string) vecty.MarkupOrChild { return vecty.Text(s) }

//go:noinline
func span(names, s string) *vecty.HTML {
	return elem.Span(vecty.Markup(class(names)), vecty.Text(s))
}
