//! How far those in some order were looked at before the first of them is come to: some at a time, and the next when these are
//! used up.

use crate::sync::worked;

/// So many of those that are due, over or oldest are looked at before the first of them is come to. What few traces have stays
/// in the fastest cache until then, and one look for each of them is as many as a processor waits for at once.
pub(super) const AHEAD: usize = 8;

/// How many that are come to next were looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LookedAt(usize);

impl LookedAt {
    /// Comes to the next. `true`: further ones are to be looked at.
    pub fn was_last(&mut self) -> bool {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or(AHEAD - 1);
        worked(if left.is_none() { AHEAD } else { 0 });
        left.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_ones_are_looked_at_once_those_before_are_used_up() {
        let mut looked_at = LookedAt::default();
        let asked: Vec<bool> = (0..3 * AHEAD).map(|_| looked_at.was_last()).collect();
        let are_first = (0..3 * AHEAD).map(|at| at.is_multiple_of(AHEAD));
        assert!(are_first.eq(asked));
    }
}
