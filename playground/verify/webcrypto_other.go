//go:build !js

package verify

// HasWebCrypto reports whether WebCrypto is at hand.
func HasWebCrypto() bool { return false }

// Async does the checks that WebCrypto makes, and calls done. There is no
// WebCrypto here, and the trace's checks say so.
func (v *Run) Async(done func()) {
	v.withoutWebCrypto("WebCrypto does them again in the browser; there is none here")
	done()
}
