//! From a violated obligation to a [`Finding`]: the failing part in its author's words, the spans that
//! prove it, the message.

use std::fmt::Write as _;
use std::sync::Arc;

use betrace_lang::rule::{ClauseKind, Segment};
use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::{Eval, Tuple, UNBOUND};
use crate::finding::{EVIDENCE_CAP, Evidence, Finding, Role, ViolationId};
use crate::id::SpanId;
use crate::logic::tri::Tri;
use crate::plan::{Against, Condition, ConditionKind, Measuring, Selecting};
use crate::state::cell::{Cell, RecordId};
use crate::value::{TextBuffer, shortest_text};
use crate::violation::clause_name;

/// A placeholder's value is cut to so many bytes.
const PLACEHOLDER_BYTES: usize = 256;

/// Spans that bear on a violation, before the cap.
#[derive(Default)]
struct Argument {
    offenders: Vec<RecordId>,
    witnesses: Vec<RecordId>,
    /// How many spans the offending selectors select.
    count: u64,
}

impl<'a> Eval<'a> {
    /// `count`: in place of the number of offenders.
    pub fn violation(&mut self, tuple: Tuple, count: Option<u64>) -> Finding {
        self.tuple = tuple;
        let rule = self.rule;
        let (clause, failing, want) = self.failing_part();
        let text: Arc<str> = failing.map_or_else(|| Arc::from(""), |part| part.text.clone());
        let mut argument = Argument::default();
        if let Some(failing) = failing {
            self.argue(failing, want, &mut argument);
        }
        let evidence = self.evidence(&mut argument);
        let count = count.unwrap_or(argument.count.max(1));
        let bound: Vec<SpanId> = tuple
            .iter()
            .filter(|record| **record != UNBOUND)
            .map(|record| self.trace.records.get(*record).span_id)
            .collect();
        let trigger = evidence.first();
        let start = trigger.map_or(0, |trigger| trigger.start);
        let end = evidence.iter().map(|span| span.end).max().unwrap_or(start);
        Finding {
            rule: rule.rule.clone(),
            trace_id: self.trace.id,
            verdict: Verdict::Violated,
            reason: None,
            clause: Some(clause),
            message: self.message(clause, &text, count),
            clause_text: text,
            count,
            complete: self.trace.complete,
            start,
            end: end.max(start),
            parent: trigger.map(|trigger| trigger.span_id),
            evidence,
            violation_id: ViolationId::of(&rule.rule.id.0, self.trace.id, &bound),
            when_held: true,
        }
    }

    /// The clause that is broken, its first failing part, and the value that this part must not have.
    fn failing_part(&mut self) -> (ClauseKind, Option<&'a Condition>, bool) {
        let rule = self.rule;
        if let Some(never) = &rule.never
            && self.condition(never) == Tri::True
        {
            let kind = if rule.rule.body.is_pattern {
                ClauseKind::Pattern
            } else {
                ClauseKind::Never
            };
            return (kind, Some(self.first_part(never, true)), true);
        }
        let always = rule.always.as_ref();
        let part = always.map(|always| self.first_part(always, false));
        (ClauseKind::Always, part, false)
    }

    fn first_part(&mut self, condition: &'a Condition, want: bool) -> &'a Condition {
        let ((ConditionKind::Or(parts), true) | (ConditionKind::And(parts), false)) =
            (&condition.kind, want)
        else {
            return condition;
        };
        let found = parts
            .iter()
            .find(|part| self.condition(part) == Tri::of(want));
        found.map_or(condition, |part| self.first_part(part, want))
    }

    /// The spans by which `condition` is `want`.
    fn argue(&mut self, condition: &'a Condition, want: bool, argument: &mut Argument) {
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                for part in parts {
                    if self.condition(part) == Tri::of(want) {
                        self.argue(part, want, argument);
                    }
                }
            }
            ConditionKind::Not(inner) => self.argue(inner, !want, argument),
            ConditionKind::Exists(selecting) => {
                if want {
                    let (spans, count) = self.selected(selecting);
                    argument.offenders.extend(spans);
                    argument.count = argument.count.saturating_add(count);
                }
            }
            ConditionKind::Compare { left, right, .. } => {
                let (spans, count) = self.selected(selecting_of(left));
                argument.offenders.extend(spans);
                argument.count = argument.count.saturating_add(count);
                if let Against::Measure { measure, .. } = right {
                    let (spans, _) = self.selected(selecting_of(measure));
                    argument.witnesses.extend(spans);
                }
            }
            ConditionKind::Groups { selecting, by, .. } => {
                let (spans, count) = self.selected(selecting);
                argument.offenders.extend(spans);
                // Groups are kept whatever the `trace:` parts say; where they select nothing there is none.
                let sizes = self.group_sizes(selecting, by);
                let largest = sizes.certain.filter(|_| count > 0).unwrap_or(count);
                argument.count = argument.count.saturating_add(largest);
            }
            ConditionKind::Trace(_) => {}
        }
    }

    /// The certainly selected spans, lowest first and not all, and their number.
    fn selected(&mut self, selecting: &'a Selecting) -> (Vec<RecordId>, u64) {
        match selecting {
            Selecting::Counted { count, trace } => {
                if self.trace_tests(trace) != Tri::True {
                    return (Vec::new(), 0);
                }
                match self.trace.cell(*count) {
                    Some(Cell::Count(count)) => (count.witnesses.clone(), u64::from(count.certain)),
                    _ => (Vec::new(), 0),
                }
            }
            Selecting::Members(node) => {
                let set = self.members(node);
                let certain = set.items.iter().filter(|member| member.certain);
                let count = certain.clone().count() as u64;
                let spans = certain
                    .take(EVIDENCE_CAP)
                    .map(|member| member.record)
                    .collect();
                (spans, count)
            }
        }
    }

    /// The first span that a positive part of a condition that holds selects.
    fn witness(&mut self, condition: &'a Condition, want: bool) -> Option<RecordId> {
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => parts.iter().find_map(|part| {
                (self.condition(part) == Tri::of(want))
                    .then(|| self.witness(part, want))
                    .flatten()
            }),
            ConditionKind::Not(inner) => self.witness(inner, !want),
            ConditionKind::Exists(selecting) if want => self.selected(selecting).0.first().copied(),
            ConditionKind::Compare { left, .. } => {
                self.selected(selecting_of(left)).0.first().copied()
            }
            ConditionKind::Groups { selecting, .. } => self.selected(selecting).0.first().copied(),
            ConditionKind::Exists(_) | ConditionKind::Trace(_) => None,
        }
    }

    fn evidence(&mut self, argument: &mut Argument) -> Vec<Evidence> {
        let rule = self.rule;
        let mut roles: Vec<(RecordId, Role)> = Vec::new();
        for (at, record) in self.tuple.iter().enumerate() {
            if *record != UNBOUND {
                let role = if at == 0 {
                    Role::Trigger
                } else {
                    Role::Witness
                };
                // A span bound to two names is named once.
                if roles.iter().all(|(kept, _)| kept != record) {
                    roles.push((*record, role));
                }
            }
        }
        if roles.is_empty()
            && let Some(when) = &rule.when
            && let Some(witness) = self.witness(when, true)
        {
            roles.push((witness, Role::Trigger));
        }
        let records = &self.trace.records;
        argument
            .offenders
            .sort_by_key(|record| records.get(*record).rank());
        argument
            .witnesses
            .sort_by_key(|record| records.get(*record).rank());
        if roles.is_empty() && argument.offenders.is_empty() {
            let trigger = self.trace.root.or(self.trace.first);
            roles.extend(trigger.map(|trigger| (trigger, Role::Trigger)));
        }
        let offenders = argument
            .offenders
            .iter()
            .map(|span| (*span, Role::Offender));
        let witnesses = argument.witnesses.iter().map(|span| (*span, Role::Witness));
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
            .into_iter()
            .map(|(span, role)| self.evidence_of(span, role))
            .collect()
    }

    fn evidence_of(&self, record: RecordId, role: Role) -> Evidence {
        let records = &self.trace.records;
        let span = records.get(record);
        let text = |id| String::from_utf8_lossy(records.text(id)).into_owned();
        Evidence {
            span_id: span.span_id,
            role,
            name: text(span.name),
            service: text(span.service),
            start: span.start,
            end: span.end,
        }
    }

    fn message(&self, clause: ClauseKind, text: &str, count: u64) -> String {
        let mut message = String::new();
        let Some(template) = &self.rule.rule.message else {
            let id = &self.rule.rule.id.0;
            let clause = clause_name(clause);
            let _ = write!(message, "rule {id} violated: {clause} {{ {text} }}");
            return message;
        };
        for segment in &template.0 {
            let _ = match segment {
                Segment::Text(text) => message.write_str(text),
                Segment::Count => write!(message, "{count}"),
                Segment::TraceId => write!(message, "{}", self.trace.id),
                Segment::Bound { binding, field } => {
                    let record = self.tuple.get(usize::from(binding.0)).copied();
                    message.write_str(&self.placeholder(record, field))
                }
            };
        }
        message
    }

    fn placeholder(&self, record: Option<RecordId>, field: &betrace_lang::rule::Field) -> String {
        let fields = self.plan.matcher.fields();
        let key = fields
            .iter()
            .find(|(_, known)| *known == field)
            .and_then(|(id, _)| self.plan.field_keys.get(id.index()));
        let (Some(record), Some(key)) = (record.filter(|record| *record != UNBOUND), key) else {
            return "?".to_owned();
        };
        let value = self.kept(record, *key);
        let mut buffer = TextBuffer::new();
        match value {
            crate::value::Value::Duration(Some(nanos)) => duration_text(nanos),
            value => shortest_text(value, &mut buffer).map_or_else(
                || "?".to_owned(),
                |text| {
                    let text = String::from_utf8_lossy(text);
                    let mut end = text.len().min(PLACEHOLDER_BYTES);
                    while !text.is_char_boundary(end) {
                        end -= 1;
                    }
                    text[..end].to_owned()
                },
            ),
        }
    }

    /// A finding for a verdict that is no violation.
    pub fn verdict(&self, verdict: Verdict, reason: Option<Reason>, when_held: bool) -> Finding {
        let trace = self.trace;
        let start = if trace.began == u64::MAX {
            0
        } else {
            trace.began
        };
        Finding {
            rule: self.rule.rule.clone(),
            trace_id: trace.id,
            verdict,
            reason,
            clause: None,
            clause_text: Arc::from(""),
            message: String::new(),
            count: 0,
            complete: trace.complete,
            start,
            end: trace.latest.max(start),
            evidence: Vec::new(),
            parent: None,
            violation_id: ViolationId::of(&self.rule.rule.id.0, trace.id, &[]),
            when_held,
        }
    }
}

fn selecting_of(measure: &Measuring) -> &Selecting {
    match measure {
        Measuring::Count(selecting) | Measuring::Of { selecting, .. } => selecting,
    }
}

/// In the largest unit in which it is exact, as rules write it.
fn duration_text(nanos: u64) -> String {
    for (unit, name) in [
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
        (1, "ns"),
    ] {
        if nanos.is_multiple_of(unit) {
            return format!("{}{name}", nanos / unit);
        }
    }
    String::new()
}
