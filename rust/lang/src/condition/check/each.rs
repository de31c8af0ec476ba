//! `every x in L`, `some x in L`: comparisons of each element of an array; and `in` a list that is a field.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind, Test};
use crate::condition::check::checker::Checker;
use crate::condition::check::operand::Left;
use crate::condition::dialect::Dialect;
use crate::condition::shipped::PREFIX;
use crate::rule::{CompareOp, Field, ListSource, Predicate, Quantifier, Term};

impl<'a> Checker<'a> {
    pub(super) fn each(
        &mut self,
        node: &'a Node,
        quantifier: Quantifier,
        of: &'a Node,
        dialect: Dialect,
    ) -> Option<Predicate> {
        let is_comparison = matches!(of.kind, NodeKind::Compare { .. } | NodeKind::Test { .. });
        if !is_comparison {
            if !matches!(of.kind, NodeKind::Broken) {
                let word = quantifier.as_str();
                let source = self.place.folded(of.range());
                let message = format!("`{word}` stands before a comparison");
                self.fault(code::NEEDS_FIELD, node.range(), message).help =
                    Some(format!("`{word} {source} in [a, b]`"));
            }
            return None;
        }
        self.in_each = true;
        let checked = self.predicate_in(of, dialect);
        self.in_each = false;
        let of = Box::new(checked?);
        Some(Predicate::Each { quantifier, of })
    }

    /// The left-hand side behind `every`: a field that may hold an array.
    pub(super) fn array(&mut self, node: &'a Node, dialect: Dialect) -> Option<Field> {
        if self.computed(node, dialect).is_some() {
            self.fault(
                code::NEEDS_FIELD,
                node.range(),
                "the elements are those of a field, as they are",
            );
            return None;
        }
        let field = self.term_field(node, dialect)?;
        if field.intrinsic().is_some() {
            let source = self.place.folded(node.range());
            let message = format!("`{source}` is one value, not an array");
            self.fault(code::UNLIKE_TYPES, node.range(), message).help =
                Some("compare it without `every` and `some`".into());
            return None;
        }
        Some(field)
    }

    /// `term in list`, `term not in list`
    pub(super) fn is_listed(
        &mut self,
        (term, left): (Option<Term>, &'a Node),
        test: Test,
        right: &'a Node,
        dialect: Dialect,
    ) -> Option<Predicate> {
        let list = self.list_source(right);
        let (term, list) = (term?, list?);
        self.tested_term(&term, Some(CompareOp::Eq), left)?;
        let before = self.faults.len();
        let fitting = self.listed((&term, left), list, right, dialect);
        if !matches!(right.bare().kind, NodeKind::List(_)) {
            self.keep_name_of_list(before, right);
        }
        let list = fitting?;
        let is_within = matches!(test, Test::In);
        self.doubt_texts_of_number((&term, left), is_within, (&list, right));
        self.doubt_emitted_of(left, (&list, right));
        let within = Predicate::In { left: term, list };
        Some(match test {
            Test::In => within,
            _ => Predicate::Not(Box::new(within)),
        })
    }

    /// The list as its values are spelled, if each can be what the term is.
    fn listed(
        &mut self,
        (term, left): (&Term, &'a Node),
        list: ListSource,
        right: &'a Node,
        dialect: Dialect,
    ) -> Option<ListSource> {
        Some(match (term, list) {
            (term, list @ ListSource::Field(_)) => {
                self.may_be_element(term, left)?;
                list
            }
            (Term::Field(field), ListSource::Literals(values)) => {
                let left = Left {
                    field,
                    node: left,
                    dialect,
                };
                ListSource::Literals(self.all_fit(left, values, right)?)
            }
            (term, ListSource::Literals(values)) => {
                ListSource::Literals(self.all_fit_term((term, left), values, right)?)
            }
        })
    }

    /// What is said of a value of a list that has a name stands at the name, which is not to be edited for it.
    fn keep_name_of_list(&mut self, before: usize, list: &Node) {
        let at = list.bare().range();
        for fault in &mut self.faults[before..] {
            if fault.range == at {
                fault.suggestion = None;
            }
        }
    }

    /// What stands after `in`.
    pub(super) fn list_source(&mut self, node: &'a Node) -> Option<ListSource> {
        let bare = node.bare();
        let is_scoped = match &bare.kind {
            NodeKind::Name(name) => self.vocabulary.list(name).is_none(),
            // Of the vocabulary both lists and fields may stand here.
            NodeKind::Intrinsic(name) if name.starts_with(PREFIX) => {
                self.vocabulary.field(name).is_some()
            }
            NodeKind::Attribute { .. } | NodeKind::Intrinsic(_) => true,
            _ => false,
        };
        let field = match is_scoped {
            true => self.scoped_field(bare).ok()?,
            false => None,
        };
        let Some(field) = field else {
            return self.list(node).map(ListSource::Literals);
        };
        if field.intrinsic().is_some() {
            let source = self.place.folded(node.range());
            let message = format!("`{source}` is one value, not a list");
            self.fault(code::NEEDS_VALUE, node.range(), message).help =
                Some(format!("`== {source}`"));
            return None;
        }
        Some(ListSource::Field(field))
    }

    /// A term can be one of the elements of a field, if it is a value at all.
    pub(super) fn may_be_element(&mut self, term: &Term, node: &Node) -> Option<()> {
        if term.is_duration() || term.reads_some(Field::is_open) {
            let source = self.place.folded(node.range());
            let message = format!("`{source}` is no element of an array");
            self.fault(code::UNLIKE_TYPES, node.range(), message);
            return None;
        }
        Some(())
    }
}
