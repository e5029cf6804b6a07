package scenario

import "cipherglass/crypto/ipsec"

// Bounds of a scenario and of what it may ask of a run. A link cannot hang
// the page: whatever it says, a run ends within these.
const (
	MaxPackets = 50_000
	MaxBytes   = 64 << 20
	MaxSeconds = 3600
	MaxSize    = 16 << 20 // bytes of a transfer
	MaxCount   = 1000     // packets of a ping or UDP conversation
	MaxText    = 256 << 10

	maxElements = 32
	maxFaults   = 64
	maxPins     = 256
	day         = 86_400_000_000 // µs
)

// Knobs returns every field that a scenario has, in its order.
func Knobs() []Knob { return append([]Knob(nil), knobs...) }

var knobs = []Knob{
	{Path: "preset", Kind: Text, Max: 64, Optional: true, Plan: true, Group: GroupScenario, Label: "Preset", Help: "The preset and revision that this scenario started from, \"\" for none. A link holds only what differs from it."},
	{Path: "title", Kind: Text, Max: 120, Group: GroupScenario, Label: "Title", Help: "The scenario's name."},
	{Path: "intro", Kind: Text, Max: 600, Optional: true, Group: GroupScenario, Label: "Introduction", Help: "One sentence that says what to try."},
	{Path: "seed", Kind: Text, Max: 64, Group: GroupScenario, Label: "Seed", Help: "Every random value (nonces, private keys, SPIs, IVs) is derived from this text and the value's name. Another seed gives other bytes; the same seed gives the same."},
	{Path: "clock", Kind: Time, Max: 40, Group: GroupScenario, Label: "Clock", Help: "The date and time when the run begins. Certificates are checked against it."},
	{Path: "expect", Kind: Text, Max: 80, Group: GroupScenario, Label: "Expected end", Help: "\"complete\", or the name of the failure that the scenario should end with."},
	{Path: "limits.packets", Kind: Int, Unit: "packets", Min: 1, Max: MaxPackets, Group: GroupScenario, Label: "Packet limit", Help: "The run stops after this many packets and says so."},
	{Path: "limits.bytes", Kind: Int, Unit: "bytes", Min: 1, Max: MaxBytes, Group: GroupScenario, Label: "Byte limit", Help: "The run stops after this many bytes on all links together and says so."},
	{Path: "limits.seconds", Kind: Int, Unit: "s", Min: 1, Max: MaxSeconds, Group: GroupScenario, Label: "Time limit", Help: "The run stops after this much virtual time and says so."},

	{Path: "nodes.*.name", Kind: Name, Max: 32, Plan: true, Group: GroupNetwork, Label: "Node name", Help: "Names the host or router in packets, keys and links."},
	{Path: "nodes.*.kind", Kind: Enum, Plan: true, Group: GroupNetwork, Label: "Node kind", Help: "A host answers for itself; a router forwards.", Choices: fixed("host", "router")},
	{Path: "nodes.*.label", Kind: Text, Max: 40, Plan: true, Group: GroupNetwork, Label: "Node label", Help: "What the picture calls the node."},
	{Path: "nodes.*.interfaces.*.link", Kind: Enum, Plan: true, Group: GroupNetwork, Label: "Interface's link", Help: "The link that the interface is on.", Choices: linkNames},
	{Path: "nodes.*.interfaces.*.address", Kind: Host, Max: 60, Plan: true, Group: GroupNetwork, Label: "Interface's address", Help: "IPv4 or IPv6 address with its prefix length."},
	{Path: "nodes.*.gateway", Kind: Address, Max: 60, Optional: true, Plan: true, Group: GroupNetwork, Label: "Gateway", Help: "The next hop of the default route, \"\" for none."},
	{Path: "nodes.*.routes.*.to", Kind: Prefix, Max: 60, Plan: true, Group: GroupNetwork, Label: "Route to", Help: "Destination prefix of a route."},
	{Path: "nodes.*.routes.*.via", Kind: Address, Max: 60, Plan: true, Group: GroupNetwork, Label: "Route via", Help: "The route's next hop."},

	{Path: "links.*.name", Kind: Name, Max: 32, Plan: true, Group: GroupNetwork, Label: "Link name", Help: "Names the link in packets and in the capture."},
	{Path: "links.*.label", Kind: Text, Max: 40, Plan: true, Group: GroupNetwork, Label: "Link label", Help: "What the picture calls the link."},
	{Path: "links.*.mtu", Kind: Int, Unit: "bytes", Min: 68, Max: 65535, Group: GroupNetwork, Label: "MTU", Ref: "RFC 791, RFC 8200, Section 5", Help: "The largest IP packet that the link carries, header included. Ethernet has 1500, jumbo frames 9000, PPPoE 1492. IPv4 needs 68 at least, IPv6 1280."},
	{Path: "links.*.delay_us", Kind: Int, Unit: "µs", Max: 60_000_000, Group: GroupNetwork, Label: "Delay", Help: "Propagation time one way. A LAN has about 50 µs, a continent 20,000."},
	{Path: "links.*.bandwidth_bps", Kind: Int, Unit: "bit/s", Max: 1_000_000_000_000, Group: GroupNetwork, Label: "Bandwidth", Help: "Bits per second, 0 for infinitely fast."},

	{Path: "certificates.*.name", Kind: Name, Max: 32, Plan: true, Group: GroupCerts, Label: "Certificate name", Help: "Names the certificate within the scenario."},
	{Path: "certificates.*.issuer", Kind: Enum, Optional: true, Group: GroupCerts, Label: "Issuer", Ref: "RFC 5280, Section 4.1.2.4", Help: "The CA that signs it; \"\" or its own name makes it self-signed.", Choices: issuers, Applies: notPasted},
	{Path: "certificates.*.ca", Kind: Bool, Group: GroupCerts, Label: "Is a CA", Ref: "RFC 5280, Section 4.2.1.9", Help: "Whether it may sign other certificates (basicConstraints).", Applies: notPasted},
	{Path: "certificates.*.key", Kind: Enum, Group: GroupCerts, Label: "Key", Help: "The kind of key pair. \"pasted\" takes certificate and key from outside.", Choices: certKeys},
	{Path: "certificates.*.subject", Kind: Text, Max: 64, Group: GroupCerts, Label: "Subject", Ref: "RFC 5280, Section 4.1.2.6", Help: "The common name. Clients check DNS names, not this.", Applies: notPasted},
	{Path: "certificates.*.dns_names", Kind: Words, Max: 16, Optional: true, Group: GroupCerts, Label: "DNS names", Ref: "RFC 5280, Section 4.2.1.6", Help: "The host names it is good for (subjectAltName).", Applies: notPasted},
	{Path: "certificates.*.not_before", Kind: Time, Max: 40, Group: GroupCerts, Label: "Valid from", Ref: "RFC 5280, Section 4.1.2.5", Help: "Before this time a client refuses it.", Applies: notPasted},
	{Path: "certificates.*.not_after", Kind: Time, Max: 40, Group: GroupCerts, Label: "Valid until", Ref: "RFC 5280, Section 4.1.2.5", Help: "After this time a client refuses it.", Applies: notPasted},
	{Path: "certificates.*.pem", Kind: PEM, Max: 16 << 10, Optional: true, Group: GroupCerts, Label: "Pasted certificate", Help: "A certificate of your own (PEM), followed by its intermediates. Never its private key.", Applies: pasted},
	{Path: "certificates.*.key_hash", Kind: Hex, Max: 64, Optional: true, Group: GroupCerts, Label: "Public key's hash", Help: "SHA-256 of the pasted certificate's SubjectPublicKeyInfo. The private key stays beside the scenario and is matched by this.", Applies: pasted},

	{Path: "conversations.*.name", Kind: Name, Max: 32, Plan: true, Group: GroupTraffic, Label: "Conversation name", Help: "Names the traffic in packets and keys."},
	{Path: "conversations.*.kind", Kind: Enum, Group: GroupTraffic, Label: "Traffic", Help: "What is sent: a ping, UDP datagrams, a TCP transfer, or an HTTP exchange over TLS.", Choices: convKinds},
	{Path: "conversations.*.from", Kind: Enum, Plan: true, Group: GroupTraffic, Label: "From", Help: "The node that begins.", Choices: nodeNames},
	{Path: "conversations.*.to", Kind: Enum, Plan: true, Group: GroupTraffic, Label: "To", Help: "The node that answers.", Choices: nodeNames},
	{Path: "conversations.*.port", Kind: Int, Min: 1, Max: 65535, Group: GroupTraffic, Label: "Port", Help: "The TCP or UDP port of the answering side.", Applies: notPing},
	{Path: "conversations.*.start_us", Kind: Int, Unit: "µs", Max: day, Group: GroupTraffic, Label: "Start", Help: "When it begins, counted from the start of the run."},
	{Path: "conversations.*.size", Kind: Int, Unit: "bytes", Max: MaxSize, Group: GroupTraffic, Label: "Size", Help: "Ping and UDP: payload of each packet, without the IP, ICMP and UDP headers (a ping of 1,472 bytes makes an IPv4 packet of 1,500). TCP: bytes sent in all. TLS: the body of the HTTP response."},
	{Path: "conversations.*.count", Kind: Int, Unit: "packets", Min: 1, Max: MaxCount, Group: GroupTraffic, Label: "Count", Help: "How many packets are sent.", Applies: datagrams},
	{Path: "conversations.*.gap_us", Kind: Int, Unit: "µs", Max: day, Group: GroupTraffic, Label: "Gap", Help: "Time between two of them.", Applies: datagrams},
	{Path: "conversations.*.df", Kind: Bool, Group: GroupTraffic, Label: "Don't fragment", Ref: "RFC 791, Section 3.1", Help: "Sets the DF bit: a router that would have to fragment the packet drops it and says so with ICMP.", Applies: datagrams},

	{Path: "conversations.*.tls.client.versions", Kind: List, Max: 16, Group: GroupClient, Label: "Versions", Ref: "RFC 8446, Section 4.2.1", Help: "The TLS versions that the client offers, best first.", Choices: tlsVersions},
	{Path: "conversations.*.tls.client.cipher_suites", Kind: List, Max: 128, Group: GroupClient, Label: "Cipher suites", Ref: "RFC 8446, Section 4.1.2", Help: "What the client offers, in its order of preference.", Choices: tlsSuites},
	{Path: "conversations.*.tls.client.groups", Kind: List, Max: 32, Optional: true, Group: GroupClient, Label: "Groups", Ref: "RFC 8446, Section 4.2.7", Help: "Key exchange groups that the client offers. In TLS 1.3 it sends a key share for each that it can perform.", Choices: tlsGroups},
	{Path: "conversations.*.tls.client.signature_algorithms", Kind: List, Max: 32, Optional: true, Group: GroupClient, Label: "Signature algorithms", Ref: "RFC 8446, Section 4.2.3", Help: "Signatures that the client can check.", Choices: tlsSignatures},
	{Path: "conversations.*.tls.client.alpn", Kind: Words, Max: 16, Optional: true, Group: GroupClient, Label: "ALPN", Ref: "RFC 7301", Help: "Application protocols that the client offers; none sends no extension."},
	{Path: "conversations.*.tls.client.server_name", Kind: Text, Max: 253, Optional: true, Group: GroupClient, Label: "Server name", Ref: "RFC 6066, Section 3", Help: "The host name that the client sends (SNI) and looks for in the certificate. \"\" sends none."},
	{Path: "conversations.*.tls.client.trust", Kind: Names, Max: 16, Optional: true, Group: GroupClient, Label: "Trusted CAs", Ref: "RFC 5280, Section 6", Help: "The CA certificates that the client believes.", Choices: authorities},
	{Path: "conversations.*.tls.client.certificate", Kind: Enum, Optional: true, Plan: true, Group: GroupClient, Label: "Certificate", Help: "Not used by the client.", Choices: certNames},
	{Path: "conversations.*.tls.client.middlebox_compat", Kind: Bool, Group: GroupClient, Label: "Middlebox compatibility", Ref: "RFC 8446, Appendix D.4", Help: "TLS 1.3 dressed as a resumption of TLS 1.2: a session ID and a change_cipher_spec, so that old middleboxes let it pass.", Applies: offers13},
	{Path: "conversations.*.tls.client.extended_master_secret", Kind: Bool, Group: GroupClient, Label: "Extended master secret", Ref: "RFC 7627", Help: "TLS 1.2: binds the master secret to the whole handshake.", Applies: offers12},

	{Path: "conversations.*.tls.server.versions", Kind: List, Max: 16, Group: GroupServer, Label: "Versions", Ref: "RFC 8446, Section 4.2.1", Help: "The TLS versions that the server accepts.", Choices: tlsVersions},
	{Path: "conversations.*.tls.server.cipher_suites", Kind: List, Max: 128, Group: GroupServer, Label: "Cipher suites", Ref: "RFC 8446, Section 4.1.3", Help: "What the server accepts. It picks the first of its own list that the client offered.", Choices: tlsSuites},
	{Path: "conversations.*.tls.server.groups", Kind: List, Max: 32, Optional: true, Group: GroupServer, Label: "Groups", Ref: "RFC 8446, Section 4.2.7", Help: "Key exchange groups that the server accepts, in its order.", Choices: tlsGroups},
	{Path: "conversations.*.tls.server.signature_algorithms", Kind: List, Max: 32, Optional: true, Group: GroupServer, Label: "Signature algorithms", Ref: "RFC 8446, Section 4.2.3", Help: "Signatures that the server can make, in its order; its certificate's key must fit.", Choices: tlsSignatures},
	{Path: "conversations.*.tls.server.alpn", Kind: Words, Max: 16, Optional: true, Group: GroupServer, Label: "ALPN", Ref: "RFC 7301", Help: "Application protocols that the server speaks, in its order."},
	{Path: "conversations.*.tls.server.server_name", Kind: Text, Max: 253, Optional: true, Plan: true, Group: GroupServer, Label: "Server name", Help: "Not used by the server."},
	{Path: "conversations.*.tls.server.trust", Kind: Names, Max: 16, Optional: true, Plan: true, Group: GroupServer, Label: "Trusted CAs", Help: "Not used by the server.", Choices: authorities},
	{Path: "conversations.*.tls.server.certificate", Kind: Enum, Group: GroupServer, Label: "Certificate", Ref: "RFC 8446, Section 4.4.2", Help: "The certificate that the server shows.", Choices: certNames},
	{Path: "conversations.*.tls.server.middlebox_compat", Kind: Bool, Group: GroupServer, Label: "Middlebox compatibility", Ref: "RFC 8446, Appendix D.4", Help: "TLS 1.3: the server sends a change_cipher_spec after its ServerHello.", Applies: offers13},
	{Path: "conversations.*.tls.server.extended_master_secret", Kind: Bool, Group: GroupServer, Label: "Extended master secret", Ref: "RFC 7627", Help: "TLS 1.2: the server agrees to it when the client offers it.", Applies: offers12},
	{Path: "conversations.*.tls.key_update", Kind: Enum, Group: GroupTraffic, Label: "Key update", Ref: "RFC 8446, Section 4.6.3", Help: "Who changes its keys after the response (TLS 1.3).", Choices: fixed("none", "client", "server", "both"), Applies: both13},

	{Path: "policies.*.name", Kind: Name, Max: 32, Plan: true, Group: GroupIPsec, Label: "Policy name", Help: "Names the policy in packets and keys: \"r1-r2\"."},
	{Path: "policies.*.action", Kind: Enum, Group: GroupIPsec, Label: "Protection", Ref: "RFC 4301, Section 4.4.1", Help: "\"protect\" applies IPsec to the traffic, \"off\" sends it as it is.", Choices: fixed("protect", "off")},
	{Path: "policies.*.a", Kind: Enum, Plan: true, Group: GroupIPsec, Label: "End A", Help: "The node at one end of the SAs.", Choices: nodeNames},
	{Path: "policies.*.b", Kind: Enum, Plan: true, Group: GroupIPsec, Label: "End B", Help: "The node at the other end.", Choices: nodeNames},
	{Path: "policies.*.sel_a", Kind: Prefix, Max: 60, Optional: true, Group: GroupIPsec, Label: "Traffic of A's side", Ref: "RFC 4301, Section 4.4.1.1", Help: "The addresses on A's side that are protected; \"\" for A's own address.", Applies: protects},
	{Path: "policies.*.sel_b", Kind: Prefix, Max: 60, Optional: true, Group: GroupIPsec, Label: "Traffic of B's side", Ref: "RFC 4301, Section 4.4.1.1", Help: "The addresses on B's side that are protected; \"\" for B's own address.", Applies: protects},
	{Path: "policies.*.protocol", Kind: Enum, Group: GroupIPsec, Label: "Protocol", Ref: "RFC 4303, RFC 4302", Help: "ESP encrypts and authenticates the payload; AH authenticates the whole packet and encrypts nothing.", Choices: fixed("esp", "ah"), Applies: protects},
	{Path: "policies.*.mode", Kind: Enum, Group: GroupIPsec, Label: "Mode", Ref: "RFC 4301, Section 4.1", Help: "Tunnel mode wraps the whole packet in a new one between gateways; transport mode protects the payload of the packet itself.", Choices: fixed("tunnel", "transport"), Applies: protects},
	{Path: "policies.*.encryption", Kind: Enum, Optional: true, Group: GroupIPsec, Label: "Encryption", Ref: "RFC 8221, Section 5", Help: "ESP's encryption algorithm.", Choices: espEncryption, Applies: usesESP},
	{Path: "policies.*.integrity", Kind: Enum, Optional: true, Group: GroupIPsec, Label: "Integrity", Ref: "RFC 8221, Section 6", Help: "The algorithm that makes the ICV. AEAD encryption brings its own.", Choices: ipsecIntegrity, Applies: usesIntegrity},
	{Path: "policies.*.spi_ab", Kind: SPI, Max: 10, Group: GroupIPsec, Label: "SPI from A to B", Ref: "RFC 4303, Section 2.1", Help: "The number that tells B which SA a packet belongs to.", Applies: protects},
	{Path: "policies.*.spi_ba", Kind: SPI, Max: 10, Group: GroupIPsec, Label: "SPI from B to A", Ref: "RFC 4303, Section 2.1", Help: "The number that tells A which SA a packet belongs to.", Applies: protects},
	{Path: "policies.*.window", Kind: Int, Unit: "packets", Min: ipsec.MinWindow, Max: ipsec.MaxWindow, Group: GroupIPsec, Label: "Anti-replay window", Ref: "RFC 4303, Section 3.4.3", Help: "How far behind the newest packet one may arrive and still be taken. 64 is usual.", Applies: protects},
	{Path: "policies.*.df", Kind: Enum, Group: GroupIPsec, Label: "Outer DF bit", Ref: "RFC 4301, Section 8.1", Help: "Tunnel mode: copy the inner packet's DF bit to the outer header, or set or clear it.", Choices: fixed("copy", "set", "clear"), Applies: tunnels},

	{Path: "faults.*.kind", Kind: Enum, Group: GroupFaults, Label: "Fault", Help: "Change bytes of a packet, lose it, or send it a second time.", Choices: fixed("tamper", "drop", "replay")},
	{Path: "faults.*.packet", Kind: Text, Max: 200, Group: GroupFaults, Label: "Packet", Help: "The packet's name without its link: \"client/web/flight1/seg0\"."},
	{Path: "faults.*.link", Kind: Enum, Optional: true, Group: GroupFaults, Label: "Link", Help: "Where it happens; \"\" for the first link that the packet crosses.", Choices: linkNames},
	{Path: "faults.*.offset", Kind: Int, Unit: "bytes", Max: 65534, Group: GroupFaults, Label: "Offset", Help: "The first byte that is changed, counted from the IP header.", Applies: tampers},
	{Path: "faults.*.value", Kind: Hex, Max: 4096, Optional: true, Group: GroupFaults, Label: "New bytes", Help: "What stands there instead, in hex.", Applies: tampers},
	{Path: "faults.*.keep", Kind: Bool, Group: GroupFaults, Label: "Keep checksums", Help: "Leaves the outer IP, TCP and UDP checksums as they were; otherwise they are computed anew, as an attacker would.", Applies: tampers},
	{Path: "faults.*.off", Kind: Bool, Group: GroupFaults, Label: "Switched off", Help: "Keeps the fault in the list without applying it."},

	{Path: "pins.*.name", Kind: Text, Max: 200, Group: GroupPins, Label: "Value's name", Help: "A named value of the run: \"client/web/random\", \"sa/r1-r2/ab/encr\"."},
	{Path: "pins.*.hex", Kind: Hex, Max: 2 * 8160, Group: GroupPins, Label: "Pinned bytes", Help: "The bytes that it has instead of those derived from the seed, in hex."},
}
