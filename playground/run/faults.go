package run

import (
	"encoding/hex"
	"fmt"
	"time"

	"cipherglass/playground/scenario"
	"cipherglass/playground/sim"
	"cipherglass/playground/trace"
)

// replayAfter is when a replayed copy follows its original.
const replayAfter = 20 * time.Millisecond

// faults applies the scenario's faults to packets on links, each once.
type faults struct {
	list    []scenario.Fault
	reports []trace.FaultReport
}

func newFaults(list []scenario.Fault) *faults {
	f := &faults{list: list}
	for i, x := range list {
		why := "no packet of that name crossed that link in this run"
		if x.Off {
			why = "switched off"
		}
		f.reports = append(f.reports, trace.FaultReport{Index: i, Why: why})
	}
	return f
}

// Tamper is the network's: it changes, drops or repeats the packets that the
// scenario's faults name.
func (f *faults) Tamper(now time.Duration, link, from string, p *sim.Packet) (out *sim.Packet, why string, again time.Duration) {
	out = p
	var changed []byte
	fix := true
	for i := range f.list {
		x := &f.list[i]
		if x.Off || f.reports[i].Applied || x.Packet != p.Name || x.Link != "" && x.Link != link {
			continue
		}
		switch x.Kind {
		case "drop":
			f.applied(i, "")
			return nil, "lost on purpose", 0
		case "replay":
			f.applied(i, "")
			again = replayAfter
		case "tamper":
			v, err := hex.DecodeString(x.Value)
			if err != nil || x.Offset < 0 || x.Offset+len(v) > len(p.Bytes) {
				f.reports[i].Why = fmt.Sprintf("the packet has %d bytes, and byte %d with %d bytes lies outside it", len(p.Bytes), x.Offset, len(v))
				continue
			}
			if changed == nil {
				changed = append([]byte(nil), p.Bytes...)
			}
			copy(changed[x.Offset:], v)
			fix = fix && !x.Keep
			f.applied(i, "")
		}
	}
	if changed == nil {
		return out, "", again
	}
	why = "bytes changed on the link; checksums left as they were"
	if fix {
		sim.FixChecksums(changed)
		why = "bytes changed on the link; outer checksums recomputed, as an attacker would"
	}
	return &sim.Packet{Name: p.Name + "/tampered", Bytes: changed}, why, again
}

func (f *faults) applied(i int, why string) {
	f.reports[i] = trace.FaultReport{Index: i, Applied: true, Why: why}
}
