package betraceprocessor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace"
)

const (
	// tickInterval is how often traces that are due are closed.
	tickInterval = time.Second
	// maxPooledBytes keeps one giant batch from holding its memory for ever.
	maxPooledBytes = 4 << 20
)

// betraceProcessor passes batches on untouched and judges them afterwards. Each instance has an
// engine of its own, so pipelines do not see each other's traces.
type betraceProcessor struct {
	config *Config
	next   consumer.Traces
	set    processor.Settings
	log    *zap.Logger
	clock  clock

	// Set by Start and never changed until Shutdown; nil before and after.
	running  atomic.Pointer[running]
	buffers  sync.Pool
	broken   atomic.Bool
	badBytes atomic.Bool
}

// running is what exists between Start and Shutdown.
type running struct {
	engine   *betrace.Engine
	thinning *thinning
	sender   *sender
	metrics  *metrics
	storage  *stateStorage
	host     component.Host
	stop     chan struct{}
	workers  sync.WaitGroup
}

func newProcessor(set processor.Settings, config *Config, next consumer.Traces, clock clock) (*betraceProcessor, error) {
	p := &betraceProcessor{config: config, next: next, set: set, log: set.Logger, clock: clock}
	p.buffers.New = func() any { return new([]byte) }
	return p, nil
}

// Capabilities say that batches are never changed.
func (*betraceProcessor) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// Start compiles the rules and makes the engine. It fails where there is no engine, or where the
// rules are faulty: a Collector that silently checks nothing would be worse than none.
func (p *betraceProcessor) Start(ctx context.Context, host component.Host) error {
	if !betrace.Available {
		return betrace.ErrUnavailable
	}
	compiled, err := compileRules(&p.config.Rules)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	defer compiled.rules.Close()
	if compiled.report != "" {
		p.log.Warn("the rules were loaded with remarks:\n" + compiled.report)
	}
	r := &running{host: host, stop: make(chan struct{})}
	if r.storage, err = openStorage(ctx, p.config.Storage, host, p.set.ID); err != nil {
		return err
	}
	if r.engine, err = p.makeEngine(ctx, compiled.rules, r.storage); err != nil {
		return errors.Join(err, r.storage.close(ctx))
	}
	if err := p.prepare(r); err != nil {
		r.engine.Close()
		return errors.Join(err, r.storage.close(ctx))
	}
	r.workers.Go(func() { p.tickUntilStopped(r) })
	r.workers.Go(func() { r.sender.run(r.stop) })
	if p.config.Rules.ReloadInterval > 0 && len(p.config.Rules.Files) > 0 {
		reloader := newReloader(p, r, compiled.fingerprint)
		r.workers.Go(func() { reloader.run(r.stop) })
	}
	p.running.Store(r)
	p.log.Info("checking rules", zap.Int("rules", compiled.rules.Count()), zap.String("engine", betrace.LibraryVersion()), zap.String("library_hash", betrace.LibraryHash()))
	return nil
}

// makeEngine makes an engine with the stored state, where there is one that can be used.
func (p *betraceProcessor) makeEngine(ctx context.Context, rules *betrace.Rules, storage *stateStorage) (*betrace.Engine, error) {
	settings := p.config.settings()
	engine, err := betrace.NewEngine(rules, settings, p.clock.now())
	if err != nil {
		return nil, err
	}
	snapshot, err := storage.take(ctx)
	if err == nil && snapshot != nil {
		err = engine.Restore(snapshot, p.clock.now())
	}
	if err == nil {
		return engine, nil
	}
	p.log.Warn("the stored state cannot be used and is set aside; traces of the time before end as inconclusive", zap.Error(err))
	// Whatever the failed attempt left behind goes with its engine.
	engine.Close()
	return betrace.NewEngine(rules, settings, p.clock.now())
}

// prepare makes everything of r that can fail, and leaves nothing behind where it does.
func (p *betraceProcessor) prepare(r *running) error {
	wanted, err := r.engine.Wanted()
	if err != nil {
		return err
	}
	r.thinning = newThinning(betrace.NewThin(wanted))
	r.sender = newSender(r.engine, p.next, p.config.Violations, p.clock, p.log)
	r.metrics, err = newMetrics(p.set.TelemetrySettings, p.config, r.engine, r.sender, p.clock)
	return err
}

// Shutdown sends what violations there are within the time that ctx allows, stores the state of live
// traces or, without a storage, ends them, and frees the engine.
func (p *betraceProcessor) Shutdown(ctx context.Context) error {
	r := p.running.Swap(nil)
	if r == nil {
		return nil
	}
	close(r.stop)
	done := make(chan struct{})
	go func() {
		r.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		// The next consumer holds a call of ours; what is left goes with the process.
		return fmt.Errorf("violations are still being sent: %w", ctx.Err())
	}
	r.sender.flush(ctx)
	var err error
	if r.storage != nil {
		err = r.storage.save(ctx, r.engine)
	}
	if r.storage == nil || err != nil {
		p.check(r, r.engine.CloseTraces(betrace.Shutdown, p.clock.now()))
		r.sender.flush(ctx)
	}
	r.metrics.recordDelays()
	r.metrics.shutdown()
	r.engine.Close()
	return errors.Join(err, r.storage.close(ctx))
}

// ConsumeTraces passes the batch on and then judges it. The thin message is written first, because
// the next consumer may take the data away; it is judged only where the batch was accepted, so that
// a batch which comes again is not counted twice.
func (p *betraceProcessor) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	r := p.running.Load()
	if r == nil || traces.SpanCount() == 0 {
		return p.next.ConsumeTraces(ctx, traces)
	}
	generation := r.thinning.enter()
	defer generation.underway.Add(-1)
	begun := time.Now()
	buffer := p.buffers.Get().(*[]byte)
	message, unwritten := generation.append((*buffer)[:0], traces)
	writing := time.Since(begun)

	err := p.next.ConsumeTraces(ctx, traces)

	if err == nil && unwritten == nil {
		begun = time.Now()
		pending, failed := r.engine.Consume(message, p.clock.now())
		p.check(r, failed)
		r.metrics.recordEvaluation(ctx, writing+time.Since(begun))
		if pending > 0 {
			r.sender.wake()
		}
	}
	if cap(message) <= maxPooledBytes {
		*buffer = message
		p.buffers.Put(buffer)
	}
	return err
}

func (p *betraceProcessor) tickUntilStopped(r *running) {
	ticks, stopTicks := p.clock.ticks(tickInterval)
	defer stopTicks()
	for {
		select {
		case <-r.stop:
			return
		case <-ticks:
			p.check(r, r.engine.Tick(p.clock.now()))
			r.metrics.recordDelays()
			r.sender.wake()
		}
	}
}

// check reports an engine that fails, once: spans pass in any case.
func (p *betraceProcessor) check(r *running, err error) {
	if err == nil || errors.Is(err, betrace.ErrClosed) {
		return
	}
	var failure *betrace.Error
	if errors.As(err, &failure) && failure.Code == betrace.CodePoisoned {
		if !p.broken.Swap(true) {
			p.log.Error("the engine failed inside and is not used any more; spans pass unchecked until a restart", zap.Error(err))
			componentstatus.ReportStatus(r.host, componentstatus.NewPermanentErrorEvent(err))
		}
		return
	}
	if !p.badBytes.Swap(true) {
		p.log.Error("a batch could not be evaluated whole (further ones are not logged)", zap.Error(err))
	}
}
