//! The built command: exit codes, formats, and what it says to people.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that meets the unexpected ends there"
)]

#[path = "command/support.rs"]
mod support;

#[path = "command/check.rs"]
mod check;
#[path = "command/closing.rs"]
mod closing;
#[path = "command/configuration.rs"]
mod configuration;
#[path = "command/evidence.rs"]
mod evidence;
#[path = "command/evidence_report.rs"]
mod evidence_report;
#[path = "command/explain.rs"]
mod explain;
#[path = "command/fetch.rs"]
mod fetch;
#[path = "command/fetch_tls.rs"]
mod fetch_tls;
#[path = "command/fmt.rs"]
mod fmt;
#[path = "command/folders.rs"]
mod folders;
#[path = "command/gaps.rs"]
mod gaps;
#[path = "command/getting_started.rs"]
mod getting_started;
#[path = "command/instrumentation.rs"]
mod instrumentation;
#[path = "command/intents.rs"]
mod intents;
#[path = "command/intents_recorded.rs"]
mod intents_recorded;
#[path = "command/named.rs"]
mod named;
#[path = "command/output.rs"]
mod output;
#[path = "command/over.rs"]
mod over;
#[path = "command/packs.rs"]
mod packs;
#[path = "command/recorded.rs"]
mod recorded;
#[path = "command/replay.rs"]
mod replay;
#[path = "command/replay_input.rs"]
mod replay_input;
#[path = "command/report_pages.rs"]
mod report_pages;
#[path = "command/sampling.rs"]
mod sampling;
#[path = "command/shell.rs"]
mod shell;
#[path = "command/show.rs"]
mod show;
#[path = "command/simulate.rs"]
mod simulate;
#[path = "command/stacks.rs"]
mod stacks;
#[path = "command/tests_of_rules.rs"]
mod tests_of_rules;
#[path = "command/timeline.rs"]
mod timeline;
#[path = "command/vacuity.rs"]
mod vacuity;
#[path = "command/vocabulary.rs"]
mod vocabulary;
#[path = "command/window.rs"]
mod window;
#[path = "command/wrong_types.rs"]
mod wrong_types;
