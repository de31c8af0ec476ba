//! Of which kind the sides of a comparison are, as far as that is known before any span has come, and whether two fit.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::notation::{duration, way_out};
use crate::rule::{Intrinsic, Literal, Operand, Term};

/// What a side of a comparison is, as far as it is known before any span has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An attribute: only its value knows.
    Any,
    Number,
    Duration,
    Text,
    Boolean,
}

impl Kind {
    pub(super) fn of(operand: &Operand) -> Kind {
        match operand {
            Operand::Literal(Literal::Number(_)) | Operand::Term(Term::Length(_)) => Kind::Number,
            Operand::Literal(Literal::Text(_)) | Operand::Term(Term::Lower(_)) => Kind::Text,
            Operand::Literal(Literal::Bool(_)) => Kind::Boolean,
            operand if operand.is_duration() => Kind::Duration,
            Operand::Literal(Literal::Duration(_)) | Operand::Term(Term::As { .. }) => {
                Kind::Duration
            }
            Operand::Term(Term::Add(_) | Term::Subtract(_)) => Kind::Number,
            Operand::Term(Term::Field(field)) => match field.intrinsic() {
                None => Kind::Any,
                Some(Intrinsic::TraceSpanCount) => Kind::Number,
                Some(_) => Kind::Text,
            },
        }
    }

    fn called(self) -> &'static str {
        match self {
            Kind::Any => "an attribute",
            Kind::Number => "a plain number",
            Kind::Duration => "a duration",
            Kind::Text => "a text",
            Kind::Boolean => "a boolean",
        }
    }
}

impl<'a> Checker<'a> {
    /// A figure in the spelling of another language against what is no text.
    fn refuse_figure(&mut self, node: &Node, against: Kind, message: String, source: &str) {
        let (help, meant) = match against {
            Kind::Duration => (None, duration(source)),
            _ => way_out(source).map_or((None, None), |(help, meant)| (Some(help), meant)),
        };
        let fault = self.fault(code::UNLIKE_TYPES, node.range(), message);
        fault.help = Some(match (help, &meant) {
            (Some(help), _) => help,
            (None, Some(meant)) => format!("write `{meant}`"),
            (None, None) => "`500ms`, `1.5s`, `2m`".to_owned(),
        });
        fault.suggestion = meant;
    }

    pub(super) fn kinds_fit(
        &mut self,
        kinds: (Kind, Kind),
        left: &'a Node,
        right: &'a Node,
    ) -> Option<()> {
        let fits = match kinds {
            (Kind::Any, other) | (other, Kind::Any) => other != Kind::Duration,
            (one, other) => one == other,
        };
        if fits {
            return Some(());
        }
        let (left_source, source) = (
            self.place.folded(left.range()),
            self.place.folded(right.range()),
        );
        let is_literal = matches!(right.bare().kind, NodeKind::Number(_));
        if kinds.0 == Kind::Duration && is_literal {
            let message = format!("`{left_source}` is a duration; a plain number says no unit");
            self.fault(code::DURATION_AGAINST_NUMBER, right.range(), message)
                .help = Some(format!("`{source}ms`, `{source}s`, …"));
            return None;
        }
        let number = match kinds {
            (Kind::Duration, Kind::Any | Kind::Number) => Some((source.as_str(), right)),
            (Kind::Any | Kind::Number, Kind::Duration) => Some((left_source.as_str(), left)),
            _ => None,
        };
        let help = number.map(|(number, node)| match node.bare().kind {
            NodeKind::Sum { .. } => "read the numbers in it as durations: `x as ms`".to_owned(),
            _ => format!("read the number as a duration: `{number} as ms`"),
        });
        let message = format!(
            "`{left_source}` is {}, and `{source}` {}",
            kinds.0.called(),
            kinds.1.called()
        );
        // A bare word on the right is a text, even where only a field makes sense.
        let is_word = kinds.1 == Kind::Text && matches!(right.bare().kind, NodeKind::Name(_));
        let word = match kinds.0 {
            // Hardly a field begins with a digit.
            _ if is_word && way_out(&source).is_some() => {
                self.refuse_figure(right, kinds.0, message, &source);
                return None;
            }
            Kind::Number if is_word => Some((format!("the field: `span.{source}`"), true)),
            Kind::Duration if is_word => {
                Some((format!("the field in its unit: `{source} as ms`"), false))
            }
            _ => None,
        };
        let fault = self.fault(code::UNLIKE_TYPES, right.range(), message);
        if let Some((help, is_edit)) = word {
            fault.help = Some(help);
            fault.suggestion = is_edit.then(|| format!("span.{source}"));
        } else {
            fault.help = help;
        }
        None
    }
}
