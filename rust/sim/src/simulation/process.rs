//! A process of a service: its clock, and the queue of its exporter.

use super::COLLECTORS;
use super::fault::{Fault, Faults};
use super::mail::owner;
use super::random::Random;
use super::record::SpanAt;
use crate::model::Span;

/// Spans that wait for an exporter; the SDKs' default.
const QUEUE: usize = 2048;

#[derive(Clone, Debug, Default)]
pub struct Process {
    /// By how many nanoseconds its clock is wrong.
    pub offset: i64,
    /// Until then its clock is set back now and then.
    pub steps_until: u64,
    pub dead_until: u64,
    pub stalled_until: u64,
    pub waiting: Vec<SpanAt>,
}

impl Process {
    /// Has the span say what this process's clock says; which faults that was.
    pub fn tell(&self, span: &mut Span, random: &mut Random) -> Faults {
        let mut faults = Faults::default();
        if self.offset != 0 {
            let shift = |time: &mut u64| *time = time.saturating_add_signed(self.offset);
            shift(&mut span.start);
            shift(&mut span.end);
            span.events
                .iter_mut()
                .for_each(|event| shift(&mut event.time));
            faults.add(Fault::ClockSkew);
        }
        if span.start < self.steps_until && random.chance(300) {
            match random.below(4) {
                0 => span.start = 0,
                1 => span.end = 0,
                _ => span.end = span.start - random.between(1, 50_000_000),
            }
            faults.add(Fault::ClockStep);
        }
        faults
    }

    /// `false`: there is no room.
    pub fn queue(&mut self, span: SpanAt) -> bool {
        let has_room = self.waiting.len() < QUEUE;
        if has_room {
            self.waiting.push(span);
        }
        has_room
    }

    /// All that waits, by collector.
    pub fn export(&mut self) -> Vec<(usize, Vec<SpanAt>)> {
        let mut by: Vec<Vec<SpanAt>> = vec![Vec::new(); COLLECTORS];
        for span in self.waiting.drain(..) {
            by[owner(span.0)].push(span);
        }
        let all = by.into_iter().enumerate();
        all.filter(|(_, spans)| !spans.is_empty()).collect()
    }
}
