package run

import "cipherglass/crypto/engine"

// Failures that belong to the network and to the run itself.
var (
	limitPackets = &engine.Code{ID: "limit/packets", Sentence: "The run was stopped after %s packets, the scenario's bound. Send less, or raise limits.packets."}
	limitBytes   = &engine.Code{ID: "limit/bytes", Sentence: "The run was stopped after %s bytes on all links together, the scenario's bound. Send less, or raise limits.bytes."}
	limitTime    = &engine.Code{ID: "limit/seconds", Sentence: "The run was stopped after %s seconds of virtual time, the scenario's bound. Shorten it, or raise limits.seconds."}

	noReply      = &engine.Code{ID: "net/no-reply", Sentence: "%s of %s echo requests from %s got no reply."}
	tooBig       = &engine.Code{ID: "net/too-big", Sentence: "%s cannot send packets of %s bytes with DF set: the path takes %s bytes at most, as an ICMP message told.", Ref: "RFC 1191, Section 3", Field: "size"}
	lostDatagram = &engine.Code{ID: "net/lost-datagram", Sentence: "%s of %s datagrams from %s never arrived."}
	noConnection = &engine.Code{ID: "net/no-connection", Sentence: "%s could not connect to %s: %s.", Ref: "RFC 9293, Section 3.5"}
	broken       = &engine.Code{ID: "net/broken-connection", Sentence: "The TCP connection of %s broke: %s.", Ref: "RFC 9293, Section 3.10"}
	cutShort     = &engine.Code{ID: "net/cut-short", Sentence: "%s received %s of the %s bytes that %s sent."}
	unfinished   = &engine.Code{ID: "net/unfinished", Sentence: "%s came to no end: %s was still waiting when nothing more happened."}
	badResponse  = &engine.Code{ID: "app/bad-response", Sentence: "%s could not read the response: %s.", Ref: "RFC 9112, Section 6"}
	badEcho      = &engine.Code{ID: "app/bad-echo", Sentence: "%s got reply %s from %s with other data than it had sent, beginning with byte %s, and nothing on the way noticed."}
	badData      = &engine.Code{ID: "app/bad-data", Sentence: "%s received other bytes than %s sent, beginning with byte %s, and nothing on the way noticed."}
)
