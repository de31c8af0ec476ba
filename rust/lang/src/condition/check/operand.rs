//! Right-hand sides: literals, bare words, lists, scoped fields, and whether they fit the left.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::field::if_meant;
use crate::condition::check::notation::{duration, unit_of, way_out};
use crate::condition::dialect::Dialect;
use crate::diagnostic::fault::Fault;
use crate::rule::{CompareOp, Field, Intrinsic, Literal, Operand, Term};
use crate::words::Word;

/// The left-hand side, which values are held against.
#[derive(Clone, Copy)]
pub(super) struct Left<'n> {
    pub field: &'n Field,
    pub node: &'n Node,
    pub dialect: Dialect,
}

impl<'a> Checker<'a> {
    pub(super) fn operand(&mut self, node: &'a Node) -> Option<Operand> {
        let node = node.bare();
        if let Some(term) = self.computed(node, Dialect::Modern) {
            return term.map(Operand::Term);
        }
        if let Ok(Some(field)) = match node.kind {
            NodeKind::Intrinsic(_) | NodeKind::Attribute { .. } | NodeKind::Name(_) => {
                let field = self.scoped_field(node);
                if field.is_err() {
                    return None;
                }
                field
            }
            _ => Ok(None),
        } {
            return Some(field.into());
        }
        match &node.kind {
            NodeKind::List(_) => {
                self.fault(code::NEEDS_VALUE, node.range(), "a list stands after `in`")
                    .help = Some("`processor in [stripe, square]`".into());
                None
            }
            _ => self.literal(node).map(Operand::Literal),
        }
    }

    /// Whether `value` can be compared with the left side at all; a literal comes back as the field spells it.
    pub(super) fn fits(
        &mut self,
        left: Left<'_>,
        op: CompareOp,
        value: Operand,
        node: &Node,
    ) -> Option<Operand> {
        let literal = match value {
            Operand::Term(Term::Field(other)) => return self.fields_fit(left.field, other, node),
            Operand::Term(_) => return Some(value),
            Operand::Literal(literal) => literal,
        };
        let is_like = self.settle_like_intrinsic(left.node, &literal);
        if op.is_ordering() && matches!(literal, Literal::Bool(_)) {
            let written = self.place.folded(left.node.range());
            self.fault(
                code::ORDERED_BOOLEAN,
                node.range(),
                "booleans have no order",
            )
            .help = Some(format!("`{written} == true` or `{written} == false`"));
            return None;
        }
        let literal = match left.field.intrinsic() {
            None => self.fits_attribute(left, op, literal, node, is_like),
            Some(intrinsic) => self.fits_intrinsic(left, intrinsic, op, literal, node)?,
        };
        Some(Operand::Literal(literal))
    }

    fn fits_intrinsic(
        &mut self,
        left: Left<'_>,
        intrinsic: Intrinsic,
        op: CompareOp,
        literal: Literal,
        node: &Node,
    ) -> Option<Literal> {
        let name = intrinsic.as_str();
        let message = match (intrinsic, &literal) {
            (intrinsic, Literal::Duration(_)) if intrinsic.is_duration() => return Some(literal),
            (intrinsic, _) if intrinsic.is_duration() => {
                self.refuse_no_duration(left, node, &literal);
                return None;
            }
            (_, Literal::Duration(_)) => {
                let message = format!("`{name}` is no duration");
                self.fault(code::UNLIKE_TYPES, node.range(), message).help = Some(
                    "durations are `span:duration`, `trace:duration` and `event:timeSinceStart`"
                        .into(),
                );
                return None;
            }
            (Intrinsic::TraceSpanCount, Literal::Number(_)) => return Some(literal),
            (Intrinsic::TraceSpanCount, _) => format!("`{name}` is a number"),
            (Intrinsic::SpanKind | Intrinsic::SpanStatus, _) if op.is_ordering() => {
                format!("the values of `{name}` have no order")
            }
            (Intrinsic::SpanKind | Intrinsic::SpanStatus, _) => {
                return self.word_of(intrinsic, &literal, node);
            }
            _ => return Some(literal),
        };
        self.fault(code::UNLIKE_TYPES, node.range(), message);
        None
    }

    /// Against an attribute every literal may stand; what can never match is doubted.
    fn fits_attribute(
        &mut self,
        left: Left<'_>,
        op: CompareOp,
        literal: Literal,
        node: &Node,
        is_like_intrinsic: bool,
    ) -> Literal {
        match &literal {
            Literal::Duration(_) if !is_like_intrinsic => self.doubt_duration(left, node),
            Literal::Text(word)
                if op.is_ordering() && matches!(node.bare().kind, NodeKind::Name(_)) =>
            {
                let fault = self.fault(
                    code::ORDERED_WORD,
                    node.range(),
                    format!(
                        "`{word}` is a text here, so no number is ever {} it",
                        words_of(op)
                    ),
                );
                // Hardly a field begins so: it is a number in a spelling that the language does not have.
                if let Some((help, number)) = way_out(word) {
                    fault.help = Some(match number {
                        Some(_) => help,
                        None => format!("{help}; a text is put in quotes"),
                    });
                    fault.suggestion = number;
                } else {
                    fault.help = Some(format!(
                        "did you mean the field `span.{word}`? a text is put in quotes"
                    ));
                    fault.suggestion = Some(format!("span.{word}"));
                }
            }
            _ => {}
        }
        literal
    }

    fn doubt_duration(&mut self, left: Left<'_>, node: &Node) {
        let at = left.node.bare().range();
        let origin = &self.place.origin;
        let is_doubted = |fault: &Fault| {
            fault.code == code::OTHER_SPAN && fault.range == at && fault.origin == *origin
        };
        if self.faults.iter().any(is_doubted) {
            return;
        }
        let written = self.place.folded(left.node.range());
        let source = self.place.folded(node.range());
        let range = self.behind_subject(left.node);
        let own = self.place.folded(range.clone());
        let fault = self.fault(
            code::DURATION_AGAINST_ATTRIBUTE,
            range,
            format!("`{written}` is an attribute, and a duration compares with `…:duration` only, so this selects nothing"),
        );
        let is_like = written.rsplit('.').next().is_some_and(|last| {
            matches!(last, "duration" | "latency" | "elapsed" | "time" | "took")
        });
        if is_like {
            fault.suggestion = Some("span:duration".into());
            fault.help = Some(format!("did you mean `span:duration` against {source}?"));
        } else if let Some(unit) = unit_of(&written) {
            fault.help = Some(format!("write `{written} as {unit}`"));
            fault.suggestion = Some(format!("{own} as {unit}"));
        } else {
            fault.help = Some(format!(
                "say the unit that the attribute has, `{written} as ms` if it holds milliseconds, or compare it with a plain number"
            ));
        }
    }

    /// An attribute with the name of an intrinsic is doubted only where the value fits that intrinsic.
    /// Whether it still is.
    fn settle_like_intrinsic(&mut self, field_node: &Node, literal: &Literal) -> bool {
        let range = self.behind_subject(field_node);
        let origin = &self.place.origin;
        let is_doubt = |fault: &Fault| {
            fault.code == code::LIKE_INTRINSIC && fault.range == range && fault.origin == *origin
        };
        let Some(at) = self.faults.iter().rposition(is_doubt) else {
            return false;
        };
        let meant = self.faults[at].suggestion.clone().unwrap_or_default();
        let fits = match (meant.as_str(), literal) {
            ("span:duration", Literal::Duration(_)) => true,
            ("span:duration", _) => {
                // Still no duration of the span, whatever the number means.
                let if_meant = if_meant(&self.place.text[range.clone()]);
                let fault = &mut self.faults[at];
                fault.message = format!(
                    "`{}` is an attribute here, not the duration of the span",
                    &self.place.text[range]
                );
                let value = match literal {
                    Literal::Number(number) => {
                        format!("{}ms", crate::condition::spelling::number(*number))
                    }
                    _ => "500ms".to_owned(),
                };
                fault.help = Some(format!(
                    "the span's, with its unit: `span:duration > {value}`; {if_meant}"
                ));
                fault.suggestion = None;
                return false;
            }
            ("span:kind" | "span:status", Literal::Text(word)) => {
                let words = Intrinsic::named(&meant).and_then(Intrinsic::words);
                words.is_some_and(|words| words.contains(&&*word.to_ascii_lowercase()))
            }
            ("trace:spanCount", literal) => matches!(literal, Literal::Number(_)),
            (_, literal) => matches!(literal, Literal::Text(_)),
        };
        if !fits {
            self.faults.remove(at);
        }
        fits
    }

    /// Drops the doubt whether the attribute at `node` was meant as an intrinsic.
    pub(super) fn forget_like_intrinsic(&mut self, node: &Node) {
        let (range, origin) = (node.range(), self.place.origin.clone());
        self.faults.retain(|fault| {
            fault.code != code::LIKE_INTRINSIC || fault.range != range || fault.origin != origin
        });
    }

    fn fields_fit(&mut self, field: &Field, other: Field, node: &Node) -> Option<Operand> {
        let is_duration = |field: &Field| field.intrinsic().is_some_and(Intrinsic::is_duration);
        if is_duration(field) != is_duration(&other) {
            self.fault(
                code::UNLIKE_TYPES,
                node.range(),
                "a duration compares with a duration only",
            )
            .help = Some(
                "`span:duration > p.span:duration`; a field that holds milliseconds: `x as ms`"
                    .into(),
            );
            return None;
        }
        if field.is_open() {
            self.fault(
                code::FIELD_HERE,
                node.range(),
                "a `trace:` intrinsic is compared with a value, not with a span's field",
            );
            return None;
        }
        Some(other.into())
    }

    fn refuse_no_duration(&mut self, left: Left<'_>, node: &Node, literal: &Literal) {
        let written = self.place.folded(left.node.range());
        let source = self.place.folded(node.range());
        match literal {
            Literal::Number(_) if left.dialect != Dialect::Modern && written == "span.duration" => {
                self.fault(
                    code::OLDER_DURATION,
                    node.range(),
                    "a duration needs its unit: texts mean now nanoseconds, now milliseconds",
                )
                .help = Some(format!(
                    "`span:duration > {source}ms`, or `span:duration > 1s`"
                ));
            }
            Literal::Number(_) => {
                self.fault(
                    code::DURATION_AGAINST_NUMBER,
                    node.range(),
                    format!("`{written}` is a duration; a plain number says no unit"),
                )
                .help = Some(format!("`{source}ms`, `{source}s`, …"));
            }
            _ => {
                let meant = match literal {
                    Literal::Text(text) => duration(text),
                    _ => None,
                };
                let message = format!("`{written}` is a duration");
                let fault = self.fault(code::UNLIKE_TYPES, node.range(), message);
                fault.help = Some(match (&meant, &node.bare().kind) {
                    (Some(meant), _) => format!("write `{meant}`"),
                    (None, NodeKind::Name(word)) if way_out(word).is_none() => format!(
                        "`500ms`, `1.5s`, `2m`; a field that holds milliseconds: `{source} as ms`"
                    ),
                    _ => "`500ms`, `1.5s`, `2m`".into(),
                });
                fault.suggestion = meant;
            }
        }
    }

    /// The literals of `in`, each as the field spells it.
    pub(super) fn all_fit(
        &mut self,
        left: Left<'_>,
        values: Vec<Literal>,
        node: &'a Node,
    ) -> Option<Vec<Literal>> {
        let items: &[Node] = match &node.bare().kind {
            NodeKind::List(items) => items,
            _ => &[],
        };
        let mut fitting = Vec::with_capacity(values.len());
        let mut is_whole = true;
        for (index, value) in values.into_iter().enumerate() {
            let item = items.get(index).unwrap_or(node);
            let value = Operand::Literal(value);
            match self.fits(left, CompareOp::Eq, value, item) {
                Some(Operand::Literal(literal)) => fitting.push(literal),
                _ => is_whole = false,
            }
        }
        is_whole.then_some(fitting)
    }
}

fn words_of(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Lt => "below",
        CompareOp::Le => "at most",
        CompareOp::Gt => "above",
        CompareOp::Ge => "at least",
        CompareOp::Eq | CompareOp::Ne => "equal to",
    }
}
