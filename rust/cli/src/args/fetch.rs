//! What `betrace fetch` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args, Debug)]
#[command(
    after_help = "BETRACE_FETCH_TOKEN is sent as `Authorization: Bearer …`; BETRACE_FETCH_HEADERS holds further headers, `Name: value`, one a \
                  line. Exit codes: 0 fetched, 2 usage or nothing could be asked, 3 something is missing (what came is kept)."
)]
pub struct Fetch {
    /// Whose interface it is
    #[arg(value_enum)]
    pub backend: FetchBackend,
    /// Where its query service answers, such as http://localhost:16686 (Jaeger) or http://localhost:3200 (Tempo)
    pub url: String,
    /// Only traces with this service; Jaeger is asked for each of its services otherwise
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Of Tempo: only traces that this TraceQL finds
    #[arg(long, value_name = "TRACEQL", conflicts_with = "service")]
    pub query: Option<String>,
    /// Traces from this time on, as 2026-11-21, 2026-11-21T09:30 or with an offset, else UTC [default: an hour before --to]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Traces before this time [default: now]
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Where to write, or - for standard output; a fetch that was cut off goes on where it was
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// Traces in one answer; where there are more, shorter stretches of time are asked for
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub page: u32,
    /// Requests at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub at_once: u32,
    /// Certificates (PEM) that are trusted instead of the usual ones
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FetchBackend {
    Jaeger,
    Tempo,
}
