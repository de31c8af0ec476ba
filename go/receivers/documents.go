package receivers

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jaegertracing/jaeger-idl/model/v1"
)

// Generator makes documents that go through every rule of the translators: the same seed, the same documents.
type Generator struct{ *rand.Rand }

// NewGenerator returns a generator of documents.
func NewGenerator(seed uint64) Generator { return Generator{rand.New(rand.NewPCG(seed, 0))} }

func one[T any](g Generator, of ...T) T { return of[g.IntN(len(of))] }

func (g Generator) often() bool  { return g.IntN(3) > 0 }
func (g Generator) seldom() bool { return g.IntN(6) == 0 }

// tagKeys are keys that some rule looks at, and some that none does.
var tagKeys = []string{
	"error", "span.kind", "otel.status_code", "otel.status_description", "http.status_code", "http.response.status_code",
	"http.status_message", "otel.scope.name", "otel.scope.version", "otel.library.name", "otel.library.version",
	"w3c.tracestate", "user.id", "host.name", "hostname", "service.version", "service.name", "k8s.pod.name", "process.pid",
	"deployment.environment", "deployment.environment.name", "jaeger.version", "opencensus.exporterversion", "peer.service",
	"event", "message", "faas.id", "retry", "otlp.service.name.source", "net.peer.ip", "",
}

var tagTexts = []string{
	"", "true", "false", "OK", "ok", "ERROR", "Error", "Ok", "Unset", "STATUS_CODE_ERROR", "STATUS_CODE_OK", "200", "404", "399",
	"500", "-1", "+404", "1e3", "client", "server", "internal", "SERVER", "producer", "consumer", "1.5", "text, \"quoted\" é\n", "a=b,c=d",
}

// Span makes a span of Jaeger's model.
func (g Generator) Span() *model.Span {
	trace := model.NewTraceID(one[uint64](g, 0, 0x5b8aa5a2d2c872e8), 0x321cf37308d69df2)
	span := &model.Span{
		TraceID:       trace,
		SpanID:        model.NewSpanID(one[uint64](g, 0xa1, 0xffffffffffffffff, 7)),
		OperationName: one(g, "", "op", "GET /é"),
		Flags:         model.Flags(g.IntN(4)),
		StartTime:     time.UnixMicro(one[int64](g, 0, 1, 1700000000000000, 1700000000000999)).UTC(),
		Duration:      time.Duration(one[int64](g, 0, 1, 1000, 3600000000)) * time.Microsecond,
		Tags:          g.tags(6),
	}
	for range g.IntN(4) {
		span.References = append(span.References, model.SpanRef{
			TraceID: one(g, trace, trace, model.NewTraceID(0xaaaa, 0xbbbb)),
			SpanID:  model.NewSpanID(one[uint64](g, 0xb1, 0xb2, 0xa1)),
			RefType: one(g, model.ChildOf, model.FollowsFrom),
		})
	}
	for range g.IntN(3) {
		span.Logs = append(span.Logs, model.Log{Timestamp: time.UnixMicro(one[int64](g, 0, 1700000000000010)).UTC(), Fields: g.tags(3)})
	}
	if g.often() {
		span.Process = &model.Process{ServiceName: one(g, "shop", "", "OTLPResourceNoServiceName"), Tags: g.tags(4)}
	}
	return span
}

func (g Generator) tags(most int) []model.KeyValue {
	var tags []model.KeyValue
	for range g.IntN(most + 1) {
		key := one(g, tagKeys...)
		tags = append(tags, one(g,
			model.String(key, one(g, tagTexts...)),
			model.String(key, one(g, tagTexts...)),
			model.Bool(key, g.often()),
			model.Int64(key, one[int64](g, 0, 200, 404, 399, 399, 500, 99, -7, 1<<60)),
			model.Float64(key, one(g, 0, 0.5, 500, -1e300)),
			model.Binary(key, []byte(one(g, "", "\x00\xff", "abc"))),
		))
	}
	return tags
}

// UI is the document of a span's trace as Jaeger's UI and query API write it (internal/uimodel of Jaeger v1.76).
func UI(span *model.Span) []byte {
	written := uiSpan(span, func(kv *model.KeyValue) any {
		const safe = 1<<53 - 1
		if kv.VType == model.Int64Type && (kv.VInt64 > safe || kv.VInt64 < -safe) {
			return kv.AsString()
		}
		return kv.Value()
	})
	processes := map[string]any{}
	if span.Process != nil {
		written["processID"] = "p1"
		processes["p1"] = uiProcess(span.Process, (*model.KeyValue).Value)
	}
	trace := map[string]any{"traceID": span.TraceID.String(), "spans": []any{written}, "processes": processes, "warnings": nil}
	return document(map[string]any{"data": []any{trace}, "total": 0, "limit": 0, "offset": 0, "errors": nil})
}

// Elasticsearch is the document of a span as Jaeger keeps it there (FromDomainEmbedProcess of Jaeger v1.76).
func Elasticsearch(span *model.Span) []byte {
	written := uiSpan(span, func(kv *model.KeyValue) any { return kv.AsString() })
	written["startTimeMillis"] = span.StartTime.UnixMilli()
	process := span.Process
	if process == nil {
		process = &model.Process{}
	}
	written["process"] = uiProcess(process, func(kv *model.KeyValue) any { return kv.AsString() })
	return document(written)
}

func uiSpan(span *model.Span, value func(*model.KeyValue) any) map[string]any {
	references := []any{}
	for _, ref := range span.References {
		references = append(references, map[string]any{"refType": ref.RefType.String(), "traceID": ref.TraceID.String(), "spanID": ref.SpanID.String()})
	}
	logs := []any{}
	for _, log := range span.Logs {
		logs = append(logs, map[string]any{"timestamp": log.Timestamp.UnixMicro(), "fields": uiTags(log.Fields, value)})
	}
	return map[string]any{
		"traceID": span.TraceID.String(), "spanID": span.SpanID.String(), "flags": uint32(span.Flags), "operationName": span.OperationName,
		"references": references, "startTime": span.StartTime.UnixMicro(), "duration": span.Duration.Microseconds(),
		"tags": uiTags(span.Tags, value), "logs": logs,
	}
}

func uiProcess(process *model.Process, value func(*model.KeyValue) any) map[string]any {
	return map[string]any{"serviceName": process.ServiceName, "tags": uiTags(process.Tags, value)}
}

func uiTags(tags []model.KeyValue, value func(*model.KeyValue) any) []any {
	written := []any{}
	for i := range tags {
		written = append(written, map[string]any{"key": tags[i].Key, "type": strings.ToLower(tags[i].VType.String()), "value": value(&tags[i])})
	}
	return written
}

// ZipkinV2 makes a document of one span.
func (g Generator) ZipkinV2() []byte {
	span := map[string]any{
		"traceId": one(g, "5b8aa5a2d2c872e8321cf37308d69df2", "321cf37308d69df2", "ab", "0000000000000000321cf37308d69df2"),
		"id":      one(g, "00000000000000a1", "a1", "ffffffffffffffff"),
	}
	put := func(key string, values ...any) {
		if g.often() {
			span[key] = one(g, values...)
		}
	}
	put("parentId", "00000000000000a1", "a1", "b1", "", "0000000000000000", nil)
	put("name", "op", "GET /É", "", nil)
	put("kind", "CLIENT", "SERVER", "PRODUCER", "CONSUMER", "client", "OTHER", "")
	put("timestamp", 1700000000000000, 1, 0)
	put("duration", 1000, 0, 1)
	put("debug", true)
	put("shared", true)
	put("localEndpoint", g.endpoint(), g.endpoint(), map[string]any{}, nil)
	put("remoteEndpoint", g.endpoint(), g.endpoint(), nil)
	if g.often() {
		tags := map[string]any{}
		for range g.IntN(7) {
			tags[one(g, tagKeys...)] = one(g, tagTexts...)
		}
		if g.seldom() {
			tags["otlp.link.0"] = one(g, g.link(), g.link(), "a|b", "||||", "x|y|z|{}|0", `"5b8aa5a2d2c872e8321cf37308d69df2"|b1|s|{}|0`)
			tags["otlp.link.1"] = g.link()
			tags["otlp.link.3"] = g.link()
		}
		if g.IntN(30) == 0 {
			tags["number"] = 5
		}
		span["tags"] = tags
	}
	var annotations []any
	for range g.IntN(3) {
		annotation := map[string]any{"timestamp": 1700000000000010, "value": one(g, "retry", "", "a|b", `event|{"n":1,"x":1.5,"t":"u|v","b":true,"l":[1],"z":null}|2`, "name||", "e|null|0")}
		if g.IntN(20) == 0 {
			annotation = map[string]any{"value": "no time"}
		}
		annotations = append(annotations, annotation)
	}
	if annotations != nil {
		span["annotations"] = annotations
	}
	return document([]any{span})
}

func (g Generator) link() string {
	return fmt.Sprintf(`5b8aa5a2d2c872e8321cf37308d69df2|00000000000000b%d|%s|%s|%d`, g.IntN(9), one(g, "", "a=b"), one(g, "{}", `{"k":"a|b","n":3}`), g.IntN(3))
}

func (g Generator) endpoint() any {
	endpoint := map[string]any{}
	put := func(key string, values ...any) {
		if g.often() {
			endpoint[key] = one(g, values...)
		}
	}
	put("serviceName", "shop", "Db", "", "OTLPResourceNoServiceName")
	put("ipv4", "192.0.2.1", "", "10.0.0.1")
	put("ipv6", "2001:DB8::1", "::ffff:192.0.2.9", "2001:db8:0:0:1:0:0:1", "", nil)
	put("port", 8080, 0, 65535)
	if g.IntN(40) == 0 {
		put("ipv4", "no address", "010.0.0.1")
		put("port", 65536, -1, "80")
	}
	return endpoint
}

// ZipkinV1 makes a document of one span with a time in it.
func (g Generator) ZipkinV1() []byte {
	span := map[string]any{
		"traceId": one(g, "5b8aa5a2d2c872e8321cf37308d69df2", "321cf37308d69df2"),
		"id":      "00000000000000a1",
		"name":    one(g, "op", "", "GET /"),
	}
	put := func(key string, values ...any) {
		if g.often() {
			span[key] = one(g, values...)
		}
	}
	put("parentId", "00000000000000b1", "00000000000000a1", "")
	put("duration", 1000, 0)
	put("debug", true)
	var annotations []any
	for range g.IntN(4) {
		annotation := map[string]any{"timestamp": 1700000000000000 + g.IntN(100), "value": one(g, "cs", "cr", "sr", "ss", "ms", "mr", "retry", "a|b|c", "")}
		if g.often() {
			annotation["endpoint"] = g.endpoint()
		}
		annotations = append(annotations, annotation)
	}
	span["annotations"] = annotations
	span["timestamp"] = 1700000000000000
	keys := append([]string{"lc", "census.status_code", "census.status_description", "opencensus.status_description"}, tagKeys...)
	tags := []any{}
	for range g.IntN(6) {
		tag := map[string]any{"key": one(g, keys...), "value": one(g, append(tagTexts, "0", "2", "99999999999")...)}
		if g.seldom() {
			tag["endpoint"] = g.endpoint()
		}
		tags = append(tags, tag)
	}
	span["binaryAnnotations"] = tags
	return document([]any{span})
}

func document(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only maps, lists, texts and numbers are written
	}
	return text
}
