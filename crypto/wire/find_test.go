package wire_test

import (
	"testing"

	"cipherglass/crypto/wire"
)

func TestPathAndNodeAt(t *testing.T) {
	b, err := wire.Encode(sample(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := wire.Tree("m", b, new(packet), nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	tree.Walk(func(n *wire.Node, _ int) bool {
		path := tree.Path(n)
		if seen[path] {
			t.Errorf("two nodes are called %q", path)
		}
		seen[path] = true
		if got := tree.At(path); got != n {
			t.Errorf("%q leads to another node", path)
		}
		return true
	})
	for _, want := range []string{"header/word/ihl", "items/item#2/type", "extra/data"} {
		if !seen[want] {
			t.Errorf("no node is called %q", want)
		}
	}
	if tree.Path(&wire.Node{}) != "" || tree.At("header/none") != nil || tree.At("none/word") != nil {
		t.Error("a node that is not there was found")
	}
	for off := range b {
		n := tree.NodeAt(off)
		if n == nil || !n.Leaf() || off < n.Off || off >= n.Off+n.Len {
			t.Errorf("byte %d lies in %+v", off, n)
		}
	}
	if tree.NodeAt(-1) != nil || tree.NodeAt(len(b)) != nil {
		t.Error("a byte outside lies in a node")
	}
}
