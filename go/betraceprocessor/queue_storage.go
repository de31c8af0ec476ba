package betraceprocessor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// queueMagic begins stored violations: four letters and the version of what follows.
const queueMagic = "BTVQ\x01"

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errStoredViolations = errors.New("the stored violations are damaged or of another version")
)

// encodeViolations writes what waits, for a storage: magic, checksum, and for each violation its severity, its age in
// nanoseconds and three texts with their lengths before them. The age and not the time is kept, so that what was stored
// is not too old after an hour in which nobody could send it.
func encodeViolations(violations []violation, now uint64) []byte {
	payload := binary.AppendUvarint(nil, uint64(len(violations)))
	for i := range violations {
		v := &violations[i]
		payload = append(payload, byte(v.severity))
		payload = binary.AppendUvarint(payload, now-min(now, v.found))
		for _, text := range [][]byte{[]byte(v.frame.resource), []byte(v.frame.scope), v.span} {
			payload = binary.AppendUvarint(payload, uint64(len(text)))
			payload = append(payload, text...)
		}
	}
	content := append([]byte(queueMagic), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(content[len(queueMagic):], crc32.Checksum(payload, castagnoli))
	return append(content, payload...)
}

// decodeViolations reads what encodeViolations wrote, whole or not at all.
func decodeViolations(content []byte, now uint64) ([]violation, error) {
	rest, ok := bytes.CutPrefix(content, []byte(queueMagic))
	if !ok || len(rest) < 4 || crc32.Checksum(rest[4:], castagnoli) != binary.LittleEndian.Uint32(rest) {
		return nil, errStoredViolations
	}
	rest = rest[4:]
	number := func() uint64 {
		value, length := binary.Uvarint(rest)
		if length <= 0 {
			ok = false
			return 0
		}
		rest = rest[length:]
		return value
	}
	part := func(length uint64) []byte {
		if !ok || length > uint64(len(rest)) {
			ok = false
			return nil
		}
		content := rest[:length]
		rest = rest[length:]
		return content
	}
	var violations []violation
	frames := map[frame]frame{}
	for count := number(); ok && count > 0; count-- {
		var v violation
		if level := part(1); ok {
			v.severity = severity(level[0])
		}
		v.found = now - min(now, number())
		around := frame{resource: string(part(number())), scope: string(part(number()))}
		v.span = bytes.Clone(part(number()))
		if !ok || v.severity >= severities {
			return nil, errStoredViolations
		}
		// Equal frames share their texts.
		if known, found := frames[around]; found {
			around = known
		} else {
			frames[around] = around
		}
		v.frame = around
		violations = append(violations, v)
	}
	if !ok || len(rest) > 0 {
		return nil, errStoredViolations
	}
	return violations, nil
}
