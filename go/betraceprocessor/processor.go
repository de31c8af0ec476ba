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
	"github.com/betracehq/betrace/go/betrace/mark"
)

// tickInterval is how often traces that are due are closed.
const tickInterval = time.Second

// betraceProcessor passes batches on untouched and judges them afterwards. Each instance has an
// engine of its own, so pipelines do not see each other's traces.
type betraceProcessor struct {
	config *Config
	next   consumer.Traces
	set    processor.Settings
	log    *zap.Logger
	clock  clock
	shared *shared

	// Set by Start and never changed until Shutdown; nil before and after.
	running  atomic.Pointer[running]
	broken   atomic.Bool
	badBytes atomic.Bool
}

// running is what exists between Start and Shutdown.
type running struct {
	engine   *betrace.Engine
	thinning *thinning
	backlog  *backlog
	sender   *sender
	metrics  *metrics
	storage  *stateStorage
	reload   *reloadState
	// membership is nil where the configuration names no tier.
	membership *membership
	// evidence is nil where the configuration asks for none.
	evidence *evidence
	// board is nil where the configuration asks for no status page.
	board      *statusBoard
	hideStatus func()
	host       component.Host
	// withdraw ends that other parts of this Collector know violations by the keys of this processor.
	withdraw func()
	stop     chan struct{}
	workers  sync.WaitGroup
}

func newProcessor(set processor.Settings, config *Config, next consumer.Traces, clock clock, shared *shared) *betraceProcessor {
	return &betraceProcessor{config: config, next: next, set: set, log: set.Logger, clock: clock, shared: shared}
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
	compiled, err := compileRules(&p.config.Rules, &p.config.Trace, &p.config.Limits)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	defer compiled.rules.Close()
	if compiled.report != "" {
		p.log.Warn("the rules were loaded with remarks:\n" + compiled.report)
	}
	r := &running{host: host, stop: make(chan struct{}), reload: &reloadState{}, board: p.config.board()}
	if err := r.board.use(compiled); err != nil {
		return err
	}
	r.reload.loadedAt.Store(p.clock.now())
	r.reload.bytes.Store(compiled.rules.Bytes())
	if r.storage, err = openStorage(ctx, p.config.Storage, host, p.set.ID); err != nil {
		return err
	}
	if err := p.prepare(ctx, r, compiled.rules); err != nil {
		return errors.Join(err, r.storage.close(ctx))
	}
	r.workers.Go(func() { p.tickUntilStopped(r) })
	for range r.backlog.workers {
		r.workers.Go(func() { r.backlog.run(r.stop) })
	}
	if r.storage != nil && p.config.StorageInterval > 0 {
		r.workers.Go(func() { p.storeUntilStopped(r) })
	}
	if r.membership != nil {
		r.membership.look(ctx)
		r.workers.Go(func() { r.membership.run(r.stop) })
	}
	r.workers.Go(func() { r.sender.collect(r.stop) })
	r.workers.Go(func() { r.sender.run(r.stop) })
	r.evidence.begin(ctx)
	if r.evidence != nil {
		r.workers.Go(func() { r.evidence.run(r.stop) })
	}
	if p.config.Rules.ReloadInterval > 0 && len(p.config.Rules.Files) > 0 {
		reloader := newReloader(p, r, compiled)
		r.workers.Go(func() { reloader.run(r.stop) })
	}
	p.running.Store(r)
	r.sender.wake()
	p.log.Info("checking rules", zap.Int("rules", compiled.rules.EnabledCount()), zap.String("engine", betrace.LibraryVersion()), zap.String("library_hash", betrace.LibraryHash()))
	return nil
}

// prepare makes everything of r that can fail, with the stored state where there is one that can be used, and leaves
// nothing behind where it does fail.
func (p *betraceProcessor) prepare(ctx context.Context, r *running, rules *betrace.Rules) error {
	settings := p.config.settings()
	var key string
	settings.MarkKeys, key = p.markKeys(ctx, r.storage)
	announced, err := announcedKeys(settings.MarkKeys)
	if err != nil {
		return err
	}
	engine, traces, err := p.restoreEngine(ctx, rules, settings, r.storage)
	if err != nil {
		return err
	}
	r.engine = engine
	r.backlog = newBacklog(mostBacklogBytes, mostBacklog, p.clock, func(b *batch) { p.judge(r, b) })
	members := p.watchMembership(ctx, r)
	r.sender = newSender(r.engine, p.next, p.config.Violations, p.clock, p.log)
	r.sender.board = r.board
	violations := p.restoreViolations(ctx, r)
	chain, err := p.keepEvidence(ctx, r, announced[0])
	var wanted betrace.Wanted
	if err == nil {
		wanted, err = r.engine.Wanted()
	}
	if err == nil {
		r.thinning = newThinning(betrace.NewThin(wanted), p.clock)
		r.metrics, err = newMetrics(p, r)
	}
	if err == nil {
		err = p.openStatus(ctx, r)
	}
	if err != nil {
		r.evidence.close()
		r.engine.Close()
		return err
	}
	r.withdraw = mark.Announce(announced)
	r.metrics.countStored(storedMarkKey, key)
	r.metrics.countStored(storedMembership, members)
	r.metrics.countStored(storedTraces, traces)
	r.metrics.countStored(storedViolations, violations)
	r.metrics.countStored(storedEvidence, chain)
	return nil
}

// restoreEngine makes an engine with the stored state, where there is one that can be used, and says what became of it.
func (p *betraceProcessor) restoreEngine(ctx context.Context, rules *betrace.Rules, settings betrace.Settings, storage *stateStorage) (*betrace.Engine, string, error) {
	engine, err := betrace.NewEngine(rules, settings, p.clock.now())
	if err != nil {
		return nil, "", err
	}
	outcome, err := storage.take(ctx, storedTraces, func(snapshot []byte) error {
		return engine.Restore(snapshot, p.clock.now())
	})
	if err == nil {
		return engine, outcome, nil
	}
	p.log.Warn("the stored state cannot be used and is set aside in the storage as "+storedTraces.refusedKey()+"; traces of the time before end as inconclusive", zap.Error(err))
	// Whatever the failed attempt left behind goes with its engine.
	engine.Close()
	engine, err = betrace.NewEngine(rules, settings, p.clock.now())
	return engine, outcome, err
}

// restoreViolations queues the violations that the last shutdown stored, and says what became of them.
func (p *betraceProcessor) restoreViolations(ctx context.Context, r *running) string {
	outcome, err := r.storage.take(ctx, storedViolations, func(content []byte) error {
		violations, err := decodeViolations(content, p.clock.now())
		if err != nil {
			return err
		}
		for _, v := range violations {
			r.sender.queue.push(v)
		}
		r.sender.keptAt = p.clock.now()
		return nil
	})
	if r.storage != nil {
		r.sender.keep = func(ctx context.Context, violations []violation) {
			if err := p.keepViolations(ctx, r, violations); err != nil {
				p.log.Warn("the violations that wait are not stored", zap.Error(err))
			}
		}
	}
	if err != nil {
		p.log.Warn("the stored violations cannot be used and are set aside in the storage as "+storedViolations.refusedKey(), zap.Error(err))
	}
	return outcome
}

// Shutdown sends what violations there are within the time that ctx allows, stores the state of live
// traces or, without a storage, ends them, and frees the engine.
func (p *betraceProcessor) Shutdown(ctx context.Context) error {
	r := p.running.Swap(nil)
	if r == nil {
		return nil
	}
	r.hideStatus()
	close(r.stop)
	done := make(chan struct{})
	go func() {
		r.workers.Wait()
		r.backlog.close()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		// The next consumer holds a call of ours; what is left goes with the process.
		return fmt.Errorf("violations are still being sent: %w", ctx.Err())
	}
	// What is still sent is to be known yet.
	defer r.withdraw()
	unsent := r.sender.flush(ctx)
	var err error
	if r.storage != nil {
		err = p.storeTraces(ctx, r, betrace.FinalSnapshot)
	}
	if r.storage == nil || err != nil {
		p.check(r, r.engine.CloseTraces(betrace.Shutdown, p.clock.now()))
		unsent = r.sender.flush(ctx)
	}
	if r.storage != nil {
		err = errors.Join(err, p.storeViolations(ctx, r))
	} else {
		r.sender.leave(unsent)
	}
	r.evidence.end(ctx)
	r.metrics.recordDelays()
	r.metrics.shutdown()
	r.engine.Close()
	return errors.Join(err, r.storage.close(ctx))
}

// storeUntilStopped stores the state at once, since what a start has taken is stored no more, and then every so often.
func (p *betraceProcessor) storeUntilStopped(r *running) {
	isFailing := false
	store := func() {
		ctx, cancel := untilStopped(r.stop)
		defer cancel()
		err := p.storeTraces(ctx, r, betrace.PeriodicSnapshot)
		if err != nil && !isFailing && ctx.Err() == nil {
			p.log.Warn("the state of traces is not stored; a crash now loses what came since it last was", zap.Error(err))
		}
		isFailing = err != nil
	}
	store()
	tickUntil(r.stop, p.clock, p.config.StorageInterval, store)
}

func (p *betraceProcessor) storeTraces(ctx context.Context, r *running, kind betrace.SnapshotKind) error {
	r.backlog.settle()
	snapshot, err := r.engine.Snapshot(kind)
	if err != nil {
		return fmt.Errorf("storage: there is no state of the traces: %w", err)
	}
	outcome, err := r.storage.put(ctx, storedTraces, snapshot)
	r.metrics.countStored(storedTraces, outcome)
	return err
}

// storeViolations stores what could not be sent; without the storage it is lost.
func (p *betraceProcessor) storeViolations(ctx context.Context, r *running) error {
	err := p.keepViolations(ctx, r, r.sender.queue.all())
	if err != nil {
		r.sender.leave(err)
	}
	return err
}

// keepViolations makes the storage hold just these.
func (p *betraceProcessor) keepViolations(ctx context.Context, r *running, violations []violation) error {
	if len(violations) == 0 {
		return r.storage.remove(ctx, storedViolations)
	}
	outcome, err := r.storage.put(ctx, storedViolations, encodeViolations(violations, p.clock.now()))
	r.metrics.countStored(storedViolations, outcome)
	return err
}

// ConsumeTraces passes the batch on and then leaves it to the backlog. The thin message is written first, because
// the next consumer may take the data away; it is judged only where the batch was accepted, so that
// a batch which comes again is not counted twice.
func (p *betraceProcessor) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	r := p.running.Load()
	if r == nil || traces.SpanCount() == 0 {
		return p.next.ConsumeTraces(ctx, traces)
	}
	b := r.backlog.empty()
	unwritten := r.thinning.write(b, traces)

	err := p.next.ConsumeTraces(ctx, traces)

	switch {
	case unwritten != nil:
		p.check(r, unwritten)
		r.backlog.reuse(b)
	case !b.claim():
		// A change of rules did not wait for the next consumer and has judged it; the batch is still its.
	case err != nil:
		b.judged()
		r.backlog.reuse(b)
	default:
		r.backlog.give(b)
	}
	return err
}

// judge evaluates a batch with the time at which it was accepted.
func (p *betraceProcessor) judge(r *running, b *batch) {
	begun := time.Now()
	pending, err := r.engine.Consume(b.message, b.at)
	p.check(r, err)
	if pending > 0 {
		r.sender.wake()
	}
	r.metrics.recordEvaluation(b.writing + time.Since(begun))
}

func (p *betraceProcessor) tickUntilStopped(r *running) {
	tickUntil(r.stop, p.clock, tickInterval, func() {
		p.closeDue(r)
		r.backlog.trim()
		r.metrics.recordDelays()
		r.sender.wake()
	})
}

// closeDue closes the traces that are due by now, which it answers.
func (p *betraceProcessor) closeDue(r *running) (now uint64) {
	now = r.backlog.settle()
	p.check(r, r.engine.Tick(now))
	return now
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
