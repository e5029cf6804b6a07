package verify

import (
	"fmt"

	"cipherglass/crypto/engine"
	"cipherglass/playground/trace"
)

// receivers takes the word of each engine that opened, or refused, what
// another engine had sealed.
func receivers(v *Run) {
	for _, b := range v.t.Buffers {
		if b.Crypt == nil && b.How != engine.Rejected {
			continue
		}
		c := trace.Check{Scope: scopePacket, Packet: v.index.lastPacket(b.ID), By: b.Owner + receiving, Buffer: b.ID}
		switch b.How {
		case engine.Opened:
			c.Name, c.Answer = "opens", trace.Agreed
			c.Detail = fmt.Sprintf("%s opened it with %s: %d bytes", b.Owner, b.Crypt.Alg, len(b.Data))
			if b.Crypt.Op == "HMAC" {
				c.Detail = fmt.Sprintf("%s found the same %s ICV", b.Owner, b.Crypt.Alg)
			}
		case engine.Rejected:
			c.Name, c.Answer = "opens", trace.Disagreed
			c.Detail = b.Owner + " refused it: " + b.Why
		default:
			continue
		}
		v.add(c)
	}
	for _, e := range v.t.Events {
		if e.Kind != trace.KindChecked {
			continue
		}
		v.add(trace.Check{Scope: scopePacket, Packet: e.Packet, Name: e.Text, By: e.Node + receiving, Answer: answer(e.OK), Detail: e.Detail})
	}
}
