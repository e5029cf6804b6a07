package app

import (
	"fmt"
	"strings"

	"cipherglass/crypto/wire"
	"cipherglass/playground/dissect"
	"cipherglass/playground/trace"
)

// Inspection is what the inspector shows of the selection.
type Inspection struct {
	Packet *trace.Packet  // nil when an event is selected
	Events []*trace.Event // else its events
	View   *dissect.View
	Tab    *dissect.Tab
	Path   string // of Node
	Node   *wire.Node
	Byte   int
	Checks bool // all second opinions are selected

	folded  map[string]bool
	differs []bool // bytes that differ from the run before; nil for none
	isNew   bool   // the tab is new in this run
}

// EveryCheck is the row, on no ladder, that selects all second opinions.
const EveryCheck = "checks"

// Inspect opens the selection. It returns nil before the first run, or when
// the run is empty.
func Inspect(s *State) *Inspection {
	if s.Trace == nil {
		return nil
	}
	sel := s.Selection
	in := &Inspection{Byte: sel.Byte}
	if sel.Row == EveryCheck {
		in.Checks = true
		return in
	}
	if in.Packet = s.Trace.Packet(sel.Row); in.Packet == nil {
		in.Events = eventsOf(s, sel.Row)
		if in.Events == nil {
			return nil
		}
		return in
	}
	in.View = s.Index.Packet(sel.Row)
	if in.View == nil {
		return nil
	}
	in.Tab = &in.View.Tabs[0]
	if sel.Tab != "" {
		if t := in.View.Tab(sel.Tab); t != nil {
			in.Tab = t
		}
	}
	in.folded = s.View.Folded[in.Tab.Proto]
	if sel.Node != "" {
		in.Node = NodeAtPath(in.Tab.Tree, sel.Node)
		if in.Node != nil {
			in.Path = sel.Node
		}
	}
	if s.Base != nil {
		in.compare(s.Base)
	}
	if up := s.Trace.Packet(in.Packet.Parent); in.Tab.ID == dissect.FrameID && up != nil && up.Fate == trace.Rewritten && len(up.Bytes) == len(in.Packet.Bytes) {
		in.against(up.Bytes) // a changed copy differs from what was sent
	}
	return in
}

func (in *Inspection) compare(base *trace.Trace) {
	if in.Tab.ID == dissect.FrameID {
		if old := base.Packet(in.Packet.Name); old != nil {
			in.against(old.Bytes)
		} else {
			in.isNew = true // what is new as a whole is marked as a whole
		}
		return
	}
	if old := base.Buffer(in.Tab.ID); old != nil {
		in.against(old.Data)
	} else {
		in.isNew = true
	}
}

// against marks the bytes that differ from what they were.
func (in *Inspection) against(old []byte) {
	in.isNew, in.differs = false, nil
	for _, r := range trace.ChangedBytes(old, in.Tab.Bytes) {
		if in.differs == nil {
			in.differs = make([]bool, len(in.Tab.Bytes))
		}
		for i := r.Off; i < r.Off+r.Len && i < len(in.differs); i++ {
			in.differs[i] = true
		}
	}
}

// ByteChanged reports whether the byte differs from the run before.
func (in *Inspection) ByteChanged(off int) bool {
	return off >= 0 && off < len(in.differs) && in.differs[off]
}

// New reports that the tab's bytes are new in this run as a whole.
func (in *Inspection) New() bool { return in.isNew }

func (in *Inspection) changed(n *wire.Node) bool {
	for i := n.Off; i < n.Off+n.Len && in.differs != nil; i++ {
		if in.ByteChanged(i) {
			return true
		}
	}
	return false
}

// Range is the run of bytes that the selected node covers, length 0 for none.
func (in *Inspection) Range() (off, n int) {
	if in.Node == nil {
		return 0, 0
	}
	return in.Node.Off, in.Node.Len
}

// TreeRow is one visible line of the field tree.
type TreeRow struct {
	Node    *wire.Node
	Path    string
	Depth   int
	Layer   string
	Parent  bool // has fields of its own
	Open    bool
	Changed bool
	Bad     bool // it, or something inside that is folded away, is wrong
	Pos     int  // among its siblings, from 1
	Set     int  // siblings in all
}

// TreeRows lists the visible lines of the tab's tree.
func (in *Inspection) TreeRows() []TreeRow {
	if in.Tab == nil || in.Tab.Tree == nil {
		return nil
	}
	var rows []TreeRow
	root := in.Tab.Tree
	layer := root.Layer
	if layer == "" {
		layer = in.Tab.Layer
	}
	kids := []*wire.Node{root}
	if len(root.Kids) > 0 && in.Tab.ID == dissect.FrameID {
		kids = root.Kids // the frame itself is the tab
	}
	in.rows(&rows, kids, nil, "", 0, layer)
	return rows
}

func (in *Inspection) rows(rows *[]TreeRow, kids, bits []*wire.Node, parent string, depth int, layer string) {
	seen := make(map[string]int)
	all := len(kids) + len(bits)
	for i := range all {
		var n *wire.Node
		if i < len(bits) {
			n = bits[i]
		} else {
			n = kids[i-len(bits)]
		}
		path := step(parent, n.Name, seen)
		l := layer
		if n.Layer != "" {
			l = n.Layer
		}
		r := TreeRow{
			Node: n, Path: path, Depth: depth, Layer: l, Parent: len(n.Kids)+len(n.Bits) > 0,
			Changed: in.changed(n), Pos: i + 1, Set: all,
		}
		r.Open = r.Parent && in.open(path, depth, n)
		r.Bad = n.Bad != "" || !r.Open && broken(n)
		*rows = append(*rows, r)
		if r.Open {
			in.rows(rows, n.Kids, n.Bits, path, depth+1, l)
		}
	}
}

// open says whether a node's fields are shown: as somebody chose, else the
// outer two levels, and whatever leads to something wrong.
func (in *Inspection) open(path string, depth int, n *wire.Node) bool {
	if open, ok := in.folded[path]; ok {
		return open
	}
	if n != nil && len(n.Kids) > 0 && broken(n) {
		return true
	}
	if n != nil && len(n.Bits) > 0 {
		return false
	}
	if in.Tab.ID == dissect.FrameID && depth == 0 && n != nil {
		// Of a frame, what it carries: its headers say in a line what they are.
		kids := in.Tab.Tree.Kids
		return len(kids) == 0 || n == kids[len(kids)-1] || n.Layer != dissect.LayerIP && n.Layer != dissect.LayerTCP && n.Layer != dissect.LayerUDP
	}
	return depth < 2
}

func broken(n *wire.Node) bool {
	bad := false
	n.Walk(func(k *wire.Node, _ int) bool {
		bad = bad || k.Bad != ""
		return !bad
	})
	return bad
}

// step extends a path by a field's name; a name that occurs again gets a
// number.
func step(parent, name string, seen map[string]int) string {
	seen[name]++
	name = strings.ReplaceAll(name, "/", "∕")
	if n := seen[name]; n > 1 {
		name = fmt.Sprintf("%s#%d", name, n)
	}
	if parent == "" {
		return name
	}
	return parent + "/" + name
}

// NodeAtPath follows a path of TreeRows, nil when it leads nowhere.
func NodeAtPath(root *wire.Node, path string) *wire.Node {
	var found *wire.Node
	walkPaths(root, func(n *wire.Node, p string) bool {
		if p == path {
			found = n
		}
		return found == nil && (path == p || strings.HasPrefix(path, p+"/"))
	})
	return found
}

// PathAt is the path of the innermost field that holds the byte.
func PathAt(root *wire.Node, off int) string {
	at := ""
	walkPaths(root, func(n *wire.Node, p string) bool {
		if off < n.Off || off >= n.Off+n.Len || n.Mask != 0 {
			return false
		}
		at = p
		return true
	})
	return at
}

// walkPaths visits a tree with the paths that TreeRows gives.
func walkPaths(root *wire.Node, visit func(n *wire.Node, path string) bool) {
	if root == nil {
		return
	}
	var down func(kids, bits []*wire.Node, parent string)
	down = func(kids, bits []*wire.Node, parent string) {
		seen := make(map[string]int)
		for _, list := range [2][]*wire.Node{bits, kids} {
			for _, n := range list {
				if p := step(parent, n.Name, seen); visit(n, p) {
					down(n.Kids, n.Bits, p)
				}
			}
		}
	}
	if root.Name == "frame" && len(root.Kids) > 0 {
		down(root.Kids, nil, "")
		return
	}
	down([]*wire.Node{root}, nil, "")
}

// ChecksOf lists the second opinions on a packet: on its headers on this link,
// and on what it carries, whichever link that was opened behind.
func ChecksOf(t *trace.Trace, packet string) []*trace.Check {
	var list []*trace.Check
	p := t.Packet(packet)
	for _, c := range t.Checks {
		if c.Packet == packet {
			list = append(list, c)
			continue
		}
		if other := t.Packet(c.Packet); p != nil && other != nil && aboutContents(c) && other.Cause() == p.Cause() {
			list = append(list, c)
		}
	}
	return list
}

// SecretByID finds a secret, nil when the run has none of that ID.
func SecretByID(t *trace.Trace, id string) *trace.Secret {
	for _, s := range t.Secrets {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// EventOfSecret is the row key of the event that derived a secret.
func EventOfSecret(t *trace.Trace, id string) string {
	for i, e := range t.Events {
		if e.Secret == id && e.Kind == trace.KindSecret {
			return EventKeys(t)[i]
		}
	}
	return ""
}

// PacketOfBuffer is a packet whose view has the buffer as a tab: the first
// that its pieces lead to.
func PacketOfBuffer(t *trace.Trace, id string) string {
	for range 16 {
		b := t.Buffer(id)
		if b == nil || len(b.From) == 0 {
			return ""
		}
		if t.Packet(b.From[0].Buffer) != nil {
			return b.From[0].Buffer
		}
		id = b.From[0].Buffer
	}
	return ""
}

// Has reports whether a row is, or holds, what is named.
func (r *Row) Has(id string, t *trace.Trace) bool {
	if r.ID == id {
		return true
	}
	if r.Packet != nil || len(r.Events) < 2 || !strings.HasPrefix(id, "event:") {
		return false
	}
	return strings.HasPrefix(id, "event:"+t.Events[r.Events[0]].Node+"/") && containsEvent(t, r.Events, id)
}

func containsEvent(t *trace.Trace, events []int, id string) bool {
	keys := EventKeys(t)
	for _, i := range events {
		if keys[i] == id {
			return true
		}
	}
	return false
}

// eventsOf returns the events of the row that holds the named event, that one
// first.
func eventsOf(s *State, id string) []*trace.Event {
	t := s.Trace
	keys := EventKeys(t)
	at := -1
	for i, k := range keys {
		if k == id {
			at = i
		}
	}
	if at < 0 {
		return nil
	}
	for _, r := range Rows(s) {
		if r.Packet != nil {
			continue
		}
		for _, i := range r.Events {
			if i == at {
				out := []*trace.Event{t.Events[at]}
				for _, j := range r.Events {
					if j != at {
						out = append(out, t.Events[j])
					}
				}
				return out
			}
		}
	}
	return []*trace.Event{t.Events[at]}
}

// PathOf is the path of the field that covers exactly n bytes from off, the
// outermost when several do; "" when none does.
func PathOf(root *wire.Node, off, n int) string {
	at := ""
	walkPaths(root, func(k *wire.Node, p string) bool {
		if at == "" && k.Off == off && k.Len == n && k.Mask == 0 {
			at = p
		}
		return at == "" && k.Off <= off && off+n <= k.Off+k.Len
	})
	return at
}
