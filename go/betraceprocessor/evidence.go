package betraceprocessor

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace"
	"github.com/betracehq/betrace/go/betrace/mark"
)

const (
	// mostWaiting is how many records wait to be written before the oldest is given up.
	mostWaiting = 64
	// recordRetry is how often a record that could not be written is tried again.
	recordRetry = 10 * time.Second
	// jump is from which difference on the machine's clock was set and not only steered.
	jump = time.Second
)

// Why a record is closed; a change of rules the engine tells by itself.
const (
	causeStart  = "start"
	causePeriod = "period"
	causeReload = "reload"
	causeStop   = "stop"
)

// What became of a record.
const (
	recordWritten = "written"
	recordFailed  = "failed"
	recordDropped = "dropped"
)

// evidence closes periods: the engine makes their records, which are written, one after the other, to where the
// configuration says. Where a chain stands is stored before the record is written, so that no number is given twice; a
// record that is stored and was not written is written at the next start. A nil one does nothing.
type evidence struct {
	config   *Evidence
	engine   *betrace.Engine
	signer   *betrace.Signer
	storage  *stateStorage
	sender   *sender
	clock    clock
	log      *zap.Logger
	to       recordWriter
	producer producer
	// closeDue closes the traces that are due by now, which it answers, so that a period has all that ended in it.
	closeDue func() (now uint64)
	// count is told what became of records; set before the first.
	count func(outcome string, count int)

	// mu is held while a record is made and written.
	mu        sync.Mutex
	state     evidenceState
	chainLost bool
	closedAt  uint64
	triedAt   uint64
	// isStored says that the storage holds the state as it is.
	isStored bool
	// lost is what the sender had lost when the last record was made.
	lost map[string]int64
	// ahead is by how many nanoseconds the machine's clock went before ours when it was last looked at.
	ahead   int64
	since   recordFacts
	waiting atomic.Int64
}

type producer struct {
	Processor string `json:"processor"`
	Pipeline  string `json:"pipeline"`
}

// recordFacts is what only the processor knows of the time since the last record.
type recordFacts struct {
	Clock struct {
		Jumps     uint64 `json:"jumps"`
		ForwardMs uint64 `json:"forward_ms"`
		BackMs    uint64 `json:"back_ms"`
	} `json:"clock"`
	Records struct {
		Failed  uint64 `json:"failed"`
		Dropped uint64 `json:"dropped"`
	} `json:"records"`
}

// facts are what the engine is told for a record, as include/betrace.h says.
type facts struct {
	Chain          json.RawMessage  `json:"chain"`
	Instance       string           `json:"instance"`
	Cause          string           `json:"cause"`
	Now            uint64           `json:"now"`
	Producer       producer         `json:"producer"`
	ChainLost      bool             `json:"chain_lost"`
	ViolationsLost map[string]int64 `json:"violations_lost"`
	recordFacts
}

// keepEvidence makes what closes periods, with the chain that is stored, and says what became of that. Records that travel as
// spans bear a mark of key.
func (p *betraceProcessor) keepEvidence(ctx context.Context, r *running, key mark.Key) (outcome string, err error) {
	config := &p.config.Evidence
	if config.Every == 0 {
		if config.Directory != "" || config.KeyFile != "" || config.Key != "" {
			p.log.Warn("no evidence record is written: set evidence::every")
		}
		return "", nil
	}
	signer, err := config.signingKey()
	if err != nil {
		return "", err
	}
	if signer == nil {
		p.log.Warn("evidence records are not signed: set evidence::key_file")
	}
	e := &evidence{
		config: config, engine: r.engine, signer: signer, storage: r.storage, sender: r.sender, clock: p.clock, log: p.log,
		producer: producer{Processor: p.set.ID.String(), Pipeline: pipelineOf(r.host)},
		closeDue: func() uint64 { return p.closeDue(r) },
		count:    func(outcome string, count int) { r.metrics.countRecords(outcome, count) },
		lost:     map[string]int64{},
	}
	if config.Emit == "file" {
		e.to = &recordFiles{directory: config.Directory}
	} else {
		e.to = recordSpans{next: p.next, version: betrace.LibraryVersion(), key: key}
	}
	outcome, err = r.storage.take(ctx, storedEvidence, func(content []byte) error {
		var state evidenceState
		if err := json.Unmarshal(content, &state); err != nil {
			return err
		}
		if _, err := chainOf(state.Chain); err != nil {
			return err
		}
		e.state = state
		return nil
	})
	if err != nil {
		e.chainLost = true
		p.log.Error("the stored chain of evidence records cannot be used: a new one begins, and says so", zap.Error(err))
	}
	e.followFiles()
	e.ahead = e.aheadNow()
	r.evidence = e
	return outcome, nil
}

func (e *evidence) aheadNow() int64 { return int64(e.clock.wall()) - int64(e.clock.now()) }

// begin closes the first record, which says how the time before ended.
func (e *evidence) begin(ctx context.Context) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.record(ctx, causeStart) && e.state.Chain != nil {
		// It may be of a later version.
		e.log.Error("the stored chain of evidence records is of no use: a new one begins, and says so")
		e.state, e.chainLost = evidenceState{}, true
		e.record(ctx, causeStart)
	}
	e.write(ctx)
}

// run closes a record each period until stop is closed.
func (e *evidence) run(stop <-chan struct{}) {
	ctx, cancel := untilStopped(stop)
	defer cancel()
	tickUntil(stop, e.clock, tickInterval, func() { e.look(ctx) })
}

// look is called every second.
func (e *evidence) look(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchClock()
	now := e.clock.now()
	switch {
	case now >= e.closedAt+uint64(e.config.Every):
		e.record(ctx, causePeriod)
		e.write(ctx)
	case len(e.state.Waiting) > 0 && now >= e.triedAt+uint64(recordRetry):
		e.write(ctx)
	}
}

// watchClock notes where the machine's clock was set.
func (e *evidence) watchClock() {
	ahead := e.aheadNow()
	by := time.Duration(ahead - e.ahead)
	e.ahead = ahead
	if by.Abs() < jump {
		return
	}
	e.since.Clock.Jumps++
	if by > 0 {
		e.since.Clock.ForwardMs += uint64(by.Milliseconds())
	} else {
		e.since.Clock.BackMs += uint64(-by.Milliseconds())
	}
}

// acrossReload closes the record of the rules that go once others have taken their place.
func (e *evidence) acrossReload(swap func() error) error {
	if e == nil {
		return swap()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := swap(); err != nil {
		return err
	}
	e.record(context.Background(), causeReload)
	// Whoever reads rules does not wait for a disk or a backend: it is written within a second.
	e.triedAt = 0
	return nil
}

// end closes the last record and gives up the key.
func (e *evidence) end(ctx context.Context) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchClock()
	e.record(ctx, causeStop)
	e.write(ctx)
	if waiting := len(e.state.Waiting); waiting > 0 && !e.isStored {
		e.log.Error("evidence records are lost: they could not be written or stored", zap.Int("records", waiting))
	}
	e.signer.Close()
}

// close gives up the key of one that never began.
func (e *evidence) close() {
	if e != nil {
		e.signer.Close()
	}
}

// record makes records until the one with this cause is there: those of rules that went come first. Whether it is.
func (e *evidence) record(ctx context.Context, cause string) bool {
	for {
		made, err := e.seal(cause)
		if err != nil {
			e.since.Records.Failed++
			e.count(recordFailed, 1)
			e.log.Error("an evidence record was not made", zap.Error(err))
			return false
		}
		if made == cause {
			break
		}
	}
	e.closedAt = e.clock.now()
	e.store(ctx)
	return true
}

// seal has the engine make one record, and says why it was closed.
func (e *evidence) seal(cause string) (made string, err error) {
	now := e.closeDue()
	lost := e.sender.lossesByCause()
	since := map[string]int64{}
	for cause, count := range lost {
		since[cause] = count - e.lost[cause]
	}
	var instance [16]byte
	_, _ = rand.Read(instance[:])
	given, err := json.Marshal(facts{
		Chain: e.state.Chain, Instance: hex.EncodeToString(instance[:]), Cause: cause, Now: now, Producer: e.producer,
		ChainLost: e.chainLost, ViolationsLost: since, recordFacts: e.since,
	})
	if err != nil {
		return "", err
	}
	answered, err := e.engine.Evidence(e.signer, given)
	if err != nil {
		return "", err
	}
	var sealed struct{ Chain, Envelope json.RawMessage }
	if err := json.Unmarshal(answered, &sealed); err != nil {
		return "", err
	}
	chain, err := chainOf(sealed.Chain)
	if err != nil {
		return "", err
	}
	e.state.Chain = sealed.Chain
	e.state.Waiting = append(e.state.Waiting, sealed.Envelope)
	e.lost, e.since, e.chainLost, e.isStored = lost, recordFacts{}, false, false
	if len(e.state.Waiting) > mostWaiting {
		e.state.Waiting = e.state.Waiting[1:]
		e.since.Records.Dropped++
		e.count(recordDropped, 1)
	}
	e.waiting.Store(int64(len(e.state.Waiting)))
	return chain.Cause, nil
}

// store has the storage hold where the chain stands; without one there is nothing to do.
func (e *evidence) store(ctx context.Context) {
	e.isStored = true
	if e.storage == nil {
		return
	}
	content, err := json.Marshal(&e.state)
	if err == nil {
		_, err = e.storage.put(ctx, storedEvidence, content)
	}
	if err != nil {
		e.isStored = false
		e.failed("the chain of evidence records is not stored; its records wait", err)
	}
}

// write writes what waits, the oldest first, as long as it goes well. A record is written once its number is stored, lest
// another one gets it after a crash.
func (e *evidence) write(ctx context.Context) {
	e.triedAt = e.clock.now()
	if !e.isStored {
		e.store(ctx)
	}
	written := 0
	for e.isStored && written < len(e.state.Waiting) {
		if err := e.to.write(ctx, e.state.Waiting[written]); err != nil {
			e.failed("an evidence record was not written; it is tried again", err)
			break
		}
		written++
	}
	if written > 0 {
		e.count(recordWritten, written)
		e.state.Waiting = e.state.Waiting[written:]
		e.waiting.Store(int64(len(e.state.Waiting)))
		// Should this fail it is written again after a crash, and known by its bytes.
		e.store(ctx)
	}
}

func (e *evidence) failed(text string, err error) {
	e.since.Records.Failed++
	e.count(recordFailed, 1)
	e.log.Error(text, zap.Error(err))
}

func (e *evidence) waitingRecords() int {
	if e == nil {
		return 0
	}
	return int(e.waiting.Load())
}
