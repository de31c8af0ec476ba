//! What a trace remembers of the violations that were given: none is given twice, and late spans may contradict
//! some. And which costly rules it leaves alone.

use crate::intern::RuleKey;
use crate::state::reported::{Fired, Reported};
use crate::state::trace::TraceState;

impl TraceState {
    fn reported(&self) -> Option<&Reported> {
        Some(&self.apart()?.reported)
    }

    fn reported_mut(&mut self) -> &mut Reported {
        &mut self.apart_mut().reported
    }

    /// The violations that were given, sorted.
    pub(super) fn fired(&self) -> &[Fired] {
        self.reported().map_or(&[], |reported| &reported.fired)
    }

    /// Those of them that are contradicted, sorted.
    pub(super) fn contradicted(&self) -> &[Fired] {
        self.reported().map_or(&[], Reported::contradicted)
    }

    /// Both sorted.
    pub(super) fn restore_fired(&mut self, fired: Vec<Fired>, contradicted: Vec<Fired>) {
        if !fired.is_empty() || !contradicted.is_empty() {
            *self.reported_mut() = Reported::of(fired, contradicted);
        }
    }

    pub fn has_fired(&self, fired: Fired) -> bool {
        self.fired().binary_search(&fired).is_ok()
    }

    pub fn fired_of(&self, rule: RuleKey) -> usize {
        let all = self.fired();
        let from = all.partition_point(|fired| fired.rule < rule);
        all[from..].partition_point(|fired| fired.rule == rule)
    }

    /// The rules of which violations were reported, each once.
    pub fn fired_rules(&self) -> impl Iterator<Item = RuleKey> {
        let of_rules = self.fired().chunk_by(|a, b| a.rule == b.rule);
        of_rules.map(|fired| fired[0].rule)
    }

    pub fn note_fired(&mut self, fired: impl IntoIterator<Item = Fired>) {
        for fired in fired {
            self.reported_mut().fire(fired);
        }
    }

    /// The violations that were given and not found to be contradicted, those of a rule together.
    pub fn uncontradicted(&self) -> Vec<Fired> {
        let contradicted = self.contradicted();
        let is_left = |fired: &&Fired| contradicted.binary_search(fired).is_err();
        self.fired().iter().filter(is_left).copied().collect()
    }

    pub fn note_contradicted(&mut self, fired: Fired) {
        self.reported_mut().contradict(fired);
    }

    /// Leaves a costly rule alone until `spans` more came.
    pub fn postpone(&mut self, rule: RuleKey, spans: usize) {
        let until = self.span_count().saturating_add(spans);
        self.reported_mut().postpone(rule, until);
    }

    /// None is left alone any more.
    pub(super) fn forget_postponed(&mut self) {
        if self.reported().is_some() {
            self.reported_mut().forget_postponed();
        }
    }

    pub fn is_postponed(&self, rule: RuleKey) -> bool {
        let reported = self.reported().filter(|_| self.is_live());
        let until = reported.and_then(|reported| reported.postponed_until(rule));
        until.is_some_and(|until| self.span_count() < until)
    }
}
