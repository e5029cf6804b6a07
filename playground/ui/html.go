package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// markup builds a run of HTML. The heavy, windowed parts of the page are each
// set as one string, which is many times faster than elements one by one;
// everything that is not a constant goes through one of the escaping methods.
//
// Its methods are kept out of line: inlined into the hundreds of places that
// call them they are a tenth of the program.
type markup struct{ strings.Builder }

// raw writes constants.
//
//go:noinline
func (m *markup) raw(s string) { m.WriteString(s) }

// cat writes constants and words that need no escaping.
//
//go:noinline
func (m *markup) cat(parts ...string) {
	for _, p := range parts {
		m.WriteString(p)
	}
}

// text writes escaped text.
//
//go:noinline
func (m *markup) text(s string) { m.WriteString(escape(s)) }

// attr writes ` name="value"`, escaped.
//
//go:noinline
func (m *markup) attr(name, value string) {
	m.WriteByte(' ')
	m.WriteString(name)
	m.WriteString(`="`)
	m.WriteString(escape(value))
	m.WriteByte('"')
}

//go:noinline
func (m *markup) num(name string, n int) {
	m.WriteByte(' ')
	m.WriteString(name)
	m.WriteString(`="`)
	m.WriteString(strconv.Itoa(n))
	m.WriteByte('"')
}

// el writes <tag class="class">text</tag>.
//
//go:noinline
func (m *markup) el(tag, class, text string) {
	m.cat("<", tag)
	if class != "" {
		m.attr("class", class)
	}
	m.raw(">")
	m.text(text)
	m.cat("</", tag, ">")
}

// escaper is html.EscapeString without the table of entities that package html
// would add to the program.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

func escape(s string) string {
	if strings.IndexAny(s, `&<>"'`) < 0 {
		return s
	}
	return escaper.Replace(s)
}

// millis shows a moment in milliseconds.
func millis(d time.Duration) string {
	return fmt.Sprintf("%.3f", float64(d)/float64(time.Millisecond))
}

// thousands shows a number with its thousands apart.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return thousands(n) + " " + word + "s"
}
