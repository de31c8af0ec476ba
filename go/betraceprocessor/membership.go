package betraceprocessor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace"
)

// lookupTimeout bounds one question to the resolver.
const lookupTimeout = 5 * time.Second

// resolver answers the addresses of a name; net.DefaultResolver is one.
type resolver interface {
	LookupHost(ctx context.Context, name string) ([]string, error)
}

// moves is who has to know that spans of traces may have gone to another process; the engine is one.
type moves interface {
	Moved(until uint64) error
}

// membership watches who the checkers of this processor's tier are: the same name or list that the routers before them
// ask. When that changes, a part of all traces goes to other checkers, in the middle of some of them. Neither the old
// place nor the new one then sees such a trace whole, and both must not say what it lacks. So the engine is told until
// when spans may have gone elsewhere: traces that were open here by then, or began before, end as inconclusive(moved)
// for what rests on absence.
//
// A file that is there says that the tier is moving, for as long as it is: where routers get their new list one after the
// other, or this checker is being drained.
type membership struct {
	config   *Membership
	clock    clock
	resolver resolver
	moves    moves
	log      *zap.Logger
	// keep stores the state, where there is a storage.
	keep func(context.Context, memberState)

	mu    sync.Mutex
	state memberState
	// known says whether there was ever a list, failing whether the last question had no answer.
	known, failing bool
	changes        int64
}

// memberState is what survives a restart: a list that changed meanwhile has moved the traces that are restored.
type memberState struct {
	Members []string `json:"members"`
	// Until is when the last spans went elsewhere, in nanoseconds since 1970; 0: none ever did.
	Until  uint64 `json:"until"`
	Moving bool   `json:"moving"`
}

func (c *Membership) isSet() bool { return c.DNS != "" || len(c.Static) > 0 || c.MovingFile != "" }

// validate checks the keys together with the idle time of traces: a trace must not close before its processor can know
// that its spans go elsewhere.
func (c *Membership) validate(trace *Trace) error {
	if !c.isSet() {
		return nil
	}
	var err error
	if c.DNS != "" && len(c.Static) > 0 {
		err = errors.New("membership: name the tier by dns or by static, not by both")
	}
	if c.Interval+c.Settle > trace.IdleTimeout {
		err = errors.Join(err, fmt.Errorf("membership::interval (%v) and membership::settle (%v) must together not be longer than trace::idle_timeout (%v): a trace would be judged before it is known that its spans go elsewhere", c.Interval, c.Settle, trace.IdleTimeout))
	}
	return err
}

func validateInterval(value time.Duration) error {
	return within("interval", value, 100*time.Millisecond, time.Hour)
}

func validateSettle(value time.Duration) error {
	return within("settle", value, 0, time.Hour)
}

// restore goes on from what was stored; call it before the first look.
func (m *membership) restore(state memberState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state, m.known = state, len(state.Members) > 0
	if state.Until > 0 {
		m.tell(state.Until)
	}
}

// look asks once who the members are, and tells the engine if that changed.
func (m *membership) look(ctx context.Context) {
	moving := m.isMoving()
	members, err := m.members(ctx)
	m.mu.Lock()
	before, after := m.state, m.state
	after.Moving = moving
	now := m.clock.now()
	changed := false
	switch {
	case err != nil:
		if !m.failing {
			m.log.Warn("the members of the tier cannot be told; a change of them goes unnoticed", zap.Error(err))
		}
	case !slices.Equal(members, before.Members):
		// After questions without an answer it is not known what the list was.
		changed = m.known || m.failing
		after.Members, m.known = members, true
	}
	m.failing = err != nil
	if changed {
		m.changes++
		m.log.Info("the members of the tier changed; what rests on absence is inconclusive(moved) in traces of this time", zap.Int("before", len(before.Members)), zap.Int("now", len(members)))
	}
	settled := now + uint64(m.config.Settle)
	switch {
	case moving:
		after.Until = math.MaxUint64
	case before.Moving:
		after.Until = settled
	case changed:
		after.Until = max(before.Until, settled)
	}
	m.state = after
	if after.Until != before.Until {
		m.tell(after.Until)
	}
	keep := m.keep
	m.mu.Unlock()
	if keep != nil && (!slices.Equal(before.Members, after.Members) || before.Until != after.Until || before.Moving != after.Moving) {
		keep(ctx, after)
	}
}

// tell is called under the lock.
func (m *membership) tell(until uint64) {
	if err := m.moves.Moved(until); err != nil && !errors.Is(err, betrace.ErrClosed) {
		m.log.Error("the engine does not hear that the tier changed", zap.Error(err))
	}
}

// isMoving says whether the file is there. One that cannot be told is: what is not known must not be judged.
func (m *membership) isMoving() bool {
	if m.config.MovingFile == "" {
		return false
	}
	_, err := os.Stat(m.config.MovingFile)
	return !errors.Is(err, os.ErrNotExist)
}

func (m *membership) members(ctx context.Context) ([]string, error) {
	if m.config.DNS == "" {
		return sorted(m.config.Static), nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	addresses, err := m.resolver.LookupHost(ctx, m.config.DNS)
	if err == nil && len(addresses) == 0 {
		err = fmt.Errorf("%s has no addresses", m.config.DNS)
	}
	return sorted(addresses), err
}

func sorted(members []string) []string {
	members = slices.Clone(members)
	slices.Sort(members)
	return slices.Compact(members)
}

func (m *membership) run(stop <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-stop
		cancel()
	}()
	tickUntil(stop, m.clock, m.config.Interval, func() { m.look(ctx) })
}

// membershipFigures are what the metrics show.
type membershipFigures struct {
	members, changes int64
	failing, moving  bool
}

func (m *membership) figures() membershipFigures {
	if m == nil {
		return membershipFigures{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return membershipFigures{int64(len(m.state.Members)), m.changes, m.failing, m.state.Moving}
}

// watchMembership makes the watcher of a tier, with what was stored of it, and looks for the first time; nil where the
// configuration names no tier. It says what became of the stored part.
func (p *betraceProcessor) watchMembership(ctx context.Context, r *running) (outcome string) {
	config := &p.config.Membership
	if !config.isSet() {
		return ""
	}
	m := &membership{config: config, clock: p.clock, resolver: p.shared.resolver, moves: r.engine, log: p.log}
	var stored memberState
	outcome, err := r.storage.take(ctx, storedMembership, func(content []byte) error {
		return json.Unmarshal(content, &stored)
	})
	if err != nil {
		p.log.Warn("the stored members of the tier cannot be used; a change of them during the stop goes unnoticed", zap.Error(err))
	}
	m.restore(stored)
	if r.storage != nil {
		m.keep = func(ctx context.Context, state memberState) {
			content, err := json.Marshal(state)
			outcome := partFailed
			if err == nil {
				outcome, err = r.storage.put(ctx, storedMembership, content)
			}
			if err != nil {
				p.log.Warn("the members of the tier are not stored", zap.Error(err))
			}
			r.metrics.countStored(storedMembership, outcome)
		}
	}
	r.membership = m
	return outcome
}
