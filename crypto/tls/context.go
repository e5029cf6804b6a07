package tls

import "cipherglass/crypto/wire"

// Context is what a message's bytes do not say. The zero value knows nothing:
// hellos and alerts can be read with it, other messages are then one leaf that
// says what is missing.
type Context struct {
	Version     uint16 // negotiated version, 0 if not known yet
	Suite       uint16 // negotiated cipher suite, 0 if not known yet
	FromServer  bool   // the server sent it
	ContentType uint8  // "tls.fragment": the record's content type
	Protected   bool   // "tls.record": the fragment is encrypted
}

// contextOf returns the visit's Context, the zero value if it has none.
func contextOf(c *wire.Coder) Context {
	switch x := c.Context.(type) {
	case Context:
		return x
	case *Context:
		if x != nil {
			return *x
		}
	}
	return Context{}
}
