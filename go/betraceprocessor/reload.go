package betraceprocessor

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace"
)

const (
	// settleTime is how long changed files must stay as they are before they are believed: a file that an editor
	// writes in place is for a moment empty, or half of what it will be.
	settleTime = 150 * time.Millisecond
	// settleTries bounds the waiting; files that change all the time are looked at again an interval later.
	settleTries = 5
)

// What became of a change of the rule files.
const (
	reloadSuccess    = "success"
	reloadRefused    = "refused"
	reloadUnreadable = "unreadable"
)

// reloader reads the rule files again and again and swaps the rules when their content changed. A
// set that is faulty, empty or cannot be read is refused, and said so once for each such content; the
// last good one goes on, and the component's status is that of a recoverable error until files and rules agree again.
type reloader struct {
	processor *betraceProcessor
	running   *running
	inUse     fingerprint
	// wasEmpty are the sources without text in the set in use.
	wasEmpty map[string]bool
	refused  fingerprint
	// refusedAt tells without reading whether the files are still those that were refused: a large set is not to be read
	// again and again. What is in use is always compared by content.
	refusedAt stamp
	// unreadable is the last error of reading, empty where the last reading went well.
	unreadable string
	state      *reloadState
}

// reloadState is what the metrics show of a reloader.
type reloadState struct {
	// loadedAt is when the rules in use were loaded, staleSince when the files were first seen to differ from them, 0
	// while they agree; nanoseconds since 1970.
	loadedAt, staleSince atomic.Uint64
	failing              atomic.Bool
	// reads is how often the files were read.
	reads atomic.Int64
	// bytes is what the rules in use hold.
	bytes atomic.Uint64
}

func newReloader(p *betraceProcessor, r *running, inUse *compiled) *reloader {
	return &reloader{processor: p, running: r, inUse: inUse.fingerprint, wasEmpty: inUse.empty, state: r.reload}
}

// run keeps to one thread, because the C library's allocator has memory by threads: what one compiled and another
// freed, among what traces hold, would stay with the process in pieces, more of it with each thread that ever compiled.
func (l *reloader) run(stop <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tickUntil(stop, l.processor.clock, l.processor.config.Rules.ReloadInterval, func() { l.look(stop) })
}

// look reads the files once and does what their content asks for.
func (l *reloader) look(stop <-chan struct{}) {
	if l.refused != (fingerprint{}) && l.refusedAt.isSame(&l.processor.config.Rules, l.wall()) {
		return
	}
	begun := l.wall()
	l.state.reads.Add(1)
	sources, content, err := l.readSettled(stop)
	switch {
	case errors.Is(err, errStopped):
	case err != nil:
		l.stale()
		l.refused = fingerprint{}
		if l.unreadable != err.Error() {
			l.unreadable = err.Error()
			l.fail(reloadUnreadable, err, "the rule files cannot be read; the rules in use stay")
		}
	case content == l.inUse:
		l.agree()
	case content == l.refused:
		l.stale()
		l.refusedAt, _ = stampOf(&l.processor.config.Rules, filesOf(sources), begun)
	default:
		l.stale()
		l.unreadable = ""
		l.use(sources, content, stop)
	}
}

var (
	errStopped   = errors.New("stopped")
	errUnsettled = errors.New("they change while they are read")
)

// readSettled reads the files and, where they are not those in use or refused, reads them again until they stay the same.
func (l *reloader) readSettled(stop <-chan struct{}) ([]betrace.Source, fingerprint, error) {
	var before fingerprint
	for range settleTries {
		sources, err := readSources(&l.processor.config.Rules)
		if err != nil {
			return nil, fingerprint{}, err
		}
		content := fingerprintOf(sources)
		if content == l.inUse || content == l.refused || content == before {
			return sources, content, nil
		}
		before = content
		select {
		case <-stop:
			return nil, fingerprint{}, errStopped
		case <-l.processor.clock.after(settleTime):
		}
	}
	return nil, fingerprint{}, errUnsettled
}

// use compiles a changed set and swaps it in.
func (l *reloader) use(sources []betrace.Source, content fingerprint, stop <-chan struct{}) {
	p := l.processor
	compiled, err := compileSources(&p.config.Rules, &p.config.Trace, &p.config.Limits, sources)
	if err == nil {
		defer compiled.rules.Close()
		err = l.becameEmpty(compiled.empty)
	}
	if err == nil {
		err = l.running.evidence.acrossReload(func() error { return l.swap(compiled.rules, stop) })
	}
	if errors.Is(err, errStopped) {
		return
	}
	if err != nil {
		l.refused = content
		l.fail(reloadRefused, err, "the changed rules are refused; the rules in use stay")
		return
	}
	l.inUse, l.wasEmpty = content, compiled.empty
	if err := l.running.board.use(compiled); err != nil {
		p.log.Error("the status page goes on with the rules of before", zap.Error(err))
	}
	l.running.metrics.countReload(reloadSuccess)
	l.state.loadedAt.Store(p.clock.now())
	l.state.bytes.Store(compiled.rules.Bytes())
	if compiled.report != "" {
		p.log.Warn("the changed rules were loaded with remarks:\n" + compiled.report)
	}
	p.log.Info("the changed rules are in use", zap.Int("rules", compiled.rules.EnabledCount()))
	l.agree()
}

// becameEmpty refuses a set in which a file has lost its text: with it would go the state of its rules, and more often
// than not the file is just being written.
func (l *reloader) becameEmpty(empty map[string]bool) error {
	if l.processor.config.Rules.AllowEmpty {
		return nil
	}
	for name := range empty {
		if !l.wasEmpty[name] {
			return fmt.Errorf("the rule file %s is empty now; remove it if its rules shall go, or set `rules::allow_empty: true`", name)
		}
	}
	return nil
}

func (l *reloader) swap(rules *betrace.Rules, stop <-chan struct{}) error {
	r := l.running
	if !r.thinning.suspend(stop, r.backlog.judgeNow) {
		return errStopped
	}
	replaced := r.engine.ReplaceRules(rules, r.backlog.settle())
	wanted, err := r.engine.Wanted()
	if err != nil {
		// Batches go on being written whole, which is slower and right.
		return errors.Join(replaced, err)
	}
	r.thinning.resume(betrace.NewThin(wanted))
	return replaced
}

// wall is the time by which file systems stamp files.
func (l *reloader) wall() time.Time { return time.Unix(0, int64(l.processor.clock.wall())) }

// stale notes that files and rules differ.
func (l *reloader) stale() {
	l.state.staleSince.CompareAndSwap(0, l.processor.clock.now())
}

// agree notes that files and rules are the same.
func (l *reloader) agree() {
	l.refused, l.unreadable = fingerprint{}, ""
	l.state.staleSince.Store(0)
	l.running.board.refuse(nil)
	if l.state.failing.Swap(false) {
		componentstatus.ReportStatus(l.running.host, componentstatus.NewEvent(componentstatus.StatusOK))
	}
}

func (l *reloader) fail(outcome string, err error, text string) {
	l.state.failing.Store(true)
	l.running.board.refuse(err)
	l.running.metrics.countReload(outcome)
	l.processor.log.Error(text + ":\n" + err.Error())
	componentstatus.ReportStatus(l.running.host, componentstatus.NewRecoverableErrorEvent(err))
}
