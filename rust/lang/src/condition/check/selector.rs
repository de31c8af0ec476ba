//! Selectors: which spans are meant.

use super::Checker;
use super::older::is_one_span;
use crate::codes::conditions as code;
use crate::condition::ast::{Link, LinkWord, Node, NodeKind};
use crate::condition::suggest::closest;
use crate::condition::token::Function;
use crate::rule::{
    Base, Field, Intrinsic, Nanos, Predicate, Related, Relation, Selector, SpanSelector,
};

/// Where the parts of a filter stand, which decides what their older spellings mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    #[default]
    Modern,
    /// Inside `trace.spans.where(…)`.
    TraceSpans,
    /// A one-span condition outside `where`.
    OneSpan,
    /// The `when` of `rule "name" when …`.
    Rule,
}

impl<'a> Checker<'a> {
    pub(super) fn selector(&mut self, node: &'a Node) -> Option<Selector> {
        self.nested(node, |checker| checker.selector_at(node.bare()))
    }

    fn selector_at(&mut self, node: &'a Node) -> Option<Selector> {
        match &node.kind {
            NodeKind::Broken => None,
            NodeKind::Name(name) => {
                if let Some(binding) = self.binding(name) {
                    return Some(Selector::Bound(binding));
                }
                if let Some((name, found)) = self.find_macro(node) {
                    return self
                        .expanded(node, name, found, |checker, inner| checker.selector(inner));
                }
                if self.vocabulary.find_list(name).is_some() {
                    let message = format!("`{name}` is a list, not a span");
                    let fault = self.fault(code::LIST_HERE, node.range(), message);
                    fault.help = Some(format!(
                        "a list stands after `in`: `any.where(field in {name})`; a span of this name is quoted"
                    ));
                    return None;
                }
                let base = match &**name {
                    "any" => Base::Any,
                    "root" => Base::Root,
                    _ => {
                        self.warn_near_name(node, name);
                        Base::Named(name.clone())
                    }
                };
                Some(spans(base))
            }
            NodeKind::Quoted(name) => {
                if name.len() > self.limits.name_bytes {
                    let message = format!(
                        "this name has {} bytes; {} are allowed",
                        name.len(),
                        self.limits.name_bytes
                    );
                    self.fault(code::NAME_TOO_LONG, node.range(), message);
                    return None;
                }
                Some(spans(Base::Named(name.clone())))
            }
            NodeKind::TraceSpans => {
                self.note_trace_spans(node, "any");
                Some(spans(Base::Any))
            }
            NodeKind::Where { base, filters } => self.filtered(node, base, filters),
            NodeKind::Chain { first, links } => self.chain(node, first, links),
            NodeKind::Call {
                function: Function::Has,
                arguments,
            } if arguments.len() == 1 => {
                self.note_has(node, &arguments[0]);
                self.selector_or_one_span(&arguments[0])
            }
            _ => {
                self.refuse_as_selector(node);
                None
            }
        }
    }

    /// Inside `count( )` and `has( )` an older one-span condition may stand.
    pub(super) fn selector_or_one_span(&mut self, node: &'a Node) -> Option<Selector> {
        if is_one_span(node.bare()) {
            return self.one_span_selector(node.bare());
        }
        self.selector(node)
    }

    fn refuse_as_selector(&mut self, node: &'a Node) {
        let source = self.source(node);
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
            NodeKind::Compare { .. } | NodeKind::Test { .. } => (
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
            NodeKind::Call { .. } | NodeKind::By { .. } | NodeKind::Times { .. } | NodeKind::DotCount(_) => (
                code::NEEDS_SELECTOR,
                "this is a number; here a selector stands",
                "a selector is a span's name, `any`, `root`, each with `.where(…)`, or an order of such".to_owned(),
            ),
            _ => (
                code::NEEDS_SELECTOR,
                "this is a value; here a selector stands",
                format!("a span whose name is `{source}` is put in quotes"),
            ),
        };
        self.fault(code, node.range(), message).help = Some(help);
    }

    fn filtered(
        &mut self,
        node: &'a Node,
        base: &'a Node,
        filters: &'a [Node],
    ) -> Option<Selector> {
        let dialect = match &base.bare().kind {
            NodeKind::TraceSpans => Dialect::TraceSpans,
            NodeKind::Call { .. } => Dialect::OneSpan,
            _ => Dialect::Modern,
        };
        let selected = match dialect {
            Dialect::TraceSpans => Some(spans(Base::Any)),
            _ => self.selector(base),
        };
        let mut parts = Vec::new();
        let mut is_whole = true;
        for filter in filters {
            match self.filter(filter, dialect) {
                Some(part) => parts.push((filter, part)),
                None => is_whole = false,
            }
        }
        let mut spans = match selected? {
            Selector::Spans(spans) => spans,
            Selector::Bound(_) => {
                let name = self.source(base);
                let message =
                    format!("`{name}` is one bound span; its filter belongs where it is bound");
                self.fault(code::BOUND_FILTER, node.range(), message).help =
                    Some(format!("`when each {{ payment.where(…) as {name} }}`"));
                return None;
            }
            Selector::Related(_) => {
                self.fault(
                    code::BOUND_FILTER,
                    base.range(),
                    "an order cannot be filtered; filter the selectors in it",
                )
                .help = Some("`A.where(…) before B`".into());
                return None;
            }
        };
        for (filter, part) in parts {
            is_whole &= self.add_filter(&mut spans, filter, part).is_some();
        }
        if !is_whole {
            return None;
        }
        if dialect == Dialect::TraceSpans {
            let modern = self.printer().selector(&Selector::Spans(spans.clone()));
            self.note_trace_spans(node, &modern);
        }
        Some(Selector::Spans(spans))
    }

    /// One `.where( )`, with what it may hide.
    pub(super) fn filter(&mut self, filter: &'a Node, dialect: Dialect) -> Option<Predicate> {
        self.denied.clear();
        let predicate = self.predicate_in(filter, dialect)?;
        self.warn_hidden(filter, &predicate);
        Some(predicate)
    }

    /// Splits a filter into its parts, and those that read the trace from those that read the span.
    pub(super) fn add_filter(
        &mut self,
        spans: &mut SpanSelector,
        node: &'a Node,
        predicate: Predicate,
    ) -> Option<()> {
        let parts = match predicate {
            Predicate::And(parts) => parts,
            other => vec![other],
        };
        for part in parts {
            match (reads_trace(&part), reads_span(&part)) {
                (true, true) => {
                    self.fault(
                        code::TRACE_FIELD_HERE,
                        node.range(),
                        "a `trace:` comparison is mixed with one about the span",
                    )
                    .help = Some(
                        "let it stand alone between `and`s of the `where`, or outside as a condition: `… and trace:duration > 2s`".into(),
                    );
                    return None;
                }
                (true, false) => spans.trace.push(part),
                _ => spans.filter.push(part),
            }
        }
        Some(())
    }

    fn chain(&mut self, node: &'a Node, first: &'a Node, links: &'a [Link]) -> Option<Selector> {
        if links.len() > self.limits.nesting {
            let message = format!("more than {} spans in one order", self.limits.nesting);
            self.fault(code::NESTED_TOO_DEEPLY, node.range(), message);
            return None;
        }
        // `then` nests to the right, so nothing else can follow it without parentheses.
        if let Some(at) = links.iter().position(|link| link.word == LinkWord::Then)
            && let Some(mixed) = links[at..].iter().find(|link| link.word != LinkWord::Then)
        {
            self.fault(
                code::MIXED_ORDER,
                mixed.range.clone(),
                "what follows a `then` cannot be told apart from the order before it",
            )
            .help = Some("use parentheses: `A then (B before C)` or `(A then B) before C`".into());
            return None;
        }
        let first = self.selector(first);
        let mut checked = Vec::with_capacity(links.len());
        let mut is_whole = first.is_some();
        for link in links {
            let operand = self.selector(&link.operand);
            let to = link.to.as_ref().map(|to| self.selector(to));
            let within = self.within(link);
            match (operand, to, within) {
                (Some(operand), None, Ok(within)) => {
                    checked.push((link.word, operand, None, within))
                }
                (Some(operand), Some(Some(to)), Ok(within)) => {
                    checked.push((link.word, operand, Some(to), within));
                }
                _ => is_whole = false,
            }
        }
        let mut left = first.filter(|_| is_whole)?;
        let mut steps = Vec::new();
        for (word, operand, to, within) in checked {
            if word == LinkWord::Then {
                steps.push((operand, within));
                continue;
            }
            let relation = match (word, to) {
                (LinkWord::Before, _) => Relation::Before {
                    right: operand,
                    within,
                },
                (LinkWord::After, _) => Relation::After {
                    right: operand,
                    within,
                },
                (LinkWord::Inside, _) => Relation::Inside { right: operand },
                (LinkWord::ChildOf, _) => Relation::ChildOf { right: operand },
                (LinkWord::SiblingOf, _) => Relation::SiblingOf { right: operand },
                (LinkWord::Between, Some(to)) => Relation::Between { from: operand, to },
                (LinkWord::AfterUntil, Some(to)) => Relation::AfterUntil { from: operand, to },
                (LinkWord::Then | LinkWord::Between | LinkWord::AfterUntil, _) => return None,
            };
            left = related(left, relation);
        }
        if let Some((last, mut within)) = steps.pop() {
            let mut right = last;
            while let Some((step, outer)) = steps.pop() {
                right = related(step, Relation::Then { right, within });
                within = outer;
            }
            left = related(left, Relation::Then { right, within });
        }
        if depth(&left) > self.limits.nesting {
            let message = format!("orders nest more than {} deep", self.limits.nesting);
            self.fault(code::NESTED_TOO_DEEPLY, node.range(), message);
            return None;
        }
        Some(left)
    }

    fn within(&mut self, link: &'a Link) -> Result<Option<Nanos>, ()> {
        let Some(within) = &link.within else {
            return Ok(None);
        };
        if !matches!(
            link.word,
            LinkWord::Before | LinkWord::After | LinkWord::Then
        ) {
            self.fault(
                code::WITHIN,
                within.range(),
                "`within` bounds a gap in time; it follows `before`, `after` and `then` only",
            );
            return Err(());
        }
        match within.bare().kind {
            NodeKind::Duration(nanos) => Ok(Some(nanos)),
            NodeKind::Broken => Err(()),
            NodeKind::Number(_) => {
                let source = self.source(within);
                self.fault(
                    code::WITHIN,
                    within.range(),
                    "`within` needs a duration with its unit",
                )
                .help = Some(format!("`within {source}s` or `within {source}ms`"));
                Err(())
            }
            _ => {
                self.fault(code::WITHIN, within.range(), "`within` needs a duration")
                    .help = Some("`A before B within 5s`".into());
                Err(())
            }
        }
    }

    /// A name that differs from a macro by a letter was perhaps meant as one.
    fn warn_near_name(&mut self, node: &Node, name: &str) {
        if name.contains('.') || name.len() < 4 {
            return;
        }
        // A name that only goes on longer is a word of its own: `audit` and `audited`.
        let first = name.as_bytes().first();
        let alike = self
            .vocabulary
            .macro_names()
            .filter(|near| near.as_bytes().first() == first);
        let near =
            closest(name, alike).filter(|near| !near.starts_with(name) && !name.starts_with(near));
        if let Some(near) = near {
            let fault = self.fault(
                code::NEAR_MACRO,
                node.range(),
                format!("`{name}` is a span's name here; did you mean the macro `{near}`?"),
            );
            fault.suggestion = Some(near.to_owned());
            fault.help = Some(format!(
                "if the span is meant, put it in quotes: `\"{name}\"`"
            ));
        }
    }
}

pub(super) fn spans(base: Base) -> Selector {
    Selector::Spans(SpanSelector {
        base,
        filter: Vec::new(),
        trace: Vec::new(),
    })
}

fn related(left: Selector, relation: Relation) -> Selector {
    Selector::Related(Box::new(Related { left, relation }))
}

fn depth(selector: &Selector) -> usize {
    let Selector::Related(related) = selector else {
        return 0;
    };
    let right = match &related.relation {
        Relation::Before { right, .. }
        | Relation::After { right, .. }
        | Relation::Then { right, .. }
        | Relation::Inside { right }
        | Relation::ChildOf { right }
        | Relation::SiblingOf { right } => depth(right),
        Relation::Between { from, to } | Relation::AfterUntil { from, to } => {
            depth(from).max(depth(to))
        }
    };
    1 + depth(&related.left).max(right)
}

pub(super) fn is_open_field(field: &Field) -> bool {
    matches!(
        field,
        Field::Intrinsic(
            Intrinsic::TraceDuration
                | Intrinsic::TraceSpanCount
                | Intrinsic::TraceRootName
                | Intrinsic::TraceRootService
        )
    )
}

fn reads_trace(predicate: &Predicate) -> bool {
    any_field(predicate, &is_open_field)
}

fn reads_span(predicate: &Predicate) -> bool {
    any_field(predicate, &|field| !is_open_field(field))
}

fn any_field(predicate: &Predicate, test: &dyn Fn(&Field) -> bool) -> bool {
    match predicate {
        Predicate::And(parts) | Predicate::Or(parts) => {
            parts.iter().any(|part| any_field(part, test))
        }
        Predicate::Not(inner) => any_field(inner, test),
        Predicate::Compare { field, .. }
        | Predicate::In { field, .. }
        | Predicate::Matches { field, .. }
        | Predicate::Text { field, .. }
        | Predicate::Exists(field)
        | Predicate::Missing(field) => test(field),
    }
}
