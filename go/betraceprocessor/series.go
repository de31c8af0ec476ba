package betraceprocessor

import "sync"

// verdictSeries is how many series of `verdicts` the processors of one Collector may have together: the metrics SDK
// folds what an instrument has beyond 2,000 into one, without a word.
const verdictSeries = 1_900

// seriesBudget is what is left of a number of series. The factory has one, and all its processors share it.
type seriesBudget struct {
	mu   sync.Mutex
	left int
}

func newSeriesBudget(series int) *seriesBudget { return &seriesBudget{left: series} }

// take takes all of count or nothing.
func (b *seriesBudget) take(count int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < count {
		return false
	}
	b.left -= count
	return true
}

func (b *seriesBudget) give(count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += count
}

// labelled is what one processor took of the budget, rule by rule. A rule's name and each reason of an inconclusive
// verdict take their place when they are first seen and keep it until the rule is gone, so that a series, once there,
// never moves under another label.
type labelled struct {
	budget *seriesBudget
	most   int
	rules  map[string]*ruleLabel
}

type ruleLabel struct {
	// named says whether the rule has a name of its own in the metrics.
	named bool
	// reasons met so far, true for those that have a series of their own.
	reasons map[string]bool
	seen    bool
}

const (
	// definiteVerdicts are violated, satisfied and not_applicable.
	definiteVerdicts = 3
	// otherSeries is what `_other` may need: the definite verdicts and every reason.
	otherSeries = 15
)

func newLabelled(budget *seriesBudget, most int) *labelled {
	// What all rules beyond the budget share is there in any case, so it may overdraw.
	budget.give(-otherSeries)
	return &labelled{budget: budget, most: most, rules: map[string]*ruleLabel{}}
}

// begin starts a collection, end finishes it and gives back what belonged to rules that were not asked for.
func (l *labelled) begin() {
	for _, rule := range l.rules {
		rule.seen = false
	}
}

func (l *labelled) end() {
	for id, rule := range l.rules {
		if !rule.seen {
			l.release(rule)
			delete(l.rules, id)
		}
	}
}

func (l *labelled) release(rule *ruleLabel) {
	if !rule.named {
		return
	}
	series := definiteVerdicts
	for _, own := range rule.reasons {
		if own {
			series++
		}
	}
	l.budget.give(series)
}

// close gives everything back.
func (l *labelled) close() {
	for _, rule := range l.rules {
		l.release(rule)
	}
	l.budget.give(otherSeries)
	l.rules = nil
}

// rule is the label of the rule at this position.
func (l *labelled) rule(position int, id string) string {
	rule, ok := l.rules[id]
	if !ok {
		rule = &ruleLabel{named: position < l.most && l.budget.take(definiteVerdicts), reasons: map[string]bool{}}
		l.rules[id] = rule
	}
	rule.seen = true
	if !rule.named {
		return otherRules
	}
	return id
}

// reason is the label of the rule for inconclusive verdicts with this reason; ask for the rule first.
func (l *labelled) reason(id, reason string) string {
	rule := l.rules[id]
	if !rule.named {
		return otherRules
	}
	own, known := rule.reasons[reason]
	if !known {
		own = l.budget.take(1)
		rule.reasons[reason] = own
	}
	if !own {
		return otherRules
	}
	return id
}
