package betraceprocessor

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace"
)

// snapshotKey is where the engine's state lies in the storage.
const snapshotKey = "snapshot"

// stateStorage keeps the engine's state from a shutdown to the next start.
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
		return nil, fmt.Errorf("storage: %w", err)
	}
	return &stateStorage{client: client}, nil
}

// restore gives the engine the state of the last shutdown. It is deleted at once: after a crash it
// would be older than what was seen since, and the engine would believe it. A state that cannot be
// used is set aside with a warning, and the engine starts as if there were none.
func (s *stateStorage) restore(ctx context.Context, engine *betrace.Engine, now uint64, log *zap.Logger) {
	snapshot, err := s.client.Get(ctx, snapshotKey)
	if err == nil && len(snapshot) > 0 {
		if err = s.client.Delete(ctx, snapshotKey); err == nil {
			err = engine.Restore(snapshot, now)
		}
	}
	if err != nil {
		log.Warn("the stored state cannot be used; traces of the time before end as inconclusive", zap.Error(err))
	}
}

func (s *stateStorage) save(ctx context.Context, engine *betrace.Engine) error {
	snapshot, err := engine.Snapshot()
	if err != nil {
		return errors.Join(errors.New("the state was not stored"), err)
	}
	if err := s.client.Set(ctx, snapshotKey, snapshot); err != nil {
		return fmt.Errorf("the state was not stored: %w", err)
	}
	return nil
}

func (s *stateStorage) close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.client.Close(ctx)
}
