//! What can be typed behind `betrace suggest`.

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
    /// Recordings of bad times, most of whose traces may be good. Without any of --bad, --bad-trace and --bad-where the rules are
    /// those that every good trace keeps
    #[arg(long, value_name = "TRACES", num_args = 1..)]
    pub bad: Vec<PathBuf>,
    /// Only these traces are bad, whichever recordings they stand in; may be repeated
    #[arg(long, value_name = "HEX", num_args = 1..)]
    pub bad_trace: Vec<String>,
    /// Only the traces for which this condition holds are bad, whichever recordings they stand in:
    /// 'root.where(span:status == error)'
    #[arg(long, value_name = "CONDITION")]
    pub bad_where: Option<String>,
    /// Rules that there are already: what they catch is not suggested again; may be repeated
    #[arg(long, value_name = "RULES")]
    pub rules: Vec<PathBuf>,
    /// Show the counts behind the place of this suggestion, by its id
    #[arg(long, value_name = "RULE-ID", conflicts_with = "format")]
    pub explain: Option<String>,
    /// So many rules at most
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub most: u16,
    /// What a trace must have to count as complete: what is absent from another one proves nothing
    #[arg(long, value_enum, default_value_t)]
    pub completeness: CompletenessName,
    #[arg(long, value_enum, default_value_t)]
    pub format: SuggestFormat,
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
