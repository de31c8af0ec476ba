//! The readers of recorded traces, against opentelemetry-proto as the oracle and against each other.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

#[path = "traces/support.rs"]
mod support;

#[path = "traces/broken.rs"]
mod broken;
#[path = "traces/formats.rs"]
mod formats;
#[path = "traces/hostile.rs"]
mod hostile;
#[path = "traces/limits.rs"]
mod limits;
#[path = "traces/odd.rs"]
mod odd;
#[path = "traces/oracle.rs"]
mod oracle;
#[path = "traces/receivers.rs"]
mod receivers;
#[path = "traces/shapes.rs"]
mod shapes;
