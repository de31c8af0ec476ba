package betraceprocessor

import (
	"encoding/json"
	"errors"

	"go.uber.org/zap"
)

// evidenceState is what is stored.
type evidenceState struct {
	Chain json.RawMessage `json:"chain"`
	// Waiting are records that are not written, the oldest first.
	Waiting []json.RawMessage `json:"waiting"`
}

// chain is where a chain stands, as far as the processor reads it.
type chain struct {
	Instance string `json:"instance"`
	Sequence uint64 `json:"sequence"`
	Hash     string `json:"hash"`
	To       string `json:"to"`
	Cause    string `json:"cause"`
	Signer   string `json:"signer"`
}

func chainOf(text json.RawMessage) (chain, error) {
	var c chain
	if err := json.Unmarshal(text, &c); err != nil {
		return chain{}, err
	}
	if c.Instance == "" || c.Sequence == 0 {
		return chain{}, errors.New("it is no chain of evidence records")
	}
	return c, nil
}

// followFiles goes on from what the files say where the storage knows less: a power cut may have thrown it back.
func (e *evidence) followFiles() {
	files, ok := e.to.(*recordFiles)
	stored, err := chainOf(e.state.Chain)
	if !ok || err != nil {
		return
	}
	last, err := files.last(stored.Instance)
	if err != nil {
		e.log.Warn("the files of evidence records cannot be read; their chain goes on from the storage", zap.Error(err))
	}
	if last == nil || last.Sequence <= stored.Sequence {
		return
	}
	if text, err := json.Marshal(last); err == nil {
		e.state = evidenceState{Chain: text}
	}
}
