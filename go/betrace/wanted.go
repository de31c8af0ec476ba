package betrace

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Wanted names what a rule set reads of a span beyond what every thin message carries (ids, parent,
// name, kind, times, `service.name`, the scope's name).
type Wanted struct {
	SpanAttributes            []string `json:"span_attributes"`
	ResourceAttributes        []string `json:"resource_attributes"`
	InstrumentationAttributes []string `json:"instrumentation_attributes"`
	EventAttributes           []string `json:"event_attributes"`
	LinkAttributes            []string `json:"link_attributes"`
	EventNames                bool     `json:"event_names"`
	Status                    bool     `json:"status"`
	StatusMessage             bool     `json:"status_message"`
	ScopeVersion              bool     `json:"scope_version"`
}

// ParseWanted reads what the engine answers. A name that this package does not know is an error:
// a thin message without a field that a rule reads would change verdicts silently.
func ParseWanted(text []byte) (Wanted, error) {
	var wanted Wanted
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&wanted); err != nil {
		return Wanted{}, fmt.Errorf("betrace: the engine and this package disagree about the fields that rules read: %w", err)
	}
	return wanted, nil
}

// keySet answers whether an attribute key is wanted. Nearly all keys of a span are not, so a miss
// must cost about a nanosecond: one multiplication over the length and three bytes of the key, and
// a look at a table that is at most a quarter full.
type keySet struct {
	slots []string
	shift uint8
	size  int
	// The empty key marks a free slot, so it cannot stand in one.
	hasEmpty bool
}

func newKeySet(keys ...string) keySet {
	bits := uint8(3)
	for 1<<bits < 4*len(keys) {
		bits++
	}
	set := keySet{slots: make([]string, 1<<bits), shift: 32 - bits}
	for _, key := range keys {
		set.insert(key)
	}
	return set
}

func (s *keySet) insert(key string) {
	if s.has(key) {
		return
	}
	s.size++
	if key == "" {
		s.hasEmpty = true
		return
	}
	at := s.slot(key)
	for s.slots[at] != "" {
		at = (at + 1) & uint32(len(s.slots)-1)
	}
	s.slots[at] = key
}

func (s *keySet) slot(key string) uint32 {
	last := len(key) - 1
	mixed := uint32(len(key)) ^ uint32(key[0])<<8 ^ uint32(key[last])<<16 ^ uint32(key[last/2])<<24
	return (mixed * 0x9E3779B1) >> s.shift
}

func (s *keySet) has(key string) bool {
	if key == "" {
		return s.hasEmpty
	}
	if s.size == 0 {
		return false
	}
	at := s.slot(key)
	for {
		found := s.slots[at]
		if found == "" {
			return false
		}
		if found == key {
			return true
		}
		at = (at + 1) & uint32(len(s.slots)-1)
	}
}
