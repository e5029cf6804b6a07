package tls

import (
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"testing"

	"cipherglass/crypto/pki"
	"cipherglass/crypto/wire"
	"cipherglass/crypto/wire/wiretest"
)

func TestMessagesOfRFC8448(t *testing.T) {
	ctx := Context{Version: TLS13, Suite: TLS_AES_128_GCM_SHA256}
	count, retries, psks := 0, 0, 0
	for _, line := range strings.Split(string(sample(t, "rfc8448/messages.txt")), "\n") {
		name, text, ok := strings.Cut(line, " = ")
		if !ok {
			continue
		}
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		count++
		wiretest.Message(t, func() wire.Message { return new(Handshake) }, ctx, b)
		h, err := ParseHandshake(b, ctx)
		if err != nil || MessageName(h.Type) != name {
			t.Errorf("%s: got %s, %v", name, MessageName(h.Type), err)
			continue
		}
		switch m := h.Body.(type) {
		case *Opaque:
			t.Errorf("%s is not described", name)
		case *ServerHello:
			if m.IsHelloRetryRequest() {
				retries++
			}
		case *ClientHello:
			if _, ok := Find[*OfferedPsks](m.Extensions); ok {
				psks++
			}
		case *Certificate:
			if _, f := pki.ParseChain([][]byte{m.CertificateList[0].CertData}); f != nil {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
	if count != 40 || retries != 1 || psks != 1 {
		t.Errorf("%d messages, %d HelloRetryRequests, %d hellos with a PSK", count, retries, psks)
	}
}

// TestFiltersAreWireshark's looks every filter name up in tshark's own list.
func TestFiltersAreWiresharks(t *testing.T) {
	out, err := exec.Command("tshark", "-G", "fields").Output()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("tshark: %v", err)
		}
		t.Skipf("tshark is not here: %v", err)
	}
	known := map[string]bool{}
	for _, line := range strings.Split(string(out), "\n") {
		if f := strings.Split(line, "\t"); len(f) > 2 && f[0] == "F" {
			known[f[2]] = true
		}
	}
	check := func(name string, tree *wire.Node) {
		tree.Walk(func(n *wire.Node, _ int) bool {
			if n.Filter != "" && !known[n.Filter] {
				t.Errorf("%s: %s has the filter %s, which tshark does not know", name, n.Name, n.Filter)
			}
			return true
		})
	}
	for _, m := range messages(t) {
		tree, _ := wire.Tree("m", m.msg, new(Handshake), m.ctx)
		check(m.name, tree)
	}
	tree, _ := wire.Tree("m", sample(t, "illustrated-tls13/serverencextensions"), new(Record), Context{Version: TLS13, Protected: true})
	check("record", tree)
	tree, _ = wire.Tree("m", []byte{2, 40}, new(Alert), nil)
	check("alert", tree)
}
