package scenario

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// linkVersion leads every link. A link is
//
//	#s=1.<base64url, no padding, of deflate of {"preset":"tls13@1","set":{path: value}}>
//
// where set holds what differs from the preset. Version 1 is compressed with
// the dictionary link1.dict, which is every path and value of the first seven
// presets, and is never changed.
const linkVersion = 1

//go:embed link1.dict
var linkDict []byte

const maxLink = 512 << 10 // characters; browsers and people stop long before

// EncodeLink returns the fragment that holds s: "#s=1....". It fails only
// where s holds a private key.
func EncodeLink(s *Scenario) (string, error) {
	text, err := linkText(s)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, flate.BestCompression, linkDict)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(text); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return "#s=" + strconv.Itoa(linkVersion) + "." + base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

// linkText is the compact JSON inside a link.
func linkText(s *Scenario) ([]byte, error) {
	for _, p := range places(s) {
		if strings.Contains(show(p.v), "PRIVATE KEY") {
			return nil, wrong(p.path, "%s holds a private key, which never goes into a link.", p.label())
		}
	}
	base := &Scenario{}
	if s.Preset != "" {
		p, err := Preset(s.Preset)
		if err != nil {
			return nil, err
		}
		base = p
	}
	var b bytes.Buffer
	b.WriteString(`{"preset":`)
	b.Write(compact(base.Preset))
	sep := `,"set":{`
	for _, c := range diff(base, s) {
		if c.path == "preset" {
			continue // "tls13" for "tls13@1"
		}
		b.WriteString(sep)
		b.Write(compact(c.path))
		b.WriteByte(':')
		b.Write(c.value)
		sep = ","
	}
	if sep == "," {
		b.WriteByte('}')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// DecodeLink reads a link: a whole URL, or "#s=...", "s=...", or what follows.
// Whatever the text, it returns a scenario that Validate accepts, or a
// *FieldError whose sentence says what is wrong with the link.
func DecodeLink(link string) (*Scenario, error) {
	data, err := inflate(link)
	if err != nil {
		return nil, err
	}
	s, err := Parse(data)
	var bad *FieldError
	if errors.As(err, &bad) {
		return nil, wrong(bad.Path, "The link cannot be used. %s", bad.Sentence)
	}
	return s, err
}

func inflate(link string) ([]byte, error) {
	text := strings.TrimSpace(link)
	if len(text) > maxLink {
		return nil, wrong("", "The link is %s characters long; at most %s are allowed. Send the scenario as a file instead.", count(len(text)), count(maxLink))
	}
	if _, fragment, ok := strings.Cut(text, "#"); ok {
		text = fragment
	}
	if strings.Contains(text, "%") {
		if t, err := url.PathUnescape(text); err == nil {
			text = t
		}
	}
	text = strings.TrimPrefix(text, "s=")
	text, _, _ = strings.Cut(text, "&")
	version, body, ok := strings.Cut(text, ".")
	n, err := strconv.Atoi(version)
	switch {
	case !ok || err != nil || n < 1:
		return nil, wrong("", "This is not a Cipherglass link: it should read #s=1. and then letters and digits.")
	case n > linkVersion:
		return nil, wrong("", "The link has version %d: it was made by a newer Cipherglass. This one reads version %d: reload the page, or update it.", n, linkVersion)
	case body == "":
		return nil, wrong("", "The link is cut short: nothing follows #s=%d.", n)
	}
	packed, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(body, "="))
	if err != nil && len(body)%4 == 1 {
		return nil, wrong("", "The link is cut short or damaged: its last characters are missing. Copy it again, whole.")
	}
	if err != nil {
		return nil, wrong("", "The link is damaged: it holds characters that no link has. Copy it again, whole.")
	}
	r := flate.NewReaderDict(bytes.NewReader(packed), linkDict)
	data, err := io.ReadAll(io.LimitReader(r, MaxText+1))
	switch {
	case len(data) > MaxText:
		return nil, wrong("", "The link unpacks to more than %s bytes, the most that a scenario may have.", count(MaxText))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, wrong("", "The link is cut short: its end is missing. Copy it again, whole.")
	case err != nil:
		return nil, wrong("", "The link is damaged: it does not unpack. Copy it again, whole.")
	}
	return data, nil
}
