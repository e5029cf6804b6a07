package sim

import (
	"net/netip"
	"testing"
	"time"
)

func benchmarkTransfer(b *testing.B, size int) {
	b.ReportAllocs()
	b.SetBytes(int64(size))
	request, response := pattern(100, 1), pattern(size, 2)
	packets := 0
	for b.Loop() {
		n, client, server := pair(nil, nil, 1500)
		got := 0
		must(server.Listen("web", 443, func(c Conn) ConnEvents {
			return ConnEvents{Received: func(c Conn, data []byte, _ string) { c.Write("response", response); c.CloseWrite() }}
		}))
		client.Dial("web", netip.AddrPortFrom(bob, 443), ConnEvents{
			Connected: func(c Conn, _ string) { c.Write("request", request) },
			Received:  func(c Conn, data []byte, _ string) { got += len(data) },
			End:       func(c Conn, _ string) { c.CloseWrite() },
		})
		if n.Run(0); got != size {
			b.Fatalf("%d bytes came", got)
		}
		packets += n.Packets()
	}
	b.ReportMetric(float64(packets)/b.Elapsed().Seconds(), "packets/s")
}

func BenchmarkTransfer1MB(b *testing.B)  { benchmarkTransfer(b, 1<<20) }
func BenchmarkTransfer10MB(b *testing.B) { benchmarkTransfer(b, 10<<20) }

// BenchmarkEvents measures the queue alone: a thousand timers that go off in
// turn.
func BenchmarkEvents(b *testing.B) {
	n := New(nil, nil)
	count := 0
	var again func()
	again = func() {
		if count++; count <= b.N {
			n.After(1000, again)
		}
	}
	for i := range 1000 {
		n.After(time.Duration(i), again)
	}
	b.ResetTimer()
	n.Run(0)
	b.ReportMetric(float64(count)/b.Elapsed().Seconds(), "events/s")
}
