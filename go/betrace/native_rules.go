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
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"unsafe"
)

// Rules is a compiled rule set. It may be used from several goroutines.
type Rules struct {
	mu     sync.RWMutex
	handle *C.betrace_rules
	free   runtime.Cleanup

	count, enabled, errors int
	bytes                  uint64
}

// Compile reads rule files and compiles their rules. Faults in them are not an error of the call:
// see [Rules.ErrorCount] and [Rules.Report]. Close the rules when they are not needed any more;
// engines made from them go on.
func Compile(sources []Source) (*Rules, error) {
	return CompileWithin(sources, RuleLimits{})
}

// CompileWithin is [Compile] with limits that hang on where the rules are used.
func CompileWithin(sources []Source, limits RuleLimits) (*Rules, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	converted := native(sources, &pinner)
	rules := &Rules{}
	if code := C.betrace_rules_compile_within(unsafe.SliceData(converted), C.size_t(len(converted)), C.uint64_t(limits.LongestDeadline), C.uint64_t(limits.Bytes), &rules.handle); code != 0 {
		return nil, &Error{Code: Code(code)}
	}
	rules.free = runtime.AddCleanup(rules, func(handle *C.betrace_rules) { C.betrace_rules_free(handle) }, rules.handle)
	var count, enabled, faults C.size_t
	if code := C.betrace_rules_count(rules.handle, &count, &faults); code != 0 {
		rules.Close()
		return nil, &Error{Code: Code(code)}
	}
	if code := C.betrace_rules_count_enabled(rules.handle, &enabled); code != 0 {
		rules.Close()
		return nil, &Error{Code: Code(code)}
	}
	var bytes C.uint64_t
	if code := C.betrace_rules_bytes(rules.handle, &bytes); code != 0 {
		rules.Close()
		return nil, &Error{Code: Code(code)}
	}
	rules.count, rules.enabled, rules.errors, rules.bytes = int(count), int(enabled), int(faults), uint64(bytes)
	return rules, nil
}

// MissingFiles names the files that these use (`use:` in a rule file) and that are not among them, relative to what the
// names of the sources are relative to. Add those that may be read and ask again; [Compile] reports what is still missing.
func MissingFiles(sources []Source) ([]string, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	converted := native(sources, &pinner)
	text, err := filled(func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.betrace_rules_missing_files(unsafe.SliceData(converted), C.size_t(len(converted)), buf, capacity, length)
	})
	if err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(text, &names); err != nil {
		return nil, fmt.Errorf("betrace: the names of used files cannot be read: %w", err)
	}
	return names, nil
}

// native is what C takes for sources: what C memory points to must be pinned; what is handed over as an argument is so by
// the call.
func native(sources []Source, pinner *runtime.Pinner) []C.betrace_source {
	converted := make([]C.betrace_source, len(sources))
	for i, source := range sources {
		converted[i].name, converted[i].name_len = pinned(pinner, []byte(source.Name))
		converted[i].text, converted[i].text_len = pinned(pinner, source.Text)
	}
	return converted
}

// Count is how many rules were read, faulty and disabled ones too.
func (r *Rules) Count() int { return r.count }

// EnabledCount is how many of the faultless rules are enabled: those that an engine evaluates.
func (r *Rules) EnabledCount() int { return r.enabled }

// Bytes is what the enabled rules hold in native memory once an engine uses them, about; mostly regular expressions as
// compiled, equal ones once.
func (r *Rules) Bytes() uint64 { return r.bytes }

// ErrorCount is how many errors there are; an engine takes only rules without any.
func (r *Rules) ErrorCount() int { return r.errors }

// Report is everything that is to be said about the rules: errors, warnings and notes with their
// places. The text form is empty where there is nothing to say.
func (r *Rules) Report(format ReportFormat) (string, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.handle == nil {
		return "", ErrClosed
	}
	text, err := filled(func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.betrace_rules_report(r.handle, C.int32_t(format), buf, capacity, length)
	})
	return string(text), err
}

// List are the rules that an engine evaluates, in their order.
func (r *Rules) List() ([]RuleInfo, error) {
	text, err := r.Report(reportRules)
	if err != nil {
		return nil, err
	}
	var rules []RuleInfo
	if err := json.Unmarshal([]byte(text), &rules); err != nil {
		return nil, fmt.Errorf("betrace: the list of rules cannot be read: %w", err)
	}
	return rules, nil
}

// Close frees the rules. It may be called twice.
func (r *Rules) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.handle != nil {
		r.free.Stop()
		C.betrace_rules_free(r.handle)
		r.handle = nil
	}
}
