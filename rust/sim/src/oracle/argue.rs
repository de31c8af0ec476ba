//! What a violation shows, in canonical form: the clause (`never` before `always`), the first part of it that
//! failed in the order of the source, how many spans that part selects, and the spans that prove it, the
//! lowest by (start, id) first.

use betrace_lang::rule::{
    ClauseKind, Expr, ExprKind, Field, Measure, Name, Quantity, Rule, Segment, Selector, Total,
};

use super::order::has_order;
use super::{Bound, Trace, Truth};
use crate::model::{Span, hex};

/// A violation shows at most so many spans.
pub const EVIDENCE_CAP: usize = 8;

/// An obligation that was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Of the rule, the trace and the bound spans, and of nothing else.
    pub identity: [u8; 16],
    /// Span ids, one for each binding.
    pub bound: Vec<[u8; 8]>,
    pub clause: ClauseKind,
    /// The part that failed, as written.
    pub text: Name,
    /// How many spans that part selects; 1 for an absence.
    pub count: u64,
    pub evidence: Vec<Shown>,
    /// What the rule's own message says; empty where it has none.
    pub message: Message,
    /// The first shown span's start (the trace's where it has none), and the latest end of all.
    pub start: u64,
    pub end: u64,
}

/// A message before the number of spans is put in, which several obligations together may have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message(Vec<Option<String>>);

impl Message {
    /// Whether it reads so. `may_lack`: a value may not have been kept, so that `?` stands for it.
    #[must_use]
    pub fn reads(&self, text: &str, count: u64, may_lack: bool) -> bool {
        let count = count.to_string();
        let pieces: Vec<&str> = self
            .0
            .iter()
            .map(|piece| piece.as_deref().unwrap_or(&count))
            .collect();
        reads(&pieces, text, may_lack)
    }
}

fn reads(pieces: &[&str], text: &str, may_lack: bool) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return text.is_empty();
    };
    let goes_on = |piece: &str| {
        let text = text.strip_prefix(piece);
        text.is_some_and(|text| reads(rest, text, may_lack))
    };
    goes_on(first) || may_lack && goes_on("?")
}

/// A span that a violation shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// As in the attribute `betrace.role`.
    pub role: &'static str,
    pub id: [u8; 8],
    pub name: String,
    pub service: String,
    pub start: u64,
    pub end: u64,
}

/// The identity of the one violation that stands for all those beyond the cap.
#[must_use]
pub fn beyond_identity(rule: &Rule, trace: [u8; 16]) -> [u8; 16] {
    identity(rule, trace, &[])
}

fn identity(rule: &Rule, trace: [u8; 16], bound: &[[u8; 8]]) -> [u8; 16] {
    let id = rule.id.0.as_bytes();
    let length = (id.len() as u64).to_le_bytes();
    let parts = [&length, id, &trace, &bound.concat()].concat();
    let mut identity = [0; 16];
    identity.copy_from_slice(&blake3::hash(&parts).as_bytes()[..16]);
    identity
}

/// The spans that a failing part is about, as indices, and how many the offending selectors select.
#[derive(Default)]
struct Argument {
    offenders: Vec<usize>,
    witnesses: Vec<usize>,
    count: usize,
}

impl Trace<'_> {
    /// Of an obligation that is broken: by `never`, else by `always`.
    pub fn argue(&self, rule: &Rule, by_never: bool, bound: &Bound) -> Broken {
        let body = &rule.body;
        let (clause, part, wanted) = match (&body.never, &body.always) {
            (Some(never), _) if by_never && body.is_pattern => (ClauseKind::Pattern, never, true),
            (Some(never), _) if by_never => (ClauseKind::Never, never, true),
            (_, Some(always)) => (ClauseKind::Always, always, false),
            (_, None) => unreachable!("a rule without always is broken by never"),
        };
        let failing = self.failing(part, wanted, bound);
        let mut argument = Argument::default();
        self.spans_for(failing, wanted, bound, &mut argument);
        let shown = self.shown(rule, &argument, bound);
        let message = self.message(rule, &shown, bound);
        let shown = shown.into_iter();
        let evidence: Vec<Shown> = shown
            .map(|(span, role)| Shown::of(self.spans[span], role))
            .collect();
        let end = evidence.iter().map(|shown| shown.end).max().unwrap_or(0);
        let start = evidence.first().map(|shown| shown.start);
        let start = start
            .filter(|start| *start != 0)
            .or(self.begins())
            .unwrap_or(end);
        let ids: Vec<[u8; 8]> = bound.iter().map(|span| self.spans[*span].id).collect();
        Broken {
            identity: identity(
                rule,
                self.spans.first().map_or([0; 16], |span| span.trace),
                &ids,
            ),
            bound: ids,
            clause,
            text: failing.text.clone(),
            count: argument.count.max(1) as u64,
            start,
            end: end.max(start),
            evidence,
            message,
        }
    }

    /// The first true part of an `or` that must not hold, the first false part of an `and` that must.
    fn failing<'e>(&self, part: &'e Expr, wanted: bool, bound: &Bound) -> &'e Expr {
        let ((ExprKind::Or(parts), true) | (ExprKind::And(parts), false)) = (&part.kind, wanted)
        else {
            return part;
        };
        let failed = |part: &&Expr| self.holds(part, bound) == Truth::known(wanted);
        let first = parts.iter().find(failed);
        first.map_or(part, |first| self.failing(first, wanted, bound))
    }

    /// Collects the spans by which a part is what it is (`is`).
    fn spans_for(&self, part: &Expr, is: bool, bound: &Bound, argument: &mut Argument) {
        let sure = |selector| self.sure(selector, bound);
        let offenders = match &part.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                let alike = |part: &&Expr| self.holds(part, bound) == Truth::known(is);
                for part in parts.iter().filter(alike) {
                    self.spans_for(part, is, bound, argument);
                }
                return;
            }
            ExprKind::Not(part) => return self.spans_for(part, !is, bound, argument),
            ExprKind::Exists(selector) if is => sure(selector),
            ExprKind::Bound { binding, .. } if is => vec![bound[usize::from(binding.0)]],
            ExprKind::Exists(_) | ExprKind::Bound { .. } | ExprKind::Trace(_) => return,
            ExprKind::Compare { left, right, .. } => {
                if let Quantity::Measure { measure, .. } = &**right {
                    argument.witnesses.extend(self.measured(measure, bound));
                }
                self.measured(left, bound)
            }
            ExprKind::CompareTotals { left, right, .. } => {
                argument.witnesses.extend(self.added(right, bound));
                self.added(left, bound)
            }
            ExprKind::GroupCompare { .. } => self.grouped(part, bound),
        };
        argument.count += offenders.len();
        argument.offenders.extend(offenders);
    }

    /// The spans of the group that a comparison of groups is about; where there is none, those that are surely selected.
    fn grouped(&self, part: &Expr, bound: &Bound) -> Vec<usize> {
        let ExprKind::GroupCompare {
            measure,
            by,
            op,
            value,
        } = &part.kind
        else {
            unreachable!("only groups have a largest one");
        };
        let value = self.quantity(value, bound);
        let largest = self.largest_group(measure, by, *op, &value, bound);
        let largest = largest.map(|group| self.together(measure, group));
        largest.unwrap_or_else(|| self.sure(measure.selector(), bound))
    }

    /// The spans that are surely measured, of a stretch of time or a moment those of the fullest one.
    fn measured(&self, measure: &Measure, bound: &Bound) -> Vec<usize> {
        let mut sure = self.sure(measure.selector(), bound);
        sure.sort_unstable();
        self.together(measure, sure)
    }

    /// Of spans those that are together in the earliest of the stretches, or moments, that have most of them; all of them where none
    /// has an order in time, or where the measure knows none.
    fn together(&self, measure: &Measure, spans: Vec<usize>) -> Vec<usize> {
        let ordered = spans.iter().copied();
        let ordered: Vec<usize> = ordered
            .filter(|span| has_order(self.spans[*span]))
            .collect();
        let beside = |first: &usize| -> Vec<usize> {
            let is_beside = |span: &usize| {
                let (first, span) = (self.spans[*first], self.spans[*span]);
                match measure {
                    Measure::Within { window, .. } => {
                        first.start <= span.start && span.start - first.start <= *window
                    }
                    _ => {
                        let is_under_way = span.end > first.start || span.start == first.start;
                        span.start <= first.start && is_under_way
                    }
                }
            };
            ordered.iter().copied().filter(is_beside).collect()
        };
        let is_of_time = matches!(measure, Measure::Within { .. } | Measure::Overlap(_));
        let all = ordered.iter().filter(|_| is_of_time).map(beside);
        let fullest = all.reduce(|fullest, next| match next.len() > fullest.len() {
            true => next,
            false => fullest,
        });
        fullest.unwrap_or(spans)
    }

    /// The spans that are surely measured for a total; of parts that measure the same spans, once.
    fn added(&self, total: &Total, bound: &Bound) -> Vec<usize> {
        let mut selectors: Vec<&Selector> = Vec::new();
        for measure in total.measures() {
            if !selectors.contains(&measure.selector()) {
                selectors.push(measure.selector());
            }
        }
        let spans = selectors.into_iter();
        spans
            .flat_map(|selector| self.sure(selector, bound))
            .collect()
    }

    /// The spans that are surely selected.
    fn sure(&self, selector: &Selector, bound: &Bound) -> Vec<usize> {
        let selection = self.select(selector, bound);
        let sure = selection
            .members
            .iter()
            .filter(|member| member.1 == Truth::True);
        sure.map(|member| member.0).collect()
    }

    /// The bound spans, or the witness of `when`; then the offenders, then the witnesses; where there is
    /// neither trigger nor offender the root, else the earliest span, stands first.
    fn shown(&self, rule: &Rule, argument: &Argument, bound: &Bound) -> Vec<(usize, &'static str)> {
        let roles = ["trigger", "witness", "witness"];
        let mut shown: Vec<(usize, &'static str)> = bound.iter().copied().zip(roles).collect();
        if let (None, Some(when)) = (bound.first(), &rule.body.when) {
            let witness = self.witness(when, true, bound);
            shown.extend(witness.map(|span| (span, "trigger")));
        }
        let root = || (0..self.spans.len()).find(|span| self.spans[*span].parent.is_none());
        if shown.is_empty() && argument.offenders.is_empty() && !self.spans.is_empty() {
            shown.push((root().unwrap_or(0), "trigger"));
        }
        // An index is a place in the order by (start, id).
        let sorted = |spans: &[usize]| {
            let mut spans = spans.to_vec();
            spans.sort_unstable();
            spans
        };
        let offenders = sorted(&argument.offenders)
            .into_iter()
            .map(|span| (span, "offender"));
        let witnesses = sorted(&argument.witnesses)
            .into_iter()
            .map(|span| (span, "witness"));
        shown.extend(offenders.chain(witnesses));
        let mut evidence: Vec<(usize, &'static str)> = Vec::new();
        for (span, role) in shown {
            let is_first = evidence.iter().all(|(earlier, _)| *earlier != span);
            if is_first && evidence.len() < EVIDENCE_CAP {
                evidence.push((span, role));
            }
        }
        evidence
    }

    /// The rule's message, with `?` for what is missing.
    fn message(&self, rule: &Rule, shown: &[(usize, &'static str)], bound: &Bound) -> Message {
        let value = |span: Option<usize>, field: &Field| {
            let value = span.map(|span| self.value(field, self.spans[span], bound));
            value.and_then(|value| value.printed())
        };
        let piece = |segment: &Segment| match segment {
            Segment::Text(text) => Some(text.clone()),
            Segment::Count => None,
            Segment::TraceId => Some(hex(&self.spans[0].trace)),
            Segment::Bound { binding, field } => {
                let value = value(Some(bound[usize::from(binding.0)]), field);
                Some(value.unwrap_or_else(|| "?".to_owned()))
            }
            Segment::Shown { role, field } => {
                let first = shown.iter().find(|(_, shown)| *shown == role.as_str());
                let value = value(first.map(|(span, _)| *span), field);
                Some(value.unwrap_or_else(|| "?".to_owned()))
            }
        };
        let segments = rule.message.iter().flat_map(|template| &template.segments);
        Message(segments.map(piece).collect())
    }

    /// The first span that the first part of `when` with any selects, of those by which `when` is `is`.
    fn witness(&self, part: &Expr, is: bool, bound: &Bound) -> Option<usize> {
        let first = |selector| self.sure(selector, bound).first().copied();
        match &part.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                let alike = |part: &&Expr| self.holds(part, bound) == Truth::known(is);
                parts
                    .iter()
                    .filter(alike)
                    .find_map(|part| self.witness(part, is, bound))
            }
            ExprKind::Not(part) => self.witness(part, !is, bound),
            ExprKind::Exists(selector) if is => first(selector),
            ExprKind::Exists(_) | ExprKind::Bound { .. } | ExprKind::Trace(_) => None,
            ExprKind::Compare { left, .. } => self.measured(left, bound).first().copied(),
            ExprKind::CompareTotals { left, .. } => self.added(left, bound).first().copied(),
            ExprKind::GroupCompare { .. } => self.grouped(part, bound).first().copied(),
        }
    }
}

impl Shown {
    fn of(span: &Span, role: &'static str) -> Shown {
        Shown {
            role,
            id: span.id,
            name: span.name.clone(),
            service: span.service().to_owned(),
            start: span.start,
            end: span.end,
        }
    }
}
