package browser

import (
	"flag"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cipherglass/playground/scenario"
)

// edits is how many edits of each preset are timed: few where only their
// coming through counts, more for figures.
var edits = flag.Int("edits", 8, "edits of each preset that TestRepaint times")

// timing is an entry of window.cipherglass.timings: from an edit until it is
// painted, second opinions excluded.
type timing struct {
	Kind string  `json:"kind"`
	MS   float64 `json:"ms"`
	Run  float64 `json:"run_ms"`
}

// TestRepaint measures, for each preset, the time from an edit to the ladder,
// tree and hex repainted: for an edit of the seed, which changes every key and
// certificate and so every byte, and for one of a link's delay, which changes
// no key. It logs what it found (go test -run Repaint -v), and fails only where
// an edit is not painted at all: the machine may be busy.
func TestRepaint(t *testing.T) {
	p := open(t, "")
	p.ready()
	t.Logf("%-14s %-6s %6s %10s %8s %12s", "preset", "edit", "edits", "median ms", "p95 ms", "run median")
	for _, preset := range scenario.Presets() {
		if eval[string](p, `document.querySelector('#preset').value`) != preset.Name {
			p.pick(preset.Name)
		}
		s, err := scenario.Preset(preset.Name)
		if err != nil {
			t.Fatal(err)
		}
		letters := func(i int) string { return string(rune('a' + i%26)) }
		p.repaints(preset.Name, "seed", "seed", letters)
		digits := func(i int) string { // 5000 becomes 500 and 5000 again
			if i%2 == 0 {
				return kb.Backspace
			}
			return "0"
		}
		p.repaints(preset.Name, "delay", "links."+s.Links[0].Name+".delay_us", digits)
	}
}

// repaints types into a field, a key an edit, and logs how long each took.
func (p *page) repaints(preset, name, path string, key func(i int) string) {
	p.t.Helper()
	p.reach(field(path))
	eval[bool](p, `(document.querySelector(%v).focus(), true)`, field(path))
	p.do(chromedp.KeyEvent(kb.End))
	eval[bool](p, `(window.cipherglass.timings.length = 0, true)`)
	for i := range *edits {
		gen := p.generation()
		p.do(chromedp.KeyEvent(key(i)))
		p.ran(gen)
		p.await("the repaint", `window.cipherglass.timings.length > %v`, i)
	}
	all := eval[[]timing](p, `window.cipherglass.timings`)
	var total, run []float64
	for _, x := range all {
		total, run = append(total, x.MS), append(run, x.Run)
	}
	slices.Sort(total)
	slices.Sort(run)
	p.t.Logf("%-14s %-6s %6d %10.1f %8.1f %12.1f", preset, name, len(total), at(total, 0.5), at(total, 0.95), at(run, 0.5))
}

// at returns a quantile of sorted values.
func at(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
