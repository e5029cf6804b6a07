package dissect

import (
	"fmt"
	"net/netip"

	"cipherglass/crypto/ipsec"
	"cipherglass/crypto/tls"
	"cipherglass/crypto/wire"
)

// summary is a header in one line, shown where it is folded away.
func summary(m wire.Message) string {
	switch m := m.(type) {
	case *IPv4:
		return fromTo(m.Src, m.Dst)
	case *IPv6:
		return fromTo(m.Src, m.Dst)
	case *TCP:
		return fmt.Sprintf("%d → %d [%s]", m.SrcPort, m.DstPort, m.flags())
	case *UDP:
		return fmt.Sprintf("%d → %d", m.SrcPort, m.DstPort)
	case *ICMP:
		return m.kind().name
	case *ipsec.ESPPacket:
		return fmt.Sprintf("SPI 0x%08x, number %d", m.SPI, m.Seq)
	case *ipsec.AHHeader:
		return fmt.Sprintf("SPI 0x%08x, number %d", m.SPI, m.Seq)
	case *tls.Record:
		return fmt.Sprintf("%s, %d bytes", tls.ContentTypeName(m.Type), len(m.Fragment))
	}
	return ""
}

func fromTo(src, dst []byte) string {
	a, ok := netip.AddrFromSlice(src)
	b, ok2 := netip.AddrFromSlice(dst)
	if !ok || !ok2 {
		return ""
	}
	return a.String() + " → " + b.String()
}
