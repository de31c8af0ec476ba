package betraceprocessor

import (
	"strings"

	"go.opentelemetry.io/otel/metric"

	"github.com/betracehq/betrace/go/betrace"
)

// otherGroups is the label of all groups of a rule that have none of their own; the engine calls them the same.
const otherGroups = "_other"

// groupLabels is what one processor took of the series that all have for the groups of windows. A label takes its place when it
// is first seen and keeps it while the engine counts its group by name, so that a series never moves under another.
type groupLabels struct {
	budget *seriesBudget
	// taken says which labels have a series of their own; seen, which of them were asked for in this collection.
	taken, seen map[windowLabels]bool
}

type windowLabels struct{ rule, group string }

func newGroupLabels(budget *seriesBudget) *groupLabels {
	// What all share that have none is there in any case, so it may overdraw.
	budget.give(-1)
	return &groupLabels{budget: budget, taken: map[windowLabels]bool{}}
}

func (g *groupLabels) begin() { g.seen = map[windowLabels]bool{} }

// end gives back what belonged to groups that were not asked for.
func (g *groupLabels) end() {
	for labels, own := range g.taken {
		if g.seen[labels] {
			continue
		}
		if own {
			g.budget.give(1)
		}
		delete(g.taken, labels)
	}
}

func (g *groupLabels) close() {
	g.begin()
	g.end()
	g.budget.give(1)
}

// of is the label of a group of the rule: its own, else that of the rule's other groups, else that of all others.
func (g *groupLabels) of(rule string, values []string) windowLabels {
	if len(values) == 0 || values[0] != otherGroups {
		if own := (windowLabels{rule, strings.Join(values, ", ")}); g.has(own) {
			return own
		}
	}
	if others := (windowLabels{rule, otherGroups}); g.has(others) {
		return others
	}
	return windowLabels{otherRules, otherGroups}
}

// has says whether the label has a series, and takes one for it where it is new.
func (g *groupLabels) has(labels windowLabels) bool {
	own, known := g.taken[labels]
	if !known {
		own = g.budget.take(1)
		g.taken[labels] = own
	}
	g.seen[labels] = true
	return own
}

// windowCounts are the sums of one label; a measure has no hits or no sum where nothing was ever added to it.
type windowCounts struct {
	samples, unknown, hits int64
	sum                    float64
	hasHits, hasSum        bool
}

// windowCounts adds up what shares a label. Rules without a name of their own are left out: they measure different things, and
// the sum of these is nothing.
func (m *metrics) windowCounts(rules []betrace.RuleStats, named func(position int) bool) map[windowLabels]*windowCounts {
	counts := map[windowLabels]*windowCounts{}
	m.groups.begin()
	for i, rule := range rules {
		if len(rule.Windows) == 0 || !named(i) {
			continue
		}
		for _, group := range rule.Windows {
			labels := m.groups.of(rule.ID, group.Group)
			all := counts[labels]
			if all == nil {
				all = &windowCounts{}
				counts[labels] = all
			}
			all.samples += group.Samples
			all.unknown += group.Unknown
			if group.Hits != nil {
				all.hits, all.hasHits = all.hits+*group.Hits, true
			}
			if group.Sum != nil {
				all.sum, all.hasSum = all.sum+*group.Sum, true
			}
		}
	}
	m.groups.end()
	return counts
}

func (m *metrics) observeWindows(to metric.Observer, counts map[windowLabels]*windowCounts) {
	t := m.telemetry
	for labels, all := range counts {
		with := m.with("rule", labels.rule, "group", labels.group)
		to.ObserveInt64(t.ProcessorBetraceWindowSamples, all.samples, with)
		to.ObserveInt64(t.ProcessorBetraceWindowUnknown, all.unknown, with)
		if all.hasHits {
			to.ObserveInt64(t.ProcessorBetraceWindowHits, all.hits, with)
		}
		if all.hasSum {
			to.ObserveFloat64(t.ProcessorBetraceWindowSum, all.sum, with)
		}
	}
}
