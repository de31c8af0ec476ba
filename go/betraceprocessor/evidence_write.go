package betraceprocessor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace/mark"
)

const (
	// recordTimeout bounds one attempt to send a record.
	recordTimeout = 10 * time.Second
	// mostRecordBytes is more than a record takes.
	mostRecordBytes = 8 << 20
	// recordTime is how records write times.
	recordTime = "2006-01-02T15:04:05.000000000Z"
	// recordFilePrefix begins the names of files of records; `betrace evidence` knows them by it.
	recordFilePrefix = "betrace-evidence-"
)

// recordWriter puts a record to where it stays. One that is written twice is one.
type recordWriter interface {
	write(ctx context.Context, envelope []byte) error
}

// recordHead is what of a record its place depends on.
type recordHead struct {
	hash      [sha256.Size]byte
	Predicate struct {
		Instance string `json:"instance"`
		Signer   string `json:"signer"`
		Sequence int64  `json:"sequence"`
		Cause    string `json:"cause"`
		Period   struct {
			From time.Time `json:"from"`
			To   time.Time `json:"to"`
		} `json:"period"`
	} `json:"predicate"`
}

func headOf(envelope []byte) (recordHead, error) {
	var outer struct {
		Payload string `json:"payload"`
	}
	var inner recordHead
	if err := json.Unmarshal(envelope, &outer); err != nil {
		return inner, err
	}
	payload, err := base64.StdEncoding.DecodeString(outer.Payload)
	if err == nil {
		err = json.Unmarshal(payload, &inner)
	}
	if err == nil && len(inner.Predicate.Instance) < 8 {
		err = errors.New("it names no instance")
	}
	inner.hash = sha256.Sum256(payload)
	return inner, err
}

// recordFiles appends records to files, one a day and an instance, and has each stored before it counts.
type recordFiles struct {
	directory string
	// name and end are of the file that was written last, and its length then.
	name string
	end  int64
}

func (f *recordFiles) write(_ context.Context, envelope []byte) (err error) {
	record, err := headOf(envelope)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s%s-%s.jsonl", recordFilePrefix, record.Predicate.Period.To.UTC().Format(time.DateOnly), record.Predicate.Instance)
	file, err := os.OpenFile(filepath.Join(f.directory, name), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("evidence::directory must be a directory in which the Collector may write: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end, isThere, err := f.place(file, name, envelope)
	if err != nil {
		return err
	}
	if !isThere {
		line := append(bytes.Clone(envelope), '\n')
		if _, err = file.WriteAt(line, end); err != nil {
			// Half a line would be taken for an edited record.
			return errors.Join(err, file.Truncate(end))
		}
		end += int64(len(line))
	}
	if err := errors.Join(file.Sync(), syncDirectory(f.directory)); err != nil {
		return err
	}
	f.name, f.end = name, end
	return nil
}

// place finds where the file's last whole line ends, and whether that line is the record. What a crash left behind it is
// cut off. Only a file that is not as it was left is read, and of it the end.
func (f *recordFiles) place(file *os.File, name string, envelope []byte) (end int64, isThere bool, err error) {
	status, err := file.Stat()
	if err != nil {
		return 0, false, err
	}
	size := status.Size()
	if name == f.name && size == f.end {
		return size, false, nil
	}
	tail, begin, err := tailOf(file, mostRecordBytes+int64(len(envelope)))
	if err != nil {
		return 0, false, err
	}
	whole := tail[:bytes.LastIndexByte(tail, '\n')+1]
	if len(whole) < len(tail) {
		if err := file.Truncate(begin + int64(len(whole))); err != nil {
			return 0, false, err
		}
	}
	return begin + int64(len(whole)), bytes.Equal(lastWholeLine(whole), envelope), nil
}

// last is where the chain of an instance stands by its files; nil where there are none. A storage that a power cut threw
// back knows less than they do, and must not give a number again.
func (f *recordFiles) last(instance string) (*chain, error) {
	paths, err := filepath.Glob(filepath.Join(f.directory, recordFilePrefix+"*-"+instance+".jsonl"))
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	// By the day in their names.
	file, err := os.Open(slices.Max(paths))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	tail, _, err := tailOf(file, mostRecordBytes)
	if err != nil {
		return nil, err
	}
	line := lastWholeLine(tail)
	if len(line) == 0 {
		return nil, nil
	}
	record, err := headOf(line)
	if err != nil {
		return nil, err
	}
	said := &record.Predicate
	return &chain{
		Instance: said.Instance, Sequence: uint64(said.Sequence), Hash: hex.EncodeToString(record.hash[:]),
		To: said.Period.To.UTC().Format(recordTime), Cause: said.Cause, Signer: said.Signer,
	}, nil
}

// tailOf reads at most so many bytes of the end of a file, and says where they begin.
func tailOf(file *os.File, most int64) (tail []byte, begin int64, err error) {
	status, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	begin = max(0, status.Size()-most)
	tail = make([]byte, status.Size()-begin)
	if _, err := file.ReadAt(tail, begin); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	return tail, begin, nil
}

func lastWholeLine(tail []byte) []byte {
	lines := bytes.TrimSuffix(tail[:bytes.LastIndexByte(tail, '\n')+1], []byte("\n"))
	return lines[bytes.LastIndexByte(lines, '\n')+1:]
}

// syncDirectory makes a new file's name survive.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// recordSpans sends records as spans to the next consumer, marked, so that other processors do not judge them and a
// connector tells them.
type recordSpans struct {
	next    consumer.Traces
	version string
	key     mark.Key
}

func (s recordSpans) write(ctx context.Context, envelope []byte) error {
	record, err := headOf(envelope)
	if err != nil {
		return err
	}
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "betrace")
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName(mark.Scope)
	scope.Scope().SetVersion(s.version)
	span := scope.Spans().AppendEmpty()
	span.SetName(mark.RecordName)
	span.SetKind(ptrace.SpanKindInternal)
	// Of the record's hash, so that one that is sent twice is one span.
	span.SetTraceID(pcommon.TraceID(record.hash[:16]))
	span.SetSpanID(pcommon.SpanID(record.hash[16:24]))
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(record.Predicate.Period.From))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(record.Predicate.Period.To))
	attributes := span.Attributes()
	attributes.PutStr("betrace.evidence.instance", record.Predicate.Instance)
	attributes.PutInt("betrace.evidence.sequence", record.Predicate.Sequence)
	attributes.PutStr("betrace.evidence.cause", record.Predicate.Cause)
	attributes.PutStr("betrace.evidence.sha256", hex.EncodeToString(record.hash[:]))
	attributes.PutStr("betrace.evidence.envelope", string(envelope))
	attributes.PutStr(mark.Attribute, s.key.Mark(span.TraceID(), span.SpanID()))
	call, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return s.next.ConsumeTraces(call, traces)
}
