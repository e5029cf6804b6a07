package verify

import (
	"cipherglass/crypto/engine"
	"cipherglass/playground/trace"
)

// cryptTask is one operation or derivation to be done again.
type cryptTask struct {
	buffer *trace.Buffer
	secret *trace.Secret
}

// cryptTasks lists every sealed buffer whose operation is recorded in full,
// and every secret derived from inputs. What was sealed and opened alike is
// done once, for its receiver.
func cryptTasks(v *Run) []cryptTask {
	var list []cryptTask
	opened := map[string]bool{}
	for _, b := range v.t.Buffers {
		if b.Crypt != nil && b.How == engine.Opened {
			opened[string(b.Crypt.Cipher)+string(b.Crypt.MAC)] = true
		}
	}
	for _, b := range v.t.Buffers {
		if b.Crypt == nil || b.How == engine.Sealed && opened[string(b.Crypt.Cipher)+string(b.Crypt.MAC)] {
			continue
		}
		list = append(list, cryptTask{buffer: b})
	}
	seen := map[string]bool{}
	for _, s := range v.t.Secrets {
		if s.Func == "manual" || seen[s.Func+string(s.Value)] {
			continue
		}
		seen[s.Func+string(s.Value)] = true // both ends derive the same
		list = append(list, cryptTask{secret: s})
	}
	return list
}
