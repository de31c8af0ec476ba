//! What can be typed behind `betrace evidence`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args, Debug)]
pub struct Evidence {
    #[command(subcommand)]
    pub command: EvidenceCommand,
}

#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Check signatures, chain, Merkle roots, numbers and time of evidence records
    Verify(EvidenceVerify),
    /// Say control by control what the records show and what they cannot
    Report(EvidenceReport),
}

/// Which records, and what they are held against.
#[derive(Args, Debug)]
pub struct EvidenceRecords {
    /// Files of records, directories of them (in the order of their names), recorded traces that hold them as spans, or
    /// exported logs (OTLP JSON) that hold them as events; plain, gzip or zstd
    #[arg(value_name = "RECORDS", required = true)]
    pub records: Vec<PathBuf>,
    /// A public key in PEM that may have signed; may be repeated, as after a key was exchanged
    #[arg(long, value_name = "PEM", required_unless_present = "unsigned")]
    pub public_key: Vec<PathBuf>,
    /// Take records without a signature: their chain alone is checked
    #[arg(long)]
    pub unsigned: bool,
    /// A file with one record, kept elsewhere, that must be among them; may be repeated
    #[arg(long, value_name = "FILE")]
    pub head: Vec<PathBuf>,
    /// Number and SHA-256 of a record that must be among them, as verify prints the last; may be repeated
    #[arg(long, value_name = "NUMBER:SHA256", value_parser = numbered)]
    pub expect_last: Vec<(u64, betrace_evidence::Sha256Hex)>,
    /// Number and SHA-256 of the record before the first one here, checked earlier; may be repeated, for several instances
    #[arg(long, value_name = "NUMBER:SHA256", value_parser = numbered)]
    pub after: Vec<(u64, betrace_evidence::Sha256Hex)>,
    /// Until when there must be records, as 2026-11-21, 2026-11-21T09:30 or with an offset; else UTC
    #[arg(long, value_name = "TIME")]
    pub expect_until: Option<String>,
    /// A pause between a stop or a kill and the next start is a fault only where it is longer
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=31_536_000))]
    pub longest_pause: u64,
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 whole, 1 a gap or break, each named, 2 usage, 3 unreadable.")]
pub struct EvidenceVerify {
    #[command(flatten)]
    pub records: EvidenceRecords,
    #[arg(long, value_enum, default_value_t)]
    pub format: EvidenceVerifyFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EvidenceVerifyFormat {
    #[default]
    Text,
    /// One object
    Json,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 written, 1 written, and the records are not whole or there are none, 2 usage or faulty rules, 3 unreadable."
)]
pub struct EvidenceReport {
    #[command(flatten)]
    pub records: EvidenceRecords,
    /// The framework whose controls are reported, as rules name it: SOC2, HIPAA, ISO27001, PCI-DSS, GDPR, or another one
    #[arg(long, value_name = "NAME")]
    pub framework: String,
    /// A control to report whether or not a rule speaks for it; may be repeated
    #[arg(long, value_name = "ID")]
    pub control: Vec<String>,
    /// From when, as 2026-11-21, 2026-11-21T09:30 or with an offset; else UTC [default: the first record's begin]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Until when [default: the last record's end]
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Rule files or directories, for what the rules say in English; may be repeated
    #[arg(long, value_name = "RULES")]
    pub rules: Vec<PathBuf>,
    /// Where a trace is to be seen, {trace_id} standing for its id: https://traces.example/trace/{trace_id}
    #[arg(long, value_name = "URL", value_parser = trace_url)]
    pub trace_url: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: EvidenceReportFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EvidenceReportFormat {
    #[default]
    Markdown,
    /// One page that needs nothing beside it, and prints well
    Html,
    /// One object
    Json,
    /// OSCAL 1.2.1 Assessment Results
    Oscal,
}

fn trace_url(text: &str) -> Result<String, String> {
    let is_web = ["https://", "http://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    if !is_web || !text.contains("{trace_id}") {
        return Err("an http or https URL with {trace_id} in it".to_owned());
    }
    Ok(text.to_owned())
}

fn numbered(text: &str) -> Result<(u64, betrace_evidence::Sha256Hex), String> {
    let (number, hash) = text
        .split_once(':')
        .ok_or("as 7:9f86d0…, a number and a SHA-256")?;
    let number = number
        .parse()
        .map_err(|_| "the number is none".to_owned())?;
    Ok((number, hash.parse()?))
}
