package betraceprocessor

import "sync"

// queueBytes bounds the violations that wait to be sent.
const queueBytes = 64 << 20

// queue holds violations that wait to be sent: the gravest first, of one severity the oldest first. When it is full the
// oldest of the least severe makes room. What was taken to be sent is still the queue's until it is settled, so that a
// stop in the middle of a call loses nothing.
type queue struct {
	mu       sync.Mutex
	waiting  [severities]deque
	underway []violation
	bytes    int
	limit    int
}

// deque is a first-in-first-out list that also takes back at its front.
type deque struct {
	items []violation
	head  int
}

func (d *deque) length() int { return len(d.items) - d.head }

func (d *deque) pushBack(v violation) {
	// Free places at the front are used again once they are more than half.
	if d.head > len(d.items)/2 {
		kept := copy(d.items, d.items[d.head:])
		clear(d.items[kept:])
		d.items, d.head = d.items[:kept], 0
	}
	d.items = append(d.items, v)
}

func (d *deque) pushFront(v violation) {
	if d.head == 0 {
		room := d.length() + 16
		items := make([]violation, room+d.length())
		copy(items[room:], d.items)
		d.items, d.head = items, room
	}
	d.head--
	d.items[d.head] = v
}

func (d *deque) popFront() violation {
	v := d.items[d.head]
	d.items[d.head] = violation{}
	d.head++
	if d.head == len(d.items) {
		*d = deque{}
	}
	return v
}

func newQueue(limit int) *queue { return &queue{limit: limit} }

// push adds one and says how many had to go for it: the oldest of the least severe, which may be itself.
func (q *queue) push(v violation) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.bytes+v.size() > q.limit {
		least, found := q.leastSevere()
		if !found || least < v.severity {
			return dropped + 1
		}
		q.drop(&q.waiting[least])
		dropped++
	}
	q.bytes += v.size()
	q.waiting[v.severity].pushBack(v)
	return dropped
}

func (q *queue) drop(from *deque) {
	v := from.popFront()
	q.bytes -= v.size()
}

// leastSevere is the least severe that waits.
func (q *queue) leastSevere() (least severity, found bool) {
	for level := severities; level > 0; level-- {
		if q.waiting[level-1].length() > 0 {
			return level - 1, true
		}
	}
	return 0, false
}

// size is what it holds, in bytes.
func (q *queue) size() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// take takes at most limit out, to be settled by done or putBack.
func (q *queue) take(limit int) []violation {
	q.mu.Lock()
	defer q.mu.Unlock()
	var taken []violation
	for level := range q.waiting {
		for len(taken) < limit && q.waiting[level].length() > 0 {
			taken = append(taken, q.waiting[level].popFront())
		}
	}
	q.underway = taken
	return taken
}

// done forgets what was taken last: it was delivered or is lost.
func (q *queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.underway {
		q.bytes -= q.underway[i].size()
	}
	q.underway = nil
}

// putBack puts what was taken last where it was.
func (q *queue) putBack() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := len(q.underway) - 1; i >= 0; i-- {
		v := q.underway[i]
		q.waiting[v.severity].pushFront(v)
	}
	q.underway = nil
}

// expire removes those that were found before a time and says how many they were.
func (q *queue) expire(before uint64) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	expired := 0
	for level := range q.waiting {
		waiting := &q.waiting[level]
		for waiting.length() > 0 && waiting.items[waiting.head].found < before {
			q.drop(waiting)
			expired++
		}
	}
	return expired
}

// all are the violations that wait or are being sent, the gravest first.
func (q *queue) all() []violation {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := append([]violation(nil), q.underway...)
	for level := range q.waiting {
		waiting := &q.waiting[level]
		all = append(all, waiting.items[waiting.head:]...)
	}
	return all
}

// count is how many violations wait or are being sent.
func (q *queue) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	count := len(q.underway)
	for level := range q.waiting {
		count += q.waiting[level].length()
	}
	return count
}
