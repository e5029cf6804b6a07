//go:build !js

package verify

// HasWebCrypto reports whether WebCrypto is at hand.
func HasWebCrypto() bool { return false }

// Async does the checks that WebCrypto makes, and calls done: there is no
// WebCrypto here.
func (v *Run) Async(done func()) { done() }
