//! Spans that are bound: `S as p`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::rule::{Base, Binding, Body, Name, Selector};

/// Words that say where a field is looked for, or which spans are meant; no span can be bound by them.
const RESERVED: [&str; 10] = [
    "any",
    "root",
    "leaf",
    "span",
    "resource",
    "instrumentation",
    "event",
    "link",
    "trace",
    "otel",
];

impl<'a> Checker<'a> {
    pub(super) fn bind(&mut self, of: &'a Node, name: &'a Node, body: &mut Body) -> Option<()> {
        let selector = self.selector(of);
        let bound = self.binding_name(name);
        if let (None, NodeKind::Name(refused)) = (&bound, &name.kind)
            && self.vocabulary.kind_of(refused).is_some()
        {
            // What follows means this span, whatever else is called so.
            self.bindings.push(refused.clone());
            self.bound_bases.push(base_name(selector.as_ref()));
        }
        if body.bindings.len() >= self.limits.bindings {
            let message = format!("at most {} spans can be bound", self.limits.bindings);
            self.fault(code::TOO_MANY_BINDINGS, name.range(), message)
                .help = Some(
                "a span that nothing is compared with need not be bound; or write two rules".into(),
            );
            return None;
        }
        let bound = bound?;
        if matches!(selector, Some(Selector::Bound(_))) {
            self.fault(
                code::NEEDS_SELECTOR,
                of.range(),
                "this span is bound already",
            );
            return None;
        }
        self.bindings.push(bound.clone());
        self.bound_bases.push(base_name(selector.as_ref()));
        // Rules stay in memory, so they have no more room than they need.
        body.bindings.reserve_exact(1);
        body.bindings.push(Binding {
            name: bound.to_string(),
            selector: selector?,
        });
        Some(())
    }

    fn binding_name(&mut self, node: &Node) -> Option<Name> {
        let NodeKind::Name(name) = &node.kind else {
            self.fault(
                code::BINDING_NAME,
                node.range(),
                "a span is bound by a plain, unquoted name",
            )
            .help = Some("`payment as p`".into());
            return None;
        };
        let taken = if name.contains('.') {
            Some("the name of a bound span has no dots".to_owned())
        } else if self.binding(name).is_some() {
            self.fault(
                code::BINDING_TWICE,
                node.range(),
                format!("another span is bound as `{name}` already"),
            )
            .help = Some(format!("give this one another name: `as {name}2`"));
            return None;
        } else if RESERVED.contains(&&**name) {
            Some(format!("`{name}` has a meaning of its own"))
        } else {
            let kind = self.vocabulary.kind_of(name);
            kind.map(|kind| match kind {
                "field" => format!("`{name}` is a field of the rule file"),
                kind => format!("`{name}` is a {kind}"),
            })
        };
        if let Some(message) = taken {
            let free = self.free_name(name);
            self.fault(code::BINDING_NAME, node.range(), message).help =
                Some(format!("choose another name, such as `{free}`"));
            return None;
        }
        Some(name.clone())
    }

    /// A name that nothing has.
    fn free_name(&self, taken: &str) -> String {
        let is_free = |name: &&str| {
            *name != taken
                && self.binding(name).is_none()
                && self.vocabulary.kind_of(name).is_none()
        };
        match ["p", "q", "s", "t"].into_iter().find(is_free) {
            Some(name) => name.to_owned(),
            None => format!("{}_span", taken.replace('.', "_")),
        }
    }
}

fn base_name(selector: Option<&Selector>) -> Name {
    match selector {
        Some(Selector::Spans(spans)) => match &spans.base {
            Base::Named(name) => name.clone(),
            _ => "".into(),
        },
        _ => "".into(),
    }
}
