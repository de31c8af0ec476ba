//go:build !cgo || !linux || !amd64

package betrace

// Available says whether this program contains the engine.
const Available = false

// Rules is a compiled rule set.
type Rules struct{}

// Compile answers [ErrUnavailable].
func Compile([]Source) (*Rules, error) { return nil, ErrUnavailable }

// CompileWithin answers [ErrUnavailable].
func CompileWithin([]Source, RuleLimits) (*Rules, error) { return nil, ErrUnavailable }

// MissingFiles answers [ErrUnavailable].
func MissingFiles([]Source) ([]string, error) { return nil, ErrUnavailable }

// Count is how many rules were read, faulty ones too.
func (*Rules) Count() int { return 0 }

// EnabledCount is how many rules an engine would evaluate.
func (*Rules) EnabledCount() int { return 0 }

// Bytes is what the rules would hold.
func (*Rules) Bytes() uint64 { return 0 }

// ErrorCount is how many faults forbid the use of the rules.
func (*Rules) ErrorCount() int { return 0 }

// Report answers [ErrUnavailable].
func (*Rules) Report(ReportFormat) (string, error) { return "", ErrUnavailable }

// List answers [ErrUnavailable].
func (*Rules) List() ([]RuleInfo, error) { return nil, ErrUnavailable }

// Close frees the rules.
func (*Rules) Close() {}

// Engine evaluates rules.
type Engine struct{}

// NewEngine answers [ErrUnavailable].
func NewEngine(*Rules, Settings, uint64) (*Engine, error) { return nil, ErrUnavailable }

// Wanted answers [ErrUnavailable].
func (*Engine) Wanted() (Wanted, error) { return Wanted{}, ErrUnavailable }

// Consume answers [ErrUnavailable].
func (*Engine) Consume([]byte, uint64) (int, error) { return 0, ErrUnavailable }

// Tick answers [ErrUnavailable].
func (*Engine) Tick(uint64) error { return ErrUnavailable }

// Moved answers [ErrUnavailable].
func (*Engine) Moved(uint64) error { return ErrUnavailable }

// CloseTraces answers [ErrUnavailable].
func (*Engine) CloseTraces(CloseCause, uint64) error { return ErrUnavailable }

// TakeViolations answers [ErrUnavailable].
func (*Engine) TakeViolations(int) ([]byte, int, error) { return nil, 0, ErrUnavailable }

// Stats answers [ErrUnavailable].
func (*Engine) Stats() (Stats, error) { return Stats{}, ErrUnavailable }

// Totals answers [ErrUnavailable].
func (*Engine) Totals() (Stats, error) { return Stats{}, ErrUnavailable }

// ReplaceRules answers [ErrUnavailable].
func (*Engine) ReplaceRules(*Rules, uint64) error { return ErrUnavailable }

// Signer is a key.
type Signer struct{}

// NewSigner answers [ErrUnavailable].
func NewSigner(_, _ []byte) (*Signer, error) { return nil, ErrUnavailable }

// Close frees the key.
func (*Signer) Close() {}

// Evidence answers [ErrUnavailable].
func (*Engine) Evidence(*Signer, []byte) ([]byte, error) { return nil, ErrUnavailable }

// Snapshot answers [ErrUnavailable].
func (*Engine) Snapshot(SnapshotKind) ([]byte, error) { return nil, ErrUnavailable }

// Restore answers [ErrUnavailable].
func (*Engine) Restore([]byte, uint64) error { return ErrUnavailable }

// Close frees the engine.
func (*Engine) Close() {}

// LibraryVersion is empty.
func LibraryVersion() string { return "" }

// LibraryHash is empty.
func LibraryHash() string { return "" }
