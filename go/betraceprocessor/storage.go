package betraceprocessor

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// storedPart is one thing that a storage keeps from a shutdown to the next start.
type storedPart string

const (
	// storedTraces is the engine's state.
	storedTraces storedPart = "traces"
	// storedViolations are those that were not sent yet.
	storedViolations storedPart = "violations"
	// storedMarkKey is the secret that marks violations, where the configuration names none.
	storedMarkKey storedPart = "mark_key"
	// storedMembership are the members of the tier, and until when traces moved between them.
	storedMembership storedPart = "membership"
	// storedEvidence is where the chain of evidence records stands, and what of it is not written yet.
	storedEvidence storedPart = "evidence"
)

// key is where the part lies in the storage.
func (p storedPart) key() string {
	if p == storedTraces {
		return "snapshot"
	}
	return string(p)
}

// refusedKey is where it is put aside when it cannot be used; the next one that is refused takes its place.
func (p storedPart) refusedKey() string { return p.key() + ".refused" }

// stays says whether the part is left in the storage when it is taken, until it is settled. A violation that is sent twice
// is one violation, by its id, and a key is for good; a state of traces that is older than what was seen since must not be
// believed.
func (p storedPart) stays() bool { return p != storedTraces }

// What became of a stored part.
const (
	partRestored   = "restored"
	partRefused    = "refused"
	partUnreadable = "unreadable"
	partStored     = "stored"
	partFailed     = "failed"
)

var partOutcomes = []string{partRestored, partRefused, partUnreadable, partStored, partFailed}

// stateStorage keeps what a shutdown must not lose. A nil one keeps nothing.
type stateStorage struct{ client storage.Client }

// openStorage finds the storage extension that the configuration names; nil where it names none.
func openStorage(ctx context.Context, id *component.ID, host component.Host, owner component.ID) (*stateStorage, error) {
	if id == nil {
		return nil, nil
	}
	found, ok := host.GetExtensions()[*id]
	if !ok {
		return nil, fmt.Errorf("storage: there is no extension %q in service::extensions", id)
	}
	extension, ok := found.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: the extension %q does not store", id)
	}
	client, err := extension.GetClient(ctx, component.KindProcessor, owner, "")
	if err != nil {
		return nil, fmt.Errorf("storage: %q does not open for %q (in two pipelines it needs two ids, as each has a state of its own): %w", id, owner, err)
	}
	return &stateStorage{client: client}, nil
}

// take gives what was stored to use, and deletes it where it does not stay. What use refuses is put aside under a key of its own. The outcome is empty
// where nothing was stored.
func (s *stateStorage) take(ctx context.Context, part storedPart, use func([]byte) error) (outcome string, err error) {
	if s == nil {
		return "", nil
	}
	content, err := s.client.Get(ctx, part.key())
	if err != nil {
		return partUnreadable, err
	}
	if len(content) == 0 {
		return "", nil
	}
	if !part.stays() {
		if err := s.client.Delete(ctx, part.key()); err != nil {
			return partUnreadable, err
		}
	}
	if err := use(content); err != nil {
		return partRefused, errors.Join(err, s.client.Set(ctx, part.refusedKey(), content), s.client.Delete(ctx, part.key()))
	}
	return partRestored, nil
}

// put stores a part and says what became of it.
func (s *stateStorage) put(ctx context.Context, part storedPart, content []byte) (outcome string, err error) {
	if err := s.client.Set(ctx, part.key(), content); err != nil {
		return partFailed, fmt.Errorf("storage: the %s were not stored: %w", part, err)
	}
	return partStored, nil
}

// remove deletes a part that is settled.
func (s *stateStorage) remove(ctx context.Context, part storedPart) error {
	if err := s.client.Delete(ctx, part.key()); err != nil {
		return fmt.Errorf("storage: the %s that are settled were not removed: %w", part, err)
	}
	return nil
}

func (s *stateStorage) close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.client.Close(ctx)
}
