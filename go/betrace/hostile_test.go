//go:build cgo && linux && amd64

package betrace

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// inputs are byte slices of every shape in which they come: what matters to cgo is where a slice points, and an empty
// one may point into an array.
func inputs() map[string][]byte {
	array := make([]byte, 512)
	return map[string][]byte{
		"nil":                       nil,
		"empty":                     {},
		"empty, in an array":        array[:0],
		"empty, at an array's end":  array[512:],
		"one byte":                  array[:1],
		"inside an array":           append(array[:7:7], "rules: []"...)[3:],
		"huge":                      bytes.Repeat([]byte("# nothing\n"), 2<<20),
		"no text":                   {0xff, 0xfe, 0x00, 0x80},
		"a text's bytes (constant)": []byte("rules: []\n"),
	}
}

// Every call of the wrapper that takes bytes, with every kind of them: an answer, never the end of the process.
// Run with GOEXPERIMENT=cgocheck2 this also proves that C is given no pointer that Go may move or free.
func TestEveryCallTakesEveryInput(t *testing.T) {
	for name, input := range inputs() {
		t.Run(name, func(t *testing.T) {
			engine := newTestEngine(t, testRules)

			rules, err := Compile([]Source{{Name: string(input), Text: input}})
			require.NoError(t, err)
			_, err = rules.Report(ReportText)
			require.NoError(t, err)
			_, err = rules.Report(ReportJSON)
			require.NoError(t, err)
			if rules.ErrorCount() == 0 {
				require.NoError(t, engine.ReplaceRules(rules, start))
				other, err := NewEngine(rules, DefaultSettings(), start)
				require.NoError(t, err)
				other.Close()
			} else {
				require.Error(t, engine.ReplaceRules(rules, start))
			}
			rules.Close()

			before, err := engine.Totals()
			require.NoError(t, err)
			_, err = engine.Consume(input, start)
			require.Equal(t, len(input) == 0, err == nil, "%v", err)
			after, err := engine.Totals()
			require.NoError(t, err)
			require.Equal(t, before.Spans["evaluated"], after.Spans["evaluated"])

			require.Error(t, engine.Restore(input, start))
			require.NoError(t, engine.Tick(start))
		})
	}
}

func TestSourcesOfEveryShapeStandSideBySide(t *testing.T) {
	for _, sources := range [][]Source{nil, {}, make([]Source, 3), make([]Source, 10, 5_000)} {
		rules, err := Compile(sources)
		require.NoError(t, err)
		require.Zero(t, rules.Count())
		require.Zero(t, rules.EnabledCount())
		rules.Close()
	}
	var all []Source
	for name, input := range inputs() {
		all = append(all, Source{Name: name, Text: input})
	}
	all = append(all, Source{Name: "rule", Text: []byte("rules:\n  - id: a\n    condition: never { x }\n  - id: b\n    enabled: false\n    condition: never { y }\n")})
	rules, err := Compile(all)
	require.NoError(t, err)
	defer rules.Close()
	require.Equal(t, 2, rules.Count())
	require.Equal(t, 1, rules.EnabledCount())
	require.Positive(t, rules.ErrorCount(), "the files beside are faulty, and cost only themselves")
}

func TestEveryCallTakesEveryNumber(t *testing.T) {
	rules := compileText(t, testRules)
	for _, number := range []uint64{0, 1, math.MaxInt64, math.MaxUint64} {
		settings := Settings{
			IdleTimeout: number, RootTimeout: number, MaxAge: number, LateWindow: number, ForgetAfter: number, MemoryBytes: number,
			SpansPerTrace: uint32(number),
		}
		engine, err := NewEngine(rules, settings, number)
		require.NoError(t, err)
		message := whole(t, oneSpan(1, "payment.bypass_validation"))
		for _, now := range []uint64{0, math.MaxUint64, start} {
			_, err = engine.Consume(message, now)
			require.NoError(t, err)
			require.NoError(t, engine.Tick(now))
			require.NoError(t, engine.CloseTraces(EndOfInput, now))
			require.NoError(t, engine.ReplaceRules(rules, now))
		}
		for _, limit := range []int{math.MinInt, -1, 0, 1, math.MaxInt} {
			_, _, err = engine.TakeViolations(limit)
			require.NoError(t, err)
		}
		snapshot, err := engine.Snapshot(PeriodicSnapshot)
		require.NoError(t, err)
		require.NotEmpty(t, snapshot)
		_, err = engine.Stats()
		require.NoError(t, err)
		engine.Close()
	}
}

// A number that stands for a choice is refused where there is no such choice.
func TestAChoiceThatIsNoneIsRefused(t *testing.T) {
	rules := compileText(t, testRules)
	invalid := func(err error) {
		t.Helper()
		var failure *Error
		require.ErrorAs(t, err, &failure)
		require.Equal(t, CodeInvalidArgument, failure.Code)
	}
	for _, change := range []func(*Settings){
		func(s *Settings) { s.Completeness = 77 },
		func(s *Settings) { s.Completeness = math.MinInt32 },
		func(s *Settings) { s.ViolationTrace = -1 },
		func(s *Settings) { s.Shards = math.MaxUint32 },
	} {
		settings := DefaultSettings()
		change(&settings)
		_, err := NewEngine(rules, settings, start)
		invalid(err)
	}
	engine := newTestEngine(t, testRules)
	invalid(engine.CloseTraces(9, start))
	_, err := engine.Snapshot(-3)
	invalid(err)
	_, err = rules.Report(44)
	invalid(err)
}

// The text of a failure is cut to the room there is for it, between characters.
func TestALongTextOfAFailureIsCut(t *testing.T) {
	rules := compileText(t, "rules:\n  - id: "+strings.Repeat("é", 200)+"\n    condition: never { x.where( }\n")
	_, err := NewEngine(rules, DefaultSettings(), start)
	require.Error(t, err)
	require.LessOrEqual(t, len(err.Error()), errorBytes+100)
}
