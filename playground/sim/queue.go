package sim

import "time"

// event is one thing to do. An event with a timer only looks whether the timer
// is due: it takes no time if not.
type event struct {
	at    time.Duration
	seq   uint64
	run   func()
	timer *timer
	gen   int
}

// queue is a binary heap, ordered by time and then by insertion.
type queue []event

func (q queue) less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
	}
	return q[i].seq < q[j].seq
}

func (n *Net) push(e event) {
	n.seq++
	e.seq = n.seq
	n.queue = append(n.queue, e)
	q := n.queue
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if !q.less(i, up) {
			return
		}
		q[i], q[up] = q[up], q[i]
		i = up
	}
}

func (n *Net) pop() event {
	q := n.queue
	e := q[0]
	last := len(q) - 1
	q[0] = q[last]
	q[last] = event{}
	q = q[:last]
	n.queue = q
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			return e
		}
		if c+1 < last && q.less(c+1, c) {
			c++
		}
		if !q.less(c, i) {
			return e
		}
		q[i], q[c] = q[c], q[i]
		i = c
	}
}

// live tells whether the event will do something at its time.
func (e *event) live() bool {
	return e.timer == nil || (e.timer.armed && e.timer.gen == e.gen && e.timer.at <= e.at)
}

// timer can be moved and stopped without a search of the queue: it keeps at
// most one live event there, which is pushed again when it comes too early.
type timer struct {
	net    *Net
	run    func()
	at     time.Duration
	armed  bool
	queued bool
	when   time.Duration // time of the queued event
	gen    int
}

func (t *timer) set(at time.Duration) {
	t.at, t.armed = at, true
	if t.queued && t.when <= at {
		return
	}
	t.gen++
	t.queued, t.when = true, at
	t.net.push(event{at: at, timer: t, gen: t.gen})
}

func (t *timer) stop() { t.armed = false }

// due tells whether the timer goes off with its event e.
func (t *timer) due(e event) bool {
	if e.gen != t.gen {
		return false
	}
	t.queued = false
	if !t.armed {
		return false
	}
	if t.at > e.at {
		t.set(t.at)
		return false
	}
	t.armed = false
	return true
}
