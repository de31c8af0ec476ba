//! From a violated obligation to a [`Finding`]: the failing part in its author's words, the spans that
//! prove it, the message.

use std::fmt::Write as _;

use betrace_lang::duration_text;
use betrace_lang::rule::{ClauseKind, CompareOp, Field, Name, Segment};
use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::condition::truth;
use crate::decide::eval::{Eval, Tuple};
use crate::decide::facts::Facts;
use crate::decide::groups;
use crate::decide::moments;
use crate::decide::rule::Broken;
use crate::finding::{EVIDENCE_CAP, Evidence, Finding, Role, ViolationId};
use crate::id::SpanId;
use crate::logic::interval::Interval;
use crate::logic::tri::Tri;
use crate::plan::condition::{
    Against, Condition, ConditionKind, Grouping, Measuring, Spans, TotalPart,
};
use crate::state::record_id::RecordId;
use crate::value::{TextBuffer, Value, shortest_text};

/// Spans that bear on a violation, before the cap.
#[derive(Default)]
struct Argument {
    offenders: Vec<RecordId>,
    witnesses: Vec<RecordId>,
    /// How many spans the offending selectors select.
    count: u64,
}

/// The finding of a broken obligation. `count`: in place of the number of offenders.
pub(crate) fn violation(eval: &mut Eval<'_>, broken: &Broken, count: Option<u64>) -> Finding {
    let Broken { tuple, clause, .. } = *broken;
    eval.tuple = tuple;
    let facts = eval.facts;
    let (failing, want) = failing_part(eval, clause);
    let text = failing.map(|part| part.text.clone()).unwrap_or_default();
    let mut argument = Argument::default();
    if let Some(failing) = failing {
        argue(eval, failing, want, &mut argument);
    }
    let shown = shown(eval, argument.offenders, argument.witnesses);
    let evidence: Vec<Evidence> = shown
        .iter()
        .map(|(span, role)| evidence_of(&facts, *span, *role))
        .collect();
    let count = count.unwrap_or(argument.count.max(1));
    let trigger = evidence.first();
    let end = evidence.iter().map(|span| span.end).max().unwrap_or(0);
    // A trigger without a start would put the violation far outside its trace.
    let start = trigger.map(|trigger| trigger.start);
    let start = start.filter(|start| *start != 0);
    let began = facts.trace.began().map(|began| began.0);
    let start = start.or(began).unwrap_or(end);
    Finding {
        rule: facts.rule.rule.clone(),
        trace_id: facts.trace.id(),
        verdict: Verdict::Violated,
        reason: None,
        clause: Some(clause),
        message: message(&facts, tuple, &shown, clause, &text, count),
        clause_text: text,
        count,
        complete: facts.trace.is_complete(facts.rule.completeness),
        start,
        end: end.max(start),
        parent: trigger.map(|trigger| trigger.span_id),
        evidence,
        violation_id: identity(&facts, Some(broken)),
        when_held: true,
        window: None,
    }
}

/// The identity of the violation of a broken obligation, or of all obligations beyond the cap together.
pub(crate) fn identity(facts: &Facts<'_>, broken: Option<&Broken>) -> ViolationId {
    let records = broken.into_iter().flat_map(|broken| broken.tuple).flatten();
    let bound: Vec<SpanId> = records.map(|record| facts.record(record).span_id).collect();
    ViolationId::of(&facts.rule.rule.id.0, facts.trace.id(), &bound)
}

/// A finding for a verdict that is no violation.
pub(crate) fn verdict(
    facts: &Facts<'_>,
    verdict: Verdict,
    reason: Option<Reason>,
    when_held: bool,
) -> Finding {
    let trace = facts.trace;
    let start = trace.began().map_or(0, |began| began.0);
    Finding {
        rule: facts.rule.rule.clone(),
        trace_id: trace.id(),
        verdict,
        reason,
        clause: None,
        clause_text: Name::default(),
        message: String::new(),
        count: 0,
        complete: trace.is_complete(facts.rule.completeness),
        start,
        end: trace.latest().map_or(0, |latest| latest.0).max(start),
        evidence: Vec::new(),
        parent: None,
        violation_id: ViolationId::of(&facts.rule.rule.id.0, trace.id(), &[]),
        when_held,
        window: None,
    }
}

fn is<'a>(eval: &mut Eval<'a>, condition: &'a Condition, want: bool) -> bool {
    truth(eval, condition) == Tri::of(want)
}

/// The first failing part of the clause, and the value that this part must not have.
fn failing_part<'a>(eval: &mut Eval<'a>, clause: ClauseKind) -> (Option<&'a Condition>, bool) {
    let clauses = &eval.facts.rule.clauses;
    let (condition, want) = match clause {
        ClauseKind::Never | ClauseKind::Pattern => (clauses.never.as_ref(), true),
        ClauseKind::Always => (clauses.always.as_ref(), false),
    };
    let part = condition.map(|condition| first_part(eval, condition, want));
    (part, want)
}

fn first_part<'a>(eval: &mut Eval<'a>, condition: &'a Condition, want: bool) -> &'a Condition {
    let ((ConditionKind::Or(parts), true) | (ConditionKind::And(parts), false)) =
        (&condition.kind, want)
    else {
        return condition;
    };
    let found = parts.iter().find(|part| is(eval, part, want));
    found.map_or(condition, |part| first_part(eval, part, want))
}

/// The spans by which `condition` is `want`.
fn argue<'a>(eval: &mut Eval<'a>, condition: &'a Condition, want: bool, argument: &mut Argument) {
    let (spans, count) = match &condition.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            for part in parts {
                if is(eval, part, want) {
                    argue(eval, part, want, argument);
                }
            }
            return;
        }
        ConditionKind::Not(inner) => return argue(eval, inner, !want, argument),
        ConditionKind::Trace(_) => return,
        ConditionKind::Exists(_) | ConditionKind::Bound { .. } if !want => return,
        ConditionKind::Bound { binding, .. } => {
            argument.offenders.extend(eval.tuple[*binding]);
            argument.count = argument.count.saturating_add(1);
            return;
        }
        ConditionKind::Exists(selecting) => selected(eval, selecting.spans()),
        ConditionKind::Compare(compared) => {
            if let Against::Measure { measure, .. } = &compared.right {
                let (spans, _) = measured(eval, measure);
                argument.witnesses.extend(spans);
            }
            measured(eval, &compared.left)
        }
        ConditionKind::Totals { left, right, .. } => {
            let (spans, _) = added(eval, right);
            argument.witnesses.extend(spans);
            added(eval, left)
        }
        ConditionKind::Groups { groups, op, value } => grouped(eval, groups, *op, **value),
    };
    argument.offenders.extend(spans);
    argument.count = argument.count.saturating_add(count);
}

/// The spans of the group that reaches the value, lowest first and not all, and their number; where there is no group,
/// those that are in none.
fn grouped<'a>(
    eval: &mut Eval<'a>,
    groups: &'a Grouping,
    op: CompareOp,
    value: Interval,
) -> (Vec<RecordId>, u64) {
    match groups::largest(eval, groups, op, value) {
        Some(largest) if !largest.spans.is_empty() => (largest.spans, largest.count),
        // Beyond what groups keep, the lowest of all stand for those of the group.
        Some(largest) => (selected(eval, groups.spans()).0, largest.count),
        None => selected(eval, groups.spans()),
    }
}

/// The spans that are measured for a total, those of one part behind those of another, and their number.
fn added<'a>(eval: &mut Eval<'a>, parts: &'a [TotalPart]) -> (Vec<RecordId>, u64) {
    let (mut spans, mut count) = (Vec::new(), 0u64);
    for part in parts.iter().filter(|part| part.is_shown) {
        if let Some(of) = part.of.spans() {
            let (found, number) = selected(eval, of);
            spans.extend(found);
            count = count.saturating_add(number);
        }
    }
    (spans, count)
}

/// The spans that make a measure what it is, lowest first and not all, and their number: those that are measured, and where it is of
/// a stretch of time or a moment, those of that.
fn measured<'a>(eval: &mut Eval<'a>, measuring: &'a Measuring) -> (Vec<RecordId>, u64) {
    if let Measuring::OfMembers { of, measure } = measuring {
        let fullest = eval.with_members(of, |eval, set| {
            moments::fullest(&eval.facts, &mut eval.budget, &set.items, *measure)
        });
        if !fullest.is_empty() {
            let count = fullest.len() as u64;
            return (fullest.into_iter().take(EVIDENCE_CAP).collect(), count);
        }
    }
    selected(eval, measuring.spans())
}

/// The certainly selected spans, lowest first and not all, and their number.
fn selected<'a>(eval: &mut Eval<'a>, spans: Spans<'a>) -> (Vec<RecordId>, u64) {
    match spans {
        Spans::Counted(counted) => {
            if eval.facts.trace_tests(&counted.trace) != Tri::True {
                return (Vec::new(), 0);
            }
            let cell = eval.facts.count_cell(counted.count);
            cell.map_or((Vec::new(), 0), |cell| {
                let witnesses = &mut eval.scratch.witnesses;
                let lowest = witnesses.of(eval.facts.trace, counted.count);
                (lowest, u64::from(cell.certain))
            })
        }
        Spans::Members(node) => eval.with_members(node, |_, set| {
            let certain = set.items.iter().filter(|member| member.certain);
            let count = certain.clone().count() as u64;
            let spans = certain
                .take(EVIDENCE_CAP)
                .map(|member| member.record)
                .collect();
            (spans, count)
        }),
    }
}

/// The first span that a positive part of a condition that holds selects.
fn witness<'a>(eval: &mut Eval<'a>, condition: &'a Condition, want: bool) -> Option<RecordId> {
    let of = match &condition.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            return parts.iter().find_map(|part| {
                is(eval, part, want)
                    .then(|| witness(eval, part, want))
                    .flatten()
            });
        }
        ConditionKind::Not(inner) => return witness(eval, inner, !want),
        ConditionKind::Exists(selecting) if want => selecting.spans(),
        ConditionKind::Compare(compared) => {
            return measured(eval, &compared.left).0.first().copied();
        }
        ConditionKind::Totals { left, .. } => return added(eval, left).0.first().copied(),
        ConditionKind::Groups { groups, op, value } => {
            return grouped(eval, groups, *op, **value).0.first().copied();
        }
        ConditionKind::Exists(_) | ConditionKind::Bound { .. } | ConditionKind::Trace(_) => {
            return None;
        }
    };
    selected(eval, of).0.first().copied()
}

/// The spans that a violation shows, each in its role.
fn shown(
    eval: &mut Eval<'_>,
    mut offenders: Vec<RecordId>,
    mut witnesses: Vec<RecordId>,
) -> Vec<(RecordId, Role)> {
    let facts = eval.facts;
    let mut roles: Vec<(RecordId, Role)> = Vec::new();
    for (at, record) in eval.tuple.iter().enumerate() {
        let role = if at == 0 {
            Role::Trigger
        } else {
            Role::Witness
        };
        // A span bound to two names is named once.
        if let Some(record) = *record
            && roles.iter().all(|(kept, _)| *kept != record)
        {
            roles.push((record, role));
        }
    }
    if roles.is_empty()
        && let Some(when) = &facts.rule.clauses.when
        && let Some(witness) = witness(eval, when, true)
    {
        roles.push((witness, Role::Trigger));
    }
    offenders.sort_by_key(|record| facts.record(*record).rank());
    witnesses.sort_by_key(|record| facts.record(*record).rank());
    if roles.is_empty() && offenders.is_empty() {
        let trigger = facts.trace.root().or(facts.trace.first());
        roles.extend(trigger.map(|trigger| (trigger, Role::Trigger)));
    }
    let offenders = offenders.into_iter().map(|span| (span, Role::Offender));
    let witnesses = witnesses.into_iter().map(|span| (span, Role::Witness));
    for (span, role) in offenders.chain(witnesses) {
        if roles.len() >= EVIDENCE_CAP {
            break;
        }
        // A trigger or a bound span keeps its role: it is named once.
        if roles.iter().all(|(kept, _)| *kept != span) {
            roles.push((span, role));
        }
    }
    roles
}

fn evidence_of(facts: &Facts<'_>, record: RecordId, role: Role) -> Evidence {
    let span = facts.record(record);
    let text = |id| String::from_utf8_lossy(facts.texts.get(id)).into_owned();
    Evidence {
        span_id: span.span_id,
        role,
        name: text(span.name),
        service: text(span.service),
        start: span.start.0,
        end: span.end.0,
    }
}

fn message(
    facts: &Facts<'_>,
    tuple: Tuple,
    shown: &[(RecordId, Role)],
    clause: ClauseKind,
    text: &str,
    count: u64,
) -> String {
    let rule = &facts.rule.rule;
    let mut message = String::new();
    let Some(template) = &rule.message else {
        let id = &rule.id.0;
        let clause = clause.as_str();
        let _ = write!(message, "rule {id} violated: {clause} {{ {text} }}");
        return message;
    };
    let most = usize::from(template.value_bytes);
    for segment in &template.segments {
        let _ = match segment {
            Segment::Text(text) => message.write_str(text),
            Segment::Count => write!(message, "{count}"),
            Segment::TraceId => write!(message, "{}", facts.trace.id()),
            Segment::Bound { binding, field } => {
                let record = tuple.get(usize::from(binding.0)).copied().flatten();
                message.write_str(&placeholder(facts, record, field, most))
            }
            Segment::Shown { role, field } => {
                let first = shown.iter().find(|(_, shown)| shown == role);
                let first = first.map(|(span, _)| *span);
                message.write_str(&placeholder(facts, first, field, most))
            }
        };
    }
    message
}

fn placeholder(facts: &Facts<'_>, record: Option<RecordId>, field: &Field, most: usize) -> String {
    let plan = facts.plan;
    let id = plan.matcher.fields().id(field);
    let key = id.and_then(|id| plan.field_keys.get(id.index()));
    let (Some(record), Some(key)) = (record, key) else {
        return "?".to_owned();
    };
    let value = facts.kept(record, *key);
    if let Value::Duration(Some(nanos)) = value {
        return duration_text(nanos);
    }
    let mut buffer = TextBuffer::new();
    let Some(text) = shortest_text(value, &mut buffer) else {
        return "?".to_owned();
    };
    let text = String::from_utf8_lossy(text);
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
