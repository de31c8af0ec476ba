//! What can be typed behind `betrace suggest` and `betrace tune`: recordings of good times and of bad ones.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::completeness::CompletenessName;

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 nothing to suggest, 1 rules are suggested, 2 usage or faulty rules, 3 input broken (what could be read is still used)."
)]
pub struct Suggest {
    /// Recordings of good times: files, directories, or - for standard input
    #[arg(long, value_name = "TRACES", required = true, num_args = 1..)]
    pub good: Vec<PathBuf>,
    #[command(flatten)]
    pub bad: BadSide,
    /// Rules that there are already: what they catch is not suggested again; may be repeated
    #[arg(long, value_name = "RULES")]
    pub rules: Vec<PathBuf>,
    /// Show the counts behind the place of this suggestion, by its id
    #[arg(long, value_name = "RULE-ID", conflicts_with = "format")]
    pub explain: Option<String>,
    /// So many rules at most
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub most: u16,
    #[arg(long, value_enum, default_value_t)]
    pub format: SuggestFormat,
}

/// Which traces are bad. Without any of these all are good.
#[derive(Args, Debug)]
pub struct BadSide {
    /// Recordings of bad times, most of whose traces may be good. Without any of --bad, --bad-trace and --bad-where all traces
    /// are taken for good
    #[arg(long, value_name = "TRACES", num_args = 1..)]
    pub bad: Vec<PathBuf>,
    /// Only these traces are bad, whichever recordings they stand in; may be repeated
    #[arg(long, value_name = "HEX", num_args = 1..)]
    pub bad_trace: Vec<String>,
    /// Only the traces for which this condition holds are bad, whichever recordings they stand in:
    /// 'root.where(span:status == error)'; of a rule ('when … always …') those that break it
    #[arg(long, value_name = "CONDITION")]
    pub bad_where: Option<String>,
    /// What a trace must have to count as complete: what is absent from another one proves nothing
    #[arg(long, value_enum, default_value_t)]
    pub completeness: CompletenessName,
}

#[derive(Args, Debug)]
#[command(
    override_usage = "betrace tune [OPTIONS] RULES TRACES...\n       betrace tune [OPTIONS] --rules RULES TRACES...",
    after_help = "Exit codes: 0 nothing to tune, 1 something is told, 2 usage or faulty rules, 3 input broken (what could be read is still used)."
)]
pub struct Tune {
    /// A rule file or a directory; it may be left out where --rules names one
    #[arg(value_name = "RULES")]
    pub first: PathBuf,
    /// Recordings of good times: files, directories, or - for standard input
    #[arg(value_name = "TRACES", required_unless_present = "rules")]
    pub good: Vec<PathBuf>,
    /// Rule files and directories, further ones where one stands before the traces; may be repeated
    #[arg(long, value_name = "RULES")]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub bad: BadSide,
    #[arg(long, value_enum, default_value_t)]
    pub format: TuneFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TuneFormat {
    #[default]
    Text,
    /// One object a line
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SuggestFormat {
    #[default]
    Text,
    /// A rule file with tests from the traces
    Yaml,
    /// One object a line
    Json,
}
