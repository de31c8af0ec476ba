package betrace

import (
	"errors"
	"fmt"
)

// ABIVersion is the version of the C interface that this package speaks. [NewEngine] and [Compile]
// refuse a library of any other.
const ABIVersion = 4

// ErrUnavailable is answered by everything that needs the engine in a program that does not contain it.
var ErrUnavailable = errors.New("betrace: this program cannot evaluate rules: it was built without the native engine, which needs cgo (CGO_ENABLED=1, in a Collector builder manifest `dist.cgo_enabled: true`), `make lib` in the betrace repository before, and linux/amd64")

// ErrClosed is answered by a handle after its Close.
var ErrClosed = errors.New("betrace: used after Close")

// Source is one rule file: its name as reports show it, and its text.
type Source struct {
	Name string
	Text []byte
}

// RuleLimits bound what rules may ask of the engine that uses them; what is 0 stands for the default.
type RuleLimits struct {
	// LongestDeadline is MaxAge less IdleTimeout of the engine's [Settings], in nanoseconds: no trace is kept open for a
	// longer deadline (`within`), and the report warns of rules with one.
	LongestDeadline uint64
	// Bytes is what the enabled rules may hold in native memory, see [Rules.Bytes]; by default 128 MiB. More is an error
	// of the rule that passes it.
	Bytes uint64
}

// ReportFormat is how the faults of rules are written.
type ReportFormat int32

const (
	// ReportText is for people: code, place, source line, caret, help; errors first, then warnings and notes.
	ReportText ReportFormat = 0
	// ReportJSON is for programs: {"diagnostics":[…],"rules":n}, the form of `betrace check --format json`.
	ReportJSON ReportFormat = 1
	// reportRules lists the rules that an engine evaluates, see [Rules.List].
	reportRules ReportFormat = 2
)

// RuleInfo is what a rule is, apart from what it counts.
type RuleInfo struct {
	ID string `json:"id"`
	// Name is empty where the rule has none.
	Name     string `json:"name"`
	Severity string `json:"severity"`
	// Hash is of its meaning, and stands in betrace.rule.hash of its violations.
	Hash string `json:"hash"`
	// File is the source's name, Line where the rule begins in it, from 1.
	File string `json:"file"`
	Line int    `json:"line"`
}

// Completeness is what a trace must have to be judged on what is absent from it.
type Completeness int32

const (
	// CompleteWithRoot asks for a root span.
	CompleteWithRoot Completeness = 0
	// CompleteWhenLinked asks for a root span and every span's parent.
	CompleteWhenLinked Completeness = 1
	// CompleteWhenIdle asks for nothing.
	CompleteWhenIdle Completeness = 2
)

// ViolationTrace is the trace in which a violation span stands.
type ViolationTrace int32

const (
	// InOffender puts it into the trace that broke the rule.
	InOffender ViolationTrace = 0
	// InOwn puts it into a trace of its own, linked to the offender.
	InOwn ViolationTrace = 1
)

// CloseCause is why all live traces are closed at once.
type CloseCause int32

const (
	// EndOfInput closes traces as their idle time would.
	EndOfInput CloseCause = 0
	// Shutdown closes them as cut off: what is unknown is inconclusive(shutdown).
	Shutdown CloseCause = 1
)

// SnapshotKind says whether the engine goes on after a snapshot.
type SnapshotKind int32

const (
	// PeriodicSnapshot: more spans follow, which an engine restored from it misses; its live traces
	// end as inconclusive(restart).
	PeriodicSnapshot SnapshotKind = 0
	// FinalSnapshot: nothing is consumed any more, and an engine restored from it goes on with every trace.
	FinalSnapshot SnapshotKind = 1
)

// Settings of an engine. Durations are in nanoseconds.
type Settings struct {
	// IdleTimeout closes a trace when no span of it came for so long.
	IdleTimeout uint64
	// RootTimeout keeps a trace open while its root has not come (CompleteWhenLinked: or a parent), until no
	// span of it came for so long.
	RootTimeout uint64
	// MaxAge closes a trace at the latest so long after its first span came.
	MaxAge uint64
	// LateWindow is how long the state of a closed trace is kept for late spans.
	LateWindow uint64
	// ForgetAfter is how long the id alone of a closed trace is kept.
	ForgetAfter uint64
	// MemoryBytes bounds all native state.
	MemoryBytes uint64
	// SpansPerTrace bounds the spans of one trace that are evaluated.
	SpansPerTrace uint32
	// Shards is how many parts the traces are kept in, each behind its own lock; 0 lets the engine choose.
	Shards uint32
	// Completeness is what a trace must have to be judged on what is absent from it.
	Completeness Completeness
	// ViolationTrace is where violation spans stand.
	ViolationTrace ViolationTrace
	// RestartGrace is false where no trace may have begun before this engine did: then the grace of
	// a start without stored state, which ends such traces as inconclusive(restart), is off.
	RestartGrace bool
	// Evidence has what happens noted by period, for [Engine.Evidence], with at most EvidenceSamples (of at most 1000) ids
	// of traces that kept a rule.
	Evidence        bool
	EvidenceSamples uint16
	// MarkKeys are secrets of 16 to 1024 bytes, at most eight. Violation spans bear a mark that the first of them made,
	// and a span with a mark of any of them is one that comes by again: no rule judges it. Without keys nothing is
	// marked and every span is judged.
	MarkKeys []MarkKey
	// Withheld are attributes whose values messages do not show, each a key or the beginning of keys and a `*`; at most 1000,
	// each of 1 to 256 bytes.
	Withheld []string
	// ValueBytes is how much messages show of a value, 1 to 256; 0: 256.
	ValueBytes uint16
}

// MarkKey is a secret that is not printed.
type MarkKey string

// String hides the secret.
func (MarkKey) String() string { return "[REDACTED]" }

// GoString hides the secret.
func (MarkKey) GoString() string { return "[REDACTED]" }

// DefaultSettings are those of the processor's configuration.
func DefaultSettings() Settings {
	const second = 1_000_000_000
	return Settings{
		IdleTimeout: 10 * second, RootTimeout: 60 * second, MaxAge: 300 * second, LateWindow: 60 * second, ForgetAfter: 3600 * second,
		MemoryBytes: 256 << 20, SpansPerTrace: 20_000, RestartGrace: true,
	}
}

// Code says which kind of failure the engine met; the numbers are those of include/betrace.h.
type Code int32

// The engine's codes.
const (
	CodeInvalidArgument Code = 1
	CodeBufferTooSmall  Code = 2
	CodeFaultyRules     Code = 3
	CodeMalformed       Code = 4
	CodePoisoned        Code = 5
	CodeSnapshot        Code = 6
)

// Error is a failure that the engine answered.
type Error struct {
	Code    Code
	Message string
}

// Error is the engine's own text with the kind of failure before it.
func (e *Error) Error() string {
	if e.Message == "" {
		return "betrace: " + e.Code.String()
	}
	return "betrace: " + e.Code.String() + ": " + e.Message
}

// String names the code in words.
func (c Code) String() string {
	switch c {
	case CodeInvalidArgument:
		return "invalid argument"
	case CodeBufferTooSmall:
		return "buffer too small"
	case CodeFaultyRules:
		return "faulty rules"
	case CodeMalformed:
		return "malformed OTLP"
	case CodePoisoned:
		return "the engine failed earlier and is not used any more"
	case CodeSnapshot:
		return "snapshot refused"
	default:
		return fmt.Sprintf("code %d", int32(c))
	}
}
