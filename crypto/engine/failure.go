package engine

import "fmt"

// Code is a kind of failure: one row, declared once as a package variable
// beside the code that finds it, never changed.
type Code struct {
	ID       string // "tls/no-common-cipher-suite"; scenarios and tests name failures by it
	Sentence string // what a student reads, with %s for each argument
	Ref      string // "RFC 8446, Section 4.1.1"
	Alert    string // the alert or notify that goes with it, by its RFC name; "" for none
	Field    string // the message field or setting at fault
}

// With makes a failure of this kind.
func (c *Code) With(args ...any) *Failure {
	f := &Failure{Code: c}
	for _, a := range args {
		f.Args = append(f.Args, fmt.Sprint(a))
	}
	return f
}

// Failure is one protocol failure: everything that the page, the alert, the
// tests and the second opinions need to know of it.
type Failure struct {
	Code     *Code
	Args     []string
	FromPeer bool // the peer told us, by its alert
}

// Sentence explains the failure to a person.
func (f *Failure) Sentence() string {
	args := make([]any, len(f.Args))
	for i, a := range f.Args {
		args[i] = a
	}
	return fmt.Sprintf(f.Code.Sentence, args...)
}

func (f *Failure) Error() string { return f.Code.ID + ": " + f.Sentence() }
