package dissect

import (
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// Explanation says what a field is, for somebody new and right for an expert.
type Explanation struct {
	Title  string  // "server_hello / random"
	Text   string  // one line or two
	Ref    string  // "RFC 8446, Section 4.1.3"
	Filter string  // Wireshark's display filter name
	Inputs []Input // what the value was made of
}

// Input is one thing that a value was made of.
type Input struct {
	Name   string // "Secret", "Label", "nonce"
	Value  []byte
	Note   string // "Transcript-Hash(ClientHello..ServerHello)"
	Secret string // ID of the secret it is, or ""
	Buffer string // ID of the buffer it is, or ""
	Random string // name of the run's random value it is, or ""
}

// Explain says what node of tab is.
func Explain(t *trace.Trace, tab *Tab, node *wire.Node) Explanation {
	return Explanation{Title: node.Name, Text: node.Note, Ref: node.Ref, Filter: node.Filter}
}
