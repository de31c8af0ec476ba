package betrace

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// expectations remembers which keys follow which: whoever writes spans writes those of a kind with the same keys in the same
// order. What came by is a tree, from the kind of a span on, behind each key those that came behind it. A key that is
// expected is known by one comparison, and with it whether it is wanted; any other is looked for as if nothing were
// expected, so that a wrong guess costs a little and changes nothing.
//
// It belongs to one goroutine at a time and to one set of keys.
type expectations struct {
	places [expectedPlaces]expectedKey
	// taken is how many places are, those that have no key included.
	taken uint16
	// strangers are spans with a key for which there was no place.
	strangers int
}

// expectedKey is a place of the tree. Those without a key are nowhere, the first, which nothing follows, and where the spans of
// each kind begin.
type expectedKey struct {
	key string
	// first and last are its first and last eight bytes, 0 of a shorter one.
	first, last uint64
	// wanted is nil of a key that is not.
	wanted *wantedKey
	// next is the first that is expected behind this key, other what is expected in its own place besides; nowhere: none.
	next, other uint16
}

const (
	expectedPlaces = 1024
	nowhere        = 0
	// kindsOfSpans begin at the places 1 to this one, the last for all kinds that are not known.
	kindsOfSpans = 7
	// expectedAhead keys are expected behind one.
	expectedAhead = 8
	// expectedBytes is the most that a key may have to be expected: longer ones are rare, and what is kept is bounded.
	expectedBytes = 128
	manyStrangers = 1 << 13
)

func newExpectations() *expectations {
	return &expectations{taken: 1 + kindsOfSpans}
}

// isStale once many spans had what could not be remembered: senders may have changed, and whoever began anew would learn them.
func (e *expectations) isStale() bool { return e.strangers >= manyStrangers }

// appendExpected writes the attributes of a span of this kind like appendAttributes.
func (e *expectations) appendExpected(dst []byte, tag byte, kind int32, attributes pcommon.Map, keys *keySet) []byte {
	at := 1 + uint16(min(uint32(kind), kindsOfSpans-1))
	for key, value := range attributes.All() {
		if keys.lengths&lengthBit(key) == 0 {
			continue
		}
		var first, last uint64
		if len(key) >= 8 {
			first, last = eightBytes(key), eightBytes(key[len(key)-8:])
		}
		next := e.places[at%expectedPlaces].next
		for next != nowhere {
			known := &e.places[next%expectedPlaces]
			// From 8 to 16 bytes its two ends are all of a key.
			if known.first == first && known.last == last && len(known.key) == len(key) &&
				(uint(len(key)-8) <= 8 || known.key == key) {
				break
			}
			next = known.other
		}
		wanted := e.places[next%expectedPlaces].wanted
		if next == nowhere {
			next, wanted = e.surprise(at, key, keys)
		}
		at = next
		if wanted != nil {
			dst = wanted.appendAttribute(dst, tag, value)
		}
	}
	return dst
}

// surprise looks a key up that was not expected behind the one at this place, and remembers it there if it can: then it returns
// its place, else nowhere.
func (e *expectations) surprise(at uint16, key string, keys *keySet) (uint16, *wantedKey) {
	wanted := keys.find(key)
	if at == nowhere {
		return nowhere, wanted
	}
	ahead := 0
	link := &e.places[at].next
	for *link != nowhere {
		link = &e.places[*link].other
		ahead++
	}
	if e.taken == expectedPlaces || ahead == expectedAhead || len(key) > expectedBytes {
		e.strangers++
		return nowhere, wanted
	}
	place := e.taken
	e.taken++
	*link = place
	// The key may be a part of a text that is much longer.
	known := expectedKey{key: strings.Clone(key), wanted: wanted}
	if len(key) >= 8 {
		known.first, known.last = eightBytes(key), eightBytes(key[len(key)-8:])
	}
	e.places[place] = known
	return place, wanted
}
