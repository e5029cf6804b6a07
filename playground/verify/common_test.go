package verify

import (
	"fmt"
	"strings"
	"testing"

	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

func preset(t testing.TB, name string, changes ...string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changes); i += 2 {
		if err := scenario.Set(s, changes[i], changes[i+1]); err != nil {
			t.Fatalf("%s = %s: %v", changes[i], changes[i+1], err)
		}
	}
	return s
}

func play(t testing.TB, s *scenario.Scenario) *trace.Trace {
	t.Helper()
	tr, err := run.Run(s, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// by returns the checks of one who checks.
func by(tr *trace.Trace, who string) []*trace.Check {
	var list []*trace.Check
	for _, c := range tr.Checks {
		if c.By == who {
			list = append(list, c)
		}
	}
	return list
}

// disagreement returns the one check by who of a name that disagrees.
func disagreement(t *testing.T, tr *trace.Trace, who, name string) *trace.Check {
	t.Helper()
	for _, c := range by(tr, who) {
		if c.Answer == trace.Disagreed && strings.Contains(c.Name, name) {
			return c
		}
	}
	for _, c := range by(tr, who) {
		t.Logf("%d %s %s: %s", c.Answer, c.Packet, c.Name, c.Detail)
	}
	t.Fatalf("nothing by %s on %q disagrees", who, name)
	return nil
}

// word is a check's answer, in a word.
func word(c *trace.Check) string { return [...]string{"nobody", "agreed", "disagreed"}[c.Answer] }

// count is how many of the checks gave each answer.
func count(list []*trace.Check) string {
	a, d, n := Count(&trace.Trace{Checks: list})
	return fmt.Sprintf("%d agreed, %d disagreed, %d nobody", a, d, n)
}
