//! An independent reading of the language, and what it takes to hold the engine against it.
//!
//! * [`oracle`]: a slow whole-trace evaluator, written straight from the language's definition. It keeps
//!   every span, and shares nothing with the engine but the checked rule.
//! * [`model`] and [`wire`]: owned spans, and their OTLP bytes.
//! * [`tape`] and [`generate`]: seeded rules (as text) and traces, weighted to the corners where a
//!   clever engine would go wrong, which shrink by themselves.
//! * [`trial`]: one rule and one trace through the engine in many deliveries, against the oracle; [`case`] keeps one that
//!   failed, [`words`] tries all short words of spans for the declarative templates.
//! * [`thin`]: the reference for messages that carry only what a plan reads.
//! * [`simulation`]: services, networks and collectors with faults around the real engine.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that meets the unexpected ends there"
    )
)]

pub mod case;
pub mod generate;
pub mod model;
pub mod oracle;
pub mod simulation;
pub mod tape;
pub mod thin;
pub mod trial;
pub mod wire;
pub mod words;
