package ui

import (
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/wire"
	"cipherglass/playground/app"
	"cipherglass/playground/dissect"
	"cipherglass/playground/trace"
)

const nasty = `"><script>alert('x')</script>&`

// TestEverythingIsEscaped shows that no text of a scenario or packet becomes
// markup.
func TestEverythingIsEscaped(t *testing.T) {
	tr := &trace.Trace{Nodes: []string{nasty, "b", "c"}}
	p := &trace.Packet{Name: nasty, From: nasty, To: "b", Link: nasty, Fate: trace.Dropped, Why: nasty, Info: nasty, Bytes: []byte(nasty)}
	tr.Packets = []*trace.Packet{p}
	tr.Events = []*trace.Event{{Seq: 1, Node: nasty, Conv: nasty, Kind: trace.KindState, Text: nasty, Detail: nasty, Ref: nasty, Packet: nasty, Buffer: nasty}}
	node := &wire.Node{Name: nasty, Value: nasty, Note: nasty, Bad: nasty, Ref: nasty, Filter: nasty, Link: nasty, Len: len(nasty)}
	tab := &dissect.Tab{ID: nasty, Title: nasty, Bytes: []byte(nasty), Tree: node}
	in := &app.Inspection{Packet: p, Tab: tab, Node: node, Path: nasty}

	var m markup
	rows := app.Rows(&app.State{
		Trace: tr, Labels: dissect.Labels(tr), Delta: trace.Diff(&trace.Trace{}, tr),
		Tally: map[string]app.Tally{nasty: {Agreed: 1, Disagreed: 1, Nobody: 1}},
	})
	ladderRows(&m, tr, rows, 0, len(rows), 0)
	treeRows(&m, in, in.TreeRows(), 0, 1)
	hexRows(&m, in, layersOf(node, "", len(nasty)), badOf(node, len(nasty)), 0, 9)
	nesting(&m, []dissect.Layer{{ID: "ip", Name: nasty, Len: 10, Node: nasty, Buffer: nasty, Encrypted: true}}, 10)
	explanation(&m, tr, in)
	eventDetail(&m, tr, tr.Events)
	checkList(&m, []*trace.Check{{Name: nasty, By: nasty, Detail: nasty, Packet: nasty}}, true, true)
	inputs(&m, tr, []dissect.Input{{Name: nasty, Value: []byte{1}, Note: nasty, Random: nasty}})
	if out := m.String(); strings.Contains(out, "<script") || strings.Contains(out, `"">`) {
		t.Errorf("markup from text: %s", out)
	}
}

func TestFailureSaysItsSentenceOnce(t *testing.T) {
	code := &engine.Code{ID: "tls/x", Sentence: "The reason is %s.", Ref: "RFC 8446, Section 6", Alert: "bad_certificate", Field: "field" + nasty}
	f := code.With(nasty)
	var m markup
	eventDetail(&m, &trace.Trace{}, []*trace.Event{{Kind: trace.KindFailed, Text: f.Sentence(), Ref: code.Ref, Fail: f}})
	out := m.String()
	if n := strings.Count(out, "The reason is"); n != 1 {
		t.Errorf("the sentence is there %d times: %s", n, out)
	}
	for _, want := range []string{"tls/x", "bad_certificate", "field&#34;", "rfc8446#section-6"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing: %s", want, out)
		}
	}
	if strings.Contains(out, "<script") {
		t.Errorf("markup from text: %s", out)
	}
}

func TestSecretLeadsToItsInputsAndUses(t *testing.T) {
	tr := &trace.Trace{Values: []engine.Named{{Name: "client/web/x25519", Value: []byte{1}}}}
	tr.Buffers = []*trace.Buffer{{Buffer: engine.Buffer{ID: "client/web/in/msg/0", Name: "ServerHello"}}}
	add := func(id string, inputs ...engine.Param) {
		tr.Secrets = append(tr.Secrets, &trace.Secret{Secret: engine.Secret{ID: id, Name: "name of " + id + nasty, Func: "HKDF-Extract", Value: []byte{0xab, 0xcd}, Inputs: inputs}})
	}
	add("client/web/early_secret")
	add("client/web/handshake_secret",
		engine.Param{Name: "salt", From: "early_secret", Value: []byte{1}},
		engine.Param{Name: "IKM", From: "client/web/x25519", Value: []byte{2}},
		engine.Param{Name: "share", From: "in/msg/0", Value: []byte{3}},
		engine.Param{Name: "nothing", Note: nasty})
	for i := range 20 {
		add("client/web/user"+string(rune('a'+i)), engine.Param{Name: "Secret", From: "handshake_secret"})
	}
	var m markup
	secret(&m, tr, tr.Secrets[1])
	out := m.String()
	for _, want := range []string{
		"abcd", "HKDF-Extract(early_secret, x25519, 0,",
		`data-act="go-secret" data-to="client/web/early_secret"`, `data-act="go-value" data-to="client/web/x25519"`, `data-act="go-buffer" data-to="client/web/in/msg/0"`,
		"Used by", `data-to="client/web/usera"`, "and 8 more",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing: %s", want, out)
		}
	}
	if strings.Contains(out, "<script") {
		t.Errorf("markup from text: %s", out)
	}
}

func TestReferenceLinks(t *testing.T) {
	for _, c := range []struct{ ref, want string }{
		{"RFC 8446, Section 4.1.2", `href="https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2"`},
		{"RFC 8446, Appendix D.4", `href="https://www.rfc-editor.org/rfc/rfc8446#appendix-D.4"`},
		{"see RFC 791 and more", `href="https://www.rfc-editor.org/rfc/rfc791"`},
	} {
		var m markup
		reference(&m, c.ref)
		if !strings.Contains(m.String(), c.want) {
			t.Errorf("%s: %s", c.ref, m.String())
		}
	}
}

func TestWindowHoldsWhatIsInView(t *testing.T) {
	for _, c := range []struct{ n, top, height int }{
		{0, 0, 600}, {3, 0, 600}, {10000, 0, 600}, {10000, 123456, 600}, {10000, 999999999, 600}, {50, 5000, 100}, {10, 0, 0},
	} {
		w := window{row: 28, top: c.top, height: c.height}
		w.fit(c.n)
		top := min(c.top, max(0, c.n*28-max(c.height, 1)))
		first, last := top/28, min(c.n-1, (top+c.height-1)/28)
		if w.from > first && c.n > 0 || w.to <= last || w.from < 0 || w.to > c.n || w.to-w.from > 80 {
			t.Errorf("%+v: rows %d to %d, in view %d to %d", c, w.from, w.to, first, last)
		}
	}
}

func TestNumbers(t *testing.T) {
	if got := thousands(1234567) + " " + thousands(12) + " " + count(1, "byte") + " " + count(2000, "byte") + " " + millis(1500*time.Microsecond); got != "1,234,567 12 1 byte 2,000 bytes 1.500" {
		t.Errorf("got %q", got)
	}
}
