//! Conditions on one event or one link of a span: `event.where(event:name == exception and exception.type contains Timeout)`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::predicate::joined;
use crate::condition::dialect::Dialect;
use crate::rule::{Field, ItemScope, Predicate, Scope};
use crate::words::Word;

impl<'a> Checker<'a> {
    /// What a `.where( )` inside a filter stands behind, if it is `event` or `link`.
    pub(super) fn item_base(&self, base: &'a Node) -> Option<ItemScope> {
        match &base.bare().kind {
            NodeKind::Name(name)
                if self
                    .vocabulary
                    .macro_at(base.bare(), &self.bindings)
                    .is_none() =>
            {
                ItemScope::named(name)
            }
            _ => None,
        }
    }

    /// All filters are of one event, or one link.
    pub(super) fn of_item(&mut self, scope: ItemScope, filters: &'a [Node]) -> Option<Predicate> {
        let subject = self.subject.take();
        let denied = std::mem::take(&mut self.denied);
        self.item = Some(scope);
        let checked: Vec<Option<Predicate>> = filters
            .iter()
            .map(|filter| self.predicate_in(filter, Dialect::Modern))
            .collect();
        self.item = None;
        self.subject = subject;
        self.denied = denied;
        let mut parts: Vec<Predicate> = checked.into_iter().collect::<Option<_>>()?;
        let filter = match parts.len() {
            1 => parts.pop()?,
            _ => joined(parts, true),
        };
        Some(Predicate::Item {
            scope,
            filter: Box::new(filter),
        })
    }

    /// A field of the event or link at hand: bare names are its attributes.
    pub(super) fn item_field(&mut self, node: &'a Node, scope: ItemScope) -> Option<Field> {
        match &node.kind {
            NodeKind::Broken => None,
            NodeKind::Name(name) => {
                let range = node.range();
                match name.split_once('.') {
                    Some((first, key)) if first == scope.as_str() => {
                        self.attribute(node, range, scope.into(), key)
                    }
                    Some((first, _)) if Scope::written(first).is_some() => {
                        self.refuse_beside_item(node, scope);
                        None
                    }
                    found => {
                        if let Some((first, rest)) = found {
                            self.doubt_bound_left(node, scope.as_str(), first, rest);
                        }
                        self.attribute(node, range, scope.into(), name)
                    }
                }
            }
            NodeKind::Quoted(key) => self.attribute(node, node.range(), scope.into(), key),
            NodeKind::Attribute {
                scope: written,
                key,
                is_older: false,
            } if **written == *scope.as_str() => {
                self.attribute(node, node.range(), scope.into(), key)
            }
            NodeKind::Intrinsic(name) => {
                let field = self.intrinsic(node, name)?;
                if field.item() != Some(scope) {
                    self.refuse_beside_item(node, scope);
                    return None;
                }
                Some(field)
            }
            NodeKind::Attribute { .. } => {
                self.refuse_beside_item(node, scope);
                None
            }
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::List(_) => {
                self.refuse_value_as_field(node);
                None
            }
            _ => {
                self.refuse_in_where(node);
                None
            }
        }
    }

    /// Every comparison inside reads the event or link at hand.
    pub(super) fn about_item(&mut self, checked: Predicate, node: &Node) -> Option<Predicate> {
        let Some(scope) = self.item else {
            return Some(checked);
        };
        let mut reads = checked.reads().into_iter();
        if reads.any(|field| field.item() == Some(scope)) {
            return Some(checked);
        }
        self.refuse_beside_item(node, scope);
        None
    }

    fn refuse_beside_item(&mut self, node: &Node, scope: ItemScope) {
        let scope = scope.as_str();
        let source = self.place.folded(node.range());
        let message = format!("inside `{scope}.where(…)` stand the fields of one {scope}");
        self.fault(code::FIELD_HERE, node.range(), message).help = Some(format!(
            "join what is asked of the span with `and`, outside: `{scope}.where(…) and {source} …`"
        ));
    }
}
