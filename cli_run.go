package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"cipherglass/crypto/pki"
	"cipherglass/playground/dissect"
	"cipherglass/playground/run"
	"cipherglass/playground/scenario"
	"cipherglass/playground/trace"
	"cipherglass/playground/verify"
)

// export is a flag that names a file to write a trace to.
type export struct {
	flag  string
	about string
	write func(io.Writer, *trace.Trace) error
	file  string
}

func exports() []*export {
	return []*export{
		{flag: "pcap", about: "write the packets to `FILE` as pcapng, with the secrets that Wireshark needs", write: trace.WritePcapng},
		{flag: "keylog", about: "write the TLS secrets to `FILE` in the SSLKEYLOGFILE format", write: trace.WriteKeylog},
		{flag: "json", about: "write the whole trace to `FILE` as JSON; - is standard output, which then holds nothing else", write: trace.WriteJSON},
	}
}

// keyFiles is a flag that may be given more than once.
type keyFiles []string

func (k *keyFiles) String() string     { return strings.Join(*k, ", ") }
func (k *keyFiles) Set(v string) error { *k = append(*k, v); return nil }

// play plays a scenario in the terminal.
func (p *program) play(args []string) int {
	fs := p.flags("run")
	outputs := exports()
	for _, o := range outputs {
		fs.StringVar(&o.file, o.flag, "", o.about)
	}
	share := fs.Bool("share", false, "print the scenario's link")
	var keys keyFiles
	fs.Var(&keys, "key", "PEM `FILE` with the private key of a pasted certificate, which no scenario holds; may be repeated")
	rest, code, done := p.parse(fs, args, 1)
	if done {
		return code
	}
	toStdout := ""
	for _, o := range outputs {
		if o.file == "-" && toStdout != "" {
			return p.badInput("run: -%s and -%s cannot both go to standard output", toStdout, o.flag)
		}
		if o.file == "-" {
			toStdout = o.flag
		}
	}
	s, err := p.scenario(rest)
	if err != nil {
		return p.badInput("run: %v", err)
	}
	var options run.Options
	if options.Keys, err = readKeys(keys); err != nil {
		return p.badInput("run: %v", err)
	}
	link := ""
	if *share {
		if link, err = scenario.EncodeLink(s); err != nil {
			return p.badInput("run: -share: %v", err)
		}
	}
	t, err := run.Run(s, options)
	if err != nil {
		return p.badInput("run: %v", err)
	}
	verify.All(t, verify.Options{Keys: options.Keys})

	for _, o := range outputs {
		if o.file == "" {
			continue
		}
		if err := p.export(o, t); err != nil {
			return p.failed("run: -%s: %v", o.flag, err)
		}
	}
	people := p.stdout
	if toStdout != "" {
		people = p.stderr // standard output is for the export alone
	} else if _, err := io.WriteString(p.stdout, ladder(t)+checksText(t)); err != nil {
		return p.failed("run: cannot write the result: %v", err)
	}
	if link != "" {
		fmt.Fprintln(people, link)
	}
	return p.verdict(t)
}

// verdict returns the exit code, and says why when it is not 0.
func (p *program) verdict(t *trace.Trace) int {
	if !t.Outcome.OK {
		return p.failed("run: it did not end as the scenario expects: %s", t.Outcome.Summary)
	}
	if list := verify.Unexpected(t); len(list) > 0 {
		return p.failed("run: %d checks disagree, the first being %s by %s: %s", len(list), list[0].Name, list[0].By, list[0].Detail)
	}
	return exitOK
}

func (p *program) export(o *export, t *trace.Trace) error {
	if o.file == "-" {
		return o.write(p.stdout, t)
	}
	f, err := os.Create(o.file)
	if err != nil {
		return err
	}
	if err := o.write(f, t); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// ladder is the trace as text, each packet by what it carries.
func ladder(t *trace.Trace) string {
	labels := dissect.Labels(t)
	return trace.Text(t, func(p *trace.Packet) string { return labels[p.Name].String() })
}

// checksText counts the second opinions, and lists those that disagree.
func checksText(t *trace.Trace) string {
	agreed, disagreed, nobody := verify.Count(t)
	var b strings.Builder
	fmt.Fprintf(&b, "Second opinions: %d agree, %d disagree, and on %d nobody could say.\n", agreed, disagreed, nobody)
	for _, c := range t.Checks {
		if c.Answer != trace.Disagreed {
			continue
		}
		about := c.Packet
		if about == "" {
			about = "the scenario"
		}
		fmt.Fprintf(&b, "  ✗ %s, by %s, on %s: %s\n", c.Name, c.By, about, c.Detail)
	}
	return b.String()
}

// readKeys returns the private keys of the files, by the hash of their public key.
func readKeys(files []string) (map[string]string, error) {
	keys := map[string]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("-key: %v", err)
		}
		key, err := pki.ParsePrivateKey(string(text))
		if err != nil {
			return nil, fmt.Errorf("-key %s: %v", name, err)
		}
		hash, err := pki.KeySPKIHash(key)
		if err != nil {
			return nil, fmt.Errorf("-key %s: %v", name, err)
		}
		keys[hash] = string(text)
	}
	return keys, nil
}
