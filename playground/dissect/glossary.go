package dissect

import "strings"

// Term is a word of the protocols, explained in a sentence.
type Term struct {
	Name string
	Text string
	Ref  string
}

// Glossary explains a term by its name, in any spelling: "key_share",
// "Key Share" and "key-share" are the same.
func Glossary(name string) (Term, bool) {
	key := plainName(name)
	for _, t := range glossary {
		for _, n := range strings.Split(t.Name, "; ") {
			if plainName(n) == key {
				return Term{strings.Split(t.Name, "; ")[0], t.Text, t.Ref}, true
			}
		}
	}
	return Term{}, false
}

// Terms lists the glossary, in its order: network, IPsec, TLS, cryptography.
func Terms() []Term {
	list := make([]Term, len(glossary))
	for i, t := range glossary {
		list[i] = Term{strings.Split(t.Name, "; ")[0], t.Text, t.Ref}
	}
	return list
}

// plainName is a name without case, spaces, hyphens, underscores and stops.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("_- .", r):
			return -1
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// glossary holds one row a term; a name's other spellings follow it after "; ".
var glossary = []Term{
	// The network.
	{"MTU", "The largest packet, IP header included, that a link carries in one piece.", "RFC 1191, Section 2"},
	{"Path MTU", "The smallest MTU of the links between two hosts.", "RFC 1191, Section 2"},
	{"MSS; Maximum Segment Size; MSS Value", "The most data bytes a TCP segment may hold: the MTU less the IP and TCP headers, 1460 for 1500.", "RFC 9293, Section 3.7.1"},
	{"DF; don't fragment", "A bit of the IPv4 header that forbids routers to fragment the packet; one that is too large is dropped and answered with ICMP.", "RFC 791, Section 3.1"},
	{"MF; more fragments", "Set in every fragment but the last.", "RFC 791, Section 3.1"},
	{"Fragment Offset; fragment data", "Where in the packet before fragmentation this part begins, in units of 8 bytes.", "RFC 791, Section 3.2"},
	{"Identification", "Says which fragments belong together.", "RFC 6864, Section 4"},
	{"Fragment; fragmentation", "A piece of a packet that was too large for a link; the destination puts the pieces together again.", "RFC 791, Section 3.2"},
	{"Time to Live; TTL; Hop Limit", "How many routers may still forward the packet; it stops loops.", "RFC 791, Section 3.1"},
	{"DSCP", "Tells routers which queue the packet belongs to.", "RFC 2474, Section 3"},
	{"ECN", "Lets routers mark congestion instead of dropping packets.", "RFC 3168, Section 5"},
	{"IHL", "Length of the IPv4 header in words of 4 bytes: 5 without options.", "RFC 791, Section 3.1"},
	{"Header Checksum", "A sum over the IPv4 header that finds damage; every router computes it anew, because the TTL changes. An attacker can compute it too.", "RFC 1071"},
	{"Checksum", "A sum that finds damage by chance. It is no protection: whoever changes the bytes computes it anew.", "RFC 1071"},
	{"Protocol; Next Header", "Says what follows this header: 6 TCP, 17 UDP, 50 ESP, 51 AH.", "IANA, Protocol Numbers"},
	{"Flow Label", "The same for all packets of one flow, so that routers can treat them alike.", "RFC 6437"},
	{"Source Port; Destination Port; port", "Says which program of a host the packet is for, or from; 443 is HTTPS.", "RFC 6335"},
	{"SYN", "The flag that opens a TCP connection.", "RFC 9293, Section 3.5"},
	{"ACK", "The flag that says that the acknowledgment number counts.", "RFC 9293, Section 3.1"},
	{"FIN", "The flag that ends one direction of a TCP connection.", "RFC 9293, Section 3.6"},
	{"RST", "The flag that tears a TCP connection down.", "RFC 9293, Section 3.5.3"},
	{"PSH", "The flag that asks to hand the data on at once.", "RFC 9293, Section 3.9.1.2"},
	{"Acknowledgment Number", "The next byte of the stream that the sender of the segment expects.", "RFC 9293, Section 3.1"},
	{"Window", "How many bytes the sender of the segment is ready to take.", "RFC 9293, Section 3.8.6"},
	{"Window Scale; Shift Count", "By how many bits the window is shifted, since 65,535 bytes are too few for fast links.", "RFC 7323, Section 2"},
	{"SACK; SACK Permitted", "Selective acknowledgment: tells which later bytes have arrived, so that only the missing ones are sent again.", "RFC 2018"},
	{"Timestamps; TSval; TSecr", "Let both ends measure the round trip, and tell old segments from new.", "RFC 7323, Section 3"},
	{"Segment", "A piece of a TCP stream with its header.", "RFC 9293, Section 2"},
	{"ICMP", "The messages by which hosts and routers tell of errors and answer pings.", "RFC 792"},
	{"Next-Hop MTU", "In an ICMP message: the largest packet that would have passed.", "RFC 1191, Section 4"},
	{"NAT", "A router that replaces addresses and ports, so that many hosts share one address.", "RFC 3022"},

	// IPsec.
	{"IPsec", "Protection of IP packets themselves, below TCP and UDP, so that applications need not know of it.", "RFC 4301"},
	{"ESP", "Encapsulating Security Payload: encrypts a packet's content and guards it against change.", "RFC 4303"},
	{"AH", "Authentication Header: guards a whole packet against change, addresses included, and encrypts nothing.", "RFC 4302"},
	{"SPI", "Security Parameters Index: the number by which the receiver finds the SA, and with it keys and algorithms.", "RFC 4303, Section 2.1"},
	{"SA; security association", "What two peers agreed on for one direction: protocol, algorithms, keys, SPI, sequence number.", "RFC 4301, Section 4.1"},
	{"SPD; policy", "The rules that say which packets are protected, let through or dropped.", "RFC 4301, Section 4.4.1"},
	{"Sequence Number", "Counts what was sent. In TCP it numbers bytes; in ESP and AH packets, so that a replayed one is noticed.", "RFC 4303, Section 2.2; RFC 9293, Section 3.4"},
	{"Anti-replay window; window size", "How far back a receiver remembers sequence numbers, to refuse packets that come twice.", "RFC 4303, Section 3.4.3"},
	{"ICV; Integrity Check Value", "The tag at a packet's end by which the receiver knows that nothing was changed: only who has the key can compute it.", "RFC 4303, Section 2.8"},
	{"ICV padding", "Makes AH's length a multiple of 4 bytes (8 in IPv6).", "RFC 4302, Section 3.3.3.2.1"},
	{"Tunnel mode; tunnel", "The whole packet is put into a new one between two gateways; the inner addresses are hidden.", "RFC 4301, Section 3.2"},
	{"Transport mode; transport", "Only what follows the IP header is protected; the addresses are the packet's own.", "RFC 4301, Section 3.2"},
	{"Pad Length", "How many bytes of padding stand before it.", "RFC 4303, Section 2.5"},
	{"Padding", "Bytes that fill up to a block or a word, or hide a length.", "RFC 4303, Section 2.4"},
	{"ESP trailer", "Padding length and next header, at the end of what ESP encrypts.", "RFC 4303, Section 2"},
	{"Encrypted data; encrypted", "Ciphertext: without the key, nobody can tell it from random bytes.", "RFC 4303, Section 2.3"},
	{"Payload data", "What ESP carries: a whole packet in tunnel mode, else what followed the IP header.", "RFC 4303, Section 2.3"},
	{"Mutable fields; AH input", "Header fields that routers change on the way; AH takes them as zero.", "RFC 4302, Section 3.3.3.1"},
	{"Gateway; security gateway", "A router that applies IPsec for the hosts behind it.", "RFC 4301, Section 1.1"},
	{"Selector", "Addresses, protocol and ports that say which packets a policy is about.", "RFC 4301, Section 4.4.1.1"},

	// TLS.
	{"Record; TLS record", "The unit of TLS on the stream: type, version, length, and up to 2^14 bytes of content.", "RFC 8446, Section 5.1"},
	{"legacy_record_version", "A version that nobody reads any more: 0x0303, or 0x0301 in a first ClientHello.", "RFC 8446, Section 5.1"},
	{"opaque_type", "The outer content type of an encrypted TLS 1.3 record: always application_data, whatever is inside.", "RFC 8446, Section 5.2"},
	{"encrypted_record", "An AEAD-sealed TLSInnerPlaintext, the tag at its end.", "RFC 8446, Section 5.2"},
	{"TLSInnerPlaintext", "What a TLS 1.3 record encrypts: the content, its true type, and zeros that hide its length.", "RFC 8446, Section 5.2"},
	{"zeros", "Padding of a TLS 1.3 record: any number of zero bytes.", "RFC 8446, Section 5.4"},
	{"explicit_nonce; nonce_explicit", "The part of the nonce that a TLS 1.2 AES-GCM record carries in the clear.", "RFC 5288, Section 3"},
	{"ClientHello", "The client's first message: the versions, suites, groups and keys that it offers.", "RFC 8446, Section 4.1.2"},
	{"ServerHello", "The server's choice from what the client offered.", "RFC 8446, Section 4.1.3"},
	{"EncryptedExtensions", "The server's answers to extensions that need not be in the clear; the first encrypted message.", "RFC 8446, Section 4.3.1"},
	{"Certificate", "Binds a name to a public key, signed by a CA; sent with the certificates that lead to one.", "RFC 8446, Section 4.4.2"},
	{"CertificateVerify", "A signature over the handshake so far: its sender has the certificate's private key.", "RFC 8446, Section 4.4.3"},
	{"Finished", "A MAC over the whole handshake: both ends saw the same messages and have the same keys.", "RFC 8446, Section 4.4.4"},
	{"verify_data", "The MAC in Finished, made with a key that only the two ends can derive.", "RFC 8446, Section 4.4.4"},
	{"ServerKeyExchange", "TLS 1.2: the server's ephemeral public key, signed.", "RFC 8422, Section 5.4"},
	{"ClientKeyExchange", "TLS 1.2: the client's ephemeral public key, or the premaster secret encrypted to the server's RSA key.", "RFC 5246, Section 7.4.7"},
	{"ServerHelloDone", "TLS 1.2: the server waits for the client's answer.", "RFC 5246, Section 7.4.5"},
	{"change_cipher_spec", "From the next record on, the sender uses the new keys. In TLS 1.3 it only calms old middleboxes.", "RFC 5246, Section 7.1; RFC 8446, Appendix D.4"},
	{"KeyUpdate; request_update", "The sender goes over to its next traffic key; it may ask the peer to do so too.", "RFC 8446, Section 4.6.3"},
	{"NewSessionTicket; ticket", "A ticket that lets the client come back with a shorter handshake.", "RFC 8446, Section 4.6.1"},
	{"HelloRetryRequest", "A ServerHello that asks the client to try again with another group or a cookie.", "RFC 8446, Section 4.1.4"},
	{"Alert", "A TLS message that tells of an error, or of an orderly end.", "RFC 8446, Section 6"},
	{"close_notify", "The alert that ends a connection in order, so that nobody can cut it short unnoticed.", "RFC 8446, Section 6.1"},
	{"random", "32 fresh bytes of each hello; keys depend on them, so that no two connections are alike.", "RFC 8446, Section 4.1.2"},
	{"legacy_version", "Frozen at TLS 1.2 (0x0303); the real version is in supported_versions.", "RFC 8446, Section 4.1.2"},
	{"legacy_session_id; session_id", "Once the name of a session to resume. In TLS 1.3 random bytes that make the handshake look like TLS 1.2 to middleboxes.", "RFC 8446, Section 4.1.2"},
	{"legacy_session_id_echo", "The client's legacy_session_id, sent back unchanged.", "RFC 8446, Section 4.1.3"},
	{"cipher_suites; cipher_suite", "Names the algorithms together: in TLS 1.3 an AEAD and a hash, in TLS 1.2 also key exchange and signature.", "RFC 8446, Section 4.1.2"},
	{"legacy_compression_methods; legacy_compression_method", "Always null: compressing before encrypting gives secrets away.", "RFC 8446, Section 4.1.2"},
	{"extensions", "Further offers and answers, each a type and a body; unknown ones are ignored.", "RFC 8446, Section 4.2"},
	{"server_name; SNI", "The host name that the client wants, so that one address can serve many. It is in the clear.", "RFC 6066, Section 3"},
	{"supported_versions", "The versions that the client can speak, and the one that the server chose.", "RFC 8446, Section 4.2.1"},
	{"supported_groups; named group; group", "The Diffie-Hellman groups that the client can use, best first.", "RFC 8446, Section 4.2.7"},
	{"signature_algorithms; signature scheme", "The signatures that the sender can check.", "RFC 8446, Section 4.2.3"},
	{"key_share; key_exchange; client_shares; server_share", "An ephemeral public key. From its own private key and the peer's share each end computes the same secret.", "RFC 8446, Section 4.2.8"},
	{"application_layer_protocol_negotiation; ALPN", "Agrees on the protocol above TLS, h2 or http/1.1, within the handshake.", "RFC 7301"},
	{"extended_master_secret", "TLS 1.2: binds the master secret to the whole handshake, against the triple handshake attack.", "RFC 7627"},
	{"renegotiation_info", "TLS 1.2: binds a renegotiation to the connection that it happens in.", "RFC 5746"},
	{"ec_point_formats", "TLS 1.2: how points of a curve are written; always uncompressed.", "RFC 8422, Section 5.1.2"},
	{"psk_key_exchange_modes", "Whether a resumed session also does a fresh Diffie-Hellman.", "RFC 8446, Section 4.2.9"},
	{"pre_shared_key; PSK", "Offers a key that both ends have from before.", "RFC 8446, Section 4.2.11"},
	{"status_request; OCSP", "Asks the server for proof, signed by the CA, that its certificate is not revoked.", "RFC 6066, Section 8"},
	{"GREASE", "Made-up values that keep peers honest about ignoring what they do not know.", "RFC 8701"},
	{"premaster secret; encrypted_premaster_secret", "TLS 1.2: the secret that both ends agree on first; with RSA key exchange the client chooses it and encrypts it.", "RFC 5246, Section 8.1"},
	{"master secret", "The secret from which the traffic keys are derived.", "RFC 8446, Section 7.1; RFC 5246, Section 8.1"},
	{"key_block", "TLS 1.2: bytes derived from the master secret and cut into keys and IVs.", "RFC 5246, Section 6.3"},
	{"traffic secret", "TLS 1.3: the secret of one direction in one phase, from which its key and IV come.", "RFC 8446, Section 7.1"},
	{"transcript; Transcript-Hash", "The hash of all handshake messages so far. Keys and MACs depend on it, so that no message can be changed unnoticed.", "RFC 8446, Section 4.4.1"},
	{"static RSA; RSA key exchange", "The client encrypts the premaster secret to the server's key. Retired: who gets the key later can read all that was recorded.", "RFC 8446, Section 1.2"},
	{"forward secrecy", "Past traffic stays secret even if a long-term key is stolen later, because the session's keys came from ephemeral ones.", "RFC 8446, Appendix E.1"},
	{"middlebox compatibility", "Makes TLS 1.3 look like a resumed TLS 1.2 on the wire, since some firewalls dropped what they did not know.", "RFC 8446, Appendix D.4"},
	{"SSLKEYLOGFILE; key log", "A text file of a connection's secrets that lets Wireshark decrypt it.", "RFC 9850"},

	// Cryptography.
	{"AEAD", "Authenticated encryption with associated data: hides the plaintext and guards it and some bytes in the clear against change.", "RFC 5116"},
	{"AAD; additional data", "Bytes that an AEAD leaves in the clear but guards against change: here headers.", "RFC 5116, Section 2.1"},
	{"nonce", "A value used once with a key. Using it twice breaks AES-GCM and ChaCha20-Poly1305.", "RFC 5116, Section 3.1"},
	{"IV; initialization vector", "Makes equal plaintexts encrypt differently; in CBC it must be unpredictable, in GCM only never the same twice.", "RFC 3602, Section 3; RFC 4106, Section 3.1"},
	{"salt", "Bytes that are part of a nonce or a derivation, and need not be fresh each time.", "RFC 4106, Section 4"},
	{"tag; authentication tag", "The AEAD's proof that nothing was changed, 16 bytes.", "RFC 5116, Section 2.1"},
	{"HMAC; MAC", "A hash with a key: only who has the key can compute or check it.", "RFC 2104"},
	{"HKDF; HKDF-Extract; HKDF-Expand-Label", "Derives keys from a secret: Extract gathers its strength, Expand makes as many named keys as are needed.", "RFC 5869; RFC 8446, Section 7.1"},
	{"PRF", "TLS 1.2's function that stretches a secret with a label and a seed.", "RFC 5246, Section 5"},
	{"Diffie-Hellman; ECDH; ECDHE; X25519; P-256", "Two ends that each send a public key compute the same secret; who only listens cannot.", "RFC 7748; RFC 8422"},
	{"ECDSA; Ed25519; RSA-PSS; signature", "Made with a private key, checked with the public one: proves who signed, and that nothing was changed.", "FIPS 186-5"},
	{"AES-GCM", "AES in counter mode with a tag over polynomials: an AEAD, fast in hardware.", "RFC 5116, Section 5.1"},
	{"ChaCha20-Poly1305", "An AEAD of a stream cipher and a polynomial MAC, fast in software.", "RFC 8439"},
	{"AES-CBC", "AES with each block mixed into the next. It needs a MAC of its own and an unpredictable IV.", "RFC 3602"},
}
