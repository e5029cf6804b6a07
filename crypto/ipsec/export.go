package ipsec

import (
	"encoding/hex"
	"fmt"
)

// WiresharkLine is the SA's line in Wireshark's esp_sa table (the part after
// "uat:esp_sa:"), v6 telling which IP version its packets have. ok is false
// when Wireshark cannot read it: AH, or a transform that it lacks.
func (sa *SA) WiresharkLine(v6 bool) (line string, ok bool) {
	if sa.p.Protocol != ESP || sa.encr.Tshark == "" {
		return "", false
	}
	ip := "IPv4"
	if v6 {
		ip = "IPv6"
	}
	encr := append(append([]byte(nil), sa.p.Keys.Encr...), sa.p.Keys.Salt...)
	return fmt.Sprintf(`"%s","*","*","%s","%s","%s","%s","%s"`, ip, sa.SPIText(),
		sa.encr.Tshark, hexKey(encr), sa.integ.Tshark, hexKey(sa.p.Keys.Integ)), true
}

func hexKey(k []byte) string {
	if len(k) == 0 {
		return ""
	}
	return "0x" + hex.EncodeToString(k)
}
