package dissect

import (
	"bytes"
	"strings"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// Explanation says what a field is, for somebody new and right for an expert.
type Explanation struct {
	Title  string  // "ClientHello / random"
	Text   string  // one line or two
	Ref    string  // "RFC 8446, Section 4.1.2"
	Filter string  // Wireshark's display filter name
	Terms  []Term  // what its words mean
	Inputs []Input // what the value was made of, or is
	UsedBy []Input // what was made of the value
}

// Input is one thing that a value was made of.
type Input struct {
	Name       string // "Secret", "Label", "nonce"
	Value      []byte
	Note       string   // "Transcript-Hash(ClientHello..ServerHello)"
	Secret     string   // ID of the secret it is, or ""
	Buffer     string   // ID of the buffer it is, or ""
	Random     string   // name of the run's random value it is, or ""
	Transcript []string // IDs of the handshake messages whose hash it is, in order
}

// Explain says what a node of a tab's tree is.
func Explain(t *trace.Trace, tab *Tab, node *wire.Node) Explanation {
	if node == nil || tab == nil {
		return Explanation{}
	}
	e := Explanation{Title: node.Name, Text: node.Note, Ref: node.Ref, Filter: node.Filter}
	if path := tab.Tree.Path(node); path != "" {
		e.Title = strings.ReplaceAll(path, "/", " / ")
	}
	if term, ok := Glossary(node.Name); ok {
		e.Terms = append(e.Terms, term)
		if e.Text == "" {
			e.Text = term.Text
		}
		if e.Ref == "" {
			e.Ref = term.Ref
		}
	}
	if t == nil {
		return e
	}
	e.Inputs = operation(t, sealer(t, tab, node))
	if v := value(tab, node); len(v) >= telling && len(bytes.Trim(v, "\x00")) > 0 {
		e.Inputs = append(e.Inputs, sameValue(t, v)...)
		if len(e.Inputs) == 0 {
			e.Inputs = madeMAC(t, v)
		}
		e.UsedBy = takenBy(t, v)
	}
	return e
}

// telling is how long a value that is not all zero must be at least for two
// equal ones to be no chance.
const telling = 8

// value returns the bytes of a leaf, nil for a group or a bit field.
func value(tab *Tab, node *wire.Node) []byte {
	if !node.Leaf() || node.Mask != 0 || node.Off < 0 || node.Off+node.Len > len(tab.Bytes) {
		return nil
	}
	return tab.Bytes[node.Off : node.Off+node.Len]
}

// sealer returns the buffer whose Crypt sealed the node's bytes: the one that
// they open to, or for an IV, a nonce, an ICV the one that their neighbours do.
func sealer(t *trace.Trace, tab *Tab, node *wire.Node) *trace.Buffer {
	if b := t.Buffer(node.Link); b != nil && b.Crypt != nil {
		return b
	}
	switch node.Name {
	case "IV", "ICV", "explicit_nonce", "nonce_explicit", "tag":
	default:
		return nil
	}
	var found *trace.Buffer
	tab.Tree.Walk(func(g *wire.Node, _ int) bool {
		mine := false
		for _, k := range g.Kids {
			mine = mine || k == node
		}
		for _, k := range g.Kids {
			if b := t.Buffer(k.Link); mine && b != nil && b.Crypt != nil {
				found = b
			}
		}
		return found == nil
	})
	return found
}

// operation lists what went into a buffer's cryptographic operation.
func operation(t *trace.Trace, b *trace.Buffer) []Input {
	if b == nil {
		return nil
	}
	c := b.Crypt
	name := c.Alg
	if c.Op == "signature" {
		return []Input{{Name: "algorithm", Note: name}, {Name: "public key", Value: c.Key, Note: "of the certificate"}, {Name: "over", Note: b.Name, Buffer: b.ID}}
	}
	if c.Op != "AEAD" && c.Op != "" {
		name += " (" + c.Op + ")"
	}
	list := []Input{{Name: "algorithm", Note: name}}
	if len(c.Key) > 0 || c.KeyID != "" {
		key := source(t, b.ID, Input{Name: "key", Value: c.Key}, c.KeyID)
		list = append(list, key)
	}
	for _, p := range []Input{
		{Name: "nonce", Value: c.Nonce},
		{Name: "additional data", Value: c.AAD, Note: "in the clear, but guarded against change"},
		{Name: "MAC key", Value: c.MACKey},
		{Name: "under the MAC", Value: c.MACIn},
		{Name: "MAC", Value: c.MAC},
	} {
		if p.Name == "nonce" && strings.HasPrefix(c.Op, "CBC") {
			p.Name = "IV"
		}
		if len(p.Value) > 0 {
			list = append(list, p)
		}
	}
	switch c.Op {
	case "signature", "HMAC":
		return append(list, Input{Name: "over", Note: b.Name, Buffer: b.ID})
	}
	return append(list, Input{Name: "plaintext", Buffer: b.ID})
}

// source says where an input is from. from is an ID of the trace, an ID within
// the engine that has beside, or the name of a random value.
func source(t *trace.Trace, beside string, in Input, from string) Input {
	if from == "" {
		return in
	}
	for _, id := range []string{from, prefix(beside) + from} {
		if s := secret(t, id); s != nil {
			in.Secret = id
			return in
		}
		if t.Buffer(id) != nil {
			in.Buffer = id
			return in
		}
	}
	for _, v := range t.Values {
		if v.Name == from {
			in.Random = from
			return in
		}
	}
	if in.Note == "" {
		in.Note = from
	}
	return in
}

// prefix returns node and conversation of an ID: "client/web/".
func prefix(id string) string {
	i := strings.IndexByte(id, '/')
	if i < 0 {
		return ""
	}
	j := strings.IndexByte(id[i+1:], '/')
	return id[:i+1+j+1]
}

func secret(t *trace.Trace, id string) *trace.Secret {
	for _, s := range t.Secrets {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// sameValue lists the run's random values and secrets that are v.
func sameValue(t *trace.Trace, v []byte) (list []Input) {
	for _, r := range t.Values {
		if bytes.Equal(r.Value, v) {
			list = append(list, Input{Name: "random value", Value: v, Random: r.Name, Note: pick(r.Pinned, "pinned by the scenario", "from the scenario's seed, by this name")})
		}
	}
	for _, s := range t.Secrets {
		if bytes.Equal(s.Value, v) {
			list = append(list, Input{Name: s.Name, Value: v, Secret: s.ID, Note: "as " + s.Owner + " derived it"})
		}
	}
	return list
}

// madeMAC lists what went into the signature or MAC that v is.
func madeMAC(t *trace.Trace, v []byte) []Input {
	for _, b := range t.Buffers {
		if b.Crypt != nil && bytes.Equal(b.Crypt.MAC, v) {
			return operation(t, b)
		}
	}
	return nil
}

// takenBy lists the secrets that were derived from v.
func takenBy(t *trace.Trace, v []byte) (list []Input) {
	for _, s := range t.Secrets {
		for _, p := range s.Inputs {
			if bytes.Equal(p.Value, v) {
				list = append(list, Input{Name: s.Name, Secret: s.ID, Note: "takes it as " + p.Name})
				break
			}
		}
	}
	return list
}

// param resolves one input of a secret.
func param(t *trace.Trace, s *trace.Secret, p engine.Param) Input {
	in := source(t, s.ID, Input{Name: p.Name, Value: p.Value, Note: p.Note}, p.From)
	if in.Secret == "" && in.Buffer == "" && in.Random == "" && len(p.Value) >= telling {
		in.Transcript = transcript(t, s, p.Value)
	}
	return in
}
