package betraceprocessor

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/betracehq/betrace/go/betrace"
)

// What is recorded is right in count, in every bucket, and in its sum, call after call.
func TestDelaysAreRightInCountAndSum(t *testing.T) {
	bounds := []float64{0.1, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300, 900}
	place := func(counts []int64, value float64) {
		at := 0
		for at < len(bounds) && value > bounds[at] {
			at++
		}
		counts[at]++
	}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 7))
		engine := betrace.Histogram{Bounds: bounds, Counts: make([]int64, len(bounds)+1)}
		recorded := make([]int64, len(bounds)+1)
		var sum float64
		var d delays
		for range 5 {
			for range random.IntN(20) {
				value := []float64{0, 0.1, 0.05, 3, 10, 12.5, 900, 901, 5_000}[random.IntN(9)]
				place(engine.Counts, value)
				engine.Sum += value
			}
			d.since(engine, func(value float64) {
				place(recorded, value)
				sum += value
			})
			require.Equal(t, engine.Counts, recorded, "seed %d", seed)
			require.InDelta(t, engine.Sum, sum, 1e-6*max(1, engine.Sum), "seed %d", seed)
		}
	}
}
