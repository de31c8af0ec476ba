//! Groups that stand beside another condition as if it were about the same one.

use std::ops::Range;
use std::sync::Arc;

use crate::codes::conditions as code;
use crate::condition::ast::{ClauseWord, Document, Node, NodeKind};
use crate::condition::canonical::Printer;
use crate::condition::lint::meant::{Meant, expr};
use crate::diagnostic::fault::Fault;
use crate::rule::{
    Base, Binding, BindingId, Body, CompareOp, Expr, ExprKind, Field, FieldTest, GroupKey, GroupOp,
    Measure, Operand, Predicate, Selector, SpanSelector,
};

/// `count(S.where(a)) by f > n and S.where(b)`: some group is large, and some S satisfies b, perhaps of another f.
pub(super) fn group(meant: &Meant<'_>, faults: &mut Vec<Fault>) {
    let body = meant.body;
    let clauses = [
        (&body.when, ClauseWord::When),
        (&body.always, ClauseWord::Always),
        (&body.never, ClauseWord::Never),
    ];
    for (clause, word) in clauses {
        let Some(clause) = clause else { continue };
        let parts = clause.parts();
        // Most conditions have no group, and some are very long.
        let mut groups = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| grouped(part).is_some())
            .take(8);
        let pair = groups.find_map(|(at, group)| {
            let mut others = parts.iter().enumerate().filter(|(other, _)| *other != at);
            others.find_map(|(other, part)| Some((at, other, shared(group, part)?)))
        });
        let Some((group, other, key)) = pair else {
            continue;
        };
        let nodes = nodes(meant, word, parts.len());
        if nodes.len() == parts.len() {
            faults.push(doubt(
                meant,
                (nodes[group], &parts[group]),
                (nodes[other], &parts[other]),
                key,
            ));
        }
    }
}

/// The parts of a clause's condition; of a pattern, those of the whole text.
fn nodes<'a>(meant: &Meant<'a>, word: ClauseWord, parts: usize) -> Vec<&'a Node> {
    match meant.document {
        Document::Pattern(items) if meant.body.is_pattern => match items.as_slice() {
            [only] => match &only.bare().kind {
                NodeKind::And(nodes) if nodes.len() == parts => nodes.iter().collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        },
        _ => meant.nodes(word, parts),
    }
}

/// The field by which `group` groups, where `other` is about spans of the same name, or groups by the same field.
fn shared<'e>(group: &'e Expr, other: &Expr) -> Option<&'e Field> {
    let (measure, key) = grouped(group)?;
    let of = plain(measure.selector())?;
    let is_alike = match &other.kind {
        ExprKind::Exists(selector) => plain(selector)?.base == of.base,
        ExprKind::Compare { left, .. } => plain(left.selector())?.base == of.base,
        ExprKind::GroupCompare { .. } => {
            let (measure, other_key) = grouped(other)?;
            other_key == key && plain(measure.selector()).is_some()
        }
        _ => false,
    };
    (is_alike && matches!(of.base, Base::Named(_))).then_some(key)
}

/// Of a measure by one field.
fn grouped(part: &Expr) -> Option<(&Measure, &Field)> {
    match &part.kind {
        ExprKind::GroupCompare { measure, by, .. } => match &**by {
            [GroupKey::Field(key)] => Some((measure, key)),
            _ => None,
        },
        _ => None,
    }
}

fn plain(selector: &Selector) -> Option<&SpanSelector> {
    match selector {
        Selector::Spans(spans) => Some(spans),
        _ => None,
    }
}

fn doubt(meant: &Meant<'_>, group: (&Node, &Expr), other: (&Node, &Expr), key: &Field) -> Fault {
    let name = meant.printer().field(key);
    let shown = |node: &Node| meant.source(node.range());
    let message = format!(
        "`{}` is about some group, and `{}` perhaps about another `{name}`",
        shown(group.0),
        shown(other.0)
    );
    let fault = Fault::new(code::GROUP_ELSEWHERE, other.0.range(), message);
    match joined(meant, group.1, other.1, key) {
        Some((range, modern)) => Fault {
            range,
            ..fault
                .help(format!("if one `{name}` is meant: `{modern}`"))
                .suggest(modern)
        },
        None => fault.help(format!(
            "if one `{name}` is meant, bind a span and compare with it: `when each {{ S.where(exists({name})) as p }} never {{ count(T.where({name} == p.{name})) > n }}`"
        )),
    }
}

/// The whole rule anew, where it is nothing but these two.
fn joined(
    meant: &Meant<'_>,
    group: &Expr,
    other: &Expr,
    key: &Field,
) -> Option<(Range<usize>, String)> {
    let body = meant.body;
    let never = body.never.as_ref()?;
    if never.parts().len() != 2 || body.when.is_some() || !body.bindings.is_empty() {
        return None;
    }
    let range = match meant.document {
        Document::Pattern(items) => meant.rewritable(items.first()?.start..items.last()?.end)?,
        _ => meant.whole(&[ClauseWord::Never])?,
    };
    let (
        ExprKind::GroupCompare {
            measure, op, value, ..
        },
        ExprKind::Exists(Selector::Spans(bound)),
    ) = (&group.kind, &other.kind)
    else {
        return None;
    };
    let mut bound = SpanSelector::clone(bound);
    bound.filter.push(Predicate::Asks {
        test: FieldTest::Exists,
        field: key.clone(),
    });
    let mut measure = measure.clone();
    let (Measure::Count(selector) | Measure::Within { selector, .. }) = &mut *measure else {
        return None;
    };
    let Selector::Spans(spans) = selector else {
        return None;
    };
    Arc::make_mut(spans).filter.push(Predicate::Compare {
        left: key.clone().into(),
        op: CompareOp::Eq,
        right: Operand::Term(
            Field::Bound {
                binding: BindingId(0),
                field: Box::new(key.clone()),
            }
            .into(),
        ),
    });
    let words: Vec<&str> = crate::condition::scan::words(meant.text).collect();
    let name = ["p", "q", "r", "s", "t"]
        .into_iter()
        .find(|name| !words.contains(name))?;
    let op = match op {
        GroupOp::Gt => CompareOp::Gt,
        GroupOp::Ge => CompareOp::Ge,
    };
    let meaning = Body {
        bindings: vec![Binding {
            name: name.to_owned(),
            selector: bound.into(),
        }],
        never: Some(expr(ExprKind::Compare {
            left: measure,
            op,
            right: value.clone(),
        })),
        ..Body::empty()
    };
    let printer = Printer::new(vec![name], Some(meant.vocabulary));
    Some((range, printer.body(&meaning).replace('\n', " ")))
}
