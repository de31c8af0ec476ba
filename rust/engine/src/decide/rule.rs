//! A rule's verdict over a trace: one obligation for the trace, or with `when each` one for each tuple
//! of bound spans; the worst of them is the trace's.

use betrace_lang::rule::ClauseKind;
use betrace_lang::verdict::{Reason, Verdict};
use hashbrown::HashSet;

use crate::decide::condition::truth;
use crate::decide::eval::{BINDINGS, Eval, Tuple};
use crate::hash::fixed_hash;
use crate::logic::tri::{Reasons, Tri};
use crate::plan::Clauses;
use crate::plan::condition::{Condition, ConditionKind, Selecting};
use crate::plan::node::Node;
use crate::state::cell::Cells;

/// How many tuples of bound spans one evaluation looks at; beyond it the rest is open.
const TUPLE_CAP: u64 = 1 << 16;

/// Steps to ask the clauses about one tuple, besides the spans that they look at.
const PER_TUPLE: usize = 8;

/// How many obligations of one rule and trace are reported one by one.
pub(crate) const OBLIGATIONS: usize = 64;

/// An obligation that is violated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken {
    pub tuple: Tuple,
    /// Of the bound spans' ids, as the violation's identity is; 0 where nothing is bound.
    pub obligation: u64,
    /// The clause that broke it.
    pub clause: ClauseKind,
}

/// What one evaluation found.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None`: open.
    pub verdict: Option<Verdict>,
    /// Why it is open, besides what the trace itself says.
    pub reasons: Reasons,
    /// `when` held, or there is none.
    pub when_held: bool,
    /// In the order of their bound spans, each obligation once, and at most one more than are reported one by one.
    pub broken: Vec<Broken>,
    /// Tuples that broke one.
    pub total: u64,
    /// More violations than are reported one by one.
    pub is_beyond: bool,
    /// Not every tuple of bound spans was looked at.
    pub is_cut: bool,
    /// Obligations that would apply but for an exception.
    pub excused: u64,
}

/// Told, while a rule is evaluated, of what stays open and what is broken, however much that is.
pub(crate) trait Watch<'a> {
    /// More spans may come that `node` binds, beside those that are bound already.
    fn open_binding(&mut self, eval: &mut Eval<'a>, node: &'a Node);
    /// It is not known whether the obligation of the bound spans is broken.
    fn open_obligation(&mut self, eval: &mut Eval<'a>);
    /// The obligation of the bound spans is broken.
    fn broken_obligation(&mut self, _: &Eval<'a>) {}
}

/// For those who do not ask.
impl<'a> Watch<'a> for () {
    fn open_binding(&mut self, _: &mut Eval<'a>, _: &'a Node) {}
    fn open_obligation(&mut self, _: &mut Eval<'a>) {}
}

/// Evaluates the rule of `eval`.
pub(crate) fn decide(eval: &mut Eval<'_>) -> Outcome {
    decide_watched(eval, &mut ())
}

/// Likewise; `watch` hears of all that is open or broken.
pub(crate) fn decide_watched<'a>(eval: &mut Eval<'a>, watch: &mut dyn Watch<'a>) -> Outcome {
    if eval.facts.rule.clauses.bindings.is_empty() {
        decide_one(eval, watch)
    } else {
        decide_each(eval, watch)
    }
}

/// Whether a rule says by no more than the numbers of spans in cells that its trace keeps it: what it asks for is there, and no
/// span that may still come could change that. Of most rules that are asked it is so.
pub(crate) fn is_kept_by_spans(clauses: &Clauses, cells: Cells<'_>) -> bool {
    let are_there = |condition: &Condition| spans_are_there(condition, cells);
    clauses.bindings.is_empty()
        && clauses.exceptions.is_empty()
        && clauses.never.is_none()
        && clauses.always.as_ref().is_some_and(are_there)
        && clauses.when.as_ref().is_none_or(are_there)
}

fn spans_are_there(condition: &Condition, cells: Cells<'_>) -> bool {
    match &condition.kind {
        ConditionKind::And(parts) => parts.iter().all(|part| spans_are_there(part, cells)),
        ConditionKind::Exists(Selecting::Counted(counted)) if counted.trace.is_empty() => cells
            .count(counted.count)
            .is_some_and(|count| count.certain > 0),
        _ => false,
    }
}

fn decide_one<'a>(eval: &mut Eval<'a>, watch: &mut dyn Watch<'a>) -> Outcome {
    let rule = eval.facts.rule;
    let when = optional(eval, rule.clauses.when.as_ref());
    let applies = excepted(eval, when, |_| true);
    let (broken, clause) = if applies == Tri::False {
        (Tri::False, ClauseKind::Always)
    } else {
        broken(eval, None, None)
    };
    let (verdict, reasons) = match (applies, broken) {
        (Tri::False, _) => (Some(Verdict::NotApplicable), Reasons::NONE),
        (Tri::True, Tri::True) => (Some(Verdict::Violated), Reasons::NONE),
        (Tri::True, Tri::False) => (Some(Verdict::Satisfied), Reasons::NONE),
        (applies, broken) => {
            watch.open_obligation(eval);
            (None, applies.reasons().with(broken.reasons()))
        }
    };
    let is_violated = verdict == Some(Verdict::Violated);
    if is_violated {
        watch.broken_obligation(eval);
    }
    let of_trace = Broken {
        tuple: [None; BINDINGS],
        obligation: 0,
        clause,
    };
    Outcome {
        verdict,
        reasons,
        when_held: rule.clauses.when.is_none() || when == Tri::True,
        broken: is_violated.then_some(of_trace).into_iter().collect(),
        total: u64::from(is_violated),
        is_beyond: false,
        is_cut: false,
        excused: u64::from(is_excused(when, applies)),
    }
}

/// The parts of an obligation that no bound span changes, evaluated once.
#[derive(Clone, Copy)]
struct Fixed {
    /// `when` and the exceptions that name no bound span.
    when: Tri,
    never: Option<Tri>,
    always: Option<Tri>,
}

/// What came of the obligations so far.
#[derive(Default)]
struct Obligations {
    broken: Vec<Broken>,
    total: u64,
    /// Identities of the broken obligations, up to one beyond the cap. The halves of a call share one.
    identities: HashSet<u64>,
    tuples: u64,
    held: bool,
    open: bool,
    is_cut: bool,
    excused: u64,
    reasons: Reasons,
}

fn decide_each<'a>(eval: &mut Eval<'a>, watch: &mut dyn Watch<'a>) -> Outcome {
    let clauses = &eval.facts.rule.clauses;
    let is_fixed = |condition: &&Condition| condition.mask == 0;
    let when = optional(eval, clauses.when.as_ref().filter(is_fixed));
    let applies = excepted(eval, when, |exception| exception.mask == 0);
    let never = clauses.never.as_ref().filter(is_fixed);
    let never = never.map(|never| optional(eval, Some(never)));
    let always = clauses.always.as_ref().filter(is_fixed);
    let always = always.map(|always| optional(eval, Some(always)));
    let fixed = Fixed {
        when: applies,
        never,
        always,
    };
    let mut found = Obligations::default();
    if fixed.when != Tri::False {
        bind(eval, 0, Tri::True, fixed, &mut found, watch);
    } else if is_excused(when, applies) {
        found.excused = bound_first(eval);
    }
    let verdict = if found.total > 0 {
        Some(Verdict::Violated)
    } else if found.open {
        None
    } else if found.held {
        Some(Verdict::Satisfied)
    } else {
        Some(Verdict::NotApplicable)
    };
    Outcome {
        verdict,
        reasons: found.reasons,
        when_held: found.held,
        broken: found.broken,
        total: found.total,
        is_beyond: found.identities.len() > OBLIGATIONS,
        is_cut: found.is_cut,
        excused: found.excused,
    }
}

/// How many obligations there are at least, by the spans that bear the first name; none is excused where there is none.
fn bound_first(eval: &mut Eval<'_>) -> u64 {
    let Some(node) = eval.facts.rule.clauses.bindings.first() else {
        return 0;
    };
    eval.with_members(node, |_, set| {
        set.items.iter().filter(|member| member.certain).count() as u64
    })
}

fn bind<'a>(
    eval: &mut Eval<'a>,
    depth: usize,
    membership: Tri,
    fixed: Fixed,
    found: &mut Obligations,
    watch: &mut dyn Watch<'a>,
) {
    let Some(node) = eval.facts.rule.clauses.bindings.get(depth) else {
        obligation(eval, membership, fixed, found, watch);
        return;
    };
    eval.with_members(node, |eval, set| {
        if set.open {
            watch.open_binding(eval, node);
            found.open = true;
            found.reasons = found
                .reasons
                .with(set.reasons)
                .with(membership.reasons())
                .with(fixed.when.reasons());
        }
        for member in &set.items {
            if found.tuples >= TUPLE_CAP || !eval.budget.spend(1) {
                found.open = true;
                found.is_cut = true;
                found.reasons.add(Reason::StateCap);
                break;
            }
            let is_member = if member.certain {
                Tri::True
            } else {
                Tri::Open(set.reasons)
            };
            eval.tuple[depth] = Some(member.record);
            let membership = membership.and(is_member);
            bind(eval, depth + 1, membership, fixed, found, watch);
        }
        eval.tuple[depth] = None;
    });
}

fn obligation<'a>(
    eval: &mut Eval<'a>,
    membership: Tri,
    fixed: Fixed,
    found: &mut Obligations,
    watch: &mut dyn Watch<'a>,
) {
    found.tuples += 1;
    eval.budget.spend(PER_TUPLE);
    let clauses = &eval.facts.rule.clauses;
    let mut held = membership.and(fixed.when);
    if held != Tri::False {
        let when = clauses.when.as_ref().filter(|when| when.mask != 0);
        held = held.and(optional(eval, when));
    }
    let applies = excepted(eval, held, |exception| exception.mask != 0);
    if applies == Tri::False {
        found.excused += u64::from(is_excused(held, applies));
        return;
    }
    found.held |= held == Tri::True;
    let (broken, clause) = broken(eval, fixed.never, fixed.always);
    match (applies, broken) {
        (Tri::True, Tri::True) => {
            watch.broken_obligation(eval);
            found.total += 1;
            // One beyond the cap is enough to know that there are more.
            if found.identities.len() <= OBLIGATIONS {
                let obligation = obligation_of(eval);
                if found.identities.insert(obligation) {
                    found.broken.push(Broken {
                        tuple: eval.tuple,
                        obligation,
                        clause,
                    });
                }
            }
        }
        (Tri::True, Tri::False) => {}
        (applies, broken) => {
            watch.open_obligation(eval);
            found.open = true;
            found.reasons = found.reasons.with(applies.reasons()).with(broken.reasons());
        }
    }
}

/// The obligation of the bound spans, as [`Broken::obligation`] names it.
pub(crate) fn obligation_of(eval: &Eval<'_>) -> u64 {
    if eval.facts.rule.clauses.bindings.is_empty() {
        return 0;
    }
    let [a, b, c] = eval
        .tuple
        .map(|record| record.map_or([0; 8], |record| eval.facts.record(record).span_id.0));
    fixed_hash(&[&a, &b, &c]) | 1
}

/// What a clause says; one that is not there holds.
fn optional<'a>(eval: &mut Eval<'a>, condition: Option<&'a Condition>) -> Tri {
    condition.map_or(Tri::True, |condition| truth(eval, condition))
}

/// Whether the rule applies: it does so far, and none of `which` exceptions holds.
fn excepted(eval: &mut Eval<'_>, so_far: Tri, which: impl Fn(&Condition) -> bool) -> Tri {
    let mut applies = so_far;
    for exception in &*eval.facts.rule.clauses.exceptions {
        if applies == Tri::False {
            break;
        }
        if which(exception) {
            applies = applies.and(optional(eval, Some(exception)).negate());
        }
    }
    applies
}

/// Whether it would apply, and does not for an exception that holds.
fn is_excused(so_far: Tri, applies: Tri) -> bool {
    so_far == Tri::True && applies == Tri::False
}

/// Whether `never` holds or `always` fails, and which it was; what is given was evaluated before.
fn broken(eval: &mut Eval<'_>, never: Option<Tri>, always: Option<Tri>) -> (Tri, ClauseKind) {
    let clauses = &eval.facts.rule.clauses;
    let mut broken = match (&clauses.never, never) {
        (None, _) => Tri::False,
        (Some(_), Some(value)) => value,
        (Some(never), None) => optional(eval, Some(never)),
    };
    if broken == Tri::True {
        let is_pattern = eval.facts.rule.rule.body.is_pattern;
        let kind = if is_pattern {
            ClauseKind::Pattern
        } else {
            ClauseKind::Never
        };
        return (broken, kind);
    }
    if let Some(condition) = &clauses.always {
        let always = always.unwrap_or_else(|| optional(eval, Some(condition)));
        broken = broken.or(always.negate());
    }
    (broken, ClauseKind::Always)
}
