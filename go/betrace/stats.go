package betrace

import (
	"encoding/json"
	"fmt"
)

// Stats are an engine's counters since it was made; all but the gauges only grow.
type Stats struct {
	// Spans by outcome: evaluated duplicate conflict late over_limit malformed own.
	Spans map[string]int64 `json:"spans"`
	// Rules in their order in the files.
	Rules []RuleStats `json:"rules"`
	// Severities are the verdicts of all rules by severity, those of rules that are gone included.
	Severities []SeverityStats `json:"severities"`
	// UnmarkedSpans say that they are violations and bear no mark of a known key; they are judged like others.
	UnmarkedSpans int64 `json:"unmarked_spans"`
	// LiveTraces is a gauge: traces that are not closed.
	LiveTraces int64 `json:"live_traces"`
	// ClosedTraces were closed since the engine was made, ShedTraces among them early, for want of memory.
	ClosedTraces int64 `json:"closed_traces"`
	ShedTraces   int64 `json:"shed_traces"`
	// ReturnedTraces came again after all but their id was forgotten.
	ReturnedTraces int64 `json:"returned_traces"`
	// OpenWindows is a gauge: windows of rules over many traces that are not over.
	OpenWindows int64 `json:"open_windows"`
	// LateInWindows are traces that count in no window: theirs was over, or they name no time that can be.
	LateInWindows int64 `json:"late_in_windows"`
	// DroppedIDs of closed traces went before their time, because there was no room: what comes of such a trace looks
	// like a new one.
	DroppedIDs int64 `json:"dropped_ids"`
	// MemoryBytes is a gauge: all native state that grows with input.
	MemoryBytes int64 `json:"memory_bytes"`
	// MemoryLimitBytes is what the settings allow.
	MemoryLimitBytes int64 `json:"memory_limit_bytes"`
	// ViolationsLost were found while the queue of violations was full.
	ViolationsLost int64 `json:"violations_lost"`
	// DecisionDelay is the time from a trace's latest end to its verdicts.
	DecisionDelay Histogram `json:"decision_delay"`
}

// SeverityStats are the verdicts of all rules of one severity.
type SeverityStats struct {
	Severity string         `json:"severity"`
	Verdicts []VerdictCount `json:"verdicts"`
	// Reopened are verdicts, no violations, on traces that had closed complete and to which spans came after all.
	Reopened int64 `json:"reopened"`
}

// RuleStats are the counters of one rule.
type RuleStats struct {
	ID         string         `json:"id"`
	Severity   string         `json:"severity"`
	Verdicts   []VerdictCount `json:"verdicts"`
	Violations int64          `json:"violations"`
	// ViolationsContradicted are those that spans which came after the close show to be false alarms.
	ViolationsContradicted int64 `json:"violations_contradicted"`
	ComparisonsUnknown     int64 `json:"comparisons_unknown"`
	SpansMatched           int64 `json:"spans_matched"`
	// Windows of a rule over many traces, group by group; a rule that makes no groups has one without values.
	Windows []WindowSums `json:"windows"`
}

// WindowSums are what the windows of a rule came to that are over, of one group. They only grow, but for Sum.
type WindowSums struct {
	// Group are the values of the rule's fields; all `_other` for groups that are not counted by name.
	Group []string `json:"group"`
	// Samples were measured; of Unknown further ones something is not known.
	Samples int64 `json:"samples"`
	Unknown int64 `json:"unknown"`
	// Hits are those of the samples that were looked for, of shares and of numbers of traces.
	Hits *int64 `json:"hits"`
	// Sum is what sums and averages measured together, durations in seconds.
	Sum *float64 `json:"sum"`
}

// VerdictCount is how often a rule got a verdict; Reason is empty but for inconclusive.
type VerdictCount struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Count   int64  `json:"count"`
}

// Histogram counts durations in seconds: Counts[i] of those up to Bounds[i] (and above the bound
// before), one more at the end for the rest.
type Histogram struct {
	Bounds []float64 `json:"bounds"`
	Counts []int64   `json:"counts"`
	Sum    float64   `json:"sum"`
}

func parseStats(text []byte) (Stats, error) {
	var stats Stats
	if err := json.Unmarshal(text, &stats); err != nil {
		return Stats{}, fmt.Errorf("betrace: the engine's statistics cannot be read: %w", err)
	}
	return stats, nil
}
