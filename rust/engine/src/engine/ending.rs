//! The end of windows over many traces: each is taken out, judged and told, one after the other. Neither the windows nor the
//! rules are held for long by it: of a rule with many groups all is worked out while others go on with both.

use crate::engine::Engine;
use crate::engine::close::Cause;
use crate::time::Timestamp;

impl Engine {
    /// Judges the windows that are over; where all traces were closed for some cause, all of them.
    pub(super) fn end_windows(&self, now: Timestamp, cause: Option<Cause>) {
        // One call after the other: what one window came to may be what the next is held against.
        let _ending = self.ending.lock();
        while let (Some(ended), _) = self.with_rules(now, |context, _| context.end_window(cause)) {
            for rule in ended {
                let Some(mut judged) = rule.judge(&self.windows) else {
                    continue;
                };
                while !self
                    .with_rules(now, |context, scratch| {
                        context.tell_judged(&mut judged, &self.outbox, &mut scratch.sink)
                    })
                    .0
                {}
            }
        }
    }
}
