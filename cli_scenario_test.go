package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"cipherglass/playground/scenario"
)

func TestPresets(t *testing.T) {
	stdout, stderr, code := play(t, "", "presets")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	var list []struct{ Name, Title, Expect string }
	asJSON, stderr, code := play(t, "", "presets", "-json")
	if code != exitOK || stderr != "" {
		t.Fatalf("-json: exit %d, %q", code, stderr)
	}
	if err := json.Unmarshal([]byte(asJSON), &list); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tls13", "tls12-rsa", "tls12-ecdhe", "esp-tunnel", "esp-transport", "ah-transport", "mtu"} {
		found := false
		for _, p := range list {
			found = found || p.Name == name && p.Title != "" && p.Expect != ""
		}
		if !found || !strings.Contains("\n"+stdout, "\n"+name+" ") {
			t.Errorf("%s is missing", name)
		}
	}
	wantError(t, exitUsage, []string{"presets", "tls13"}, "too many")
	wantError(t, exitUsage, []string{"presets", "-jsn"}, "-jsn")
}

// TestShow gives the same scenario in every form and wants the same answer.
func TestShow(t *testing.T) {
	s, err := scenario.Preset("tls13")
	if err != nil {
		t.Fatal(err)
	}
	s.Seed = "another seed"
	link, err := scenario.EncodeLink(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("s.json", string(s.Marshal()))
	write("short.json", `{"preset": "tls13", "set": {"seed": "another seed"}}`)
	write("link.txt", "http://127.0.0.1:8080/"+link+"\n")
	write("tls12-rsa", string(s.Marshal())) // a preset's name comes first

	for _, c := range []struct{ arg, stdin string }{
		{link, ""},
		{strings.TrimPrefix(link, "#"), ""},
		{"https://example.org/a/b/?x=1" + link, ""},
		{"s.json", ""},
		{"short.json", ""},
		{"./link.txt", ""},
		{"./tls12-rsa", ""},
		{"-", string(s.Marshal())},
		{"-", "  " + link + "\n"},
	} {
		stdout, stderr, code := play(t, c.stdin, "show", c.arg)
		if code != exitOK || stderr != "" || stdout != string(s.Marshal()) {
			t.Errorf("%.40s: exit %d, %q, %d bytes", c.arg, code, stderr, len(stdout))
		}
	}
	preset, _, _ := play(t, "", "show", "tls12-rsa")
	if strings.Contains(preset, "another seed") || !strings.Contains(preset, `"preset": "tls12-rsa@1"`) {
		t.Errorf("tls12-rsa is %.80s", preset)
	}
}

func TestBadScenarios(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"empty.json":   " \n",
		"broken.json":  `{"preset":`,
		"unknown.json": `{"preset":"tls13","set":{"links.net.colour":"red"}}`,
		"range.json":   `{"preset":"tls13","set":{"links.net.mtu":3}}`,
		"large.json":   strings.Repeat(" ", scenario.MaxText+10),
		"list.json":    `[]`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		arg  string
		want string
	}{
		{"tls14", `no preset called "tls14"`},
		{"tls13@9", "newer"},
		{"nothing.json", "nothing.json cannot be read"},
		{"./tls13", "./tls13 cannot be read"},
		{".", "cannot be read"},
		{"empty.json", "is empty"},
		{"broken.json", "ends too early"},
		{"unknown.json", "links.net.colour"},
		{"range.json", "MTU"},
		{"list.json", "object"},
		{"#s=", "not a Cipherglass link"},
		{"#s=1.", "cut short"},
		{"#s=1.!!!!", "damaged"},
		{"#s=7.AAAA", "newer"},
		{"http://127.0.0.1:8080/", "not a Cipherglass link"},
		{"large.json", ""},
		{"", "no preset"},
	} {
		wantError(t, exitUsage, []string{"show", c.arg}, c.want)
	}
	wantError(t, exitUsage, []string{"show"}, "which scenario?")
	wantError(t, exitUsage, []string{"show", "tls13", "mtu"}, "too many")
	wantError(t, exitUsage, []string{"show", "-"}, "standard input is empty")
}
