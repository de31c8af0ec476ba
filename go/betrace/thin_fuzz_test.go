package betrace

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// shape says which fields of a message are messages that matter here, and which have no meaning in traces: pdata reads and
// keeps them, but its API neither shows nor removes them.
type shape struct {
	inside      map[uint64]*shape
	meaningless map[uint64]bool
}

// traceShape is what of OTLP's messages holds attributes. Strings by index (AnyValue.string_value_strindex,
// KeyValue.key_strindex) are for profiles, whose dictionary traces do not have; entity_refs of a resource name attributes,
// and rules do not read them.
func traceShape() *shape {
	value := &shape{meaningless: map[uint64]bool{8: true}}
	attribute := &shape{inside: map[uint64]*shape{2: value}, meaningless: map[uint64]bool{3: true}}
	with := func(field uint64) *shape { return &shape{inside: map[uint64]*shape{field: attribute}} }
	value.inside = map[uint64]*shape{5: {inside: map[uint64]*shape{1: value}}, 6: with(1)}
	span := &shape{inside: map[uint64]*shape{9: attribute, 11: with(3), 13: with(4)}}
	scopeSpans := &shape{inside: map[uint64]*shape{1: with(3), 2: span}}
	resource := &shape{inside: map[uint64]*shape{1: attribute}, meaningless: map[uint64]bool{3: true}}
	resourceSpans := &shape{inside: map[uint64]*shape{1: resource, 2: scopeSpans}}
	return &shape{inside: map[uint64]*shape{1: resourceSpans}}
}

// meaningful is message without what has no meaning in traces; false where it is no protobuf.
func meaningful(message []byte, of *shape) ([]byte, bool) {
	var out []byte
	for len(message) > 0 {
		field, rest, ok := nextField(message)
		if !ok {
			return nil, false
		}
		key, n := binary.Uvarint(field)
		switch inner := of.inside[key>>3]; {
		case of.meaningless[key>>3]:
		case inner != nil && key&7 == 2:
			_, prefix := binary.Uvarint(field[n:])
			content, ok := meaningful(field[n+prefix:], inner)
			if !ok {
				return nil, false
			}
			out = append(out, field[:n]...)
			out = binary.AppendUvarint(out, uint64(len(content)))
			out = append(out, content...)
		default:
			out = append(out, field...)
		}
		message = rest
	}
	return out, true
}

// nextField cuts the first field off, its key included. Groups are not looked into: pdata refuses them where they matter.
func nextField(message []byte) (field, rest []byte, ok bool) {
	key, n := binary.Uvarint(message)
	if n <= 0 {
		return nil, nil, false
	}
	size := 0
	switch key & 7 {
	case 0:
		_, size = binary.Uvarint(message[n:])
		if size <= 0 {
			return nil, nil, false
		}
	case 1:
		size = 8
	case 2:
		length, prefix := binary.Uvarint(message[n:])
		if prefix <= 0 || length > uint64(len(message)) {
			return nil, nil, false
		}
		size = prefix + int(length)
	case 5:
		size = 4
	default:
		return nil, nil, false
	}
	if n+size > len(message) {
		return nil, nil, false
	}
	return message[:n+size], message[n+size:], true
}

// requireThin holds the thin message of any bytes that are traces against the whole one.
func requireThin(t *testing.T, message []byte, seed uint64) {
	message, ok := meaningful(message, traceShape())
	if !ok {
		t.Skip("no protobuf")
	}
	traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	if err != nil {
		t.Skip("no traces")
	}
	requireProjection(t, traces, randomWanted(rand.New(rand.NewPCG(seed, 0))))
}

// The string indexes of profiles once stood in the projection and not in the thin message: a fault of the test.
func TestThinLeavesOutWhatHasNoMeaningInTraces(t *testing.T) {
	text := []byte{0x0a, 0x01, 'x'}
	for name, entry := range map[string][]byte{
		"a key by index":   append([]byte{0x0a, 0x01, 'a', 0x12, byte(len(text))}, append(text, 0x18, 0x05)...),
		"a value by index": {0x0a, 0x01, 'a', 0x12, 0x02, 0x40, 0x05},
	} {
		t.Run(name, func(t *testing.T) {
			within := func(tag byte, content []byte) []byte { return append([]byte{tag, byte(len(content))}, content...) }
			message := within(0x0a, within(0x12, within(0x12, within(0x4a, entry))))
			_, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
			require.NoError(t, err)
			// Some of the seeds want the key.
			for seed := range uint64(16) {
				requireThin(t, message, seed)
			}
		})
	}
}

func FuzzThin(f *testing.F) {
	// Small seeds: the fuzzer spends its time on mutations, not on copying.
	random := rand.New(rand.NewPCG(7, 7))
	for seeds := 0; seeds < 12; {
		message, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(randomTraces(random))
		require.NoError(f, err)
		if len(message) > 0 && len(message) < 1_500 {
			f.Add(message, random.Uint64())
			seeds++
		}
	}
	f.Fuzz(requireThin)
}
