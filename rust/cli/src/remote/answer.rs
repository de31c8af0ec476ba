//! What an answer holds, as the readers of recordings read it: what they would not read is not stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::traces::{self, At, Sink};

/// How many traces an answer holds.
///
/// # Errors
/// In words, if some of it is not understood.
pub fn traces_in(bytes: &[u8]) -> Result<usize, String> {
    #[derive(Default)]
    struct Seen {
        traces: BTreeSet<[u8; 16]>,
        broken: Option<String>,
    }
    impl Sink for Seen {
        fn batch(&mut self, otlp: &[u8], _: At) {
            self.traces.extend(traces::traces_of(otlp));
        }
        fn broken(&mut self, at: At, message: &str) {
            self.broken
                .get_or_insert_with(|| format!("{at}: {message}"));
        }
        fn note(&mut self, _: &str) {}
        fn partial(&mut self, _: [u8; 16]) {}
    }
    let mut seen = Seen::default();
    let outcome = traces::read_stream(bytes, Arc::default(), &mut seen);
    match (seen.broken, outcome) {
        (Some(why), _) => Err(format!("an answer that is not understood: {why}")),
        (None, traces::Outcome::NotTraces) => {
            Err("an answer that holds no traces: is this the URL of its query service?".to_owned())
        }
        (None, _) => Ok(seen.traces.len()),
    }
}
