//! How far each trace has come in a script, and what the oracle says of it then.

use std::borrow::Cow;

use betrace_lang::verdict::Reason;

use super::expect::Given;
use super::play::{MAX_AGE, SECOND};
use super::script::{Ending, Script};
use super::subject::Subject;
use crate::oracle::{Answer, Completeness, Reading, Reasons, Trace};

#[derive(Clone)]
pub struct Progress {
    /// The spans that the engine looked at, each where it came first.
    pub came: Vec<usize>,
    /// The engine has forgotten the spans before this one.
    pub forgotten: usize,
    pub closed: bool,
    /// More came than the limit.
    pub over: bool,
    /// The engine crashed under it.
    pub crashed: bool,
    pub of_rule: Vec<OfRule>,
}

/// How far a trace has come for one rule.
#[derive(Clone, Default)]
pub struct OfRule {
    /// How many spans had come when it was added, if the trace was under way then.
    pub before: Option<usize>,
    pub given: Given,
    /// Where it closed complete for that: which of the violations given then a later span contradicts.
    pub contradicted: Option<Given>,
    /// What was said while only the engine knew in which order the spans came.
    pub unordered: Given,
}

impl Progress {
    pub fn new(rules: usize) -> Progress {
        Progress {
            came: Vec::new(),
            forgotten: 0,
            closed: false,
            over: false,
            crashed: false,
            of_rule: vec![OfRule::default(); rules],
        }
    }

    pub fn is_live(&self) -> bool {
        !self.closed && !self.came.is_empty()
    }

    /// A span came.
    pub fn note(&mut self, span: usize, subject: &Subject<'_>, script: &Script) {
        let is_copy = self.came.iter().any(|came| subject.are_copies(*came, span));
        if !is_copy && self.came.len() >= script.limit as usize {
            let is_first = |at: &usize| {
                let mut earlier = self.came.iter().take_while(|came| *came != at);
                earlier.all(|came| !subject.are_copies(*came, *at))
            };
            self.over |=
                self.came.iter().filter(|at| is_first(at)).count() >= script.limit as usize;
        }
        if !self.over && !self.came.contains(&span) {
            self.came.push(span);
        }
    }

    /// Its state is dropped.
    pub fn forget(&mut self) {
        self.forgotten += self.came.len();
        self.came.clear();
        self.closed = false;
        for of_rule in &mut self.of_rule {
            of_rule.contradicted = None;
            of_rule.given.clear();
        }
    }

    pub fn is_in_order(&self) -> bool {
        let from = self.forgotten;
        self.came.iter().copied().eq(from..from + self.came.len())
    }

    /// Why the trace is incomplete, of itself, for each of the rules.
    pub fn causes(
        &self,
        subject: &Subject<'_>,
        rules: &[Reading<'_>],
        script: &Script,
        ending: Ending,
    ) -> Vec<Reasons> {
        let trace = Trace::of(self.came.iter().map(|span| &subject.spans[*span]));
        let before = |started: u64| started.saturating_sub(MAX_AGE * SECOND)..started;
        let under_way = trace.begins().zip(script.started);
        let under_way = under_way.is_some_and(|(begins, at)| before(at).contains(&begins));
        let mut causes = match ending {
            Ending::EndOfInput | Ending::Idle => Vec::new(),
            Ending::Age => vec![Reason::Evicted],
            Ending::Shutdown => vec![Reason::Shutdown],
        };
        if self.forgotten > 0 {
            causes.push(Reason::Late);
        }
        if self.has_conflict(subject) {
            causes.push(Reason::Conflict);
        }
        if self.over {
            causes.push(Reason::SpanLimit);
        }
        if self.crashed || under_way {
            causes.push(Reason::Restart);
        }
        let causes = Reasons::of(&causes);
        if self.forgotten > 0 {
            // What is missing came before.
            return vec![causes; rules.len()];
        }
        let missing = Completeness::ALL.map(|asked| causes.with(trace.missing(asked)));
        let asked = rules.iter().map(|rule| rule.asks(script.completeness));
        asked.map(|asked| missing[asked as usize]).collect()
    }

    /// Copies of one span came that differ in what rules read.
    fn has_conflict(&self, subject: &Subject<'_>) -> bool {
        let differs = |at: usize| {
            let span = self.came[at];
            let is_copy = |one: &&usize| subject.are_copies(**one, span);
            let first = self.came[..at].iter().find(is_copy);
            first.is_some_and(|first| subject.read[*first] != subject.read[span])
        };
        (0..self.came.len()).any(differs)
    }

    /// Whether what came is the first so many spans of the trace, or the same to the oracle, and it is asked of those.
    fn is_part(&self, subject: &Subject<'_>) -> bool {
        let length = self.came.len();
        let is_whole = length == subject.spans.len() && !subject.has_differing;
        let is_first = self.forgotten == 0 && self.is_in_order();
        is_whole || is_first && subject.lengths.contains(&length)
    }

    /// The answer while spans may still come; none where the spans came in an order of which the oracle
    /// was not asked.
    pub fn open<'s>(
        &self,
        subject: &'s Subject<'_>,
        reading: &Reading<'_>,
        rule: usize,
    ) -> Option<Cow<'s, Answer>> {
        let length = self.came.len();
        if self.is_part(subject) {
            return Some(Cow::Borrowed(subject.open(reading, rule, length)));
        }
        let is_known = self.is_in_order() || length == subject.spans.len();
        is_known.then(|| Cow::Owned(self.open_since(subject, reading, 0)))
    }

    /// The answer on the spans behind the first `before`, while spans may still come.
    pub fn open_since(
        &self,
        subject: &Subject<'_>,
        reading: &Reading<'_>,
        before: usize,
    ) -> Answer {
        let span = |at: &usize| &subject.spans[*at];
        let (earlier, later) = self.came.split_at(before);
        let is_copy = |at: &usize| earlier.iter().any(|one| subject.are_copies(*one, *at));
        let spans = later.iter().filter(|at| !is_copy(at)).map(span);
        reading.answer(&Trace::of(spans).open(Reasons::default()))
    }

    /// The answer on a trace that is complete with what came.
    pub fn closed<'s>(
        &self,
        subject: &'s Subject<'_>,
        reading: &Reading<'_>,
        rule: usize,
    ) -> Cow<'s, Answer> {
        if self.is_part(subject) {
            return Cow::Borrowed(subject.closed_at(reading, rule, self.came.len()));
        }
        let spans = self.came.iter().map(|span| &subject.spans[*span]);
        Cow::Owned(reading.answer(&Trace::of(spans)))
    }
}
