//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
)

const never = "never { payment.bypass_validation }"

func (b *bench) spans(t *testing.T) map[string]int64 {
	t.Helper()
	stats, err := b.stats()
	require.NoError(t, err)
	return stats.Spans
}

func TestBatchesPassUnchanged(t *testing.T) {
	b := startBench(t, nil, never)
	require.False(t, b.Capabilities().MutatesData)
	batch := spansNamed(1, "checkout", "payment.charge", "payment.bypass_validation")
	want := bytesOf(t, batch)
	batch.MarkReadOnly()
	require.NoError(t, b.ConsumeTraces(context.Background(), batch))
	require.NoError(t, b.ConsumeTraces(context.Background(), ptrace.NewTraces()))
	require.Len(t, b.sink.batches, 2)
	require.Equal(t, want, bytesOf(t, b.sink.batches[0]))
	require.Zero(t, b.sink.batches[1].SpanCount())
}

func TestARefusedBatchIsJudgedOnlyWhenItIsAccepted(t *testing.T) {
	b := startBench(t, nil, "never { count(payment.charge) > 1 }")
	refusal := errors.New("queue is full")
	b.sink.refuse = func(ptrace.Traces) error { return refusal }
	require.Equal(t, refusal, b.ConsumeTraces(context.Background(), spansNamed(1, "root", "payment.charge")))
	require.Zero(t, b.spans(t)["evaluated"])
	b.sink.refuse = nil
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "root", "payment.charge")))
	require.EqualValues(t, 2, b.spans(t)["evaluated"])
	require.Zero(t, b.spans(t)["duplicate"])
	b.tick(t, time.Minute)
	b.requireViolations(t)
}

// The next consumer may take the data away before its call ends.
func TestTheMessageIsWrittenBeforeTheNextConsumerIsCalled(t *testing.T) {
	b := startBench(t, nil, never)
	b.sink.refuse = func(traces ptrace.Traces) error {
		if !isViolations(traces) {
			traces.ResourceSpans().MoveAndAppendTo(ptrace.NewTraces().ResourceSpans())
		}
		return nil
	}
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	b.requireViolations(t, "rule-0")
}

func TestWhatIsBrokenAlreadyFiresAtOnceAndAbsenceAtTheClose(t *testing.T) {
	b := startBench(t, nil, never, "when { payment.charge } always { payment.fraud_check }")
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "checkout", "payment.charge", "payment.bypass_validation")))
	b.requireViolations(t, "rule-0")
	b.tick(t, 5*time.Second)
	b.requireViolations(t, "rule-0")
	b.tick(t, 6*time.Second)
	b.requireViolations(t, "rule-0", "rule-1")

	violation := b.sink.violations[0]
	require.Equal(t, "betrace.violation", violation.Name())
	require.Equal(t, traceID(1), violation.TraceID())
	require.Equal(t, ptrace.StatusCodeError, violation.Status().Code())
	require.Equal(t, 1, len(b.sink.batches), "violations go out in calls of their own")
}

func TestAViolationMayHaveATraceOfItsOwn(t *testing.T) {
	b := startBench(t, func(c *Config) { c.Violations.Trace = "own" }, never)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	b.requireViolations(t, "rule-0")
	require.NotEqual(t, traceID(1), b.sink.violations[0].TraceID())
	require.Equal(t, traceID(1), b.sink.violations[0].Links().At(0).TraceID())
}

func TestOwnViolationsAreNotJudged(t *testing.T) {
	b := startBench(t, nil, "never { payment.bypass_validation or betrace.violation }")
	violation := sentBy(t, b, 1)
	require.NoError(t, b.ConsumeTraces(context.Background(), violation))
	require.EqualValues(t, 1, b.spans(t)["own"])
	require.EqualValues(t, 1, b.spans(t)["evaluated"], "what broke the rule")
	b.tick(t, time.Minute)
	require.Len(t, b.sink.violated(), 2, "the one that was found and came again, and none about it")
}

// Who has no key can hide nothing from a rule.
func TestAForgedViolationIsJudged(t *testing.T) {
	b := startBench(t, nil, never)
	batch := spansNamed(1, "payment.bypass_validation")
	scope := batch.ResourceSpans().At(0).ScopeSpans().At(0)
	scope.Scope().SetName("betrace")
	scope.Spans().At(0).Attributes().PutStr("betrace.violation.id", "00112233445566778899aabbccddeeff")
	require.NoError(t, b.ConsumeTraces(context.Background(), batch))
	require.Zero(t, b.spans(t)["own"])
	require.EqualValues(t, 1, b.sum(t, prefix+"violations", label("rule", "rule-0")))
}

func TestShutdownSendsWhatIsBrokenAndCallsTheRestInconclusive(t *testing.T) {
	b := startBench(t, nil, never, "always { payment.fraud_check }")
	engine := b.running.Load().engine
	b.sink.refuse = func(traces ptrace.Traces) error {
		// The sender is kept from sending before the shutdown.
		if isViolations(traces) && b.running.Load() != nil {
			return errors.New("not yet")
		}
		return nil
	}
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "root", "payment.bypass_validation")))
	b.shutdown(t)
	b.requireViolations(t, "rule-0")
	_, err := engine.Stats()
	require.Error(t, err, "the engine is freed")
	// A straggler still passes.
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(2, "root")))
	require.NoError(t, b.Shutdown(context.Background()))
}

func TestHostileSpansPass(t *testing.T) {
	b := startBench(t, nil, never, "never { any.where(note contains zz and amount > 5) }")
	batch := spansNamed(1, "a", "b", "c", "d", "e")
	spans := batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	spans.At(0).SetTraceID(pcommon.TraceID{})
	spans.At(1).SetSpanID(pcommon.SpanID{})
	spans.At(2).SetEndTimestamp(1)
	spans.At(2).SetName("\xff\xfe")
	spans.At(3).Attributes().PutStr("note", strings.Repeat("z", 1<<20))
	value := spans.At(4).Attributes().PutEmpty("note")
	for range 1_000 {
		value = value.SetEmptySlice().AppendEmpty()
	}
	want := bytesOf(t, batch)
	require.NoError(t, b.ConsumeTraces(context.Background(), batch))
	require.Equal(t, want, bytesOf(t, b.sink.batches[0]))
	require.EqualValues(t, 2, b.spans(t)["malformed"])
	require.EqualValues(t, 3, b.spans(t)["evaluated"])
	require.Zero(t, b.logs.FilterMessageSnippet("could not be evaluated").Len())
}

func TestAHundredThousandSpansInOneTrace(t *testing.T) {
	b := startBench(t, nil, "never { count(step) > 1000000 }")
	for batch := range 100 {
		traces := ptrace.NewTraces()
		scope := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
		for i := range 1_000 {
			span := scope.Spans().AppendEmpty()
			span.SetTraceID(traceID(1))
			span.SetSpanID(spanID(1 + batch*1_000 + i))
			span.SetName("step")
			span.SetStartTimestamp(pcommon.Timestamp(epoch))
			span.SetEndTimestamp(pcommon.Timestamp(epoch + 1))
		}
		require.NoError(t, b.ConsumeTraces(context.Background(), traces))
	}
	require.Len(t, b.sink.batches, 100)
	require.EqualValues(t, 20_000, b.spans(t)["evaluated"])
	require.EqualValues(t, 80_000, b.spans(t)["over_limit"])
	b.tick(t, time.Minute)
	b.requireViolations(t)
}

func TestPipelinesDoNotSeeEachOther(t *testing.T) {
	const both = "never { a and b }"
	first, second := startBench(t, nil, both), startBench(t, nil, both)
	require.NoError(t, first.ConsumeTraces(context.Background(), spansNamed(1, "a")))
	require.NoError(t, second.ConsumeTraces(context.Background(), spansNamed(1, "b")))
	first.tick(t, time.Minute)
	second.tick(t, time.Minute)
	first.requireViolations(t)
	second.requireViolations(t)
}

func TestManyProducersAtOnce(t *testing.T) {
	b := startBench(t, nil, never, "when { payment.charge } always { payment.fraud_check }")
	const producers, each = 8, 200
	var all sync.WaitGroup
	for producer := range producers {
		all.Go(func() {
			for i := range each {
				batch := spansNamed(producer*each+i, "checkout", "payment.charge", "payment.bypass_validation")
				if err := b.ConsumeTraces(context.Background(), batch); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 10 {
		b.tick(t, 100*time.Millisecond)
	}
	all.Wait()
	b.tick(t, 20*time.Second)
	require.EqualValues(t, producers*each*3, b.spans(t)["evaluated"])
	b.shutdown(t)
	require.Len(t, b.sink.batches, producers*each)
	require.Len(t, b.sink.violated(), 2*producers*each)
}

func TestVerifyShutdown(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.Rules.Inline = inlineRules("never { nothing.of.the.kind }")
	processortest.VerifyShutdown(t, NewFactory(), config)
}

func TestFaultyRulesForbidTheStart(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.Rules.Inline = inlineRules("never { x.where(amount >) }")
	made := newProcessor(processortest.NewNopSettings(NewFactory().Type()), config, &sink{}, newManualClock(), newShared(verdictSeries))
	err := made.Start(context.Background(), componenttest.NewNopHost())
	require.ErrorContains(t, err, "rules::inline[0]:")
	require.NoError(t, made.Shutdown(context.Background()))
}
