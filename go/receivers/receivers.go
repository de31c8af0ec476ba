// Package receivers says what the Collector's Jaeger and Zipkin receivers make of documents: the translators of
// opentelemetry-collector-contrib v0.158.0, which the receivers are thin servers around. The readers of
// recorded traces in rust/cli are held to it, field by field, through the file that the test here keeps fresh.
package receivers

import (
	"bytes"
	"fmt"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/jaegertracing/jaeger-idl/model/v1"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/jaeger"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv1"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv2"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Kind is a kind of document.
type Kind string

// The kinds that are translated.
const (
	ZipkinV1            Kind = "zipkin-v1"
	ZipkinV2            Kind = "zipkin-v2"
	JaegerUI            Kind = "jaeger-ui"
	JaegerKafka         Kind = "jaeger-kafka"
	JaegerElasticsearch Kind = "jaeger-elasticsearch"
)

// Zipkin translates a request's body as the Zipkin receiver does with its default settings.
func Zipkin(kind Kind, body []byte) (ptrace.Traces, error) {
	switch kind {
	case ZipkinV1:
		return zipkinv1.NewJSONTracesUnmarshaler(false).UnmarshalTraces(body)
	case ZipkinV2:
		return zipkinv2.NewJSONTracesUnmarshaler(false).UnmarshalTraces(body)
	}
	return ptrace.Traces{}, fmt.Errorf("%s is no kind of Zipkin", kind)
}

// Jaeger translates spans as the Jaeger receiver does, one batch a span, since a recorded span brings its process.
func Jaeger(spans []*model.Span) (ptrace.Traces, error) {
	var batches []*model.Batch
	for _, span := range spans {
		// The translator takes tags out of the span it is given.
		given, err := copied(span)
		if err != nil {
			return ptrace.Traces{}, err
		}
		batches = append(batches, &model.Batch{Process: given.Process, Spans: []*model.Span{given}})
	}
	return jaeger.ProtoToTraces(batches)
}

func copied(span *model.Span) (*model.Span, error) {
	raw, err := span.Marshal()
	if err != nil {
		return nil, err
	}
	other := &model.Span{}
	return other, other.Unmarshal(raw)
}

// Kafka is the document of a span as Jaeger puts it into Kafka with `encoding: json`.
func Kafka(span *model.Span) ([]byte, error) {
	var out bytes.Buffer
	err := (&jsonpb.Marshaler{}).Marshal(&out, span)
	return out.Bytes(), err
}
