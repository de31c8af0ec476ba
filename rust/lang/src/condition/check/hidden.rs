//! Spans that a negation hides: a comparison with a missing attribute is unknown, and `not` keeps it unknown.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::{Checker, Subject};
use crate::rule::{CompareOp, Field, Predicate};

impl<'a> Checker<'a> {
    /// `!=` and `not` on a field that a span may be without: such spans are not selected.
    pub(super) fn warn_hidden(&mut self, filter: &'a Node, predicate: &Predicate) {
        let mut negated = Vec::new();
        let mut asked = Vec::new();
        collect_negated(predicate, false, &mut negated, &mut asked);
        let denied = std::mem::take(&mut self.denied);
        let is_denied = |field: &Field| denied.contains(field) && !has_presence(predicate, field);
        let field = negated
            .into_iter()
            .find(|field| field.may_be_missing() && !asked.contains(field))
            .or_else(|| {
                denied
                    .iter()
                    .find(|field| field.may_be_missing() && is_denied(field))
            });
        let Some(field) = field else { return };
        // The smallest part that says it, where parts of the text and of the meaning go together.
        let part = match (&filter.bare().kind, predicate) {
            (NodeKind::And(nodes), Predicate::And(parts)) if nodes.len() == parts.len() => {
                let at = parts.iter().position(|part| mentions(part, field));
                at.and_then(|at| nodes.get(at))
            }
            _ => None,
        };
        let part = part.unwrap_or(filter);
        let mut name = self.printer().field(field);
        let message = match self.subject {
            None => format!("spans without `{name}` are not selected here, though it is negated"),
            Some(subject) => {
                let bound = usize::from(subject.binding().0);
                let bound = self.bindings.get(bound).map_or("?", |bound| bound);
                let message =
                    format!("this is false where `{bound}` has no `{name}`, though it is negated");
                if let Subject::Named(_) = subject {
                    name = format!("{bound}.{name}");
                }
                message
            }
        };
        let source = self.place.folded(part.bare().range());
        let source = match part.bare().kind {
            NodeKind::And(_) => format!("({source})"),
            _ => source,
        };
        let (open, close) = match self.is_enclosed(part) {
            true => ("", ""),
            false => ("(", ")"),
        };
        let modern = format!("{open}{source} or missing({name}){close}");
        let fault = self.fault(code::HIDES_MISSING, part.range(), message);
        fault.help = Some(format!(
            "if they are meant too: `{modern}`; if not, say so: `exists({name}) and …`"
        ));
        fault.suggestion = Some(modern);
    }
}

impl Checker<'_> {
    /// Whether brackets stand directly around it, so that what joins it to others cannot bind tighter.
    fn is_enclosed(&self, part: &Node) -> bool {
        let text = self.place.text;
        text[..part.start].trim_end().ends_with(['(', '{'])
            && text[part.end..].trim_start().starts_with([')', '}'])
    }
}

fn mentions(predicate: &Predicate, field: &Field) -> bool {
    let (mut negated, mut asked) = (Vec::new(), Vec::new());
    collect_negated(predicate, false, &mut negated, &mut asked);
    negated.contains(&field) || asked.contains(&field)
}

/// Whether `exists` or `missing` asks for the field.
fn has_presence(predicate: &Predicate, field: &Field) -> bool {
    match predicate {
        Predicate::Asks { test, field: asked } if test.is_two_valued() => asked == field,
        joined => joined.parts().iter().any(|part| has_presence(part, field)),
    }
}

/// Fields under a negation, and those that are asked for otherwise.
fn collect_negated<'p>(
    predicate: &'p Predicate,
    is_negated: bool,
    negated: &mut Vec<&'p Field>,
    asked: &mut Vec<&'p Field>,
) {
    let is_not = match predicate {
        Predicate::And(_) | Predicate::Or(_) => {
            for part in predicate.parts() {
                collect_negated(part, is_negated, negated, asked);
            }
            return;
        }
        Predicate::Not(inner) => return collect_negated(inner, !is_negated, negated, asked),
        Predicate::Asks { test, field } if test.is_two_valued() => return asked.push(field),
        Predicate::Compare { op, .. } => match op {
            CompareOp::Ne if is_negated => return,
            CompareOp::Ne => true,
            _ => is_negated,
        },
        _ => is_negated,
    };
    if is_not {
        negated.extend(predicate.asked());
    } else {
        asked.extend(predicate.asked());
    }
}
