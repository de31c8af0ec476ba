//! Selectors: which spans are meant.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::dialect::Dialect;
use crate::condition::lexer::too_long;
use crate::condition::shipped::PREFIX;
use crate::condition::token::Function;
use crate::diagnostic::nearest::nearest;
use crate::rule::{Base, BindingId, Field, ItemScope, Predicate, Selector, SpanSelector};
use crate::words::Word;

impl<'a> Checker<'a> {
    pub(super) fn selector(&mut self, node: &'a Node) -> Option<Selector> {
        self.descend(node)?;
        let checked = self.selector_at(node.bare());
        self.ascend();
        checked
    }

    fn selector_at(&mut self, node: &'a Node) -> Option<Selector> {
        if let Some(found) = self.vocabulary.macro_at(node, &self.bindings) {
            return self.expanded(node, found, |checker, inner| checker.selector(inner));
        }
        match &node.kind {
            NodeKind::Broken => None,
            NodeKind::Name(name) => {
                if let Some(binding) = self.binding(name) {
                    return Some(Selector::Bound(binding));
                }
                if self.vocabulary.list(name).is_some() {
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
                    "leaf" => Base::Leaf,
                    _ => {
                        if self.doubts {
                            self.warn_near_name(node, name);
                            self.warn_like_bound(node, name);
                        }
                        Base::Named(name.clone())
                    }
                };
                Some(Selector::all(base))
            }
            NodeKind::Intrinsic(name) if name.starts_with(PREFIX) => {
                self.refuse_shipped(node.range(), name, "macro");
                None
            }
            NodeKind::Quoted(name) => {
                if name.len() > self.limits.name_bytes {
                    let message = too_long(name.len(), self.limits.name_bytes);
                    self.fault(code::NAME_TOO_LONG, node.range(), message).help = Some(
                        "ask for how it begins: `any.where(span:name starts with \"…\")`".into(),
                    );
                    return None;
                }
                Some(Selector::all(Base::Named(name.clone())))
            }
            NodeKind::TraceSpans => {
                self.note_trace_spans(node, "any");
                Some(Selector::all(Base::Any))
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
        if node.is_one_span() {
            return self.one_span_selector(node.bare());
        }
        self.selector(node)
    }

    fn filtered(
        &mut self,
        node: &'a Node,
        base: &'a Node,
        filters: &'a [Node],
    ) -> Option<Selector> {
        let dialect = Dialect::behind(base);
        let mut selected = match self.named_item(node, base) {
            Some(named) => Some(named),
            None if dialect == Dialect::TraceSpans => Some(Selector::all(Base::Any)),
            None => self.selector(base),
        };
        // Mostly there is one.
        let mut first: Option<(&'a Node, Predicate)> = None;
        let mut others: Vec<(&'a Node, Predicate)> = Vec::new();
        let mut is_whole = true;
        let spans = selected.as_mut().and_then(Selector::filterable);
        let mut known = spans.map_or_else(Vec::new, |spans| spans.filter.clone());
        for (index, filter) in filters.iter().enumerate() {
            match self.filter(filter, dialect, &known) {
                Some(part) => {
                    if index + 1 < filters.len() {
                        known.push(part.clone());
                    }
                    match first {
                        None => first = Some((filter, part)),
                        Some(_) => others.push((filter, part)),
                    }
                }
                None => is_whole = false,
            }
        }
        let mut selected = selected?;
        let is_bound = matches!(selected, Selector::Bound(_));
        let spans = match selected.filterable() {
            Some(spans) => spans,
            None if is_bound => {
                let name = self.place.folded(base.range());
                let message = format!(
                    "`{name}` is one bound span; what is asked of it is a condition of its own"
                );
                self.fault(code::BOUND_FILTER, node.range(), message).help = Some(format!(
                    "filter it where it is bound, `when each {{ payment.where(…) as {name} }}`, or join the condition with `and`: `{name}.where(…) and {name} before audit`"
                ));
                return None;
            }
            None => {
                self.fault(
                    code::BOUND_FILTER,
                    base.range(),
                    "an order cannot be filtered; filter the selectors in it",
                )
                .help = Some("`A.where(…) before B`".into());
                return None;
            }
        };
        for (filter, part) in first.into_iter().chain(others) {
            is_whole &= self.add_filter(spans, filter, part).is_some();
        }
        if !is_whole {
            return None;
        }
        if dialect == Dialect::TraceSpans {
            let modern = self.printer().selector(&selected);
            self.note_trace_spans(node, &modern);
        }
        Some(selected)
    }

    /// `p.event.where(…)` and `event.where(…)`, which begin with the name of a span: `p.where(event.where(…))` and
    /// `any.where(event.where(…))` were meant.
    fn named_item(&mut self, node: &Node, base: &Node) -> Option<Selector> {
        let NodeKind::Name(name) = &base.bare().kind else {
            return None;
        };
        let Some((first, item)) = name.split_once('.') else {
            self.warn_item_as_span(node, base, name);
            return None;
        };
        self.binding(first)?;
        ItemScope::named(item)?;
        let filters = &self.place.text[base.end..node.end];
        let modern = format!("{first}.where({item}{filters})");
        let fault = self.fault(
            code::LIKE_BOUND_SPAN,
            node.range(),
            format!("`{name}` is the name of a span here, not what `{first}` has as its {item}s"),
        );
        fault.help = Some(format!(
            "of the bound span: `{first}.where({item}.where(…))`; if the span is meant, put its name in quotes: `\"{name}\"`"
        ));
        fault.suggestion = Some(modern);
        Some(Selector::all(Base::Named(name.clone())))
    }

    fn warn_item_as_span(&mut self, node: &Node, base: &Node, name: &str) {
        let is_other = self.binding(name).is_some()
            || self.vocabulary.macro_at(base, &self.bindings).is_some();
        if is_other || ItemScope::named(name).is_none() {
            return;
        }
        let filters = &self.place.text[base.end..node.end];
        let modern = format!("any.where({name}{filters})");
        let message =
            format!("`{name}` is the name of a span here, not what spans have as {name}s");
        let fault = self.fault(code::ITEM_AS_SPAN, node.range(), message);
        fault.help = Some(format!(
            "of a span: `any.where({name}.where(…))`; if a span of this name is meant, put it in quotes: `\"{name}\"`"
        ));
        fault.suggestion = Some(modern);
    }

    /// One `.where( )` of spans that are `known` to satisfy these, with what it may hide.
    pub(super) fn filter(
        &mut self,
        filter: &'a Node,
        dialect: Dialect,
        known: &[Predicate],
    ) -> Option<Predicate> {
        self.denied.clear();
        let predicate = self.predicate_in(filter, dialect)?;
        // Where the rule breaks if no span is so, a span that is not selected is reported, not hidden.
        if self.doubts && !self.breaks_if_false {
            self.warn_hidden(filter, &predicate, known);
        }
        Some(predicate)
    }

    /// Splits a filter into its parts, and those that read the trace from those that read the span.
    pub(super) fn add_filter(
        &mut self,
        spans: &mut SpanSelector,
        node: &'a Node,
        predicate: Predicate,
    ) -> Option<()> {
        match predicate {
            Predicate::And(parts) => {
                // Rules stay in memory, so they have no more room than they need.
                spans.filter.reserve_exact(parts.len());
                for part in parts {
                    self.add_part(spans, node, part)?;
                }
            }
            only => {
                spans.filter.reserve_exact(1);
                self.add_part(spans, node, only)?;
            }
        }
        Some(())
    }

    fn add_part(&mut self, spans: &mut SpanSelector, node: &Node, part: Predicate) -> Option<()> {
        let (mut reads_trace, mut reads_span) = (false, false);
        for_each_asked(&part, &mut |field| match field.is_open() {
            true => reads_trace = true,
            false => reads_span = true,
        });
        match (reads_trace, reads_span) {
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
        Some(())
    }

    /// `c.paid` where a span is bound as `c`, and a name that differs from a bound span's by a letter.
    fn warn_like_bound(&mut self, node: &Node, name: &str) {
        if self.bindings.is_empty() {
            return;
        }
        let help = |meant: &str| {
            format!("{meant}; if the span is meant, put its name in quotes: `\"{name}\"`")
        };
        if let Some((first, rest)) = name.split_once('.') {
            let Some(BindingId(at)) = self.binding(first) else {
                return;
            };
            // Who calls a span by the first part of its name has others of such names.
            if self
                .bound_bases
                .get(usize::from(at))
                .is_some_and(|base| base.split('.').next() == Some(first))
            {
                return;
            }
            let modern = format!("{first}.where({rest})");
            let fault = self.fault(
                code::LIKE_BOUND_SPAN,
                node.range(),
                format!("`{name}` is the name of a span here, not a field of `{first}`"),
            );
            fault.help = Some(help(&format!(
                "of the bound span: `{modern}`, or `{name} == 3`"
            )));
            fault.suggestion = Some(modern);
            return;
        }
        let near = nearest(name, self.bindings.iter().map(|bound| &**bound));
        let near = near.filter(|near| near.len() > 2 && name.len() > 2);
        if let Some(near) = near.map(str::to_owned) {
            let fault = self.fault(
                code::LIKE_BOUND_SPAN,
                node.range(),
                format!(
                    "`{name}` is the name of a span here; did you mean the bound span `{near}`?"
                ),
            );
            fault.help = Some(help(&format!("the bound span: `{near}`")));
            fault.suggestion = Some(near);
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
            .names("macro")
            .filter(|near| near.as_bytes().first() == first);
        let near =
            nearest(name, alike).filter(|near| !near.starts_with(name) && !name.starts_with(near));
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

/// Tells every field that it and its parts ask; not what those are compared with.
fn for_each_asked(predicate: &Predicate, told: &mut dyn FnMut(&Field)) {
    predicate.for_each_asked(&mut |field| told(field));
    let parts = predicate.parts().iter();
    parts.for_each(|part| for_each_asked(part, told));
}
