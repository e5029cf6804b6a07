package verify

import (
	"strings"

	"cipherglass/crypto/engine"
	"cipherglass/playground/trace"
)

// cryptTask is one operation or derivation to be done again.
type cryptTask struct {
	buffer *trace.Buffer
	secret *trace.Secret
}

// cryptTasks lists every buffer whose operation is recorded in full, and every
// secret that a function of cryptography derived from inputs. What both ends
// record alike is done once, for its receiver.
func cryptTasks(v *Run) []cryptTask {
	var list []cryptTask
	received := map[string]bool{}
	for _, b := range v.t.Buffers {
		if b.Crypt != nil && (b.How == engine.Opened || b.How == engine.Reassembled) {
			received[operands(b.Crypt)] = true
		}
	}
	for _, b := range v.t.Buffers {
		if b.Crypt == nil || (b.How == engine.Sealed || b.How == engine.Composed) && received[operands(b.Crypt)] {
			continue
		}
		list = append(list, cryptTask{buffer: b})
	}
	seen := map[string]bool{}
	for _, s := range v.t.Secrets {
		id := derivation(s)
		if !derived(s.Func) || seen[id] {
			continue
		}
		seen[id] = true
		list = append(list, cryptTask{secret: s})
	}
	return list
}

// derived reports whether a Func is worth somebody's second opinion: bytes cut
// from others or put together (see package kdf) are not, nor what was given.
func derived(fn string) bool { return fn != "manual" && fn != "concat" && fn != "slice" }

func operands(c *engine.Crypt) string {
	return strings.Join([]string{c.Op, c.Alg, string(c.Key), string(c.Nonce), string(c.AAD), string(c.Plain), string(c.Cipher), string(c.MACIn), string(c.MAC)}, "\x00")
}

func derivation(s *trace.Secret) string {
	parts := []string{s.Func, s.Hash, string(s.Value)}
	for _, p := range s.Inputs {
		parts = append(parts, p.Name, string(p.Value))
	}
	return strings.Join(parts, "\x00")
}

// operation names what is checked of a buffer's operation.
func operation(b *trace.Buffer) string {
	name := b.Crypt.Alg
	switch b.Crypt.Op {
	case "AEAD":
		name += " ciphertext and tag"
	case "CBC+HMAC":
		name += " ciphertext and HMAC"
	case "HMAC", "NULL+HMAC":
		name += " ICV"
	case "signature":
		name += " signature"
	}
	if b.How == engine.Rejected {
		name += ", which " + b.Owner + " refused"
	}
	return name
}

// refusedTag reports whether the receiver refused a buffer because of its tag,
// and not of what it found once that was right.
func (v *Run) refusedTag(b *trace.Buffer) bool {
	if b.How != engine.Rejected || b.Crypt == nil || b.Crypt.Plain != nil {
		return false
	}
	if strings.HasPrefix(b.Proto, "tls.") {
		return true
	}
	packet := v.index.lastPacket(b.ID)
	for _, e := range v.t.Events {
		if e.Kind == trace.KindChecked && e.Node == b.Owner && e.Packet == packet && e.Text == "ICV" && !e.OK {
			return true
		}
	}
	return false
}

// withoutWebCrypto says once that nobody could do the operations again.
func (v *Run) withoutWebCrypto(why string) {
	if len(cryptTasks(v)) == 0 {
		return
	}
	v.add(trace.Check{Scope: scopeScenario, Name: "tags, MACs, signatures and key derivations", By: byWebCrypto, Detail: why})
}
