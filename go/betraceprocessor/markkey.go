package betraceprocessor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/collector/config/configopaque"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace"
	"github.com/betracehq/betrace/go/betrace/mark"
)

// Bounds of a secret, and how many may be known beside the one that marks.
const (
	leastSecret      = mark.LeastSecret
	mostSecret       = mark.MostSecret
	mostPreviousKeys = 7
)

// processKey is the key of those processors of one Collector that were given none and have none stored, so that they
// know each other's violations. It is made when the first of them asks, unless one of them had a stored key before.
type processKey struct {
	mu  sync.Mutex
	key betrace.MarkKey
}

// agree answers the key of a processor that has stored this one, or (empty) none.
func (k *processKey) agree(stored betrace.MarkKey) betrace.MarkKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == "" {
		k.key = stored
	}
	if stored != "" {
		return stored
	}
	if k.key == "" {
		k.key = betrace.MarkKey(rand.Text())
	}
	return k.key
}

func validateKey(name string, secret configopaque.String) error {
	if len(secret) < leastSecret || len(secret) > mostSecret {
		return fmt.Errorf("%s must have from %d to %d characters, and has %d; `openssl rand -hex 32` makes a good one", name, leastSecret, mostSecret, len(secret))
	}
	return nil
}

// validateKeys checks violations::key and its predecessors; what is wrong is said without the secret.
func (c *Violations) validateKeys() error {
	var err error
	if c.Key != "" {
		err = validateKey("violations::key", c.Key)
	}
	if len(c.PreviousKeys) > 0 && c.Key == "" {
		err = errors.Join(err, errors.New("violations::previous_keys are nothing without violations::key"))
	}
	if len(c.PreviousKeys) > mostPreviousKeys {
		err = errors.Join(err, fmt.Errorf("violations::previous_keys must be at most %d, and are %d", mostPreviousKeys, len(c.PreviousKeys)))
	}
	for i, secret := range c.PreviousKeys {
		err = errors.Join(err, validateKey(fmt.Sprintf("violations::previous_keys[%d]", i), secret))
	}
	return err
}

// markKeys are the keys of this processor's marks, the one that marks first, and what became of the stored one: those
// of the configuration, else the stored one, else that of the process, which is stored then.
func (p *betraceProcessor) markKeys(ctx context.Context, storage *stateStorage) (keys []betrace.MarkKey, outcome string) {
	configured := &p.config.Violations
	if configured.Key != "" {
		keys = append(keys, betrace.MarkKey(configured.Key))
		for _, secret := range configured.PreviousKeys {
			keys = append(keys, betrace.MarkKey(secret))
		}
		return keys, ""
	}
	var stored betrace.MarkKey
	outcome, err := storage.take(ctx, storedMarkKey, func(content []byte) error {
		if len(content) < leastSecret || len(content) > mostSecret {
			return fmt.Errorf("storage: a key of %d bytes is none", len(content))
		}
		stored = betrace.MarkKey(content)
		return nil
	})
	key := p.shared.key.agree(stored)
	if storage != nil && stored == "" {
		// One that cannot be read now may be there after all; then it stays.
		if outcome != partUnreadable {
			var storing error
			outcome, storing = storage.put(ctx, storedMarkKey, []byte(key))
			err = errors.Join(err, storing)
		}
	}
	if err != nil {
		p.log.Warn("the key of the marks of violations is not kept; after the next start violations from before it are judged like other spans if they come by again", zap.Error(err))
	}
	return []betrace.MarkKey{key}, outcome
}

// announcedKeys are the keys as a connector of this Collector knows violations by them.
func announcedKeys(secrets []betrace.MarkKey) ([]mark.Key, error) {
	keys := make([]mark.Key, 0, len(secrets))
	for _, secret := range secrets {
		key, err := mark.NewKey(string(secret))
		if err != nil {
			return nil, fmt.Errorf("violations: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
