package scenario

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// place is where a path leads.
type place struct {
	path string
	v    reflect.Value
	knob *Knob
	at   At
}

// label names the place for people: "MTU of wan1".
func (p place) label() string {
	if e := p.at.Element(); e != "" && p.knob.Kind != Name {
		return p.knob.Label + " of " + e
	}
	return p.knob.Label
}

// places returns every field of s in order, also those that do not apply.
func places(s *Scenario) []place {
	var out []place
	walk(reflect.ValueOf(s).Elem(), "", "", At{}, func(p place) { out = append(out, p) })
	return out
}

func walk(v reflect.Value, path, pattern string, at At, visit func(place)) {
	switch {
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), path, pattern, at, visit)
		}
	case v.Kind() == reflect.Struct:
		at = at.pass(v)
		for i := range v.NumField() {
			tag := tagOf(v.Type().Field(i))
			walk(v.Field(i), join(path, tag), join(pattern, tag), at, visit)
		}
	case isElements(v.Type()):
		for i := range v.Len() {
			walk(v.Index(i), join(path, keyOf(v.Index(i), i)), join(pattern, "*"), at, visit)
		}
	default:
		if k := knobFor(pattern); k != nil {
			visit(place{path: path, v: v, knob: k, at: at})
		}
	}
}

// find follows a path, whose steps are JSON names, and for elements of a list
// their name (an interface's link; routes, faults and pins by number from 0).
func find(s *Scenario, path string) (place, *FieldError) {
	v, at, pattern, here := reflect.ValueOf(s).Elem(), At{}, "", ""
	if path == "" {
		return place{}, wrong(path, "A setting's name is missing.")
	}
	for _, step := range strings.Split(path, ".") {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return place{}, wrong(path, "%s has no such settings, so %s cannot be changed.", here, path)
			}
			v = v.Elem()
		}
		switch {
		case v.Kind() == reflect.Struct:
			at = at.pass(v)
			i := fieldByTag(v.Type(), step)
			if i < 0 {
				return place{}, wrong(path, "There is no setting called %s; %q is unknown.", quote(path), step)
			}
			v, pattern = v.Field(i), join(pattern, step)
		case isElements(v.Type()):
			i := indexOf(v, step)
			if i < 0 {
				return place{}, wrong(path, "The scenario has no %q among its %s.", step, here)
			}
			v, pattern = v.Index(i), join(pattern, "*")
		default:
			return place{}, wrong(path, "There is no setting called %s; %s has no parts.", quote(path), here)
		}
		here = join(here, step)
	}
	if v.Kind() == reflect.Struct {
		at = at.pass(v)
	}
	return place{path: path, v: v, knob: knobFor(pattern), at: at}, nil
}

// pass notes the element that a path passes through.
func (a At) pass(v reflect.Value) At {
	switch x := v.Addr().Interface().(type) {
	case *Node:
		a.Node = x
	case *Link:
		a.Link = x
	case *Certificate:
		a.Cert = x
	case *Conversation:
		a.Conv = x
	case *Endpoint:
		a.End = x
	case *Policy:
		a.Policy = x
	case *Fault:
		a.Fault = x
	case *Pin:
		a.Pin = x
	}
	return a
}

func knobFor(pattern string) *Knob {
	for i := range knobs {
		if knobs[i].Path == pattern {
			return &knobs[i]
		}
	}
	return nil
}

func isElements(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

func tagOf(f reflect.StructField) string {
	tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return tag
}

func fieldByTag(t reflect.Type, tag string) int {
	for i := range t.NumField() {
		if tagOf(t.Field(i)) == tag {
			return i
		}
	}
	return -1
}

// named says whether a list's elements are addressed by name.
func named(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[Node](), reflect.TypeFor[Link](), reflect.TypeFor[Certificate](),
		reflect.TypeFor[Conversation](), reflect.TypeFor[Policy](), reflect.TypeFor[Interface]():
		return true
	}
	return false
}

func keyOf(v reflect.Value, i int) string {
	if !named(v.Type()) {
		return strconv.Itoa(i)
	}
	return v.Field(0).String() // Name, and Interface's Link
}

func indexOf(list reflect.Value, key string) int {
	for i := range list.Len() {
		if keyOf(list.Index(i), i) == key {
			return i
		}
	}
	return -1
}

func join(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

func show(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case string:
		return x
	case []string:
		return strings.Join(x, ", ")
	default:
		return fmt.Sprint(x)
	}
}

// quote shows somebody's text in a sentence, cut when it is long.
func quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:57]) + "..."
	}
	return strconv.Quote(s)
}

// Clone returns a copy that shares nothing with s.
func (s *Scenario) Clone() *Scenario {
	v := clone(reflect.ValueOf(s))
	return v.Interface().(*Scenario)
}

// clone copies deeply; a nil list comes out empty, so that equal scenarios
// are equal values.
func clone(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(clone(v.Elem()))
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			out.Field(i).Set(clone(v.Field(i)))
		}
		return out
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(clone(v.Index(i)))
		}
		return out
	}
	return v
}
