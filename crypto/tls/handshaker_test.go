package tls

import (
	"bytes"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/crypto/pki"
)

// loose carries messages without records, and notes the keys that were set.
type loose struct {
	sent        [][]byte // nil for a ChangeCipherSpec
	write, read *RecordKeys
}

func (l *loose) SendMessage(_ string, msg []byte) { l.sent = append(l.sent, msg) }
func (l *loose) SendChangeCipherSpec()            { l.sent = append(l.sent, nil) }
func (l *loose) SetWriteKeys(k *RecordKeys) *engine.Failure {
	l.write = k
	return nil
}
func (l *loose) SetReadKeys(k *RecordKeys, _ string) *engine.Failure {
	l.read = k
	return nil
}
func (l *loose) Negotiated(uint16, uint16) {}

// TestHandshakerAlone joins two Handshakers without any record layer, in TLS
// and in another dialect: labels and transcript then differ, and so do all keys.
func TestHandshakerAlone(t *testing.T) {
	keys := map[string]bool{}
	for _, version := range []uint16{TLS13, TLS12} {
		for _, d := range []struct {
			name    string
			dialect Dialect
		}{
			{"tls", Dialect{}},
			{"dtls13 labels", Dialect{LabelPrefix: "dtls13"}},
			{"other transcript", Dialect{Transcribe: func(msg []byte, sent bool) []byte { return append([]byte{1}, msg...) }}},
		} {
			cc, sc := testConfigs(t, pki.ECDSAP256)
			cc.Versions, sc.Versions, cc.MiddleboxCompat = []uint16{version}, []uint16{version}, false
			var cl, sl loose
			var cout, sout engine.Effects
			client := newHandshaker(&cc, false, d.dialect, &cl, &cout)
			server := newHandshaker(&sc, true, d.dialect, &sl, &sout)
			client.now, server.now = testClock, testClock
			if f := client.Start(); f != nil {
				t.Fatal(f)
			}
			pass := func(from *loose, to *Handshaker) {
				for len(from.sent) > 0 {
					m := from.sent[0]
					from.sent = from.sent[1:]
					f := (*engine.Failure)(nil)
					if m == nil {
						f = to.ReceiveChangeCipherSpec()
					} else {
						f = to.Receive(m)
					}
					if f != nil {
						t.Fatalf("%s: %v", d.name, f)
					}
				}
			}
			for range 2 {
				pass(&cl, server)
				pass(&sl, client)
			}
			if !client.Connected() || !server.Connected() {
				t.Fatalf("%s %s: client in %s, server in %s", VersionName(version), d.name, client.state.name(), server.state.name())
			}
			if !bytes.Equal(cl.write.Key.Bytes, sl.read.Key.Bytes) || !bytes.Equal(cl.read.Key.Bytes, sl.write.Key.Bytes) {
				t.Errorf("%s %s: the two ends have other keys", VersionName(version), d.name)
			}
			if d.name == "dtls13 labels" && version == TLS12 {
				continue // its PRF has no such labels: the keys are those of TLS
			}
			if k := string(cl.write.Key.Bytes); keys[k] {
				t.Errorf("%s %s: the keys are those of another dialect", VersionName(version), d.name)
			} else {
				keys[k] = true
			}
		}
	}
}
