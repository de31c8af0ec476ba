//! Violation messages: text with `{p.field}`, `{offender.field}`, `{count}` and `{trace:id}` in it.

mod doubt;

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::spelling::is_plain;
use crate::condition::template::doubt::{doubt, never_shown};
use crate::condition::vocabulary::Vocabulary;
use crate::diagnostic::fault::Fault;
use crate::diagnostic::nearest::nearest;
use crate::rule::{BindingId, Body, Field, Intrinsic, Role, Scope, Segment, Template};
use crate::words::Word;

/// Checks a message of the rule that `body` is of. `{{` and `}}` stand for the braces themselves.
pub fn check_template(
    text: &str,
    body: &Body,
    vocabulary: &Vocabulary,
    faults: &mut Vec<Fault>,
) -> Option<Template> {
    let first = faults.len();
    let mut segments = Vec::new();
    let mut plain = String::new();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].find(['{', '}']).unwrap_or(text.len() - at);
        plain.push_str(&text[at..at + length]);
        at += length;
        let rest = &text[at..];
        let Some(sign) = rest.chars().next() else {
            break;
        };
        if rest.starts_with("{{") || rest.starts_with("}}") {
            plain.push(sign);
            at += 2;
        } else if sign == '{' {
            let Some(length) = rest.find('}') else {
                let fault = Fault::new(
                    code::PLACEHOLDER,
                    at..text.len(),
                    "this placeholder is never closed",
                );
                faults.push(fault.help("add the missing `}`; a brace itself is written `{{`"));
                break;
            };
            if !plain.is_empty() {
                segments.push(Segment::Text(std::mem::take(&mut plain)));
            }
            if let Some(segment) = placeholder((text, at, length), body, vocabulary, faults) {
                segments.push(segment);
            }
            at += length + 1;
        } else {
            plain.push(sign);
            at += sign.len_utf8();
        }
    }
    if !plain.is_empty() {
        segments.push(Segment::Text(plain));
    }
    let is_faulty = faults[first..].iter().any(Fault::is_error);
    (!is_faulty).then(|| Template::new(segments))
}

/// The placeholder at a place of the text, of this length without its closing brace.
fn placeholder(
    (text, start, length): (&str, usize, usize),
    body: &Body,
    vocabulary: &Vocabulary,
    faults: &mut Vec<Fault>,
) -> Option<Segment> {
    let inner = &text[start + 1..start + length];
    let name = inner.trim();
    let range = start..start + length + 1;
    match name {
        "count" => return Some(Segment::Count),
        _ if body.over.is_some() => {
            let message = format!("`{{{name}}}` is of one trace, and this rule is over many");
            let fault = Fault::new(code::WINDOW_CLAUSE, range, message);
            faults.push(fault.help(
                "`{count}` is the number of spans, or traces, that were measured; window, group and value stand in the violation besides",
            ));
            return None;
        }
        "trace:id" => return Some(Segment::TraceId),
        _ => {}
    }
    let unquoted = name.replace('"', "");
    let bound = name.split(['.', ':']).next().unwrap_or_default();
    let position = body
        .bindings
        .iter()
        .position(|binding| binding.name == bound);
    if position.is_none()
        && let Some(role) = Role::named(bound)
    {
        let field = field_or_fault((name, Some(role)), range, (body, vocabulary), faults)?;
        return Some(Segment::Shown { role, field });
    }
    let Some(position) = position else {
        let names = body.bindings.iter().map(|binding| binding.name.as_str());
        let names = names.chain(Role::ALL.map(Role::as_str));
        let is_field = name.contains(['.', ':']) && is_plain(&unquoted.replace(':', "."));
        let mut fault = if is_field {
            Fault::new(
                code::UNBOUND_PLACEHOLDER,
                range,
                format!("no span is bound as `{bound}`"),
            )
        } else {
            Fault::new(
                code::PLACEHOLDER,
                range,
                format!("`{{{name}}}` is no placeholder"),
            )
        };
        let near = if is_field {
            nearest(bound, names)
        } else {
            nearest(name, ["count", "trace:id"])
        };
        fault.help = Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if is_field => format!(
                "bind one, `when each {{ payment as {bound} }}`, or name a span that the violation shows: `{{trigger.x}}`, `{{offender.x}}`, `{{witness.x}}`"
            ),
            None => "placeholders are `{p.field}` of a bound span, `{offender.field}` of a span that the violation shows, `{count}` and `{trace:id}`; a brace itself is written `{{`".into(),
        });
        faults.push(fault);
        return None;
    };
    let binding = BindingId(u8::try_from(position).ok()?);
    let field = field_or_fault((name, None), range, (body, vocabulary), faults)?;
    Some(Segment::Bound { binding, field })
}

/// The field of `{name}`, with what is doubtful about it; without a role it is of a bound span.
fn field_or_fault(
    (name, role): (&str, Option<Role>),
    range: Range<usize>,
    (body, vocabulary): (&Body, &Vocabulary),
    faults: &mut Vec<Fault>,
) -> Option<Field> {
    let own = name.split_once('.');
    let field = own
        .and_then(|(_, own)| vocabulary.field(own))
        .or_else(|| field_named(name));
    let Some(field) = field else {
        let of = role.map_or("a bound span", |_| "a span");
        let message = format!("`{{{name}}}` names no field of {of}");
        let first = name.split(['.', ':']).next().unwrap_or_default();
        faults.push(Fault::new(code::PLACEHOLDER, range, message).help(format!(
            "`{{{first}.amount}}`, `{{{first}.resource.host}}`, `{{{first}.span:duration}}`"
        )));
        return None;
    };
    let never_shown = role.and_then(|role| never_shown(name, role, body, range.clone()));
    faults.extend(never_shown.or_else(|| doubt(name, &field, body, range)));
    Some(field)
}

/// The field in a message's `{p.field}`; `None` where it names none that a bound span has one of.
fn field_named(name: &str) -> Option<Field> {
    if name.contains(':') && !name.contains('"') {
        let (_, written) = name.split_once('.')?;
        let known = Intrinsic::named(written)?;
        let is_own = written.starts_with("span:") || written.starts_with("instrumentation:");
        return is_own.then_some(Field::Intrinsic(known));
    }
    let (_, rest) = name.split_once('.')?;
    let (scope, key) = match rest.strip_prefix('"') {
        Some(quoted) => (Scope::SpanThenResource, quoted.strip_suffix('"')?),
        None => Scope::split(rest),
    };
    let key = key
        .strip_prefix('"')
        .and_then(|key| key.strip_suffix('"'))
        .unwrap_or(key);
    let is_many = matches!(scope, Scope::Event | Scope::Link);
    (!key.is_empty() && !is_many).then(|| Field::Attribute {
        scope,
        key: key.into(),
    })
}
