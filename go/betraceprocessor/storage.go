package betraceprocessor

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/betracehq/betrace/go/betrace"
)

// snapshotKey is where the engine's state lies in the storage.
const snapshotKey = "snapshot"

// stateStorage keeps the engine's state from a shutdown to the next start. A nil one keeps nothing.
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

// take gives the state of the last shutdown, nil where there is none, and deletes it: after a crash
// it would be older than what was seen since, and must not be believed then.
func (s *stateStorage) take(ctx context.Context) ([]byte, error) {
	if s == nil {
		return nil, nil
	}
	snapshot, err := s.client.Get(ctx, snapshotKey)
	if err != nil || len(snapshot) == 0 {
		return nil, err
	}
	if err := s.client.Delete(ctx, snapshotKey); err != nil {
		return nil, err
	}
	return snapshot, nil
}

func (s *stateStorage) save(ctx context.Context, engine *betrace.Engine) error {
	snapshot, err := engine.Snapshot(betrace.FinalSnapshot)
	if err == nil {
		err = s.client.Set(ctx, snapshotKey, snapshot)
	}
	if err != nil {
		return errors.Join(errors.New("storage: the state was not stored; live traces end as inconclusive(shutdown)"), err)
	}
	return nil
}

func (s *stateStorage) close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.client.Close(ctx)
}
