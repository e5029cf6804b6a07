package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// heap returns the bytes of JavaScript objects that are alive, and the nodes of
// the document.
func (p *page) heap() (bytes float64, nodes int) {
	p.t.Helper()
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		if err := heapprofiler.CollectGarbage().Do(ctx); err != nil {
			return err
		}
		used, _, _, _, err := runtime.GetHeapUsage().Do(ctx)
		bytes = used
		return err
	}))
	return bytes, eval[int](p, `document.querySelectorAll('*').length`)
}

// TestMemory edits many times: neither the document nor what JavaScript holds
// may grow with each edit.
func TestMemory(t *testing.T) {
	p := open(t, "")
	p.ready()
	p.reach(field("seed"))
	eval[bool](p, `(document.querySelector(%v).focus(), true)`, field("seed"))
	edit := func(n int) {
		for i := range n {
			gen := p.generation()
			if i%2 == 0 {
				p.do(chromedp.KeyEvent("x"))
			} else {
				p.do(chromedp.KeyEvent("\b"))
			}
			p.ran(gen)
		}
	}
	edit(30)
	bytes, nodes := p.heap()
	const n = 60
	edit(n)
	moreBytes, moreNodes := p.heap()
	t.Logf("after %d more edits: %.0f KB (%.0f before), %d elements (%d before)", n, moreBytes/1e3, bytes/1e3, moreNodes, nodes)
	if grown := moreBytes - bytes; grown > n*20e3 {
		t.Errorf("each edit leaves %.0f KB behind", grown/n/1e3)
	}
	if moreNodes > nodes+50 {
		t.Errorf("the document grew from %d to %d elements", nodes, moreNodes)
	}
}
