//! Fields: attributes in their scopes, intrinsics, and those of bound spans.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::{Checker, Subject};
use crate::condition::dialect::Dialect;
use crate::condition::lexer::too_long;
use crate::condition::spelling::quote;
use crate::diagnostic::nearest::nearest;
use crate::rule::{BindingId, Field, Scope};

impl<'a> Checker<'a> {
    /// The left-hand side of a comparison, or the field of a measure.
    pub(super) fn field(&mut self, node: &'a Node, dialect: Dialect) -> Option<Field> {
        let node = node.bare();
        if let Some(field) = self.subject_field(node) {
            return field;
        }
        if let Some(scope) = self.item {
            return self.item_field(node, scope);
        }
        let field = match &node.kind {
            NodeKind::Broken => return None,
            NodeKind::Name(name) => self.attribute_named(node, name, dialect)?,
            NodeKind::Quoted(key) => {
                self.attribute(node, node.range(), Scope::SpanThenResource, key)?
            }
            NodeKind::Attribute {
                scope,
                key,
                is_older,
            } => {
                if *is_older {
                    self.note_attribute(node, scope, key);
                }
                match Scope::written(scope) {
                    Some(scope) => self.attribute(node, node.range(), scope, key)?,
                    None => {
                        self.refuse_bound_left(node, scope);
                        return None;
                    }
                }
            }
            NodeKind::Intrinsic(name) => match self.intrinsic(node, name)? {
                Field::Bound { .. } => {
                    let bound = name.split(['.', ':']).next().unwrap_or_default().to_owned();
                    self.refuse_bound_left(node, &bound);
                    return None;
                }
                field => field,
            },
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::List(_) => {
                self.refuse_value_as_field(node);
                return None;
            }
            _ => {
                self.refuse_in_where(node);
                return None;
            }
        };
        Some(field)
    }

    /// `p.x` on the left: an attribute of what is filtered, though it reads as one of `p`.
    pub(super) fn doubt_bound_left(&mut self, node: &Node, whose: &str, first: &str, rest: &str) {
        let Some(binding) = self.binding(first) else {
            return;
        };
        let is_own = self.subject == Some(Subject::Filtered(binding));
        let name = format!("{first}.{rest}");
        let fault = self.fault(
            code::BOUND_FIELD_ON_THE_LEFT,
            node.range(),
            format!("this is the {whose}'s own attribute `{name}`, not a field of `{first}`"),
        );
        if is_own {
            fault.help = Some(format!(
                "inside `{first}.where(…)` the fields of `{first}` stand without its name; put the attribute in quotes if it is meant"
            ));
            fault.suggestion = Some(rest.to_owned());
        } else {
            fault.help = Some(format!(
                "a field of the bound span stands on the right: `x == {name}`; put the attribute in quotes if it is meant"
            ));
        }
    }

    pub(super) fn refuse_value_as_field(&mut self, node: &Node) {
        self.fault(
            code::NEEDS_FIELD,
            node.range(),
            "a comparison begins with a field",
        )
        .help =
            Some("write the field first: `amount > 5`; a field of such a name is quoted".into());
    }

    pub(super) fn refuse_bound_left(&mut self, node: &Node, bound: &str) {
        let binding = self.binding(bound);
        if binding.is_some() && self.subject == binding.map(Subject::Filtered) {
            let own = self.place.folded(node.range());
            let own = own.get(bound.len() + 1..).unwrap_or_default().to_owned();
            let message =
                format!("inside `{bound}.where(…)` the fields of `{bound}` stand without its name");
            self.fault(code::BOUND_ON_THE_LEFT, node.range(), message)
                .suggestion = Some(own);
        } else if binding.is_some() {
            let message =
                format!("the fields of `{bound}` stand on the right-hand side of a comparison");
            self.fault(code::BOUND_ON_THE_LEFT, node.range(), message)
                .help = Some(format!(
                "`order.id == {bound}.order.id`; a condition on `{bound}` alone stands outside: `{bound}.where(…)`"
            ));
        } else {
            let message = format!("there is no scope called `{bound}`");
            let meant = nearest(bound, Scope::ALL.map(Scope::as_str));
            let fault = self.fault(code::UNKNOWN_BINDING, node.range(), message);
            fault.help = Some(match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "scopes are `span resource instrumentation event link`".into(),
            });
        }
    }

    fn attribute_named(&mut self, node: &'a Node, name: &str, dialect: Dialect) -> Option<Field> {
        if let Some(field) = dialect.field(name) {
            return Some(field);
        }
        if let Some(field) = self.vocabulary.field(name) {
            return Some(field);
        }
        if self.vocabulary.list(name).is_some() {
            let message = format!("`{name}` is a list; a field of this name is quoted");
            self.fault(code::LIST_HERE, node.range(), message)
                .suggestion = Some(format!("\"{name}\""));
            return None;
        }
        if self.vocabulary.macro_named(name).is_some() {
            let message = format!("`{name}` is a macro; a field of this name is quoted");
            self.fault(code::LIST_HERE, node.range(), message)
                .suggestion = Some(format!("\"{name}\""));
            return None;
        }
        if let Some((first, rest)) = name.split_once('.') {
            if let Some(scope) = Scope::written(first) {
                self.warn_like_intrinsic(node, scope, rest);
                self.warn_of_resource(node, scope, rest);
                return self.attribute(node, node.range(), scope, rest);
            }
            self.warn_other_span(node, first, rest);
            self.doubt_bound_left(node, "filtered span", first, rest);
        } else {
            self.warn_like_intrinsic(node, Scope::SpanThenResource, name);
        }
        self.attribute(node, node.range(), Scope::SpanThenResource, name)
    }

    /// `range`: where scope and key stand, without the bound span before them.
    pub(super) fn attribute(
        &mut self,
        node: &Node,
        range: Range<usize>,
        scope: Scope,
        key: &str,
    ) -> Option<Field> {
        if key.is_empty() || key.len() > self.limits.name_bytes {
            let message = if key.is_empty() {
                "an attribute has a name".to_owned()
            } else {
                too_long(key.len(), self.limits.name_bytes)
            };
            self.fault(code::NAME_TOO_LONG, range, message).help =
                Some("ask for one with a name that long at most, as `http.route`".into());
            return None;
        }
        // Quotes say that the name is meant as it is.
        if self.doubts
            && matches!(node.kind, NodeKind::Name(_))
            && let Some(mut fault) = crate::condition::lint::attribute_name(scope, key, range)
        {
            fault.origin = self.place.origin.clone();
            self.faults.push(fault);
        }
        Some(Field::Attribute {
            scope,
            key: self.place.written.name_of(key),
        })
    }

    pub(super) fn known_binding(&mut self, node: &Node, name: &str) -> Option<BindingId> {
        if let Some(binding) = self.binding(name) {
            return Some(binding);
        }
        self.refuse_unknown_binding(node, name);
        None
    }

    pub(super) fn refuse_unknown_binding(&mut self, node: &Node, name: &str) {
        let near = nearest(name, self.bindings.iter().map(|bound| &**bound)).map(str::to_owned);
        let only = match self.bindings.as_slice() {
            [only] => Some(only.to_string()),
            _ => None,
        };
        let range = node.start..node.start + name.len();
        let fault = self.fault(
            code::UNKNOWN_BINDING,
            range,
            format!("no span is bound as `{name}`"),
        );
        match near.or(only) {
            Some(near) => {
                fault.message = format!("no span is bound as `{name}`; did you mean `{near}`?");
                fault.suggestion = Some(near);
            }
            None if ["root", "any", "leaf"].contains(&name) => {
                fault.message = format!("`{name}` selects spans, and is no bound one");
                fault.help = Some(format!(
                    "bind it: `when each {{ {name} as p }} …`, and read `p.…`; the greatest of all that it selects: `max({name}, …)`"
                ));
            }
            None => fault.help = Some(format!("bind one: `when each {{ payment as {name} }}`")),
        }
    }

    pub(super) fn bound(&mut self, node: &Node, binding: BindingId, inner: Field) -> Option<Field> {
        if let Some(intrinsic) = inner.intrinsic().filter(|known| known.is_of_trace()) {
            self.refuse_trace_of_span(node, intrinsic);
            return None;
        }
        Some(Field::Bound {
            binding,
            field: Box::new(inner),
        })
    }

    /// An explicitly scoped field on the right-hand side; `Ok(None)` where the name has no scope.
    pub(super) fn scoped_field(&mut self, node: &'a Node) -> Result<Option<Field>, ()> {
        let field = match &node.kind {
            NodeKind::Intrinsic(name) => self.intrinsic(node, name),
            NodeKind::Attribute {
                scope,
                key,
                is_older,
            } => {
                if *is_older {
                    self.note_attribute(node, scope, key);
                }
                self.quoted_key(node, scope, key)
            }
            NodeKind::Name(name) => {
                if let Some(field) = self.vocabulary.field(name) {
                    return Ok(Some(field));
                }
                let Some((first, rest)) = name.split_once('.') else {
                    return Ok(None);
                };
                if let Some(binding) = self.binding(first)
                    && let Some(field) = self.vocabulary.field(rest)
                {
                    self.bound(node, binding, field)
                } else if let Some(binding) = self.binding(first) {
                    let (scope, key) = Scope::split(rest);
                    let range = node.start + first.len() + 1..node.end;
                    self.attribute(node, range, scope, key)
                        .and_then(|inner| self.bound(node, binding, inner))
                } else if let Some(scope) = Scope::written(first) {
                    self.warn_of_resource(node, scope, rest);
                    self.attribute(node, node.range(), scope, rest)
                } else {
                    return Ok(None);
                }
            }
            _ => return Ok(None),
        };
        let field = field.ok_or(())?;
        // Inside `event.where( )` there is one event.
        let is_many = field.item().is_some_and(|scope| self.item != Some(scope));
        if is_many || field.is_open() {
            let message = if is_many {
                "events and links stand on the left-hand side: each comparison picks its own"
            } else {
                "`trace:` intrinsics stand on the left-hand side, against a value"
            };
            self.fault(code::FIELD_HERE, node.range(), message);
            return Err(());
        }
        Ok(Some(field))
    }

    /// `span."odd key"`, `p."odd key"`, `p.span."odd key"`
    fn quoted_key(&mut self, node: &Node, scope: &str, key: &str) -> Option<Field> {
        if let Some(scope) = Scope::written(scope) {
            return self.attribute(node, node.range(), scope, key);
        }
        let (first, rest) = scope.split_once('.').unwrap_or((scope, ""));
        let binding = self.known_binding(node, first)?;
        let inner_scope = match Scope::written(rest) {
            Some(scope) => scope,
            None if rest.is_empty() => Scope::SpanThenResource,
            None => {
                self.refuse_bound_left(node, rest);
                return None;
            }
        };
        let inner = self.attribute(node, node.range(), inner_scope, key)?;
        self.bound(node, binding, inner)
    }

    /// `duration > 500ms`: an attribute that has the name of an intrinsic.
    pub(super) fn warn_like_intrinsic(&mut self, node: &Node, scope: Scope, key: &str) {
        let Some(meant) = like_intrinsic(scope, key) else {
            return;
        };
        let source = self.place.folded(node.range());
        let range = self.behind_subject(node);
        let fault = self.fault(
            code::LIKE_INTRINSIC,
            range,
            format!("`{source}` is an attribute here; did you mean `{meant}`?"),
        );
        fault.suggestion = Some(meant.into());
        fault.help = Some(if_meant(&source));
    }
}

/// How an attribute is written that is meant for all that is said of it. Quotes around a scope too would name another one.
pub(super) fn if_meant(source: &str) -> String {
    let scoped = source
        .split_once('.')
        .filter(|(scope, _)| Scope::written(scope).is_some());
    match scoped {
        Some((scope, key)) => format!("write `{scope}.{}` if the attribute is meant", quote(key)),
        None => "put the attribute in quotes if it is meant".to_owned(),
    }
}

/// That of `status_message`.
const LIKE_INTRINSIC_BYTES: usize = 14;

/// The field that is mostly meant by an attribute of the name of an intrinsic, in whatever letters.
pub(crate) fn like_intrinsic(scope: Scope, key: &str) -> Option<&'static str> {
    // Most names are longer than any of these.
    if key.len() > LIKE_INTRINSIC_BYTES {
        return None;
    }
    let mut lower = [0; LIKE_INTRINSIC_BYTES];
    let lower = &mut lower[..key.len()];
    lower.copy_from_slice(key.as_bytes());
    lower.make_ascii_lowercase();
    let lower: &[u8] = lower;
    Some(match (scope, lower) {
        (Scope::SpanThenResource | Scope::Span, b"name" | b"operation") => "span:name",
        (Scope::SpanThenResource | Scope::Span, b"kind") => "span:kind",
        (Scope::SpanThenResource | Scope::Span, b"status") => "span:status",
        (Scope::SpanThenResource | Scope::Span, b"statusmessage" | b"status_message") => {
            "span:statusMessage"
        }
        (Scope::SpanThenResource | Scope::Span, b"duration") => "span:duration",
        (Scope::SpanThenResource | Scope::Span, b"parentid" | b"parent_id") => "span:parentID",
        (Scope::SpanThenResource, b"rootname") => "trace:rootName",
        (Scope::SpanThenResource, b"rootservice") => "trace:rootService",
        (Scope::SpanThenResource, b"spancount") => "trace:spanCount",
        (Scope::SpanThenResource | Scope::Span | Scope::Resource, b"service") => "service.name",
        (Scope::Event, b"name") => "event:name",
        _ => return None,
    })
}
