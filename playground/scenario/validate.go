package scenario

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
)

// Validate returns everything that is wrong with s, at most one sentence a
// field, in the form's order. A scenario without any can be run.
func Validate(s *Scenario) []FieldError {
	if errs := checkCounts(s); len(errs) > 0 {
		return errs // the rest would take long
	}
	var errs []FieldError
	for _, p := range places(s) {
		if p.knob.Applies != nil && !p.knob.Applies(s, p.at) && !p.knob.Plan && p.v.IsZero() {
			continue
		}
		if err := check(s, p, p.v); err != nil {
			errs = append(errs, *err)
		}
	}
	errs = append(errs, checkNames(s)...)
	errs = append(errs, checkNetwork(s)...)
	errs = append(errs, checkTraffic(s)...)
	errs = append(errs, checkPolicies(s)...)
	return once(errs)
}

// once keeps the first error of each field.
func once(errs []FieldError) []FieldError {
	seen := map[string]bool{}
	var out []FieldError
	for _, e := range errs {
		if !seen[e.Path] {
			seen[e.Path] = true
			out = append(out, e)
		}
	}
	return out
}

// extra holds the checks of single fields that need more than their kind says.
func extra(s *Scenario, p place, v reflect.Value) string {
	switch p.knob.Path {
	case "preset":
		if exact, err := revision(v.String()); err != nil {
			return err.Sentence
		} else if exact != v.String() {
			return fmt.Sprintf("The preset is to be named with its revision: %s.", exact)
		}
	case "links.*.mtu":
		if v.Int() < 1280 && hasIPv6(s, p.at.Link.Name) {
			return fmt.Sprintf("%s is %d, but the link has IPv6 addresses and IPv6 needs at least 1280 bytes (RFC 8200, Section 5). Raise it, or take the IPv6 addresses away.", p.label(), v.Int())
		}
	case "conversations.*.size":
		if v.Int() > 65507 && (p.at.Conv.Kind == "ping" || p.at.Conv.Kind == "udp") {
			return fmt.Sprintf("%s is %s bytes, but an IP packet holds at most 65,507 bytes of UDP or ping payload. Lower it, or choose a TCP transfer.", p.label(), count(int(v.Int())))
		}
	case "certificates.*.pem":
		return badPEM(v.String())
	case "certificates.*.key_hash":
		if len(v.String()) != 64 {
			return fmt.Sprintf("%s must be a SHA-256 in hex, 64 digits; it has %d.", p.label(), len(v.String()))
		}
	}
	return ""
}

// badPEM says why a pasted text is no certificate chain.
func badPEM(text string) string {
	rest, n := []byte(text), 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Sprintf("The pasted text holds a %s where a CERTIFICATE is wanted.", quote(block.Type))
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Sprintf("Certificate %d of the pasted text cannot be read: %v.", n+1, err)
		}
		n++
	}
	if n == 0 {
		return "The pasted text holds no certificate. It begins with -----BEGIN CERTIFICATE----- and ends with -----END CERTIFICATE-----."
	}
	if len(strings.TrimSpace(string(rest))) > 0 {
		return "The pasted text goes on after its last certificate; remove what follows -----END CERTIFICATE-----."
	}
	return ""
}

func checkCounts(s *Scenario) []FieldError {
	var errs []FieldError
	most := func(path, what string, n, limit int) {
		if n > limit {
			errs = append(errs, *wrong(path, "A scenario may have at most %d %s; this one has %d.", limit, what, n))
		}
	}
	most("nodes", "nodes", len(s.Nodes), maxElements)
	most("links", "links", len(s.Links), maxElements)
	most("certificates", "certificates", len(s.Certificates), maxElements)
	most("conversations", "conversations", len(s.Conversations), maxElements)
	most("policies", "policies", len(s.Policies), maxElements)
	most("faults", "faults", len(s.Faults), maxFaults)
	most("pins", "pinned values", len(s.Pins), maxPins)
	for _, n := range s.Nodes {
		most("nodes."+n.Name, "interfaces on one node", len(n.Interfaces), 8)
		most("nodes."+n.Name, "routes on one node", len(n.Routes), maxElements)
	}
	if len(s.Nodes) == 0 {
		errs = append(errs, *wrong("nodes", "The scenario has no nodes. Begin with a preset, or give nodes and links."))
	}
	return errs
}

func checkNames(s *Scenario) []FieldError {
	var errs []FieldError
	list := func(what, path string, n int, name func(int) string) {
		seen := map[string]bool{}
		for i := range n {
			if x := name(i); seen[x] {
				errs = append(errs, *wrong(path+"."+x, "Two %s are called %s. Each needs a name of its own.", what, quote(x)))
			} else {
				seen[x] = true
			}
		}
	}
	list("nodes", "nodes", len(s.Nodes), func(i int) string { return s.Nodes[i].Name })
	list("links", "links", len(s.Links), func(i int) string { return s.Links[i].Name })
	list("certificates", "certificates", len(s.Certificates), func(i int) string { return s.Certificates[i].Name })
	list("conversations", "conversations", len(s.Conversations), func(i int) string { return s.Conversations[i].Name })
	list("policies", "policies", len(s.Policies), func(i int) string { return s.Policies[i].Name })
	list("pins", "pins", len(s.Pins), func(i int) string { return s.Pins[i].Name })
	for _, n := range s.Nodes {
		list("interfaces of "+n.Name, "nodes."+n.Name+".interfaces", len(n.Interfaces), func(i int) string { return n.Interfaces[i].Link })
	}
	return errs
}

func checkNetwork(s *Scenario) []FieldError {
	var errs []FieldError
	on := map[string]int{}
	owner := map[netip.Addr]string{}
	for _, n := range s.Nodes {
		for _, i := range n.Interfaces {
			on[i.Link]++
			a, err := netip.ParsePrefix(i.Address)
			if err != nil {
				continue // said at the field
			}
			if other, taken := owner[a.Addr()]; taken {
				errs = append(errs, *wrong("nodes."+n.Name+".interfaces."+i.Link+".address", "%s and %s both have the address %s. Give one of them another.", other, n.Name, a.Addr()))
			}
			owner[a.Addr()] = n.Name
		}
	}
	for _, l := range s.Links {
		if on[l.Name] < 2 {
			errs = append(errs, *wrong("links."+l.Name, "The link %s joins %d interface; it needs at least two.", quote(l.Name), on[l.Name]))
		}
	}
	return errs
}

func checkTraffic(s *Scenario) []FieldError {
	var errs []FieldError
	for _, c := range s.Conversations {
		path := "conversations." + c.Name
		switch {
		case c.From == c.To:
			errs = append(errs, *wrong(path+".to", "The conversation %s goes from %s to itself. Choose another node.", quote(c.Name), c.From))
		case c.Kind == "tls" && c.TLS == nil:
			errs = append(errs, *wrong(path+".kind", "The conversation %s has no TLS settings, so it cannot speak TLS.", quote(c.Name)))
		case (c.Kind == "ping" || c.Kind == "udp") && c.Size*c.Count > MaxSize:
			errs = append(errs, *wrong(path+".count", "The conversation %s would send %s bytes; at most %s are allowed. Lower its size or its count.", quote(c.Name), count(c.Size*c.Count), count(MaxSize)))
		}
	}
	for i, f := range s.Faults {
		if f.Kind == "tamper" && f.Value == "" {
			errs = append(errs, *wrong(fmt.Sprintf("faults.%d.value", i), "The fault at %s has no new bytes. Give at least one in hex, or choose drop.", quote(f.Packet)))
		}
	}
	for _, c := range s.Certificates {
		if c.Key == "pasted" && c.PEM == "" {
			errs = append(errs, *wrong("certificates."+c.Name+".pem", "The certificate %s is to be pasted, but there is no text. Paste it in PEM form, or choose a key that is made here.", quote(c.Name)))
		}
		errs = append(errs, checkIssuer(s, c)...)
	}
	return errs
}

// checkIssuer follows the issuers up to a self-signed one.
func checkIssuer(s *Scenario, c Certificate) []FieldError {
	at := c
	for range s.Certificates {
		next := certificate(s, at.Issuer)
		if next == nil || next.Name == at.Name {
			return nil
		}
		at = *next
	}
	return []FieldError{*wrong("certificates."+c.Name+".issuer", "The issuers of certificate %s go round in a circle. One of them must be self-signed.", quote(c.Name))}
}

func certificate(s *Scenario, name string) *Certificate {
	for i := range s.Certificates {
		if s.Certificates[i].Name == name {
			return &s.Certificates[i]
		}
	}
	return nil
}

func checkPolicies(s *Scenario) []FieldError {
	var errs []FieldError
	spi := map[string]string{}
	for i := range s.Policies {
		p := &s.Policies[i]
		path := "policies." + p.Name
		if p.Action != "protect" {
			continue
		}
		if p.A == p.B {
			errs = append(errs, *wrong(path+".b", "Policy %s has the same node at both ends. Choose another.", quote(p.Name)))
		}
		if field, why := badTransforms(p); why != "" {
			errs = append(errs, *wrong(path+"."+field, "%s", why))
		}
		a, errA := netip.ParsePrefix(p.SelectorA)
		b, errB := netip.ParsePrefix(p.SelectorB)
		if errA == nil && errB == nil && a.Addr().Is4() != b.Addr().Is4() {
			errs = append(errs, *wrong(path+".sel_b", "Policy %s protects IPv4 on one side and IPv6 on the other. Give both sides the same kind of prefix.", quote(p.Name)))
		}
		for _, d := range []struct{ to, field, spi string }{{p.B, "spi_ab", p.SPIAB}, {p.A, "spi_ba", p.SPIBA}} {
			key := d.to + " " + p.Protocol + " " + strings.ToLower(d.spi)
			if other, taken := spi[key]; taken {
				errs = append(errs, *wrong(path+"."+d.field, "%s would receive two SAs under the SPI %s (policies %s and %s). Each needs its own.", d.to, d.spi, other, p.Name))
			}
			spi[key] = p.Name
		}
	}
	return errs
}

func hasIPv6(s *Scenario, link string) bool {
	for _, n := range s.Nodes {
		for _, i := range n.Interfaces {
			if a, err := netip.ParsePrefix(i.Address); err == nil && i.Link == link && a.Addr().Is6() {
				return true
			}
		}
	}
	return false
}
