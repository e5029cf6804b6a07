//go:build js && wasm

package ui

import (
	"strconv"
	"strings"

	"github.com/hexops/vecty"
	"github.com/hexops/vecty/elem"
	"github.com/hexops/vecty/prop"

	"cipherglass/playground/app"
	"cipherglass/playground/scenario"
)

// form shows the scenario's fields, group by group.
func (p *page) form() vecty.ComponentOrHTML {
	s := &p.state
	kids := []vecty.MarkupOrChild{mark(class("form"))}
	strays := vecty.List{}
	for _, x := range app.Strays(s) {
		strays = append(strays, elem.Paragraph(mark(class("error")), text("✗ "+x)))
	}
	kids = append(kids, elem.Div(strays))
	for _, g := range app.Form(s) {
		kids = append(kids, newGroup(g))
	}
	return elem.Div(kids...)
}

// group is a group of the form. It renders again only when a field in it
// changes.
type group struct {
	vecty.Core
	Key string    `vecty:"prop"`
	G   app.Group `vecty:"prop"`
}

func newGroup(g app.Group) *group {
	var k strings.Builder
	k.WriteString(key(g.Title, g.Open, g.Wrong))
	for _, part := range g.Parts {
		k.WriteString(key("part", part.Title))
		for _, f := range part.Fields {
			k.WriteString(newField(f).Key)
		}
	}
	return &group{Key: k.String(), G: g}
}

// Copy implements vecty.Copier.
func (x *group) Copy() vecty.Component { return &group{Key: x.Key, G: x.G} }

// SkipRender implements vecty.RenderSkipper.
func (x *group) SkipRender(prev vecty.Component) bool {
	p, ok := prev.(*group)
	return ok && p.Key == x.Key
}

// Render implements vecty.Component.
func (x *group) Render() vecty.ComponentOrHTML {
	g := &x.G
	wrong := ""
	if g.Wrong > 0 {
		wrong = "✗ " + strconv.Itoa(g.Wrong)
	}
	body := []vecty.MarkupOrChild{mark(class("group-body"))}
	for _, part := range g.Parts {
		kids := []vecty.MarkupOrChild{
			mark(class("part")),
			elem.Heading3(mark(hidden(part.Title == "")), text(part.Title)),
		}
		for _, f := range part.Fields {
			kids = append(kids, newField(f))
		}
		body = append(body, elem.Div(kids...))
	}
	return elem.Details(
		mark(class("group"), dataset("group", g.Title), vecty.Property("open", g.Open)),
		elem.Summary(elem.Heading2(text(g.Title), span("error", wrong))),
		elem.Div(body...),
	)
}

// field is one field of the form. It renders again only when it changes.
type field struct {
	vecty.Core
	Key string        `vecty:"prop"`
	F   app.FormField `vecty:"prop"`
}

func newField(f app.FormField) *field {
	var k strings.Builder
	k.WriteString(key(f.Path, f.Text, f.Wrong, f.Label, string(f.Kind), f.Key, f.Bad))
	for _, c := range f.Choices {
		k.WriteString(key(c.Value, c.Label, c.Retired))
	}
	for _, e := range f.List {
		k.WriteString(key("entry", e))
	}
	return &field{Key: k.String(), F: f}
}

// Copy implements vecty.Copier.
func (f *field) Copy() vecty.Component { return &field{Key: f.Key, F: f.F} }

// SkipRender implements vecty.RenderSkipper.
func (f *field) SkipRender(prev vecty.Component) bool {
	p, ok := prev.(*field)
	return ok && p.Key == f.Key
}

// Render implements vecty.Component.
func (f *field) Render() vecty.ComponentOrHTML {
	x := &f.F
	fid := "f-" + x.Path
	help := x.Help
	if x.Ref != "" {
		help += " (" + x.Ref + ")"
	}
	unit := x.Unit
	names := "field k-" + string(x.Kind)
	if x.Wrong != "" {
		names += " wrong"
	}
	errorText := ""
	if x.Wrong != "" {
		errorText = "✗ " + x.Wrong
	}
	return elem.Div(
		mark(class(names), attr("title", help)),
		elem.Label(mark(attr("for", fid)), text(x.Label), elem.Span(mark(class("unit")), text(unit))),
		elem.Div(mark(class("control")), control(x, fid)),
		elem.Paragraph(mark(class("error"), id("e-"+x.Path), dataset("error", x.Path), hidden(x.Wrong == "")), text(errorText)),
		keyRequest(x),
	)
}

// control is what edits a field, by its kind.
func control(x *app.FormField, fid string) vecty.ComponentOrHTML {
	common := mark(
		id(fid), dataset("path", x.Path), attr("aria-invalid", strconv.FormatBool(x.Wrong != "")),
		attr("aria-describedby", "e-"+x.Path), attr("autocomplete", "off"), attr("spellcheck", "false"),
	)
	switch x.Kind {
	case scenario.Bool:
		return elem.Input(common, mark(attr("type", "checkbox"), prop.Checked(x.Text == "true")))
	case scenario.Enum:
		kids := []vecty.MarkupOrChild{common}
		known := false
		for _, c := range x.Choices {
			known = known || c.Value == x.Text
			kids = append(kids, option(c, c.Value == x.Text))
		}
		if x.Optional && !hasEmpty(x.Choices) {
			label := x.Default
			if label == "" {
				label = "none"
			}
			known = known || x.Text == ""
			kids = append(kids, option(scenario.Choice{Label: label}, x.Text == ""))
		}
		if !known {
			kids = append(kids, option(scenario.Choice{Value: x.Text, Label: x.Text + " (unknown)"}, true))
		}
		return elem.Select(kids...)
	case scenario.List, scenario.Names, scenario.Words:
		return offer(x, fid)
	case scenario.PEM:
		return elem.TextArea(common, mark(attr("rows", "4"), class("mono"), prop.Value(x.Text),
			attr("placeholder", "-----BEGIN CERTIFICATE-----\nPaste the certificate, and its private key below it. The key stays in this page's memory.")))
	case scenario.Int:
		return elem.Input(common, mark(attr("type", "text"), attr("inputmode", "numeric"), class("num"), prop.Value(x.Text)))
	}
	mono := x.Kind == scenario.Hex || x.Kind == scenario.SPI || x.Kind == scenario.Prefix || x.Kind == scenario.Address || x.Kind == scenario.Time
	return elem.Input(common, mark(attr("type", "text"), on(mono, class("mono")), prop.Value(x.Text)))
}

func hasEmpty(choices []scenario.Choice) bool {
	for _, c := range choices {
		if c.Value == "" {
			return true
		}
	}
	return false
}

func option(c scenario.Choice, selected bool) *vecty.HTML {
	label := c.Label
	if label == "" {
		label = c.Value
	}
	if label == "" {
		label = "none"
	}
	if c.Retired != "" {
		label += " (retired)"
	}
	return elem.Option(mark(attr("value", c.Value), vecty.Property("selected", selected)), text(label))
}

// offer is an ordered list: its entries, and a field that adds one.
func offer(x *app.FormField, fid string) *vecty.HTML {
	list := x.List
	items := []vecty.MarkupOrChild{mark(dataset("list", x.Path))}
	move := x.Kind != scenario.Names
	for i, e := range list {
		c := choiceOf(x.Choices, e)
		label := e
		at := strconv.Itoa(i)
		act := func(what, sign, word string, off bool) *vecty.HTML {
			return button(what, []vecty.Applyer{
				dataset("path", x.Path), dataset("i", at), prop.Disabled(off),
				attr("aria-label", word+" "+e), attr("title", word),
			}, text(sign))
		}
		title := c.Help
		if c.Retired != "" {
			title = "Retired: " + c.Retired
		}
		items = append(items, elem.ListItem(
			mark(on(c.Retired != "", class("retired")), attr("title", title)),
			elem.Span(mark(class("entry")), text(label+" "), vecty.If(c.Retired != "", span("old", "retired"))),
			elem.Span(mark(class("acts")),
				vecty.If(move, act("list-up", "↑", "Move up", i == 0)),
				vecty.If(move, act("list-down", "↓", "Move down", i == len(list)-1)),
				act("list-remove", "✕", "Remove", false),
			),
		))
	}
	options := []vecty.MarkupOrChild{mark(id("d-" + x.Path))}
	for _, c := range x.Choices {
		if !contains(list, c.Value) {
			options = append(options, elem.Option(mark(attr("value", c.Value)), text(map[bool]string{true: "retired"}[c.Retired != ""])))
		}
	}
	hint := "add…"
	if x.Kind == scenario.List {
		hint = "add a name or 0x…"
	}
	return elem.Div(
		mark(class("offer")),
		elem.OrderedList(items...),
		elem.Input(mark(
			id(fid), attr("type", "text"), attr("list", "d-"+x.Path), dataset("add", x.Path), attr("placeholder", hint),
			attr("aria-invalid", strconv.FormatBool(x.Wrong != "")), attr("aria-describedby", "e-"+x.Path),
			attr("autocomplete", "off"), attr("spellcheck", "false"),
		)),
		elem.DataList(options...),
	)
}

func choiceOf(choices []scenario.Choice, v string) scenario.Choice {
	for _, c := range choices {
		if c.Value == v {
			return c
		}
	}
	return scenario.Choice{}
}

func contains(list []string, v string) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// keyRequest asks for the private key of a pasted certificate, right below it.
func keyRequest(x *app.FormField) vecty.ComponentOrHTML {
	if x.Key == "" {
		return elem.Div(mark(class("ask"), hidden(true)))
	}
	at, wrong := "key:"+x.Key, ""
	if x.Bad != "" {
		wrong = "✗ " + x.Bad
	}
	return elem.Div(
		mark(class("ask"), hidden(false)),
		elem.Label(mark(attr("for", "key-"+x.Key)),
			text("The private key of this certificate is wanted. No link carries it: paste it here, and it stays in this page's memory.")),
		elem.TextArea(mark(id("key-"+x.Key), dataset("key", x.Key), class("mono"), attr("rows", "3"), attr("autocomplete", "off"), attr("spellcheck", "false"),
			attr("aria-invalid", strconv.FormatBool(x.Bad != "")), attr("aria-describedby", "e-"+at), attr("placeholder", "-----BEGIN PRIVATE KEY-----"))),
		elem.Paragraph(mark(class("error"), id("e-"+at), hidden(wrong == "")), text(wrong)),
	)
}

// faultList shows what goes wrong on purpose.
func (p *page) faultList() vecty.ComponentOrHTML {
	s := &p.state
	items := []vecty.MarkupOrChild{mark(id("faults"))}
	for i, f := range s.Scenario.Faults {
		at := strconv.Itoa(i)
		what := f.Kind + " " + f.Packet
		detail := ""
		if f.Kind == "tamper" {
			detail = "byte " + strconv.Itoa(f.Offset) + " becomes " + f.Value
		}
		if f.Link != "" {
			what += " on " + f.Link
		}
		note := ""
		if s.Trace != nil {
			for _, r := range s.Trace.Faults {
				if r.Index == i && !r.Applied && !f.Off {
					note = "did not apply: " + r.Why
				}
			}
		}
		items = append(items, elem.ListItem(
			mark(on(f.Off, class("off"))),
			elem.Div(mark(class("what mono")), text(what)),
			elem.Div(mark(class("detail")), text(detail)),
			elem.Div(mark(class("why"), hidden(note == "")), text(note)),
			elem.Div(mark(class("switches")),
				button("fault-off", []vecty.Applyer{dataset("i", at), attr("aria-pressed", strconv.FormatBool(!f.Off))}, text(map[bool]string{true: "off", false: "on"}[f.Off])),
				vecty.If(f.Kind == "tamper", button("fault-keep", []vecty.Applyer{
					dataset("i", at), attr("aria-pressed", strconv.FormatBool(f.Keep)),
					attr("title", "An attacker would compute the outer IP, TCP and UDP checksums anew. Pressed, they are left as they are, and the receiver's network notices."),
				}, text("leave checksums as they are"))),
				button("fault-remove", []vecty.Applyer{dataset("i", at), attr("aria-label", "Remove "+what)}, text("✕")),
			),
		))
	}
	empty := len(s.Scenario.Faults) == 0
	wrong := s.Errors["faults"].Sentence
	return elem.Section(
		mark(class("group faults")),
		elem.Heading2(text("Faults")),
		elem.Paragraph(mark(class("quiet"), hidden(!empty)),
			text("None. Click a byte of a frame and type two hex digits to tamper with it, or lose or replay the packet in the inspector.")),
		elem.UnorderedList(items...),
		elem.Paragraph(mark(class("error"), hidden(wrong == "")), text(wrong)),
	)
}

// valueList shows the run's named values; any can be pinned.
func (p *page) valueList() vecty.ComponentOrHTML {
	s := &p.state
	pins := len(s.Draft.Pins)
	label := "Named values"
	if pins > 0 {
		label += ", " + strconv.Itoa(pins) + " pinned"
	}
	items := []vecty.MarkupOrChild{mark(id("values"))}
	list, more := app.Values(s)
	for _, v := range list {
		items = append(items, newValue(v))
	}
	return elem.Details(
		mark(class("group values"), dataset("group", "values"), vecty.Property("open", s.View.Values)),
		elem.Summary(mark(id("values-open")), elem.Heading2(text(label))),
		elem.Paragraph(mark(class("quiet")),
			text("Every random value and key of this run, by name. Type over one to pin it; the others stay as they are.")),
		elem.Div(mark(class("find")), elem.Input(mark(
			id("values-find"), attr("type", "text"), attr("placeholder", "find by name"), attr("aria-label", "Find a named value"),
			prop.Value(s.View.ValueFilter), attr("autocomplete", "off"), attr("spellcheck", "false"),
		))),
		elem.UnorderedList(items...),
		elem.Paragraph(mark(class("quiet"), hidden(more == 0)), text(thousands(more)+" more: type a part of the name above.")),
	)
}

// value is one named value; it renders again only when it changes.
type value struct {
	vecty.Core
	V app.Value `vecty:"prop"`
}

func newValue(v app.Value) *value { return &value{V: v} }

// Copy implements vecty.Copier.
func (v *value) Copy() vecty.Component { return &value{V: v.V} }

// SkipRender implements vecty.RenderSkipper.
func (v *value) SkipRender(prev vecty.Component) bool {
	p, ok := prev.(*value)
	return ok && p.V == v.V
}

// Render implements vecty.Component.
func (v *value) Render() vecty.ComponentOrHTML {
	x := &v.V
	note := strconv.Itoa(x.Bytes) + " bytes"
	if x.Kind != "" && x.Kind != "bytes" {
		note += ", " + x.Kind
	}
	if x.Unused {
		note = "pinned, but this run does not use it"
	}
	names := "value"
	if x.Pinned {
		names += " pinned"
	}
	wrong := ""
	if x.Wrong != "" {
		names += " wrong"
		wrong = "✗ " + x.Wrong
	}
	fid := "v-" + x.Name
	return elem.ListItem(
		mark(class(names)),
		elem.Label(mark(attr("for", fid)), elem.Span(mark(class("mono")), text(x.Name)), elem.Span(mark(class("unit")), text(note))),
		elem.Div(mark(class("control")),
			elem.Input(mark(id(fid), attr("type", "text"), class("mono"), dataset("pin", x.Name), prop.Value(x.Hex),
				attr("aria-invalid", strconv.FormatBool(x.Wrong != "")), attr("aria-describedby", "e-"+app.PinPath(x.Name)), attr("autocomplete", "off"), attr("spellcheck", "false"))),
			button("unpin", []vecty.Applyer{dataset("to", x.Name), hidden(!x.Pinned), attr("aria-label", "Unpin "+x.Name), attr("title", "Back to the value derived from the seed")}, text("unpin")),
		),
		elem.Paragraph(mark(class("error"), id("e-"+app.PinPath(x.Name)), dataset("error", app.PinPath(x.Name)), hidden(x.Wrong == "")), text(wrong)),
	)
}
