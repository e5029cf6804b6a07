package ipsec

import "cipherglass/crypto/engine"

const (
	windowBlocks = 128 // a ring of words: RFC 6479, Section 2
	// MinWindow and MaxWindow bound the anti-replay window (RFC 4303, Section
	// 3.4.3: 32 at least, 64 by default).
	MinWindow     = 32
	MaxWindow     = 4096
	DefaultWindow = 64
)

// Window is the anti-replay window of an inbound SA, by the method of RFC
// 6479: a ring of words in which the window moves without shifting bits. The
// zero value is a window of DefaultWindow packets that has seen none.
type Window struct {
	size uint32
	top  uint32 // the highest number accepted
	ring [windowBlocks]uint64
}

// NewWindow returns a window of size packets; 0 is DefaultWindow.
func NewWindow(size int) (Window, *engine.Failure) {
	if size == 0 {
		size = DefaultWindow
	}
	if size < MinWindow || size > MaxWindow {
		return Window{}, BadSA.With("its anti-replay window is outside 32 to 4096 packets")
	}
	return Window{size: uint32(size)}, nil
}

// Size is the window's size in packets.
func (w *Window) Size() int {
	if w.size == 0 {
		return DefaultWindow
	}
	return int(w.size)
}

// Top is the highest sequence number accepted so far, the window's right edge.
func (w *Window) Top() uint32 { return w.top }

// Check returns nil when a packet with the number may be accepted. It changes
// nothing: that the packet is genuine is not known yet (RFC 4303, Section
// 3.4.3).
func (w *Window) Check(seq uint32) *engine.Failure {
	switch {
	case seq == 0: // a sender begins with 1
		return TooOld.With(seq, w.Size(), w.top)
	case seq > w.top:
		return nil
	case w.top-seq >= uint32(w.Size()):
		return TooOld.With(seq, w.Size(), w.top)
	case w.ring[seq/64%windowBlocks]&(1<<(seq%64)) != 0:
		return Replayed.With(seq)
	}
	return nil
}

// Accept notes a number that Check allowed, once the packet's ICV is verified.
func (w *Window) Accept(seq uint32) {
	if seq > w.top {
		for b, n := w.top/64, min(seq/64-w.top/64, windowBlocks); n > 0; n-- {
			b++
			w.ring[b%windowBlocks] = 0
		}
		w.top = seq
	}
	w.ring[seq/64%windowBlocks] |= 1 << (seq % 64)
}
