package dissect

import "cipherglass/crypto/wire"

// Option is one option of an IPv4 or TCP header: a kind alone (0 and 1), or a
// kind, a length that counts all of the option, and data. After kind 0 the
// rest of the header is padding, kept in Data.
type Option struct {
	Kind   uint8
	Data   []byte
	Number uint32 // the value of an option that is one number
	Second uint32 // TCP Timestamps: the echoed one
	Blocks []SACKBlock
}

// SACKBlock is a range of sequence numbers that arrived (RFC 2018, Section 3).
type SACKBlock struct{ Left, Right uint32 }

type optionRow struct {
	kind      uint8
	name, ref string
}

type optionTable []optionRow

func (t optionTable) row(kind uint8) optionRow {
	for _, r := range t {
		if r.kind == kind {
			return r
		}
	}
	return optionRow{kind: kind, name: "Option"}
}

// options visits options up to the end of the group.
func options(c *wire.Coder, list *[]Option, table *optionTable) {
	kindFilter, lenFilter := "ip.opt.type", "ip.opt.len"
	if table == &tcpOptions {
		kindFilter, lenFilter = "tcp.option_kind", "tcp.option_len"
	}
	wire.List(c, list, func(o *Option) {
		g := c.Group("Option", func() {
			row := optionRow{}
			kind := wire.U8(c, "Kind", &o.Kind)
			row = table.row(o.Kind)
			kind.Enum(func(uint64) string { return row.name }).SetFilter(kindFilter).SetRef(row.ref)
			switch o.Kind {
			case 0:
				if c.Left() > 0 || !c.Decoding() && len(o.Data) > 0 {
					wire.Rest(c, "padding", &o.Data)
				}
				return
			case 1:
				return
			}
			c.Length("Length", 1, 0).SetFilter(lenFilter)
			if table == &tcpOptions && tcpOption(c, o) {
				return
			}
			wire.Rest(c, "Data", &o.Data)
		})
		if g != nil {
			if row := table.row(o.Kind); row.name != "Option" {
				g.Name = row.name
			}
		}
	})
}
