package run

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/playground/host"
	"cipherglass/playground/scenario"
	"cipherglass/playground/sim"
	"cipherglass/playground/trace"
)

// tcpConversation sends a number of bytes one way.
type tcpConversation struct {
	c      *scenario.Conversation
	got    []byte
	ended  bool
	failed *engine.Failure
}

func (r *Runner) startTCP(c *scenario.Conversation, from, to *sim.Node, addr netip.Addr) error {
	t := &tcpConversation{c: c}
	r.convs = append(r.convs, t)
	fail := func(node string, code *engine.Code, packet string, args ...any) {
		if t.failed == nil && !t.ended {
			t.failed = code.With(args...)
			r.rec.fail(r.net.Now(), node, c.Name, packet, t.failed)
		}
	}
	err := to.Listen(c.Name, uint16(c.Port), func(sim.Conn) sim.ConnEvents {
		return sim.ConnEvents{
			Received: func(_ sim.Conn, data []byte, _ string) { t.got = append(t.got, data...) },
			End: func(conn sim.Conn, packet string) {
				t.ended = true
				r.note(c.To, c.Name, packet, fmt.Sprintf("the application received %d bytes", len(t.got)))
				conn.CloseWrite()
			},
			Failed: func(_ sim.Conn, why, packet string) { fail(c.To, broken, packet, c.To, why) },
		}
	})
	if err != nil {
		return err
	}
	r.net.At(time.Duration(c.StartUS)*time.Microsecond, func() {
		connected := false
		from.Dial(c.Name, netip.AddrPortFrom(addr, uint16(c.Port)), sim.ConnEvents{
			Connected: func(conn sim.Conn, packet string) {
				connected = true
				conn.Write("data", host.Body(c.Size))
				conn.CloseWrite()
			},
			Failed: func(_ sim.Conn, why, packet string) {
				if !connected {
					fail(c.From, noConnection, packet, c.From, c.To, why)
					return
				}
				fail(c.From, broken, packet, c.From, why)
			},
		})
	})
	return nil
}

func (t *tcpConversation) result(r *Runner) (string, *engine.Failure) {
	want := host.Body(t.c.Size)
	switch {
	case t.failed != nil:
		return "", t.failed
	case !t.ended:
		return "", cutShort.With(t.c.To, len(t.got), t.c.Size, t.c.From)
	case !bytes.Equal(t.got, want):
		return "", badData.With(t.c.To, t.c.From, firstDifference(t.got, want))
	}
	return fmt.Sprintf("%s: TCP carried %d bytes, all arrived unchanged", t.c.Name, len(t.got)), nil
}

// udpConversation sends datagrams one way.
type udpConversation struct {
	c      *scenario.Conversation
	got    int
	wrong  *engine.Failure
	tooBig *engine.Failure
}

func (r *Runner) startUDP(c *scenario.Conversation, from, to *sim.Node, addr netip.Addr) error {
	t := &udpConversation{c: c}
	r.convs = append(r.convs, t)
	port := uint16(c.Port)
	body := host.Body(c.Size)
	_, err := to.UDP(c.Name, port, sim.UDPEvents{Received: func(_ *sim.UDPSocket, _ netip.AddrPort, data []byte, _ sim.Span, packet string) {
		t.got++
		if !bytes.Equal(data, body) && t.wrong == nil {
			t.wrong = badData.With(c.To, c.From, firstDifference(data, body))
			r.rec.fail(r.net.Now(), c.To, c.Name, packet, t.wrong)
			return
		}
		r.note(c.To, c.Name, packet, fmt.Sprintf("the application received a datagram of %d bytes", len(data)))
	}})
	if err != nil {
		return err
	}
	sock, err := from.UDP(c.Name, 0, sim.UDPEvents{Failed: func(_ *sim.UDPSocket, _ netip.AddrPort, why string, mtu int, packet string) {
		if mtu > 0 && t.tooBig == nil {
			t.tooBig = tooBig.With(c.From, datagramSize(addr, c.Size), mtu)
			r.rec.fail(r.net.Now(), c.From, c.Name, packet, t.tooBig)
			return
		}
		r.note(c.From, c.Name, packet, why)
	}})
	if err != nil {
		return err
	}
	for i := range c.Count {
		r.net.At(time.Duration(c.StartUS+i*c.GapUS)*time.Microsecond, func() {
			if err := sock.SendTo(fmt.Sprintf("datagram%d", i+1), netip.AddrPortFrom(addr, port), body, c.DF); err != nil {
				r.note(c.From, c.Name, "", err.Error())
			}
		})
	}
	return nil
}

func datagramSize(addr netip.Addr, payload int) int {
	if addr.Is6() {
		return payload + 48
	}
	return payload + 28
}

func (t *udpConversation) result(r *Runner) (string, *engine.Failure) {
	switch {
	case t.wrong != nil:
		return "", t.wrong
	case t.tooBig != nil:
		return "", t.tooBig
	case t.got < t.c.Count:
		return "", lostDatagram.With(t.c.Count-t.got, t.c.Count, t.c.From)
	}
	return fmt.Sprintf("%s: %d of %d datagrams arrived", t.c.Name, t.got, t.c.Count), nil
}

// pingConversation sends echo requests.
type pingConversation struct {
	c      *scenario.Conversation
	got    int
	wrong  *engine.Failure
	tooBig *engine.Failure
}

func (r *Runner) startPing(c *scenario.Conversation, from, _ *sim.Node, addr netip.Addr) error {
	t := &pingConversation{c: c}
	r.convs = append(r.convs, t)
	r.net.At(time.Duration(c.StartUS)*time.Microsecond, func() {
		from.Ping(c.Name, addr, c.Size, c.Count, time.Duration(c.GapUS)*time.Microsecond, c.DF, func(p sim.PingResult) {
			switch {
			case p.OK:
				t.got++
				r.note(c.From, c.Name, p.Packet, fmt.Sprintf("reply %d came after %.1f ms", p.Seq, float64(p.RTT.Microseconds())/1000))
			case p.MTU > 0 && t.tooBig == nil:
				t.tooBig = tooBig.With(c.From, datagramSize(addr, c.Size), p.MTU)
				r.rec.fail(r.net.Now(), c.From, c.Name, p.Packet, t.tooBig)
			case p.Other > 0 && t.wrong == nil:
				t.wrong = badEcho.With(c.From, p.Seq, c.To, p.Other)
				r.rec.fail(r.net.Now(), c.From, c.Name, p.Packet, t.wrong)
			default:
				r.note(c.From, c.Name, p.Packet, fmt.Sprintf("request %d: %s", p.Seq, p.Why))
			}
		})
	})
	return nil
}

func (t *pingConversation) result(r *Runner) (string, *engine.Failure) {
	switch {
	case t.wrong != nil:
		return "", t.wrong
	case t.tooBig != nil:
		return "", t.tooBig
	case t.got < t.c.Count:
		return "", noReply.With(t.c.Count-t.got, t.c.Count, t.c.From)
	}
	return fmt.Sprintf("%s: %d of %d pings answered", t.c.Name, t.got, t.c.Count), nil
}

// note records something a person wants to know.
func (r *Runner) note(node, conv, packet, text string) {
	r.rec.event(r.net.Now(), &trace.Event{Node: node, Conv: conv, Kind: trace.KindNote, Packet: packet, Text: text})
}
