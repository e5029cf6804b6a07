package scenario

import "slices"

// fixed makes the choices of a knob that no engine's table holds.
func fixed(values ...string) func(*Scenario, At) []Choice {
	return func(*Scenario, At) []Choice {
		out := make([]Choice, len(values))
		for i, v := range values {
			out[i] = Choice{Value: v}
		}
		return out
	}
}

func nodeNames(s *Scenario, _ At) []Choice {
	var out []Choice
	for _, n := range s.Nodes {
		out = append(out, Choice{Value: n.Name, Label: n.Label})
	}
	return out
}

func linkNames(s *Scenario, _ At) []Choice {
	var out []Choice
	for _, l := range s.Links {
		out = append(out, Choice{Value: l.Name, Label: l.Label})
	}
	return out
}

func certNames(s *Scenario, _ At) []Choice {
	var out []Choice
	for _, c := range s.Certificates {
		out = append(out, Choice{Value: c.Name, Label: c.Subject})
	}
	return out
}

func authorities(s *Scenario, _ At) []Choice {
	var out []Choice
	for _, c := range s.Certificates {
		if c.CA || c.Key == "pasted" {
			out = append(out, Choice{Value: c.Name, Label: c.Subject})
		}
	}
	return out
}

// issuers may be any certificate, also one that is no CA: a client must
// refuse what that one signed.
func issuers(s *Scenario, at At) []Choice {
	out := []Choice{{Value: "", Label: "self-signed"}}
	for _, c := range certNames(s, at) {
		if at.Cert == nil || c.Value != at.Cert.Name {
			out = append(out, c)
		}
	}
	if at.Cert != nil && at.Cert.Issuer == at.Cert.Name {
		out = append(out, Choice{Value: at.Cert.Name, Label: "itself"})
	}
	return out
}

func certKeys(*Scenario, At) []Choice {
	return []Choice{
		{Value: "ecdsa-p256", Label: "ECDSA P-256"},
		{Value: "ed25519", Label: "Ed25519"},
		{Value: "rsa-2048", Label: "RSA 2048"},
		{Value: "pasted", Label: "your own", Help: "Paste a certificate; its private key stays outside the scenario."},
	}
}

func convKinds(_ *Scenario, at At) []Choice {
	out := []Choice{{Value: "ping", Label: "ping (ICMP echo)"}, {Value: "udp", Label: "UDP datagrams"}, {Value: "tcp", Label: "TCP transfer"}}
	if at.Conv == nil || at.Conv.TLS != nil {
		out = append(out, Choice{Value: "tls", Label: "HTTP over TLS"})
	}
	return out
}

func notPasted(_ *Scenario, at At) bool { return at.Cert.Key != "pasted" }
func pasted(_ *Scenario, at At) bool    { return at.Cert.Key == "pasted" }
func notPing(_ *Scenario, at At) bool   { return at.Conv.Kind != "ping" }
func tampers(_ *Scenario, at At) bool   { return at.Fault.Kind == "tamper" }
func protects(_ *Scenario, at At) bool  { return at.Policy.Action == "protect" }

func datagrams(_ *Scenario, at At) bool { return at.Conv.Kind == "ping" || at.Conv.Kind == "udp" }
func offers13(_ *Scenario, at At) bool  { return slices.Contains(at.End.Versions, "1.3") }
func offers12(_ *Scenario, at At) bool  { return slices.Contains(at.End.Versions, "1.2") }

func both13(_ *Scenario, at At) bool {
	t := at.Conv.TLS
	return slices.Contains(t.Client.Versions, "1.3") && slices.Contains(t.Server.Versions, "1.3")
}

func usesESP(s *Scenario, at At) bool { return protects(s, at) && at.Policy.Protocol == "esp" }
func tunnels(s *Scenario, at At) bool { return protects(s, at) && at.Policy.Mode == "tunnel" }
