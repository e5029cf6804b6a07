package ui

import (
	"fmt"
	"strconv"

	"cipherglass/playground/app"
	"cipherglass/playground/trace"
)

// Heights of rows in pixels; style.css says the same.
const (
	ladderRow = 28
	treeRow   = 22
	hexRow    = 20
	hexCols   = 16
)

const maxLanes = 12

// ladderRows writes rows[from:to] of the ladder.
func ladderRows(m *markup, t *trace.Trace, rows []app.Row, from, to, selected int) {
	if t == nil {
		return
	}
	lanes := min(len(t.Nodes), maxLanes)
	for i := from; i < to; i++ {
		r := &rows[i]
		m.raw(`<div class="row `)
		if r.Packet != nil {
			m.cat("pkt L-", layerClass(r.Layer))
			if r.Packet.Fate != trace.Delivered {
				m.raw(" ended")
			}
			if r.Packet.Fate == trace.Dropped {
				m.raw(" dropped")
			}
		} else {
			m.cat("evt k-", r.Kind)
		}
		if r.Bad {
			m.raw(" bad")
		}
		if w := markWord(r.Mark); w != "" {
			m.cat(" mark-", w)
		}
		if i == selected {
			m.raw(" sel")
		}
		m.raw(`" role="option"`)
		m.attr("id", "row-"+strconv.Itoa(i))
		m.attr("aria-selected", strconv.FormatBool(i == selected))
		m.num("aria-posinset", i+1)
		m.num("aria-setsize", len(rows))
		m.attr("data-row", r.ID)
		m.raw(`><span class="t">`)
		if i == from || rows[i-1].Time != r.Time || i == 0 {
			m.text(millis(r.Time))
		}
		m.cat(`</span><span class="lanes g`, strconv.Itoa(lanes), `"><span class="vh">`)
		m.text(who(t, r))
		m.raw(`</span>`)
		if r.Packet != nil {
			packetArrow(m, r, lanes)
		} else {
			eventNote(m, t, r, lanes)
		}
		m.raw(`</span><span class="badges">`)
		badges(m, r)
		m.raw(`</span></div>`)
	}
}

// packetArrow draws an arrow between two lanes. Its label breaks the arrow
// when there are two lanes, and stands beside it when there are more.
func packetArrow(m *markup, r *app.Row, lanes int) {
	a, b := min(r.From, lanes-1), min(r.To, lanes-1)
	lo, hi, way := a, b, "right"
	if a > b {
		lo, hi, way = b, a, "left"
	}
	m.cat(`<span class="arrow `, way, " s", strconv.Itoa(2*lo+2), " e", strconv.Itoa(2*hi+2), `">`)
	if lanes <= 2 {
		packetText(m, r)
	}
	if r.Packet.Fate == trace.Dropped {
		m.raw(`<span class="x" aria-hidden="true">✕</span>`)
	}
	m.raw(`</span>`)
	if lanes > 2 {
		if lo+hi < lanes {
			m.cat(`<span class="beside s`, strconv.Itoa(2*hi+2), " e", strconv.Itoa(2*lanes+1), `">`)
		} else {
			m.cat(`<span class="beside before s1 e`, strconv.Itoa(2*lo+2), `">`)
		}
		packetText(m, r)
		m.raw(`</span>`)
	}
}

func packetText(m *markup, r *app.Row) {
	m.raw(`<span class="lbl">`)
	m.el("b", "tag", r.Tag)
	m.raw(" ")
	if f := r.Packet.Fate; f != "" && f != trace.Delivered {
		m.raw(`<span class="why"`)
		m.attr("title", r.Packet.Why)
		m.raw(`>`)
		m.text(f)
		m.raw(`</span> `)
	}
	m.text(r.Text)
	m.raw(`</span>`)
}

var eventSigns = map[string]string{
	trace.KindState: "◆", trace.KindConnected: "★", trace.KindChecked: "✓", trace.KindSecret: "⚷",
	trace.KindDestroyed: "⌫", trace.KindMade: "▤", trace.KindDeliver: "⇥", trace.KindFailed: "✗", trace.KindNote: "·",
	trace.KindDropped: "✕",
}

func eventNote(m *markup, t *trace.Trace, r *app.Row, lanes int) {
	lane := min(r.Lane, lanes-1)
	sign := eventSigns[r.Kind]
	if r.Kind == trace.KindChecked && r.Bad {
		sign = "✗"
	}
	if 2*lane < lanes-1 || lane == 0 {
		m.cat(`<span class="note s`, strconv.Itoa(2*lane+2), " e", strconv.Itoa(2*lanes+1), `">`)
		m.el("span", "dot", sign)
		m.el("span", "ev", r.Text)
	} else {
		m.cat(`<span class="note before s1 e`, strconv.Itoa(2*lane+2), `">`)
		m.el("span", "ev", r.Text)
		m.el("span", "dot", sign)
	}
	m.raw(`</span>`)
}

func markWord(m trace.Mark) string {
	switch m {
	case trace.New:
		return "new"
	case trace.Changed:
		return "changed"
	}
	return ""
}

func badges(m *markup, r *app.Row) {
	switch r.Mark {
	case trace.Changed:
		m.raw(`<span class="mk" title="Changed since the last run"><span aria-hidden="true">Δ</span><span class="vh">changed</span></span>`)
	case trace.New:
		m.raw(`<span class="mk new" title="New in this run"><span aria-hidden="true">+</span><span class="vh">new</span></span>`)
	}
	tally(m, r.Tally)
}

// tally shows the three answers by shape, number and word.
func tally(m *markup, t app.Tally) {
	for _, a := range []struct {
		n                 int
		class, sign, word string
	}{
		{t.Disagreed, "no", "✗", "disagreed"},
		{t.Agreed, "yes", "✓", "agreed"},
		{t.Nobody, "nobody", "○", "nobody could say"},
	} {
		if a.n == 0 {
			continue
		}
		m.cat(`<span class="ans `, a.class, `"`)
		m.attr("title", fmt.Sprintf("%d %s", a.n, a.word))
		m.cat(`><span aria-hidden="true">`, a.sign, strconv.Itoa(a.n), `</span><span class="vh">`, strconv.Itoa(a.n), " ", a.word, `</span></span>`)
	}
}

// who says in words what the arrow or the lane shows.
func who(t *trace.Trace, r *app.Row) string {
	if r.Packet == nil {
		return "at " + t.Events[r.Events[0]].Node + ": "
	}
	return r.Packet.From + " to " + r.Packet.To + ": "
}
