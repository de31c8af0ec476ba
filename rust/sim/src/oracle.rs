//! The naive reading: one rule, all spans of one trace, and the answer that the language gives.
//!
//! Nothing here is clever. Every selector is evaluated over all spans each time it is met (but one that names no bound
//! span, once for all tuples), a relation compares every pair, `when each` walks every tuple. What may still change is [`Truth::Open`]; a trace
//! that is complete has nothing open but what hangs on skewed times or on parents that never came.
//!
//! Read in this order: this file (obligations and verdicts), `select` (which spans), `order` and
//! `ancestry` (how two spans stand), `measure` (counts and sums) and `groups`, `predicate`, `term` and `field` (one
//! span, three-valued), `value` and `number` (types), `argue` (what a violation shows), `waits` (for
//! how long a trace is kept open). A relation, a measure, a
//! predicate and a field are a function each, and a new one is one more, with its line where it is chosen.

mod ancestry;
mod argue;
mod field;
mod gathered;
mod groups;
mod measure;
mod number;
mod order;
mod predicate;
mod select;
mod term;
mod truth;
mod value;
mod waits;
mod window;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::sync::Arc;

use betrace_lang::rule::{Expr, ExprKind, Rule};
use betrace_lang::verdict::{Reason, Verdict};

use crate::model::Span;
use select::Selection;
use value::Val;

pub use argue::{Broken, EVIDENCE_CAP, Shown, beyond_identity};
pub use gathered::Allowed;
pub use order::has_order;
pub use truth::{Reasons, Truth};
pub use window::{Place, windows};

/// What must have come before a closed trace counts as complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    Root,
    Linked,
    Idle,
}

impl Completeness {
    /// In the order of their numbers.
    pub const ALL: [Completeness; 3] =
        [Completeness::Root, Completeness::Linked, Completeness::Idle];

    /// What the rule says itself, else this.
    #[must_use]
    pub fn of(self, rule: &Rule) -> Completeness {
        match rule.completeness.map(|own| own.as_str()) {
            Some("root") => Completeness::Root,
            Some("linked") => Completeness::Linked,
            Some("idle") => Completeness::Idle,
            _ => self,
        }
    }
}

/// The oracle's answer for one rule and one trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub verdict: Verdict,
    /// Of an inconclusive verdict.
    pub why: Reasons,
    /// The broken obligations, in the order of their spans; for a rule without `when each` at most one.
    pub broken: Vec<Broken>,
    /// Some obligation is not decided, whatever the others say.
    pub is_open: bool,
}

impl Answer {
    /// Of an inconclusive verdict, the first reason that applies.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.why.first()
    }
}

/// Judges a trace by its spans in the order of delivery: of differing copies of a span the first counts. `completeness` is
/// what is asked of it unless the rule says so itself.
/// `causes` are the reasons besides missing spans for which it is incomplete (shed, evicted, late, ...).
#[must_use]
pub fn judge(rule: &Rule, spans: &[Span], completeness: Completeness, causes: &[Reason]) -> Answer {
    Reading::of(rule).judge(Trace::of(spans), completeness, causes)
}

/// The spans of a trace, each once, by (start, id).
pub struct Trace<'a> {
    spans: Vec<&'a Span>,
    /// May spans still come? Open with the reasons why the trace is incomplete, else false.
    more: Truth,
    /// By where field and span stand in memory, what fields hold that are read in several places: many rules ask for the same.
    read: RefCell<BTreeMap<(usize, usize), Val<'a>>>,
}

impl<'a> Trace<'a> {
    /// A complete trace, from spans in the order of delivery.
    #[must_use]
    pub fn of(delivered: impl IntoIterator<Item = &'a Span>) -> Trace<'a> {
        let mut spans: Vec<&Span> = Vec::new();
        for span in delivered {
            if !spans.iter().any(|known| known.is_copy_of(span)) {
                spans.push(span);
            }
        }
        spans.sort_by(|a, b| {
            let halves = || (a.kind, a.service()).cmp(&(b.kind, b.service()));
            (a.start, a.id).cmp(&(b.start, b.id)).then_with(halves)
        });
        Trace {
            spans,
            more: Truth::False,
            read: RefCell::default(),
        }
    }

    /// The same while spans may still come, or for ever, because it is incomplete.
    #[must_use]
    pub fn open(self, why: Reasons) -> Trace<'a> {
        Trace {
            more: Truth::Open(why),
            ..self
        }
    }

    /// What is missing before it counts as complete.
    #[must_use]
    pub fn missing(&self, completeness: Completeness) -> Reasons {
        let rooted = self.spans.iter().any(|span| span.parent.is_none());
        let mut parents = self.spans.iter().filter_map(|span| span.parent);
        let linked = parents.all(|parent| self.came(parent));
        let mut missing = Vec::new();
        if completeness != Completeness::Idle && !rooted {
            missing.push(Reason::NoRoot);
        }
        if completeness == Completeness::Linked && !linked {
            missing.push(Reason::Orphan);
        }
        Reasons::of(&missing)
    }

    /// The earliest start, of the spans that have one.
    #[must_use]
    pub fn begins(&self) -> Option<u64> {
        self.spans
            .iter()
            .map(|span| span.start)
            .find(|start| *start != 0)
    }

    fn came(&self, id: [u8; 8]) -> bool {
        self.spans.iter().any(|span| span.id == id)
    }

    /// A condition about the whole trace.
    fn holds(&self, condition: &Expr, bound: &Bound) -> Truth {
        match &condition.kind {
            ExprKind::And(parts) => Truth::all(parts.iter().map(|part| self.holds(part, bound))),
            ExprKind::Or(parts) => Truth::any(parts.iter().map(|part| self.holds(part, bound))),
            ExprKind::Not(part) => self.holds(part, bound).not(),
            ExprKind::Exists(selector) => self.select(selector, bound).exists(),
            ExprKind::Bound { binding, filter } => {
                let span = self.spans[bound[usize::from(binding.0)]];
                Truth::all(filter.iter().map(|part| self.proven(part, span, bound)))
            }
            ExprKind::Compare { left, op, right } => measure::compare(
                &self.measure(left, bound),
                *op,
                &self.quantity(right, bound),
            ),
            ExprKind::CompareTotals { left, op, right } => {
                measure::compare(&self.total(left, bound), *op, &self.total(right, bound))
            }
            ExprKind::GroupCompare {
                measure,
                by,
                op,
                value,
            } => self.some_group(measure, by, *op, &self.quantity(value, bound), bound),
            ExprKind::Trace(predicate) => self.trace_condition(predicate, bound),
        }
    }
}

/// The spans bound so far, as indices.
#[derive(Default)]
pub struct Bound {
    spans: Vec<usize>,
    /// Where the selectors stand in memory that name no bound span, and what those select that were met: it is the same
    /// whatever is bound, and all that is kept while an answer is worked out.
    once: Arc<BTreeSet<usize>>,
    found: RefCell<BTreeMap<usize, Rc<Selection>>>,
}

impl Deref for Bound {
    type Target = Vec<usize>;

    fn deref(&self) -> &Vec<usize> {
        &self.spans
    }
}

impl DerefMut for Bound {
    fn deref_mut(&mut self) -> &mut Vec<usize> {
        &mut self.spans
    }
}

/// A rule, and which parts of its `when` name no bound span.
pub struct Reading<'r> {
    rule: &'r Rule,
    /// `when`, and the exceptions, which must not hold.
    when: Vec<Part<'r>>,
    /// Some span in it sets a deadline running.
    has_deadline: bool,
    /// Of a rule that binds spans: where the selectors stand that name none of them.
    once: Arc<BTreeSet<usize>>,
}

struct Part<'r> {
    condition: &'r Expr,
    is_exception: bool,
    names_a_span: bool,
}

/// Which parts of `when` to ask.
#[derive(PartialEq)]
enum Says {
    Everything,
    /// Those that name no bound span.
    OfTheTrace,
}

#[derive(Default)]
struct Outcome {
    broken: Vec<Broken>,
    open: Option<Reasons>,
    satisfied: bool,
}

impl<'r> Reading<'r> {
    #[must_use]
    pub fn of(rule: &'r Rule) -> Reading<'r> {
        let part = |is_exception| {
            move |condition: &'r Expr| Part {
                condition,
                is_exception,
                names_a_span: format!("{:?}", condition.kind).contains("BindingId("),
            }
        };
        let when = rule.body.when.iter().map(part(false));
        let exceptions = rule.body.exceptions.iter().map(part(true));
        Reading {
            rule,
            when: when.chain(exceptions).collect(),
            has_deadline: waits::has_deadline(rule),
            once: Arc::new(select::unbound(rule)),
        }
    }

    /// What it asks of a trace, where `unsaid` is asked if a rule says nothing.
    #[must_use]
    pub fn asks(&self, unsaid: Completeness) -> Completeness {
        unsaid.of(self.rule)
    }

    /// As [`judge`].
    #[must_use]
    pub fn judge(&self, trace: Trace<'_>, unsaid: Completeness, causes: &[Reason]) -> Answer {
        let missing = trace.missing(self.asks(unsaid));
        let why = missing.with(Reasons::of(causes));
        self.answer(&if why.is_empty() {
            trace
        } else {
            trace.open(why)
        })
    }

    #[must_use]
    pub fn answer(&self, trace: &Trace<'_>) -> Answer {
        let mut outcome = Outcome::default();
        self.obligations(trace, &mut self.unbound(), Truth::True, &mut outcome);
        let verdict = if !outcome.broken.is_empty() {
            Verdict::Violated
        } else if outcome.open.is_some() {
            Verdict::Inconclusive
        } else if outcome.satisfied {
            Verdict::Satisfied
        } else {
            Verdict::NotApplicable
        };
        let is_open = outcome.open.is_some();
        let open = outcome.open.filter(|_| verdict == Verdict::Inconclusive);
        let why = open.map(|open| open.with(trace.more.reasons()));
        Answer {
            verdict,
            why: why.unwrap_or_default(),
            broken: outcome.broken,
            is_open,
        }
    }

    /// Before any span is bound.
    fn unbound(&self) -> Bound {
        Bound {
            once: Arc::clone(&self.once),
            ..Bound::default()
        }
    }

    /// Binds one more span in every possible way; `member` says how surely the bound ones are selected.
    fn obligations(
        &self,
        trace: &Trace<'_>,
        bound: &mut Bound,
        member: Truth,
        outcome: &mut Outcome,
    ) {
        let Some(binding) = self.rule.body.bindings.get(bound.len()) else {
            return self.obligation(trace, bound, member, outcome);
        };
        let selection = trace.select(&binding.selector, bound);
        for &(span, selected) in &selection.members {
            bound.push(span);
            self.obligations(trace, bound, member.and(selected), outcome);
            bound.pop();
        }
        // Another span may come that makes an obligation, unless what `when` says of the trace alone
        // rules that out.
        let another = member.and(selection.more);
        if another != Truth::False {
            outcome.leave_open(another.and(self.when(trace, bound, Says::OfTheTrace)));
        }
    }

    /// `when` with its exceptions.
    fn when(&self, trace: &Trace<'_>, bound: &Bound, says: Says) -> Truth {
        let asked = |part: &&Part<'_>| says == Says::Everything || !part.names_a_span;
        Truth::all(self.when.iter().filter(asked).map(|part| {
            let holds = trace.holds(part.condition, bound);
            if part.is_exception {
                holds.not()
            } else {
                holds
            }
        }))
    }

    fn obligation(&self, trace: &Trace<'_>, bound: &Bound, member: Truth, outcome: &mut Outcome) {
        let body = &self.rule.body;
        let holds = |clause: &Expr| trace.holds(clause, bound);
        let when = member.and(self.when(trace, bound, Says::Everything));
        if when == Truth::False {
            return;
        }
        let never = body.never.as_ref().map_or(Truth::False, holds);
        let always = body.always.as_ref().map_or(Truth::True, holds);
        let broken = never.or(always.not());
        match (when, broken) {
            (Truth::True, Truth::False) => outcome.satisfied = true,
            (Truth::True, Truth::True) => {
                outcome
                    .broken
                    .push(trace.argue(self.rule, never == Truth::True, bound));
            }
            _ => outcome.leave_open(Truth::Open(when.reasons().with(broken.reasons()))),
        }
    }
}

impl Outcome {
    fn leave_open(&mut self, truth: Truth) {
        if truth != Truth::False {
            self.open = Some(self.open.unwrap_or_default().with(truth.reasons()));
        }
    }
}
