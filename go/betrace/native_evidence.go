//go:build cgo && linux && amd64

package betrace

/*
#if !__has_include("betrace.h")
#error "the native library of betrace is missing: run `make lib` at the top of the betrace repository (or build with CGO_ENABLED=0)"
#endif
#include "betrace.h"
*/
import "C"

import (
	"runtime"
	"sync"
)

// Signer is a key that signs evidence records. It may be used from several goroutines, Close included.
type Signer struct {
	mu     sync.RWMutex
	handle *C.betrace_signer
	free   runtime.Cleanup
}

// NewSigner reads an Ed25519 private key in PEM (PKCS #8), as openssl genpkey -algorithm ed25519 writes it, and the key
// before it, which signs the record of the hand-over too, where there is one. What is wrong is said without the key.
func NewSigner(pem, previous []byte) (*Signer, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	signer := &Signer{}
	var text [errorBytes]byte
	var length C.size_t
	start, size := pointer(pem)
	before, sizeBefore := pointer(previous)
	told, capacity := pointer(text[:])
	code := C.betrace_signer_new(start, size, before, sizeBefore, &signer.handle, told, capacity, &length)
	if code != 0 {
		return nil, failure(code, text[:], length)
	}
	signer.free = runtime.AddCleanup(signer, func(handle *C.betrace_signer) { C.betrace_signer_free(handle) }, signer.handle)
	return signer, nil
}

// Close wipes the key. It may be called twice.
func (s *Signer) Close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handle != nil {
		s.free.Stop()
		C.betrace_signer_free(s.handle)
		s.handle = nil
	}
}

// Evidence ends a period and answers its evidence record as JSON, {"chain":…,"envelope":…}: the envelope is the record, the
// chain is for the facts of the next call. Facts are what the caller knows, as the header says. Without a signer the
// record says that it is unsigned. Where rules were replaced, their period is told first, with the cause "reload".
func (e *Engine) Evidence(signer *Signer, facts []byte) ([]byte, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return nil, ErrClosed
	}
	var key *C.betrace_signer
	if signer != nil {
		signer.mu.RLock()
		defer signer.mu.RUnlock()
		if key = signer.handle; key == nil {
			return nil, ErrClosed
		}
	}
	var text [errorBytes]byte
	var told C.size_t
	given, size := pointer(facts)
	record, err := filled(func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
		errBuf, errCap := pointer(text[:])
		return C.betrace_engine_evidence(e.handle, key, given, size, buf, capacity, length, errBuf, errCap, &told)
	})
	if failed, ok := err.(*Error); ok {
		failed.Message = string(text[:min(int(told), len(text))])
	}
	return record, err
}
