package scenario

import (
	"fmt"
	"strings"
)

// FieldsMarkdown lists every field with its unit, range or choices, as the
// README shows it.
func FieldsMarkdown() string {
	var b strings.Builder
	b.WriteString("| Field | Value | Meaning |\n|---|---|---|\n")
	for i := range knobs {
		k := &knobs[i]
		help := k.Help
		if k.Ref != "" {
			help += " (" + k.Ref + ")"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Path, cell(k.values()), cell(help))
	}
	return b.String()
}

// values says in words what a knob takes.
func (k *Knob) values() string {
	switch k.Kind {
	case Int:
		return fmt.Sprintf("%s to %s%s", count(k.Min), count(k.Max), spaced(k.Unit))
	case Bool:
		return "`true`, `false`"
	case Enum:
		return k.choiceList()
	case List:
		return "list of " + k.choiceList() + ", or any other name of the registry, or a code point as `\"0x0a0a\"`"
	case Names:
		return "list of " + k.choiceList()
	case Words:
		return "list of texts"
	case Name:
		return "1 to 32 of `A-Z a-z 0-9 - _`"
	case Hex:
		return "hex"
	case SPI:
		return "`\"0x00000100\"` to `\"0xffffffff\"`"
	case Prefix:
		return "prefix, `\"10.1.0.0/24\"`"
	case Address:
		return "address, `\"10.1.0.1\"`"
	case Host:
		return "address and prefix length, `\"10.1.0.2/24\"`"
	case Time:
		return "RFC 3339 time"
	case PEM:
		return "PEM text"
	}
	return fmt.Sprintf("text, at most %d characters", k.Max)
}

// choiceList names the choices that do not depend on a scenario.
func (k *Knob) choiceList() string {
	choices := k.Choices(&Scenario{}, At{})
	var out []string
	for _, c := range choices {
		if c.OfferOnly {
			continue
		}
		t := "`\"" + c.Value + "\"`"
		if c.Retired != "" {
			t += " (retired)"
		}
		out = append(out, t)
	}
	switch {
	case len(choices) == 0 || len(choices) == 1 && choices[0].Value == "":
		return "names in the scenario"
	}
	return strings.Join(out, ", ")
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
