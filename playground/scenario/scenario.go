// Package scenario is what the user edits: one plain value that says which
// nodes and links there are, who talks to whom over which engine, which
// policies protect the traffic, what goes wrong, and which random values are
// pinned. It fits in a link.
//
// Knobs (knobs.go) describe every field once: form, validation, link, README
// and undo labels all read them.
package scenario

// Scenario is everything that a run depends on, and nothing else: the same
// Scenario gives the same packets everywhere, for ever.
type Scenario struct {
	Preset string `json:"preset"` // where it started: "tls13@1"
	Title  string `json:"title"`
	Intro  string `json:"intro"` // one sentence that says what to try
	Seed   string `json:"seed"`
	Clock  string `json:"clock"`  // RFC 3339, the moment the run begins; certificates are checked against it
	Expect string `json:"expect"` // "complete", or the ID of the failure it should end with
	Limits Limits `json:"limits"`

	Nodes         []Node         `json:"nodes"`
	Links         []Link         `json:"links"`
	Certificates  []Certificate  `json:"certificates"`
	Conversations []Conversation `json:"conversations"`
	Policies      []Policy       `json:"policies"`
	Faults        []Fault        `json:"faults"`
	Pins          []Pin          `json:"pins"`
}

// Limits bound a run; reaching one is an outcome that says so.
type Limits struct {
	Packets int `json:"packets"`
	Bytes   int `json:"bytes"`
	Seconds int `json:"seconds"` // of virtual time
}

// Node is a host or a router.
type Node struct {
	Name       string      `json:"name"`
	Kind       string      `json:"kind"`  // "host", "router"
	Label      string      `json:"label"` // what people read: "PC 1"
	Interfaces []Interface `json:"interfaces"`
	Gateway    string      `json:"gateway"` // default route's next hop, "" for none
	Routes     []Route     `json:"routes"`
}

// Interface joins a node to a link.
type Interface struct {
	Link    string `json:"link"`
	Address string `json:"address"` // with its prefix length: "10.1.0.2/24"
}

// Route is an entry of a node's routing table besides its own links.
type Route struct {
	To  string `json:"to"`  // a prefix
	Via string `json:"via"` // the next hop's address
}

// Link joins two or more interfaces.
type Link struct {
	Name      string `json:"name"`
	Label     string `json:"label"`
	MTU       int    `json:"mtu"`           // bytes, counted from the IP header
	DelayUS   int    `json:"delay_us"`      // one way, microseconds
	Bandwidth int    `json:"bandwidth_bps"` // bits per second, 0 for infinite
}

// Certificate is one certificate of the scenario's PKI. A CA's issuer is "".
type Certificate struct {
	Name      string   `json:"name"`
	Issuer    string   `json:"issuer"` // a CA's name; its own name or "" for self-signed
	CA        bool     `json:"ca"`
	Key       string   `json:"key"` // "ecdsa-p256", "ed25519", "rsa-2048"; "pasted"
	Subject   string   `json:"subject"`
	DNSNames  []string `json:"dns_names"`
	NotBefore string   `json:"not_before"`
	NotAfter  string   `json:"not_after"`
	// PEM is a pasted certificate, which replaces all but Name; KeyHash is the
	// SHA-256 of its public key (SubjectPublicKeyInfo), in hex. The private key
	// is never part of a scenario: it is given beside it, by this hash.
	PEM     string `json:"pem"`
	KeyHash string `json:"key_hash"`
}

// Conversation is traffic between two nodes.
type Conversation struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // "tls", "tcp", "udp", "ping"
	From    string `json:"from"` // node
	To      string `json:"to"`   // node
	Port    int    `json:"port"` // tls, tcp, udp
	StartUS int    `json:"start_us"`
	Size    int    `json:"size"`  // ping, udp: payload bytes of each; tcp: bytes sent in all; tls: the response's body
	Count   int    `json:"count"` // ping, udp: how many
	GapUS   int    `json:"gap_us"`
	DF      bool   `json:"df"` // don't fragment (tcp and tls always set it)
	TLS     *TLS   `json:"tls,omitempty"`
}

// TLS is the settings of both ends of a TLS conversation. Every offer is data:
// names from the engine's tables, or any code point as "0x1301", in any order.
type TLS struct {
	Client    Endpoint `json:"client"`
	Server    Endpoint `json:"server"`
	KeyUpdate string   `json:"key_update"` // "none", "client", "server", "both": who sends KeyUpdate after the response (TLS 1.3)
}

// Endpoint is one end's settings.
type Endpoint struct {
	Versions             []string `json:"versions"` // "1.3", "1.2"
	CipherSuites         []string `json:"cipher_suites"`
	Groups               []string `json:"groups"`
	SignatureAlgorithms  []string `json:"signature_algorithms"`
	ALPN                 []string `json:"alpn"`
	ServerName           string   `json:"server_name"`            // client: SNI and the name checked; "" sends none
	Trust                []string `json:"trust"`                  // client: CA certificates' names
	Certificate          string   `json:"certificate"`            // server: a certificate's name
	MiddleboxCompat      bool     `json:"middlebox_compat"`       // TLS 1.3: CCS and session ID, RFC 8446, Appendix D.4
	ExtendedMasterSecret bool     `json:"extended_master_secret"` // TLS 1.2, RFC 7627
}

// Policy is an SPD entry that protects traffic between two nodes with a pair
// of manual SAs, one each way.
type Policy struct {
	Name       string `json:"name"`     // part of packet and key names: "r1-r2"
	Action     string `json:"action"`   // "protect", "off"
	A          string `json:"a"`        // node
	B          string `json:"b"`        // node
	SelectorA  string `json:"sel_a"`    // prefix behind (or of) A; "" for A's own address
	SelectorB  string `json:"sel_b"`    // prefix behind (or of) B
	Protocol   string `json:"protocol"` // "esp", "ah"
	Mode       string `json:"mode"`     // "tunnel", "transport"
	Encryption string `json:"encryption"`
	Integrity  string `json:"integrity"`
	SPIAB      string `json:"spi_ab"` // hex, "0x00001001"
	SPIBA      string `json:"spi_ba"`
	Window     int    `json:"window"` // anti-replay window, packets
	DF         string `json:"df"`     // outer header: "copy", "set", "clear"
}

// Fault is something that goes wrong at one packet, which it names.
type Fault struct {
	Kind   string `json:"kind"`   // "tamper", "drop", "replay"
	Packet string `json:"packet"` // name without its link
	Link   string `json:"link"`   // where it happens; "" for the first link
	Offset int    `json:"offset"` // tamper: byte of the packet, from the IP header
	Value  string `json:"value"`  // tamper: new bytes, hex
	Keep   bool   `json:"keep"`   // tamper: leave checksums as they are (else outer IP, TCP, UDP are recomputed)
	Off    bool   `json:"off"`    // switched off
}

// Pin fixes a named random value to bytes.
type Pin struct {
	Name string `json:"name"`
	Hex  string `json:"hex"`
}
