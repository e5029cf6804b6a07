package trace

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"cipherglass/crypto/engine"
)

// hexed is bytes that JSON shows in hex.
type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

type jsonOutcome struct {
	OK      bool   `json:"ok"`
	Summary string `json:"summary"`
	Code    string `json:"code"`
}

type jsonPacket struct {
	Name   string `json:"name"`
	Parent string `json:"parent"`
	T      int64  `json:"t_us"`
	Link   string `json:"link"`
	From   string `json:"from"`
	To     string `json:"to"`
	Fate   string `json:"fate"`
	Why    string `json:"why"`
	Bytes  hexed  `json:"bytes"`
}

type jsonEvent struct {
	T       int64      `json:"t_us"`
	Node    string     `json:"node"`
	Conv    string     `json:"conversation"`
	Kind    string     `json:"kind"`
	Text    string     `json:"text"`
	Detail  string     `json:"detail,omitempty"`
	Ref     string     `json:"ref,omitempty"`
	OK      *bool      `json:"ok,omitempty"` // of a "checked"
	Packet  string     `json:"packet,omitempty"`
	Buffer  string     `json:"buffer,omitempty"`
	Secret  string     `json:"secret,omitempty"`
	Facts   []jsonFact `json:"facts,omitempty"`
	Failure *jsonFail  `json:"failure,omitempty"`
}

type jsonFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type jsonFail struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
	Alert    string `json:"alert,omitempty"`
	Ref      string `json:"ref,omitempty"`
	Field    string `json:"field,omitempty"`
	FromPeer bool   `json:"from_peer,omitempty"`
}

type jsonSecret struct {
	ID     string      `json:"id"`
	Owner  string      `json:"owner"`
	Conv   string      `json:"conversation"`
	Name   string      `json:"name"`
	Func   string      `json:"func"`
	Hash   string      `json:"hash,omitempty"`
	Inputs []jsonParam `json:"inputs"`
	Value  hexed       `json:"value"`
	Ref    string      `json:"ref,omitempty"`
	Keylog string      `json:"keylog,omitempty"`
}

type jsonParam struct {
	Name  string `json:"name"`
	Value hexed  `json:"value"`
	From  string `json:"from,omitempty"`
	Note  string `json:"note,omitempty"`
}

type jsonCheck struct {
	Scope  string `json:"scope"`
	Packet string `json:"packet"`
	Name   string `json:"name"`
	By     string `json:"by"`
	OK     *bool  `json:"ok"` // null: nobody could say
	Detail string `json:"detail"`
}

// WriteJSON writes the whole trace as one JSON object: scenario, outcome,
// packets, events, secrets and checks, one entry a line. Bytes are in hex,
// times in whole microseconds.
func WriteJSON(w io.Writer, t *Trace) error {
	b := bufio.NewWriter(w)
	one := func(before string, v any) {
		b.WriteString(before)
		b.Write(compact(v))
	}
	one("{\n\"scenario\": ", t.Scenario)
	one(",\n\"outcome\": ", jsonOutcome{t.Outcome.OK, t.Outcome.Summary, t.Outcome.Code})
	list := func(name string, n int, entry func(int) any) {
		b.WriteString(",\n\"" + name + "\": [")
		for i := range n {
			one(map[bool]string{true: "\n", false: ",\n"}[i == 0], entry(i))
		}
		b.WriteString("]")
	}
	list("packets", len(t.Packets), func(i int) any { return packetJSON(t.Packets[i]) })
	list("events", len(t.Events), func(i int) any { return eventJSON(t.Events[i]) })
	list("secrets", len(t.Secrets), func(i int) any { return secretJSON(t.Secrets[i]) })
	list("checks", len(t.Checks), func(i int) any { return checkJSON(t.Checks[i]) })
	b.WriteString("\n}\n")
	return b.Flush()
}

// Hash is the SHA-256 of scenario, packets, events and secrets, in hex. Equal
// scenarios have equal hashes on every machine. Checks are not part of it:
// who can check differs from place to place.
func Hash(t *Trace) string {
	h := sha256.New()
	line := func(kind string, at time.Duration, v any) {
		b := compact(v)
		fmt.Fprintf(h, "%s %d %d\n", kind, int64(at), len(b))
		h.Write(b)
	}
	line("scenario", 0, t.Scenario)
	for _, p := range t.Packets {
		line("packet", p.Time, packetJSON(p))
	}
	for _, e := range t.Events {
		line("event", e.Time, eventJSON(e))
	}
	for _, s := range t.Secrets {
		line("secret", 0, secretJSON(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func compact(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("null") // none of the types above can fail
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func packetJSON(p *Packet) jsonPacket {
	return jsonPacket{p.Name, p.Parent, p.Time.Microseconds(), p.Link, p.From, p.To, p.Fate, p.Why, p.Bytes}
}

func eventJSON(e *Event) jsonEvent {
	out := jsonEvent{
		T: e.Time.Microseconds(), Node: e.Node, Conv: e.Conv, Kind: e.Kind, Text: e.Text, Detail: e.Detail,
		Ref: e.Ref, Packet: e.Packet, Buffer: e.Buffer, Secret: e.Secret, Failure: failJSON(e.Fail),
	}
	if e.Kind == KindChecked {
		out.OK = &e.OK
	}
	for _, f := range e.Facts {
		out.Facts = append(out.Facts, jsonFact{f.Name, f.Value})
	}
	return out
}

func failJSON(f *engine.Failure) *jsonFail {
	if f == nil || f.Code == nil {
		return nil
	}
	return &jsonFail{f.Code.ID, f.Sentence(), f.Code.Alert, f.Code.Ref, f.Code.Field, f.FromPeer}
}

func secretJSON(s *Secret) jsonSecret {
	out := jsonSecret{
		ID: s.ID, Owner: s.Owner, Conv: s.Conv, Name: s.Name, Func: s.Func, Hash: s.Hash,
		Inputs: []jsonParam{}, Value: s.Value, Ref: s.Ref, Keylog: s.Keylog,
	}
	for _, p := range s.Inputs {
		out.Inputs = append(out.Inputs, jsonParam{p.Name, p.Value, p.From, p.Note})
	}
	return out
}

func checkJSON(c *Check) jsonCheck {
	out := jsonCheck{Scope: c.Scope, Packet: c.Packet, Name: c.Name, By: c.By, Detail: c.Detail}
	if c.Answer != Nobody {
		ok := c.Answer == Agreed
		out.OK = &ok
	}
	return out
}
