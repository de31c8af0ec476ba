package recorded

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func sample(t *testing.T) (text, message []byte) {
	t.Helper()
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetName("work")
	span.SetTraceID([16]byte{1})
	span.SetSpanID([8]byte{1})
	text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
	if err != nil {
		t.Fatal(err)
	}
	message, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	if err != nil {
		t.Fatal(err)
	}
	return text, message
}

func frame(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)
}

func zstdOf(t *testing.T, plain []byte) []byte {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return encoder.EncodeAll(plain, nil)
}

func gzipOf(t *testing.T, plain []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// spansIn counts the spans that are read from a file with this content.
func spansIn(t *testing.T, content []byte) (int, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	spans := 0
	err := Read(path, func(traces ptrace.Traces) error {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					if span.Name() == "work" {
						spans++
					}
				}
			}
		}
		return nil
	})
	return spans, err
}

func TestEveryKindIsRead(t *testing.T) {
	text, message := sample(t)
	lines := bytes.Join([][]byte{text, {}, text, {}}, []byte("\n"))
	for name, try := range map[string]struct {
		content []byte
		spans   int
	}{
		"empty":                {nil, 0},
		"lines":                {lines, 2},
		"lines in gzip":        {gzipOf(t, lines), 2},
		"lines in zstd":        {zstdOf(t, lines), 2},
		"one document":         {bytes.ReplaceAll(text, []byte(`,`), []byte(",\n  ")), 1},
		"one message":          {message, 1},
		"one message in zstd":  {zstdOf(t, message), 1},
		"frames of protobuf":   {append(frame(message), frame(message)...), 2},
		"frames of zstd":       {append(frame(zstdOf(t, message)), frame(zstdOf(t, message))...), 2},
		"frames of zstd JSON":  {append(frame(zstdOf(t, text)), frame(zstdOf(t, text))...), 2},
		"an empty JSON object": {[]byte("{}\n"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			spans, err := spansIn(t, try.content)
			if err != nil || spans != try.spans {
				t.Errorf("%d spans of %d, %v", spans, try.spans, err)
			}
		})
	}
}

func TestBrokenInputIsNamedAndWhatCameBeforeStays(t *testing.T) {
	text, message := sample(t)
	for name, try := range map[string]struct {
		content []byte
		spans   int
		says    string
	}{
		"a cut line":   {append(append(text, '\n'), text[:40]...), 1, "request 2"},
		"a cut frame":  {append(frame(message), frame(message)[:10]...), 1, "frame 2: 6 of"},
		"a cut length": {append(frame(message), 0, 0), 1, "frame 2: cut in its length"},
		"a huge frame": {append(frame(message), 0x7f, 0, 0, 0), 1, "not believable"},
		"Zipkin":       {[]byte(`[{"traceId":"1","id":"2"}]`), 0, "betrace replay"},
		"a text":       {[]byte("hello, world"), 0, "not OTLP"},
	} {
		t.Run(name, func(t *testing.T) {
			spans, err := spansIn(t, try.content)
			if err == nil || !strings.Contains(err.Error(), try.says) || spans != try.spans {
				t.Errorf("%d spans of %d, %v", spans, try.spans, err)
			}
		})
	}
}
