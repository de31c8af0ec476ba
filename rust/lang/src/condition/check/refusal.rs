//! Parts that stand where they cannot, and what to write instead.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::field::like_intrinsic;
use crate::condition::check::literal::NOT_MULTIPLIED;
use crate::condition::lint::is_known_field;
use crate::condition::token::Function;
use crate::rule::{CompareOp, Scope};

impl<'a> Checker<'a> {
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
            NodeKind::Sum { .. }
            | NodeKind::Call {
                function: Function::Lower | Function::Length,
                ..
            } => (
                "this is a value that is computed, which is no field and no condition",
                "compare it with another value: `x + y > 1000`, `lower(x) == admin`",
            ),
            NodeKind::Call { .. }
            | NodeKind::By { .. }
            | NodeKind::Within { .. }
            | NodeKind::DotCount(_) => (
                "inside `where` stand conditions on one span; this measures the trace",
                "write it outside: `payment.where(…) and count(http.retry) > 3`",
            ),
            NodeKind::Times { .. } => (
                "inside `where` fields are added and taken away, not multiplied",
                NOT_MULTIPLIED,
            ),
            NodeKind::Chain { .. } => (
                "inside `where` stand conditions on one span; this is an order of spans",
                "write it outside: `payment.where(…) before audit.log`",
            ),
            NodeKind::Where { .. } | NodeKind::TraceSpans => (
                "a filter inside a filter",
                "join the conditions on one span with `and`; another span stands outside; one event or link of the span: `event.where(…)`, `link.where(…)`",
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

    /// What is no selector where one stands.
    pub(super) fn refuse_as_selector(&mut self, node: &'a Node) {
        let source = self.place.folded(node.range());
        let names: Option<Vec<String>> = match &node.kind {
            NodeKind::Or(parts) => parts
                .iter()
                .map(|part| match &part.bare().kind {
                    NodeKind::Name(name) => Some(format!("\"{name}\"")),
                    NodeKind::Quoted(name) => Some(format!("\"{name}\"")),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        let (code, message, help) = match &node.kind {
            NodeKind::Call { function: Function::Unknown, .. } => return,
            NodeKind::Or(_) => {
                let help = match &names {
                    Some(names) => format!(
                        "spans of several names: `any.where(span:name in [{}])`",
                        names.join(", ")
                    ),
                    None => "say it apart for each: `A before C or B before C`".to_owned(),
                };
                (code::NEEDS_SELECTOR, "`or` joins conditions; here one selector stands", help)
            }
            NodeKind::And(_) | NodeKind::Not(_) => (
                code::NEEDS_SELECTOR,
                "`and` and `not` join conditions; here one selector stands",
                "conditions on the same span go into its filter: `A.where(x and not y)`; conditions on others stand apart: `A before B and not C`".to_owned(),
            ),
            NodeKind::Compare { .. } | NodeKind::Test { .. } | NodeKind::Each { .. } => (
                code::NEEDS_SELECTOR,
                "this is a condition; here a selector stands",
                format!("filter the spans: `any.where({source})`"),
            ),
            NodeKind::As { .. } => (
                code::BINDING_HERE,
                "a span is bound only in `when each`",
                "`when each { payment as p } always { … }`".to_owned(),
            ),
            NodeKind::Intrinsic(_) | NodeKind::Attribute { .. } => (
                code::NEEDS_SELECTOR,
                "this is a field of a span; here a selector stands",
                format!("filter the spans: `any.where(exists({source}))`"),
            ),
            NodeKind::Call { .. } | NodeKind::By { .. } | NodeKind::Within { .. } | NodeKind::Times { .. } | NodeKind::Sum { .. } | NodeKind::DotCount(_) => (
                code::NEEDS_SELECTOR,
                "this is a number; here a selector stands",
                "a selector is a span's name, `any`, `root`, `leaf`, each with `.where(…)`, or an order of such".to_owned(),
            ),
            _ => (
                code::NEEDS_SELECTOR,
                "this is a value; here a selector stands",
                format!("a span whose name is `{source}` is put in quotes"),
            ),
        };
        self.fault(code, node.range(), message).help = Some(help);
    }

    /// What is no condition where one stands.
    pub(super) fn refuse_as_condition(&mut self, node: &'a Node) {
        let source = self.place.folded(node.range());
        match &node.kind {
            NodeKind::Broken
            | NodeKind::Call {
                function: Function::Unknown,
                ..
            } => {}
            NodeKind::Test { left, .. } => self.refuse_comparison(node, left),
            NodeKind::Call {
                function: Function::Asks(_),
                ..
            } => {
                self.fault(
                    code::COMPARISON_OUTSIDE_WHERE,
                    node.range(),
                    "a field belongs to a span, so this stands inside `where`",
                )
                .suggestion = Some(format!("any.where({source})"));
            }
            NodeKind::As { .. } => {
                self.fault(
                    code::BINDING_HERE,
                    node.range(),
                    "a span is bound only in `when each`",
                )
                .help = Some("`when each { payment as p } always { … }`".into());
            }
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::List(_) => {
                let message = format!("`{source}` alone is no condition");
                self.fault(code::VALUE_AS_CONDITION, node.range(), message)
                    .help = Some(
                    "name a span (`payment.charge_card`), or compare: `count(http.retry) > 3`"
                        .into(),
                );
            }
            NodeKind::Intrinsic(name) => self.refuse_intrinsic_alone(node, name),
            NodeKind::Each { of, .. } => self.refuse_each_as_condition(node, of, &source),
            NodeKind::Sum { first, .. } if self.is_measure(first) => {
                let message = "a number alone is no condition; compare it";
                self.fault(code::VALUE_AS_CONDITION, node.range(), message)
                    .help = Some(format!("`{source} > 10`"));
            }
            NodeKind::Sum { .. } => {
                let message = "a sum alone is no condition";
                self.fault(code::VALUE_AS_CONDITION, node.range(), message)
                    .help = Some(format!(
                    "compare it inside `where`; a span of this name is put in quotes: `\"{source}\"`"
                ));
            }
            NodeKind::Within { measure, .. } if !self.is_measure(measure) => {
                self.refuse_within_alone(node, measure);
            }
            _ => {
                let message = "a number alone is no condition; compare it";
                self.fault(code::VALUE_AS_CONDITION, node.range(), message)
                    .help = Some(format!("`{source} > 0`"));
            }
        }
    }

    /// `every x in L`, which holds of a span, and `every a`, which was to hold of each.
    fn refuse_each_as_condition(&mut self, node: &Node, of: &Node, source: &str) {
        let is_of_elements = matches!(
            of.bare().kind,
            NodeKind::Test { .. } | NodeKind::Compare { .. }
        );
        let message =
            "`every` and `some` are of the elements of an array of one span, inside `where`";
        self.fault(code::COMPARISON_OUTSIDE_WHERE, node.range(), message)
            .help = Some(match is_of_elements {
            true => format!(
                "`any.where({source})`; of every span: `when each {{ S as p }} always {{ … }}`"
            ),
            false => "of every span: `when each { S as p } always { … }`".to_owned(),
        });
    }

    /// `a within 5s`
    fn refuse_within_alone(&mut self, node: &Node, measure: &Node) {
        let spans = self.place.folded(measure.range());
        let message = "`within` bounds an order, or the time in which spans are counted";
        self.fault(code::WITHIN, node.range(), message).help = Some(format!(
            "`{spans} then B within 5s`; many in a short time: `count({spans}) within 5s > 10`"
        ));
    }

    /// What selects spans on the left of a comparison outside `where`. `rest`: what stands behind it.
    fn refuse_as_measured(&mut self, node: &'a Node, left: &'a Node, rest: &str) -> bool {
        match &left.kind {
            NodeKind::Where { .. } | NodeKind::Chain { .. } | NodeKind::TraceSpans => {
                let selector = self.place.folded(left.range());
                let message =
                    "this selects spans; what is compared is a count or a measure of them";
                self.fault(code::COMPARISON_OUTSIDE_WHERE, node.range(), message)
                    .help = Some(format!(
                    "how many: `count({selector}){rest}`; their fields: `max({selector}, field){rest}`, or one more `.where(field{rest})`"
                ));
                true
            }
            _ => false,
        }
    }

    /// `payment.amount > 1000`: where the name ends cannot be known.
    pub(super) fn refuse_comparison(&mut self, node: &'a Node, left: &'a Node) {
        let left = left.bare();
        let source = self.place.folded(node.range());
        let rest = folded_rest(&source, &self.place.folded(left.range()));
        if self.refuse_as_measured(node, left, &rest) {
            return;
        }
        let (message, modern) = match &left.kind {
            NodeKind::Broken
            | NodeKind::Call {
                function: Function::Unknown,
                ..
            } => return,
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::List(_) => {
                let message = "a comparison begins with a field or a measure".to_owned();
                self.fault(code::VALUE_AS_CONDITION, left.range(), message);
                return;
            }
            NodeKind::Name(name) if is_trace_name(name) => {
                let modern = format!("{}{rest}", name.replacen('.', ":", 1));
                (
                    format!("`{name}` is a span's name; the trace's intrinsic has a colon"),
                    modern,
                )
            }
            NodeKind::Name(name) => compared_outside(name, &rest),
            NodeKind::Intrinsic(name) if of_named_span(name).is_some() => {
                let (span, field) = of_named_span(name).unwrap_or_default();
                (
                    "the fields of a span are compared inside `where`".to_owned(),
                    format!("{span}.where({field}{rest})"),
                )
            }
            NodeKind::Sum { first, rest } => {
                let mut parts = std::iter::once(&**first).chain(rest.iter().map(|(_, part)| part));
                let bound = parts.find_map(|part| self.bound_left(part));
                let bound = bound.and_then(|one| self.bindings.get(usize::from(one.0)));
                (
                    "the fields of a span are compared inside `where`".to_owned(),
                    format!("{}.where({source})", bound.map_or("any", |name| name)),
                )
            }
            _ => (
                "the fields of a span are compared inside `where`".to_owned(),
                format!("any.where({source})"),
            ),
        };
        let below = self.placed_below(node, left);
        let fault = self.fault(code::COMPARISON_OUTSIDE_WHERE, node.range(), message);
        if let Some(ways_out) = below {
            fault.help = Some(ways_out);
            return;
        }
        fault.help = Some(format!("write `{modern}`"));
        fault.suggestion = Some(modern);
    }

    /// The ways out of `checkout > payment`, which another language says of places, and this one of no two names.
    fn placed_below(&self, node: &Node, left: &Node) -> Option<String> {
        let NodeKind::Compare { op, right, .. } = &node.kind else {
            return None;
        };
        let (NodeKind::Name(upper), NodeKind::Name(lower)) = (&left.kind, &right.bare().kind)
        else {
            return None;
        };
        let is_field =
            is_known_field(upper) || like_intrinsic(Scope::SpanThenResource, upper).is_some();
        let (lower, upper) = match op {
            _ if is_field => return None,
            CompareOp::Gt => (lower, upper),
            CompareOp::Lt => (upper, lower),
            _ => return None,
        };
        let (field, other) = (
            self.place.folded(left.range()),
            self.place.folded(right.range()),
        );
        Some(format!(
            "a span below another: `{lower} child of {upper}`; two attributes of one span: `any.where({field} {} span.{other})`",
            op.as_str()
        ))
    }
}

/// `payment` and `span:duration` of `payment.span:duration`.
fn of_named_span(name: &str) -> Option<(&str, &str)> {
    let colon = name.find(':')?;
    let dot = name[..colon].rfind('.')?;
    Some((&name[..dot], &name[dot + 1..]))
}

fn is_trace_name(name: &str) -> bool {
    matches!(
        name,
        "trace.duration" | "trace.spanCount" | "trace.rootName" | "trace.rootService" | "trace.id"
    )
}

/// What stands behind `left` in `source`, with the space before it.
fn folded_rest(source: &str, left: &str) -> String {
    source.strip_prefix(left).unwrap_or(source).to_owned()
}

/// What is said of a name that is compared outside of `where`, and how that is written.
fn compared_outside(name: &str, rest: &str) -> (String, String) {
    let of_a_span = || format!("`{name}` is a field of a span, so it is compared inside `where`");
    if name == "count" {
        let message = "a count is of some spans, which stand in parentheses";
        return (message.to_owned(), format!("count(any){rest}"));
    }
    if is_known_field(name) {
        return (of_a_span(), format!("any.where({name}{rest})"));
    }
    if let Some(meant) = like_intrinsic(Scope::SpanThenResource, name) {
        let modern = match meant.starts_with("trace:") {
            true => format!("{meant}{rest}"),
            false => format!("any.where({meant}{rest})"),
        };
        return (of_a_span(), modern);
    }
    match name.rsplit_once('.') {
        Some((span, field)) => (
            format!("`{name}`: where the span's name ends and its field begins cannot be known"),
            format!("{span}.where({field}{rest})"),
        ),
        None => (of_a_span(), format!("any.where({name}{rest})")),
    }
}
