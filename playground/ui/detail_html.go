package ui

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"cipherglass/playground/app"
	"cipherglass/playground/dissect"
	"cipherglass/playground/trace"
)

// nesting draws the frame to scale, and names each part below.
func nesting(m *markup, layers []dissect.Layer, size int) {
	if size == 0 {
		return
	}
	m.raw(`<svg class="nest" role="img" preserveAspectRatio="none" aria-label="The frame to scale"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>`)
	for _, l := range layers {
		if l.Len == 0 {
			continue
		}
		x, w := 100*float64(l.Off)/float64(size), 100*float64(l.Len)/float64(size)
		m.cat(`<svg class="seg L-`, layerClass(l.ID), `"`)
		m.attr("x", fmt.Sprintf("%.3f%%", x))
		m.attr("width", fmt.Sprintf("%.3f%%", w))
		m.num("data-off", l.Off)
		m.num("data-len", l.Len)
		segTarget(m, l)
		m.raw(`><title>`)
		m.text(layerTitle(l))
		m.raw(`</title><rect width="100%" height="100%"/>`)
		if l.Encrypted {
			m.raw(`<rect class="enc" width="100%" height="100%" fill="url(#hatch)"/>`)
		}
		if w > 9 {
			m.raw(`<text x="50%" y="50%">`)
			name := l.Name
			if most := int(w * 0.75); len(name) > most && most > 1 {
				name = name[:most-1] + "…"
			}
			m.text(name)
			m.raw(`</text>`)
		}
		m.raw(`</svg>`)
	}
	m.raw(`</svg><div class="legend">`)
	for _, l := range layers {
		m.cat(`<button type="button" class="chip L-`, layerClass(l.ID), `"`)
		m.num("data-off", l.Off)
		m.num("data-len", l.Len)
		segTarget(m, l)
		m.attr("title", layerTitle(l))
		m.raw(`><span class="sw" aria-hidden="true"></span>`)
		m.text(l.Name)
		m.raw(" ")
		if l.Encrypted {
			m.raw(`<span title="encrypted on the link" aria-label="encrypted">▨</span> `)
		}
		m.el("span", "len", strconv.Itoa(l.Len))
		m.raw(`</button>`)
	}
	m.raw(`</div>`)
}

func segTarget(m *markup, l dissect.Layer) {
	m.attr("data-act", "seg")
	if l.Node != "" {
		m.attr("data-node", l.Node)
	}
	if l.Buffer != "" {
		m.attr("data-tab", l.Buffer)
	}
}

func layerTitle(l dissect.Layer) string {
	s := fmt.Sprintf("%s: %s from byte %d", l.Name, count(l.Len, "byte"), l.Off)
	if l.Encrypted {
		s += ", encrypted on the link"
	}
	return s
}

// explanation says what the selected field is, and what its value was made of.
func explanation(m *markup, t *trace.Trace, in *app.Inspection) {
	if in.Node == nil {
		m.raw(`<p class="quiet">Choose a field or a byte to see what it is and where it came from.</p>`)
		return
	}
	e := dissect.Explain(t, in.Tab, in.Node)
	m.el("h3", "", e.Title)
	if in.Node.Value != "" {
		m.el("p", "val mono", in.Node.Value)
	}
	if in.Node.Bad != "" {
		m.el("p", "why", "✗ "+in.Node.Bad)
	}
	if e.Text != "" {
		m.el("p", "", e.Text)
	}
	for _, x := range e.Terms {
		if x.Text != e.Text {
			m.raw(`<p><b>`)
			m.text(x.Name)
			m.raw(`</b>: `)
			m.text(x.Text)
			m.raw(`</p>`)
		}
	}
	inputs(m, t, e.Inputs)
	usedBy(m, t, e.UsedBy)
	m.raw(`<p class="meta">`)
	where := fmt.Sprintf("bytes %d to %d", in.Node.Off, in.Node.Off+in.Node.Len-1)
	if in.Node.Len <= 1 {
		where = fmt.Sprintf("byte %d", in.Node.Off)
	}
	if in.Node.Mask != 0 {
		where += fmt.Sprintf(", mask 0x%x", in.Node.Mask)
	}
	m.el("span", "", where)
	if p, at, ok := in.Tab.OnLink(in.Node.Off); ok && in.Tab.ID != dissect.FrameID {
		m.raw(` · `)
		goButton(m, "row", p, fmt.Sprintf("byte %d of %s", at, p))
	}
	if e.Filter != "" {
		m.raw(` · <span title="Wireshark's display filter">`)
		m.el("code", "", e.Filter)
		m.raw(`</span>`)
	}
	if e.Ref != "" {
		m.raw(` · `)
		reference(m, e.Ref)
	}
	m.raw(`</p>`)
}

func inputs(m *markup, t *trace.Trace, list []dissect.Input) {
	if len(list) == 0 {
		return
	}
	m.raw(`<table class="inputs"><tbody>`)
	for _, x := range list {
		m.raw(`<tr><th scope="row">`)
		m.text(x.Name)
		m.raw(`</th><td>`)
		if len(x.Value) > 0 {
			m.raw(`<code class="mono">`)
			m.text(hexText(x.Value, 32))
			m.raw(`</code> `)
		}
		if x.Note != "" {
			m.el("span", "note", x.Note)
			m.raw(" ")
		}
		switch {
		case x.Secret != "":
			goButton(m, "secret", x.Secret, "how it was derived")
		case x.Buffer != "":
			goButton(m, "buffer", x.Buffer, "these bytes")
		case x.Random != "":
			goButton(m, "value", x.Random, "pin "+x.Random)
		}
		for i, id := range x.Transcript {
			if i == 0 {
				m.raw(`<span class="note">hash of </span>`)
			} else {
				m.raw(`, `)
			}
			name := id
			if b := t.Buffer(id); b != nil {
				name = b.Name
			}
			goButton(m, "buffer", id, name)
		}
		m.raw(`</td></tr>`)
	}
	m.raw(`</tbody></table>`)
}

func goButton(m *markup, act, to, label string) {
	m.cat(`<button type="button" class="go" data-act="go-`, act, `"`)
	m.attr("data-to", to)
	m.raw(`>`)
	m.text(label)
	m.raw(`</button>`)
}

// hexText shows at most n bytes in hex.
func hexText(b []byte, n int) string {
	if len(b) > n {
		return hex.EncodeToString(b[:n]) + "… (" + strconv.Itoa(len(b)) + " bytes)"
	}
	return hex.EncodeToString(b)
}

// reference writes a citation with links to the RFCs it names.
func reference(m *markup, ref string) {
	for {
		at := strings.Index(ref, "RFC ")
		if at < 0 {
			break
		}
		rest := ref[at+4:]
		n := run(rest, '0', '9')
		if n == 0 {
			m.text(ref[:at+4])
			ref = rest
			continue
		}
		url, end := "https://www.rfc-editor.org/rfc/rfc"+rest[:n], at+4+n
		for _, part := range []struct{ word, anchor string }{{", Section ", "#section-"}, {", Appendix ", "#appendix-"}} {
			if tail, ok := strings.CutPrefix(rest[n:], part.word); ok {
				k := strings.IndexAny(tail+" ", " ,;:()")
				url += part.anchor + strings.TrimRight(tail[:k], ".")
				end += len(part.word) + k
			}
		}
		m.text(ref[:at])
		m.raw(`<a target="_blank" rel="noopener noreferrer"`)
		m.attr("href", url)
		m.raw(`>`)
		m.text(ref[at:end])
		m.raw(`</a>`)
		ref = ref[end:]
	}
	m.text(ref)
}

// run counts the characters from lo to hi that s begins with.
func run(s string, lo, hi byte) int {
	n := 0
	for n < len(s) && s[n] >= lo && s[n] <= hi {
		n++
	}
	return n
}

// checkList writes second opinions, those that disagree first.
func checkList(m *markup, checks []*trace.Check, verified, withPacket bool) {
	if len(checks) == 0 {
		if verified {
			m.raw(`<p class="quiet">Nobody was asked about this.</p>`)
		} else {
			m.raw(`<p class="quiet">Second opinions are being asked…</p>`)
		}
		return
	}
	m.raw(`<ul class="checks">`)
	for _, want := range []trace.Answer{trace.Disagreed, trace.Agreed, trace.Nobody} {
		for _, c := range checks {
			if c.Answer != want {
				continue
			}
			class, sign, word := answer(c.Answer)
			m.cat(`<li class="check `, class, `"`)
			m.attr("data-answer", word)
			m.cat(`><span class="ans `, class, `">`, sign, ` `, answerWord(c.Answer), `</span> `)
			m.el("b", "", c.Name)
			m.raw(` <span class="by">by `)
			m.text(c.By)
			m.raw(`</span>`)
			if withPacket && c.Packet != "" {
				m.raw(` on `)
				goButton(m, "row", c.Packet, c.Packet)
			}
			if c.Detail != "" {
				m.raw(" ")
				m.el("span", "detail", c.Detail)
			}
			m.raw(`</li>`)
		}
	}
	m.raw(`</ul>`)
}

// everyCheck shows who was asked and how often they answered what, then the
// opinions on the scenario as a whole, then every one that is no agreement.
func everyCheck(m *markup, t *trace.Trace, verified bool) {
	var who []string
	tally := make(map[string]*[3]int)
	var whole, odd []*trace.Check
	for _, c := range t.Checks {
		if tally[c.By] == nil {
			tally[c.By] = new([3]int)
			who = append(who, c.By)
		}
		tally[c.By][c.Answer]++
		switch {
		case c.Packet == "":
			whole = append(whole, c)
		case c.Answer != trace.Agreed:
			odd = append(odd, c)
		}
	}
	m.raw(`<table class="inputs who"><thead><tr><th scope="col">Who</th><th scope="col">✓ agreed</th><th scope="col">✗ disagreed</th><th scope="col">○ nobody could</th></tr></thead><tbody>`)
	for _, name := range who {
		m.raw(`<tr><th scope="row">`)
		m.text(name)
		m.raw(`</th>`)
		for _, a := range []trace.Answer{trace.Agreed, trace.Disagreed, trace.Nobody} {
			m.el("td", "", thousands(tally[name][a]))
		}
		m.raw(`</tr>`)
	}
	m.raw(`</tbody></table><section class="whole"><h3>On the scenario as a whole</h3>`)
	checkList(m, whole, verified, false)
	m.raw(`</section>`)
	if len(odd) == 0 {
		return
	}
	const most = 200
	m.raw(`<section class="whole"><h3>On packets, without those that agree</h3>`)
	checkList(m, odd[:min(len(odd), most)], verified, true)
	if len(odd) > most {
		m.el("p", "quiet", fmt.Sprintf("and %s more", thousands(len(odd)-most)))
	}
	m.raw(`</section>`)
}

func answer(a trace.Answer) (class, sign, word string) {
	switch a {
	case trace.Agreed:
		return "yes", "✓", "agreed"
	case trace.Disagreed:
		return "no", "✗", "disagreed"
	}
	return "nobody", "○", "nobody"
}

func answerWord(a trace.Answer) string {
	switch a {
	case trace.Agreed:
		return "agreed"
	case trace.Disagreed:
		return "disagreed"
	}
	return "nobody could"
}

// eventDetail shows what happened at a node: states, secrets with their
// inputs, checks of a peer.
func eventDetail(m *markup, t *trace.Trace, events []*trace.Event) {
	for _, e := range events {
		m.cat(`<article class="event k-`, e.Kind, `">`)
		m.raw(`<h3>`)
		sign := eventSigns[e.Kind]
		if e.Kind == trace.KindChecked && !e.OK {
			sign = "✗"
		}
		m.el("span", "sign", sign)
		m.raw(" ")
		m.text(e.Text)
		m.raw(`</h3>`)
		if e.Detail != "" && e.Kind != trace.KindConnected {
			m.el("p", "", e.Detail)
		}
		if e.Fail != nil {
			failure(m, e)
		}
		if len(e.Facts) > 0 {
			m.raw(`<table class="inputs"><tbody>`)
			for _, f := range e.Facts {
				m.raw(`<tr>`)
				m.raw(`<th scope="row">`)
				m.text(f.Name)
				m.raw(`</th><td>`)
				m.text(f.Value)
				m.raw(`</td></tr>`)
			}
			m.raw(`</tbody></table>`)
		}
		if s := app.SecretByID(t, e.Secret); s != nil {
			secret(m, t, s)
		}
		m.raw(`<p class="meta">`)
		m.text(fmt.Sprintf("at %s, %s ms", e.Node, millis(e.Time)))
		if e.Packet != "" {
			m.raw(` · because of `)
			goButton(m, "row", e.Packet, e.Packet)
		}
		if e.Buffer != "" {
			m.raw(` · `)
			goButton(m, "buffer", e.Buffer, "the bytes")
		}
		ref := e.Ref
		if ref == "" && e.Fail != nil {
			ref = e.Fail.Code.Ref
		}
		if ref != "" {
			m.raw(` · `)
			reference(m, ref)
		}
		m.raw(`</p></article>`)
	}
}

// failure writes what is known of a failure beside its sentence, which is the
// event's own line.
func failure(m *markup, e *trace.Event) {
	f := e.Fail
	if said := f.Sentence(); said != e.Text {
		m.el("p", "why", said)
	}
	m.raw(`<table class="inputs"><tbody>`)
	for _, x := range [][2]string{{"code", f.Code.ID}, {"at fault", f.Code.Field}, {"alert to the other side", f.Code.Alert}} {
		if x[1] == "" {
			continue
		}
		m.raw(`<tr><th scope="row">`)
		m.text(x[0])
		m.raw(`</th><td>`)
		m.el("code", "", x[1])
		m.raw(`</td></tr>`)
	}
	m.raw(`</tbody></table>`)
	if f.FromPeer {
		m.el("p", "", "The other side found it, and told so by its alert.")
	}
}

// secret shows a derived value, its function and every input; each input
// leads to where it came from.
func secret(m *markup, t *trace.Trace, s *trace.Secret) {
	m.raw(`<p class="val mono">`)
	m.text(hex.EncodeToString(s.Value))
	m.raw(`</p>`)
	v := dissect.Secret(t, s.ID)
	if v == nil {
		return
	}
	if v.Text != "" {
		m.el("p", "", v.Text)
	}
	m.raw(`<p>= `)
	m.el("code", "formula", v.Formula)
	if s.Hash != "" {
		m.raw(" with ")
		m.el("code", "", s.Hash)
	}
	m.raw(`, of</p>`)
	for i := range v.Inputs {
		if x := &v.Inputs[i]; x.Note == "" && printable(x.Value) {
			x.Note = strconv.Quote(string(x.Value))
		}
	}
	inputs(m, t, v.Inputs)
	usedBy(m, t, v.UsedBy)
	if s.Keylog != "" {
		m.raw(`<p class="meta">In the key log as `)
		m.el("code", "", s.Keylog)
		m.raw(`</p>`)
	}
}

// usedBy lists what was made of a value.
func usedBy(m *markup, t *trace.Trace, list []dissect.Input) {
	if len(list) == 0 {
		return
	}
	const most = 12
	m.el("h4", "", "Used by")
	inputs(m, t, list[:min(len(list), most)])
	if n := len(list) - most; n > 0 {
		m.el("p", "quiet", "and "+thousands(n)+" more")
	}
}

func printable(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	for _, c := range b {
		if c < 32 || c > 126 {
			return false
		}
	}
	return true
}
