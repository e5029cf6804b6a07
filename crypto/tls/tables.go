package tls

import (
	"fmt"
	"strconv"
	"strings"
)

// Row is what every table's row begins with.
type Row struct {
	Code      uint16 // code point
	Name      string // the RFC's name, unique in its table
	Ref       string // where it is defined
	Help      string // one line for the form
	Performed bool   // the engines can do it; the others can be offered and are recognised
	Retired   string // why nobody should use it any more, "" when somebody should
}

func (r Row) base() Row { return r }

type rower interface{ base() Row }

// byCode finds a row, or the table's zero row.
func byCode[T rower](table []T, code uint16) (T, bool) {
	for i := range table {
		if table[i].base().Code == code {
			return table[i], true
		}
	}
	var none T
	return none, false
}

// nameOf is the name of a code point in a table, GREASE values included, ""
// for an unknown one.
func nameOf[T rower](table []T, code uint16) string {
	if row, ok := byCode(table, code); ok {
		return row.base().Name
	}
	return greaseName(code)
}

// parse reads a row's name, in any case, or a code point written as "0x1301".
func parse[T rower](table []T, what, example, s string) (uint16, error) {
	s = strings.TrimSpace(s)
	for i := range table {
		if row := table[i].base(); strings.EqualFold(row.Name, s) {
			return row.Code, nil
		}
	}
	digits, isHex := strings.CutPrefix(strings.ToLower(s), "0x")
	if !isHex {
		return parseGrease(what, example, s)
	}
	v, err := strconv.ParseUint(digits, 16, 16)
	if err != nil {
		return 0, fmt.Errorf("tls: %q is no code point of a %s: write 0x and one to four hex digits", s, what)
	}
	return uint16(v), nil
}

func parseGrease(what, example, s string) (uint16, error) {
	for i := range uint16(16) {
		if code := 0x0a0a + i*0x1010; strings.EqualFold(greaseName(code), s) {
			return code, nil
		}
	}
	return 0, fmt.Errorf("tls: no %s is called %q: write a name such as %s, or a code point such as 0x1a1a", what, s, example)
}

// IsGREASE reports whether code is one of the 16 values that clients send at
// random so that servers learn to ignore what they do not know (RFC 8701,
// Section 2).
func IsGREASE(code uint16) bool { return code&0x0f0f == 0x0a0a && code>>8 == code&0xff }

func greaseName(code uint16) string {
	if !IsGREASE(code) {
		return ""
	}
	return fmt.Sprintf("GREASE_%04X", code)
}

// The name functions in the form that wire.Node.Enum takes.
func versionEnum(v uint64) string { return VersionName(uint16(v)) }
func suiteEnum(v uint64) string   { return SuiteName(uint16(v)) }
func groupEnum(v uint64) string   { return GroupName(uint16(v)) }
func schemeEnum(v uint64) string  { return SchemeName(uint16(v)) }
func extEnum(v uint64) string     { return ExtensionName(uint16(v)) }
