//! Older spellings: what they mean now, and a note with their modern form.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::predicate::joined;
use crate::condition::dialect::Dialect;
use crate::rule::{
    Base, Body, Expr, ExprKind, Field, FieldTest, Name, Predicate, Scope, Selector, SpanSelector,
};

impl<'a> Checker<'a> {
    fn dialect(&self) -> Dialect {
        if self.in_rule {
            Dialect::Rule
        } else {
            Dialect::OneSpan
        }
    }

    /// The largest such sub-expression is one `any.where( )`.
    pub(super) fn one_span(&mut self, node: &'a Node) -> Option<Expr> {
        let selector = self.one_span_selector(node)?;
        Some(Expr {
            kind: ExprKind::Exists(selector),
            text: self.place.shown(node.range()),
        })
    }

    pub(super) fn one_span_selector(&mut self, node: &'a Node) -> Option<Selector> {
        let predicate = self.filter(node, self.dialect(), &[])?;
        self.one_span_of(node.range(), node, predicate)
    }

    /// Neighbouring parts of an `and` or `or` that are about one span.
    pub(super) fn one_span_run(&mut self, run: &'a [Node], is_and: bool) -> Option<Expr> {
        let (first, last) = (run.first()?, run.last()?);
        let checked: Vec<Option<Predicate>> = run
            .iter()
            .map(|part| self.filter(part, self.dialect(), &[]))
            .collect();
        let parts: Option<Vec<Predicate>> = checked.into_iter().collect();
        let predicate = joined(parts?, is_and);
        let range = first.start..last.end;
        let selector = self.one_span_of(range.clone(), first, predicate)?;
        Some(Expr {
            kind: ExprKind::Exists(selector),
            text: self.place.shown(range),
        })
    }

    fn one_span_of(
        &mut self,
        range: Range<usize>,
        node: &'a Node,
        predicate: Predicate,
    ) -> Option<Selector> {
        let mut selected = SpanSelector::all(Base::Any);
        self.add_filter(&mut selected, node, predicate)?;
        let selector = Selector::from(selected);
        let modern = self.printer().selector(&selector);
        if !self.in_rule {
            let fault = self.fault(
                code::OLDER_ONE_SPAN,
                range,
                "conditions on one span outside `where` are an older spelling",
            );
            fault.help = Some(format!("write `{modern}`"));
            fault.suggestion = Some(modern);
        }
        Some(selector)
    }

    /// `has(x)`, `trace.has(x)`
    pub(super) fn has(&mut self, node: &'a Node, arguments: &'a [Node]) -> Option<Expr> {
        let [only] = arguments else {
            self.fault(code::ARGUMENTS, node.range(), "`has` takes one selector")
                .help =
                Some("a span's name alone says that there is one: `payment.charge_card`".into());
            return None;
        };
        if self.asks_of_trace(only) {
            let source = self.place.folded(only.range());
            let fault = self.fault(
                code::NEEDS_SELECTOR,
                node.range(),
                "`has` asks for a span; this is a condition on the trace, which stands by itself",
            );
            fault.help = Some(format!("write `{source}`"));
            fault.suggestion = Some(source);
            return None;
        }
        let text = self.place.shown(node.range());
        let mut checked = self.condition(only)?;
        self.note_has(node, only);
        checked.text = text;
        Some(checked)
    }

    /// Whether a count, a measure or a `trace:` intrinsic is compared somewhere in it.
    fn asks_of_trace(&self, node: &'a Node) -> bool {
        let node = self.looked_through(node);
        match &node.kind {
            NodeKind::And(parts) | NodeKind::Or(parts) => {
                parts.iter().any(|part| self.asks_of_trace(part))
            }
            NodeKind::Not(inner) => self.asks_of_trace(inner),
            NodeKind::Compare { left, right, .. } => [left, right]
                .into_iter()
                .any(|side| self.is_measure(side) || self.is_trace_field(side)),
            NodeKind::Test { left, .. } => self.is_trace_field(left),
            _ => false,
        }
    }

    pub(super) fn note_has(&mut self, node: &Node, inner: &Node) {
        // A one-span condition inside has a note of its own, with the whole modern form.
        let suggestion = match inner.is_one_span() {
            true => None,
            false => Some(self.place.text[inner.range()].to_owned()),
        };
        let source = self.place.folded(inner.range());
        let fault = self.fault(
            code::OLDER_CALL,
            node.range(),
            "`has(…)` is an older spelling; a selector alone says that there is such a span",
        );
        fault.help = Some(format!("write `{source}`"));
        fault.suggestion = suggestion;
    }

    pub(super) fn note_trace_spans(&mut self, node: &Node, modern: &str) {
        let fault = self.fault(
            code::OLDER_TRACE_SPANS,
            node.range(),
            "`trace.spans` is an older spelling",
        );
        fault.help = Some(format!("write `{modern}`"));
        fault.suggestion = Some(modern.to_owned());
    }

    pub(super) fn note_attribute(&mut self, node: &Node, scope: &Name, key: &str) {
        let field = Field::Attribute {
            scope: if &**scope == "resource" {
                Scope::Resource
            } else {
                Scope::Span
            },
            key: key.into(),
        };
        let modern = self.printer().field(&field);
        self.note_attribute_as(node, modern);
    }

    /// Alone, `span.attributes["k"]` is `exists(k)`, and its negation `missing(k)`.
    pub(super) fn lone_attribute(&mut self, node: &Node, key: &Name, test: FieldTest) -> Predicate {
        let field = Field::Attribute {
            scope: Scope::SpanThenResource,
            key: key.clone(),
        };
        let predicate = Predicate::Asks { test, field };
        let modern = self.printer().predicate(&predicate);
        let source = self.place.folded(node.range());
        let fault = self.fault(
            code::OLDER_ATTRIBUTE,
            node.range(),
            format!("`{source}` alone is an older spelling of `{modern}`"),
        );
        fault.suggestion = Some(modern);
        predicate
    }

    fn note_attribute_as(&mut self, node: &Node, modern: String) {
        let source = self.place.folded(node.range());
        let fault = self.fault(
            code::OLDER_ATTRIBUTE,
            node.range(),
            format!("`{source}` is an older spelling of `{modern}`"),
        );
        fault.suggestion = Some(modern);
    }

    /// `rule "name" when … then …`: a detector on one span; what follows `then` is not ours.
    pub(super) fn one_span_rule(
        &mut self,
        body: &'a Node,
        then: Option<Range<usize>>,
    ) -> Option<Body> {
        self.in_rule = true;
        let checked = self.condition(body);
        self.in_rule = false;
        if let Some(second) = then.clone().and_then(|then| self.second_rule(then)) {
            self.fault(code::CLAUSE_TWICE, second, "here another rule begins")
                .help =
                Some("one rule a text: give each an entry of its own under `rules:`".into());
            return None;
        }
        if let Some(then) = then {
            let end = (then.start + "then".len()).min(then.end);
            self.fault(
                code::OLDER_RULE,
                then.start..end,
                "what follows `then` is left out: a rule only says what is wrong",
            )
            .help = Some("what to do about a violation is for alerts on violation spans".into());
        }
        let never = checked?;
        let body_of_rule = Body {
            never: Some(never),
            is_pattern: true,
            ..Body::empty()
        };
        let modern = self.printer().body(&body_of_rule);
        let end = self.place.text.len();
        let fault = self.fault(
            code::OLDER_RULE,
            0..end,
            "`rule \"…\" when …` is an older spelling; the name belongs to the rule file",
        );
        fault.help = Some(format!("write `{modern}`"));
        fault.suggestion = Some(modern);
        Some(body_of_rule)
    }

    /// Another `rule "…" when` at the beginning of a line of what follows `then`, or behind its `end`.
    fn second_rule(&self, then: Range<usize>) -> Option<Range<usize>> {
        let text = &self.place.text[then.clone()];
        let found = text.match_indices("rule").find(|(at, word)| {
            let is_apart = text[..*at].ends_with(char::is_whitespace);
            let behind = text[at + word.len()..].trim_start();
            let Some(mark) = behind
                .chars()
                .next()
                .filter(|mark| matches!(mark, '"' | '\''))
            else {
                return false;
            };
            let named = behind[1..].split_once(mark);
            let when = named.and_then(|(_, rest)| rest.trim_start().get(..4));
            is_apart && when.is_some_and(|when| when.eq_ignore_ascii_case("when"))
        });
        found.map(|(at, word)| then.start + at..then.start + at + word.len())
    }
}
