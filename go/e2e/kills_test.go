package e2e

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/wire"
)

// kills is how often the Collector is killed: five times, or as BETRACE_KILLS says; with a storage and without in turns.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BETRACE_KILLS")
	if text == "" {
		return 5
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 2 {
		t.Fatalf("BETRACE_KILLS=%s is no number of kills", text)
	}
	return n
}

// A Collector that is killed again and again while spans come says nothing wrong: no healthy trace is called broken, whatever a
// kill took of it, and what it kept whole is judged.
func TestKilledUnderLoadTheCollectorSaysNothingWrong(t *testing.T) {
	for name, times := range map[string]int{"with storage": (kills(t) + 1) / 2, "without storage": kills(t) / 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup{
				rules: write(t, "rules.yaml", neighbourRules),
				// Longer than a trace's two halves are apart, on a busy machine too.
				betrace: fmt.Sprintf("    trace:\n      idle_timeout: %s\n      root_timeout: 1s\n", idleUnderLoad),
			}
			if name == "with storage" {
				s.betrace += "    storage: file_storage\n"
				s.betrace += "    storage_interval: 1s\n"
				s.change = storedIn(t.TempDir())
			}
			killAgainAndAgain(t, s, times)
		})
	}
}

const (
	idleUnderLoad = 3 * time.Second
	// atOnce is how many traces wait for their second half, at least.
	atOnce = 20
)

// load is what an application sends to a Collector that comes and goes.
type load struct {
	chance *rand.Rand
	next   uint64
	// waiting are second halves, of traces whose first one came.
	waiting []half
	// apart are traces whose halves came so far apart in one life of the Collector that it may have closed them between.
	apart map[pcommon.TraceID]bool
}

type half struct {
	spans ptrace.Traces
	trace pcommon.TraceID
	first time.Time // when the first half had come
}

func killAgainAndAgain(t *testing.T, s setup, times int) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("%d kills, seed %d", times, seed)
	l := &load{chance: rand.New(rand.NewPCG(seed, 0)), apart: map[pcommon.TraceID]bool{}}
	p := openPipeline(t, s)
	for range times {
		l.sendUntilKilled(t, p)
		again, err := s.start(t, p.sink.Address())
		if err != nil {
			t.Fatal(err)
		}
		p.Collector = again
	}
	sender, err := wire.DialGRPC(p.Ports.GRPC)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sender.Close(); err != nil {
			t.Error(err)
		}
	}()
	interrupted := len(l.waiting)
	// A trace of each kind that no kill takes anything of: a rule has something to say however short the other lives were.
	for range 3 {
		if err := l.sendFirst(t.Context(), sender); err != nil {
			t.Fatal(err)
		}
	}
	for len(l.waiting) > 0 {
		if err := l.sendSecond(t.Context(), sender); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.WaitDecided(t.Context(), time.Minute); err != nil {
		t.Error(err)
	}
	undecided := p.metric(t, "verdicts", `reason="restart"`)
	p.stop(t)
	told := map[string]int{}
	for _, v := range p.backend.Violations() {
		isRight := v.Trace[0] == unaudited && v.Rule == "audited" || v.Trace[0] == bypassed && v.Rule == "no-bypass"
		switch {
		case isRight:
			told[v.Rule]++
		case v.Rule == "audited" && l.apart[v.Trace]:
			told["halves apart"]++
		default:
			t.Errorf("%s is called broken in trace %s", v.Rule, v.Trace)
		}
	}
	t.Logf("%d traces, %d interrupted by the last kill, of which %v verdicts are inconclusive(restart); told %v", l.next, interrupted, undecided, told)
	if told["audited"] == 0 || told["no-bypass"] == 0 {
		t.Errorf("of %d traces nothing is told of some rule: %v", l.next, told)
	}
	if interrupted == 0 || undecided == 0 {
		t.Errorf("the last kill interrupted %d traces, and %v verdicts say so", interrupted, undecided)
	}
	if len(l.apart)*10 > int(l.next) {
		t.Errorf("the halves of %d of %d traces came too far apart for a judgement", len(l.apart), l.next)
	}
}

// sendUntilKilled sends first and second halves in any order, with some traces always begun, until the kill, which comes at any moment.
func (l *load) sendUntilKilled(t *testing.T, p *pipeline) {
	t.Helper()
	sender, err := wire.DialGRPC(p.Ports.GRPC)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sender.Close(); err != nil {
			t.Error(err)
		}
	}()
	after := idleUnderLoad/2 + time.Duration(l.chance.Int64N(int64(2*idleUnderLoad)))
	killed := make(chan error, 1)
	time.AfterFunc(after, func() { killed <- p.Kill() })
	// What began in an earlier life did not begin in this one.
	for i := range l.waiting {
		l.waiting[i].first = time.Time{}
	}
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case err := <-killed:
			if err != nil {
				t.Fatal(err)
			}
			for _, this := range l.waiting {
				l.note(this)
			}
			return
		case <-pace.C:
		}
		// An error is the kill's, which the channel tells; a second half that did not come is sent again.
		if len(l.waiting) < atOnce || len(l.waiting) < 2*atOnce && l.chance.IntN(2) == 0 {
			_ = l.sendFirst(t.Context(), sender)
		} else {
			_ = l.sendSecond(t.Context(), sender)
		}
	}
}

func (l *load) sendFirst(ctx context.Context, to wire.Sender) error {
	kind := []byte{healthy, unaudited, bypassed}[l.next%3]
	first, second := neighbourTrace(kind, 0)
	trace := pcommon.TraceID{0: kind}
	binary.BigEndian.PutUint64(trace[8:], l.next)
	l.next++
	now := time.Now()
	for _, batch := range []ptrace.Traces{first, second} {
		for _, spans := range tracesOf([]ptrace.Traces{batch}) {
			for _, span := range spans {
				span.SetTraceID(trace)
				span.SetStartTimestamp(pcommon.NewTimestampFromTime(now))
				span.SetEndTimestamp(pcommon.NewTimestampFromTime(now.Add(time.Millisecond)))
			}
		}
	}
	// The child comes first as often as its parent.
	if l.chance.IntN(2) == 0 {
		first, second = second, first
	}
	if err := to.Send(ctx, first); err != nil {
		return err
	}
	l.waiting = append(l.waiting, half{second, trace, time.Now()})
	return nil
}

// note notes that the Collector may have closed a trace before its second half came, or before it was killed: then what it says of
// what is absent is right.
func (l *load) note(this half) {
	if !this.first.IsZero() && time.Since(this.first) > idleUnderLoad*3/4 {
		l.apart[this.trace] = true
	}
}

func (l *load) sendSecond(ctx context.Context, to wire.Sender) error {
	// None waits long while others go.
	at := l.chance.IntN(min(len(l.waiting), atOnce))
	this := l.waiting[at]
	again := ptrace.NewTraces()
	this.spans.CopyTo(again)
	if err := to.Send(ctx, again); err != nil {
		return err
	}
	l.note(this)
	l.waiting = append(l.waiting[:at], l.waiting[at+1:]...)
	return nil
}
