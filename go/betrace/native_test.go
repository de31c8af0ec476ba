//go:build cgo && linux && amd64

package betrace

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	second = uint64(1_000_000_000)
	start  = 1_700_000_000 * second
)

const testRules = `
rules:
  - id: no-bypass
    severity: high
    condition: never { payment.bypass_validation }
  - id: large-charge
    condition: never { payment.charge.where(amount > 1000 and currency == EUR) }
  - id: checked
    condition: when { payment.charge } always { payment.fraud_check }
`

func compileText(t testing.TB, text string) *Rules {
	t.Helper()
	rules, err := Compile([]Source{{Name: "shop.yaml", Text: []byte(text)}})
	require.NoError(t, err)
	t.Cleanup(rules.Close)
	return rules
}

func newTestEngine(t testing.TB, text string) *Engine {
	t.Helper()
	settings := DefaultSettings()
	settings.RestartGrace = false
	engine, err := NewEngine(compileText(t, text), settings, start)
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	return engine
}

func oneSpan(trace byte, name string) ptrace.Traces {
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{trace, 1})
	span.SetSpanID(pcommon.SpanID{trace, 2})
	span.SetName(name)
	span.SetStartTimestamp(pcommon.Timestamp(start))
	span.SetEndTimestamp(pcommon.Timestamp(start + second))
	return traces
}

func whole(t testing.TB, traces ptrace.Traces) []byte {
	t.Helper()
	message, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	require.NoError(t, err)
	return message
}

func TestLibrary(t *testing.T) {
	require.True(t, Available)
	require.Regexp(t, `^\d+\.\d+\.\d+`, LibraryVersion())
	require.Regexp(t, `^[0-9a-f]{64}$`, LibraryHash())
}

func TestFaultsHavePlaces(t *testing.T) {
	rules := compileText(t, "rules:\n  - id: a\n    condition: never { x.where( }\n  - id: b\n    condition: never { y }\n")
	require.Equal(t, 2, rules.Count())
	require.Equal(t, 1, rules.ErrorCount())
	text, err := rules.Report(ReportText)
	require.NoError(t, err)
	require.Contains(t, text, "shop.yaml:3:")
	json, err := rules.Report(ReportJSON)
	require.NoError(t, err)
	require.Contains(t, json, `"line":3`)
	_, err = NewEngine(rules, DefaultSettings(), start)
	var failure *Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, CodeFaultyRules, failure.Code)
	require.NotEmpty(t, failure.Message)
}

func TestAViolationComesOut(t *testing.T) {
	engine := newTestEngine(t, testRules)
	pending, err := engine.Consume(whole(t, oneSpan(1, "payment.bypass_validation")), start+second)
	require.NoError(t, err)
	require.Equal(t, 1, pending)
	message, count, err := engine.TakeViolations(10)
	require.NoError(t, err)
	require.Equal(t, 1, count)
	violations, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	require.NoError(t, err)
	require.Equal(t, "betrace.violation", violations.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name())
	message, count, err = engine.TakeViolations(10)
	require.NoError(t, err)
	require.Zero(t, count)
	require.Empty(t, message)

	_, err = engine.Consume(whole(t, oneSpan(2, "payment.charge")), start+second)
	require.NoError(t, err)
	require.NoError(t, engine.Tick(start+60*second))
	_, count, err = engine.TakeViolations(10)
	require.NoError(t, err)
	require.Equal(t, 1, count)
	stats, err := engine.Stats()
	require.NoError(t, err)
	require.EqualValues(t, 2, stats.Spans["evaluated"])
	require.Len(t, stats.Rules, 3)
	require.Equal(t, "high", stats.Rules[0].Severity)
}

func TestMalformedBytesAreAnError(t *testing.T) {
	engine := newTestEngine(t, testRules)
	_, err := engine.Consume([]byte{0x0a, 0xff}, start)
	var failure *Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, CodeMalformed, failure.Code)
	require.Contains(t, failure.Message, "byte")
}

func TestNothingIsUsedAfterClose(t *testing.T) {
	engine := newTestEngine(t, testRules)
	rules := compileText(t, testRules)
	engine.Close()
	engine.Close()
	rules.Close()
	rules.Close()
	_, err := engine.Consume(nil, start)
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, engine.Tick(start), ErrClosed)
	require.ErrorIs(t, engine.CloseTraces(Shutdown, start), ErrClosed)
	require.ErrorIs(t, engine.ReplaceRules(rules, start), ErrClosed)
	_, err = engine.Stats()
	require.ErrorIs(t, err, ErrClosed)
	_, err = engine.Wanted()
	require.ErrorIs(t, err, ErrClosed)
	_, _, err = engine.TakeViolations(1)
	require.ErrorIs(t, err, ErrClosed)
	_, err = rules.Report(ReportText)
	require.ErrorIs(t, err, ErrClosed)
	_, err = NewEngine(rules, DefaultSettings(), start)
	require.ErrorIs(t, err, ErrClosed)
}

func TestStateSurvives(t *testing.T) {
	before, after := newTestEngine(t, testRules), newTestEngine(t, testRules)
	_, err := before.Consume(whole(t, oneSpan(1, "payment.charge")), start)
	require.NoError(t, err)
	snapshot, err := before.Snapshot(FinalSnapshot)
	require.NoError(t, err)
	var failure *Error
	require.ErrorAs(t, after.Restore(snapshot[:len(snapshot)-1], start), &failure)
	require.Equal(t, CodeSnapshot, failure.Code)
	require.NotEmpty(t, failure.Message)
	require.NoError(t, after.Restore(snapshot, start))
	require.NoError(t, after.Tick(start+60*second))
	_, count, err := after.TakeViolations(10)
	require.NoError(t, err)
	require.Equal(t, 1, count)
}

// Engines that nobody closes are freed by the collector; one that is closed is freed once.
func TestEnginesAreFreed(t *testing.T) {
	rules := compileText(t, testRules)
	for i := range 200 {
		engine, err := NewEngine(rules, DefaultSettings(), start)
		require.NoError(t, err)
		if i%2 == 0 {
			engine.Close()
		}
		if i%50 == 0 {
			runtime.GC()
		}
	}
	runtime.GC()
	runtime.GC()
}

func TestAnEngineIsUsedByManyGoroutines(t *testing.T) {
	engine := newTestEngine(t, testRules)
	rules := compileText(t, testRules)
	const workers, each = 8, 100
	var all sync.WaitGroup
	taken := make([]int, workers)
	for worker := range workers {
		all.Go(func() {
			for i := range each {
				traces := oneSpan(byte(i), "payment.bypass_validation")
				span := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
				span.SetTraceID(pcommon.TraceID{byte(worker), byte(i), 9})
				if _, err := engine.Consume(whole(t, traces), start+uint64(i)); err != nil {
					t.Error(err)
				}
				_, count, err := engine.TakeViolations(3)
				if err != nil {
					t.Error(err)
				}
				taken[worker] += count
				switch i % 20 {
				case 0:
					_, err = engine.Stats()
				case 1:
					err = engine.Tick(start + uint64(i))
				case 2:
					err = engine.ReplaceRules(rules, start+uint64(i))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	total := 0
	for _, count := range taken {
		total += count
	}
	_, rest, err := engine.TakeViolations(workers * each)
	require.NoError(t, err)
	require.Equal(t, workers*each, total+rest)
}

// Close waits for calls under way, and later ones are refused.
func TestCloseWhileOthersUseIt(t *testing.T) {
	for range 20 {
		engine := newTestEngine(t, testRules)
		message := whole(t, oneSpan(1, "payment.charge"))
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					if _, err := engine.Consume(message, start); err != nil {
						return
					}
				}
			})
		}
		runtime.Gosched()
		engine.Close()
		all.Wait()
	}
}

func TestConsumeAllocatesNothing(t *testing.T) {
	engine := newTestEngine(t, testRules)
	traces := oneSpan(1, "payment.charge")
	wanted, err := engine.Wanted()
	require.NoError(t, err)
	thin := NewThin(wanted)
	buffer := thin.Append(nil, traces)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		buffer = thin.Append(buffer[:0], traces)
		if _, err := engine.Consume(buffer, start); err != nil {
			t.Error(err)
		}
	}))
}

// The thin message gets the verdicts of the whole one, to the byte.
func TestThinAndWholeAreJudgedAlike(t *testing.T) {
	const rules = `
rules:
  - id: texts
    condition: never { any.where(a contains x or resource.b == x) }
  - id: numbers
    condition: never { sum(any, amount) > 100 }
  - id: missing
    condition: always { any.where(exists(order.id) and missing(processor)) }
  - id: events
    condition: never { any.where(event:name == x or event.a == 1) }
  - id: links
    condition: never { any.where(exists(link.a) or link.b == x) }
  - id: status
    condition: never { any.where(span:status == error and span:statusMessage contains y) }
  - id: scope
    condition: never { any.where(instrumentation:version == x and instrumentation.a != 7) }
`
	text := rules
	compiled := compileText(t, text)
	if compiled.ErrorCount() > 0 {
		report, err := compiled.Report(ReportText)
		require.NoError(t, err)
		t.Fatal(report)
	}
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 3))
		settings := DefaultSettings()
		settings.RestartGrace = false
		settings.Completeness = CompleteWhenIdle
		var answers [2]string
		traces := randomTraces(random)
		for way := range answers {
			engine, err := NewEngine(compiled, settings, start)
			require.NoError(t, err)
			wanted, err := engine.Wanted()
			require.NoError(t, err)
			message := whole(t, traces)
			if way == 1 {
				message = NewThin(wanted).Append(nil, traces)
			}
			_, err = engine.Consume(message, start)
			require.NoError(t, err)
			require.NoError(t, engine.CloseTraces(EndOfInput, start))
			violations, count, err := engine.TakeViolations(1_000)
			require.NoError(t, err)
			stats, err := engine.Stats()
			require.NoError(t, err)
			answers[way] = fmt.Sprint(count, stats.Rules, stats.Spans, violations)
			engine.Close()
		}
		require.Equal(t, answers[0], answers[1], "seed %d", seed)
	}
}

// What messages withhold is the engine's: rules that take the place of others withhold it too.
func TestWithheldAttributesStayWithheldWhenRulesAreReplaced(t *testing.T) {
	text := func(message string) string {
		return "rules:\n  - id: signup\n    condition: never { signup }\n    message: '" + message + "'\n"
	}
	settings := DefaultSettings()
	settings.RestartGrace, settings.Withheld, settings.ValueBytes = false, []string{"user.*"}, 3
	engine, err := NewEngine(compileText(t, text("{offender.user.id}")), settings, start)
	require.NoError(t, err)
	defer engine.Close()
	message := func(trace byte) string {
		traces := oneSpan(trace, "signup")
		attributes := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
		attributes.PutStr("user.id", "7")
		attributes.PutStr("plan", "basic")
		_, err := engine.Consume(whole(t, traces), start)
		require.NoError(t, err)
		taken, _, err := engine.TakeViolations(1)
		require.NoError(t, err)
		violations, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(taken)
		require.NoError(t, err)
		return violations.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Status().Message()
	}
	require.Equal(t, "signup: [withheld]", message(1))
	require.NoError(t, engine.ReplaceRules(compileText(t, text("now {offender.user.id} with {offender.plan}")), start))
	require.Equal(t, "signup: now [withheld] with bas", message(2))
}
