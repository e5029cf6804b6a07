package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// Marshal writes s as JSON with every field filled in.
func (s *Scenario) Marshal() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s.Clone()); err != nil {
		return nil // strings, numbers and booleans always encode
	}
	return b.Bytes()
}

// Parse reads a scenario's JSON: either all of it, as Marshal writes it, or a
// preset and what differs from it, {"preset": "tls13", "set": {"links.net.mtu":
// 1400}}. It refuses unknown fields and values that Validate refuses; the
// error is a *FieldError.
func Parse(data []byte) (*Scenario, error) {
	s, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	if errs := Validate(s); len(errs) > 0 {
		return nil, &errs[0]
	}
	return s, nil
}

// document is what a file or a link holds.
type document struct {
	preset string
	set    []change
	whole  json.RawMessage // instead: the complete scenario
}

func parseJSON(data []byte) (*Scenario, *FieldError) {
	if len(data) > MaxText {
		return nil, wrong("", "The scenario is %s bytes long; at most %s are allowed.", count(len(data)), count(MaxText))
	}
	doc, err := parseDocument(data)
	if err != nil {
		return nil, err
	}
	s := &Scenario{}
	if doc.whole != nil {
		if err := decode(doc.whole, reflect.ValueOf(s).Elem(), ""); err != nil {
			return nil, err
		}
		if s.Preset != "" {
			if s.Preset, err = revision(s.Preset); err != nil {
				return nil, err
			}
		}
		return s.Clone(), nil
	}
	if doc.preset != "" {
		p, err := Preset(doc.preset)
		if err != nil {
			return nil, wrong("preset", "%v", err)
		}
		s = p
	}
	for _, c := range doc.set {
		if err := c.apply(s); err != nil {
			return nil, err
		}
	}
	return s.Clone(), nil
}

func parseDocument(data []byte) (document, *FieldError) {
	var doc document
	fields, err := members(data, "")
	if err != nil {
		return doc, err
	}
	short := true
	for _, f := range fields {
		short = short && (f.path == "preset" || f.path == "set")
	}
	if !short {
		doc.whole = data
		return doc, nil
	}
	for _, f := range fields {
		switch f.path {
		case "preset":
			if json.Unmarshal(f.value, &doc.preset) != nil {
				return doc, wrong("preset", "preset must be a preset's name in quotes.")
			}
		case "set":
			if doc.set, err = members(f.value, "set"); err != nil {
				return doc, err
			}
		}
	}
	return doc, nil
}

// members reads a JSON object's members in order.
func members(data []byte, what string) ([]change, *FieldError) {
	if what == "" {
		what = "The scenario"
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil {
		return nil, syntax(err, len(data))
	} else if t != json.Delim('{') {
		return nil, wrong("", "%s must be a JSON object: {...}.", what)
	}
	var out []change
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, syntax(err, len(data))
		}
		c := change{path: t.(string)}
		if err := d.Decode(&c.value); err != nil {
			return nil, syntax(err, len(data))
		}
		if seen[c.path] {
			return nil, wrong(c.path, "%s is given twice.", quote(c.path))
		}
		seen[c.path] = true
		out = append(out, c)
	}
	if _, err := d.Token(); err != nil {
		return nil, syntax(err, len(data))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, wrong("", "%s goes on after its closing brace; remove what follows.", what)
	}
	return out, nil
}

func syntax(err error, size int) *FieldError {
	var s *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return wrong("", "The scenario's JSON ends too early; it is not all there.")
	case errors.As(err, &s) && s.Offset >= int64(size):
		return wrong("", "The scenario's JSON ends too early; it is not all there.")
	case errors.As(err, &s):
		return wrong("", "The scenario is not valid JSON: %v at byte %d.", s, s.Offset)
	}
	return wrong("", "The scenario is not valid JSON: %v.", err)
}

// decode reads JSON into v, refusing members that v does not have and values
// of another type.
func decode(data json.RawMessage, v reflect.Value, path string) *FieldError {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return syntax(err, len(data))
	}
	return fill(tree, v, path)
}

func fill(tree any, v reflect.Value, path string) *FieldError {
	switch v.Kind() {
	case reflect.Pointer:
		if tree == nil {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return fill(tree, v.Elem(), path)
	case reflect.Struct:
		return fillStruct(tree, v, path)
	case reflect.Slice:
		list, ok := tree.([]any)
		if !ok && tree != nil {
			return mismatch(path, "a list", tree)
		}
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i, e := range list {
			if err := fill(e, v.Index(i), join(path, strconv.Itoa(i))); err != nil {
				return err
			}
		}
		return nil
	case reflect.Int:
		n, ok := tree.(json.Number)
		if !ok {
			return mismatch(path, "a whole number", tree)
		}
		i, err := strconv.Atoi(n.String())
		if err != nil {
			return mismatch(path, "a whole number", tree)
		}
		v.SetInt(int64(i))
	case reflect.Bool:
		b, ok := tree.(bool)
		if !ok {
			return mismatch(path, "true or false", tree)
		}
		v.SetBool(b)
	default:
		t, ok := tree.(string)
		if !ok {
			return mismatch(path, "a text in quotes", tree)
		}
		v.SetString(t)
	}
	return nil
}

func fillStruct(tree any, v reflect.Value, path string) *FieldError {
	object, ok := tree.(map[string]any)
	if !ok {
		return mismatch(path, "an object", tree)
	}
	left := len(object)
	for i := range v.NumField() {
		tag := tagOf(v.Type().Field(i))
		if e, ok := object[tag]; ok {
			left--
			if err := fill(e, v.Field(i), join(path, tag)); err != nil {
				return err
			}
		}
	}
	if left == 0 {
		return nil
	}
	unknown := ""
	for name := range object { // the first by name, whatever the map's order
		if fieldByTag(v.Type(), name) < 0 && (unknown == "" || name < unknown) {
			unknown = name
		}
	}
	var known []string
	for i := range v.NumField() {
		known = append(known, tagOf(v.Type().Field(i)))
	}
	return wrong(join(path, unknown), "There is no setting called %s. Known here are: %s.", quote(join(path, unknown)), strings.Join(known, ", "))
}

func mismatch(path, want string, got any) *FieldError {
	if path == "" {
		path = "the scenario"
	}
	text := fmt.Sprint(got)
	switch x := got.(type) {
	case nil:
		text = "null"
	case string:
		text = quote(x)
	case []any:
		text = "a list"
	case map[string]any:
		text = "an object"
	}
	return wrong(path, "%s must be %s; it is %s.", path, want, text)
}
