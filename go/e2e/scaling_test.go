package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/violation"
)

// A tier of three behind a router tells the same as one process: the same verdicts, and the same violations by their ids.
func TestATierTellsWhatOneProcessTells(t *testing.T) {
	t.Parallel()
	tellsWhatOneTells(t, nil)
}

// tellsWhatOneTells holds a tier, through this topic, against one process.
func tellsWhatOneTells(t *testing.T, through *topic) {
	t.Helper()
	batches := read(t, shopTraces(t))
	alone := openPipeline(t, setup{rules: shopRules(t)})
	three := newTier(t, through, shopRules(t), "2s")
	before := 0
	if through != nil {
		before = three.createTopic(t)
	}
	send(t, alone.grpc, batches)
	if err := alone.WaitDecided(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	three.grow(t, 3)
	send(t, three.send, batches)
	three.reached(t, before+spanCount(batches))
	one, many := verdicts(t, alone.Collector), map[string]float64{}
	for i, told := range three.settle(t) {
		if len(told) == 0 {
			t.Errorf("checker %d tells nothing", i)
		}
		for verdict, count := range told {
			many[verdict] += count
		}
	}
	if through != nil {
		// The trace that made the topic began before the checkers.
		maps.DeleteFunc(many, func(verdict string, _ float64) bool { return strings.HasSuffix(verdict, " inconclusive(restart)") })
	}
	if !maps.Equal(one, many) || len(one) < 8 {
		t.Errorf("one process tells\n%v\nand three tell\n%v", one, many)
	}
	alone.stop(t)
	ids := func(violations []violation.Violation) []string {
		var all []string
		for _, v := range violations {
			all = append(all, v.Rule+" "+v.ID)
		}
		slices.Sort(all)
		return all
	}
	if one, many := ids(alone.backend.Violations()), ids(three.behind.Violations()); !slices.Equal(one, many) || len(one) == 0 {
		t.Errorf("one process finds\n%v\nand three find\n%v", one, many)
	}
}

// A checker that is ended and started again, as an update or a drained node does it, goes on with its traces from its storage,
// while the router keeps the spans that are meant for it: nothing is told otherwise than without.
func TestACheckerThatIsRestartedLosesNothing(t *testing.T) {
	t.Parallel()
	made := openTier(t, 3, write(t, "rules.yaml", neighbourRules), "15s")
	halves := liveTraces()
	send(t, made.send, halves[0])
	made.reached(t, spanCount(halves[0]))
	stopped(t, made.checkers[0].Collector)
	send(t, made.send, halves[1])
	made.checkers[0].start(t)

	told := made.settle(t)
	got := byRuleAndKind(made.behind.Violations())
	if want := asAlone.violations; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("violations by rule and kind of trace: %v, not %v; the checkers tell %v", got, want, told)
	}
	if n := made.behind.Spans(); n != spanCount(halves[0])+spanCount(halves[1]) {
		t.Errorf("%d of %d spans came out", n, spanCount(halves[0])+spanCount(halves[1]))
	}
}

// A checker that is killed forgets its live traces. What it then says of them rests on nothing that was lost: no healthy trace is
// called broken.
func TestACheckerThatIsKilledTellsNothingWrong(t *testing.T) {
	t.Parallel()
	made := openTier(t, 3, write(t, "rules.yaml", neighbourRules), "15s")
	halves := liveTraces()
	// The children first: what the killed one forgets is the audit record, and the root comes after.
	send(t, made.send, halves[1])
	made.reached(t, spanCount(halves[1]))
	if err := made.checkers[0].Kill(); err != nil {
		t.Fatal(err)
	}
	send(t, made.send, halves[0])
	made.checkers[0].start(t)
	told := made.settle(t)[0]
	for _, v := range made.behind.Violations() {
		if v.Trace[0] == healthy || v.Rule == "audited" && v.Trace[0] != unaudited || v.Rule == "no-bypass" && v.Trace[0] != bypassed {
			t.Errorf("%s is called broken in trace %s", v.Rule, v.Trace)
		}
	}
	if told["audited inconclusive(restart)"] == 0 {
		t.Errorf("the killed checker tells %v", told)
	}
}

// liveTraces are the traces before a neighbour, of now.
func liveTraces() [2][]ptrace.Traces {
	var halves [2][]ptrace.Traces
	now := time.Now()
	for _, kind := range []byte{healthy, unaudited, bypassed} {
		for number := range byte(perKind) {
			first, second := neighbourTrace(kind, number)
			for _, spans := range tracesOf([]ptrace.Traces{first, second}) {
				for _, span := range spans {
					span.SetStartTimestamp(pcommon.NewTimestampFromTime(now))
					span.SetEndTimestamp(pcommon.NewTimestampFromTime(now.Add(time.Millisecond)))
				}
			}
			halves[0], halves[1] = append(halves[0], first), append(halves[1], second)
		}
	}
	return halves
}
