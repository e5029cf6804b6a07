package dissect

import (
	"fmt"
	"strings"
	"testing"

	"cipherglass/playground/trace"
)

func drawn(list []Layer) string {
	var s []string
	for _, l := range list {
		name := fmt.Sprintf("%s %d", l.Name, l.Len)
		if l.Encrypted {
			name = "(" + name + ")"
		}
		s = append(s, name)
	}
	return strings.Join(s, " | ")
}

func TestNesting(t *testing.T) {
	for _, c := range []struct {
		trace  *trace.Trace
		packet string
		want   string
	}{
		{tlsTrace(t), "client/web/flight1/seg0@lan1", "IPv4 header 20 | TCP header 20 | record header 5 | ClientHello 45 | record header 5 | (Finished 1393)"},
		{tlsTrace(t), "client/web/flight1/seg1@lan2", "IPv4 header 20 | TCP header 20 | (Finished 895) | (content type 1) | tag 16"},
		{espTrace(t), "pc1/ftp/data/seg0@lan1", "IPv4 header 20 | TCP header 20 | data 300"},
		{espTrace(t), "r1/esp/0x1001/1@wan1", "IPv4 header 20 | ESP header 8 | IV 8 | (IPv4 header 20) | (TCP header 20) | (data 300) | (padding 2) | (ESP trailer 2) | ICV 16"},
		{espTrace(t), "r1/esp/0x1001/2/frag0@wan1", "IPv4 header 20 | ESP header 8 | IV 8 | (IPv4 header 20) | (TCP header 20) | (data 104)"},
		{espTrace(t), "r1/esp/0x1001/2/frag1@wan1", "IPv4 header 20 | (data 196) | (padding 2) | (ESP trailer 2) | ICV 16"},
		{ahTrace(t), "alice/ah/0x1001/1@lan1", "IPv4 header 20 | AH header 12 | ICV 12 | ICMP header 8 | data 10"},
	} {
		if got := drawn(Nesting(Packet(c.trace, c.packet))); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.packet, got, c.want)
		}
	}
	if Nesting(nil) != nil {
		t.Error("nothing has layers")
	}
}
