package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// TestFramed puts the page into a sandboxed frame of another site, as teaching
// platforms do: no storage, an origin of its own.
func TestFramed(t *testing.T) {
	inner := server(t).URL + "/"
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><iframe sandbox="allow-scripts" src="%s" width="1200" height="800"></iframe>`, inner)
	}))
	defer outer.Close()
	p := openAt(t, outer.URL+"/", "")

	var frame *target.Info
	for end := time.Now().Add(patience); frame == nil; time.Sleep(50 * time.Millisecond) {
		list, err := chromedp.Targets(p.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.Type == "iframe" && x.URL == inner {
				frame = x
			}
		}
		if time.Now().After(end) {
			t.Fatalf("no frame among %d targets", len(list))
		}
	}
	ctx, stop := chromedp.NewContext(p.ctx, chromedp.WithTargetID(frame.TargetID))
	defer stop()
	framed := &page{t: t, ctx: ctx, base: inner}
	chromedp.ListenTarget(ctx, framed.listen)
	if err := chromedp.Run(ctx, chromedp.ActionFunc(func(context.Context) error { return nil })); err != nil {
		t.Fatal(err)
	}
	framed.ready()
	framed.wantGreen("in a frame")
	if origin := eval[string](framed, `self.origin`); origin != "null" {
		t.Errorf("the frame has the origin %s: it is not sandboxed", origin)
	}
	framed.pick("esp-tunnel")
	framed.wantGreen("another preset in a frame")
	if n := eval[int](framed, `history.length`); n > 2 {
		t.Errorf("in a frame the page made %d history entries", n)
	}
	for _, c := range framed.complaints() {
		t.Errorf("the browser complained: %s", c)
	}
}
