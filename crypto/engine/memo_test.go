package engine

import (
	"errors"
	"fmt"
	"testing"
)

func TestMemo(t *testing.T) {
	calls := 0
	f := func() (any, error) { calls++; return calls, nil }
	var m Memo
	for _, c := range []struct {
		key  string
		want int
	}{{"a", 1}, {"a", 1}, {"b", 2}, {"a", 1}} {
		if got, err := m.Do(c.key, f); got != c.want || err != nil {
			t.Errorf("%s: got %v, %v, want %d", c.key, got, err, c.want)
		}
	}
	if _, err := m.Do("c", func() (any, error) { return nil, errors.New("no") }); err == nil {
		t.Error("an error was lost")
	}
	if got, err := m.Do("c", f); got != 3 || err != nil {
		t.Errorf("after an error: got %v, %v", got, err)
	}
	for i := range 3 * memoSize {
		m.Do(fmt.Sprint(i), f)
	}
	if len(m.known) > memoSize {
		t.Errorf("it keeps %d results", len(m.known))
	}
	var none *Memo
	calls = 0
	none.Do("a", f)
	if none.Do("a", f); calls != 2 {
		t.Errorf("a nil Memo made %d calls, want 2", calls)
	}
}
