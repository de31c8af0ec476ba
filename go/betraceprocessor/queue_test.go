package betraceprocessor

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// numbered is a violation that can be told from others.
func numbered(number byte, severity severity) violation {
	return violation{span: []byte{number}, severity: severity, found: uint64(number)}
}

func numbersOf(violations []violation) []byte {
	var numbers []byte
	for _, v := range violations {
		numbers = append(numbers, v.span[0])
	}
	return numbers
}

func TestTheGravestGoFirstAndOfOneSeverityTheOldest(t *testing.T) {
	q := newQueue(queueBytes)
	for i, level := range []severity{severityLow, severityCritical, severityLow, severityHigh, severityCritical} {
		require.Zero(t, q.push(numbered(byte(i), level)))
	}
	require.Equal(t, []byte{1, 4, 3}, numbersOf(q.take(3)))
	q.putBack()
	require.Equal(t, []byte{1, 4, 3, 0, 2}, numbersOf(q.take(9)))
	require.Equal(t, 5, q.count(), "what is being sent is still here")
	q.done()
	require.Zero(t, q.count())
	require.Zero(t, q.bytes)
}

func TestAFullQueueDropsTheLeastSevereOldest(t *testing.T) {
	one := numbered(0, severityLow)
	q := newQueue(3 * one.size())
	require.Zero(t, q.push(numbered(1, severityLow)))
	require.Zero(t, q.push(numbered(2, severityHigh)))
	require.Zero(t, q.push(numbered(3, severityLow)), "just full")
	require.Equal(t, 1, q.push(numbered(4, severityInfo)), "it is itself the least severe")
	require.Equal(t, []byte{2, 1, 3}, numbersOf(q.all()))
	require.Equal(t, 1, q.push(numbered(5, severityLow)))
	require.Equal(t, []byte{2, 3, 5}, numbersOf(q.all()))
	require.Equal(t, 1, q.push(numbered(6, severityCritical)))
	require.Equal(t, []byte{6, 2, 5}, numbersOf(q.all()))
	huge := violation{span: make([]byte, q.limit), severity: severityCritical}
	require.Equal(t, 4, q.push(huge), "what fits in no queue")
}

func TestWhatIsTooOldIsGivenUp(t *testing.T) {
	q := newQueue(queueBytes)
	for i := range byte(6) {
		q.push(numbered(i, severity(i%2)))
	}
	require.Equal(t, 3, q.expire(3))
	require.Equal(t, []byte{4, 3, 5}, numbersOf(q.all()))
	require.Zero(t, q.expire(3))
}

// Held against a slice that is searched and sorted anew each time.
func TestTheQueueIsWhatItsDefinitionSays(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 5))
		room := 1 + random.IntN(12)
		one := numbered(0, 0)
		q := newQueue(room * one.size())
		var want []violation
		add := func(v violation) {
			at := 0
			for at < len(want) && want[at].severity <= v.severity {
				at++
			}
			want = append(want[:at:at], append([]violation{v}, want[at:]...)...)
		}
		for i := range byte(200) {
			switch random.IntN(4) {
			case 0, 1:
				v := numbered(i, severity(random.IntN(int(severities))))
				add(v)
				dropped := q.push(v)
				if len(want) > room {
					require.Equal(t, 1, dropped)
					least := want[len(want)-1].severity
					at := 0
					for want[at].severity != least {
						at++
					}
					want = append(want[:at:at], want[at+1:]...)
				}
			case 2:
				taken := q.take(1 + random.IntN(4))
				require.Equal(t, numbersOf(want[:len(taken)]), numbersOf(taken), "seed %d", seed)
				if random.IntN(2) == 0 {
					q.putBack()
				} else {
					q.done()
					want = want[len(taken):]
				}
			case 3:
				require.Equal(t, len(want), q.count())
			}
			require.Equal(t, numbersOf(want), numbersOf(q.all()), "seed %d", seed)
			require.Equal(t, len(want)*one.size(), q.bytes)
		}
	}
}

// someViolations is a message as the engine writes it: one resource, one scope, these severities.
func someViolations(t *testing.T, levels ...string) ptrace.Traces {
	t.Helper()
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "betrace")
	resource.SetSchemaUrl("of the resource")
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName("betrace")
	scope.SetSchemaUrl("of the scope")
	for _, level := range levels {
		span := scope.Spans().AppendEmpty()
		span.SetName("betrace.violation")
		span.Attributes().PutInt("betrace.count", 3)
		if level != "" {
			span.Attributes().PutStr(severityKey, level)
		}
		span.Links().AppendEmpty()
	}
	return traces
}

func TestAMessageIsTakenApartAndPutTogetherAgain(t *testing.T) {
	traces := someViolations(t, "low", "critical", "", "high", "medium", "info", "no such")
	message, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	require.NoError(t, err)
	violations, err := splitViolations(message, 77)
	require.NoError(t, err)
	var levels []severity
	for _, v := range violations {
		levels = append(levels, v.severity)
		require.EqualValues(t, 77, v.found)
	}
	require.Equal(t, []severity{severityLow, severityCritical, severityInfo, severityHigh, severityMedium, severityInfo, severityInfo}, levels)
	again, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(joinViolations(violations))
	require.NoError(t, err)
	require.Equal(t, traces, again)

	other, err := splitViolations(joinViolations(violations[:2]), 77)
	require.NoError(t, err)
	other[1].frame.scope = ""
	mixed, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(joinViolations(other))
	require.NoError(t, err)
	require.Equal(t, 2, mixed.ResourceSpans().Len(), "each frame stands by itself")
	require.Empty(t, joinViolations(nil))
}

func TestAMessageThatIsCutShortIsAnError(t *testing.T) {
	message, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(someViolations(t, "low", "high"))
	require.NoError(t, err)
	for length := 1; length < len(message); length++ {
		_, err := splitViolations(message[:length], 1)
		require.ErrorIs(t, err, errViolations, "%d of %d bytes", length, len(message))
	}
}

func TestStoredViolationsComeBack(t *testing.T) {
	message, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(someViolations(t, "low", "critical"))
	require.NoError(t, err)
	violations, err := splitViolations(message, 1_000)
	require.NoError(t, err)
	content := encodeViolations(violations, 1_700)
	restored, err := decodeViolations(content, 50_000)
	require.NoError(t, err)
	for i := range violations {
		violations[i].found = 50_000 - 700
	}
	require.Equal(t, violations, restored, "700 ns old, whenever they are restored")

	for length := range content {
		_, err := decodeViolations(content[:length], 1)
		require.ErrorIs(t, err, errStoredViolations)
	}
	for at := range content {
		damaged := append([]byte(nil), content...)
		damaged[at] ^= 0x10
		_, err := decodeViolations(damaged, 1)
		require.ErrorIs(t, err, errStoredViolations)
	}
	none, err := decodeViolations(encodeViolations(nil, 1), 1)
	require.NoError(t, err)
	require.Empty(t, none)
}
