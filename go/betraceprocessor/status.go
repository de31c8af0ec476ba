package betraceprocessor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace"
	"github.com/betracehq/betrace/go/betraceprocessor/internal/status"
)

// lastOfRule is how many violations of a rule the status page shows.
const lastOfRule = 5

// statusBoard gathers what the status page shows and the metrics do not: nil where there is no page.
type statusBoard struct {
	inUse atomic.Pointer[rulesInUse]
	// refused is why the files' rules are not in use, nil where they are.
	refused atomic.Pointer[string]

	mu sync.Mutex
	// last violations by rule, the newest first; rules that are gone go with the next change.
	last map[string][]status.Violation
}

// rulesInUse are the rules in use, as the page shows them.
type rulesInUse struct {
	rules   []betrace.RuleInfo
	sources []status.Source
}

// board makes one where the configuration asks for a page.
func (c *Config) board() *statusBoard {
	if c.Status.Endpoint == "" {
		return nil
	}
	return &statusBoard{last: map[string][]status.Violation{}}
}

// use notes that these rules are in use.
func (b *statusBoard) use(compiled *compiled) error {
	if b == nil {
		return nil
	}
	rules, err := compiled.rules.List()
	if err != nil {
		return err
	}
	sources := make([]status.Source, 0, len(compiled.sources))
	for _, source := range compiled.sources {
		sum := sha256.Sum256(source.Text)
		sources = append(sources, status.Source{Name: source.Name, Bytes: len(source.Text), SHA256: hex.EncodeToString(sum[:])})
	}
	b.inUse.Store(&rulesInUse{rules: rules, sources: sources})
	b.refused.Store(nil)
	b.mu.Lock()
	defer b.mu.Unlock()
	for rule := range b.last {
		if !slices.ContainsFunc(rules, func(one betrace.RuleInfo) bool { return one.ID == rule }) {
			delete(b.last, rule)
		}
	}
	return nil
}

// refuse notes why what the files hold is not in use; nil: it is.
func (b *statusBoard) refuse(why error) {
	if b == nil {
		return
	}
	if why == nil {
		b.refused.Store(nil)
		return
	}
	text := why.Error()
	b.refused.Store(&text)
}

// found keeps the latest violations out of a message of the engine.
func (b *statusBoard) found(message []byte, now uint64) {
	if b == nil {
		return
	}
	traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	if err != nil {
		// Whoever sends it says so.
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				b.keep(span, now)
			}
		}
	}
}

func (b *statusBoard) keep(span ptrace.Span, now uint64) {
	text := func(key string) string {
		value, found := span.Attributes().Get(key)
		if !found {
			return ""
		}
		return value.AsString()
	}
	trace := span.TraceID()
	if span.ParentSpanID().IsEmpty() && span.Links().Len() > 0 {
		// In a trace of its own it links to the one that broke the rule.
		trace = span.Links().At(0).TraceID()
	}
	rule := text("betrace.rule.id")
	last := slices.Insert(b.last[rule], 0, status.Violation{
		Found: instant(now), Trace: trace.String(), ID: text("betrace.violation.id"), Message: text("betrace.message"),
	})
	b.last[rule] = last[:min(len(last), lastOfRule)]
}

func instant(nanos uint64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(nanos)).UTC()
}

// openStatus puts the processor on the status page, where there is one.
func (p *betraceProcessor) openStatus(ctx context.Context, r *running) error {
	r.hideStatus = func() {}
	if r.board == nil {
		return nil
	}
	whose := pipelineOf(r.host)
	address, hide, err := p.shared.pages.Show(ctx, p.config.Status.Endpoint, func() status.Processor { return p.shown(r, whose) })
	if err != nil {
		return err
	}
	r.hideStatus = hide
	p.log.Info("the status page is at http://" + address + "/")
	return nil
}

// shown is what the page shows of this processor.
func (p *betraceProcessor) shown(r *running, pipeline string) status.Processor {
	board, state := r.board, r.reload
	shown := status.Processor{
		ID: p.set.ID.String(), Pipeline: pipeline, Engine: betrace.LibraryVersion() + ", library " + betrace.LibraryHash()[:min(12, len(betrace.LibraryHash()))],
		Files: status.Files{Loaded: instant(state.loadedAt.Load()), StaleSince: instant(state.staleSince.Load())},
		Queue: status.Queue{
			Waiting: r.sender.queue.count(), Bytes: r.sender.queue.size(), LimitBytes: queueBytes,
			Delivered: r.sender.delivered.Load(), Lost: r.sender.lossesByCause(),
		},
	}
	if why := board.refused.Load(); why != nil {
		shown.Files.Refused = *why
	}
	inUse := board.inUse.Load()
	shown.Files.Sources = inUse.sources
	r.backlog.settle()
	stats, err := r.engine.Stats()
	if err != nil {
		shown.Problem = err.Error()
		return shown
	}
	shown.Spans = stats.Spans
	shown.Traces = status.Traces{Live: stats.LiveTraces, Closed: stats.ClosedTraces, Shed: stats.ShedTraces, Returned: stats.ReturnedTraces}
	shown.Memory = status.Memory{Bytes: stats.MemoryBytes, LimitBytes: stats.MemoryLimitBytes, RulesBytes: int64(state.bytes.Load())}
	shown.Queue.Lost["queue_full"] += stats.ViolationsLost
	shown.Rules = board.rules(inUse.rules, stats.Rules)
	return shown
}

// rules puts together what is known of each rule.
func (b *statusBoard) rules(known []betrace.RuleInfo, counted []betrace.RuleStats) []status.Rule {
	byID := make(map[string]*betrace.RuleStats, len(counted))
	for i := range counted {
		byID[counted[i].ID] = &counted[i]
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	rules := make([]status.Rule, 0, len(known))
	for _, info := range known {
		rule := status.Rule{
			ID: info.ID, Name: info.Name, Severity: info.Severity, Hash: info.Hash, File: info.File, Line: info.Line,
			Verdicts: map[string]int64{"violated": 0, "satisfied": 0, "not_applicable": 0}, Inconclusive: map[string]int64{},
			Last: slices.Clone(b.last[info.ID]),
		}
		// Between two rule sets there may be no figures of a rule yet.
		if stats := byID[info.ID]; stats != nil {
			for _, verdict := range stats.Verdicts {
				if verdict.Reason == "" {
					rule.Verdicts[verdict.Verdict] += verdict.Count
				} else if verdict.Count > 0 {
					rule.Inconclusive[verdict.Reason] += verdict.Count
				}
			}
			rule.SpansMatched, rule.NeverMet = stats.SpansMatched, stats.SpansMatched == 0
			rule.Violations, rule.Contradicted, rule.ComparisonsUnknown = stats.Violations, stats.ViolationsContradicted, stats.ComparisonsUnknown
		}
		rules = append(rules, rule)
	}
	return rules
}
