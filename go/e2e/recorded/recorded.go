// Package recorded reads traces from files: OTLP JSON (lines, or documents one after another), OTLP protobuf
// (one request, or frames behind a 4-byte big-endian length as the Collector's file exporter writes them), each
// plain, gzip or zstd. The kind is found by content, never by name.
package recorded

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var (
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
	gzipMagic = []byte{0x1f, 0x8b}
)

// maxFrame bounds what a length prefix can make the reader allocate.
const maxFrame = 1 << 30

// Files lists the files below a path in order: the path itself where it is a file.
func Files(path string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(path, func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && p != path
		if entry.IsDir() && hidden {
			return filepath.SkipDir
		}
		isText := strings.HasSuffix(p, ".md") && p != path
		if !entry.IsDir() && !hidden && !isText {
			files = append(files, p)
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}

// Read gives each export request of a file to visit, in the file's order. An error names the file and the place
// in it; what came before has been visited.
func Read(path string, visit func(ptrace.Traces) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := readStream(bufio.NewReaderSize(file, 1<<16), visit); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func readStream(in *bufio.Reader, visit func(ptrace.Traces) error) error {
	head, err := in.Peek(4)
	if len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	switch {
	case bytes.HasPrefix(head, zstdMagic):
		plain, err := zstd.NewReader(in)
		if err != nil {
			return err
		}
		defer plain.Close()
		return readStream(bufio.NewReaderSize(plain, 1<<16), visit)
	case bytes.HasPrefix(head, gzipMagic):
		plain, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		return readStream(bufio.NewReaderSize(plain, 1<<16), visit)
	case isJSON(head):
		return readJSON(in, visit)
	case head[0] == 0:
		return readFrames(in, visit)
	default:
		message, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		return visitProto(message, visit)
	}
}

func isJSON(head []byte) bool {
	trimmed := bytes.TrimLeft(head, " \t\r\n")
	return len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
}

func readJSON(in io.Reader, visit func(ptrace.Traces) error) error {
	values := json.NewDecoder(in)
	for n := 1; ; n++ {
		var value json.RawMessage
		if err := values.Decode(&value); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("request %d, byte %d: %w", n, values.InputOffset(), err)
		}
		if err := visitJSON(value, visit); err != nil {
			return fmt.Errorf("request %d, up to byte %d: %w", n, values.InputOffset(), err)
		}
	}
}

func visitJSON(value []byte, visit func(ptrace.Traces) error) error {
	if !bytes.Contains(value, []byte(`"resourceSpans"`)) {
		if compact := bytes.TrimSpace(value); bytes.Equal(compact, []byte("{}")) {
			return visit(ptrace.NewTraces())
		}
		return errors.New("no OTLP traces in it; `betrace replay` reads Jaeger and Zipkin JSON")
	}
	traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(value)
	if err != nil {
		return err
	}
	return visit(traces)
}

func visitProto(message []byte, visit func(ptrace.Traces) error) error {
	traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	if err != nil {
		return fmt.Errorf("not OTLP JSON, and not OTLP protobuf: %w", err)
	}
	return visit(traces)
}

func readFrames(in *bufio.Reader, visit func(ptrace.Traces) error) error {
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxFrame))
	if err != nil {
		return err
	}
	defer unpack.Close()
	for n := 1; ; n++ {
		var prefix [4]byte
		if _, err := io.ReadFull(in, prefix[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("frame %d: cut in its length: %w", n, err)
		}
		length := binary.BigEndian.Uint32(prefix[:])
		if length > maxFrame {
			return fmt.Errorf("frame %d: its length %d is not believable", n, length)
		}
		message, err := io.ReadAll(io.LimitReader(in, int64(length)))
		if err != nil || len(message) < int(length) {
			return errors.Join(fmt.Errorf("frame %d: %d of %d bytes are there", n, len(message), length), err)
		}
		if bytes.HasPrefix(message, zstdMagic) {
			if message, err = unpack.DecodeAll(message, nil); err != nil {
				return fmt.Errorf("frame %d: %w", n, err)
			}
		}
		visitOne := visitProto
		if isJSON(message[:min(4, len(message))]) {
			visitOne = visitJSON
		}
		if err := visitOne(message, visit); err != nil {
			return fmt.Errorf("frame %d: %w", n, err)
		}
	}
}
