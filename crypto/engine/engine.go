// Package engine is the surface that every protocol engine has.
//
// An engine is sans-IO: Step takes what happened (bytes came, a timer went
// off, the application wants to write) and appends what follows from it, as
// data, to Effects. It reads no clock, draws no chance and starts no
// goroutine, so the same engine plays in the simulator, against a real peer
// over a socket, and in a fuzzer.
package engine

import "time"

// Engine is one end of a protocol.
type Engine interface {
	// Step handles one input at virtual time now, counted from the start of
	// the scenario, and appends to out what follows from it. An input that
	// the state does not allow gives a Failed effect, never a panic.
	Step(now time.Duration, in Input, out *Effects)
	// Deadline is when the engine wants a Timer input, ok false for never.
	Deadline() (at time.Duration, ok bool)
}

// Kind says what happened.
type Kind uint8

// The kinds of Input.
const (
	Start   Kind = iota + 1 // begin; a client sends its first message
	Receive                 // Data came from the peer, in order
	End                     // the peer's stream ended (FIN) or its connection was reset
	Timer                   // the Deadline is reached
	Write                   // the application wants Data sent
	Close                   // the application is done
	Do                      // a protocol command by name, Data its argument: "key_update"
)

// Input is one thing that happens to an engine.
type Input struct {
	Kind    Kind
	Data    []byte // Receive, Write; the engine keeps no reference to it after Step
	Command string // Do
}

// Effects collects what follows from a Step, in order. The zero value is
// ready; Reset reuses its space.
type Effects struct {
	List []Effect
}

// Reset empties e and keeps its space.
func (e *Effects) Reset() { e.List = e.List[:0] }

// Add appends one effect.
func (e *Effects) Add(f Effect) { e.List = append(e.List, f) }

// Effect is one of the types below.
type Effect interface{ effect() }

// Send asks for bytes to be sent to the peer. Label names their cause, unique
// in its engine ("flight1", "data1", "alert"); packets take their names from it.
type Send struct {
	Data  []byte
	Label string
}

// Deliver hands data to the application.
type Deliver struct{ Data []byte }

// State tells that the engine moved from one state to another, and why.
type State struct {
	From, To string // the RFC's names: "WAIT_SH"
	Why      string // "ServerHello chose TLS_AES_128_GCM_SHA256"
	Ref      string
}

// Connected tells that the handshake is complete; Summary names what was
// negotiated, one fact an entry, for people and for the second opinions.
type Connected struct{ Summary []Fact }

// Fact is a named value: {"cipher_suite", "TLS_AES_128_GCM_SHA256"}.
type Fact struct{ Name, Value string }

// Secret tells that a value was derived, with every input.
type Secret struct {
	ID     string  `json:"id"`   // unique within its engine: "client_handshake_traffic_secret"
	Name   string  `json:"name"` // the RFC's name
	Func   string  `json:"func"` // "HKDF-Expand-Label", "HKDF-Extract", "PRF", "X25519", ...: see kdf
	Hash   string  `json:"hash,omitempty"`
	Inputs []Param `json:"inputs"`
	Value  []byte  `json:"value"`
	Ref    string  `json:"ref,omitempty"`
	Keylog string  `json:"keylog,omitempty"` // its SSLKEYLOGFILE label, if it has one
}

// Param is one input of a derivation. From is the ID of the secret or buffer
// it is, or the named random value; Note says in words what it covers.
type Param struct {
	Name  string `json:"name"` // "Secret", "Label", "Context", "IKM", "salt"
	Value []byte `json:"value"`
	From  string `json:"from,omitempty"`
	Note  string `json:"note,omitempty"` // "Transcript-Hash(ClientHello..ServerHello)"
}

// Destroyed tells that secrets were erased, by ID.
type Destroyed struct {
	IDs []string
	Why string
}

// Made tells that bytes were sealed, opened or reassembled.
type Made struct{ Buffer Buffer }

// How a buffer came to be.
const (
	Sealed      = "sealed"      // plaintext, by its sender's word
	Opened      = "opened"      // plaintext, by its receiver's word
	Rejected    = "rejected"    // the receiver could not open it; Data is nil
	Reassembled = "reassembled" // pieces put together: a stream, a message, a datagram
	Composed    = "composed"    // written by its sender, before it was cut or sealed
)

// Buffer is bytes that are not on a link as such. Its pieces lead back to
// those that are: a Piece's Buffer is the ID of another buffer of the same
// engine, or In or Out, the stream (or the datagram) that the engine received
// or sent; run replaces both with packets.
type Buffer struct {
	ID      string  // unique within its engine: "in/record/3"
	Name    string  // "TLSInnerPlaintext", "ClientHello"
	How     string  // Sealed, Opened, ...
	Proto   string  // which description reads Data: "tls.record", "tls.handshake"
	Context any     // what the description needs beyond the bytes; a value type of the protocol's package
	Data    []byte  // nil when Rejected
	From    []Piece // where it comes from, in order
	Crypt   *Crypt  // the operation that sealed or opened it
	Why     string  // Rejected: why, in words
}

// In and Out name the byte streams of an engine in a Piece.
const (
	In  = "in"
	Out = "out"
)

// Piece is a run of bytes of another buffer.
type Piece struct {
	Buffer string
	Off    int
	Len    int
}

// Crypt is one cryptographic operation, complete enough to be done again by
// somebody else.
type Crypt struct {
	Op     string `json:"op"`  // "AEAD", "CBC+HMAC", "HMAC", "NULL+HMAC"
	Alg    string `json:"alg"` // "AES-128-GCM", "ChaCha20-Poly1305", "AES-128-CBC"
	Hash   string `json:"hash,omitempty"`
	KeyID  string `json:"key_id,omitempty"` // the Secret it is
	Key    []byte `json:"key,omitempty"`
	Nonce  []byte `json:"nonce,omitempty"` // AEAD nonce, or CBC's IV
	AAD    []byte `json:"aad,omitempty"`   // AEAD: additional data; HMAC: all that is authenticated before Plain
	MACKey []byte `json:"mac_key,omitempty"`
	MACLen int    `json:"mac_len,omitempty"` // bytes of the tag after truncation
	Plain  []byte `json:"plain,omitempty"`   // as it went into the cipher, padding included
	Cipher []byte `json:"cipher,omitempty"`  // as it came out; AEAD: with its tag
	MACIn  []byte `json:"mac_in,omitempty"`  // HMAC: all the bytes under the MAC, in order
	MAC    []byte `json:"mac,omitempty"`     // HMAC: the tag on the wire
}

// Checked tells the outcome of one check that the engine made of its peer.
type Checked struct {
	Name   string // "certificate validity", "Finished verify_data"
	OK     bool
	Detail string // the values compared, in words
	Ref    string
	Field  string // what it is about
}

// Failed tells that the protocol ended in a failure.
type Failed struct{ Failure *Failure }

// Closed tells that the engine is done and its stream may be ended.
type Closed struct{}

func (Send) effect()      {}
func (Deliver) effect()   {}
func (State) effect()     {}
func (Connected) effect() {}
func (Secret) effect()    {}
func (Destroyed) effect() {}
func (Made) effect()      {}
func (Checked) effect()   {}
func (Failed) effect()    {}
func (Closed) effect()    {}
