package dissect

import (
	"bytes"
	"strconv"
	"strings"

	"cipherglass/crypto/kdf"
	"cipherglass/playground/trace"
)

// SecretView is a secret with what it was made of and what was made of it.
type SecretView struct {
	Secret  *trace.Secret
	Formula string // `HKDF-Expand-Label(Secret, "tls13 key", "", 16)`
	Text    string // the glossary's word on it, or ""
	Inputs  []Input
	UsedBy  []Input // secrets derived from it, and buffers sealed or opened with it
}

// Secret opens a secret by its ID, nil when the trace has none.
func Secret(t *trace.Trace, id string) *SecretView {
	s := secret(t, id)
	if s == nil {
		return nil
	}
	v := &SecretView{Secret: s, Formula: formula(s)}
	if term, ok := Glossary(s.Name); ok {
		v.Text = term.Text
	} else if strings.Contains(s.Name, "traffic_secret") {
		term, _ := Glossary("traffic secret")
		v.Text = term.Text
	}
	for _, p := range s.Inputs {
		v.Inputs = append(v.Inputs, param(t, s, p))
	}
	for _, o := range t.Secrets {
		for _, p := range o.Inputs {
			if p.From == id || p.From != "" && prefix(o.ID)+p.From == id {
				v.UsedBy = append(v.UsedBy, Input{Name: o.Name, Secret: o.ID, Note: "takes it as " + p.Name})
				break
			}
		}
	}
	for _, b := range t.Buffers {
		if b.Crypt != nil && b.Crypt.KeyID != "" && (b.Crypt.KeyID == id || prefix(b.ID)+b.Crypt.KeyID == id) {
			v.UsedBy = append(v.UsedBy, Input{Name: b.Name, Buffer: b.ID, Note: b.How + " with it"})
		}
	}
	return v
}

// formula writes the derivation as the RFCs do.
func formula(s *trace.Secret) string {
	var args []string
	for _, p := range s.Inputs {
		switch strings.ToLower(p.Name) {
		case "label":
			args = append(args, strconv.Quote(string(p.Value)))
		case "length", "offset":
			n := 0
			for _, b := range p.Value {
				n = n<<8 | int(b)
			}
			args = append(args, strconv.Itoa(n))
		default:
			switch {
			case len(p.Value) == 0:
				args = append(args, `""`)
			case p.From != "":
				args = append(args, p.From[strings.LastIndexByte(p.From, '/')+1:])
			case p.Note != "":
				args = append(args, p.Note)
			default:
				args = append(args, p.Name)
			}
		}
	}
	return s.Func + "(" + strings.Join(args, ", ") + ")"
}

// transcript returns the handshake messages whose hash v is, as the secret's
// owner saw them: the first so many that give this very hash, nil when none do.
func transcript(t *trace.Trace, s *trace.Secret, v []byte) []string {
	hash := kdf.Hash{}
	for _, h := range []kdf.Hash{kdf.SHA256, kdf.SHA384, kdf.SHA512, kdf.SHA1} {
		if h.Name == s.Hash {
			hash = h
		}
	}
	if hash.New == nil || len(v) != hash.Size {
		return nil
	}
	own := prefix(s.ID)
	running := hash.New()
	var ids []string
	for _, b := range t.Buffers {
		if b.Proto != "tls.handshake" || own == "" || !strings.HasPrefix(b.ID, own) {
			continue
		}
		running.Write(b.Data)
		ids = append(ids, b.ID)
		if bytes.Equal(running.Sum(nil), v) {
			return ids
		}
	}
	return nil
}
