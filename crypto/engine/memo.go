package engine

// Memo remembers between runs what costs time and depends on its inputs alone:
// a key pair of a scalar, a shared secret of two keys. An edit rarely changes
// them, since random values have names. The zero value is ready; nil remembers
// nothing. A Memo is not safe for concurrent use.
type Memo struct{ known map[string]any }

const memoSize = 256 // results

// Do returns f's result, from an earlier call with the same key if there was
// one. The key names the function and has all of its inputs. The result is
// shared: nobody may change it. Errors are not remembered.
func (m *Memo) Do(key string, f func() (any, error)) (any, error) {
	if m == nil {
		return f()
	}
	if v, ok := m.known[key]; ok {
		return v, nil
	}
	v, err := f()
	if err != nil {
		return nil, err
	}
	if m.known == nil || len(m.known) >= memoSize {
		m.known = map[string]any{}
	}
	m.known[key] = v
	return v, nil
}
