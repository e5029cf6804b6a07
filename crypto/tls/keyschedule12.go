package tls

import (
	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
)

// schedule12 derives the keys of TLS 1.2 (RFC 5246, Sections 6.3 and 8.1).
// The stages are types, as in TLS 1.3.
//
//	pre_master_secret --PRF--> master_secret --PRF--> key_block --> write keys
//	                                  |
//	                                  +--PRF--> verify_data of both Finished
type schedule12 struct {
	hash   kdf.Hash
	suite  CipherSuite
	out    *engine.Effects
	client kdf.Value // ClientHello.random
	server kdf.Value // ServerHello.random
}

type (
	premasterSecret12 struct{ kdf.Value }
	masterSecret12    struct{ kdf.Value }
)

// master mixes both random values into the premaster secret.
func (s *schedule12) master(pre premasterSecret12) masterSecret12 {
	as := kdf.As{ID: "master_secret", Ref: "RFC 5246, Section 8.1", Keylog: "CLIENT_RANDOM"}
	return masterSecret12{kdf.PRF(s.out, as, s.hash, pre.Value, "master secret", s.randoms(s.client, s.server, "ClientHello.random + ServerHello.random"), 48)}
}

// extendedMaster mixes in the hash of all messages up to ClientKeyExchange
// (RFC 7627, Section 4).
func (s *schedule12) extendedMaster(pre premasterSecret12, sessionHash kdf.Value) masterSecret12 {
	as := kdf.As{ID: "master_secret", Ref: "RFC 7627, Section 4", Keylog: "CLIENT_RANDOM"}
	return masterSecret12{kdf.PRF(s.out, as, s.hash, pre.Value, "extended master secret", sessionHash, 48)}
}

func (s *schedule12) randoms(a, b kdf.Value, note string) kdf.Value {
	return kdf.Value{Bytes: append(append(make([]byte, 0, 64), a.Bytes...), b.Bytes...), Note: note}
}

// keys cuts the key block (RFC 5246, Section 6.3).
func (s *schedule12) keys(m masterSecret12) (client, server *RecordKeys) {
	spec := s.suite.Cipher.Spec()
	n := 2 * (spec.MACKeyLen + spec.KeyLen + spec.FixedIVLen)
	const ref = "RFC 5246, Section 6.3"
	block := kdf.PRF(s.out, kdf.As{ID: "key_block", Ref: ref}, s.hash, m.Value, "key expansion",
		s.randoms(s.server, s.client, "ServerHello.random + ClientHello.random"), n)
	off := 0
	cut := func(id string, n int) kdf.Value {
		if n == 0 {
			return kdf.Value{}
		}
		v := kdf.Slice(s.out, kdf.As{ID: id, Ref: ref}, block, off, n)
		off += n
		return v
	}
	client = &RecordKeys{Version: TLS12, Cipher: s.suite.Cipher}
	server = &RecordKeys{Version: TLS12, Cipher: s.suite.Cipher}
	client.MACKey, server.MACKey = cut("client_write_MAC_key", spec.MACKeyLen), cut("server_write_MAC_key", spec.MACKeyLen)
	client.Key, server.Key = cut("client_write_key", spec.KeyLen), cut("server_write_key", spec.KeyLen)
	client.IV, server.IV = cut("client_write_IV", spec.FixedIVLen), cut("server_write_IV", spec.FixedIVLen)
	return client, server
}

// finished is the verify_data of one end's Finished (RFC 5246, Section 7.4.9).
func (s *schedule12) finished(m masterSecret12, sender string, transcript kdf.Value) []byte {
	as := kdf.As{ID: sender + "_verify_data", Name: "verify_data", Ref: "RFC 5246, Section 7.4.9"}
	return kdf.PRF(s.out, as, s.hash, m.Value, sender+" finished", transcript, 12).Bytes
}
