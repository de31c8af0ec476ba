//! What a trace says of the clocks of its services: a span that starts before the span of another service that caused it has a
//! clock that is behind, or its parent one that is ahead.

use std::collections::BTreeMap;

use crate::recording::{Recorded, parents};

/// By service how far, at most, its spans start before their parents, in nanoseconds, and in which service those are.
#[derive(Debug, Default)]
pub struct Skew(BTreeMap<String, (u64, String)>);

impl Skew {
    #[must_use]
    pub fn of(recorded: &Recorded) -> Skew {
        let spans = recorded.spans();
        let mut skew = Skew::default();
        for (child, parent) in spans.iter().zip(parents(&spans)) {
            let Some(parent) = parent.flatten().map(|index| &spans[index]) else {
                continue;
            };
            let (service, other) = (child.service(), parent.service());
            let (start, begin) = (
                child.span.start_time_unix_nano,
                parent.span.start_time_unix_nano,
            );
            if service == other || start == 0 || begin <= start {
                continue;
            }
            let worst = skew.0.entry(service.to_owned()).or_default();
            if begin - start > worst.0 {
                *worst = (begin - start, other.to_owned());
            }
        }
        skew
    }

    /// How far the service's spans start before their parents in another one, if they do.
    #[must_use]
    pub fn of_service(&self, service: &str) -> Option<(u64, &str)> {
        let (by, other) = self.0.get(service)?;
        Some((*by, other))
    }
}
