package betraceprocessor

import (
	"runtime"
	"sync"
	"time"
)

const (
	// mostBacklogBytes bounds the messages that wait to be judged, with the memory that lies ready for further ones, and
	// mostBacklog their number.
	mostBacklogBytes = 8 << 20
	mostBacklog      = 1024
	// mostSpareBytes keeps one giant batch from holding its memory for ever.
	mostSpareBytes = 4 << 20
	// linger is how long a worker sleeps before it looks again, after it had something to do. Whoever hands a batch over
	// meanwhile wakes nobody: of all that a call does, waking a thread takes longest.
	linger = 5 * time.Millisecond
	// mostWorkers is how many parts the engine keeps its traces in: more threads would wait for each other.
	mostWorkers = 8
)

// backlog judges accepted batches beside the calls that brought them, so that a sender does not wait for it. What is
// judged is as if it had been at once: a batch has the time at which it was accepted, and whoever is about to close traces,
// to store them, to count or to stop settles the backlog first, and so is not ahead of any batch.
//
// A backlog that is full takes no more: the call judges its batch itself, which holds its sender up. Nothing is dropped.
type backlog struct {
	judge                  func(*batch)
	clock                  clock
	limitBytes, limitCount int
	workers                int
	// woken has a token for each worker that is told to look.
	woken chan struct{}

	mu sync.Mutex
	// over is signalled whenever a batch was judged and somebody settles.
	over     sync.Cond
	settling int
	// oldest and what comes after it are all batches that were accepted and are not judged yet, in the order of their
	// times; next is the oldest of them that nobody has taken. number is that of the newest.
	oldest, newest, next *batch
	number               uint64
	// count and bytes are of what was handed over and is not judged.
	count, bytes int
	// spare are written in again, the last one first; idle is how many were spare all the time since the last trim.
	spare      []*batch
	spareBytes int
	idle       int
	// awake is how many workers will look without being told to.
	awake  int
	heldUp int64
	closed bool
}

// newBacklog makes one of so many bytes and batches. Its work is done by judge, on several goroutines at once.
func newBacklog(bytes, batches int, clock clock, judge func(*batch)) *backlog {
	workers := min(runtime.GOMAXPROCS(0), mostWorkers)
	q := &backlog{judge: judge, clock: clock, limitBytes: bytes, limitCount: batches, workers: workers, woken: make(chan struct{}, workers)}
	q.over.L = &q.mu
	return q
}

// empty is a batch to write in.
func (q *backlog) empty() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	last := len(q.spare) - 1
	if last < 0 {
		return new(batch)
	}
	b := q.spare[last]
	q.spare[last] = nil
	q.spare = q.spare[:last]
	q.spareBytes -= cap(b.message)
	q.idle = min(q.idle, last)
	return b
}

// reuse takes back a batch to which nobody points any more.
func (q *backlog) reuse(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keep(b)
}

// keep is called under the lock.
func (q *backlog) keep(b *batch) {
	room := cap(b.message)
	if room > mostSpareBytes || q.bytes+q.spareBytes+room > q.limitBytes {
		return
	}
	*b = batch{message: b.message[:0]}
	q.spare = append(q.spare, b)
	q.spareBytes += room
}

// trim gives up what was not written in since it was called last.
func (q *backlog) trim() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(q.idle)
	q.idle = len(q.spare)
}

// drop gives up the oldest spare batches. It is called under the lock.
func (q *backlog) drop(count int) {
	for _, b := range q.spare[:count] {
		q.spareBytes -= cap(b.message)
	}
	kept := copy(q.spare, q.spare[count:])
	clear(q.spare[kept:])
	q.spare = q.spare[:kept]
	q.idle = min(q.idle, kept)
}

// give takes over an accepted and claimed batch, which is the backlog's from now on: it is judged soon, and at once where
// the backlog is full.
func (q *backlog) give(b *batch) {
	q.mu.Lock()
	waits := q.admit(b)
	q.enter(b, !waits)
	wakes := waits && q.awake < q.workers && (q.awake == 0 || q.isPressed())
	if wakes {
		q.awake++
	}
	if !waits {
		q.heldUp++
		q.finish(b)
		q.keep(b)
	}
	q.mu.Unlock()
	if wakes {
		q.woken <- struct{}{}
	}
}

// isPressed says whether one more worker is needed. It is called under the lock.
func (q *backlog) isPressed() bool {
	return 2*q.bytes > q.limitBytes || 2*q.count > q.limitCount
}

// admit counts a batch in, if there is room. It is called under the lock.
func (q *backlog) admit(b *batch) bool {
	room := cap(b.message)
	if q.closed || q.bytes+room > q.limitBytes || q.count == q.limitCount {
		return false
	}
	for q.bytes+q.spareBytes+room > q.limitBytes {
		q.drop(1)
	}
	q.bytes += room
	q.count++
	b.waited = true
	return true
}

// judgeNow judges a claimed batch to which others still point.
func (q *backlog) judgeNow(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.enter(b, true)
	q.finish(b)
}

// enter makes a batch the newest. It is called under the lock, as all below are.
func (q *backlog) enter(b *batch, isTaken bool) {
	q.number++
	b.number, b.at = q.number, q.clock.now()
	b.before, b.after, b.isTaken = q.newest, nil, isTaken
	if q.newest != nil {
		q.newest.after = b
	} else {
		q.oldest = b
	}
	q.newest = b
	if q.next == nil && !isTaken {
		q.next = b
	}
}

// takeNext takes the oldest batch that waits.
func (q *backlog) takeNext() *batch {
	b := q.next
	b.isTaken = true
	for q.next = b.after; q.next != nil && q.next.isTaken; {
		q.next = q.next.after
	}
	return b
}

// finish judges a taken batch, without the lock, and takes it off the list.
func (q *backlog) finish(b *batch) {
	q.mu.Unlock()
	q.judge(b)
	b.judged()
	q.mu.Lock()
	if b.before != nil {
		b.before.after = b.after
	} else {
		q.oldest = b.after
	}
	if b.after != nil {
		b.after.before = b.before
	} else {
		q.newest = b.before
	}
	b.before, b.after = nil, nil
	if b.waited {
		q.bytes -= cap(b.message)
		q.count--
	}
	if q.settling > 0 {
		q.over.Broadcast()
	}
}

// settle returns when every batch that was accepted before is judged, and gives the time at which it was called: no batch
// with an earlier one is left. It does not wait for a worker: what nobody has taken it judges itself.
func (q *backlog) settle() (now uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now, last := q.clock.now(), q.number
	for q.next != nil && q.next.number <= last {
		b := q.takeNext()
		q.finish(b)
		q.keep(b)
	}
	q.settling++
	for q.oldest != nil && q.oldest.number <= last {
		q.over.Wait()
	}
	q.settling--
	return now
}

// close settles it and has further batches judged by those who bring them.
func (q *backlog) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.settle()
}

// run judges what waits until stop is closed. Several may run.
func (q *backlog) run(stop <-chan struct{}) {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-q.woken:
		}
		for q.look() {
			timer.Reset(linger)
			select {
			case <-stop:
				return
			case <-timer.C:
			}
		}
	}
}

// look judges all that waits. It reports false where that was nothing: the next batch has to wake whoever looked.
func (q *backlog) look() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.next == nil {
		q.awake--
		return false
	}
	for q.next != nil {
		b := q.takeNext()
		q.finish(b)
		q.keep(b)
	}
	return true
}

// backlogFigures are what the metrics show.
type backlogFigures struct{ bytes, heldUp int64 }

func (q *backlog) figures() backlogFigures {
	q.mu.Lock()
	defer q.mu.Unlock()
	return backlogFigures{int64(q.bytes), q.heldUp}
}
