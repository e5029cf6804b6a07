package tls

import (
	"fmt"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/kdf"
)

// The key schedule of TLS 1.3 (RFC 8446, Section 7.1). Each stage is a type,
// so that a wrong order does not compile:
//
//	             0
//	             |
//	             v
//	   PSK ->  HKDF-Extract = Early Secret                       earlySecret
//	             |
//	             v
//	       Derive-Secret(., "derived", "")
//	             |
//	             v
//	(EC)DHE -> HKDF-Extract = Handshake Secret                   handshakeSecret
//	             |
//	             +-----> Derive-Secret(., "c hs traffic", ClientHello...ServerHello)
//	             |                     = client_handshake_traffic_secret
//	             +-----> Derive-Secret(., "s hs traffic", ClientHello...ServerHello)
//	             |                     = server_handshake_traffic_secret
//	             v
//	       Derive-Secret(., "derived", "")
//	             |
//	             v
//	   0 -> HKDF-Extract = Master Secret                         masterSecret
//	             |
//	             +-----> Derive-Secret(., "c ap traffic", ClientHello...server Finished)
//	             |                     = client_application_traffic_secret_0
//	             +-----> Derive-Secret(., "s ap traffic", ClientHello...server Finished)
//	             |                     = server_application_traffic_secret_0
//	             +-----> Derive-Secret(., "exp master", ClientHello...server Finished)
//	                                   = exporter_master_secret
type schedule13 struct {
	hash   kdf.Hash
	prefix string // "tls13 "; DTLS 1.3 has "dtls13" (RFC 9147, Section 5.9)
	suite  CipherSuite
	out    *engine.Effects
}

type (
	earlySecret     struct{ kdf.Value }
	handshakeSecret struct{ kdf.Value }
	masterSecret    struct{ kdf.Value }
	// trafficSecret protects one direction in one epoch, numbered n where the
	// epoch can be updated.
	trafficSecret struct {
		kdf.Value
		sender string // "client", "server"
		epoch  string // "handshake", "application"
		n      int
	}
)

const refSchedule = "RFC 8446, Section 7.1"

func (s *schedule13) zeros() kdf.Value {
	return kdf.Value{Bytes: make([]byte, s.hash.Size), Note: "Hash.length zeros"}
}

// early begins without a pre-shared key.
func (s *schedule13) early() earlySecret {
	psk := s.zeros()
	psk.Note = "Hash.length zeros: no PSK"
	return earlySecret{kdf.Extract(s.out, kdf.As{ID: "early_secret", Name: "Early Secret", Ref: refSchedule}, s.hash, s.zeros(), psk)}
}

// handshake mixes in the (EC)DHE shared secret.
func (s *schedule13) handshake(e earlySecret, shared kdf.Value) handshakeSecret {
	salt := s.derived(e.Value, "derived_early")
	return handshakeSecret{kdf.Extract(s.out, kdf.As{ID: "handshake_secret", Name: "Handshake Secret", Ref: refSchedule}, s.hash, salt, shared)}
}

func (s *schedule13) master(h handshakeSecret) masterSecret {
	salt := s.derived(h.Value, "derived_handshake")
	return masterSecret{kdf.Extract(s.out, kdf.As{ID: "master_secret", Name: "Master Secret", Ref: refSchedule}, s.hash, salt, s.zeros())}
}

func (s *schedule13) derived(v kdf.Value, id string) kdf.Value {
	empty := kdf.Value{Bytes: s.hash.Sum(nil), Note: `Transcript-Hash("")`}
	return kdf.DeriveSecret(s.out, kdf.As{ID: id, Name: `Derive-Secret(., "derived", "")`, Ref: refSchedule}, s.hash, v, s.prefix+"derived", empty)
}

// handshakeTraffic derives from the hash of ClientHello..ServerHello.
func (s *schedule13) handshakeTraffic(h handshakeSecret, transcript kdf.Value) (client, server trafficSecret) {
	client = trafficSecret{kdf.DeriveSecret(s.out, kdf.As{ID: "client_handshake_traffic_secret", Ref: refSchedule, Keylog: "CLIENT_HANDSHAKE_TRAFFIC_SECRET"}, s.hash, h.Value, s.prefix+"c hs traffic", transcript), "client", "handshake", 0}
	server = trafficSecret{kdf.DeriveSecret(s.out, kdf.As{ID: "server_handshake_traffic_secret", Ref: refSchedule, Keylog: "SERVER_HANDSHAKE_TRAFFIC_SECRET"}, s.hash, h.Value, s.prefix+"s hs traffic", transcript), "server", "handshake", 0}
	return client, server
}

// applicationTraffic derives from the hash of ClientHello..server Finished.
func (s *schedule13) applicationTraffic(m masterSecret, transcript kdf.Value) (client, server trafficSecret) {
	client = trafficSecret{kdf.DeriveSecret(s.out, kdf.As{ID: "client_application_traffic_secret_0", Ref: refSchedule, Keylog: "CLIENT_TRAFFIC_SECRET_0"}, s.hash, m.Value, s.prefix+"c ap traffic", transcript), "client", "application", 0}
	server = trafficSecret{kdf.DeriveSecret(s.out, kdf.As{ID: "server_application_traffic_secret_0", Ref: refSchedule, Keylog: "SERVER_TRAFFIC_SECRET_0"}, s.hash, m.Value, s.prefix+"s ap traffic", transcript), "server", "application", 0}
	kdf.DeriveSecret(s.out, kdf.As{ID: "exporter_master_secret", Ref: refSchedule, Keylog: "EXPORTER_SECRET"}, s.hash, m.Value, s.prefix+"exp master", transcript)
	return client, server
}

// next is the traffic secret after a KeyUpdate (RFC 8446, Section 7.2).
func (s *schedule13) next(t trafficSecret) trafficSecret {
	n := t.n + 1
	as := kdf.As{ID: fmt.Sprintf("%s_application_traffic_secret_%d", t.sender, n), Ref: "RFC 8446, Section 7.2"}
	return trafficSecret{kdf.ExpandLabel(s.out, as, s.hash, t.Value, s.prefix+"traffic upd", kdf.Value{}, s.hash.Size), t.sender, t.epoch, n}
}

// keys are the record keys of a traffic secret (RFC 8446, Section 7.3).
func (s *schedule13) keys(t trafficSecret) *RecordKeys {
	spec := s.suite.Cipher.Spec()
	id := t.id()
	return &RecordKeys{
		Version: TLS13,
		Cipher:  s.suite.Cipher,
		Key:     kdf.ExpandLabel(s.out, kdf.As{ID: id + "_write_key", Ref: "RFC 8446, Section 7.3"}, s.hash, t.Value, s.prefix+"key", kdf.Value{}, spec.KeyLen),
		IV:      kdf.ExpandLabel(s.out, kdf.As{ID: id + "_write_iv", Ref: "RFC 8446, Section 7.3"}, s.hash, t.Value, s.prefix+"iv", kdf.Value{}, spec.IVLen),
	}
}

// finished is the verify_data of the Finished message of the traffic secret's
// sender, over the messages whose hash is transcript (RFC 8446, Section 4.4.4).
func (s *schedule13) finished(t trafficSecret, transcript kdf.Value) []byte {
	key := kdf.ExpandLabel(s.out, kdf.As{ID: t.sender + "_finished_key", Name: "finished_key", Ref: "RFC 8446, Section 4.4.4"}, s.hash, t.Value, s.prefix+"finished", kdf.Value{}, s.hash.Size)
	return kdf.HMAC(s.out, kdf.As{ID: t.sender + "_verify_data", Name: "verify_data", Ref: "RFC 8446, Section 4.4.4"}, s.hash, key, transcript).Bytes
}

// id begins the names of the keys: "client_handshake", "client_application_0".
func (t trafficSecret) id() string {
	if t.epoch == "handshake" {
		return t.sender + "_handshake"
	}
	return fmt.Sprintf("%s_application_%d", t.sender, t.n)
}
