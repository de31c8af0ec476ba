//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// ring is a consistent hash ring as routers have it: each member stands at a hundred places, and a trace falls to the
// next one. A change of the members moves the traces of one member and no others.
type ring []place

type place struct {
	at     uint32
	member string
}

func newRing(members []string) ring {
	var r ring
	for _, member := range members {
		for i := range 100 {
			r = append(r, place{crc32.ChecksumIEEE(fmt.Appendf(nil, "%s#%d", member, i)), member})
		}
	}
	sort.Slice(r, func(i, j int) bool { return r[i].at < r[j].at })
	return r
}

func (r ring) of(trace pcommon.TraceID) string {
	at := crc32.ChecksumIEEE(trace[:])
	i := sort.Search(len(r), func(i int) bool { return r[i].at >= at })
	return r[i%len(r)].member
}

// testTier is checkers whose membership is a name, behind a router.
type testTier struct {
	checkers map[string]*bench
	shared   *shared
	names    *names
	moving   string
	watched  bool
	members  []string
	ring     ring
}

const inFlight = 300

func openTestTier(t *testing.T, watched bool, members ...string) *testTier {
	t.Helper()
	tier := &testTier{
		checkers: map[string]*bench{}, names: &names{}, watched: watched,
		shared: newShared(verdictSeries), moving: filepath.Join(t.TempDir(), "moving"),
	}
	tier.shared.resolver = tier.names
	tier.setMembers(members)
	for _, member := range members {
		tier.add(t, member)
	}
	tier.route()
	return tier
}

func (c *testTier) setMembers(members []string) {
	c.members = members
	c.names.answer(members, nil)
}

// route gives the router the present members.
func (c *testTier) route() { c.ring = newRing(c.members) }

func (c *testTier) add(t *testing.T, member string) {
	t.Helper()
	c.checkers[member] = startBenchWith(t, c.shared, componenttest.NewNopHost(), func(config *Config) {
		config.Trace.MaxAge, config.Trace.RootTimeout = 2*time.Minute, 20*time.Second
		if c.watched {
			config.Membership.DNS, config.Membership.MovingFile = "checkers", c.moving
		}
	}, checked, "always { checkout }")
}

// pass lets so many seconds go by at every checker.
func (c *testTier) pass(t *testing.T, seconds int) {
	t.Helper()
	for _, b := range c.checkers {
		for range seconds {
			b.tick(t, time.Second)
			if c.watched {
				b.clock.tick(t, 2*time.Second)
				b.clock.tick(t, 2*time.Second)
			}
		}
	}
}

// send sends one half of each healthy trace to where the router has it.
func (c *testTier) send(t *testing.T, rootHalf bool) {
	t.Helper()
	for number := range inFlight {
		batch := spansNamed(number, "checkout", "payment.charge", "payment.fraud_check")
		batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(span ptrace.Span) bool {
			return (span.Name() == "payment.fraud_check") == rootHalf
		})
		require.NoError(t, c.checkers[c.ring.of(traceID(number))].ConsumeTraces(context.Background(), batch))
	}
}

// violations are those of all checkers, of which there should be none: every trace is healthy.
func (c *testTier) violations(t *testing.T) (violations float64, verdicts map[string]float64) {
	t.Helper()
	verdicts = map[string]float64{}
	for _, b := range c.checkers {
		violations += b.sum(t, prefix+"violations")
		stats, err := b.stats()
		require.NoError(t, err)
		for _, rule := range stats.Rules {
			for _, verdict := range rule.Verdicts {
				verdicts[verdict.Verdict+"("+verdict.Reason+")"] += float64(verdict.Count)
			}
		}
	}
	return violations, verdicts
}

// A checker that is added, killed or drained while hundreds of healthy traces are under way calls none of them broken,
// neither at their old place nor at their new one, whichever half came first.
func TestAChangingTierTellsNothingWrong(t *testing.T) {
	changes := map[string]func(t *testing.T, tier *testTier, between func()){
		"added": func(t *testing.T, tier *testTier, between func()) {
			tier.add(t, "checker-3")
			tier.setMembers(append(slices.Clone(tier.members), "checker-3"))
			tier.route()
			between()
		},
		"killed": func(t *testing.T, tier *testTier, between func()) {
			// Its process is gone, and nobody asks what it knew; the name loses it.
			delete(tier.checkers, "checker-0")
			tier.setMembers(tier.members[1:])
			tier.route()
			between()
		},
		"drained": func(t *testing.T, tier *testTier, between func()) {
			require.NoError(t, os.WriteFile(tier.moving, nil, 0o600))
			tier.pass(t, 2)
			// The router has a list of its own, which loses the checker; the name still has it.
			tier.ring = newRing(tier.members[1:])
			between()
			tier.pass(t, 20)
			require.NoError(t, os.Remove(tier.moving))
			tier.pass(t, 2)
		},
	}
	for name, change := range changes {
		for _, rootFirst := range []bool{true, false} {
			run := func(t *testing.T, watched bool) (float64, map[string]float64) {
				tier := openTestTier(t, watched, "checker-0", "checker-1", "checker-2")
				tier.send(t, rootFirst)
				tier.pass(t, 1)
				change(t, tier, func() { tier.send(t, !rootFirst) })
				tier.pass(t, 30)
				return tier.violations(t)
			}
			t.Run(fmt.Sprintf("%s, root first %v", name, rootFirst), func(t *testing.T) {
				// What was at a killed checker is gone with it, and the halves that lack their root say nothing in any case.
				isHarmless := name == "killed" && rootFirst
				if !isHarmless {
					blind, _ := run(t, false)
					require.Greater(t, blind, 20.0, "without watching the tier it goes wrong")
				}
				violations, verdicts := run(t, true)
				require.Zero(t, violations, "%v", verdicts)
				if !isHarmless {
					require.Greater(t, verdicts["inconclusive(moved)"], 20.0, "%v", verdicts)
				}
			})
		}
	}
}

// What begins after the change is judged as ever.
func TestATierThatHasSettledJudges(t *testing.T) {
	tier := openTestTier(t, true, "checker-0", "checker-1", "checker-2")
	tier.setMembers([]string{"checker-0", "checker-1"})
	tier.pass(t, 2)
	tier.route()
	tier.pass(t, 8)
	for number := range inFlight {
		batch := spansNamed(number, "checkout", "payment.charge")
		for _, span := range batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			span.SetStartTimestamp(pcommon.Timestamp(epoch + uint64(9*time.Second)))
			span.SetEndTimestamp(pcommon.Timestamp(epoch + uint64(10*time.Second)))
		}
		require.NoError(t, tier.checkers[tier.ring.of(traceID(number))].ConsumeTraces(context.Background(), batch))
	}
	tier.pass(t, 20)
	violations, verdicts := tier.violations(t)
	require.EqualValues(t, inFlight, violations, "%v", verdicts)
	require.Zero(t, verdicts["inconclusive(moved)"])
}
