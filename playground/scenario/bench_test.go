package scenario

import "testing"

func BenchmarkFields(b *testing.B) {
	s := preset(b, "tls13")
	for b.Loop() {
		Fields(s)
	}
}

func BenchmarkValidate(b *testing.B) {
	s := preset(b, "tls13")
	for b.Loop() {
		Validate(s)
	}
}

func BenchmarkLink(b *testing.B) {
	s := preset(b, "tls13")
	s.Links[0].MTU = 1400
	for b.Loop() {
		link, err := EncodeLink(s)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := DecodeLink(link); err != nil {
			b.Fatal(err)
		}
	}
}
