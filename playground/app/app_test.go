package app

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/playground/dissect"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

// page drives Update as a browser would, with an engine that plays a fixed
// trace and an address bar with a history.
type page struct {
	t        *testing.T
	s        State
	play     func(sc *scenario.Scenario) *trace.Trace
	runs     int
	entries  []string
	at       int
	copied   string
	saved    string
	verified int
	got      []Command
}

func open(t *testing.T, hash, saved string, embed bool) *page {
	t.Helper()
	p := &page{t: t, play: played, entries: []string{hash}}
	s, cmds := New(hash, saved, embed)
	p.s = s
	p.perform(cmds)
	return p
}

func (p *page) do(actions ...Action) {
	for _, a := range actions {
		s, cmds := Update(p.s, a)
		p.s = s
		p.perform(cmds)
	}
}

func (p *page) perform(cmds []Command) {
	for _, c := range cmds {
		p.got = append(p.got, c)
		switch c := c.(type) {
		case Run:
			p.runs++
			t := p.play(c.Scenario)
			p.do(Ran{Gen: c.Gen, Trace: t, Index: dissect.NewIndex(t), Took: time.Millisecond})
		case Verify:
			p.verified++
		case SetURL:
			if c.Replace != "" {
				p.entries[p.at] = c.Replace
			}
			if c.Push != "" {
				p.entries = append(p.entries[:p.at+1], c.Push)
				p.at++
			}
		case GoBack:
			if n := max(c.Steps, 1); p.at >= n {
				p.at -= n
				p.do(Open{Hash: p.entries[p.at], Popped: true})
			}
		case GoForward:
			if p.at+1 < len(p.entries) {
				p.at++
				p.do(Open{Hash: p.entries[p.at], Popped: true})
			}
		case Copy:
			p.copied = c.Text
		case Save:
			p.saved = c.Hash
		}
	}
}

// played is a run of three packets whose bytes tell the scenario's MTU.
func played(sc *scenario.Scenario) *trace.Trace {
	t := &trace.Trace{Scenario: sc, Nodes: []string{"client", "server"}}
	t.Outcome = trace.Outcome{OK: true, Summary: "It went well.", Code: "complete"}
	names := []string{"client/web/syn", "client/web/flight1/seg0", "server/web/flight1/seg0"}
	if sc.Links[0].MTU < 1000 {
		names = append(names[:1:1], "client/web/flight1/seg1", "server/web/flight1/seg0")
	}
	for i, n := range names {
		from, to := "client", "server"
		if strings.HasPrefix(n, "server") {
			from, to = to, from
		}
		b := ip(byte(sc.Links[0].MTU / 100))
		t.Packets = append(t.Packets, &trace.Packet{Seq: 2 * i, Name: n + "@net", Link: "net", From: from, To: to, Fate: trace.Delivered, Bytes: b, Time: time.Duration(i) * time.Millisecond})
		t.Events = append(t.Events, &trace.Event{Seq: 2*i + 1, Node: to, Conv: "web", Kind: trace.KindState, Text: "A → B"})
	}
	v := engine.Named{Name: "client/web/random", Kind: "bytes", Value: make([]byte, 32)}
	for _, pin := range sc.Pins {
		if pin.Name == v.Name {
			v.Pinned = true
			v.Value, _ = hex.DecodeString(pin.Hex)
			if v.Value[0] == 0xff {
				v.Bad = "it may not begin with ff"
			}
		}
	}
	t.Values = append(t.Values, v)
	return t
}

// ip is an IPv4 packet with a TCP segment that carries a TLS handshake record.
func ip(mark byte) []byte {
	b := make([]byte, 20+20+6)
	b[0], b[9], b[5] = 0x45, 6, mark
	b[20+12], b[20+13] = 0x50, 0x18
	copy(b[40:], []byte{22, 3, 1, 0, 1, 1})
	return b
}

const mtu = "links.net.mtu"

func TestEditActsAsItIsTyped(t *testing.T) {
	p := open(t, "", "", false)
	first := p.s.Link
	if p.runs != 1 || p.entries[0] != first {
		t.Fatalf("the page began with %d runs and the address %q", p.runs, p.entries[0])
	}
	p.do(Edit{mtu, "14"}) // below the least MTU
	if p.s.Errors[mtu].Text != "14" || p.runs != 1 || p.s.Scenario.Links[0].MTU != 1500 {
		t.Errorf("a wrong field: errors %v, %d runs, MTU %d", p.s.Errors, p.runs, p.s.Scenario.Links[0].MTU)
	}
	p.do(Edit{mtu, "140"}, Edit{mtu, "1400"})
	if p.s.Errors[mtu] != (Entry{}) || p.runs != 3 || p.s.Scenario.Links[0].MTU != 1400 {
		t.Errorf("after typing 1400: errors %v, %d runs, MTU %d", p.s.Errors, p.runs, p.s.Scenario.Links[0].MTU)
	}
	if len(p.entries) != 2 || p.entries[0] != first || p.entries[1] != p.s.Link {
		t.Errorf("while typing the history is %q", p.entries)
	}
	p.do(Settle{})
	if len(p.entries) != 2 || p.entries[0] != first || p.entries[1] != p.s.Link || p.saved != p.s.Link {
		t.Errorf("after settling the history is %q, saved %q", p.entries, p.saved)
	}
}

func TestOnlyTheLastSettleCounts(t *testing.T) {
	p := open(t, "", "", false)
	p.do(Edit{mtu, "1400"})
	old := p.s.seq
	p.do(Edit{mtu, "1401"}, Settle{Seq: old})
	if len(p.s.undo) != 0 {
		t.Errorf("the pause of an older edit settled a newer one: %v", p.s.undo)
	}
	p.do(Settle{Seq: p.s.seq})
	if len(p.s.undo) != 1 || len(p.entries) != 2 {
		t.Errorf("the pause did not settle: %v, %q", p.s.undo, p.entries)
	}
}

// back and forth are the browser's own buttons.
func (p *page) back()  { p.perform([]Command{GoBack{}}) }
func (p *page) forth() { p.perform([]Command{GoForward{}}) }

func TestBackWhileTyping(t *testing.T) {
	p := open(t, "", "", false)
	at := func(what string, want int) {
		t.Helper()
		if got := p.s.Scenario.Links[0].MTU; got != want || p.entries[p.at] != p.s.Link {
			t.Errorf("%s: MTU %d, want %d; address %q of %q", what, got, want, p.entries[p.at], p.entries)
		}
	}
	p.do(Edit{mtu, "1400"}, Settle{}, Edit{mtu, "130"}, Edit{mtu, "1300"})
	at("typed", 1300)
	p.back()
	at("Back before it settled", 1400)
	p.back()
	at("Back again", 1500)
	p.forth()
	at("Forward", 1400)
	p.forth()
	at("Forward to what was typed", 1300)
	p.do(Edit{mtu, "1200"}, Undo{})
	at("undo before it settled", 1300)
	p.do(Edit{mtu, "1200"}, Edit{mtu, "1300"}, Settle{})
	at("typed as it was", 1300)
	p.do(Undo{})
	at("undo of the edit before that one", 1400)

	// What was typed back leaves an entry that the next edit takes; nothing goes
	// back on its own, which would undo that edit.
	p = open(t, "", "", false)
	p.do(Edit{mtu, "150"}, Edit{mtu, "1500"}, PickPreset{"tls12-rsa"})
	if p.s.Scenario.Preset != "tls12-rsa@1" || len(p.entries) != 2 {
		t.Errorf("another preset after typing back: %s, address of %q", p.s.Scenario.Preset, p.entries)
	}
	p.back()
	if p.s.Scenario.Preset != "tls13@1" || p.s.Scenario.Links[0].MTU != 1500 {
		t.Errorf("Back from it: %s", p.s.Scenario.Preset)
	}
}

func TestBackBringsWhatWasTypedWrong(t *testing.T) {
	p := open(t, "", "", false)
	p.do(Edit{mtu, "5"}, PickPreset{"tls12-rsa"})
	if len(p.s.Errors) != 0 {
		t.Errorf("another preset has the errors of this one: %v", p.s.Errors)
	}
	p.back()
	if e := p.s.Errors[mtu]; e.Text != "5" || e.Sentence == "" || Shown(&p.s, mtu) != "5" || WrongAt(&p.s, mtu) != e.Sentence {
		t.Errorf("after Back the field has %+v", e)
	}
	p.do(Edit{mtu, "50"}, Edit{mtu, "500"}, Undo{})
	if len(p.s.Errors) != 0 || Shown(&p.s, mtu) != "1500" {
		t.Errorf("what was typed on the way to 500 came back: %v", p.s.Errors)
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		code, expect string
		kind, note   string
	}{
		{"complete", "", "ok", ""},
		{"complete", "complete", "ok", ""},
		{"complete", "net/too-big", "ok", "the scenario expected net/too-big"},
		{"net/too-big", "net/too-big", "expected", "as this scenario expects"},
		{"net/no-route", "net/too-big", "bad", "the scenario expected net/too-big"},
		{"net/too-big", "complete", "bad", ""},
	} {
		p := open(t, "", "", false)
		sc := p.s.Scenario.Clone()
		sc.Expect = c.expect
		want := c.expect
		if want == "" {
			want = "complete"
		}
		p.s.Trace.Scenario = sc
		p.s.Trace.Outcome = trace.Outcome{Code: c.code, OK: c.code == want, Summary: "It ended."}
		if v := Judge(&p.s); v.Kind != c.kind || v.Note != c.note || v.Text != "It ended." || v.Sign == "" {
			t.Errorf("%s where %s is expected: %+v", c.code, want, v)
		}
	}
	if v := Judge(&State{}); v.Kind != "running" {
		t.Errorf("before the first run: %+v", v)
	}
}

func TestUndoIsBack(t *testing.T) {
	p := open(t, "", "", false)
	a := p.s.Link
	p.do(Edit{mtu, "1400"}, Settle{})
	b := p.s.Link
	p.do(Edit{mtu, "1300"}, Settle{})
	c := p.s.Link
	for _, step := range []struct {
		what string
		do   Action
		want string
		undo string
		redo string
	}{
		{"undo", Undo{}, b, "MTU of net", "MTU of net"},
		{"undo again", Undo{}, a, "", "MTU of net"},
		{"nothing to undo", Undo{}, a, "", "MTU of net"},
		{"redo", Redo{}, b, "MTU of net", "MTU of net"},
		{"redo again", Redo{}, c, "MTU of net", ""},
		{"nothing to redo", Redo{}, c, "MTU of net", ""},
	} {
		p.do(step.do)
		if p.s.Link != step.want || p.entries[p.at] != step.want || p.s.UndoLabel() != step.undo || p.s.RedoLabel() != step.redo {
			t.Errorf("%s: at %q (address %q), undo %q, redo %q", step.what, p.s.Link, p.entries[p.at], p.s.UndoLabel(), p.s.RedoLabel())
		}
	}
	p.do(Undo{}, Edit{mtu, "1200"}, Settle{})
	if p.s.CanRedo() || len(p.entries) != 3 {
		t.Errorf("an edit after undo: can redo %v, history %q", p.s.CanRedo(), p.entries)
	}
}

func TestFrameWritesNoHistory(t *testing.T) {
	p := open(t, "", "", true)
	a := p.s.Link
	p.do(Edit{mtu, "1400"}, Settle{}, Edit{mtu, "1300"}, Settle{})
	if len(p.entries) != 1 || p.entries[0] != p.s.Link {
		t.Fatalf("inside a frame the history is %q", p.entries)
	}
	p.do(Undo{}, Undo{})
	if p.s.Link != a || p.entries[0] != a {
		t.Errorf("undo inside a frame went to %q", p.s.Link)
	}
}

func TestBadLinkKeepsItsText(t *testing.T) {
	for _, hash := range []string{"#s=1.AAAA", "#s=99.AAAA", "#nonsense", "#s=1."} {
		p := open(t, hash, "", false)
		if p.s.Banner.Message == "" || p.s.Banner.Text != hash || p.s.Preset() != DefaultPreset || p.s.Trace == nil {
			t.Errorf("%s: banner %+v, preset %q", hash, p.s.Banner, p.s.Preset())
		}
		if p.entries[0] != hash {
			t.Errorf("%s: the address bar became %q", hash, p.entries[0])
		}
	}
}

func TestStartsWhereItWasLeft(t *testing.T) {
	p := open(t, "", "", false)
	p.do(Edit{mtu, "1400"}, Settle{})
	if q := open(t, "", p.saved, false); q.s.Link != p.s.Link {
		t.Errorf("a new visit starts with %q", q.s.Link)
	}
	if q := open(t, "", "#s=1.broken", false); q.s.Banner.Message != "" || q.s.Trace == nil {
		t.Errorf("a broken memory is the page's own affair: %+v", q.s.Banner)
	}
}

func TestSelectionStays(t *testing.T) {
	p := open(t, "", "", false)
	if p.s.Selection.Row != "client/web/syn@net" {
		t.Fatalf("first selection: %q", p.s.Selection.Row)
	}
	p.do(SelectRow{"client/web/flight1/seg0@net"}, SelectByte{9})
	node := p.s.Selection.Node
	if node == "" {
		t.Fatal("a byte has no field")
	}
	p.do(Edit{mtu, "1400"})
	if sel := p.s.Selection; sel.Row != "client/web/flight1/seg0@net" || sel.Node != node || sel.Byte != 9 {
		t.Errorf("after an edit: %+v", sel)
	}
	if p.s.Delta.Of("client/web/flight1/seg0@net") != trace.Changed {
		t.Errorf("delta: %+v", p.s.Delta)
	}
	if in := Inspect(&p.s); !in.ByteChanged(5) || in.ByteChanged(6) {
		t.Errorf("changed bytes: 5 %v, 6 %v", in.ByteChanged(5), in.ByteChanged(6))
	}
	p.do(Edit{mtu, "900"})
	if sel := p.s.Selection; sel.Row != "client/web/flight1/seg1@net" {
		t.Errorf("the packet is gone, its nearest is %q", sel.Row)
	}
	p.do(SelectRow{EventKeys(p.s.Trace)[1]}, Edit{mtu, "901"})
	if in := Inspect(&p.s); in == nil || len(in.Events) != 1 || in.Packet != nil {
		t.Errorf("the event is gone: %+v", in)
	}
}

func TestRowsAndFilters(t *testing.T) {
	p := open(t, "", "", false)
	rows := Rows(&p.s)
	if len(rows) != 6 || rows[0].Packet == nil || rows[1].Packet != nil || rows[0].Layer != dissect.LayerHandshake {
		t.Fatalf("rows: %+v", rows)
	}
	p.do(SetFilters{Filters{NoStates: true}})
	if rows := Rows(&p.s); len(rows) != 3 {
		t.Errorf("without states: %d rows", len(rows))
	}
	p.do(SetFilters{})
	p.do(MoveRow{1}, MoveRow{1 << 30})
	if p.s.Selection.Row != rows[5].ID {
		t.Errorf("the end is %q", p.s.Selection.Row)
	}
	p.do(MoveRow{-1 << 30})
	if p.s.Selection.Row != rows[0].ID {
		t.Errorf("the beginning is %q", p.s.Selection.Row)
	}
}

func TestSecondOpinionsOfAnOldRunAreDropped(t *testing.T) {
	p := open(t, "", "", false)
	old := p.s.Gen
	p.do(Edit{mtu, "1400"})
	p.s.Trace.Checks = append(p.s.Trace.Checks, &trace.Check{Packet: "client/web/syn@net", Answer: trace.Disagreed}, &trace.Check{Answer: trace.Nobody})
	p.do(Opined{Gen: old, Done: true})
	if p.s.Verified || p.s.Total != (Tally{}) {
		t.Errorf("an old run's opinions counted: %+v", p.s.Total)
	}
	p.do(Opined{Gen: p.s.Gen, Done: true})
	if !p.s.Verified || p.s.Total != (Tally{Disagreed: 1, Nobody: 1}) || p.s.Tally["client/web/syn@net"].Disagreed != 1 {
		t.Errorf("total %+v, tally %v", p.s.Total, p.s.Tally)
	}
	if got := Opinions(p.s.Total); got != "0 checks agree, 1 disagree, 1 that nobody could make." {
		t.Errorf("in words: %q", got)
	}
}

func TestShareWarnsOfLongLinks(t *testing.T) {
	p := open(t, "", "", false)
	p.do(Share{})
	if p.copied != p.s.Link {
		t.Errorf("copied %q", p.copied)
	}
	s := p.s
	s.Link = "#" + strings.Repeat("x", HugeLink)
	_, cmds := Update(s, Share{})
	if c := cmds[0].(Copy); !strings.Contains(c.Done, "file instead") {
		t.Errorf("a huge link: %q", c.Done)
	}
}

func TestFormShowsEveryFieldOnce(t *testing.T) {
	for _, x := range scenario.Presets() {
		p := open(t, "", "", false)
		p.do(PickPreset{x.Name})
		seen := make(map[string]bool)
		for _, g := range Form(&p.s) {
			for _, part := range g.Parts {
				for _, f := range part.Fields {
					if seen[f.Path] {
						t.Errorf("%s: %s is there twice", x.Name, f.Path)
					}
					seen[f.Path] = true
				}
			}
		}
		if len(seen) < 5 {
			t.Errorf("%s: %d fields", x.Name, len(seen))
		}
	}
}

func TestLabelsSayWhatIsCarried(t *testing.T) {
	tr := played(open(t, "", "", false).s.Scenario)
	const up, down = "client/web/flight1/seg0@net", "server/web/flight1/seg0@net"
	for _, b := range []trace.Buffer{
		{Owner: "client", Buffer: engine.Buffer{ID: "client/web/out/record/0", Proto: "tls.record", Data: []byte{22}, From: []engine.Piece{{Buffer: up}, {Buffer: down}}}},
		{Owner: "client", Buffer: engine.Buffer{ID: "client/web/out/msg/0", Name: "ClientHello", Proto: "tls.handshake", From: []engine.Piece{{Buffer: "client/web/out/record/0"}}}},
		{Owner: "server", Buffer: engine.Buffer{ID: "server/web/in/msg/0", Name: "somebody else's word", Proto: "tls.handshake", From: []engine.Piece{{Buffer: up}}}},
		{Owner: "server", Buffer: engine.Buffer{ID: "loop", Proto: "tls.handshake", Name: "loop", From: []engine.Piece{{Buffer: "loop"}}}},
		{Owner: "server", Buffer: engine.Buffer{ID: "alert", Proto: "tls.alert", Data: []byte{2, 40}, From: []engine.Piece{{Buffer: "client/web/syn@net"}}}},
	} {
		tr.Buffers = append(tr.Buffers, &b)
	}
	labels := dissect.Labels(tr)
	if got := labels[up]; got.Text != "ClientHello" || got.Layer != dissect.LayerHandshake || got.Tag != "TLS" {
		t.Errorf("the client's segment: %+v", got)
	}
	if got := labels[down]; got.Text != "ClientHello (more)" {
		t.Errorf("the rest of a message: %+v", got)
	}
	if got := labels["client/web/syn@net"]; got.Text != "alert handshake_failure" || got.Layer != dissect.LayerTLS {
		t.Errorf("an alert: %+v", got)
	}
}

func TestPlayGoesToTheEnd(t *testing.T) {
	p := open(t, "", "", false)
	rows := Rows(&p.s)
	p.do(Play{On: true})
	for range rows {
		p.do(Ticked{})
	}
	if p.s.View.Playing || p.s.Selection.Row != rows[len(rows)-1].ID {
		t.Errorf("playing %v at %q", p.s.View.Playing, p.s.Selection.Row)
	}
	p.do(Play{On: true})
	if p.s.Selection.Row != rows[0].ID {
		t.Errorf("playing again begins at %q", p.s.Selection.Row)
	}
	p.do(SelectRow{rows[2].ID}, Ticked{})
	if p.s.Selection.Row != rows[2].ID {
		t.Errorf("a click did not stop it: %q", p.s.Selection.Row)
	}
}

func TestPresetBeginsAtItsBeginning(t *testing.T) {
	p := open(t, "", "", false)
	p.do(SelectRow{"server/web/flight1/seg0@net"}, PickPreset{DefaultPreset})
	if p.s.Selection.Row != "server/web/flight1/seg0@net" {
		t.Errorf("the same preset again lost the selection: %q", p.s.Selection.Row)
	}
	p.do(PickPreset{"tls12-rsa"})
	if p.s.Selection.Row != "client/web/syn@net" || p.s.Delta.Any() || len(p.entries) != 2 {
		t.Errorf("another preset: selected %q, delta %+v, history %d", p.s.Selection.Row, p.s.Delta, len(p.entries))
	}
	p.do(PickPreset{"no such"})
	if p.s.Banner.Message == "" || p.s.Preset() != "tls12-rsa" {
		t.Errorf("no such preset: %+v", p.s.Banner)
	}
}
