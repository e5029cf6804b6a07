package dissect

import (
	"bytes"
	"fmt"
	"strings"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/tls"
	"cipherglass/playground/sim"
	"cipherglass/playground/trace"
)

// Label is what the ladder says of a packet: what it carries, as far as
// somebody who held the keys could read it.
type Label struct {
	Text  string
	Layer string
	Tag   string
}

func (l Label) String() string { return l.Tag + " " + l.Text }

// Labels names what each packet carries, by the packet's name. A packet that
// no buffer speaks of keeps its own line.
func Labels(t *trace.Trace) map[string]Label {
	l := labeller{t: t, roots: make(map[string][]string), texts: make(map[string][]string), layers: make(map[string]string), who: make(map[string]string)}
	for _, b := range t.Buffers {
		if text, layer := lineOf(b); text != "" {
			for i, p := range l.packets(b.ID, 0) {
				l.add(b, p, text, layer, i > 0)
			}
		}
	}
	out := make(map[string]Label, len(t.Packets))
	for _, p := range t.Packets {
		layer, tag := LayerOf(p.Bytes)
		lab := Label{Layer: layer, Tag: tag, Text: plainInfo(p, tag)}
		name := p.Name
		if texts := l.texts[name]; len(texts) > 0 && !ipFragment(p.Bytes) {
			lab.Text = strings.Join(texts, ", ")
			if tag == "ESP" || tag == "AH" {
				lab.Text = sequence(p.Info) + lab.Text
			}
			if tag == "TLS" || tag == "TCP" {
				lab.Layer, lab.Tag = l.layers[name], "TLS"
			}
		} else if up, ok := out[p.Parent]; ok && p.Parent != "" && up.Tag == tag && sameBody(t.Packet(p.Parent), p) {
			lab = up // forwarded: what it carries is the same
		}
		out[p.Name] = lab
	}
	return out
}

type labeller struct {
	t      *trace.Trace
	roots  map[string][]string // buffer -> packets it was cut into or made of
	texts  map[string][]string
	layers map[string]string
	who    map[string]string // packet -> node whose word its line is
}

// packets lists the packets that a buffer's bytes travel in.
func (l *labeller) packets(id string, depth int) []string {
	if got, ok := l.roots[id]; ok || depth > 8 {
		return got
	}
	l.roots[id] = nil
	b := l.t.Buffer(id)
	if b == nil {
		return nil
	}
	var out []string
	for _, p := range b.From {
		list := []string{p.Buffer}
		if l.t.Packet(p.Buffer) == nil {
			list = l.packets(p.Buffer, depth+1)
		}
		for _, name := range list {
			if len(out) == 0 || out[len(out)-1] != name {
				out = append(out, name)
			}
		}
	}
	l.roots[id] = out
	return out
}

// add appends what a buffer is to its packet's line.
func (l *labeller) add(b *trace.Buffer, packet, text, layer string, rest bool) {
	p := l.t.Packet(packet)
	if p == nil || b.How == engine.Rejected {
		return
	}
	if rest {
		text += " (more)"
	}
	// The sender tells first. The receiver's word counts where the sender's is
	// not there: a changed or replayed packet.
	if l.who[packet] == "" {
		l.who[packet] = b.Owner
	}
	if l.who[packet] != b.Owner {
		return
	}
	l.texts[packet] = append(l.texts[packet], text)
	if l.layers[packet] == "" || layer == LayerHandshake {
		l.layers[packet] = layer
	}
}

// lineOf names a buffer in the line of its packet; "" for one that only wraps
// another.
func lineOf(b *trace.Buffer) (text, layer string) {
	switch b.Proto {
	case "tls.handshake":
		return b.Name, LayerHandshake
	case "tls.alert":
		if len(b.Data) == 2 {
			return "alert " + tls.AlertName(b.Data[1]), LayerTLS
		}
		return "alert", LayerTLS
	case "tls.record":
		if len(b.Data) > 0 && b.Data[0] == 20 {
			return "change_cipher_spec", LayerTLS
		}
	case "tls.appdata", "http":
		if line, ok := firstLine(b.Data); ok {
			return line, LayerApp
		}
		return fmt.Sprintf("application data, %d bytes", len(b.Data)), LayerApp
	case "ip":
		if b.How == engine.Reassembled {
			return "", "" // fragments put together: they are the packet, not in it
		}
		return sim.Info(b.Data), LayerESP
	}
	return "", ""
}

func firstLine(b []byte) (string, bool) {
	line, _, _ := bytes.Cut(b[:min(len(b), 60)], []byte("\r\n"))
	if len(line) < 4 {
		return "", false
	}
	for _, c := range line {
		if c < 32 || c > 126 {
			return "", false
		}
	}
	return string(line), true
}

// plainInfo is the packet's own line, without the layer that its tag says.
func plainInfo(p *trace.Packet, tag string) string {
	s := p.Info
	if s == "" {
		s = fmt.Sprintf("%d bytes", len(p.Bytes))
	}
	if ipFragment(p.Bytes) {
		_, s, _ = strings.Cut(s, " ") // "IPv4"
		return s
	}
	return strings.TrimPrefix(s, tag+" ")
}

// ipFragment reports an IPv4 fragment.
func ipFragment(b []byte) bool {
	return len(b) >= 20 && b[0]>>4 == 4 && (b[6]&0x3f != 0 || b[7] != 0)
}

// sequence is the part of an ESP or AH packet's line that says its number.
func sequence(info string) string {
	if _, rest, ok := strings.Cut(info, "seq "); ok {
		n := strings.IndexFunc(rest+" ", func(r rune) bool { return r < '0' || r > '9' })
		return "seq " + rest[:n] + " · "
	}
	return ""
}

// sameBody reports whether one packet is the other as a router passes it on.
func sameBody(a, b *trace.Packet) bool {
	return a != nil && len(a.Bytes) == len(b.Bytes) && len(a.Bytes) > 40 && bytes.Equal(a.Bytes[28:], b.Bytes[28:])
}

// LayerOf tells the innermost layer that can be told from a packet's own
// bytes, and its name.
func LayerOf(b []byte) (layer, tag string) {
	proto, body := transport(b)
	switch proto {
	case 1:
		return LayerICMP, "ICMP"
	case 58:
		return LayerICMP, "ICMPv6"
	case 17:
		return LayerUDP, "UDP"
	case 50:
		return LayerESP, "ESP"
	case 51:
		return LayerAH, "AH"
	case 6:
		data := tcpData(body)
		if len(data) >= 3 && data[1] == 3 && data[0] >= 20 && data[0] <= 23 {
			if data[0] == 22 {
				return LayerHandshake, "TLS"
			}
			return LayerTLS, "TLS"
		}
		return LayerTCP, "TCP"
	}
	if len(b) > 0 && b[0]>>4 == 6 {
		return LayerIP, "IPv6"
	}
	return LayerIP, "IPv4"
}

// transport returns the protocol number that follows the IP header, and its
// bytes; a fragment that is not the first has none.
func transport(b []byte) (int, []byte) {
	if len(b) < 20 {
		return -1, nil
	}
	switch b[0] >> 4 {
	case 4:
		hl := int(b[0]&15) * 4
		if hl < 20 || hl > len(b) {
			return -1, nil
		}
		if b[6]&0x1f != 0 || b[7] != 0 {
			return -1, nil
		}
		return int(b[9]), b[hl:]
	case 6:
		if len(b) < 40 {
			return -1, nil
		}
		return int(b[6]), b[40:]
	}
	return -1, nil
}

func tcpData(b []byte) []byte {
	if len(b) < 20 {
		return nil
	}
	off := int(b[12]>>4) * 4
	if off < 20 || off > len(b) {
		return nil
	}
	return b[off:]
}

// BareACK reports a TCP segment with ACK alone set and no data.
func BareACK(b []byte) bool {
	proto, body := transport(b)
	return proto == 6 && len(body) >= 20 && body[13] == 0x10 && len(tcpData(body)) == 0
}
