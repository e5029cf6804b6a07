package dissect

// Layer IDs, for colour.
const (
	LayerIP        = "ip"
	LayerICMP      = "icmp"
	LayerTCP       = "tcp"
	LayerUDP       = "udp"
	LayerESP       = "esp"
	LayerAH        = "ah"
	LayerTLS       = "tls"
	LayerHandshake = "handshake"
	LayerApp       = "app"
)

// Layer is a run of a frame's bytes that plays one part: a header, padding, a
// trailer, an ICV. The layers of a frame tile it in order.
type Layer struct {
	ID        string // LayerIP, ...
	Name      string // "IPv4 header", "IV", "data", "padding", "ICV"
	Off, Len  int    // in the frame
	Encrypted bool   // the link carries ciphertext here; the part is by the word of who sealed or opened it
	Node      string // path of the tree node that it is, within the frame's tree, or ""
	Buffer    string // ID of the tab that shows it in the clear, or ""
}

// Nesting is the frame to scale: which bytes are whose header, payload,
// padding, trailer, ICV.
func Nesting(v *View) []Layer {
	if v == nil || len(v.Packet.Bytes) == 0 {
		return nil
	}
	return []Layer{{ID: LayerIP, Name: "packet", Len: len(v.Packet.Bytes)}}
}
