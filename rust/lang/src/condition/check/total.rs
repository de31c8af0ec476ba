//! Totals: measures, values and fields of bound spans that are added up or taken away, compared with each other.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind, SumSign};
use crate::condition::check::checker::Checker;
use crate::rule::{Addend, CompareOp, ExprKind, Number, Quantity, Total};

/// Measures and fields of one comparison; what is known early is reckoned of all that each may be.
const MOST_READ: usize = 4;
/// Parts of one comparison, plain values among them.
const MOST_PARTS: usize = 8;

/// The parts of one side, each where it stands.
type Parts<'a> = Vec<(Addend, &'a Node)>;

impl<'a> Checker<'a> {
    /// `A + B > n - C`
    pub(super) fn totals(
        &mut self,
        node: &'a Node,
        left: &'a Node,
        op: CompareOp,
        right: &'a Node,
    ) -> Option<ExprKind> {
        // What is measured is what a violation shows, so it stands on the left.
        if !self.has_measure(left) {
            return self.totals(node, right, op.mirrored(), left);
        }
        let (mut added, mut taken) = (Parts::new(), Parts::new());
        let sides = (
            self.add(false, left, &mut added),
            self.add(false, right, &mut taken),
        );
        let ((), ()) = (sides.0?, sides.1?);
        self.bounded_total(node, &added, &taken)?;
        self.one_unit(&added, &taken)?;
        let measures = added.iter().chain(&taken);
        let is_average = measures
            .clone()
            .any(|(part, _)| matches!(&part.of, Quantity::Measure { measure, .. } if measure.is_average()));
        let field = measures
            .filter(|(part, _)| matches!(part.of, Quantity::Term(_)))
            .map(|(_, node)| self.place.folded(node.range()))
            .next();
        self.warn_false_of_nothing(node, is_average, field.as_deref());
        let total = |parts: Parts<'a>| Total {
            parts: parts.into_iter().map(|(part, _)| part).collect(),
        };
        Some(ExprKind::CompareTotals {
            left: Box::new(total(added)),
            op,
            right: Box::new(total(taken)),
        })
    }

    /// The parts of a sum, those in parentheses too.
    fn add(&mut self, is_taken_away: bool, node: &'a Node, to: &mut Parts<'a>) -> Option<()> {
        self.descend(node)?;
        let added = self.add_at(is_taken_away, node.bare(), to);
        self.ascend();
        added
    }

    fn add_at(&mut self, is_taken_away: bool, node: &'a Node, to: &mut Parts<'a>) -> Option<()> {
        let is_sum = matches!(self.looked_through(node).kind, NodeKind::Sum { .. });
        if is_sum && let Some(found) = self.vocabulary.macro_at(node, &self.bindings) {
            let mut inner_parts = Vec::new();
            let added = self.expanded(node, found, |checker, inner| {
                let mut parts = Parts::new();
                checker.add(is_taken_away, inner, &mut parts)?;
                inner_parts = parts.into_iter().map(|(part, _)| part).collect();
                Some(())
            });
            to.extend(inner_parts.into_iter().map(|part| (part, node)));
            return added;
        }
        if let NodeKind::Sum { first, rest } = &node.kind {
            let first = self.add(is_taken_away, first, to);
            let mut is_added = first.is_some();
            for (sign, part) in rest {
                let is_taken_away = is_taken_away != (*sign == SumSign::Minus);
                is_added &= self.add(is_taken_away, part, to).is_some();
            }
            return is_added.then_some(());
        }
        let (factor, of) = self.factored(node)?;
        to.push((
            Addend {
                is_taken_away,
                factor,
                of,
            },
            node,
        ));
        Some(())
    }

    fn factored(&mut self, node: &'a Node) -> Option<(Number, Quantity)> {
        let one = Number::Int(1);
        let NodeKind::Times { left, right } = &node.kind else {
            return Some((one, self.quantity(node)?));
        };
        let (factor, of) = self.factor(node, (left, right), "`count(A) + 2 * count(B) > 10`")?;
        match self.quantity(of)? {
            of @ (Quantity::Term(_) | Quantity::Measure { .. }) => Some((factor, of)),
            Quantity::Number(_) | Quantity::Duration(_) => {
                let message = "a factor stands before a measure or a field of a bound span";
                self.fault(code::FACTOR, node.range(), message).help =
                    Some("write what the values come to".into());
                None
            }
        }
    }

    fn bounded_total(&mut self, node: &Node, left: &Parts<'a>, right: &Parts<'a>) -> Option<()> {
        let parts = left.iter().chain(right);
        let is_read = |part: &&(Addend, &Node)| {
            matches!(part.0.of, Quantity::Measure { .. } | Quantity::Term(_))
        };
        let (count, read) = (parts.clone().count(), parts.filter(is_read).count());
        if count <= MOST_PARTS && read <= MOST_READ {
            return Some(());
        }
        let message = format!(
            "at most {MOST_READ} measures and fields are reckoned with, and {MOST_PARTS} parts in all"
        );
        self.fault(code::FACTOR, node.range(), message).help = Some(
            "count spans of several names together: `count(any.where(span:name in [a, b]))`".into(),
        );
        None
    }

    /// Durations alone, or numbers alone.
    fn one_unit(&mut self, left: &Parts<'a>, right: &Parts<'a>) -> Option<()> {
        let mut parts = left.iter().chain(right);
        let (first, first_node) = parts.next()?;
        let Some((other, node)) = parts.find(|(part, _)| part.is_duration() != first.is_duration())
        else {
            return Some(());
        };
        let (time, number) = match first.is_duration() {
            true => (*first_node, *node),
            false => (*node, *first_node),
        };
        let is_literal = matches!(
            if other.is_duration() {
                &first.of
            } else {
                &other.of
            },
            Quantity::Number(_)
        );
        let (time, source) = (
            self.place.folded(time.range()),
            self.place.folded(number.range()),
        );
        let message = format!("`{time}` is a duration, and `{source}` a plain number");
        let fault = self.fault(code::DURATION_AGAINST_NUMBER, number.range(), message);
        fault.help = Some(match is_literal {
            true => format!("give it its unit: `{source}ms`, `{source}s`, …"),
            false => "durations are added to durations, and numbers to numbers".into(),
        });
        None
    }
}

impl Addend {
    fn is_duration(&self) -> bool {
        match &self.of {
            Quantity::Number(_) => false,
            Quantity::Duration(_) => true,
            Quantity::Measure { measure, .. } => measure.is_duration(),
            Quantity::Term(term) => term.is_duration(),
        }
    }
}
