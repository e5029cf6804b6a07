package trace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sort"
	"time"

	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// Block types and codes of pcapng (draft-ietf-opsawg-pcapng, Section 4).
const (
	blockEnhancedPacket    = 6
	blockDecryptionSecrets = 10
	secretsTLSKeyLog       = 0x544c534b // "TLSK"
	optComment             = 1
)

// WritePcapng writes the packets as a capture: one interface a link, raw IP,
// times counted from the scenario's clock. Every packet stands as it was sent
// on its link, also one that was lost, with its name and fate as a comment.
// The TLS secrets come first, so that Wireshark opens the records.
func WritePcapng(w io.Writer, t *Trace) error {
	// Fixed texts: pcapgo would put the machine's own there.
	options := pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{
		Hardware: "simulated", OS: "simulated", Application: "Cipherglass",
	}}
	links := linkNames(t)
	ng, err := pcapgo.NewNgWriterInterface(w, rawIP(links[0]), options)
	if err != nil {
		return err
	}
	index := map[string]int{}
	for i, name := range links {
		index[name] = i
		if i == 0 {
			continue // made with the section
		}
		if _, err := ng.AddInterface(rawIP(name)); err != nil {
			return err
		}
	}
	if err := ng.Flush(); err != nil {
		return err
	}
	var keys bytes.Buffer
	if err := WriteKeylog(&keys, t); err != nil {
		return err
	}
	if keys.Len() > 0 {
		if _, err := w.Write(secretsBlock(keys.Bytes())); err != nil {
			return err
		}
	}
	start := t.Start()
	for _, p := range byTime(t.Packets) {
		if _, err := w.Write(packetBlock(index[p.Link], start.Add(p.Time), p)); err != nil {
			return err
		}
	}
	return nil
}

// Start is the wall time at virtual time 0: the scenario's clock, or 1970.
func (t *Trace) Start() time.Time {
	if t.Scenario != nil {
		if at, err := time.Parse(time.RFC3339, t.Scenario.Clock); err == nil {
			return at.UTC()
		}
	}
	return time.Unix(0, 0).UTC()
}

// linkNames lists the trace's links, and those that only packets name; at
// least one, since a capture needs an interface.
func linkNames(t *Trace) []string {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, l := range t.Links {
		add(l.Name)
	}
	for _, p := range t.Packets {
		add(p.Link)
	}
	if len(names) == 0 {
		add("link")
	}
	return names
}

func rawIP(name string) pcapgo.NgInterface {
	return pcapgo.NgInterface{Name: name, LinkType: layers.LinkTypeRaw, TimestampResolution: 9}
}

func byTime(packets []*Packet) []*Packet {
	out := append([]*Packet(nil), packets...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Time < out[j].Time })
	return out
}

// secretsBlock is a Decryption Secrets Block (Section 4.7). pcapgo has none.
func secretsBlock(keylog []byte) []byte {
	body := binary.LittleEndian.AppendUint32(nil, secretsTLSKeyLog)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(keylog)))
	return block(blockDecryptionSecrets, pad(append(body, keylog...)))
}

// packetBlock is an Enhanced Packet Block (Section 4.3) with a comment, which
// pcapgo cannot write. The times are in nanoseconds, as rawIP's interfaces say.
func packetBlock(link int, at time.Time, p *Packet) []byte {
	ts := uint64(at.UnixNano())
	body := binary.LittleEndian.AppendUint32(nil, uint32(link))
	body = binary.LittleEndian.AppendUint32(body, uint32(ts>>32))
	body = binary.LittleEndian.AppendUint32(body, uint32(ts))
	body = binary.LittleEndian.AppendUint32(body, uint32(len(p.Bytes)))
	body = binary.LittleEndian.AppendUint32(body, uint32(len(p.Bytes)))
	body = pad(append(body, p.Bytes...))
	comment := p.Name + ": " + p.Fate
	if p.Why != "" {
		comment += ", " + p.Why
	}
	if len(comment) > 1<<15 {
		comment = comment[:1<<15]
	}
	body = binary.LittleEndian.AppendUint16(body, optComment)
	body = binary.LittleEndian.AppendUint16(body, uint16(len(comment)))
	body = pad(append(body, comment...))
	return block(blockEnhancedPacket, append(body, 0, 0, 0, 0)) // end of options
}

func block(kind uint32, body []byte) []byte {
	size := uint32(len(body) + 12)
	out := binary.LittleEndian.AppendUint32(nil, kind)
	out = binary.LittleEndian.AppendUint32(out, size)
	out = append(out, body...)
	return binary.LittleEndian.AppendUint32(out, size)
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// WriteKeylog writes the TLS secrets in the SSLKEYLOGFILE format (RFC 9850):
// label, client random, secret. Both ends derive the same; each stands once.
func WriteKeylog(w io.Writer, t *Trace) error {
	seen := map[string]bool{}
	for _, s := range t.Secrets {
		if s.Keylog == "" || len(s.ClientRandom) == 0 {
			continue
		}
		line := fmt.Sprintf("%s %x %x\n", s.Keylog, s.ClientRandom, s.Value)
		if seen[line] {
			continue
		}
		seen[line] = true
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}
