//! What the oracles answer for one rule and one trace, each worked out only when it is asked for, and once.

use std::cell::OnceCell;

use super::matter::Matter;
use crate::oracle::{Answer, Reading};

pub struct Answers<'j, 'm> {
    reading: &'j Reading<'j>,
    matter: &'j Matter<'m>,
    rule: u16,
    /// When the trace closed.
    at: u64,
    may_be_complete: bool,
    may_be_incomplete: bool,
    truth: OnceCell<Answer>,
    closed: OnceCell<Answer>,
    open: OnceCell<Answer>,
}

impl<'j, 'm> Answers<'j, 'm> {
    #[must_use]
    pub fn of(reading: &'j Reading<'j>, matter: &'j Matter<'m>, rule: u16, at: u64) -> Self {
        let (may_be_complete, may_be_incomplete) = matter.sight.completeness(rule, at);
        Answers {
            reading,
            matter,
            rule,
            at,
            may_be_complete,
            may_be_incomplete,
            truth: OnceCell::new(),
            closed: OnceCell::new(),
            open: OnceCell::new(),
        }
    }

    /// Of all that was made.
    pub fn truth(&self) -> &Answer {
        let whole = || self.reading.answer(&self.matter.whole);
        self.truth.get_or_init(whole)
    }

    /// Of what was known at the close, if it was all there is; only where the trace may be complete.
    pub fn closed(&self) -> Option<&Answer> {
        if !self.may_be_complete {
            return None;
        }
        if self.matter.sight.is_exact(self.rule) {
            return Some(self.truth());
        }
        let known = self.matter.known(self.at);
        Some(
            match known.is_all_that_was_made && self.matter.is_settled() {
                true => self.truth(),
                false => self
                    .closed
                    .get_or_init(|| self.reading.answer(&known.closed)),
            },
        )
    }

    /// Of what was known at the close, if more may come; only where the trace may be incomplete.
    pub fn open(&self) -> Option<&Answer> {
        self.may_be_incomplete.then(|| self.of_what_was_known())
    }

    fn of_what_was_known(&self) -> &Answer {
        let known = || self.reading.answer(&self.matter.known(self.at).open);
        self.open.get_or_init(known)
    }

    /// Whether it is so of all that came by then, whatever was forgotten of it; more may come. Of two copies that differ the
    /// first may be forgotten, and then the second counts.
    pub fn rests_on_presence(&self, at: u64, is: impl Fn(&Answer) -> bool) -> bool {
        let known = self.matter.known(at);
        if !known.is_all_that_came {
            let came = self.matter.came(at);
            let is_known = || is(&self.reading.answer(&known.open));
            return is(&self.reading.answer(&came.open)) || !self.matter.is_settled() && is_known();
        }
        match at == self.at {
            true => is(self.of_what_was_known()),
            false => is(&self.reading.answer(&known.open)),
        }
    }
}
