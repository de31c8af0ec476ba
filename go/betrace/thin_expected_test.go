package betrace

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace/mark"
)

// keysOfEveryLength has, of each length, two keys that differ in one byte, first, last or between, of which one is wanted; and
// one more that is so long that nothing is expected of it.
func keysOfEveryLength() (wanted, all []string) {
	for length := range 2 * shortBytes {
		key := strings.Repeat("k", length)
		wanted, all = append(wanted, key), append(all, key)
		if length > 0 {
			at := []int{0, length / 2, length - 1}[length%3]
			all = append(all, key[:at]+"x"+key[at+1:])
		}
	}
	long := strings.Repeat("l", expectedBytes+1)
	return append(wanted, long), append(all, long)
}

// fill gives a span attributes that mostly follow each other as in others, with texts around the length to which attributes are
// written from what is ready, and numbers of every size.
func fill(random *rand.Rand, keys []string, span ptrace.Span) {
	span.SetKind(ptrace.SpanKind(random.IntN(9) - 1))
	at := random.IntN(4) * len(keys) / 4
	for range random.IntN(12) {
		at += random.IntN(2)
		key := keys[at%len(keys)]
		if random.IntN(8) == 0 {
			key = keys[random.IntN(len(keys))]
		}
		switch random.IntN(5) {
		case 0:
			span.Attributes().PutInt(key, random.Int64()>>random.IntN(64))
		case 1:
			span.Attributes().PutInt(key, -1)
		case 2:
			span.Attributes().PutDouble(key, 0.5)
		default:
			span.Attributes().PutStr(key, strings.Repeat("t", random.IntN(0x90)))
		}
	}
}

func TestWhatCameByChangesNothingOfWhatIsWritten(t *testing.T) {
	keys, all := keysOfEveryLength()
	wanted := Wanted{SpanAttributes: keys}
	thin := NewThin(wanted)
	random := rand.New(rand.NewPCG(11, 11))
	var most uint16
	for range 400 {
		traces := ptrace.NewTraces()
		spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for range 40 {
			fill(random, all, spans.AppendEmpty())
		}
		requireProjectionBy(t, thin, traces, wanted)
		expected := thin.lend()
		most = max(most, expected.taken)
		thin.giveBack(expected)
	}
	require.Equal(t, uint16(expectedPlaces), most, "until no place was left")
}

// What is wanted of them besides is not wanted of others.
func TestSpansOfOursAreNotExpectedLikeOthers(t *testing.T) {
	wanted := Wanted{SpanAttributes: []string{"a"}}
	traces := ptrace.NewTraces()
	for _, scope := range []string{"other", mark.Scope, "other", mark.Scope} {
		scopes := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
		scopes.Scope().SetName(scope)
		span := scopes.Spans().AppendEmpty()
		span.Attributes().PutStr(mark.ViolationID, "id")
		span.Attributes().PutStr("a", "b")
	}
	// A key of a wanted length is looked for in others' too.
	wanted.SpanAttributes = append(wanted.SpanAttributes, strings.Repeat("x", len(mark.ViolationID)))
	requireProjection(t, traces, wanted)
}

// follow writes a span with these keys, and returns what is expected after it.
func follow(thin *Thin, keys ...string) *expectations {
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	for _, key := range keys {
		span.Attributes().PutStr(key, "")
	}
	thin.Append(nil, traces)
	expected := thin.lend()
	thin.giveBack(expected)
	return expected
}

func TestSoMuchIsExpectedAndNoMore(t *testing.T) {
	long := strings.Repeat("l", expectedBytes)
	for name, one := range map[string]struct {
		before, last []string
		stranger     bool
	}{
		"a key of the greatest length":       {last: []string{long}},
		"a longer key":                       {last: []string{long + "l"}, stranger: true},
		"as many behind one as can be":       {before: numbered(expectedAhead - 1), last: []string{"last"}},
		"one more":                           {before: numbered(expectedAhead), last: []string{"last"}, stranger: true},
		"one that is known":                  {before: numbered(expectedAhead), last: []string{"key0"}},
		"what stands behind what is lost":    {last: []string{long + "l", "key0", "key1"}, stranger: true},
		"a key that no wanted is as long as": {last: []string{"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			thin := NewThin(Wanted{SpanAttributes: []string{"keyX", long, long + "l"}})
			for _, key := range one.before {
				follow(thin, key)
			}
			strangers := 0
			if one.stranger {
				strangers = 1
			}
			require.Equal(t, strangers, follow(thin, one.last...).strangers)
		})
	}
}

func numbered(count int) (keys []string) {
	for number := range count {
		keys = append(keys, fmt.Sprintf("key%d", number))
	}
	return keys
}

func TestAllIsForgottenOnceManySpansAreStrangers(t *testing.T) {
	thin := NewThin(Wanted{SpanAttributes: []string{"keyX"}})
	for number := range expectedAhead {
		follow(thin, fmt.Sprintf("key%d", number))
	}
	for range manyStrangers - 1 {
		follow(thin, "last")
	}
	require.Equal(t, manyStrangers-1, follow(thin).strangers)
	require.Zero(t, follow(thin, "last").strangers)
	require.Zero(t, follow(thin, "last").strangers, "it has a place now")
}

// Each of several calls at once has expectations of its own.
func TestThinIsUsedBySeveralAtOnce(t *testing.T) {
	traces := benchmarkTraces(64, 12)
	thin := NewThin(benchmarkWanted())
	message := thin.Append(nil, traces)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if !bytes.Equal(message, thin.Append(nil, traces)) {
					t.Error("another message")
				}
			}
		})
	}
	all.Wait()
}
