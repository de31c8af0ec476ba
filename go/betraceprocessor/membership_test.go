//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// names is a resolver that answers what a test says.
type names struct {
	mu        sync.Mutex
	addresses []string
	err       error
	asked     []string
}

func (n *names) LookupHost(_ context.Context, name string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, name)
	return n.addresses, n.err
}

func (n *names) answer(addresses []string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addresses, n.err = addresses, err
}

// told is what an engine heard.
type told struct{ until []uint64 }

func (t *told) Moved(until uint64) error {
	t.until = append(t.until, until)
	return nil
}

type watched struct {
	*membership
	names *names
	heard *told
	clock *manualClock
	kept  []memberState
	logs  *observer.ObservedLogs
}

func watch(config Membership) *watched {
	core, logs := observer.New(zap.InfoLevel)
	w := &watched{names: &names{}, heard: &told{}, clock: newManualClock(), logs: logs}
	w.membership = &membership{config: &config, clock: w.clock, resolver: w.names, moves: w.heard, log: zap.New(core)}
	w.keep = func(_ context.Context, state memberState) { w.kept = append(w.kept, state) }
	return w
}

func byName() Membership {
	config := NewDefaultMembership()
	config.DNS, config.Settle = "checkers", 5*time.Second
	return config
}

// see looks when the name has these addresses.
func (w *watched) see(addresses ...string) {
	w.names.answer(addresses, nil)
	w.look(context.Background())
}

const settled = uint64(5 * time.Second)

func TestAChangeOfTheMembersMovesTraces(t *testing.T) {
	w := watch(byName())
	w.see("10.0.0.1", "10.0.0.2")
	w.see("10.0.0.2", "10.0.0.1", "10.0.0.1")
	require.Empty(t, w.heard.until, "the first list is no change, nor is another order")
	w.clock.turn(time.Minute)
	w.see("10.0.0.1", "10.0.0.2", "10.0.0.3")
	w.clock.turn(time.Minute)
	w.see("10.0.0.1")
	w.clock.turn(time.Minute)
	w.see("10.0.0.1")
	at := func(minutes int) uint64 { return epoch + uint64(minutes)*uint64(time.Minute) + settled }
	require.Equal(t, []uint64{at(1), at(2)}, w.heard.until)
	require.Equal(t, membershipFigures{members: 1, changes: 2}, w.figures())
	require.Equal(t, []memberState{
		{Members: []string{"10.0.0.1", "10.0.0.2"}},
		{Members: []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}, Until: at(1)},
		{Members: []string{"10.0.0.1"}, Until: at(2)},
	}, w.kept)
	require.Equal(t, "checkers", w.names.asked[0])
}

func TestAResolverThatFailsIsSaidOnceAndChangesNothing(t *testing.T) {
	w := watch(byName())
	w.see("10.0.0.1")
	w.names.answer(nil, errors.New("no such host"))
	w.look(context.Background())
	w.look(context.Background())
	require.Equal(t, membershipFigures{members: 1, failing: true}, w.figures())
	require.Len(t, w.logs.FilterMessageSnippet("cannot be told").All(), 1)
	w.see()
	require.True(t, w.figures().failing, "a tier without members is no answer")
	w.see("10.0.0.1")
	require.Equal(t, membershipFigures{members: 1}, w.figures())
	require.Empty(t, w.heard.until)
}

// What the list was before the first answer nobody knows.
func TestALateFirstAnswerIsAChange(t *testing.T) {
	w := watch(byName())
	w.names.answer(nil, errors.New("no such host"))
	w.look(context.Background())
	w.see("10.0.0.1")
	require.Equal(t, []uint64{epoch + settled}, w.heard.until)
}

func TestATierMovesForAsLongAsItsFileIsThere(t *testing.T) {
	config := NewDefaultMembership()
	config.MovingFile, config.Settle = filepath.Join(t.TempDir(), "moving"), 5*time.Second
	w := watch(config)
	w.look(context.Background())
	require.Empty(t, w.heard.until)
	require.NoError(t, os.WriteFile(config.MovingFile, nil, 0o600))
	w.look(context.Background())
	w.look(context.Background())
	require.True(t, w.figures().moving)
	require.NoError(t, os.Remove(config.MovingFile))
	w.clock.turn(time.Minute)
	w.look(context.Background())
	w.look(context.Background())
	require.False(t, w.figures().moving)
	require.Equal(t, []uint64{math.MaxUint64, epoch + uint64(time.Minute) + settled}, w.heard.until)
}

func TestAListThatChangedDuringAStopMovesTheStoredTraces(t *testing.T) {
	for _, c := range []struct {
		name   string
		stored memberState
		heard  []uint64
	}{
		{"the same list", memberState{Members: []string{"a", "b"}}, nil},
		{"another list", memberState{Members: []string{"a", "b", "c"}}, []uint64{epoch + settled}},
		{"nothing stored", memberState{}, nil},
		{"a change shortly before", memberState{Members: []string{"a", "b"}, Until: epoch - 1}, []uint64{epoch - 1}},
		{"a move that ended meanwhile", memberState{Members: []string{"a", "b"}, Until: math.MaxUint64, Moving: true}, []uint64{math.MaxUint64, epoch + settled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := NewDefaultMembership()
			config.Static, config.Settle = []string{"b", "a"}, 5*time.Second
			w := watch(config)
			w.restore(c.stored)
			w.look(context.Background())
			require.Equal(t, c.heard, w.heard.until)
		})
	}
}

func TestMembershipKeysAreHeldAgainstTheIdleTime(t *testing.T) {
	check := func(change func(*Membership)) error {
		config := createDefaultConfig().(*Config)
		config.Rules.Inline = inlineRules(never)
		change(&config.Membership)
		return config.Validate()
	}
	require.NoError(t, check(func(*Membership) {}))
	require.NoError(t, check(func(m *Membership) { m.Settle = time.Hour }), "no tier is named")
	require.NoError(t, check(func(m *Membership) { m.DNS, m.Interval, m.Settle = "checkers", 4*time.Second, 6*time.Second }))
	require.ErrorContains(t, check(func(m *Membership) { m.DNS, m.Interval, m.Settle = "checkers", 5*time.Second, 6*time.Second }),
		"must together not be longer than trace::idle_timeout (10s)")
	require.ErrorContains(t, check(func(m *Membership) { m.DNS, m.Static = "checkers", []string{"a"} }), "by dns or by static, not by both")
}

// From the name to the verdict, over a restart.
func TestTracesOfAChangingTierAreInconclusive(t *testing.T) {
	warnings = io.Discard
	defer func() { warnings = os.Stderr }()
	memory := newMemoryStorage()
	moving := filepath.Join(t.TempDir(), "moving")
	tier := func(members ...string) func(*Config) {
		return func(c *Config) {
			withStorage(c)
			c.Membership.Static, c.Membership.MovingFile = members, moving
		}
	}
	verdict := func(b *bench, verdict, reason string) float64 {
		return b.sum(t, prefix+"verdicts", label("rule", "rule-0"), label("verdict", verdict), label("reason", reason))
	}
	before := startBenchOn(t, hostWith(memory), tier("a", "b"), checked)
	require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(1, "checkout", "payment.charge")))
	before.shutdown(t)
	after := startBenchOn(t, hostWith(memory), tier("a", "b", "c"), checked)
	require.EqualValues(t, 3, after.sum(t, prefix+"members"))
	require.EqualValues(t, 1, after.sum(t, prefix+"membership_changes"))
	require.EqualValues(t, 0, after.sum(t, prefix+"membership_failing"))
	after.tick(t, 20*time.Second)
	require.EqualValues(t, 1, verdict(after, "inconclusive", "moved"))
	after.requireViolations(t)

	// A drain: the file says so, and the processor looks by itself.
	require.NoError(t, after.ConsumeTraces(context.Background(), spansNamed(2, "checkout", "payment.charge")))
	require.NoError(t, os.WriteFile(moving, nil, 0o600))
	after.clock.advance(t, 2*time.Second, 2*time.Second)
	require.EqualValues(t, 1, after.sum(t, prefix+"membership_moving"))
	after.tick(t, 20*time.Second)
	require.EqualValues(t, 2, verdict(after, "inconclusive", "moved"))
	after.requireViolations(t)
}
