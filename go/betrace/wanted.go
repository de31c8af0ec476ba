package betrace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/bits"
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
	EventTimes                bool     `json:"event_times"`
	LinkIDs                   bool     `json:"link_ids"`
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
// must cost a few nanoseconds: a look at the lengths that wanted keys have, before any byte of the key is fetched; then one
// multiplication over the length, the first and the last eight bytes,
// and a look at a table that is at most a quarter full and keeps the hashes beside the keys.
type keySet struct {
	slots []keySlot
	// lengths has a bit for the length of each wanted key, longer ones with the last.
	lengths uint64
	// shift leaves the hash's upper bits, which every bit of the key reaches.
	shift uint8
	size  int
}

type keySlot struct {
	// hash is 0 in a free slot and never in a taken one.
	hash uint32
	key  *wantedKey
}

func newKeySet(keys ...string) keySet {
	width := uint8(3)
	for 1<<width < 4*len(keys) {
		width++
	}
	set := keySet{slots: make([]keySlot, 1<<width), shift: 32 - width}
	for _, key := range keys {
		set.insert(key)
	}
	return set
}

func (s *keySet) insert(key string) {
	if s.find(key) != nil {
		return
	}
	s.size++
	s.lengths |= lengthBit(key)
	hash := hashKey(key)
	at := hash >> s.shift
	for s.slots[at].hash != 0 {
		at = (at + 1) & uint32(len(s.slots)-1)
	}
	s.slots[at] = keySlot{hash: hash, key: newWantedKey(key)}
}

func lengthBit(key string) uint64 { return 1 << min(len(key), 63) }

func eightBytes(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

func hashKey(key string) uint32 {
	var mixed uint64
	if n := len(key); n >= 8 {
		mixed = bits.RotateLeft64(eightBytes(key), 23) ^ eightBytes(key[n-8:])
	} else {
		for i := range n {
			mixed = mixed<<8 | uint64(key[i])
		}
	}
	mixed = (mixed ^ uint64(len(key))) * 0x9E3779B97F4A7C15
	return uint32(mixed>>32) | 1
}

// find returns nil of a key that is not wanted.
func (s *keySet) find(key string) *wantedKey {
	if s.lengths&lengthBit(key) == 0 {
		return nil
	}
	hash := hashKey(key)
	for at := hash >> s.shift; ; at = (at + 1) & uint32(len(s.slots)-1) {
		slot := &s.slots[at]
		if slot.hash == 0 {
			return nil
		}
		if slot.hash == hash && slot.key.name == key {
			return slot.key
		}
	}
}
