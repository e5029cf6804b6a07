package scenario

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// change is one path and its new value as JSON; null takes an element away.
type change struct {
	path  string
	value json.RawMessage
}

// Changed returns the paths whose values differ between two scenarios, in
// order. Elements that came or went are one path.
func Changed(old, new *Scenario) []string {
	var out []string
	for _, c := range diff(old, new) {
		out = append(out, c.path)
	}
	return out
}

// diff lists what makes new of old.
func diff(old, new *Scenario) []change {
	var out []change
	compare(reflect.ValueOf(old.Clone()).Elem(), reflect.ValueOf(new.Clone()).Elem(), "", func(path string, v any) {
		out = append(out, change{path, compact(v)})
	})
	return out
}

func compact(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil // strings, numbers and booleans always encode
	}
	return bytes.TrimSpace(b.Bytes())
}

func compare(old, new reflect.Value, path string, emit func(string, any)) {
	switch {
	case reflect.DeepEqual(old.Interface(), new.Interface()):
	case old.Kind() == reflect.Pointer && !old.IsNil() && !new.IsNil():
		compare(old.Elem(), new.Elem(), path, emit)
	case old.Kind() == reflect.Struct:
		for i := range old.NumField() {
			compare(old.Field(i), new.Field(i), join(path, tagOf(old.Type().Field(i))), emit)
		}
	case isElements(old.Type()) && named(old.Type().Elem()) && alignable(old, new):
		compareElements(old, new, path, emit)
	default:
		emit(path, new.Interface())
	}
}

// alignable says whether new can be made of old by changing elements, taking
// some away and adding others at the end.
func alignable(old, new reflect.Value) bool {
	a, b := keys(old), keys(new)
	if !unique(a) || !unique(b) {
		return false
	}
	kept := slices.DeleteFunc(a, func(k string) bool { return !slices.Contains(b, k) })
	return len(kept) <= len(b) && slices.Equal(kept, b[:len(kept)])
}

func compareElements(old, new reflect.Value, path string, emit func(string, any)) {
	for i := range old.Len() {
		key := keyOf(old.Index(i), i)
		if j := indexOf(new, key); j >= 0 {
			compare(old.Index(i), new.Index(j), join(path, key), emit)
		} else {
			emit(join(path, key), nil)
		}
	}
	for i := range new.Len() {
		if key := keyOf(new.Index(i), i); indexOf(old, key) < 0 {
			emit(join(path, key), new.Index(i).Interface())
		}
	}
}

func keys(list reflect.Value) []string {
	out := make([]string, list.Len())
	for i := range out {
		out[i] = keyOf(list.Index(i), i)
	}
	return out
}

func unique(names []string) bool {
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] || strings.Contains(n, ".") || n == "" {
			return false
		}
		seen[n] = true
	}
	return true
}

// apply makes the change in s.
func (c change) apply(s *Scenario) *FieldError {
	parent, last := "", c.path
	if i := strings.LastIndexByte(c.path, '.'); i >= 0 {
		parent, last = c.path[:i], c.path[i+1:]
	}
	if parent != "" {
		p, err := find(s, parent)
		if err != nil {
			return err
		}
		if isElements(p.v.Type()) && named(p.v.Type().Elem()) {
			return c.applyElement(p.v, last)
		}
	}
	p, err := find(s, c.path)
	if err != nil {
		return err
	}
	return decode(c.value, p.v, c.path)
}

// applyElement replaces, removes or adds an element of a list.
func (c change) applyElement(list reflect.Value, key string) *FieldError {
	i := indexOf(list, key)
	if string(bytes.TrimSpace(c.value)) == "null" {
		if i < 0 {
			return wrong(c.path, "%s is to be removed, but it is not there.", c.path)
		}
		list.Set(reflect.AppendSlice(list.Slice(0, i), list.Slice(i+1, list.Len())))
		return nil
	}
	e := reflect.New(list.Type().Elem()).Elem()
	if err := decode(c.value, e, c.path); err != nil {
		return err
	}
	if got := keyOf(e, 0); got != key {
		return wrong(c.path, "%s is called %s inside and %s outside; the two must agree.", c.path, quote(got), quote(key))
	}
	if i >= 0 {
		list.Index(i).Set(e)
		return nil
	}
	if list.Len() >= 4*maxElements {
		return wrong(c.path, "There are too many elements; %s is one more.", c.path)
	}
	list.Set(reflect.Append(list, e))
	return nil
}
