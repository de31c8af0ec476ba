package shop

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// seen is a span as it was exported.
type seen struct {
	*tracepb.Span
	service string
}

// export runs the shop with some faults and returns the spans of each trace.
func export(t *testing.T, faults Faults) map[string][]seen {
	t.Helper()
	var mu sync.Mutex
	traces := map[string][]seen{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = unpacked
		}
		message, err := io.ReadAll(body)
		if err != nil {
			t.Error(err)
			return
		}
		var request collectortrace.ExportTraceServiceRequest
		if err := proto.Unmarshal(message, &request); err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range request.ResourceSpans {
			service := ""
			for _, attribute := range resource.Resource.Attributes {
				if attribute.Key == "service.name" {
					service = attribute.Value.GetStringValue()
				}
			}
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					id := hex.EncodeToString(span.TraceId)
					traces[id] = append(traces[id], seen{span, service})
				}
			}
		}
	}))
	t.Cleanup(receiver.Close)

	ctx := t.Context()
	s, err := Open(ctx, Telemetry{Endpoint: strings.TrimPrefix(receiver.URL, "http://"), Protocol: "http"}, faults)
	if err != nil {
		t.Fatal(err)
	}
	report := s.Serve(ctx, Traffic{Requests: 20, Seed: 7, Shoppers: 4, Pause: time.Millisecond})
	if err := s.Close(context.WithoutCancel(ctx)); err != nil {
		t.Fatal(err)
	}
	if report.Sent != 20 {
		t.Fatalf("%d of 20 requests were sent", report.Sent)
	}
	if report.Failed > 0 && !faults.RetryStorm {
		t.Fatalf("%d requests failed", report.Failed)
	}
	if len(traces) != 20 {
		t.Fatalf("20 requests made %d traces", len(traces))
	}
	return traces
}

// named is how often a span name occurs in the trace.
func named(trace []seen, name string) int {
	n := 0
	for _, span := range trace {
		if span.Name == name {
			n++
		}
	}
	return n
}

func largeCharge(trace []seen) bool {
	return slices.ContainsFunc(trace, func(s seen) bool {
		return s.Name == "payment.charge_card" && slices.ContainsFunc(s.Attributes, func(a *commonpb.KeyValue) bool {
			return a.Key == "amount" && a.Value.GetDoubleValue() > 1000
		})
	})
}

// faultsIn counts the traces with each fault.
func faultsIn(traces map[string][]seen) map[string]int {
	found := map[string]int{}
	for _, trace := range traces {
		if largeCharge(trace) && (named(trace, "payment.fraud_check") == 0 || named(trace, "payment.bypass_validation") > 0) {
			found["fraud"]++
		}
		if named(trace, "database.query_pii") > 0 && named(trace, "audit.log") == 0 {
			found["audit"]++
		}
		if named(trace, "http.retry") > 3 {
			found["retry"]++
		}
		if named(trace, "PUT /admin/prices/{sku}") > 0 && named(trace, "auth.check_admin") == 0 {
			found["access"]++
		}
		if named(trace, "execute_tool issue_refund") > 0 && named(trace, "agent.approve_tool") == 0 {
			found["tool"]++
		}
	}
	return found
}

func TestAHealthyShopHasNoFault(t *testing.T) {
	traces := export(t, Faults{})
	if found := faultsIn(traces); len(found) > 0 {
		t.Errorf("faults in healthy traffic: %v", found)
	}
	services := map[string]bool{}
	for id, trace := range traces {
		parents := map[string]bool{}
		for _, span := range trace {
			parents[string(span.SpanId)] = true
			services[span.service] = true
		}
		roots := 0
		for _, span := range trace {
			switch {
			case len(span.ParentSpanId) == 0:
				roots++
			case !parents[string(span.ParentSpanId)]:
				t.Errorf("trace %s: the parent of %s is missing", id, span.Name)
			}
		}
		if roots != 1 {
			t.Errorf("trace %s has %d roots", id, roots)
		}
	}
	if len(services) < 5 {
		t.Errorf("only %d services: %v", len(services), services)
	}
}

func TestEachFaultIsItsOwn(t *testing.T) {
	for name, faults := range map[string]Faults{
		"fraud": {SkipFraudCheck: true}, "audit": {MissingAudit: true}, "retry": {RetryStorm: true},
		"access": {UnauthorisedAccess: true}, "tool": {UnapprovedTool: true},
	} {
		t.Run(name, func(t *testing.T) {
			found := faultsIn(export(t, faults))
			if found[name] == 0 || len(found) != 1 {
				t.Errorf("found %v", found)
			}
		})
	}
}

func TestAnUnknownProtocolIsRefused(t *testing.T) {
	_, err := Open(t.Context(), Telemetry{Endpoint: "127.0.0.1:4317", Protocol: "carrier-pigeon"}, Faults{})
	if err == nil || !strings.Contains(err.Error(), "carrier-pigeon") {
		t.Errorf("got %v", err)
	}
}
