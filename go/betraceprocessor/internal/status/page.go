// Package status shows what processors do, as a page for people and as JSON: for the question why a rule did not fire. It
// listens on loopback alone, answers to the names of loopback alone, and knows nothing of how processors work.
package status

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"slices"
	"time"
)

// Page is all that is shown.
type Page struct {
	Written    time.Time   `json:"written"`
	Processors []Processor `json:"processors"`
}

// Processor is one, in one pipeline.
type Processor struct {
	ID       string `json:"id"`
	Pipeline string `json:"pipeline"`
	Engine   string `json:"engine"`
	// Problem says why there are no figures, where there are none.
	Problem string `json:"problem,omitempty"`
	Files   Files  `json:"files"`
	Rules   []Rule `json:"rules"`
	Traces  Traces `json:"traces"`
	Memory  Memory `json:"memory"`
	Queue   Queue  `json:"queue"`
	// Spans by what became of them.
	Spans map[string]int64 `json:"spans"`
}

// Files are where the rules come from.
type Files struct {
	// Loaded is when the rules in use were loaded.
	Loaded time.Time `json:"loaded"`
	// StaleSince is when the files were first seen to differ from the rules in use; zero while they agree.
	StaleSince time.Time `json:"stale_since,omitzero"`
	// Refused is why what the files hold now is not in use.
	Refused string   `json:"refused,omitempty"`
	Sources []Source `json:"sources"`
}

// Source is a rule file, or a rule in the configuration.
type Source struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Rule is an enabled rule and what came of it since the processor started.
type Rule struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Severity string `json:"severity"`
	Hash     string `json:"hash"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	// SpansMatched were selected by some selector of it; NeverMet: none was.
	SpansMatched int64 `json:"spans_matched"`
	NeverMet     bool  `json:"never_met"`
	// Verdicts by name, and inconclusive ones by reason.
	Verdicts           map[string]int64 `json:"verdicts"`
	Inconclusive       map[string]int64 `json:"inconclusive"`
	Violations         int64            `json:"violations"`
	Contradicted       int64            `json:"violations_contradicted"`
	ComparisonsUnknown int64            `json:"comparisons_unknown"`
	// Last are its latest violations, the newest first.
	Last []Violation `json:"last_violations"`
}

// Violation is one, as its span says it.
type Violation struct {
	Found   time.Time `json:"found"`
	Trace   string    `json:"trace_id"`
	ID      string    `json:"violation_id"`
	Message string    `json:"message"`
}

// Traces are counted since the start, but for the live ones.
type Traces struct {
	Live     int64 `json:"live"`
	Closed   int64 `json:"closed"`
	Shed     int64 `json:"shed"`
	Returned int64 `json:"returned"`
}

// Memory is what the processor holds outside Go's heap.
type Memory struct {
	Bytes      int64 `json:"bytes"`
	LimitBytes int64 `json:"limit_bytes"`
	RulesBytes int64 `json:"rules_bytes"`
}

// Queue are violations on their way to the next consumer.
type Queue struct {
	Waiting    int   `json:"waiting"`
	Bytes      int   `json:"bytes"`
	LimitBytes int   `json:"limit_bytes"`
	Delivered  int64 `json:"delivered"`
	// Lost by cause.
	Lost map[string]int64 `json:"lost"`
}

// mostRules bounds the page; the JSON has all of them.
const mostRules = 1_000

//go:embed page.html
var source string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"when": func(at time.Time) string {
		if at.IsZero() {
			return "never"
		}
		return at.UTC().Format("2006-01-02 15:04:05")
	},
	"short": func(hash string) string { return hash[:min(len(hash), 12)] },
	"names": func(counts map[string]int64) []string { return slices.Sorted(maps.Keys(counts)) },
	"first": func(rules []Rule) []Rule { return rules[:min(len(rules), mostRules)] },
	"more":  func(rules []Rule) int { return max(len(rules)-mostRules, 0) },
	"mib":   func(bytes int64) int64 { return (bytes + 1<<19) >> 20 },
	"int64": func(count int) int64 { return int64(count) },
}).Parse(source))

// write writes the page as HTML: what rules, files and spans are called stands in it as text, whatever it holds.
func (p *Page) write() ([]byte, error) {
	var text bytes.Buffer
	err := page.Execute(&text, p)
	return text.Bytes(), err
}
