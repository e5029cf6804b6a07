package ipsec

import (
	"math"
	"strings"
	"testing"
)

func TestWindow(t *testing.T) {
	type step struct {
		seq  uint32
		want string
	}
	const ok, again, old = "", "replayed", "too-old"
	for _, c := range []struct {
		name  string
		size  int
		steps []step
	}{
		{"zero value is 64", 0, []step{
			{0, old}, {1, ok}, {1, again}, {64, ok}, {2, ok}, {2, again}, {65, ok}, {1, old}, {2, again}, {3, ok}, {64, again}, {65, again},
		}},
		{"32", 32, []step{
			{1, ok}, {32, ok}, {2, ok}, {33, ok}, {1, old}, {2, again}, {3, ok}, {40, ok}, {8, old}, {9, ok}, {9, again},
		}},
		{"not a multiple of a word", 100, []step{
			{150, ok}, {50, old}, {51, ok}, {51, again}, {149, ok}, {151, ok}, {51, old}, {52, ok},
		}},
		{"a jump of a word", 64, []step{{63, ok}, {64, ok}, {127, ok}, {64, again}, {65, ok}, {128, ok}, {64, old}}},
		{"a jump past the ring", 64, []step{{5, ok}, {70, ok}, {70 + 64*windowBlocks, ok}, {70 + 64*windowBlocks, again}, {69 + 64*windowBlocks, ok}, {70, old}}},
		{"words of the ring are emptied", 4096, []step{
			{100, ok}, {64 * windowBlocks, ok}, {64*windowBlocks + 100, ok}, {64*windowBlocks + 99, ok}, {64*windowBlocks + 100, again}, {100, old},
		}},
		{"4096", 4096, []step{{4096, ok}, {1, ok}, {4097, ok}, {1, old}, {2, ok}, {2, again}, {8192, ok}, {4096, old}, {4097, again}, {4098, ok}}},
		{"the last numbers", 64, []step{
			{math.MaxUint32 - 64, ok}, {math.MaxUint32, ok}, {math.MaxUint32, again}, {math.MaxUint32 - 64, old}, {math.MaxUint32 - 63, ok}, {math.MaxUint32 - 1, ok}, {1, old},
		}},
		{"from nothing to the last", 64, []step{{math.MaxUint32, ok}, {math.MaxUint32 - 1, ok}, {0, old}}},
	} {
		w, fail := NewWindow(c.size)
		if fail != nil {
			t.Fatal(fail)
		}
		if c.size == 0 {
			w = Window{}
		}
		for i, s := range c.steps {
			fail := w.Check(s.seq)
			if got := strings.TrimPrefix(code(fail), "ipsec/"); got != s.want {
				t.Errorf("%s, step %d: %d gives %q, want %q", c.name, i, s.seq, got, s.want)
			}
			if fail == nil {
				w.Accept(s.seq)
			}
		}
	}
}

// TestWindowAgainstMap compares the ring with a set that forgets nothing.
func TestWindowAgainstMap(t *testing.T) {
	for _, size := range []int{32, 63, 64, 65, 1000, 4096} {
		w, _ := NewWindow(size)
		seen := map[uint32]bool{}
		top, x := uint32(0), uint32(size)
		for range 20000 {
			x = x*1664525 + 1013904223
			seq := top + x>>16%uint32(size) - uint32(size)*2/3
			if x>>8%100 == 0 {
				seq = top + x>>10%20000
			}
			if int32(seq) <= 0 {
				seq = 1
			}
			want := !seen[seq] && (seq > top || top-seq < uint32(size))
			fail := w.Check(seq)
			if (fail == nil) != want {
				t.Fatalf("size %d, top %d: %d gives %v, want accepted %v", size, top, seq, fail, want)
			}
			if fail == nil {
				w.Accept(seq)
				seen[seq] = true
				top = max(top, seq)
			}
		}
	}
}
