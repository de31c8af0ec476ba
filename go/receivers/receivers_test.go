package receivers

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/jaegertracing/jaeger-idl/model/v1"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var (
	update = flag.Bool("update", false, "write the file of what the receivers make of the documents anew")
	more   = flag.String("more", "", "write this many generated documents of each kind to the file named by -to")
	to     = flag.String("to", "", "see -more")
)

const (
	kept      = "../../testdata/formats/receivers.jsonl"
	seed      = 158
	keptCount = 60
)

// entry is a line of the file: a document and what the receiver makes of it.
type entry struct {
	Kind     Kind            `json:"kind"`
	Document string          `json:"document"`
	Spans    json.RawMessage `json:"spans,omitempty"`
	Refused  string          `json:"refused,omitempty"`
}

func said(t *testing.T, kind Kind, text []byte, traces ptrace.Traces, err error) entry {
	t.Helper()
	e := entry{Kind: kind, Document: string(text)}
	if err != nil {
		e.Refused = err.Error()
		return e
	}
	sorted(traces)
	spans, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
	if err != nil {
		t.Fatal(err)
	}
	e.Spans = spans
	return e
}

// sorted puts attributes in order, which the translators leave to chance.
func sorted(traces ptrace.Traces) {
	for _, rs := range traces.ResourceSpans().All() {
		sortMap(rs.Resource().Attributes())
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				sortMap(span.Attributes())
				for _, event := range span.Events().All() {
					sortMap(event.Attributes())
				}
				for _, link := range span.Links().All() {
					sortMap(link.Attributes())
				}
			}
		}
	}
}

// entries are n generated documents of each kind.
func entries(t *testing.T, n int) []entry {
	t.Helper()
	g := NewGenerator(seed)
	var all []entry
	for range n {
		zipkin := func(kind Kind, text []byte) {
			traces, err := Zipkin(kind, text)
			all = append(all, said(t, kind, text, traces, err))
		}
		zipkin(ZipkinV2, g.ZipkinV2())
		zipkin(ZipkinV1, g.ZipkinV1())
		span := g.Span()
		kafka, err := Kafka(span)
		if err != nil {
			t.Fatal(err)
		}
		traces, err := Jaeger([]*model.Span{span})
		all = append(all, said(t, JaegerUI, UI(span), traces, err), said(t, JaegerKafka, kafka, traces, err))
		if span.Process == nil {
			span.Process = &model.Process{}
			traces, err = Jaeger([]*model.Span{span})
		}
		all = append(all, said(t, JaegerElasticsearch, Elasticsearch(span), traces, err))
	}
	return all
}

func lines(t *testing.T, all []entry) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for _, e := range all {
		if err := encoder.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// The file that the Rust readers are held to is what the receivers say today.
func TestTheKeptFileIsWhatTheReceiversSay(t *testing.T) {
	want := lines(t, entries(t, keptCount))
	if *update {
		if err := os.WriteFile(kept, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the receivers say: go test ./... -update writes it anew", filepath.Base(kept))
	}
}

// Not a test: writes documents for a longer comparison.
func TestMore(t *testing.T) {
	if *to == "" {
		t.Skip("-to names no file")
	}
	var n int
	if err := json.Unmarshal([]byte(*more), &n); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*to, lines(t, entries(t, n)), 0o644); err != nil {
		t.Fatal(err)
	}
}
