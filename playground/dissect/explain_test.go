package dissect

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"cipherglass/crypto/engine"
	"cipherglass/playground/trace"
)

func TestGlossary(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range glossary {
		for _, n := range strings.Split(g.Name, "; ") {
			if seen[plainName(n)] {
				t.Errorf("%s stands twice", n)
			}
			seen[plainName(n)] = true
		}
		if !strings.HasSuffix(g.Text, ".") || g.Ref == "" {
			t.Errorf("%s: %q, %q", g.Name, g.Text, g.Ref)
		}
	}
	for _, n := range []string{"SPI", "sequence number", "Sequence_Number", "ICV", "nonce", "key_share", "Key Share", "legacy_session_id"} {
		if _, ok := Glossary(n); !ok {
			t.Errorf("%s is not explained", n)
		}
	}
	if term, ok := Glossary("gopher"); ok {
		t.Errorf("gopher is explained: %v", term)
	}
	if len(Terms()) != len(glossary) {
		t.Error("Terms leaves some out")
	}
}

func TestExplain(t *testing.T) {
	tr := tlsTrace(t)
	random := bytes.Repeat([]byte{7}, 32)
	tr.Values = []engine.Named{{Name: "client/web/random", Value: random, Pinned: true}, {Name: "other", Value: []byte{1, 2, 3, 4, 5, 6, 7, 8}}}
	tr.Secrets = []*trace.Secret{
		{Owner: "client", Secret: engine.Secret{ID: "client/web/master_secret", Name: "master_secret", Func: "PRF", Value: []byte("0123456789"), Inputs: []engine.Param{
			{Name: "seed", Value: random, From: "client/web/random"}}}},
		{Owner: "client", Secret: engine.Secret{ID: "client/web/key", Name: "key", Func: "slice", Value: []byte("01234567"), Inputs: []engine.Param{
			{Name: "of", Value: []byte("0123456789"), From: "client/web/master_secret"}}}},
	}
	x := NewIndex(tr)
	v := x.Packet("client/web/flight1/seg0@lan1")
	frame := &v.Tabs[0]
	n := frame.Tree.Find("random")
	e := Explain(tr, frame, n)
	if e.Title != "TLS record / ClientHello / random" || e.Text == "" || e.Ref != "RFC 8446, Section 4.1.2" || len(e.Terms) != 1 {
		t.Errorf("random: %+v", e)
	}
	if len(e.Inputs) != 1 || e.Inputs[0].Random != "client/web/random" || len(e.UsedBy) != 1 || e.UsedBy[0].Secret != "client/web/master_secret" {
		t.Errorf("random comes from %+v, went into %+v", e.Inputs, e.UsedBy)
	}
	record := v.Tab("client/web/out/record/1")
	e = Explain(tr, record, record.Tree.Find("encrypted_record"))
	got := ""
	for _, i := range e.Inputs {
		got += i.Name + " " + i.Note + i.Secret + i.Buffer + "; "
	}
	if want := "algorithm AES-128-GCM; key client/web/key; nonce ; plaintext client/web/out/plain/1; "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if e := Explain(tr, frame, frame.Tree.Find("Version")); e.Filter != "ip.version" || len(e.Inputs) != 0 {
		t.Errorf("a bit field: %+v", e)
	}
	if e := Explain(nil, frame, n); e.Text == "" {
		t.Error("without a trace nothing is explained")
	}
	if e := Explain(tr, frame, nil); e.Title != "" {
		t.Errorf("nothing: %+v", e)
	}
}

func TestExplainICV(t *testing.T) {
	tr := espTrace(t)
	v := Packet(tr, "r1/esp/0x1001/1@wan1")
	for _, name := range []string{"IV", "ICV", "encrypted data"} {
		if e := Explain(tr, &v.Tabs[0], v.Tabs[0].Tree.Find(name)); len(e.Inputs) == 0 || e.Inputs[0].Note != "AES-128-GCM" {
			t.Errorf("%s: %+v", name, e.Inputs)
		}
	}
	if e := Explain(tr, &v.Tabs[0], v.Tabs[0].Tree.Find("SPI")); len(e.Inputs) != 0 || e.Text == "" {
		t.Errorf("SPI: %+v", e)
	}
	tr = ahTrace(t)
	v = Packet(tr, "alice/ah/0x1001/1@lan1")
	if e := Explain(tr, &v.Tabs[0], v.Tabs[0].Tree.Find("ICV")); len(e.Inputs) == 0 {
		t.Error("AH's ICV has no inputs")
	}
}

func TestSecret(t *testing.T) {
	tr := tlsTrace(t)
	hash := sha256.New()
	hash.Write(tr.Buffer("client/web/out/msg/0").Data)
	first := hash.Sum(nil)
	hash.Write(tr.Buffer("client/web/out/msg/1").Data)
	both := hash.Sum(nil)
	secret := func(id string, inputs ...engine.Param) {
		tr.Secrets = append(tr.Secrets, &trace.Secret{Owner: "client", Secret: engine.Secret{ID: "client/web/" + id, Name: id, Func: "HKDF-Expand-Label", Hash: "SHA-256", Inputs: inputs, Value: []byte(id)}})
	}
	secret("handshake_secret")
	secret("client_handshake_traffic_secret", engine.Param{Name: "Secret", Value: []byte("handshake_secret"), From: "handshake_secret"},
		engine.Param{Name: "Label", Value: []byte("tls13 c hs traffic")}, engine.Param{Name: "Context", Value: both, Note: "Transcript-Hash(ClientHello..Finished)"},
		engine.Param{Name: "Length", Value: []byte{0, 32}})
	secret("key", engine.Param{Name: "Secret", Value: []byte("client_handshake_traffic_secret"), From: "client/web/client_handshake_traffic_secret"},
		engine.Param{Name: "Context", Value: first}, engine.Param{Name: "x", Value: make([]byte, 32), Note: "no hash of anything"})

	v := Secret(tr, "client/web/client_handshake_traffic_secret")
	if want := `HKDF-Expand-Label(handshake_secret, "tls13 c hs traffic", Transcript-Hash(ClientHello..Finished), 32)`; v.Formula != want {
		t.Errorf("got %s, want %s", v.Formula, want)
	}
	if v.Inputs[0].Secret != "client/web/handshake_secret" || v.Text == "" {
		t.Errorf("inputs %+v", v.Inputs)
	}
	if got, want := fmt.Sprint(v.Inputs[2].Transcript), "[client/web/out/msg/0 client/web/out/msg/1]"; got != want {
		t.Errorf("transcript: got %s, want %s", got, want)
	}
	if len(v.UsedBy) != 1 || v.UsedBy[0].Secret != "client/web/key" {
		t.Errorf("used by %+v", v.UsedBy)
	}
	v = Secret(tr, "client/web/key")
	if got, want := fmt.Sprint(v.Inputs[1].Transcript), "[client/web/out/msg/0]"; got != want {
		t.Errorf("transcript: got %s, want %s", got, want)
	}
	if v.Inputs[2].Transcript != nil {
		t.Error("a value that is no hash of the messages has a transcript")
	}
	if len(v.UsedBy) != 2 || v.UsedBy[0].Buffer == "" {
		t.Errorf("used by %+v", v.UsedBy)
	}
	if Secret(tr, "none") != nil {
		t.Error("a secret that is not there was opened")
	}
}
