package betraceprocessor

import (
	"bytes"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// severity orders violations: a smaller one is graver.
type severity uint8

const (
	severityCritical severity = iota
	severityHigh
	severityMedium
	severityLow
	severityInfo
	severities
)

func severityOf(text []byte) severity {
	switch string(text) {
	case "critical":
		return severityCritical
	case "high":
		return severityHigh
	case "medium":
		return severityMedium
	case "low":
		return severityLow
	default:
		return severityInfo
	}
}

// frame is what stands around the spans of a message: the fields of its ResourceSpans and of its ScopeSpans but the
// spans. Many violations share one.
type frame struct{ resource, scope string }

// violation is one violation span on its way, in its protobuf bytes: what waits is measured to the byte, and is decoded
// anew for each attempt to send it, because a consumer may change what it is given.
type violation struct {
	span     []byte
	frame    frame
	severity severity
	// found is when the engine handed it out, in nanoseconds since 1970.
	found uint64
}

// violationOverhead is what a waiting violation takes beside its span: itself, and its place in the queue.
const violationOverhead = 128

func (v *violation) size() int { return len(v.span) + violationOverhead }

// Field numbers of OTLP's trace messages.
const (
	requestResourceSpans = 1
	resourceScopeSpans   = 2
	scopeSpansSpan       = 2
	spanAttribute        = 9
	attributeKey         = 1
	attributeValue       = 2
	valueString          = 1
)

const severityKey = "betrace.rule.severity"

var errViolations = errors.New("the engine's violations are no OTLP")

// fields calls each for every field of a message: with its bytes where it is length-delimited, else with nil, and
// always with all of it, tag included.
func fields(message []byte, each func(number protowire.Number, content, whole []byte) error) error {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return fmt.Errorf("%w: %w", errViolations, protowire.ParseError(tag))
		}
		length := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if length < 0 {
			return fmt.Errorf("%w: %w", errViolations, protowire.ParseError(length))
		}
		var content []byte
		if kind == protowire.BytesType {
			content, _ = protowire.ConsumeBytes(message[tag:])
		}
		if err := each(number, content, message[:tag+length]); err != nil {
			return err
		}
		message = message[tag+length:]
	}
	return nil
}

// splitViolations takes a message of the engine apart. The violations keep nothing of it.
func splitViolations(message []byte, found uint64) ([]violation, error) {
	var all []violation
	err := fields(message, func(number protowire.Number, resourceSpans, _ []byte) error {
		if number != requestResourceSpans {
			return nil
		}
		return splitResource(resourceSpans, found, &all)
	})
	return all, err
}

func splitResource(resourceSpans []byte, found uint64, all *[]violation) error {
	var around []byte
	var scopes [][]byte
	err := fields(resourceSpans, func(number protowire.Number, content, whole []byte) error {
		if number == resourceScopeSpans {
			scopes = append(scopes, content)
		} else {
			around = append(around, whole...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	resource := string(around)
	for _, scopeSpans := range scopes {
		if err := splitScope(scopeSpans, resource, found, all); err != nil {
			return err
		}
	}
	return nil
}

func splitScope(scopeSpans []byte, resource string, found uint64, all *[]violation) error {
	var around []byte
	first := len(*all)
	err := fields(scopeSpans, func(number protowire.Number, content, whole []byte) error {
		if number != scopeSpansSpan {
			around = append(around, whole...)
			return nil
		}
		severity, err := severityOfSpan(content)
		*all = append(*all, violation{span: bytes.Clone(content), severity: severity, found: found})
		return err
	})
	shared := frame{resource: resource, scope: string(around)}
	for i := first; i < len(*all); i++ {
		(*all)[i].frame = shared
	}
	return err
}

// severityOfSpan reads one attribute; a span without it is the least severe.
func severityOfSpan(span []byte) (severity, error) {
	found := severityInfo
	err := fields(span, func(number protowire.Number, attribute, _ []byte) error {
		if number != spanAttribute {
			return nil
		}
		var key, value []byte
		err := fields(attribute, func(number protowire.Number, content, _ []byte) error {
			switch number {
			case attributeKey:
				key = content
			case attributeValue:
				value = content
			}
			return nil
		})
		if err != nil || string(key) != severityKey {
			return err
		}
		return fields(value, func(number protowire.Number, text, _ []byte) error {
			if number == valueString {
				found = severityOf(text)
			}
			return nil
		})
	})
	return found, err
}

// joinViolations writes one OTLP request of violations, in their order.
func joinViolations(violations []violation) []byte {
	var message []byte
	for first := 0; first < len(violations); {
		last, size := first, 0
		for last < len(violations) && violations[last].frame == violations[first].frame {
			size += len(violations[last].span) + 10
			last++
		}
		scopeSpans := make([]byte, 0, size+len(violations[first].frame.scope))
		scopeSpans = append(scopeSpans, violations[first].frame.scope...)
		for _, one := range violations[first:last] {
			scopeSpans = protowire.AppendTag(scopeSpans, scopeSpansSpan, protowire.BytesType)
			scopeSpans = protowire.AppendBytes(scopeSpans, one.span)
		}
		resourceSpans := make([]byte, 0, len(scopeSpans)+len(violations[first].frame.resource)+10)
		resourceSpans = append(resourceSpans, violations[first].frame.resource...)
		resourceSpans = protowire.AppendTag(resourceSpans, resourceScopeSpans, protowire.BytesType)
		resourceSpans = protowire.AppendBytes(resourceSpans, scopeSpans)
		message = protowire.AppendTag(message, requestResourceSpans, protowire.BytesType)
		message = protowire.AppendBytes(message, resourceSpans)
		first = last
	}
	return message
}
