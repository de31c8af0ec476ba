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
}

/// Which records, and what they are held against.
#[derive(Args, Debug)]
pub struct EvidenceRecords {
    /// Files of records, directories of them (in the order of their names), or recorded traces that hold them as spans
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

fn numbered(text: &str) -> Result<(u64, betrace_evidence::Sha256Hex), String> {
    let (number, hash) = text
        .split_once(':')
        .ok_or("as 7:9f86d0…, a number and a SHA-256")?;
    let number = number
        .parse()
        .map_err(|_| "the number is none".to_owned())?;
    Ok((number, hash.parse()?))
}
