//! Predicates: what stands inside `where( )`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind, Test};
use crate::condition::check::checker::Checker;
use crate::condition::check::operand::Left;
use crate::condition::dialect::Dialect;
use crate::condition::token::Function;
use crate::diagnostic::fault::Fault;
use crate::diagnostic::nearest::nearest;
use crate::rule::{CompareOp, Field, FieldTest, Intrinsic, Literal, Operand, Predicate, Term};

impl<'a> Checker<'a> {
    /// A comparison of a `trace:` intrinsic that stands as a condition.
    pub(super) fn predicate(&mut self, node: &'a Node) -> Option<Predicate> {
        self.predicate_in(node, Dialect::Modern)
    }

    pub(super) fn predicate_in(&mut self, node: &'a Node, dialect: Dialect) -> Option<Predicate> {
        self.descend(node)?;
        let checked = self.predicate_at(node.bare(), dialect);
        self.ascend();
        self.about_item(checked?, node)
    }

    fn predicate_at(&mut self, node: &'a Node, dialect: Dialect) -> Option<Predicate> {
        if let Some(found) = self.vocabulary.macro_at(node, &self.bindings) {
            return self.expanded(node, found, |checker, inner| {
                checker.predicate_in(inner, dialect)
            });
        }
        match &node.kind {
            NodeKind::Broken => None,
            NodeKind::And(parts) => self.joined_predicates(parts, true, dialect),
            NodeKind::Or(parts) => self.joined_predicates(parts, false, dialect),
            NodeKind::Not(inner) => self.negated(node, inner, dialect),
            NodeKind::Each { quantifier, of } => self.each(node, *quantifier, of, dialect),
            NodeKind::Compare { left, op, right } => self.compared(node, left, *op, right, dialect),
            NodeKind::Test { left, test, right } => {
                self.tested(node, (left, *test, right), dialect)
            }
            NodeKind::Call {
                function: Function::Asks(test),
                arguments,
            } => self.asked(node, *test, arguments, dialect),
            NodeKind::Where { base, filters } => match self.item_base(base) {
                Some(scope) if self.item.is_none() => self.of_item(scope, filters),
                _ => {
                    self.refuse_in_where(node);
                    None
                }
            },
            NodeKind::Name(_) | NodeKind::Quoted(_) => self.shorthand(node, true, dialect),
            NodeKind::Attribute {
                is_older: true,
                key,
                ..
            } => Some(self.lone_attribute(node, key, FieldTest::Exists)),
            NodeKind::Attribute { .. } => self.shorthand(node, true, dialect),
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::List(_) => {
                let source = self.place.folded(node.range());
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

    /// `exists(f)`
    fn asked(
        &mut self,
        node: &Node,
        test: FieldTest,
        arguments: &'a [Node],
        dialect: Dialect,
    ) -> Option<Predicate> {
        let [only] = arguments else {
            self.fault(code::ARGUMENTS, node.range(), "this takes one field")
                .help = Some(format!("`{}(user.id)`", test.as_str()));
            return None;
        };
        let field = self.field(only, dialect)?;
        if field.is_open() {
            let source = self.place.folded(only.range());
            let test = test.as_str();
            let message =
                format!("`{source}` is of the trace, and `{test}(…)` asks one of its spans");
            self.fault(code::FIELD_HERE, only.range(), message).help = Some(format!(
                "compare its value, where a condition stands: `{source} == …`"
            ));
            return None;
        }
        Some(Predicate::Asks { test, field })
    }

    /// `and` or `or`, flat.
    fn joined_predicates(
        &mut self,
        parts: &'a [Node],
        is_and: bool,
        dialect: Dialect,
    ) -> Option<Predicate> {
        let checked: Vec<Option<Predicate>> = parts
            .iter()
            .map(|part| self.predicate_in(part, dialect))
            .collect();
        let parts_checked: Option<Vec<Predicate>> = checked.into_iter().collect();
        let joined = joined(parts_checked?, is_and);
        self.doubt_alternatives(parts, is_and);
        Some(joined)
    }

    /// `not verified` is `verified == false`; any other negation negates.
    fn negated(&mut self, node: &'a Node, inner: &'a Node, dialect: Dialect) -> Option<Predicate> {
        let bare = inner.bare();
        match &bare.kind {
            NodeKind::Name(_) | NodeKind::Quoted(_)
                if self.vocabulary.macro_at(bare, &self.bindings).is_none() =>
            {
                return self.shorthand(bare, false, dialect);
            }
            NodeKind::Attribute {
                is_older: true,
                key,
                ..
            } => {
                return Some(self.lone_attribute(node, key, FieldTest::Missing));
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
        self.doubt_misspelt_macro(node);
        if !value {
            self.denied.push(field.clone());
        }
        Some(Predicate::Compare {
            left: field.into(),
            op: CompareOp::Eq,
            right: Literal::Bool(value).into(),
        })
    }

    /// `expensve`, where there is a macro `expensive`.
    fn doubt_misspelt_macro(&mut self, node: &Node) {
        let NodeKind::Name(name) = &node.kind else {
            return;
        };
        if !self.doubts {
            return;
        }
        let Some(near) = nearest(name, self.vocabulary.names("macro")).map(str::to_owned) else {
            return;
        };
        let message = format!(
            "`{name}` is an attribute here, and asks whether it is `true`; did you mean the macro `{near}`?"
        );
        let fault = self.fault(code::LIKE_MACRO, node.range(), message);
        fault.help = Some(format!("if the attribute is meant: `{name} == true`"));
        fault.suggestion = Some(near);
    }

    fn compared(
        &mut self,
        node: &'a Node,
        left: &'a Node,
        op: CompareOp,
        right: &'a Node,
        dialect: Dialect,
    ) -> Option<Predicate> {
        if left.is_value() && !right.is_value() {
            let modern = self.turned_round(left, op, right);
            let fault = self.fault(
                code::NEEDS_FIELD,
                node.range(),
                "a comparison begins with its field",
            );
            fault.help = Some(format!("write `{modern}`"));
            fault.suggestion = Some(modern);
            return None;
        }
        let before = self.faults.len();
        let term = self.left_term(left, dialect);
        self.turn_bound_round(before, node, (left, op, right));
        let value = self.operand(right);
        let (term, value) = (term?, value?);
        let right_node = right;
        let right = match (&term, value) {
            (Term::Field(field), value @ (Operand::Literal(_) | Operand::Term(Term::Field(_)))) => {
                let left = Left {
                    field,
                    node: left,
                    dialect,
                };
                self.fits(left, op, value, right)?
            }
            (term, value) => self.terms_fit((term, left), (value, right))?,
        };
        if self.doubts {
            self.doubt_value(node, (term.as_field(), left), op, (&right, right_node));
            self.doubt_text_of_number(node.range(), (&term, left), op, (&right, right_node));
            self.doubt_other_event(node, term.as_field(), op);
            self.doubt_pattern(node, left, op.as_str(), right_node);
        }
        Some(Predicate::Compare {
            left: term,
            op,
            right,
        })
    }

    /// The way out of `p.x == y`, said in the words of this comparison.
    fn turn_bound_round(
        &mut self,
        before: usize,
        node: &Node,
        (left, op, right): (&Node, CompareOp, &Node),
    ) {
        let is_meant = |fault: &Fault| {
            fault.code == code::BOUND_FIELD_ON_THE_LEFT && fault.suggestion.is_none()
        };
        let Some(at) = self.faults[before..].iter().position(is_meant) else {
            return;
        };
        let turned = self.turned_round(left, op, right);
        let doubt = &mut self.faults[before + at];
        let name = self.place.folded(left.range());
        let Some((bound, own)) = name.split_once('.') else {
            return;
        };
        match &right.kind {
            // A word, perhaps a field: which side it stands on decides which it is.
            NodeKind::Name(word) if !word.contains('.') => {
                doubt.range = node.range();
                doubt.suggestion = Some(turned);
            }
            _ => {
                let (op, value) = (op.as_str(), self.place.folded(right.range()));
                doubt.help = Some(format!(
                    "a condition on `{bound}` stands outside: `{bound}.where({own} {op} {value})`; put the attribute in quotes if it is meant"
                ));
            }
        }
    }

    /// The comparison with its sides changed.
    fn turned_round(&self, left: &Node, op: CompareOp, right: &Node) -> String {
        let (left, right) = (
            self.place.folded(left.range()),
            self.place.folded(right.range()),
        );
        format!("{right} {} {left}", op.mirrored().as_str())
    }

    fn tested(
        &mut self,
        node: &'a Node,
        (left, test, right): (&'a Node, Test, &'a Node),
        dialect: Dialect,
    ) -> Option<Predicate> {
        let term = self.left_term(left, dialect);
        match test {
            Test::In | Test::NotIn => self.is_listed((term, left), test, right, dialect),
            Test::Matches => {
                let pattern = self.pattern(right);
                let (term, pattern) = (term?, pattern?);
                self.tested_term(&term, None, left)?;
                term.as_field()
                    .map_or(Some(()), |field| self.text_field(field, left))?;
                let left = term;
                Some(Predicate::Matches { left, pattern })
            }
            Test::Text(op) => {
                let value = self.operand(right);
                let (term, value) = (term?, value?);
                self.tested_term(&term, None, left)?;
                if let Operand::Term(value) = &value {
                    self.tested_term(value, None, right)?;
                }
                term.as_field()
                    .map_or(Some(()), |field| self.text_field(field, left))?;
                self.warn_capitals(&term, &value, right);
                self.doubt_pattern(node, left, op.as_str(), right);
                self.doubt_part_of_number((&term, left), &value, right);
                if matches!(value, Operand::Literal(Literal::Duration(_))) {
                    self.fault(code::UNLIKE_TYPES, right.range(), "a duration is no text")
                        .help = Some("put a text in quotes".into());
                    return None;
                }
                Some(Predicate::Text {
                    op,
                    left: term,
                    right: value,
                })
            }
        }
    }

    pub(super) fn text_field(&mut self, field: &Field, node: &Node) -> Option<()> {
        match field.intrinsic() {
            Some(intrinsic)
                if intrinsic.is_duration() || intrinsic == Intrinsic::TraceSpanCount =>
            {
                let message = format!("`{}` is no text", intrinsic.as_str());
                self.fault(code::UNLIKE_TYPES, node.range(), message).help =
                    Some("compare it with `== != < <= > >=`".into());
                None
            }
            _ => Some(()),
        }
    }
}

/// Joined by `and` or `or`, flat.
pub(super) fn joined(parts: Vec<Predicate>, is_and: bool) -> Predicate {
    let is_joined = |part: &Predicate| match part {
        Predicate::And(_) => is_and,
        Predicate::Or(_) => !is_and,
        _ => false,
    };
    if !parts.iter().any(is_joined) {
        return match is_and {
            true => Predicate::And(parts),
            false => Predicate::Or(parts),
        };
    }
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Predicate::And(inner) if is_and => flat.extend(inner),
            Predicate::Or(inner) if !is_and => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if is_and {
        Predicate::And(flat)
    } else {
        Predicate::Or(flat)
    }
}
