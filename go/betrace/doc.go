// Package betrace is the Go side of the BeTrace engine: a few types over its C interface
// (include/betrace.h), and the writer of the thin messages that feed it.
//
// [Compile] reads rule files, [NewEngine] makes an engine of them, [Engine.Consume] takes batches that
// [Thin.Append] has written, and [Engine.TakeViolations] gives what was found; the example shows them
// in their order. The engine has no clock: every time is given by the caller, in nanoseconds since 1970, and the
// engine never goes back. An [Engine] may be used from several goroutines at once.
//
// The engine is native code. Built without cgo the package still compiles; then [Available] is
// false, and [Compile] and [NewEngine] answer [ErrUnavailable]. With cgo, the static library must
// have been built before: `make lib` in the repository puts it where cgo finds it.
package betrace // import "github.com/betracehq/betrace/go/betrace"
