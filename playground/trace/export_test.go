package trace

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"cipherglass/crypto/engine"
	"cipherglass/playground/scenario"

	"github.com/google/gopacket/pcapgo"
)

var update = flag.Bool("update", false, "write the golden files")

var testCode = &engine.Code{ID: "test/refused", Sentence: "Nothing of %s fits.", Ref: "RFC 8446, Section 4.1.1", Alert: "handshake_failure", Field: "cipher_suites"}

// sample is a trace with one of everything, made by hand.
func sample(t testing.TB) *Trace {
	t.Helper()
	s, err := scenario.Preset("tls13")
	if err != nil {
		t.Fatal(err)
	}
	ms := time.Millisecond
	random := bytes.Repeat([]byte{0xaa}, 32)
	secret := engine.Secret{
		ID: "client/web/c_hs", Name: "client_handshake_traffic_secret", Func: "HKDF-Expand-Label", Hash: "SHA-256",
		Inputs: []engine.Param{{Name: "Label", Value: []byte("c hs traffic"), Note: "the label"}},
		Value:  bytes.Repeat([]byte{0xbb}, 32), Keylog: "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
	}
	other := secret
	other.ID = "server/web/c_hs"
	return &Trace{
		Scenario: s,
		Outcome:  Outcome{OK: false, Summary: "The server refused.", Code: "test/refused"},
		Nodes:    []string{"client", "server"},
		Links:    []Link{{Name: "net", MTU: 1500}, {Name: "spare", MTU: 1400}},
		Packets: []*Packet{
			{Seq: 1, Name: "client/web/syn@net", Time: 0, Arrive: 5 * ms, Link: "net", From: "client", To: "server", Fate: Delivered, Bytes: ipv4(t, 1, []byte("one")), Info: "TCP 49152 → 443 [SYN]"},
			{Seq: 3, Name: "server/web/flight1/seg0@net", Parent: "client/web/syn@net", Time: 12345678 * time.Nanosecond, Link: "net", From: "server", To: "client", Fate: Dropped, Why: "fault 1 loses it", Bytes: ipv4(t, 2, []byte("twotwo")), Info: "TCP 443 → 49152 [SYN, ACK]"},
		},
		Events: []*Event{
			{Seq: 2, Time: 5 * ms, Node: "client", Conv: "web", Kind: KindState, Text: "START → WAIT_SH", Secret: "client/web/c_hs"},
			{Seq: 4, Time: 13 * ms, Node: "server", Conv: "web", Kind: KindChecked, Text: "Finished", OK: false, Packet: "client/web/syn@net"},
			{Seq: 5, Time: 13 * ms, Node: "server", Conv: "web", Kind: KindMade, Text: "opened", Facts: []engine.Fact{{Name: "a", Value: "b<c"}}},
			{Seq: 6, Time: 14 * ms, Node: "server", Conv: "web", Kind: KindFailed, Text: "Nothing of x fits.", Fail: testCode.With("x")},
		},
		Secrets: []*Secret{
			{Secret: secret, Owner: "client", Conv: "web", ClientRandom: random},
			{Secret: other, Owner: "server", Conv: "web", ClientRandom: random},
			{Secret: engine.Secret{ID: "x", Name: "early_secret"}, Owner: "client"},
		},
		Checks: []*Check{
			{Scope: "packet", Packet: "client/web/syn@net", Name: "IPv4 header checksum", By: "own decoder", Answer: Agreed},
			{Scope: "packet", Packet: "client/web/syn@net", Name: "TCP checksum", By: "gopacket", Answer: Disagreed, Detail: "0x1234, not 0x1235"},
			{Scope: "scenario", Name: "WebCrypto", By: "WebCrypto", Answer: Nobody, Detail: "no browser"},
		},
		Faults: []FaultReport{{Index: 0, Applied: true}, {Index: 1, Why: "no packet is called x"}},
	}
}

func TestText(t *testing.T) {
	const file = "testdata/sample.txt"
	got := Text(sample(t), nil)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Text(&Trace{}, nil); !strings.Contains(got, "as expected") {
		t.Errorf("an empty trace gives %q", got)
	}
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, sample(t)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Scenario struct{ Preset string }
		Outcome  struct {
			OK      bool
			Summary string
			Code    string
		}
		Packets []map[string]any
		Events  []map[string]any
		Secrets []map[string]any
		Checks  []map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if got.Scenario.Preset != "tls13@1" || got.Outcome.Code != "test/refused" || len(got.Packets) != 2 || len(got.Events) != 4 || len(got.Secrets) != 3 || len(got.Checks) != 3 {
		t.Errorf("got %+v", got)
	}
	p := got.Packets[1]
	want := map[string]any{
		"name": "server/web/flight1/seg0@net", "parent": "client/web/syn@net", "t_us": 12345.0, "link": "net", "from": "server", "to": "client",
		"fate": "dropped", "why": "fault 1 loses it", "bytes": fmt.Sprintf("%x", sample(t).Packets[1].Bytes),
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("packet: got %v, want %v", p, want)
	}
	for i, want := range []any{true, false, nil} {
		if ok, has := got.Checks[i]["ok"]; ok != want || !has {
			t.Errorf("check %d: ok is %v, want %v", i, ok, want)
		}
	}
	if v := got.Secrets[0]["value"]; v != strings.Repeat("bb", 32) {
		t.Errorf("secret: got %v", v)
	}
	if f, _ := got.Events[3]["failure"].(map[string]any); f["code"] != "test/refused" || f["alert"] != "handshake_failure" {
		t.Errorf("failure: got %v", got.Events[3])
	}
	if ok, has := got.Events[1]["ok"]; ok != false || !has {
		t.Errorf("checked: got %v", got.Events[1])
	}
	b.Reset()
	if err := WriteJSON(&b, &Trace{}); err != nil || !json.Valid(b.Bytes()) || !strings.Contains(b.String(), `"packets": []`) {
		t.Errorf("an empty trace gives %s, %v", b.String(), err)
	}
}

func TestHash(t *testing.T) {
	h := Hash(sample(t))
	if h != Hash(sample(t)) {
		t.Fatal("the same trace has two hashes")
	}
	for _, c := range []struct {
		name  string
		edit  func(*Trace)
		other bool
	}{
		{"packet's bytes", func(t *Trace) { t.Packets[0].Bytes[0] ^= 1 }, true},
		{"packet's time", func(t *Trace) { t.Packets[0].Time++ }, true},
		{"packet's fate", func(t *Trace) { t.Packets[0].Fate = Dropped }, true},
		{"event", func(t *Trace) { t.Events[0].Text += "x" }, true},
		{"secret", func(t *Trace) { t.Secrets[0].Value[0] ^= 1 }, true},
		{"scenario", func(t *Trace) { t.Scenario.Seed = "x" }, true},
		{"check", func(t *Trace) { t.Checks[0].Answer = Nobody }, false},
	} {
		s := sample(t)
		if c.edit(s); (Hash(s) != h) != c.other {
			t.Errorf("another %s: hash changed is %v, want %v", c.name, !c.other, c.other)
		}
	}
	// The same under WebAssembly: the figure stands here. Without the
	// scenario, which may gain fields.
	const want = "757308bb0e51112e5f95cee73bfca257dfa52367b9e2ad5342d1048ae741e26d"
	s := sample(t)
	s.Scenario = nil
	if got := Hash(s); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestKeylog(t *testing.T) {
	var b bytes.Buffer
	if err := WriteKeylog(&b, sample(t)); err != nil {
		t.Fatal(err)
	}
	want := "CLIENT_HANDSHAKE_TRAFFIC_SECRET " + strings.Repeat("aa", 32) + " " + strings.Repeat("bb", 32) + "\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestPcapngReadBack(t *testing.T) {
	s := sample(t)
	var b bytes.Buffer
	if err := WritePcapng(&b, s); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(bytes.NewReader(b.Bytes()), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, p := range s.Packets {
		data, ci, err := r.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, p.Bytes) || !ci.Timestamp.Equal(start.Add(p.Time)) {
			t.Errorf("%s: got %x at %v", p.Name, data, ci.Timestamp)
		}
	}
	if i, err := r.Interface(1); err != nil || i.Name != "spare" {
		t.Errorf("second interface: %+v, %v", i, err)
	}
	b.Reset()
	if err := WritePcapng(&b, &Trace{}); err != nil {
		t.Error(err)
	}
}

// peer returns a program of Wireshark, or skips; it fails when CI=true.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed: the capture was not read by it", name)
	}
	return path
}

func capture(t *testing.T, tr *Trace) string {
	t.Helper()
	var b bytes.Buffer
	if err := WritePcapng(&b, tr); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "t.pcapng")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCapinfos(t *testing.T) {
	program := peer(t, "capinfos")
	out, err := exec.Command(program, "-M", capture(t, sample(t))).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{`Number of packets:\s+2\b`, `Raw IP`, `Cipherglass`, `Name = net`, `Name = spare`, `Number of decryption secrets in file:\s+1`} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("capinfos does not show %s:\n%s", want, out)
		}
	}
}

// Wireshark opens a real connection of crypto/tls by the secrets in the file.
func TestTsharkDecrypts(t *testing.T) {
	program := peer(t, "tshark")
	file := capture(t, realTLS(t))
	out, err := exec.Command(program, "-r", file, "-Y", "http", "-T", "fields", "-e", "http.request.uri", "-e", "http.response.code", "-e", "frame.comment").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"/secret", "200", "client/web/data"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("tshark does not show %q:\n%s", want, out)
		}
	}
	without := realTLS(t)
	without.Secrets = nil
	out, err = exec.Command(program, "-r", capture(t, without), "-Y", "http").Output()
	if err != nil || len(out) > 0 {
		t.Errorf("without the secrets tshark shows %s, %v", out, err)
	}
}

func TestDiff(t *testing.T) {
	a, b := sample(t), sample(t)
	if d := Diff(a, b); d.Any() {
		t.Errorf("equal traces differ: %+v", d)
	}
	b.Packets[0].Bytes[5] ^= 1
	b.Packets[1].Name = "server/web/flight1/seg1@net"
	d := Diff(a, sampleRenamed(b))
	if !reflect.DeepEqual(d.New, []string{"server/web/flight1/seg1@net"}) || !reflect.DeepEqual(d.Changed, []string{"client/web/syn@net"}) || !reflect.DeepEqual(d.Gone, []string{"server/web/flight1/seg0@net"}) {
		t.Errorf("got %+v", d)
	}
	if d.Of("client/web/syn@net") != Changed || d.Of("server/web/flight1/seg1@net") != New || d.Of("x") != Same {
		t.Errorf("marks: %+v", d)
	}
	if d := Diff(nil, a); d.Any() {
		t.Errorf("the first run is marked: %+v", d)
	}
	c := sample(t)
	c.Packets[0].Fate = Dropped
	if d := Diff(a, c); d.Of("client/web/syn@net") != Changed {
		t.Errorf("another fate is not marked: %+v", d)
	}
}

// sampleRenamed drops the index that an earlier look-up made.
func sampleRenamed(t *Trace) *Trace { t.byName = nil; return t }

func TestChangedBytes(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           []Range
	}{
		{"equal", "abc", "abc", nil},
		{"one", "abcd", "aXcd", []Range{{1, 1}}},
		{"two runs", "abcdef", "XbcYZf", []Range{{0, 1}, {3, 2}}},
		{"put in", "abcd", "abXYcd", []Range{{2, 2}}},
		{"put in, changed before", "abcd", "ZbXYcd", []Range{{0, 1}, {2, 2}}},
		{"taken out", "abXYcd", "abcd", nil},
		{"appended", "ab", "abc", []Range{{2, 1}}},
		{"repeated", "aaa", "aaaa", []Range{{0, 1}}},
		{"from nothing", "", "abc", []Range{{0, 3}}},
		{"to nothing", "abc", "", nil},
	} {
		if got := ChangedBytes([]byte(c.old), []byte(c.new)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestEntries(t *testing.T) {
	var got []string
	for _, e := range sample(t).Entries() {
		if e.Packet != nil {
			got = append(got, e.Packet.Name)
		} else {
			got = append(got, e.Event.Kind)
		}
	}
	want := []string{"client/web/syn@net", "state", "server/web/flight1/seg0@net", "checked", "made", "failed"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
