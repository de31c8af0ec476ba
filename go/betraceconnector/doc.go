//go:generate go tool -modfile=../tools/go.mod mdatagen metadata.yaml

// Package betraceconnector tells the violations that BeTrace processors found as log events and as a metric, and their evidence
// records as log events. It reads spans, which it knows by their mark, and evaluates no rule again: what a processor did not
// send on it cannot tell. It needs no native library, so it may stand in any Collector that violations come by.
//
// A traces pipeline has it as an exporter and a logs or metrics pipeline as a receiver. reader.go knows our own spans,
// logs.go and metrics.go tell them.
package betraceconnector // import "github.com/betracehq/betrace/go/betraceconnector"
