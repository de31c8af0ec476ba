//! What can be typed: commands, options and their help.

mod completeness;
mod evidence;
mod fetch;
mod simulate;
mod suggest;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use completeness::CompletenessName;
pub use evidence::{
    Evidence, EvidenceCommand, EvidenceRecords, EvidenceReport, EvidenceReportFormat,
    EvidenceVerify, EvidenceVerifyFormat,
};
pub use fetch::{Fetch, FetchBackend};
pub use simulate::{Simulate, SimulateFormat};
pub use suggest::{BadSide, Suggest, SuggestFormat, Tune, TuneFormat};

/// Behavioural assertions for OpenTelemetry traces.
#[derive(Debug, Parser)]
#[command(
    name = "betrace",
    version = crate::version::SHORT,
    long_version = crate::version::LONG.as_str(),
    after_help = "RULES are YAML files, directories (*.yaml, *.yml) or - for standard input. TRACES are files, \
                  directories or -: OTLP in JSON or protobuf, what Jaeger, Zipkin, Tempo, Grafana and ClickHouse \
                  hand out, what SDKs print; plain, gzip or zstd, in tar or zip.",
    max_term_width = 100
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report every fault and warning of every rule at once
    Check(Check),
    /// Write rule files in their one canonical form, comments kept
    Fmt(Fmt),
    /// Evaluate recorded traces
    Replay(Replay),
    /// Run the tests that rules carry
    Test(Test),
    /// Say in English what rules demand, and why a trace got its verdict
    Explain(Explain),
    /// Say what recordings hold, draw one of their traces, or write it as a test of a rule
    Show(Show),
    /// Say what the names of the vocabulary stand for, and which instrumentation emits that
    Vocabulary(Vocabulary),
    /// Fetch traces from Jaeger or Tempo, for `replay`
    Fetch(Fetch),
    /// Run rules in a simulated world with faults, and judge every verdict
    Simulate(Simulate),
    /// Check records of what rules found
    Evidence(Evidence),
    /// Find the rules that tell recordings of bad times from those of good ones
    Suggest(Suggest),
    /// Say which bounds of rules would have been quiet, and which rules never met a span
    Tune(Tune),
    /// Write a first rule file, commented, with tests
    Init(Init),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Write the manual pages into a directory
    Man(Man),
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 no error, 1 errors, 2 usage or unreadable file.")]
pub struct Check {
    /// Rule files, directories, or - for standard input
    #[arg(value_name = "RULES", required_unless_present = "config")]
    pub rules: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
    /// Warnings count as errors do
    #[arg(long)]
    pub strict: bool,
    /// Check the rules inside a Collector configuration
    #[arg(long, value_name = "OTELCOL.YAML")]
    pub config: Vec<PathBuf>,
    /// How long traces last at most, by which samplers in the configuration are judged
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub longest_trace: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    #[default]
    Text,
    Json,
    /// For code hosts: SARIF 2.1.0
    Sarif,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 no violation, 1 violations found, 2 usage or faulty rules, 3 input broken (what could be read is still reported)."
)]
pub struct Replay {
    /// Rule files, directories, or - for standard input; may be repeated
    #[arg(long, value_name = "RULES", required_unless_present_any = ["config", "gaps"])]
    pub rules: Vec<PathBuf>,
    /// Recorded traces: files, directories, or - for standard input
    #[arg(value_name = "TRACES", required = true)]
    pub traces: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: ReplayFormat,
    /// Which verdicts to print: violated, satisfied, not_applicable, inconclusive, or all.
    /// By default violated and inconclusive, the latter only where the rule's `when` held
    #[arg(long, value_enum, value_delimiter = ',', value_name = "VERDICTS")]
    pub verdicts: Vec<VerdictName>,
    /// Add, last, one line a rule with its counts; of one that never applied, what it nearly met
    #[arg(long)]
    pub summary: bool,
    /// Evaluate nothing: say how far apart the spans of a trace come, and which timing suits that
    #[arg(long, conflicts_with_all = ["summary", "verdicts"])]
    pub gaps: bool,
    /// Only traces that began at this time or later, as 2026-11-21, 2026-11-21T09:30 or with an offset; else UTC.
    /// Partition folders (year=2026/month=11/…) that end more than an hour before are not read
    #[arg(long, value_name = "TIME", conflicts_with = "gaps")]
    pub from: Option<String>,
    /// Only traces that began before this time. Partition folders that begin more than an hour after are not read
    #[arg(long, value_name = "TIME", conflicts_with = "gaps")]
    pub to: Option<String>,
    /// Say when each rule began to be broken instead of listing violations: a bar for each stretch of time (15m, 1h, 1d, or
    /// auto), first and last seen, since when there is more of it, and what the broken traces share. Without a width put it last
    #[arg(long, value_name = "WIDTH", num_args = 0..=1, default_missing_value = "auto", value_parser = width,
          conflicts_with_all = ["summary", "verdicts", "gaps"])]
    pub timeline: Option<Width>,
    /// Write an evidence record of it to this file, which must not be there; without a key it says that it is unsigned
    #[arg(long, value_name = "FILE", conflicts_with_all = ["gaps", "timeline"])]
    pub evidence: Option<PathBuf>,
    /// The private key in PEM that signs the record; the variable BETRACE_EVIDENCE_KEY may hold the PEM itself instead
    #[arg(long, value_name = "PEM", requires = "evidence")]
    pub evidence_key: Option<PathBuf>,
    /// Take the rules, where --rules names none, and the timing from a Collector configuration; traces then close by
    /// idle time unless --close says otherwise
    #[arg(long, value_name = "OTELCOL.YAML")]
    pub config: Option<PathBuf>,
    /// Which processor of the configuration, where it has several: betrace/NAME
    #[arg(long, value_name = "ID", requires = "config")]
    pub processor: Option<String>,
    /// What a trace must have to count as complete, where a rule does not say so itself [default: root, or as configured]
    #[arg(long, value_enum)]
    pub completeness: Option<CompletenessName>,
    /// When traces close: at the end of the input, or as live, by idle time in the traces' own time
    /// [default: end, with --config idle]
    #[arg(long, value_enum)]
    pub close: Option<Close>,
    /// With --close idle: a trace closes when no span came for so many seconds [default: 10, or as configured]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub idle_timeout: Option<u64>,
    /// With --close idle: while its root has not come, a trace waits for so many seconds since its latest span
    /// [default: 60, or as configured]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub root_timeout: Option<u64>,
    /// The bound of what is held of open traces; over it the oldest end as inconclusive
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub memory_mib: u64,
    /// Spans of one trace beyond this are counted and not evaluated [default: 20000, or as configured]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub spans_per_trace: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReplayFormat {
    #[default]
    Text,
    /// One object a line
    Json,
    /// Violation spans as OTLP JSON, one request a line
    Otlp,
    /// Of --timeline: one page that needs nothing beside it
    Html,
}

/// How long the stretches of a timeline are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// As suits the recordings.
    Auto,
    /// In nanoseconds, a millisecond at least.
    Of(u64),
}

/// `auto`, or a number with its unit: `250ms`, `30s`, `15m`, `1h`, `1d`, `2w`.
fn width(text: &str) -> Result<Width, String> {
    const UNITS: [(&str, u64); 6] = [
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
        ("w", 604_800_000_000_000),
    ];
    if text == "auto" {
        return Ok(Width::Auto);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| *name == unit);
    let nanos = unit.and_then(|(_, nanos)| number.parse::<u64>().ok()?.checked_mul(*nanos));
    let nanos = nanos.filter(|nanos| *nanos > 0);
    nanos
        .map(Width::Of)
        .ok_or_else(|| "15m, 1h, 1d or auto; without a width put --timeline last".to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum VerdictName {
    Violated,
    Satisfied,
    NotApplicable,
    Inconclusive,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Close {
    End,
    Idle,
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 all passed, 1 some failed, 2 usage or faulty rules.")]
pub struct Test {
    /// Rule files, directories, or - for standard input
    #[arg(value_name = "RULES", required = true)]
    pub rules: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: TestFormat,
    /// List the clauses that no test has violated, or that none has satisfied
    #[arg(long)]
    pub coverage: bool,
    /// Only the tests of this rule; may be repeated
    #[arg(long, value_name = "ID")]
    pub rule: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    #[default]
    Text,
    Json,
    /// For build servers: JUnit XML
    Junit,
}

#[derive(Args, Debug)]
#[command(
    override_usage = "betrace explain [OPTIONS] --rules RULES\n       betrace explain [OPTIONS] --rules RULES --trace HEX TRACES...",
    after_help = "Exit codes: 0, with --trace 1 if the trace violates a rule, 2 usage or faulty rules, 3 input broken."
)]
pub struct Explain {
    /// Rule files, directories, or - for standard input; may be repeated
    #[arg(long, value_name = "RULES", required_unless_present = "traces")]
    rules: Vec<PathBuf>,
    /// Only this rule; may be repeated
    #[arg(long, value_name = "ID")]
    pub rule: Vec<String>,
    /// Show step by step why this trace got its verdict; needs TRACES
    #[arg(long, value_name = "HEX", requires = "traces")]
    pub trace: Option<String>,
    /// Where the trace is: files, directories, or - for standard input
    #[arg(value_name = "TRACES")]
    pub traces: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,
    /// What a trace must have to count as complete, where a rule does not say so itself
    #[arg(long, value_enum, default_value_t)]
    pub completeness: CompletenessName,
}

impl Explain {
    /// The rules: where no trace is asked about, those that stand where its recordings would, as behind `check`.
    ///
    /// # Errors
    /// What else has to be typed.
    pub fn rules(&self) -> Result<&[PathBuf], &'static str> {
        match (self.rules.as_slice(), self.trace.is_some()) {
            ([], true) => Err("--rules RULES is missing: which rules judge the trace"),
            ([], false) => Ok(&self.traces),
            (_, false) if !self.traces.is_empty() => {
                Err("--trace HEX is missing: which trace of these is to be explained")
            }
            (rules, _) => Ok(rules),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    #[default]
    Text,
    /// One object a line
    Json,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 shown, 2 usage, faulty rules, or no such trace, 3 input broken (what could be read is still shown)."
)]
pub struct Show {
    /// Recorded traces: files, directories, or - for standard input
    #[arg(value_name = "TRACES", required = true)]
    pub traces: Vec<PathBuf>,
    /// Draw this trace; with --format json it is written as OTLP JSON
    #[arg(long, value_name = "HEX")]
    pub trace: Option<String>,
    /// Write the trace, which need not be named where it is the only one, as an entry of `tests:`: with --rules the smallest
    /// that keeps its verdict, values that the rule does not read left out
    #[arg(long)]
    pub as_test: bool,
    /// With --as-test: rule files, directories, or - for standard input; may be repeated
    #[arg(long, value_name = "RULES", requires = "as_test")]
    pub rules: Vec<PathBuf>,
    /// With --as-test: the rule to test, where there are several
    #[arg(long, value_name = "ID", requires = "as_test")]
    pub rule: Option<String>,
    /// With --as-test: what a trace must have to count as complete, where the rule does not say so itself
    #[arg(long, value_enum, default_value_t, requires = "as_test")]
    pub completeness: CompletenessName,
    /// Every entry of every list, every span of the trace
    #[arg(long)]
    pub all: bool,
    #[arg(long, value_enum, default_value_t, conflicts_with = "as_test")]
    pub format: ShowFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    #[default]
    Text,
    /// One object on a line
    Json,
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 printed, 2 no such name.")]
pub struct Vocabulary {
    /// A name (otel:http.status), the beginning of some (otel:http); all where there is none
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: VocabularyFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum VocabularyFormat {
    #[default]
    Text,
    /// One object a line
    Json,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 formatted, 1 with --check: would change, 2 usage, unreadable or faulty."
)]
pub struct Fmt {
    /// Rule files, directories, or - from standard input to standard output
    #[arg(value_name = "RULES", required = true)]
    pub rules: Vec<PathBuf>,
    /// Only list the files that would change
    #[arg(long)]
    pub check: bool,
    /// Rewrite older spellings
    #[arg(long)]
    pub modern: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 written, 2 it is there already or cannot be written.")]
pub struct Init {
    /// The file to write, or - for standard output
    #[arg(value_name = "FILE", default_value = "betrace-rules.yaml")]
    pub file: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Args, Debug)]
pub struct Completions {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub struct Man {
    /// Made where it is not there
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}
