//! What can be typed behind `betrace simulate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 nothing wrong, 1 a verdict was wrong, 2 usage or faulty rules."
)]
pub struct Simulate {
    /// Rule files, directories, or - for standard input; may be repeated
    #[arg(long, value_name = "RULES", required = true)]
    pub rules: Vec<PathBuf>,
    /// Whatever is left to chance is a function of it: the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// So many simulated minutes, and what it takes to close every trace
    #[arg(long, value_name = "M", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub minutes: u64,
    /// Spans that the services make in a simulated second
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(10..=100_000))]
    pub spans_per_second: u64,
    /// How many threads play the collectors; the output does not hang on it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: u16,
    /// Judge nothing: how fast engine and world are by themselves
    #[arg(long)]
    pub unjudged: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: SimulateFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SimulateFormat {
    #[default]
    Text,
    /// One object
    Json,
}
