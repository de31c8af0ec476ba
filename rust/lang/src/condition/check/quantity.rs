//! What a measure is compared with, and whether the two can be.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::notation::way_out;
use crate::condition::dialect::Dialect;
use crate::rule::{Aggregate, Field, Measure, Number, Quantity, Term};

const COMPARED_WITH: &str = "compare it with a number, a duration, what is read of a bound span, another measure, or a number times a measure";

impl<'a> Checker<'a> {
    /// What compares with nothing, and is false: with an average, where that breaks the rule; with a field, where
    /// `always` denies it and so is kept. A rule that a missing field breaks says so itself.
    pub(super) fn warn_false_of_nothing(
        &mut self,
        node: &Node,
        is_average: bool,
        field: Option<&str>,
    ) {
        let text = || self.place.folded(node.range());
        let (message, help) = match field {
            _ if is_average && self.breaks_if_false => (
                "of no spans there is no average, and this comparison is false".to_owned(),
                format!(
                    "if a trace without such spans is fine: `not (…) or {}`, or name the spans in `when`",
                    text()
                ),
            ),
            Some(field) if self.in_always && !self.breaks_if_false => {
                let help = "select those that have it: `when each { S.where(exists(…)) as p }`";
                let message = format!(
                    "where `{field}` is missing or no number this is false, and what denies it true"
                );
                (message, help.to_owned())
            }
            _ => return,
        };
        self.fault(code::AVERAGE_OF_NOTHING, node.range(), message)
            .help = Some(help);
    }

    /// The number of a product, and what it multiplies; `example` is how one is written here.
    pub(super) fn factor(
        &mut self,
        product: &'a Node,
        (left, right): (&'a Node, &'a Node),
        example: &'static str,
    ) -> Option<(Number, &'a Node)> {
        let (factor, of) = match (&left.bare().kind, &right.bare().kind) {
            (NodeKind::Number(factor), _) => (*factor, right),
            (_, NodeKind::Number(factor)) => (*factor, left),
            _ => {
                self.fault(code::FACTOR, product.range(), "a factor is a plain number")
                    .help = Some(example.into());
                return None;
            }
        };
        if factor.compare(Number::Int(0)) != std::cmp::Ordering::Greater {
            self.fault(code::FACTOR, product.range(), "a factor is above zero")
                .help = Some(example.into());
            return None;
        }
        Some((factor, of))
    }

    pub(super) fn quantity(&mut self, node: &'a Node) -> Option<Quantity> {
        let bare = node.bare();
        match &bare.kind {
            NodeKind::Broken => None,
            NodeKind::Number(number) => Some(Quantity::Number(*number)),
            NodeKind::Duration(nanos) => Some(Quantity::Duration(*nanos)),
            NodeKind::Times { left, right } => {
                let (factor, measure) =
                    self.factor(bare, (left, right), "`count(A) > 2 * count(B)`")?;
                if self.is_trace_field(measure) {
                    return self.refuse_trace_measure(measure);
                }
                if !self.is_measure(measure) {
                    let source = self.place.folded(measure.range());
                    let message =
                        format!("a factor stands before a measure, and `{source}` is none");
                    self.fault(code::FACTOR, bare.range(), message).help = Some(factored(&source));
                    return None;
                }
                let measure = Box::new(self.measure(measure)?);
                Some(Quantity::Measure { factor, measure })
            }
            _ if self.is_measure(bare) => {
                let seen = self.looked_through(bare);
                if !std::ptr::eq(seen, bare)
                    && matches!(seen.kind, NodeKind::Times { .. })
                    && let Some(found) = self.vocabulary.macro_at(bare, &self.bindings)
                {
                    return self.expanded(bare, found, |checker, inner| checker.quantity(inner));
                }
                let measure = Box::new(self.measure(bare)?);
                Some(Quantity::Measure {
                    factor: Number::Int(1),
                    measure,
                })
            }
            _ if self.is_trace_field(bare) => self.refuse_trace_measure(bare),
            _ => self.term_of_bound(bare).map(Quantity::Term),
        }
    }

    /// What a measure is compared with that is read of bound spans: a number or a duration.
    fn term_of_bound(&mut self, node: &'a Node) -> Option<Term> {
        let source = self.place.folded(node.range());
        let computed = match &node.kind {
            NodeKind::Sum { first, rest }
                if self.is_measure(first) || rest.iter().any(|(_, part)| self.is_measure(part)) =>
            {
                None
            }
            _ => self.computed(node, Dialect::Modern),
        };
        let term = match computed {
            Some(term) => term?,
            None => match self.scoped_field(node).ok()? {
                Some(field @ Field::Bound { .. }) => Term::Field(field),
                _ => {
                    let message = format!("a measure cannot be compared with `{source}`");
                    let is_word = matches!(node.bare().kind, NodeKind::Name(_));
                    let written_out = way_out(&source).filter(|_| is_word);
                    let (help, number) =
                        written_out.unwrap_or_else(|| (COMPARED_WITH.into(), None));
                    let fault = self.fault(code::NEEDS_VALUE, node.range(), message);
                    fault.help = Some(help);
                    fault.suggestion = number;
                    return None;
                }
            },
        };
        let reads = term.reads();
        let bound = reads.iter().filter_map(|field| match field {
            Field::Bound { field, .. } => Some(field),
            _ => None,
        });
        let (code, message, help) = if bound.clone().count() < reads.len() {
            (
                code::NEEDS_VALUE,
                format!("`{source}` is of one span, and a measure is of many"),
                "name the span whose value it is: `when each { S as p }`, and `p.` before the field",
            )
        } else if bound.clone().any(|field| field.has_many_values()) {
            (
                code::FIELD_HERE,
                format!(
                    "`{source}` has a value for each event or link, and a measure is compared with one"
                ),
                "ask for one of them inside `where`",
            )
        } else if term.is_text() {
            (
                code::UNLIKE_TYPES,
                format!("`{source}` is a text, and a measure is a number"),
                "compare texts inside `where`; how long one is, is `length(…)`",
            )
        } else {
            return Some(term);
        };
        self.fault(code, node.range(), message).help = Some(help.to_owned());
        None
    }

    pub(super) fn same_unit(
        &mut self,
        measure: &Measure,
        quantity: &Quantity,
        left: &Node,
        right: &Node,
    ) -> Option<()> {
        let is_time = measure.is_duration();
        let source = |node: &Node| self.place.folded(node.range());
        let (message, help) = match quantity {
            Quantity::Number(_) if is_time => (
                format!(
                    "`{}` is a duration; a plain number says no unit",
                    source(left)
                ),
                format!("`{0}ms`, `{0}s`, …", source(right)),
            ),
            Quantity::Duration(_) if !is_time => (
                format!("`{}` is a plain number, not a duration", source(left)),
                "durations are measured by `sum min max avg`, of `span:duration` or of a number in its unit, `x as ms`".to_owned(),
            ),
            Quantity::Term(term) if is_time != term.is_duration() => (
                "a duration is compared with a plain number".to_owned(),
                match term {
                    Term::As { .. } => "leave out the unit".to_owned(),
                    Term::Field(_) if is_time => {
                        format!("read it as a duration: `{} as ms`", source(right))
                    }
                    _ if is_time => "read the numbers in it as durations: `p.x as ms`".to_owned(),
                    _ => "compare durations with durations, and numbers with numbers".to_owned(),
                },
            ),
            Quantity::Measure { measure: other, .. } if is_time != other.is_duration() => (
                "a duration is compared with a plain number".to_owned(),
                "compare durations with durations, and numbers with numbers".to_owned(),
            ),
            _ => return Some(()),
        };
        self.fault(code::DURATION_AGAINST_NUMBER, right.range(), message)
            .help = Some(help);
        None
    }
}

impl Measure {
    /// Of nothing there is none, and a comparison with it is false.
    pub(super) fn is_average(&self) -> bool {
        matches!(
            self,
            Measure::Of {
                function: Aggregate::Avg,
                ..
            }
        )
    }

    pub(super) fn is_duration(&self) -> bool {
        match self {
            Measure::Count(_)
            | Measure::Within { .. }
            | Measure::Overlap(_)
            | Measure::Of {
                function: Aggregate::Distinct,
                ..
            } => false,
            Measure::Of { of, .. } => of.is_duration(),
        }
    }
}

/// What a factor can stand before, where `0.5 * root.span:duration` or the like was written.
fn factored(source: &str) -> String {
    let (first, field) = source.split_once('.').unwrap_or((source, ""));
    if ["root", "any", "leaf"].contains(&first) && !field.is_empty() {
        return format!(
            "of the spans that `{first}` selects: `max({first}, {field})`, `sum({first}, {field})`; of each: `when each {{ {first} as p }} …` and `p.{field}`"
        );
    }
    "`count(A) > 2 * count(B)`; twice a field is `p.x + p.x`".to_owned()
}
