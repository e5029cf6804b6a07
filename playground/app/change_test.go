package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
)

func TestFlipByte(t *testing.T) {
	p := open(t, "", "", false)
	const name = "client/web/flight1/seg0@net"
	p.do(SelectRow{name})
	for _, c := range []struct {
		hex   string
		off   int
		wrong bool
		want  int
	}{
		{"zz", 41, true, 0}, {"7", 41, true, 0}, {"7f", 4100, true, 0},
		{"03", 41, false, 0}, // what it is already
		{"7f", 41, false, 1}, {"7e", 41, false, 1}, {"7f", 42, false, 2},
	} {
		p.do(FlipByte{Packet: name, Offset: c.off, Hex: c.hex})
		if (p.s.View.Flip.Wrong != "") != c.wrong || len(p.s.Scenario.Faults) != c.want {
			t.Errorf("%s at %d: wrong %q, faults %v", c.hex, c.off, p.s.View.Flip.Wrong, p.s.Scenario.Faults)
		}
	}
	f := p.s.Scenario.Faults[0]
	if f.Kind != "tamper" || f.Packet != "client/web/flight1/seg0" || f.Link != "net" || f.Offset != 41 || f.Value != "7e" {
		t.Errorf("fault: %+v", f)
	}
	p.do(FaultSwitch{0, true}, FaultKeep{1, true})
	if !p.s.Scenario.Faults[0].Off || !p.s.Scenario.Faults[1].Keep {
		t.Errorf("switches: %+v", p.s.Scenario.Faults)
	}
	p.do(FaultRemove{0}, FaultRemove{7}, AddFault{Kind: "drop", Packet: name})
	if n := len(p.s.Scenario.Faults); n != 2 || p.s.Scenario.Faults[1].Kind != "drop" {
		t.Errorf("faults: %+v", p.s.Scenario.Faults)
	}
	p.do(Undo{}, Undo{})
	if n := len(p.s.Scenario.Faults); n != 2 {
		t.Errorf("after undo: %+v", p.s.Scenario.Faults)
	}
}

func TestPins(t *testing.T) {
	p := open(t, "", "", false)
	const name = "client/web/random"
	good := strings.Repeat("ab", 32)
	for _, c := range []struct {
		hex   string
		wrong string
		pins  int
	}{
		{"abc", "even", 0}, {"xy", "Only the hex digits", 0}, {"abcd", "needs 32 bytes; this has 2", 0},
		{"ff" + good[2:], "may not begin with ff", 0}, {good, "", 1}, {"", "", 0},
	} {
		p.do(SetPin{name, c.hex})
		if e := p.s.Errors[PinPath(name)]; !strings.Contains(e.Sentence, c.wrong) || (e.Sentence != "") != (c.wrong != "") {
			t.Errorf("%q: error %q, want %q", c.hex, e.Sentence, c.wrong)
		} else if c.wrong != "" && e.Text != c.hex {
			t.Errorf("%q: the field keeps %q", c.hex, e.Text)
		}
		if len(p.s.Scenario.Pins) != c.pins || p.s.Trace.Values[0].Bad != "" {
			t.Errorf("%q: pins %v, value %+v", c.hex, p.s.Scenario.Pins, p.s.Trace.Values[0])
		}
		p.do(Settle{})
	}
}

func TestFlipLeadsToTheChangedPacket(t *testing.T) {
	p := open(t, "", "", false)
	const name, changed = "client/web/flight1/seg0@net", "client/web/flight1/seg0/tampered@net"
	p.play = func(sc *scenario.Scenario) *trace.Trace {
		tr := played(sc)
		if len(sc.Faults) > 0 {
			b := append([]byte(nil), tr.Packets[1].Bytes...)
			b[41] = 0x7f
			tr.Packets[1].Fate = trace.Rewritten
			tr.Packets = append(tr.Packets, &trace.Packet{Seq: 9, Name: changed, Parent: name, Link: "net", From: "client", To: "server", Fate: trace.Delivered, Bytes: b})
		}
		return tr
	}
	p.do(SelectRow{name}, SelectByte{41}, FlipByte{Packet: name, Offset: 41, Hex: "7f"})
	in := Inspect(&p.s)
	if p.s.Selection.Row != changed || p.s.Selection.Byte != 41 || !in.ByteChanged(41) || in.ByteChanged(40) {
		t.Errorf("selection %+v, byte 41 changed %v, byte 40 %v", p.s.Selection, in.ByteChanged(41), in.ByteChanged(40))
	}
	p.do(FlipByte{Packet: changed, Offset: 42, Hex: "00"})
	if n := len(p.s.Scenario.Faults); n != 2 || p.s.Scenario.Faults[1].Packet != "client/web/flight1/seg0" {
		t.Errorf("a flip of the changed copy: %+v", p.s.Scenario.Faults)
	}
}

func TestPrivateKeyStaysInMemory(t *testing.T) {
	cert, key := pasteable(t)
	p := open(t, "", "", false)
	const path = "certificates.server.pem"
	p.do(Edit{"certificates.server.key", "pasted"})
	if p.s.Invalid[path] == "" {
		t.Fatalf("a pasted certificate without text: %v", p.s.Invalid)
	}
	_, other := pasteable(t)
	for _, c := range []struct{ text, wrong string }{
		{"junk", "not PEM"}, {key, "without its certificate"}, {cert + other, "does not belong"},
	} {
		p.do(Edit{path, c.text})
		if e := p.s.Errors[path]; !strings.Contains(e.Sentence, c.wrong) || strings.Contains(e.Text, "PRIVATE KEY") {
			t.Errorf("%q: %+v", c.wrong, e)
		}
	}
	p.do(Edit{path, cert + key}, Settle{})
	if len(p.s.Errors)+len(p.s.Invalid) > 0 || len(p.s.Keys) != 1 || len(p.s.NeedKeys) != 0 {
		t.Fatalf("errors %v %v, keys %d, asked for %v", p.s.Errors, p.s.Invalid, len(p.s.Keys), p.s.NeedKeys)
	}
	q := open(t, p.s.Link, "", false)
	if len(q.s.NeedKeys) != 1 || q.runs != 0 || q.s.Trace != nil {
		t.Fatalf("its link elsewhere: asks %v, %d runs", q.s.NeedKeys, q.runs)
	}
	// Nothing that people can do before there is a run may end the page.
	q.do(SelectRow{"x"}, MoveRow{1}, SelectTab{"x"}, SelectNode{"x"}, SelectByte{1}, Fold{"x", true}, OpenFlip{1},
		FlipByte{"x", 0, "00"}, SetPin{"x", "00"}, Play{On: true}, Ticked{}, Get{"pcapng"}, Share{}, AddFault{"drop", "x@net"}, Undo{}, Redo{}, Settle{})
	hash := q.s.NeedKeys[0].Hash
	q.do(GiveKey{hash, cert}, GiveKey{hash, other})
	if q.runs != 0 || !strings.Contains(q.s.Errors["key:"+hash].Sentence, "another key") {
		t.Errorf("another key: %d runs, %v", q.runs, q.s.Errors)
	}
	q.do(GiveKey{hash, key})
	if q.s.Trace == nil || len(q.s.NeedKeys) != 0 {
		t.Errorf("with the key: asks %v", q.s.NeedKeys)
	}
}

// pasteable is a self-signed certificate and its private key, in PEM.
func pasteable(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pasted"}, DNSNames: []string{"example.test"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	pk, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pk}))
}

func TestKeyComesAfterItsCertificate(t *testing.T) {
	cert, key := pasteable(t)
	const path = "certificates.server.pem"
	p := open(t, "", "", false)
	p.do(Edit{"certificates.server.key", "pasted"})
	if p.s.Toast == "" {
		t.Error("nothing says that a pasted certificate is wanted")
	}
	p.do(Edit{path, cert})
	if v := Judge(&p.s); len(p.s.NeedKeys) != 1 || p.runs != 1 || v.Kind != "waiting" || !strings.Contains(v.Text, "“server”") || !v.Said(p.s.Toast) {
		t.Fatalf("the certificate alone: %d runs, verdict %+v, toast %q", p.runs, v, p.s.Toast)
	}
	asks := func() (f FormField) {
		for _, g := range Form(&p.s) {
			for _, part := range g.Parts {
				for _, x := range part.Fields {
					if x.Path == path && (g.Open || x.Key == "") {
						f = x
					}
				}
			}
		}
		return f
	}
	hash := p.s.NeedKeys[0].Hash
	if f := asks(); f.Key != hash {
		t.Errorf("the certificate's field asks for the key %q, want %q", f.Key, hash)
	}
	for _, c := range []struct{ text, wrong string }{
		{"junk", "There is no private key"},
		{cert, "This is a certificate"},
		{strings.ReplaceAll(key, "END", "ENB"), "damaged"},
		{"", ""},
	} {
		p.do(GiveKey{hash, c.text})
		if f := asks(); !strings.Contains(f.Bad, c.wrong) || (f.Bad == "") != (c.wrong == "") || strings.Contains(f.Bad, "BEGIN CERTIFICATE") || WrongAt(&p.s, "key:"+hash) != f.Bad {
			t.Errorf("%.20q in the key's field: %q, want %q", c.text, f.Bad, c.wrong)
		}
	}
	p.do(Edit{path, cert + key})
	if len(p.s.NeedKeys) != 0 || p.runs != 2 || strings.Contains(Shown(&p.s, path), "PRIVATE") || Judge(&p.s).Kind != "ok" {
		t.Errorf("certificate and key after the certificate: %d runs, asks for %v, shows %q", p.runs, p.s.NeedKeys, Shown(&p.s, path))
	}
	if f := asks(); f.Key != "" {
		t.Error("the key is still asked for")
	}
}

func TestOpenFile(t *testing.T) {
	p := open(t, "", "", false)
	first := p.s.Link
	sc := p.s.Scenario.Clone()
	sc.Links[0].MTU = 1234
	p.do(OpenFile{"mine.json", string(sc.Marshal())})
	if p.s.Scenario.Links[0].MTU != 1234 || p.s.UndoLabel() != "mine.json" || p.s.Base != nil {
		t.Errorf("MTU %d, undo %q", p.s.Scenario.Links[0].MTU, p.s.UndoLabel())
	}
	p.do(OpenFile{"broken.json", "{"})
	if !strings.Contains(p.s.Banner.Message, "broken.json") || p.s.Scenario.Links[0].MTU != 1234 {
		t.Errorf("a broken file: %+v", p.s.Banner)
	}
	p.do(Undo{})
	if p.s.Link != first {
		t.Error("opening a file cannot be undone")
	}
}

func TestValuesAreFound(t *testing.T) {
	p := open(t, "", "", false)
	p.play = func(sc *scenario.Scenario) *trace.Trace {
		tr := played(sc)
		for i := range 1000 {
			tr.Values = append(tr.Values, engine.Named{Name: fmt.Sprintf("sa/a-b/ab/iv/%d", i), Kind: "bytes", Value: make([]byte, 8)})
		}
		return tr
	}
	p.do(Edit{mtu, "1400"})
	for _, c := range []struct {
		what    Action
		n, more int
	}{
		{ShowValues{Open: false}, 0, 0},
		{SetPin{"sa/a-b/ab/iv/999", "0011223344556677"}, 1, 0},
		{SetPin{"client/web/random", "00"}, 2, 0},
		{ShowValues{Open: true}, MostValues + 1, 1001 - MostValues - 1},
		{FindValues{"iv/99"}, 12, 0},
		{FindValues{"nothing"}, 2, 0},
	} {
		p.do(c.what)
		if list, more := Values(&p.s); len(list) != c.n || more != c.more {
			t.Errorf("%+v: %d values and %d more, want %d and %d", c.what, len(list), more, c.n, c.more)
		}
	}
}
