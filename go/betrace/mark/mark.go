// Package mark knows BeTrace's violation spans, and the spans in which its evidence records travel, by the mark that each of
// them bears, a keyed hash of its trace id and its span id. The engine makes those of violations (rust/engine/src/mark.rs says
// why they are as they are); this package makes those of records and tells both in Go, without the native library, for parts
// of a Collector that read them and evaluate nothing.
package mark // import "github.com/betracehq/betrace/go/betrace/mark"

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"

	"lukechampine.com/blake3"
)

// What a violation span and the span of an evidence record are called, and where a mark and a violation's id stand.
const (
	Scope       = "betrace"
	SpanName    = "betrace.violation"
	RecordName  = "betrace.evidence"
	Attribute   = "betrace.mark"
	ViolationID = "betrace.violation.id"
)

// Bounds of a secret in bytes.
const (
	LeastSecret = 16
	MostSecret  = 1024
)

const (
	// purpose keeps a key for marks from being a key for anything else; the engine has the same.
	purpose = "betrace 2026-11-28 marks of violation spans"
	keyLen  = 32
	// hashLen is how much of the hash a mark holds, in bytes before they are written as hex.
	hashLen = 16
)

// Key makes marks and knows them. It is not printed.
type Key struct{ derived [keyLen]byte }

// NewKey derives a key from a secret of [LeastSecret] to [MostSecret] bytes. An error does not hold the secret.
func NewKey(secret string) (Key, error) {
	if len(secret) < LeastSecret || len(secret) > MostSecret {
		return Key{}, fmt.Errorf("a secret must have from %d to %d bytes, and has %d", LeastSecret, MostSecret, len(secret))
	}
	var key Key
	blake3.DeriveKey(key.derived[:], purpose, []byte(secret))
	return key, nil
}

// String hides the key.
func (Key) String() string { return "[REDACTED]" }

// GoString hides the key.
func (Key) GoString() string { return "[REDACTED]" }

// Mark is the mark of the span with these ids: 128 bits in lower-case hex.
func (k Key) Mark(trace [16]byte, span [8]byte) string {
	hash := blake3.New(hashLen, k.derived[:])
	_, _ = hash.Write(trace[:])
	_, _ = hash.Write(span[:])
	return hex.EncodeToString(hash.Sum(nil))
}

// Made tells whether this key made the mark of these ids. It takes as long wherever a wrong mark differs.
func (k Key) Made(mark string, trace [16]byte, span [8]byte) bool {
	return subtle.ConstantTimeCompare([]byte(k.Mark(trace, span)), []byte(mark)) == 1
}
