//! Traces that other systems keep, fetched over their HTTP interfaces as they answer: what comes is put behind what came, so that the
//! readers of recordings see the answers themselves.
//!
//! ```text
//! backend: jaeger | tempo ──▶ tasks ──▶ round: some at a time ──▶ client: again where it may help ──▶ store: file, resumable
//!             ▲                                                                │
//!             └──────────────── further tasks: halves of a stretch, traces ────┘
//! ```

pub mod answer;
pub mod backend;
pub mod client;
pub mod clock;
pub mod round;
pub mod store;
