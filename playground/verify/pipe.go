package verify

import (
	"io"
	"net"
	"sync"
	"time"
)

// pipe returns the two ends of a connection in memory. Writes never block,
// unlike those of net.Pipe, over which both ends of a handshake can wait for
// each other; and when both ends read and nothing is under way, the stream
// ends for both, since neither would ever hear from the other.
func pipe() (a, b *pipeEnd) {
	w := &wire{}
	w.more = sync.NewCond(&w.mu)
	x, y := &half{}, &half{}
	return &pipeEnd{w: w, in: x, out: y}, &pipeEnd{w: w, in: y, out: x}
}

type wire struct {
	mu   sync.Mutex
	more *sync.Cond
}

type half struct {
	data    []byte
	closed  bool
	waiting bool // its reader waits
}

type pipeEnd struct {
	w       *wire
	in, out *half
}

func (p *pipeEnd) Read(b []byte) (int, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	for len(p.in.data) == 0 {
		if p.in.closed {
			return 0, io.EOF
		}
		if p.out.waiting && len(p.out.data) == 0 && !p.out.closed {
			p.in.closed, p.out.closed = true, true
			p.w.more.Broadcast()
			return 0, io.EOF
		}
		p.in.waiting = true
		p.w.more.Wait()
		p.in.waiting = false
	}
	n := copy(b, p.in.data)
	p.in.data = p.in.data[n:]
	return n, nil
}

func (p *pipeEnd) Write(b []byte) (int, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if p.out.closed {
		return 0, io.ErrClosedPipe
	}
	p.out.data = append(p.out.data, b...)
	p.w.more.Broadcast()
	return len(b), nil
}

// Close ends both streams; what is in them can still be read.
func (p *pipeEnd) Close() error {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.in.closed, p.out.closed = true, true
	p.w.more.Broadcast()
	return nil
}

// closeWrite ends the stream that p sends; what is in it can still be read.
func (p *pipeEnd) closeWrite() {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.out.closed = true
	p.w.more.Broadcast()
}

func (p *pipeEnd) LocalAddr() net.Addr              { return pipeAddr{} }
func (p *pipeEnd) RemoteAddr() net.Addr             { return pipeAddr{} }
func (p *pipeEnd) SetDeadline(time.Time) error      { return nil }
func (p *pipeEnd) SetReadDeadline(time.Time) error  { return nil }
func (p *pipeEnd) SetWriteDeadline(time.Time) error { return nil }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "memory" }
func (pipeAddr) String() string  { return "memory" }
