package wire

import (
	"strconv"
	"strings"
)

// NodeAt returns the innermost leaf of n that holds the byte at off, nil when
// none does. Empty leaves hold no byte.
func (n *Node) NodeAt(off int) *Node {
	if n == nil || off < n.Off || off >= n.Off+n.Len {
		return nil
	}
	for _, k := range n.Kids {
		if f := k.NodeAt(off); f != nil {
			return f
		}
	}
	if len(n.Kids) > 0 {
		return nil
	}
	return n
}

// Path names target from n down: "tcp/flags/syn". A field that has elder
// siblings of the same name carries its number among them: "record#2/length".
// It returns "" when target is not below n, or n itself.
func (n *Node) Path(target *Node) string {
	var steps []string
	if !n.path(target, &steps) {
		return ""
	}
	for i, j := 0, len(steps)-1; i < j; i, j = i+1, j-1 {
		steps[i], steps[j] = steps[j], steps[i]
	}
	return strings.Join(steps, "/")
}

// path appends the steps from target up to n.
func (n *Node) path(target *Node, steps *[]string) bool {
	if n == target {
		return true
	}
	if i := index(n.Bits, target); i >= 0 {
		*steps = append(*steps, step(n.Bits, i))
		return true
	}
	for i, k := range n.Kids {
		if k.path(target, steps) {
			*steps = append(*steps, step(n.Kids, i))
			return true
		}
	}
	return false
}

// At returns the node that Path names, nil when there is none.
func (n *Node) At(path string) *Node {
	for path != "" && n != nil {
		var head string
		head, path, _ = strings.Cut(path, "/")
		if k := child(n.Bits, head); k != nil {
			n = k
			continue
		}
		n = child(n.Kids, head)
	}
	return n
}

func child(list []*Node, head string) *Node {
	for i, k := range list {
		if step(list, i) == head {
			return k
		}
	}
	return nil
}

func index(list []*Node, n *Node) int {
	for i, k := range list {
		if k == n {
			return i
		}
	}
	return -1
}

// step names list[i] among its siblings. A name of its own never holds the
// separators, so that a path reads back.
func step(list []*Node, i int) string {
	elder := 0
	for _, k := range list[:i] {
		if k.Name == list[i].Name {
			elder++
		}
	}
	name := pathName.Replace(list[i].Name)
	if elder > 0 {
		name += "#" + strconv.Itoa(elder+1)
	}
	return name
}

var pathName = strings.NewReplacer("/", "_", "#", "_")
