// Package tls does TLS 1.3 (RFC 8446) and TLS 1.2 (RFC 5246): its tables of
// code points, its messages, and both ends of the protocol as engines.
//
// The tables (tables_*.go, alert.go) are closed sets, one row each: form,
// field tree and negotiation all read them. The messages (msg_*.go,
// record_wire.go) are wire descriptions, so what is shown of a message is the
// decoder's own reading of its bytes.
package tls
