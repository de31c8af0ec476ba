//go:generate go tool -modfile=../tools/go.mod mdatagen metadata.yaml

// Package betraceprocessor checks rules about whole traces while their spans pass through a
// Collector pipeline unchanged, and sends a violation span for each rule that a trace broke.
package betraceprocessor // import "github.com/betracehq/betrace/go/betraceprocessor"
