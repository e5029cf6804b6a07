// Command cipherglass serves, exports and plays the TLS and IPsec playground.
//
//	go run .                  build the page if need be and serve it on this machine
//	go run . build -o DIR     write the static site, to put on any web server
//	go run . run SCENARIO     play a scenario in the terminal
//	go run . presets          list the scenarios that come with it
//	go run . show SCENARIO    print a scenario whole, to edit and run again
//
// It exits with 0 when all went well, 1 when not, and 2 for bad input.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"cipherglass/playground/site"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it did not end as expected, or could not be done
	exitUsage  = 2 // bad input: arguments or a scenario that make no sense
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// command is one subcommand.
type command struct {
	name  string
	args  string // as the usage line shows them
	about string
	run   func(*program, []string) int
}

// commands lists the subcommands in the order of the help text. Serving, the
// first, is what happens when none is named.
func commands() []command {
	return []command{
		{"serve", "[-addr HOST:PORT]", "build the page if need be and serve it", (*program).serve},
		{"build", "-o DIR", "write the complete static site to a folder", (*program).build},
		{"run", "[-pcap FILE] [-keylog FILE] [-json FILE] [-key FILE] [-share] SCENARIO", "play a scenario and print who sent what to whom", (*program).play},
		{"presets", "[-json]", "list the scenarios that come with it", (*program).presets},
		{"show", "SCENARIO", "print a scenario whole, as JSON to edit and run again", (*program).show},
	}
}

// program is one invocation.
type program struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// cli carries out a command line and returns the exit code.
func cli(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{ctx, stdin, stdout, stderr}
	if len(args) > 0 {
		switch args[0] {
		case "help", "-h", "-help", "--help":
			return p.help(args[1:])
		}
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return p.serve(args)
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(p, args[1:])
		}
	}
	return p.badInput("there is no command %q: see cipherglass help", args[0])
}

// help prints what the program does, or one of its commands.
func (p *program) help(args []string) int {
	if len(args) > 0 {
		for _, c := range commands() {
			if c.name == args[0] {
				return c.run(p, []string{"-h"})
			}
		}
		return p.badInput("there is no command %q: see cipherglass help", args[0])
	}
	fmt.Fprint(p.stdout, "Cipherglass is a TLS and IPsec playground: real protocols, every byte explained.\n\nUsage (cipherglass is \"go run .\" in its folder):\n\n")
	for _, c := range commands() {
		fmt.Fprintf(p.stdout, "  cipherglass %-8s%s\n        %s\n", c.name, c.args, c.about)
	}
	fmt.Fprint(p.stdout, `
Without a command it serves. "cipherglass help COMMAND" lists a command's flags.

SCENARIO is a preset's name, a JSON file, a link (the whole address or #s=...),
or - for standard input.

Exit codes: 0 all went well; 1 it did not; 2 bad input.
`)
	return exitOK
}

// flags returns an empty flag set for a command.
func (p *program) flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // parse says it
	return fs
}

// parse reads flags and up to max other arguments, in any order. When done is
// true the command is over, with the exit code.
func (p *program) parse(fs *flag.FlagSet, args []string, max int) (rest []string, code int, done bool) {
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			p.usage(fs)
			return nil, exitOK, true
		}
		if err != nil {
			return nil, p.badInput("%s: %v: see cipherglass help %s", fs.Name(), err, fs.Name()), true
		}
		if fs.NArg() == 0 {
			return rest, exitOK, false
		}
		rest = append(rest, fs.Arg(0))
		if len(rest) > max {
			return nil, p.badInput("%s: %q is one argument too many: see cipherglass help %s", fs.Name(), fs.Arg(0), fs.Name()), true
		}
		args = fs.Args()[1:]
	}
}

func (p *program) usage(fs *flag.FlagSet) {
	for _, c := range commands() {
		if c.name == fs.Name() {
			fmt.Fprintf(p.stdout, "Usage: cipherglass %s %s\n\n  %s\n\n", c.name, c.args, c.about)
		}
	}
	fs.SetOutput(p.stdout)
	fs.PrintDefaults()
}

// badInput says what is wrong with the input.
func (p *program) badInput(format string, args ...any) int {
	fmt.Fprintf(p.stderr, "cipherglass: "+format+"\n", args...)
	return exitUsage
}

// failed says what could not be done.
func (p *program) failed(format string, args ...any) int {
	fmt.Fprintf(p.stderr, "cipherglass: "+format+"\n", args...)
	return exitFailed
}

// page builds the site from the sources around the working directory.
func (p *program) page(q site.Quality) (*site.Site, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	root, err := site.Find(dir)
	if err != nil {
		return nil, err
	}
	return site.Build(site.Options{Root: root, Quality: q, Log: func(line string) {
		fmt.Fprintln(p.stderr, line)
	}})
}

// serve serves the page until the program is interrupted.
func (p *program) serve(args []string) int {
	fs := p.flags("serve")
	addr := fs.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 picks a free one")
	if _, code, done := p.parse(fs, args, 0); done {
		return code
	}
	_, port, err := net.SplitHostPort(*addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return p.badInput("serve: -addr %q is not HOST:PORT, as in 127.0.0.1:8080, with a port from 0 to 65535", *addr)
	}
	// The port first: who cannot have it need not wait for the page.
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return p.failed("%s", listenError(*addr, err))
	}
	defer listener.Close()
	page, err := p.page(site.Fast)
	if err != nil {
		return p.failed("%v", err)
	}
	fmt.Fprintf(p.stdout, "Cipherglass is at http://%s/ (stop with Ctrl-C)\n", shown(listener.Addr()))

	server := &http.Server{Handler: page.Handler(), ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-p.ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return p.failed("serving ended: %v", err)
	}
	<-stopped
	return exitOK
}

// listenError says why an address cannot be had and what to do.
func listenError(addr string, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("the address %s is taken by another program: stop it or choose another with -addr, as in -addr 127.0.0.1:8081", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Sprintf("the address %s needs more rights than this program has: choose a port from 1024 up with -addr", addr)
	}
	return fmt.Sprintf("the address %s cannot be listened on: %v", addr, err)
}

// shown returns the address to open in a browser: an unspecified host cannot be.
func shown(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return a.String()
}

// build writes the static site to a folder.
func (p *program) build(args []string) int {
	fs := p.flags("build")
	dir := fs.String("o", "", "the `folder` to write to; it must be empty, new, or an earlier build")
	fast := fs.Bool("fast", false, "compress less, to be done in seconds")
	if _, code, done := p.parse(fs, args, 0); done {
		return code
	}
	if *dir == "" {
		return p.badInput("build: where to? Name a folder with -o DIR")
	}
	quality := site.Best
	if *fast {
		quality = site.Fast
	}
	page, err := p.page(quality)
	if err != nil {
		return p.failed("%v", err)
	}
	if err := page.Export(*dir); err != nil {
		return p.failed("the site cannot be written: %v", err)
	}
	fmt.Fprintf(p.stdout, "%-40s %12s %12s %12s\n", "file", "bytes", "gzip", "brotli")
	for _, f := range page.Files {
		fmt.Fprintf(p.stdout, "%-40s %12d %12s %12s\n", f.Name, len(f.Data), size(f.Gzip), size(f.Brotli))
	}
	fmt.Fprintf(p.stdout, "The site is in %s: %d bytes to download with brotli.\n", *dir, page.Download())
	return exitOK
}

func size(b []byte) string {
	if b == nil {
		return "-"
	}
	return fmt.Sprint(len(b))
}
