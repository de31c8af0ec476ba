//! Terms: fields that are added, read in a unit of time, in lower case or by their length.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind, SumSign};
use crate::condition::check::checker::Checker;
use crate::condition::check::kind::Kind;
use crate::condition::dialect::Dialect;
use crate::condition::lexer::meant_unit;
use crate::condition::token::Function;
use crate::rule::{CompareOp, Field, Intrinsic, Literal, Operand, Scope, Term, Unit};
use crate::words::Word;

impl<'a> Checker<'a> {
    /// The left-hand side of a comparison.
    pub(super) fn left_term(&mut self, node: &'a Node, dialect: Dialect) -> Option<Term> {
        if self.in_each {
            return self.array(node, dialect).map(Term::Field);
        }
        match self.computed(node, dialect) {
            Some(term) => term,
            None => self.field(node, dialect).map(Term::Field),
        }
    }

    /// A side of a comparison that is more than a field or a value; the outer `None` where it is not.
    pub(super) fn computed(&mut self, node: &'a Node, dialect: Dialect) -> Option<Option<Term>> {
        let node = node.bare();
        Some(match &node.kind {
            NodeKind::Sum { first, rest } => self.sum(node, first, rest, dialect),
            NodeKind::As { of, name } => self.in_unit(of, name, dialect),
            NodeKind::Call {
                function: function @ (Function::Lower | Function::Length),
                arguments,
            } => self.read_by(node, *function, arguments, dialect),
            _ => return None,
        })
    }

    fn sum(
        &mut self,
        node: &'a Node,
        first: &'a Node,
        rest: &'a [(SumSign, Node)],
        dialect: Dialect,
    ) -> Option<Term> {
        let (sign, second) = rest.first()?;
        if let Some((_, third)) = rest.get(1) {
            self.fault(code::SUM, third.range(), "a sum has two parts, and no more")
                .help = Some("bring a part to the other side: `x + y > limit - z`".into());
            return None;
        }
        let parts = (self.summand(first, dialect), self.summand(second, dialect));
        let parts = (parts.0?, parts.1?);
        if let (Operand::Literal(_), Operand::Literal(_)) = parts {
            self.fault(code::SUM, node.range(), "nothing here is read of a span")
                .help = Some("write what the values come to".into());
            return None;
        }
        if parts.0.is_duration() != parts.1.is_duration() {
            let (time, number) = match parts.0.is_duration() {
                true => (first, second),
                false => (second, first),
            };
            let (time, source) = (
                self.place.folded(time.range()),
                self.place.folded(number.range()),
            );
            let help = match number.bare().kind {
                NodeKind::Number(_) => format!("give it its unit: `{source}ms`"),
                _ => format!("read it as a duration: `{source} as ms`"),
            };
            let message = format!("`{time}` is a duration, and `{source}` a plain number");
            self.fault(code::SUM, number.range(), message).help = Some(help);
            return None;
        }
        let parts = Box::new(parts);
        Some(match sign {
            SumSign::Plus => Term::Add(parts),
            SumSign::Minus => Term::Subtract(parts),
        })
    }

    fn summand(&mut self, node: &'a Node, dialect: Dialect) -> Option<Operand> {
        let node = node.bare();
        let refused = match &node.kind {
            NodeKind::Number(value) => return Some(Literal::Number(*value).into()),
            NodeKind::Duration(nanos) => return Some(Literal::Duration(*nanos).into()),
            NodeKind::Sum { .. } => "a sum has two parts, none a sum itself",
            NodeKind::Bool(_) | NodeKind::List(_) => "this is no number",
            NodeKind::Call {
                function: Function::Lower,
                ..
            } => "a text cannot be added",
            NodeKind::Call { function, .. } if function.is_measure() => {
                "this measures the trace; here the fields of one span are added"
            }
            _ => {
                if let Some(term) = self.computed(node, dialect) {
                    return term.map(Operand::Term);
                }
                let field = self.term_field(node, dialect)?;
                self.numeric(&field, node)?;
                return Some(field.into());
            }
        };
        self.fault(code::SUM, node.range(), refused).help =
            Some("`x + y`, of two fields or a field and a number".into());
        None
    }

    /// `x as ms`
    fn in_unit(&mut self, of: &'a Node, name: &'a Node, dialect: Dialect) -> Option<Term> {
        let unit = match &name.kind {
            NodeKind::Name(word) => Unit::named(word),
            _ => None,
        };
        let Some(unit) = unit else {
            let word = self.place.folded(name.range());
            let message = format!("`{word}` is no unit of time");
            let fault = self.fault(code::UNIT, name.range(), message);
            let meant = meant_unit(&word).filter(|unit| Unit::named(unit).is_some());
            fault.suggestion = meant.map(str::to_owned);
            fault.help = Some(
                "the units are `ns us ms s m h`; a span is bound only in `when each { S as p }`"
                    .into(),
            );
            return None;
        };
        if let NodeKind::Number(_) = of.bare().kind {
            let written = self.place.folded(of.range());
            let unit = unit.as_str();
            let range = of.start..name.end;
            self.fault(code::UNIT, range, "a value has its unit with it")
                .suggestion = Some(format!("{written}{unit}"));
            return None;
        }
        let field = self.term_field(of, dialect)?;
        if field.intrinsic().is_some_and(Intrinsic::is_duration) {
            let source = self.place.folded(of.range());
            let message = format!("`{source}` is a duration already");
            self.fault(code::UNIT, of.start..name.end, message)
                .suggestion = Some(source);
            return None;
        }
        if !self.has_many(&field) {
            self.numeric(&field, of)?;
        }
        Some(Term::As { field, unit })
    }

    /// `lower(x)`, `length(x)`
    fn read_by(
        &mut self,
        node: &'a Node,
        function: Function,
        arguments: &'a [Node],
        dialect: Dialect,
    ) -> Option<Term> {
        let [only] = arguments else {
            let name = if function == Function::Lower {
                "lower"
            } else {
                "length"
            };
            self.fault(code::ARGUMENTS, node.range(), "this takes one field")
                .help = Some(format!("`{name}(user.role)`"));
            return None;
        };
        let field = self.term_field(only, dialect)?;
        self.text_field(&field, only)?;
        Some(match function {
            Function::Lower => Term::Lower(field),
            _ => Term::Length(field),
        })
    }

    /// A field in a term, where a name can be nothing else: that of a bound span needs no other side.
    pub(super) fn term_field(&mut self, node: &'a Node, dialect: Dialect) -> Option<Field> {
        let node = node.bare();
        if let Some(field) = self.subject_field(node) {
            return field;
        }
        let is_bound = match &node.kind {
            NodeKind::Name(name) if self.binding(name).is_some() => {
                let message = format!("`{name}` is a bound span, not a field");
                self.fault(code::NEEDS_FIELD, node.range(), message).help =
                    Some(format!("a field of it: `{name}.amount`"));
                return None;
            }
            NodeKind::Name(name) => name
                .split_once('.')
                .is_some_and(|(first, _)| self.binding(first).is_some()),
            NodeKind::Intrinsic(name) => name.contains('.'),
            NodeKind::Attribute { scope, .. } => Scope::written(scope).is_none(),
            _ => false,
        };
        if is_bound {
            return self.scoped_field(node).ok().flatten();
        }
        // Beside the fields of an event or link stand those of its span.
        if self.item.is_some()
            && let Some(field) = self.scoped_field(node).ok()?
        {
            return Some(field);
        }
        let field = self.field(node, dialect)?;
        // `duration as ms` can only be the attribute.
        self.forget_like_intrinsic(node);
        Some(field)
    }

    /// Whether the field has many values here; of the event or link at hand each has one.
    fn has_many(&self, field: &Field) -> bool {
        field.has_many_values() && (self.item.is_none() || field.item() != self.item)
    }

    /// Refuses what is never a number, or not one of this span.
    fn numeric(&mut self, field: &Field, node: &'a Node) -> Option<()> {
        let source = self.place.folded(node.range());
        if self.has_many(field) || field.is_open() {
            let (message, help) = if field.is_open() {
                (
                    "a `trace:` intrinsic is compared as it is",
                    "`trace:duration > 5s`",
                )
            } else {
                (
                    "a span has many events and links, so none of them can be added",
                    "compare one by itself: `event.size > 5`",
                )
            };
            self.fault(code::FIELD_HERE, node.range(), message).help = Some(help.into());
            return None;
        }
        let is_number = field.intrinsic().is_none_or(Intrinsic::is_duration);
        if !is_number {
            let message = format!("`{source}` is no number");
            self.fault(code::UNLIKE_TYPES, node.range(), message).help = Some(
                "a number is an attribute (`order.total`) or a duration (`span:duration`)".into(),
            );
            return None;
        }
        Some(())
    }

    /// Whether two sides, of which one at least is more than a field, can be compared at all.
    pub(super) fn terms_fit(
        &mut self,
        left: (&Term, &'a Node),
        right: (Operand, &'a Node),
    ) -> Option<Operand> {
        let ((left, left_node), (right, right_node)) = (left, right);
        let reads = right.reads();
        let is_many = reads.iter().any(|field| self.has_many(field));
        if is_many || reads.iter().any(|field| field.is_open()) {
            let message = if is_many {
                "events and links stand on the left-hand side: each comparison picks its own"
            } else {
                "`trace:` intrinsics stand on the left-hand side, against a value"
            };
            self.fault(code::FIELD_HERE, right_node.range(), message);
            return None;
        }
        if matches!(right, Operand::Term(_)) && left.reads_some(Field::is_open) {
            let message = "a `trace:` intrinsic is compared with a value, not with a span's field";
            self.fault(code::FIELD_HERE, right_node.range(), message);
            return None;
        }
        let kinds = (Kind::of(&Operand::Term(left.clone())), Kind::of(&right));
        self.kinds_fit(kinds, left_node, right_node)?;
        self.warn_capitals(left, &right, right_node);
        Some(right)
    }

    /// The literals of `in` behind a term that is more than a field.
    pub(super) fn all_fit_term(
        &mut self,
        left: (&Term, &'a Node),
        values: Vec<Literal>,
        right: &'a Node,
    ) -> Option<Vec<Literal>> {
        let items: &'a [Node] = match &right.bare().kind {
            NodeKind::List(items) => items,
            _ => &[],
        };
        for (index, value) in values.iter().enumerate() {
            let item = items.get(index).unwrap_or(right);
            self.terms_fit(left, (value.clone().into(), item))?;
        }
        Some(values)
    }

    /// `lower(x) == Admin` is never true.
    pub(super) fn warn_capitals(&mut self, left: &Term, right: &Operand, node: &Node) {
        let (Term::Lower(_), Operand::Literal(Literal::Text(text))) = (left, right) else {
            return;
        };
        let lower = text.to_lowercase();
        if lower == **text {
            return;
        }
        let message = format!("`{text}` has capitals, and a text in lower case has none");
        let is_quoted = matches!(node.bare().kind, NodeKind::Quoted(_));
        let fault = self.fault(code::LOWER_AGAINST_CAPITALS, node.range(), message);
        fault.suggestion = Some(match is_quoted {
            true => crate::condition::spelling::quote(&lower),
            false => lower,
        });
    }

    /// What a term is compared with by a test that is no `==` or order.
    pub(super) fn tested_term(
        &mut self,
        term: &Term,
        op: Option<CompareOp>,
        node: &Node,
    ) -> Option<()> {
        let refused = match term {
            Term::Field(_) | Term::Lower(_) => return Some(()),
            Term::Length(_) if op.is_some() => return Some(()),
            Term::Length(_) => "a length is a number, not a text",
            Term::As { .. } => "a duration is compared with `== != < <= > >=`",
            Term::Add(_) | Term::Subtract(_) => "a sum is compared with `== != < <= > >=`",
        };
        self.fault(code::UNLIKE_TYPES, node.range(), refused);
        None
    }
}
