package betraceconnector

import "time"

// clock is the time, and what happens every so often; tests have one that stands still.
type clock interface {
	now() time.Time
	// ticks has a tick come after each interval, until stop is called.
	ticks(interval time.Duration) (ticks <-chan time.Time, stop func())
}

type systemClock struct{}

func (systemClock) now() time.Time { return time.Now() }

func (systemClock) ticks(interval time.Duration) (<-chan time.Time, func()) {
	ticker := time.NewTicker(interval)
	return ticker.C, ticker.Stop
}
