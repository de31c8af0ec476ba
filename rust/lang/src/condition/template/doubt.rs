//! Placeholders that never have a value, or hardly ever: of spans that no violation of the rule shows, and names of intrinsics, of
//! events and of attributes that are called otherwise. They print `?`, and nothing else tells.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::check::like_intrinsic;
use crate::condition::lint;
use crate::diagnostic::fault::Fault;
use crate::rule::{Body, Expr, ExprKind, Field, Predicate, Role, Selector};

/// A doubt about the field of `{name}`, if there is one. Quotes say that the attribute is meant, and so does the rule where it reads
/// the same one.
pub(super) fn doubt(name: &str, field: &Field, body: &Body, range: Range<usize>) -> Option<Fault> {
    let Field::Attribute { scope, key } = field else {
        return None;
    };
    let (bound, own) = name.split_once('.')?;
    if own.contains('"') || reads(body, field) {
        return None;
    }
    if let Some(meant) = like_intrinsic(*scope, key) {
        // What is of the trace or of an event is no field of a span.
        if meant.starts_with("trace:") || meant.starts_with("event:") {
            return None;
        }
        let meant = format!("{bound}.{meant}");
        let message = format!(
            "`{own}` is an attribute here, and hardly ever there; did you mean `{{{meant}}}`?"
        );
        let fault = Fault::new(code::LIKE_INTRINSIC, range, message);
        let quoted = format!("{{{bound}.\"{key}\"}}");
        return Some(
            fault
                .suggest(format!("{{{meant}}}"))
                .help(format!("if the attribute is meant: `{quoted}`")),
        );
    }
    let mut fault = lint::attribute_name(*scope, key, range)?;
    if fault.code == code::OTHER_NAME_EMITTED {
        return None;
    }
    fault.suggestion = match fault.code == code::OF_EVENT {
        true => None,
        false => fault.suggestion.map(|own| format!("{{{bound}.{own}}}")),
    };
    if fault.code == code::OF_EVENT {
        fault.help = Some(format!(
            "a message shows what stands on spans, as the kind of failure that `{{{bound}.otel:error.kind}}` reads of either; if your services put it on the span: `{{{bound}.\"{key}\"}}`"
        ));
    }
    Some(fault)
}

/// A doubt about the role in `{offender.field}`: violations of this rule show no span in it. What they do show is offered, where
/// that is one role.
pub(super) fn never_shown(
    name: &str,
    role: Role,
    body: &Body,
    range: Range<usize>,
) -> Option<Fault> {
    if lint::may_show(body, role) {
        return None;
    }
    let rest = name.strip_prefix(role.as_str())?;
    let shown: Vec<String> = Role::ALL
        .into_iter()
        .filter(|role| lint::may_show(body, *role))
        .map(|role| format!("{{{}{rest}}}", role.as_str()))
        .collect();
    let role = role.as_str();
    let message = format!(
        "no violation of this rule shows a span as `{role}`, so `{{{name}}}` is always `?`"
    );
    let fault = Fault::new(code::NEVER_SHOWN, range, message);
    Some(match &shown[..] {
        [] => fault.help("leave it out: violations of this rule show no span"),
        [only] => fault
            .help(format!("what they show is `{only}`"))
            .suggest(only.clone()),
        some => {
            let some: Vec<String> = some.iter().map(|one| format!("`{one}`")).collect();
            fault.help(format!("what they show is {}", some.join(" or ")))
        }
    })
}

/// Whether some condition of the rule reads the field.
fn reads(body: &Body, field: &Field) -> bool {
    let mut is_read = false;
    let mut read = |found: &Field| {
        let found = match found {
            Field::Bound { field, .. } => field,
            found => found,
        };
        is_read |= found == field;
    };
    let bound = body.bindings.iter().map(|bound| &bound.selector);
    bound.for_each(|selector| of_selector(selector, &mut read));
    let clauses = [&body.when, &body.always, &body.never];
    let clauses = clauses.into_iter().flatten();
    clauses.for_each(|clause| of_condition(clause, &mut read));
    is_read
}

fn of_condition(expr: &Expr, read: &mut impl FnMut(&Field)) {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| of_condition(part, read));
        }
        ExprKind::Not(inner) => of_condition(inner, read),
        ExprKind::Bound { filter, .. } => of_filter(filter, read),
        _ => expr.each_selector(&mut |selector| of_selector(selector, read)),
    }
}

fn of_selector(selector: &Selector, read: &mut impl FnMut(&Field)) {
    for spans in selector.plain() {
        of_filter(&spans.filter, read);
    }
}

fn of_filter(filter: &[Predicate], read: &mut impl FnMut(&Field)) {
    for part in filter {
        part.for_each_field(&mut |field| read(field));
    }
}
