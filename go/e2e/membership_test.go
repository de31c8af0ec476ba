package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/wire"
)

// What a router and checkers, as processes, make of healthy traces that are under way while their number changes by the
// procedures of docs/scaling.md.

// inFlight is how many traces are half there when the number changes.
const inFlight = 300

const auditedRule = "rules:\n  - { id: audited, condition: 'when { \"GET /checkout\" } always { audit.log }' }\n"

// healthyHalves are healthy traces, each in two batches: the root first, then what the rule asks for.
func healthyHalves(run byte, from, count int) (roots, rest []ptrace.Traces) {
	now := pcommon.NewTimestampFromTime(time.Now())
	half := func(number int, id byte, name string) ptrace.Traces {
		batch := oneSpan(run, name)
		span := batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
		span.SetTraceID(pcommon.TraceID{0: run, 8: byte(number >> 8), 15: byte(number)})
		span.SetSpanID(pcommon.SpanID{7: id})
		if id > 1 {
			span.SetParentSpanID(pcommon.SpanID{7: 1})
		}
		span.SetStartTimestamp(now)
		span.SetEndTimestamp(now)
		return batch
	}
	for number := range count {
		roots = append(roots, half(from+number, 1, "GET /checkout"))
		rest = append(rest, half(from+number, 2, "audit.log"))
	}
	return roots, rest
}

// membershipChange is a row of the table.
type membershipChange struct {
	name      string
	rootFirst bool
	// watched says whether the checkers are told who they are.
	watched bool
}

func (c membershipChange) String() string {
	first := "root first"
	if !c.rootFirst {
		first = "root last"
	}
	if !c.watched {
		first += ", nobody watches"
	}
	return c.name + ", " + first
}

// changed is what came of the traces of one row.
type changed struct{ violated, moved, satisfied, others float64 }

// run lets the number of checkers change between the two halves of each trace, with whole traces coming all the while.
func (c membershipChange) run(t *testing.T, through *topic) changed {
	moving := filepath.Join(t.TempDir(), "moving")
	m := newTier(t, through, write(t, "rules.yaml", auditedRule), "10s")
	if c.watched {
		m.settings = fmt.Sprintf("    membership: { static: [checkers], moving_file: %q, interval: 200ms, settle: 2s }\n", moving)
	}
	before := 0
	if through != nil {
		before = m.createTopic(t)
	}
	m.grow(t, 3)
	first, second := healthyHalves(1, 0, inFlight)
	if !c.rootFirst {
		first, second = second, first
	}
	send(t, m.send, first)
	m.reached(t, before+inFlight)
	stop := m.load(t)
	// announced waits until each checker knows that the tier is moving, or has come to rest.
	announced := func(is float64) {
		for _, one := range m.checkers {
			until(t, "a checker sees the file", func() bool { return !c.watched || one.sum(t, "membership_moving") == is })
		}
	}
	announce := func() {
		if err := os.WriteFile(moving, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		announced(1)
	}
	gone := m.checkers[0]
	switch c.name {
	case "added":
		announce()
		m.grow(t, 1)
		if through != nil {
			until(t, "the group gives the new one its share", func() bool { return m.checkers[3].sum(t, "spans") > 0 })
		}
		sendUntilTaken(t, m.send, second...)
	case "drained":
		announce()
		m.route(t, m.checkers[1:]...)
		if through != nil {
			// It ends at once, and what it read goes to others when its session is over.
			m.checkers = m.checkers[1:]
			stopped(t, gone.Collector)
		}
		sendUntilTaken(t, m.send, second...)
	case "killed":
		// It comes back under its name, as a StatefulSet has it: the router keeps what is meant for it.
		if err := gone.Kill(); err != nil {
			t.Fatal(err)
		}
		sendUntilTaken(t, m.send, second...)
		gone.start(t)
	}
	stop()
	told := m.settle(t)
	var sum changed
	for _, verdicts := range told {
		for verdict, count := range verdicts {
			switch {
			case strings.HasSuffix(verdict, " violated()"):
				sum.violated += count
			case strings.HasSuffix(verdict, " inconclusive(moved)"):
				sum.moved += count
			case strings.HasSuffix(verdict, " satisfied()"):
				sum.satisfied += count
			default:
				sum.others += count
			}
		}
	}
	return sum
}

// sendUntilTaken sends each batch until it is taken: a Collector that is started anew refuses for a while.
func sendUntilTaken(t *testing.T, sender wire.Sender, batches ...ptrace.Traces) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for _, batch := range batches {
		for {
			again := ptrace.NewTraces()
			batch.CopyTo(again)
			err := sender.Send(t.Context(), again)
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("it refuses: %v", err)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// load sends whole healthy traces until it is stopped.
func (m *tier) load(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	sending.Go(func() {
		for number := 0; ctx.Err() == nil; number++ {
			roots, rest := healthyHalves(2, number, 1)
			// What was begun is sent whole.
			sendUntilTaken(t, m.send, roots[0], rest[0])
			time.Sleep(2 * time.Millisecond)
		}
	})
	return func() {
		cancel()
		sending.Wait()
	}
}

// A checker that is added, drained or killed under load makes no healthy trace a broken one; where nobody watches, one that is
// added or drained does. `make e2e` runs all rows of the table, `make test` two.
func TestAChangingTierOfProcessesTellsNothingWrong(t *testing.T) {
	t.Parallel()
	changes := []membershipChange{{"drained", true, true}, {"drained", true, false}}
	if os.Getenv("BETRACE_TABLES") != "" {
		changes = append(changes, []membershipChange{
			{"added", true, true}, {"added", false, true}, {"drained", false, true}, {"killed", true, true}, {"killed", false, true},
		}...)
	}
	changeTiers(t, changes, func(int) *topic { return nil })
}

// changeTiers runs each change in a tier of its own, through the topic of its number, and prints the table.
func changeTiers(t *testing.T, changes []membershipChange, through func(number int) *topic) {
	t.Helper()
	var mu sync.Mutex
	var rows []string
	t.Run("changes", func(t *testing.T) {
		for number, change := range changes {
			t.Run(change.String(), func(t *testing.T) {
				topic := through(number)
				got := change.run(t, topic)
				if change.watched && got.violated != 0 {
					t.Errorf("%v healthy traces are called broken: %+v", got.violated, got)
				}
				if !change.watched && got.violated == 0 {
					t.Errorf("nothing goes wrong where nobody watches, so the other rows show nothing: %+v", got)
				}
				// A checker that was added has just started: of what began before, that is why it says nothing.
				isFresh := change.name == "added" && !change.rootFirst
				// One that leaves the group takes its roots along, and the others have what comes after without one.
				isRootless := topic != nil && change.name == "drained" && change.rootFirst
				if change.watched && change.name != "killed" && !isFresh && !isRootless && got.moved == 0 {
					t.Errorf("no trace moved: %+v", got)
				}
				if got.satisfied == 0 {
					t.Errorf("no trace was judged: %+v", got)
				}
				mu.Lock()
				defer mu.Unlock()
				rows = append(rows, fmt.Sprintf("| %-36s | %6.0f | %6.0f | %6.0f | %6.0f |", change, got.violated, got.moved, got.others, got.satisfied))
			})
		}
	})
	slices.Sort(rows)
	t.Logf("%d healthy traces under way, and others coming:\n| %-36s | broken | moved  | others | kept   |\n|---|---|---|---|---|\n%s", inFlight, "change", strings.Join(rows, "\n"))
}
