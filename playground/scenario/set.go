package scenario

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Get returns the value at a path: a string, int, bool or []string.
func Get(s *Scenario, path string) (any, error) {
	p, err := find(s, path)
	if err != nil {
		return nil, err
	}
	if p.knob == nil {
		return nil, wrong(path, "%s is not one setting but several.", path)
	}
	if l, ok := p.v.Interface().([]string); ok {
		return append([]string{}, l...), nil
	}
	return p.v.Interface(), nil
}

// Set changes the value at a path. value is a string as somebody typed it (a
// list's entries separated by commas, spaces or line ends), or of the field's
// own type. Another encryption or protocol of a policy brings an integrity
// algorithm that goes with it, where the present one does not. On an error, a
// *FieldError, s is as it was.
func Set(s *Scenario, path string, value any) error {
	p, err := find(s, path)
	if err != nil {
		return err
	}
	if p.knob == nil {
		return wrong(path, "%s is not one setting but several; change its parts.", path)
	}
	v, err := parse(p, value)
	if err != nil {
		return err
	}
	if err := check(s, p, v); err != nil {
		return err
	}
	p.v.Set(v)
	switch p.knob.Path {
	case "policies.*.encryption", "policies.*.protocol":
		suitIntegrity(p.at.Policy)
	}
	return nil
}

// parse turns what was typed into a value of the field's type.
func parse(p place, value any) (reflect.Value, *FieldError) {
	if v := reflect.ValueOf(value); v.IsValid() && v.Type() == p.v.Type() && p.v.Kind() != reflect.String {
		return clone(v), nil
	}
	text, ok := value.(string)
	if !ok {
		return reflect.Value{}, wrong(p.path, "%s needs a %s; it was given a %T.", p.label(), p.knob.Kind, value)
	}
	if p.knob.Kind != Text && p.knob.Kind != PEM {
		text = strings.TrimSpace(text)
	}
	switch p.v.Kind() {
	case reflect.Int:
		n, err := strconv.Atoi(strings.NewReplacer(",", "", " ", "", "_", "").Replace(text))
		if err != nil {
			return reflect.Value{}, wrong(p.path, "%s must be a whole number%s; %s is not one.", p.label(), inUnit(p.knob.Unit), quote(text))
		}
		return reflect.ValueOf(n), nil
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true", "on", "yes", "1":
			return reflect.ValueOf(true), nil
		case "false", "off", "no", "0":
			return reflect.ValueOf(false), nil
		}
		return reflect.Value{}, wrong(p.path, "%s is on or off (true or false); %s is neither.", p.label(), quote(text))
	case reflect.Slice:
		list := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
		return reflect.ValueOf(canonical(p.knob, list)), nil
	}
	switch p.knob.Kind {
	case Hex:
		text = tidyHex(text)
	case SPI:
		if n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(text), "0x"), 16, 32); err == nil {
			text = fmt.Sprintf("0x%08x", n)
		}
	}
	return reflect.ValueOf(text), nil
}

// canonical gives an offer's names the spelling of their table.
func canonical(k *Knob, list []string) []string {
	out := append([]string{}, list...)
	if k.Kind != List {
		return out
	}
	for i := range out {
		for _, c := range k.Choices(&Scenario{}, At{}) {
			if strings.EqualFold(c.Value, out[i]) || c.Label != "" && strings.EqualFold(c.Label, out[i]) {
				out[i] = c.Value
				break
			}
		}
	}
	return out
}

// tidyHex drops what people put between hex digits.
func tidyHex(text string) string {
	text = strings.TrimPrefix(strings.ToLower(text), "0x")
	return strings.Map(func(r rune) rune {
		if r == ':' || r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

func inUnit(unit string) string {
	if unit == "" {
		return ""
	}
	return " of " + unit
}

// check says what is wrong with v as the value of p, nil for nothing.
func check(s *Scenario, p place, v reflect.Value) *FieldError {
	k := p.knob
	switch x := v.Interface().(type) {
	case int:
		if x < k.Min || x > k.Max {
			return wrong(p.path, "%s must be from %s to %s%s; it is %s.", p.label(), count(k.Min), count(k.Max), spaced(k.Unit), count(x))
		}
	case []string:
		if err := checkList(s, p, x); err != nil {
			return err
		}
	case string:
		if x == "" && k.Optional {
			return nil
		}
		if err := checkText(s, p, x); err != nil {
			return err
		}
	}
	if why := extra(s, p, v); why != "" {
		return &FieldError{Path: p.path, Sentence: why}
	}
	return nil
}

func checkList(s *Scenario, p place, list []string) *FieldError {
	k := p.knob
	if len(list) == 0 && !k.Optional {
		return wrong(p.path, "%s needs at least one entry.", p.label())
	}
	if len(list) > k.Max {
		return wrong(p.path, "%s may have at most %d entries; there are %d.", p.label(), k.Max, len(list))
	}
	var choices []Choice
	if k.Choices != nil {
		choices = k.Choices(s, p.at)
	}
	for _, e := range list {
		switch {
		case k.Kind == Words:
			if len(e) == 0 || len(e) > 255 {
				return wrong(p.path, "Each entry of %s must be 1 to 255 bytes long; %s is %d.", p.label(), quote(e), len(e))
			}
			if why := badText(e); why != "" {
				return wrong(p.path, "%s: %s %s.", p.label(), quote(e), why)
			}
		case isChoice(choices, e):
		case k.Kind == List && readCodePoint(k.Path, e):
		case k.Kind == List:
			return wrong(p.path, "%s does not know %s. Choose from the list, or give a code point such as 0x0a0a.", p.label(), quote(e))
		default:
			return wrong(p.path, "%s does not know %s. Choose from: %s.", p.label(), quote(e), values(choices))
		}
	}
	return nil
}

func checkText(s *Scenario, p place, x string) *FieldError {
	k := p.knob
	if strings.Contains(x, "PRIVATE KEY") {
		return wrong(p.path, "%s holds a private key. A scenario, its link and its file never carry one: paste the certificate here and give the key where the page asks for it.", p.label())
	}
	if n := utf8.RuneCountInString(x); k.Max > 0 && n > k.Max {
		return wrong(p.path, "%s may be at most %d characters long; it has %d.", p.label(), k.Max, n)
	}
	if k.Kind != PEM {
		if why := badText(x); why != "" {
			return wrong(p.path, "%s %s.", p.label(), why)
		}
	}
	switch k.Kind {
	case Text:
		if strings.TrimSpace(x) == "" {
			return wrong(p.path, "%s is empty.", p.label())
		}
	case Name:
		if !isName(x) {
			return wrong(p.path, "%s %s must be 1 to 32 letters, digits, - or _.", k.Label, quote(x))
		}
	case Enum:
		if c := k.Choices(s, p.at); !isChoice(c, x) {
			return wrong(p.path, "%s does not know %s. Choose from: %s.", p.label(), quote(x), values(c))
		}
	case Hex:
		return checkHex(p, x)
	case SPI:
		n, err := strconv.ParseUint(strings.TrimPrefix(x, "0x"), 16, 32)
		if err != nil || !strings.HasPrefix(x, "0x") {
			return wrong(p.path, "%s must be 4 bytes in hex such as 0x00001001; %s is not.", p.label(), quote(x))
		}
		if n < 256 {
			return wrong(p.path, "%s must be 0x00000100 or more, because 0 to 255 are reserved (%s); it is %s.", p.label(), k.Ref, x)
		}
	case Prefix:
		if a, err := netip.ParsePrefix(x); err != nil {
			return wrong(p.path, "%s must be an address and a prefix length such as 10.1.0.0/24; %s is not.", p.label(), quote(x))
		} else if a != a.Masked() {
			return wrong(p.path, "%s has bits set after its prefix length; did you mean %s?", p.label(), a.Masked())
		}
	case Host:
		if a, err := netip.ParsePrefix(x); err != nil || a.Addr().IsUnspecified() || a.Addr().IsMulticast() || a.Addr().Is4In6() {
			return wrong(p.path, "%s must be a host's address with its prefix length such as 10.1.0.2/24; %s is not.", p.label(), quote(x))
		}
	case Address:
		if a, err := netip.ParseAddr(x); err != nil || a.Zone() != "" || a.Is4In6() {
			return wrong(p.path, "%s must be an IP address such as 10.1.0.1; %s is not.", p.label(), quote(x))
		}
	case Time:
		if t, err := time.Parse(time.RFC3339, x); err != nil {
			return wrong(p.path, "%s must be a date and time such as 2026-06-01T12:00:00Z; %s is not.", p.label(), quote(x))
		} else if t.Year() < 1970 || t.Year() > 2261 {
			return wrong(p.path, "%s must lie between the years 1970 and 2261; it is %s.", p.label(), x)
		}
	}
	return nil
}

func checkHex(p place, x string) *FieldError {
	if len(x)%2 == 1 {
		return wrong(p.path, "%s has %d hex digits. Two make a byte, so the number must be even: add or remove one.", p.label(), len(x))
	}
	if _, err := hex.DecodeString(x); err != nil {
		return wrong(p.path, "%s may hold only the hex digits 0 to 9 and a to f; %s has others.", p.label(), quote(x))
	}
	if x == "" {
		return wrong(p.path, "%s is empty; give at least one byte in hex.", p.label())
	}
	return nil
}

// badText says why somebody's text cannot stand in a scenario.
func badText(x string) string {
	if !utf8.ValidString(x) {
		return "is not valid UTF-8"
	}
	for _, r := range x {
		if unicode.IsControl(r) {
			return fmt.Sprintf("holds the control character U+%04X; remove it", r)
		}
	}
	return ""
}

func isName(x string) bool {
	if x == "" || len(x) > 32 {
		return false
	}
	for _, r := range x {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return true
}

func isChoice(choices []Choice, x string) bool {
	for _, c := range choices {
		if c.Value == x {
			return true
		}
	}
	return false
}

func values(choices []Choice) string {
	if len(choices) == 0 {
		return "nothing (the scenario has none)"
	}
	out := make([]string, 0, len(choices))
	for _, c := range choices {
		if c.Value == "" {
			out = append(out, `""`)
			continue
		}
		out = append(out, c.Value)
	}
	return strings.Join(out, ", ")
}

func spaced(unit string) string {
	if unit == "" {
		return ""
	}
	return " " + unit
}

// count writes a number with thousands apart: 16,777,216.
func count(n int) string {
	t := strconv.Itoa(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(t) - 3; i > start; i -= 3 {
		t = t[:i] + "," + t[i:]
	}
	return t
}
