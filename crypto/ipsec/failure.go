package ipsec

import "cipherglass/crypto/engine"

// What is wrong with an SA's settings.
var (
	UnknownTransform = &engine.Code{
		ID: "ipsec/unknown-transform", Ref: "RFC 4301, Section 4.4.2.1",
		Sentence: "There is no %s %q; there are %s.",
	}
	NeedsIntegrity = &engine.Code{
		ID: "ipsec/needs-integrity", Ref: "RFC 4303, Section 3.2", Field: "integrity",
		Sentence: "%s needs an integrity algorithm: %s. Choose an HMAC.",
	}
	TwoIntegrities = &engine.Code{
		ID: "ipsec/two-integrities", Ref: "RFC 4303, Section 3.2.3", Field: "integrity",
		Sentence: "%s checks integrity itself: set integrity to none instead of %s.",
	}
	BadSA = &engine.Code{
		ID: "ipsec/bad-sa", Ref: "RFC 4301, Section 4.4.2.1",
		Sentence: "This SA cannot be made: %s.",
	}
)

// What goes wrong with outbound packets.
var (
	SequenceExhausted = &engine.Code{
		ID: "ipsec/sequence-exhausted", Ref: "RFC 4303, Section 3.3.3", Field: "sequence number",
		Sentence: "SA %s has sent its last sequence number, 4294967295; a new SA is needed, since a number that came round would let old packets be replayed.",
	}
	TooBig = &engine.Code{
		ID: "ipsec/too-big", Ref: "RFC 4301, Section 8.2.1", Field: "total length",
		Sentence: "The packet of %s bytes would be %s bytes once protected, more than the MTU of %s, and it must not be fragmented; %s bytes would fit.",
	}
	TooLong = &engine.Code{
		ID: "ipsec/too-long", Ref: "RFC 791, Section 3.1", Field: "total length",
		Sentence: "The packet would be %s bytes once protected, more than an IP packet can have.",
	}
	FragmentOut = &engine.Code{
		ID: "ipsec/fragment-outbound", Ref: "RFC 4303, Section 3.3.4", Field: "fragment offset",
		Sentence: "Transport mode protects whole datagrams only, and this packet is a fragment.",
	}
	SourceRoute = &engine.Code{
		ID: "ipsec/source-route", Ref: "RFC 4302, Section 3.3.3.1", Field: "source route",
		Sentence: "AH would have to know how the packet looks at its final destination, and its source route is not finished.",
	}
	PolicyDiscard = &engine.Code{
		ID: "ipsec/policy-discard", Ref: "RFC 4301, Section 5.1",
		Sentence: "The security policy (%s) discards packets from %s to %s.",
	}
)

// What goes wrong with inbound packets, in the order in which it is found
// (RFC 4303, Section 3.4; RFC 4302, Section 3.4; RFC 4301, Section 5.2).
var (
	Malformed = &engine.Code{
		ID: "ipsec/malformed", Ref: "RFC 4301, Section 5.2",
		Sentence: "The packet cannot be read: %s.",
	}
	FragmentIn = &engine.Code{
		ID: "ipsec/fragment-inbound", Ref: "RFC 4303, Section 3.4.1", Field: "fragment offset",
		Sentence: "A fragment was given to %s, which handles whole datagrams only.",
	}
	UnknownSPI = &engine.Code{
		ID: "ipsec/unknown-spi", Ref: "RFC 4303, Section 3.4.2", Field: "SPI",
		Sentence: "No %s SA has SPI %s here; the packet is discarded.",
	}
	Replayed = &engine.Code{
		ID: "ipsec/replayed", Ref: "RFC 4303, Section 3.4.3", Field: "sequence number",
		Sentence: "Sequence number %s was received before: the packet is a replay.",
	}
	TooOld = &engine.Code{
		ID: "ipsec/too-old", Ref: "RFC 4303, Section 3.4.3", Field: "sequence number",
		Sentence: "Sequence number %s lies left of the anti-replay window of %s packets, which ends at %s, so nobody can tell whether it is a replay.",
	}
	ICVMismatch = &engine.Code{
		ID: "ipsec/icv-mismatch", Ref: "RFC 4303, Section 3.4.4", Field: "ICV",
		Sentence: "The integrity check value does not match: the packet was changed on its way, or sealed with another key.",
	}
	BadPadding = &engine.Code{
		ID: "ipsec/bad-padding", Ref: "RFC 4303, Section 2.4", Field: "padding",
		Sentence: "The ESP padding is wrong: %s.",
	}
	Dummy = &engine.Code{
		ID: "ipsec/dummy", Ref: "RFC 4303, Section 2.6", Field: "next header",
		Sentence: "A dummy packet (next header 59), sent to hide how much traffic there is; it is discarded.",
	}
	BadInner = &engine.Code{
		ID: "ipsec/bad-inner", Ref: "RFC 4301, Section 5.2", Field: "next header",
		Sentence: "What was inside is no IP packet: %s.",
	}
	ECNDrop = &engine.Code{
		ID: "ipsec/ecn", Ref: "RFC 6040, Section 4.2", Field: "ECN",
		Sentence: "The outer header reports congestion (CE), and the inner packet does not take part in ECN, so only dropping it can tell its sender.",
	}
	SelectorMismatch = &engine.Code{
		ID: "ipsec/selector-mismatch", Ref: "RFC 4301, Section 5.2", Field: "selectors",
		Sentence: "A packet from %s to %s came out of an SA that is for %s to %s only.",
	}
	NotProtected = &engine.Code{
		ID: "ipsec/not-protected", Ref: "RFC 4301, Section 5.2",
		Sentence: "A packet from %s to %s came in clear; policy %s says that it must be protected.",
	}
)
