package betraceprocessor

import (
	"errors"

	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace"
)

// reloader reads the rule files again and again and swaps the rules when their content changed. A
// set that is faulty or cannot be read is refused, and said so once for each such content; the last
// good one goes on.
type reloader struct {
	processor *betraceProcessor
	running   *running
	inUse     fingerprint
	refused   fingerprint
	// unreadable is the last error of reading, empty where the last reading went well.
	unreadable string
	healthy    bool
}

func newReloader(p *betraceProcessor, r *running, inUse fingerprint) *reloader {
	return &reloader{processor: p, running: r, inUse: inUse, healthy: true}
}

func (l *reloader) run(stop <-chan struct{}) {
	ticks, stopTicks := l.processor.clock.ticks(l.processor.config.Rules.ReloadInterval)
	defer stopTicks()
	for {
		select {
		case <-stop:
			return
		case <-ticks:
			l.look(stop)
		}
	}
}

// look reads the files once and does what their content asks for.
func (l *reloader) look(stop <-chan struct{}) {
	p, metrics := l.processor, l.running.metrics
	sources, err := readSources(&p.config.Rules)
	if err != nil {
		if l.unreadable != err.Error() {
			l.unreadable = err.Error()
			metrics.countReload("unreadable")
			l.report(err, "the rule files cannot be read; the rules in use stay")
		}
		return
	}
	l.unreadable = ""
	content := fingerprintOf(sources)
	if content == l.inUse {
		l.refused = fingerprint{}
		l.recover()
		return
	}
	if content == l.refused {
		return
	}
	compiled, err := compileSources(sources)
	if err == nil {
		defer compiled.rules.Close()
		err = l.swap(compiled.rules, stop)
	}
	if errors.Is(err, errStopped) {
		return
	}
	if err != nil {
		l.refused = content
		metrics.countReload("refused")
		l.report(err, "the changed rules are refused; the rules in use stay")
		return
	}
	l.inUse = content
	l.refused = fingerprint{}
	metrics.countReload("success")
	metrics.loaded(p.clock.now())
	if compiled.report != "" {
		p.log.Warn("the changed rules were loaded with remarks:\n" + compiled.report)
	}
	p.log.Info("the changed rules are in use", zap.Int("rules", compiled.rules.Count()))
	l.recover()
}

var errStopped = errors.New("stopped")

func (l *reloader) swap(rules *betrace.Rules, stop <-chan struct{}) error {
	r := l.running
	if !r.thinning.suspend(stop) {
		return errStopped
	}
	replaced := r.engine.ReplaceRules(rules, l.processor.clock.now())
	wanted, err := r.engine.Wanted()
	if err != nil {
		// Batches go on being written whole, which is slower and right.
		return errors.Join(replaced, err)
	}
	r.thinning.resume(betrace.NewThin(wanted))
	return replaced
}

func (l *reloader) report(err error, text string) {
	l.healthy = false
	l.processor.log.Error(text + ":\n" + err.Error())
	componentstatus.ReportStatus(l.running.host, componentstatus.NewRecoverableErrorEvent(err))
}

func (l *reloader) recover() {
	if !l.healthy {
		l.healthy = true
		componentstatus.ReportStatus(l.running.host, componentstatus.NewEvent(componentstatus.StatusOK))
	}
}
