package betraceprocessor

import (
	"context"
	"time"
)

// clock is where the processor takes time from. Tests have one that they turn by hand.
type clock interface {
	// now is nanoseconds since 1970 and never goes back.
	now() uint64
	// wall is what the machine's clock shows, which may be set.
	wall() uint64
	// ticks delivers until stop is called.
	ticks(every time.Duration) (ticks <-chan time.Time, stop func())
	// after delivers once.
	after(wait time.Duration) <-chan time.Time
}

// systemClock takes the wall clock once, at its start, and counts on monotonically from there: a
// wall clock that is set back or forward in the meantime moves no trace.
type systemClock struct{ started time.Time }

func newSystemClock() clock { return systemClock{started: time.Now()} }

func (c systemClock) now() uint64 {
	return uint64(c.started.UnixNano() + int64(time.Since(c.started)))
}

func (systemClock) wall() uint64 { return uint64(time.Now().UnixNano()) }

func (systemClock) ticks(every time.Duration) (<-chan time.Time, func()) {
	ticker := time.NewTicker(every)
	return ticker.C, ticker.Stop
}

func (systemClock) after(wait time.Duration) <-chan time.Time { return time.After(wait) }

// tickUntil does its work at every tick, until it is stopped.
func tickUntil(stop <-chan struct{}, c clock, every time.Duration, work func()) {
	ticks, stopTicks := c.ticks(every)
	defer stopTicks()
	for {
		select {
		case <-stop:
			return
		case <-ticks:
			work()
		}
	}
}

// untilStopped is a context that ends when stop is closed, or when its work is done and cancels it.
func untilStopped(stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
