package app

import (
	"strings"

	"cipherglass/playground/scenario"
)

// Verdict is how the page says that a run ended.
type Verdict struct {
	Kind string // "ok", "expected", "bad", "waiting", "running"
	Sign string
	Text string
	Note string // how that compares with what the scenario expects, or ""
}

// Judge says how the run ended, or why there is none. A failure that the
// scenario is there to show is no mishap, and a run without the failure that
// was expected is still a good one.
func Judge(s *State) Verdict {
	if len(s.NeedKeys) > 0 {
		return Verdict{Kind: "waiting", Sign: "…", Text: waitsFor(s.NeedKeys)}
	}
	if s.Trace == nil {
		return Verdict{Kind: "running", Sign: "…", Text: "Running…"}
	}
	o := s.Trace.Outcome
	v := Verdict{Kind: "bad", Sign: "✗", Text: o.Summary}
	complete := o.Code == "complete"
	switch {
	case complete && o.OK:
		v.Kind, v.Sign = "ok", "✓"
	case complete:
		v.Kind, v.Sign = "ok", "✓"
		v.Note = "the scenario expected " + expected(s.Trace.Scenario)
	case o.OK:
		v.Kind, v.Sign = "expected", "◇"
		v.Note = "as this scenario expects"
	case expected(s.Trace.Scenario) != "complete":
		v.Note = "the scenario expected " + expected(s.Trace.Scenario)
	}
	return v
}

func expected(sc *scenario.Scenario) string {
	if sc == nil || sc.Expect == "" {
		return "complete"
	}
	return sc.Expect
}

// Said reports whether the verdict has said what the live region says.
func (v Verdict) Said(toast string) bool {
	return toast == "" || v.Text != "" && strings.HasPrefix(toast, v.Text)
}
