package receivers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/jaegertracing/jaeger-idl/model/v1"
	"github.com/jaegertracing/jaeger-idl/proto-gen/api_v2"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/betracehq/betrace/go/e2e/collector"
)

const configuration = `
extensions: { health_check: { endpoint: "${env:BETRACE_HEALTH}" } }
receivers:
  zipkin: { endpoint: "${env:BETRACE_OTLP_HTTP}" }
  jaeger: { protocols: { grpc: { endpoint: "${env:BETRACE_OTLP_GRPC}" } } }
exporters: { file: { path: %q } }
service:
  extensions: [health_check]
  telemetry:
    logs: { level: warn }
    metrics: { readers: [ { pull: { exporter: { prometheus: { host: 127.0.0.1, port: "${env:BETRACE_METRICS_PORT}" } } } } ] }
  pipelines: { traces: { receivers: [zipkin, jaeger], exporters: [file] } }
`

// The built Collector's receivers say of the kept documents what the translators say.
func TestTheBuiltCollectorSaysTheSame(t *testing.T) {
	root, err := collector.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	binary := os.Getenv("BETRACE_COLLECTOR")
	if binary == "" {
		binary = filepath.Join(root, "dist", "otelcol-betrace")
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v: `make collector` builds it", err)
	}
	folder := t.TempDir()
	written, config := filepath.Join(folder, "written.jsonl"), filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, configuration, written), 0o600); err != nil {
		t.Fatal(err)
	}
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	running, err := collector.Start(t.Context(), collector.Options{Binary: binary, Config: config, Ports: ports})
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		if err := running.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
	defer stop()

	sent := sendAll(t, ports)
	stop()
	received := readLines(t, written)
	if len(received) != len(sent) {
		t.Fatalf("%d documents were taken, %d requests written", len(sent), len(received))
	}
	for i, line := range received {
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		if err != nil {
			t.Fatal(err)
		}
		got := said(t, sent[i].Kind, []byte(sent[i].Document), traces, nil)
		if !bytes.Equal(compact(t, got.Spans), compact(t, sent[i].Spans)) {
			t.Errorf("%s\nthe Collector: %s\nthe translator: %s", sent[i].Document, got.Spans, sent[i].Spans)
		}
	}
}

// sendAll sends the kept documents one after another and returns those that were taken.
func sendAll(t *testing.T, ports collector.Ports) []entry {
	t.Helper()
	connection, err := grpc.NewClient(ports.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	jaeger := api_v2.NewCollectorServiceClient(connection)
	var sent []entry
	refused := 0
	for _, line := range readLines(t, kept) {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case ZipkinV1, ZipkinV2:
			version := map[Kind]string{ZipkinV1: "v1", ZipkinV2: "v2"}[e.Kind]
			response, err := http.Post("http://"+ports.HTTP+"/api/"+version+"/spans", "application/json", bytes.NewReader([]byte(e.Document)))
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if taken := response.StatusCode == http.StatusAccepted; taken != (e.Refused == "") {
				t.Errorf("%s: %s, but the translator said %q", e.Document, response.Status, e.Refused)
			}
			if e.Refused != "" {
				refused++
				continue
			}
		case JaegerKafka:
			span := &model.Span{}
			if err := jsonpb.UnmarshalString(e.Document, span); err != nil {
				t.Fatal(err)
			}
			batch := model.Batch{Process: span.Process, Spans: []*model.Span{span}}
			if _, err := jaeger.PostSpans(t.Context(), &api_v2.PostSpansRequest{Batch: batch}); err != nil {
				t.Fatalf("%s: %v", e.Document, err)
			}
		default:
			// No receiver takes these documents; the spans in them are those of the Kafka documents.
			continue
		}
		sent = append(sent, e)
	}
	if len(sent) < 100 || refused == 0 {
		t.Errorf("only %d documents were taken and %d refused", len(sent), refused)
	}
	return sent
}

func readLines(t *testing.T, path string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		lines = append(lines, bytes.Clone(scanner.Bytes()))
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
