package betrace

import (
	"encoding/binary"
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Lengths are known only once their content is written. What holds spans has room for a varint padded to five bytes (35 bits),
// so that nothing is moved afterwards; what is inside, nearly always below 16 KiB, for one of two, which readers are quickest with.
const (
	outerLengthBytes = 5
	innerLengthBytes = 2
)

// maxValueDepth is how deep arrays and maps inside one value are written. No comparison of the
// language looks into an element's elements, so what is deeper is written as an empty value, and a
// hostile depth costs neither stack nor time.
const maxValueDepth = 16

// openOuter begins a field that holds spans, and returns the place for closeOuter.
func openOuter(dst []byte, tag byte) ([]byte, int) {
	dst = append(dst, tag, 0x80, 0x80, 0x80, 0x80, 0x00)
	return dst, len(dst)
}

// closeOuter writes the length of all that came since openOuter.
func closeOuter(dst []byte, at int) {
	length := uint64(len(dst) - at)
	place := dst[at-outerLengthBytes : at : at]
	place[0] = byte(length) | 0x80
	place[1] = byte(length>>7) | 0x80
	place[2] = byte(length>>14) | 0x80
	place[3] = byte(length>>21) | 0x80
	place[4] = byte(length>>28) & 0x7f
}

// openInner begins any other field, and returns the place for closeInner.
func openInner(dst []byte, tag byte) ([]byte, int) {
	dst = append(dst, tag, 0x80, 0x00)
	return dst, len(dst)
}

// closeInner writes the length of all that came since openInner. Of a large one all of it is moved to make room.
func closeInner(dst []byte, at int) []byte {
	length := len(dst) - at
	if length < 1<<14 {
		dst[at-2] = byte(length) | 0x80
		dst[at-1] = byte(length >> 7)
		return dst
	}
	more := uvarintSize(uint64(length)) - innerLengthBytes
	dst = slices.Grow(dst, more)[:len(dst)+more]
	copy(dst[at+more:], dst[at:at+length])
	binary.PutUvarint(dst[at-innerLengthBytes:], uint64(length))
	return dst
}

func appendText(dst []byte, tag byte, text string) []byte {
	if text == "" {
		return dst
	}
	dst = append(dst, tag)
	dst = binary.AppendUvarint(dst, uint64(len(text)))
	return append(dst, text...)
}

func uvarintSize(value uint64) int {
	size := 1
	for value >= 0x80 {
		value >>= 7
		size++
	}
	return size
}

// putLength writes a length into room that is there, at this place, and returns the place behind it.
func putLength(room []byte, at, length int) int {
	for length >= 0x80 {
		room[at] = byte(length) | 0x80
		length >>= 7
		at++
	}
	room[at] = byte(length)
	return at + 1
}

// appendEntry writes a KeyValue as a field with this tag.
func appendEntry(dst []byte, tag byte, key string, value pcommon.Value, depth int) []byte {
	valueSize := sizeOf(value, depth)
	size := 1 + uvarintSize(uint64(valueSize)) + valueSize
	if key != "" {
		size += 1 + uvarintSize(uint64(len(key))) + len(key)
	}
	dst = append(dst, tag)
	dst = binary.AppendUvarint(dst, uint64(size))
	dst = appendText(dst, 0x0a, key)
	dst = append(dst, 0x12)
	dst = binary.AppendUvarint(dst, uint64(valueSize))
	return appendValue(dst, value, depth)
}

// sizeOf is the length of an encoded AnyValue.
func sizeOf(value pcommon.Value, depth int) int {
	switch value.Type() {
	case pcommon.ValueTypeStr:
		return 1 + lengthPrefixed(len(value.Str()))
	case pcommon.ValueTypeInt:
		return 1 + uvarintSize(uint64(value.Int()))
	case pcommon.ValueTypeDouble:
		return 9
	case pcommon.ValueTypeBool:
		return 2
	case pcommon.ValueTypeBytes:
		return 1 + lengthPrefixed(value.Bytes().Len())
	case pcommon.ValueTypeSlice:
		if depth >= maxValueDepth {
			return 0
		}
		return 1 + lengthPrefixed(sizeOfSlice(value.Slice(), depth))
	case pcommon.ValueTypeMap:
		if depth >= maxValueDepth {
			return 0
		}
		return 1 + lengthPrefixed(sizeOfMap(value.Map(), depth))
	default:
		return 0
	}
}

func lengthPrefixed(length int) int {
	return uvarintSize(uint64(length)) + length
}

func sizeOfSlice(slice pcommon.Slice, depth int) int {
	size := 0
	for i := range slice.Len() {
		size += 1 + lengthPrefixed(sizeOf(slice.At(i), depth+1))
	}
	return size
}

func sizeOfMap(entries pcommon.Map, depth int) int {
	size := 0
	for key, value := range entries.All() {
		entry := 1 + lengthPrefixed(sizeOf(value, depth+1))
		if key != "" {
			entry += 1 + lengthPrefixed(len(key))
		}
		size += 1 + lengthPrefixed(entry)
	}
	return size
}

// appendValue writes the content of an AnyValue.
func appendValue(dst []byte, value pcommon.Value, depth int) []byte {
	switch value.Type() {
	case pcommon.ValueTypeStr:
		text := value.Str()
		dst = append(dst, 0x0a)
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		return append(dst, text...)
	case pcommon.ValueTypeInt:
		dst = append(dst, 0x18)
		return binary.AppendUvarint(dst, uint64(value.Int()))
	case pcommon.ValueTypeDouble:
		dst = append(dst, 0x21)
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(value.Double()))
	case pcommon.ValueTypeBool:
		if value.Bool() {
			return append(dst, 0x10, 1)
		}
		return append(dst, 0x10, 0)
	case pcommon.ValueTypeBytes:
		content := value.Bytes()
		dst = append(dst, 0x3a)
		dst = binary.AppendUvarint(dst, uint64(content.Len()))
		for _, one := range content.All() {
			dst = append(dst, one)
		}
		return dst
	case pcommon.ValueTypeSlice:
		if depth >= maxValueDepth {
			return dst
		}
		slice := value.Slice()
		dst = append(dst, 0x2a)
		dst = binary.AppendUvarint(dst, uint64(sizeOfSlice(slice, depth)))
		for i := range slice.Len() {
			element := slice.At(i)
			dst = append(dst, 0x0a)
			dst = binary.AppendUvarint(dst, uint64(sizeOf(element, depth+1)))
			dst = appendValue(dst, element, depth+1)
		}
		return dst
	case pcommon.ValueTypeMap:
		if depth >= maxValueDepth {
			return dst
		}
		entries := value.Map()
		dst = append(dst, 0x32)
		dst = binary.AppendUvarint(dst, uint64(sizeOfMap(entries, depth)))
		for key, element := range entries.All() {
			dst = appendEntry(dst, 0x0a, key, element, depth+1)
		}
		return dst
	default:
		return dst
	}
}
