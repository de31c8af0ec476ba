//! Predicates: what stands inside `where( )`.

use super::Checker;
use super::operand::may_be_missing;
use super::selector::Dialect;
use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind, Test};
use crate::condition::token::Function;
use crate::rule::{CompareOp, Field, Literal, Operand, Predicate, TextOp};

impl<'a> Checker<'a> {
    /// A comparison of a `trace:` intrinsic that stands as a condition.
    pub(super) fn predicate(&mut self, node: &'a Node) -> Option<Predicate> {
        self.predicate_in(node, Dialect::Modern)
    }

    pub(super) fn predicate_in(&mut self, node: &'a Node, dialect: Dialect) -> Option<Predicate> {
        self.nested(node, |checker| checker.predicate_at(node.bare(), dialect))
    }

    fn predicate_at(&mut self, node: &'a Node, dialect: Dialect) -> Option<Predicate> {
        if let Some((name, found)) = self.find_macro(node) {
            return self.expanded(node, name, found, |checker, inner| {
                checker.predicate_in(inner, dialect)
            });
        }
        match &node.kind {
            NodeKind::Broken => None,
            NodeKind::And(parts) => {
                let parts = self.predicates(parts, dialect)?;
                Some(Predicate::And(flat(parts, |part| match part {
                    Predicate::And(inner) => Ok(inner),
                    other => Err(other),
                })))
            }
            NodeKind::Or(parts) => {
                let parts = self.predicates(parts, dialect)?;
                Some(Predicate::Or(flat(parts, |part| match part {
                    Predicate::Or(inner) => Ok(inner),
                    other => Err(other),
                })))
            }
            NodeKind::Not(inner) => self.negated(node, inner, dialect),
            NodeKind::Compare { left, op, right } => self.compared(node, left, *op, right, dialect),
            NodeKind::Test { left, test, right } => self.tested(left, *test, right, dialect),
            NodeKind::Call {
                function: function @ (Function::Exists | Function::Missing),
                arguments,
            } => {
                let [only] = arguments.as_slice() else {
                    self.fault(code::ARGUMENTS, node.range(), "this takes one field")
                        .help = Some("`exists(user.id)`".into());
                    return None;
                };
                let field = self.field(only, dialect)?;
                if super::selector::is_open_field(&field) {
                    self.fault(
                        code::FIELD_HERE,
                        only.range(),
                        "whether a trace has this is no question to one of its spans; compare its value",
                    );
                    return None;
                }
                Some(match function {
                    Function::Exists => Predicate::Exists(field),
                    _ => Predicate::Missing(field),
                })
            }
            NodeKind::Name(_) | NodeKind::Quoted(_) => self.shorthand(node, true, dialect),
            NodeKind::Attribute {
                is_older: true,
                key,
                ..
            } => {
                self.note_lone_attribute(node, key, "exists");
                self.lone_attribute(key).map(Predicate::Exists)
            }
            NodeKind::Attribute { .. } => self.shorthand(node, true, dialect),
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::List(_) => {
                let source = self.source(node);
                let message = format!("`{source}` alone is no condition");
                self.fault(code::VALUE_AS_CONDITION, node.range(), message)
                    .help = Some("compare a field: `amount > 1000`".into());
                None
            }
            NodeKind::Intrinsic(name) => {
                self.refuse_intrinsic_alone(node, name);
                None
            }
            _ => {
                self.refuse_in_where(node);
                None
            }
        }
    }

    fn predicates(&mut self, parts: &'a [Node], dialect: Dialect) -> Option<Vec<Predicate>> {
        let checked: Vec<Option<Predicate>> = parts
            .iter()
            .map(|part| self.predicate_in(part, dialect))
            .collect();
        checked.into_iter().collect()
    }

    /// `not verified` is `verified == false`; any other negation negates.
    fn negated(&mut self, node: &'a Node, inner: &'a Node, dialect: Dialect) -> Option<Predicate> {
        let bare = inner.bare();
        match &bare.kind {
            NodeKind::Name(_) | NodeKind::Quoted(_) if self.find_macro(bare).is_none() => {
                return self.shorthand(bare, false, dialect);
            }
            NodeKind::Attribute {
                is_older: true,
                key,
                ..
            } => {
                self.note_lone_attribute(node, key, "missing");
                return self.lone_attribute(key).map(Predicate::Missing);
            }
            NodeKind::Attribute { .. } => return self.shorthand(bare, false, dialect),
            _ => {}
        }
        Some(match self.predicate_in(inner, dialect)? {
            Predicate::Not(twice) => *twice,
            once => Predicate::Not(Box::new(once)),
        })
    }

    /// `verified`
    fn shorthand(&mut self, node: &'a Node, value: bool, dialect: Dialect) -> Option<Predicate> {
        if let NodeKind::Name(name) = &node.kind
            && self.binding(name).is_some()
        {
            let message = format!("`{name}` is a bound span, not a field");
            self.fault(code::NEEDS_FIELD, node.range(), message).help = Some(format!(
                "a field of it stands on the right-hand side: `order.id == {name}.order.id`"
            ));
            return None;
        }
        let field = self.field(node, dialect)?;
        if !value {
            self.denied.push(field.clone());
        }
        Some(Predicate::Compare {
            field,
            op: CompareOp::Eq,
            value: Operand::Literal(Literal::Bool(value)),
        })
    }

    fn compared(
        &mut self,
        node: &'a Node,
        left: &'a Node,
        op: CompareOp,
        right: &'a Node,
        dialect: Dialect,
    ) -> Option<Predicate> {
        let is_literal = |node: &Node| {
            matches!(
                node.kind,
                NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::Bool(_)
            )
        };
        if is_literal(left.bare()) && !is_literal(right.bare()) {
            let (value, field) = (self.source(left), self.source(right));
            let sign = match op {
                CompareOp::Eq => "==",
                CompareOp::Ne => "!=",
                CompareOp::Lt => ">",
                CompareOp::Le => ">=",
                CompareOp::Gt => "<",
                CompareOp::Ge => "<=",
            };
            let modern = format!("{field} {sign} {value}");
            let fault = self.fault(
                code::NEEDS_FIELD,
                node.range(),
                "a comparison begins with its field",
            );
            fault.help = Some(format!("write `{modern}`"));
            fault.suggestion = Some(modern);
            return None;
        }
        let field = self.field(left, dialect);
        let value = self.operand(right);
        let (field, value) = (field?, value?);
        let value = self.fits(&field, left, op, value, right, dialect)?;
        Some(Predicate::Compare { field, op, value })
    }

    fn tested(
        &mut self,
        left: &'a Node,
        test: Test,
        right: &'a Node,
        dialect: Dialect,
    ) -> Option<Predicate> {
        let field = self.field(left, dialect);
        match test {
            Test::In | Test::NotIn => {
                let values = self.list(right);
                let (field, values) = (field?, values?);
                let values = self.all_fit(&field, left, values, right, dialect)?;
                let within = Predicate::In { field, values };
                Some(match test {
                    Test::In => within,
                    _ => Predicate::Not(Box::new(within)),
                })
            }
            Test::Matches => {
                let pattern = self.pattern(right);
                let (field, pattern) = (field?, pattern?);
                self.text_field(&field, left)?;
                Some(Predicate::Matches { field, pattern })
            }
            Test::Contains | Test::StartsWith | Test::EndsWith => {
                let value = self.operand(right);
                let (field, value) = (field?, value?);
                self.text_field(&field, left)?;
                if matches!(value, Operand::Literal(Literal::Duration(_))) {
                    self.fault(code::UNLIKE_TYPES, right.range(), "a duration is no text")
                        .help = Some("put a text in quotes".into());
                    return None;
                }
                let op = match test {
                    Test::Contains => TextOp::Contains,
                    Test::StartsWith => TextOp::StartsWith,
                    _ => TextOp::EndsWith,
                };
                Some(Predicate::Text { op, field, value })
            }
        }
    }

    fn text_field(&mut self, field: &Field, node: &Node) -> Option<()> {
        use crate::rule::Intrinsic;
        match super::operand::intrinsic_of(field) {
            Some(
                intrinsic @ (Intrinsic::SpanDuration
                | Intrinsic::TraceDuration
                | Intrinsic::TraceSpanCount),
            ) => {
                let message = format!("`{}` is no text", intrinsic.as_str());
                self.fault(code::UNLIKE_TYPES, node.range(), message).help =
                    Some("compare it with `== != < <= > >=`".into());
                None
            }
            _ => Some(()),
        }
    }

    /// The regular expression after `matches`, whose form and size are checked here once and for all.
    fn pattern(&mut self, node: &'a Node) -> Option<std::sync::Arc<str>> {
        let node = node.bare();
        let NodeKind::Quoted(pattern) = &node.kind else {
            if !matches!(node.kind, NodeKind::Broken) {
                let source = self.source(node);
                let fault = self.fault(
                    code::BAD_REGEX,
                    node.range(),
                    "a regular expression is put in quotes",
                );
                if matches!(node.kind, NodeKind::Name(_)) {
                    fault.suggestion = Some(format!("\"{source}\""));
                }
            }
            return None;
        };
        let built = regex::bytes::RegexBuilder::new(pattern)
            .size_limit(self.limits.regex_bytes)
            .build();
        match built {
            Ok(_) => {
                if let Some(mut fault) = crate::condition::lint::regex(pattern, node.range()) {
                    fault.origin = self.place.origin.clone();
                    self.faults.push(fault);
                }
                Some(pattern.clone())
            }
            Err(regex::Error::CompiledTooBig(_)) => {
                let message = format!(
                    "this regular expression compiles to more than {} bytes",
                    self.limits.regex_bytes
                );
                self.fault(code::REGEX_TOO_LARGE, node.range(), message)
                    .help =
                    Some("make its repetitions smaller: `{1,1000}` is a thousand copies".into());
                None
            }
            Err(error) => {
                let reason = regex_reason(&error.to_string());
                let fault = self.fault(
                    code::BAD_REGEX,
                    node.range(),
                    format!("this is no regular expression: {reason}"),
                );
                if reason.contains("look-around") || reason.contains("backreferences") {
                    fault.help = Some("expressions run in linear time, so these are not part of them; split the condition with `and not (x matches …)`".into());
                }
                None
            }
        }
    }

    /// Something about the whole trace inside a filter of one span.
    pub(super) fn refuse_in_where(&mut self, node: &Node) {
        let (message, help) = match &node.kind {
            NodeKind::Broken
            | NodeKind::Call {
                function: Function::Unknown,
                ..
            } => return,
            NodeKind::Call {
                function: Function::Has,
                ..
            } => (
                "inside `where` stand conditions on one span",
                "whether it has an attribute: `exists(x)`; whether the trace has another span: outside, with `and`",
            ),
            NodeKind::Call { .. }
            | NodeKind::By { .. }
            | NodeKind::Times { .. }
            | NodeKind::DotCount(_) => (
                "inside `where` stand conditions on one span; this measures the trace",
                "write it outside: `payment.where(…) and count(http.retry) > 3`",
            ),
            NodeKind::Chain { .. } => (
                "inside `where` stand conditions on one span; this is an order of spans",
                "write it outside: `payment.where(…) before audit.log`",
            ),
            NodeKind::Where { .. } | NodeKind::TraceSpans => (
                "a filter inside a filter",
                "join the conditions on one span with `and`; another span stands outside",
            ),
            NodeKind::As { .. } => (
                "a span is bound only in `when each`",
                "`when each { payment.where(…) as p }`",
            ),
            _ => (
                "this is no condition on a span",
                "compare a field: `amount > 1000`",
            ),
        };
        self.fault(code::TRACE_IN_WHERE, node.range(), message).help = Some(help.into());
    }

    /// `!=` and `not` on a field that a span may be without: such spans are not selected.
    pub(super) fn warn_hidden(&mut self, filter: &'a Node, predicate: &Predicate) {
        let mut negated = Vec::new();
        let mut asked = Vec::new();
        collect_negated(predicate, false, &mut negated, &mut asked);
        let denied = std::mem::take(&mut self.denied);
        let is_denied = |field: &Field| denied.contains(field) && !has_presence(predicate, field);
        let field = negated
            .into_iter()
            .find(|field| may_be_missing(field) && !asked.contains(field))
            .or_else(|| {
                denied
                    .iter()
                    .find(|field| may_be_missing(field) && is_denied(field))
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
        let name = self.printer().field(field);
        let source = self.source(part);
        self.fault(
            code::HIDES_MISSING,
            part.range(),
            format!("spans without `{name}` are not selected here, though it is negated"),
        )
        .help = Some(format!(
            "if they are meant too: `({source}) or missing({name})`; if not, say so: `exists({name}) and …`"
        ));
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
        Predicate::And(parts) | Predicate::Or(parts) => {
            parts.iter().any(|part| has_presence(part, field))
        }
        Predicate::Not(inner) => has_presence(inner, field),
        Predicate::Exists(asked) | Predicate::Missing(asked) => asked == field,
        _ => false,
    }
}

/// Fields under a negation, and those that are asked for otherwise.
fn collect_negated<'p>(
    predicate: &'p Predicate,
    is_negated: bool,
    negated: &mut Vec<&'p Field>,
    asked: &mut Vec<&'p Field>,
) {
    match predicate {
        Predicate::And(parts) | Predicate::Or(parts) => {
            for part in parts {
                collect_negated(part, is_negated, negated, asked);
            }
        }
        Predicate::Not(inner) => collect_negated(inner, !is_negated, negated, asked),
        Predicate::Exists(field) | Predicate::Missing(field) => asked.push(field),
        Predicate::Compare { field, op, value } => {
            let is_not = match (op, value) {
                (CompareOp::Ne, _) => !is_negated,
                (CompareOp::Eq, Operand::Literal(Literal::Bool(false))) if !is_negated => false,
                _ => is_negated,
            };
            if is_not {
                negated.push(field);
            } else if !is_negated {
                asked.push(field);
            }
        }
        Predicate::In { field, .. }
        | Predicate::Matches { field, .. }
        | Predicate::Text { field, .. } => {
            if is_negated {
                negated.push(field);
            } else {
                asked.push(field);
            }
        }
    }
}

fn flat(
    parts: Vec<Predicate>,
    split: impl Fn(Predicate) -> Result<Vec<Predicate>, Predicate>,
) -> Vec<Predicate> {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match split(part) {
            Ok(inner) => flat.extend(inner),
            Err(part) => flat.push(part),
        }
    }
    flat
}

/// The last line of the regular expression parser's message, which is the reason.
fn regex_reason(message: &str) -> String {
    let last = message.lines().last().unwrap_or(message);
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
