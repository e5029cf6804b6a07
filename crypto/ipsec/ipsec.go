// Package ipsec does what an IPsec gateway or host does to IP packets: ESP
// (RFC 4303) and AH (RFC 4302) in tunnel and transport mode over IPv4 and
// IPv6, the anti-replay window (RFC 6479), the SPD and SAD that choose and find
// security associations (RFC 4301), and the arithmetic of packet sizes.
//
// Transforms: AES-GCM (RFC 4106), ChaCha20-Poly1305 (RFC 7634), AES-CBC
// (RFC 3602), NULL (RFC 2410); HMAC-MD5-96 (RFC 2403), HMAC-SHA1-96
// (RFC 2404), HMAC-SHA2-256-128 (RFC 4868).
//
// SA.Seal and SA.Open are the data path: bytes in, bytes out, no allocation
// for a packet. Gateway wraps them with policy and tells, as engine.Effects,
// everything that happened.
package ipsec

// The protocols of an SA.
const (
	ESP = "esp"
	AH  = "ah"
)

// The modes of an SA (RFC 4301, Section 4.1).
const (
	Tunnel    = "tunnel"    // a new IP header around the whole packet
	Transport = "transport" // the packet's own header stays in front
)

// What the outer IPv4 header's DF bit is to be (RFC 4301, Section 8.1).
const (
	DFCopy  = "copy"  // as in the inner header; set when that is IPv6, which routers never fragment
	DFSet   = "set"   // always set
	DFClear = "clear" // never set: the sealed packet may be fragmented
)

// IP protocol numbers that matter here.
const (
	protoHopByHop = 0
	protoIPv4     = 4
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoESP      = 50
	protoAH       = 51
	protoNone     = 59
	protoDestOpts = 60
)

// espHeader is SPI and sequence number, ahFixed all of AH before its ICV.
const (
	espHeader = 8
	ahFixed   = 12
)

// Context is what the bytes of an ESP or AH packet do not say: what its SA
// says. It is a value; descriptions and buffers carry it.
type Context struct {
	Protocol   string // ESP, AH
	Mode       string // Tunnel, Transport
	Encryption string // table name; ESP only
	Integrity  string // table name
	IVLen      int    // bytes of IV on the wire
	ICVLen     int    // bytes of ICV on the wire, without AH's padding
	Align      int    // the encrypted data is a multiple of this
}
