package dissect

import (
	"cipherglass/crypto/wire"
)

// espStart is as much of an ESP packet as can be read without its SA
// (RFC 4303, Section 2).
type espStart struct {
	spi, seq uint32
	rest     []byte
}

// Code visits SPI, sequence number and the rest.
func (e *espStart) Code(c *wire.Coder) {
	wire.U32(c, "SPI", &e.spi).Hex().SetFilter("esp.spi").SetRef("RFC 4303, Section 2.1")
	wire.U32(c, "Sequence Number", &e.seq).SetFilter("esp.sequence").SetRef("RFC 4303, Section 2.2")
	if c.Left() > 0 || len(e.rest) > 0 && !c.Decoding() {
		wire.Rest(c, "encrypted data", &e.rest).SetFilter("esp.encrypted_data").SetNote("no SA in this trace opens it, so nothing says where IV, data and ICV begin and end")
	}
}

func (f *framer) esp(b []byte, base int) []*wire.Node {
	return []*wire.Node{f.header("ESP", b, base, new(espStart), nil, LayerESP)}
}

func (f *framer) ah(b []byte, base int, a Around, depth int) []*wire.Node {
	return nil
}
