package scenario

func tlsVersions(*Scenario, At) []Choice {
	return []Choice{{Value: "1.3", Label: "TLS 1.3"}, {Value: "1.2", Label: "TLS 1.2"}}
}

func tlsSuites(s *Scenario, at At) []Choice {
	return fixed("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
		"TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA")(s, at)
}

func tlsGroups(s *Scenario, at At) []Choice { return fixed("x25519", "secp256r1")(s, at) }

func tlsSignatures(s *Scenario, at At) []Choice {
	return fixed("ecdsa_secp256r1_sha256", "ed25519", "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256")(s, at)
}

func espEncryption(s *Scenario, at At) []Choice {
	return fixed("aes-128-gcm-16", "aes-256-gcm-16", "chacha20-poly1305", "aes-128-cbc", "aes-256-cbc", "null")(s, at)
}

func ipsecIntegrity(s *Scenario, at At) []Choice {
	return fixed("none", "hmac-sha1-96", "hmac-sha2-256-128", "hmac-md5-96")(s, at)
}

func usesIntegrity(s *Scenario, at At) bool {
	return protects(s, at) && (at.Policy.Protocol == "ah" || !aead(at.Policy.Encryption))
}

func aead(name string) bool {
	switch name {
	case "aes-128-gcm-16", "aes-256-gcm-16", "chacha20-poly1305":
		return true
	}
	return false
}

// badTransforms says which of a policy's transforms cannot be combined, and why.
func badTransforms(p *Policy) (field, why string) {
	none := p.Integrity == "" || p.Integrity == "none"
	switch {
	case p.Protocol == "ah" && none:
		return "integrity", "AH needs an integrity algorithm: it does nothing else. Choose one."
	case p.Protocol == "esp" && aead(p.Encryption) && !none:
		return "integrity", "This cipher checks integrity itself. Choose none."
	case p.Protocol == "esp" && !aead(p.Encryption) && none:
		return "integrity", "Without a cipher that checks integrity itself ESP needs an integrity algorithm. Choose one."
	}
	return "", ""
}
