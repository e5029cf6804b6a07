package trace

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Text is the ladder for a terminal: time, from and to, link, size, what it
// is, and its fate unless it was delivered; events in between; the outcome
// last. info says what a packet is; nil takes its own line.
func Text(t *Trace, info func(*Packet) string) string {
	if info == nil {
		info = infoOf
	}
	var rows [][]string
	for _, e := range t.Entries() {
		if row := textRow(e, info); row != nil {
			rows = append(rows, row)
		}
	}
	var b strings.Builder
	if t.Scenario != nil {
		if t.Scenario.Preset != "" {
			fmt.Fprintf(&b, "%s: ", t.Scenario.Preset)
		}
		fmt.Fprintf(&b, "%s\n\n", t.Scenario.Title)
	}
	width := widths(rows)
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", max(0, width[i]-utf8.RuneCountInString(cell)))
			if i == 0 || i == 3 { // numbers to the right
				cell, gap = gap+cell, ""
			}
			if i > 0 {
				line.WriteString("  ")
			}
			line.WriteString(cell + gap)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	for _, f := range t.Faults {
		if !f.Applied {
			fmt.Fprintf(&b, "\nFault %d did not apply: %s", f.Index+1, f.Why)
		}
	}
	mark := "as expected"
	if !t.Outcome.OK {
		mark = "not as expected"
	}
	fmt.Fprintf(&b, "\n%s [%s, %s]\n", t.Outcome.Summary, t.Outcome.Code, mark)
	return b.String()
}

// textRow has six cells: time, who, link, size, what, fate. Buffers that were
// made have no line: their packets have.
func textRow(e Entry, info func(*Packet) string) []string {
	if p := e.Packet; p != nil {
		fate := ""
		if p.Fate != Delivered {
			fate = p.Fate
			if p.Why != "" {
				fate += ": " + p.Why
			}
		}
		return []string{millis(p.Time), p.From + " → " + p.To, p.Link, fmt.Sprint(len(p.Bytes)), oneLine(info(p)), fate}
	}
	ev := e.Event
	if ev.Kind == KindMade {
		return nil
	}
	text := ev.Text
	if ev.Kind == KindChecked {
		text = map[bool]string{true: "✓ ", false: "✗ "}[ev.OK] + text
	}
	return []string{millis(ev.Time), ev.Node, "", "", "· " + oneLine(text), ""}
}

func infoOf(p *Packet) string {
	if p.Info != "" {
		return oneLine(p.Info)
	}
	return p.Cause()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func millis(d time.Duration) string {
	us := (d + 500) / time.Microsecond
	return fmt.Sprintf("%d.%03d ms", us/1000, us%1000)
}

// widths gives each column its widest cell; events may run on to the right,
// so only packets widen the column of what they are.
func widths(rows [][]string) []int {
	w := make([]int, 6)
	for _, row := range rows {
		for i, cell := range row {
			if i == 4 && row[3] == "" {
				continue
			}
			w[i] = max(w[i], utf8.RuneCountInString(cell))
		}
	}
	w[5] = 0
	return w
}
