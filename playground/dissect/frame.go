package dissect

import (
	"cipherglass/crypto/wire"
	"cipherglass/playground/trace"
)

// frame describes a packet from its IP header on.
func (x *Index) frame(p *trace.Packet, made []*found) *wire.Node {
	return group("frame", leaf("packet", p.Bytes)).SetLayer(LayerIP)
}
