package betrace

import (
	"encoding/binary"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// wantedKey is a key with what an attribute of it is written from. Nearly all attributes are a text or a whole number in less
// than 128 bytes, so that each of their lengths takes one: of them all but lengths and value is ready and copied in one piece.
type wantedKey struct {
	name string
	// field is the key as a field of a KeyValue.
	field string
	// short begins an attribute up to its value's own tag and length: with them it ends at shortEnd, which is 0 if the key is
	// too long for that.
	short    [shortBytes]byte
	shortEnd int
}

// shortBytes are copied whatever the key's length is, which is faster than copying as many as there are.
const shortBytes = 64

// shortRoom is more than a short attribute takes, its two bytes of tag and length and what is copied in excess included.
const shortRoom = 0x80 + shortBytes

func newWantedKey(name string) *wantedKey {
	key := &wantedKey{name: name, field: string(appendText(nil, 0x0a, name))}
	// The attribute's tag and length, the key, and the tag of the AnyValue, behind which come its length and its value's own
	// tag and length.
	if ready := 2 + len(key.field) + 1; ready <= shortBytes {
		copy(key.short[2:], key.field)
		key.short[ready-1] = 0x12
		key.shortEnd = ready + 3
	}
	return key
}

// appendAttribute writes a KeyValue of this key as a field with this tag.
func (k *wantedKey) appendAttribute(dst []byte, tag byte, value pcommon.Value) []byte {
	end := k.shortEnd
	switch value.Type() {
	case pcommon.ValueTypeStr:
		text := value.Str()
		if entry := end - 2 + len(text); end != 0 && entry < 0x80 {
			dst = slices.Grow(dst, shortRoom)
			room := (*[shortRoom]byte)(dst[len(dst) : len(dst)+shortRoom])
			*(*[shortBytes]byte)(room[:]) = k.short
			room[0], room[1] = tag, byte(entry)
			room[end-3], room[end-2], room[end-1] = byte(2+len(text)), 0x0a, byte(len(text))
			copy(room[end:], text)
			return dst[:len(dst)+end+len(text)]
		}
	case pcommon.ValueTypeInt:
		if end != 0 {
			dst = slices.Grow(dst, shortRoom)
			room := (*[shortRoom]byte)(dst[len(dst) : len(dst)+shortRoom])
			*(*[shortBytes]byte)(room[:]) = k.short
			n := binary.PutUvarint(room[end-1:], uint64(value.Int()))
			room[0], room[1] = tag, byte(end-3+n)
			room[end-3], room[end-2] = byte(1+n), 0x18
			return dst[:len(dst)+end-1+n]
		}
	}
	size := sizeOf(value, 0)
	dst = append(dst, tag)
	dst = binary.AppendUvarint(dst, uint64(len(k.field)+1+lengthPrefixed(size)))
	dst = append(dst, k.field...)
	dst = append(dst, 0x12)
	dst = binary.AppendUvarint(dst, uint64(size))
	return appendValue(dst, value, 0)
}
