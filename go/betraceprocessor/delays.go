package betraceprocessor

import (
	"math"

	"github.com/betracehq/betrace/go/betrace"
)

// delays turns the engine's histogram into values for an instrument with the same bounds. The instrument takes single
// values, and of those the engine keeps only how many fell between two bounds and what they add up to; so each value is
// taken somewhere in its bucket, all as far from the lower bound as makes their sum right.
type delays struct {
	counts []int64
	sum    float64
}

// since records what came since the last call.
func (d *delays) since(histogram betrace.Histogram, record func(float64)) {
	if len(d.counts) != len(histogram.Counts) {
		*d = delays{counts: make([]int64, len(histogram.Counts))}
	}
	fresh := make([]int64, len(histogram.Counts))
	least, most, beyond := 0.0, 0.0, int64(0)
	for i, count := range histogram.Counts {
		fresh[i] = count - d.counts[i]
		low, high := bucket(histogram.Bounds, i)
		least += low * float64(fresh[i])
		most += high * float64(fresh[i])
		if i == len(histogram.Bounds) {
			beyond = fresh[i]
		}
	}
	sum := histogram.Sum - d.sum
	// How far up every value stands in its bucket; what is missing then lies in the bucket without an upper bound.
	share := 1.0
	if most > least {
		share = min(max((sum-least)/(most-least), 0), 1)
	}
	excess := 0.0
	if beyond > 0 {
		excess = max(sum-least-share*(most-least), 0) / float64(beyond)
	}
	for i, count := range fresh {
		low, high := bucket(histogram.Bounds, i)
		value := low + share*(high-low)
		if i == len(histogram.Bounds) {
			value = low + excess
		}
		if i > 0 {
			// A lower bound itself belongs to the bucket below.
			value = max(value, math.Nextafter(low, math.Inf(1)))
		}
		for range count {
			record(value)
		}
	}
	copy(d.counts, histogram.Counts)
	d.sum = histogram.Sum
}

// bucket is between which values the i-th count lies. Delays are not negative; the last bucket has no upper bound and
// stands here at its lower one.
func bucket(bounds []float64, i int) (low, high float64) {
	if i > 0 {
		low = bounds[i-1]
	}
	if i < len(bounds) {
		return low, bounds[i]
	}
	return low, low
}
