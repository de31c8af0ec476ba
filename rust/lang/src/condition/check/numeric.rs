//! Texts where only numbers go: `http.status == 5xx` is no range, `size == 0x10` compares texts, and no number is equal to one.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::check::notation::{Figure, either, figure};
use crate::condition::lint;
use crate::condition::shipped::PREFIX;
use crate::condition::spelling;
use crate::rule::{CompareOp, Field, ListSource, Literal, Operand, Scope, Term};

/// What the numbers are between which a value is meant, the second excluded.
type Between = (u32, u32);

impl<'a> Checker<'a> {
    /// Looks at `left op right`, once both sides are checked.
    pub(super) fn doubt_text_of_number(
        &mut self,
        range: Range<usize>,
        (term, left): (&Term, &'a Node),
        op: CompareOp,
        (value, right): (&Operand, &'a Node),
    ) {
        let Operand::Literal(literal) = value else {
            return;
        };
        if is_attribute(term) {
            self.doubt_leading_zeros(op, literal, right);
        }
        let Some(is_known) = self.is_doubtful(term, left, &[(literal, right)]) else {
            return;
        };
        let figure = figure_of(literal);
        // An order against a word has its own doubt.
        if !is_known && figure.is_some() && op.is_ordering() {
            return;
        }
        let at = right.bare().range();
        let origin = self.place.origin.clone();
        // Another field of the span is not meant by it.
        self.faults.retain(|fault| {
            !(fault.code == code::ORDERED_WORD && fault.range == at && fault.origin == origin)
        });
        let field = self.place.folded(left.range());
        let meant = match (class_of(literal), figure) {
            (Some(class), _) => Some(compared(&field, op, class)),
            (None, Some(Figure::One(number))) => Some(format!("{field} {} {number}", op.as_str())),
            (None, _) => None,
        };
        self.tell(
            range,
            (left, is_known),
            literal,
            meant,
            ", so this selects nothing",
        );
    }

    /// Looks at `left in list` or `left not in list`.
    pub(super) fn doubt_texts_of_number(
        &mut self,
        (term, left): (&Term, &'a Node),
        is_within: bool,
        (list, right): (&ListSource, &'a Node),
    ) {
        let (true, ListSource::Literals(values)) = (self.doubts, list) else {
            return;
        };
        let nodes = match &right.bare().kind {
            NodeKind::List(nodes) => nodes.as_slice(),
            _ => return self.doubt_named_texts((term, left), values, right),
        };
        let written: Vec<_> = values.iter().zip(nodes).collect();
        if is_attribute(term) {
            for (value, node) in &written {
                self.doubt_leading_zeros(CompareOp::Eq, value, node);
            }
        }
        let Some(is_known) = self.is_doubtful(term, left, &written) else {
            return;
        };
        let field = self.place.folded(left.range());
        let listed = numbers_of(values).map(|numbers| match is_within {
            true => format!("{field} in [{numbers}]"),
            false => format!("{field} not in [{numbers}]"),
        });
        let classes = || any_of(&field, values);
        let meant = listed.or_else(|| {
            classes().map(|meant| match is_within {
                true => meant,
                false => format!("not ({meant})"),
            })
        });
        let Some(text) = values.iter().find(|value| is_no_number(value)) else {
            return;
        };
        let range = left.range().start..right.range().end;
        self.tell(range, (left, is_known), text, meant, "");
    }

    /// Looks at a list that has a name: what is written out where it stands is doubted there, and other fields may hold its texts.
    /// Of a number nothing in it is one, or something is meant as one.
    fn doubt_named_texts(
        &mut self,
        (term, left): (&Term, &'a Node),
        values: &[Literal],
        right: &'a Node,
    ) {
        let mut texts = values.iter().filter(|value| is_no_number(value));
        let is_class = |value: &Literal| class_of(value).is_some();
        let of_class = values.iter().find(|value| is_class(value));
        let are_all = values.iter().all(is_no_number);
        let Some(text) = of_class.or_else(|| texts.next().filter(|_| are_all)) else {
            return;
        };
        if !matches!(right.bare().kind, NodeKind::Name(_)) || !holds_number(term, left) {
            return;
        }
        let range = right.bare().range();
        self.tell(range, (left, true), text, None, "");
    }

    /// Looks at `left contains text` and the like, which read the digits of a number.
    pub(super) fn doubt_part_of_number(
        &mut self,
        (term, left): (&Term, &'a Node),
        value: &Operand,
        right: &'a Node,
    ) {
        let Operand::Literal(Literal::Text(text)) = value else {
            return;
        };
        let is_part = |sign: char| sign.is_ascii_digit() || ".eE+-".contains(sign);
        if !self.doubts || text.chars().all(is_part) || !holds_number(term, left) {
            return;
        }
        let field = self.place.folded(left.range());
        let message = format!("`{field}` holds a number, and no number has `{text}` in it");
        let help = if_emitted(&field);
        self.fault(code::NUMBER_AGAINST_TEXT, right.range(), message)
            .help = Some(help);
    }

    /// Whether one of the values, each with the word that says it, is no number where one is wanted: `Some(true)` where nothing else goes under the name,
    /// `Some(false)` where the word alone tells, `5xx` or `0x10`.
    fn is_doubtful(
        &self,
        term: &Term,
        left: &Node,
        values: &[(&Literal, &'a Node)],
    ) -> Option<bool> {
        if !self.doubts || !values.iter().any(|(value, _)| is_no_number(value)) {
            return None;
        }
        if holds_number(term, left) {
            return Some(true);
        }
        let is_bare = |node: &Node| matches!(node.bare().kind, NodeKind::Name(_));
        let mut told = values.iter();
        let is_told = told.any(|(value, node)| {
            is_bare(node) && (class_of(value).is_some() || figure_of(value).is_some())
        });
        (is_attribute(term) && is_told).then_some(false)
    }

    fn tell(
        &mut self,
        range: Range<usize>,
        (left, is_known): (&Node, bool),
        value: &Literal,
        meant: Option<String>,
        so: &str,
    ) {
        let field = self.place.folded(left.range());
        let text = match value {
            Literal::Bool(value) => value.to_string(),
            Literal::Text(text) => text.to_string(),
            _ => return,
        };
        let message = match is_known {
            true => format!("`{field}` holds a number, and `{text}` is none{so}"),
            false if class_of(value).is_some() => {
                format!("`{text}` is a text here and no range of numbers")
            }
            false => format!("`{text}` is a text here and no number"),
        };
        let emitted = match is_known {
            true => if_emitted(&field),
            false => format!("if your services emit the text, put it in quotes: `\"{text}\"`"),
        };
        // Each element is asked by itself: two comparisons could be of two.
        let meant = meant.filter(|meant| !self.in_each || is_one(meant));
        let whole = meant.map(|meant| self.apart(&range, meant));
        let fault = self.fault(code::NUMBER_AGAINST_TEXT, range, message);
        fault.help = Some(match &whole {
            Some(whole) => format!("write `{whole}`; {emitted}"),
            None => match figure_of(value) {
                Some(Figure::Either(decimal, binary)) => {
                    format!("{}; {emitted}", either(&decimal, &binary))
                }
                _ => format!("compare it with a number; {emitted}"),
            },
        });
        fault.suggestion = whole;
    }

    /// In parentheses, unless it stands alone between such: `not x == 5xx` is `not (x >= 500 and x < 600)`.
    fn apart(&self, range: &Range<usize>, meant: String) -> String {
        let text = self.place.text;
        let is_alone = text[..range.start].trim_end().ends_with('(')
            && text[range.end..].trim_start().starts_with(')');
        match is_alone || is_one(&meant) {
            true => meant,
            false => format!("({meant})"),
        }
    }
}

/// Whether it is one comparison.
fn is_one(meant: &str) -> bool {
    !meant.contains(" and ") && !meant.contains(" or ")
}

/// What to do where the doubt is wrong. Of names of the vocabulary it is not.
fn if_emitted(field: &str) -> String {
    match field.starts_with(PREFIX) {
        true => "every instrumentation emits numbers there".to_owned(),
        false => {
            let key = field.strip_prefix("span.").unwrap_or(field);
            format!("if your services emit texts, put the name in quotes: `\"{key}\"`")
        }
    }
}

/// Whether nothing but numbers goes under the name on the left. In quotes it says that it is meant as it is.
fn holds_number(term: &Term, left: &Node) -> bool {
    let name = match &left.bare().kind {
        NodeKind::Name(name) | NodeKind::Intrinsic(name) => &**name,
        _ => return false,
    };
    match term.as_field() {
        Some(Field::Attribute { scope, key }) => {
            matches!(scope, Scope::SpanThenResource | Scope::Span) && lint::holds_number(key)
        }
        Some(Field::FirstOf(_)) => name.starts_with(PREFIX) && lint::holds_number(name),
        _ => false,
    }
}

/// A text that does not read as a number, or `true` and `false`.
fn is_no_number(value: &Literal) -> bool {
    match value {
        Literal::Bool(_) => true,
        Literal::Text(text) => !text.parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}

/// Whether an attribute is compared, or the first of several that a span has.
fn is_attribute(term: &Term) -> bool {
    matches!(
        term.as_field(),
        Some(Field::Attribute { .. } | Field::FirstOf(_))
    )
}

/// The number that a word is in the spelling of another language.
fn figure_of(value: &Literal) -> Option<Figure> {
    match value {
        Literal::Text(text) => figure(text),
        _ => None,
    }
}

/// The items of a list of numbers, each written out.
fn numbers_of(values: &[Literal]) -> Option<String> {
    let items = values.iter().map(|value| match (value, figure_of(value)) {
        (Literal::Number(number), _) => Some(spelling::number(*number)),
        (_, Some(Figure::One(number))) => Some(number),
        _ => None,
    });
    let items: Vec<String> = items.collect::<Option<_>>()?;
    Some(items.join(", "))
}

/// The codes that `5xx` stands for.
fn class_of(value: &Literal) -> Option<Between> {
    let Literal::Text(text) = value else {
        return None;
    };
    let [digit @ b'1'..=b'9', b'x' | b'X' | b'*', b'x' | b'X' | b'*'] = text.as_bytes() else {
        return None;
    };
    let least = u32::from(digit - b'0') * 100;
    Some((least, least + 100))
}

/// `x == 5xx` and the like, said with numbers.
fn compared(field: &str, op: CompareOp, (least, end): Between) -> String {
    match op {
        CompareOp::Eq => between(field, (least, end)),
        CompareOp::Ne => format!("{field} < {least} or {field} >= {end}"),
        CompareOp::Lt => format!("{field} < {least}"),
        CompareOp::Le => format!("{field} < {end}"),
        CompareOp::Gt => format!("{field} >= {end}"),
        CompareOp::Ge => format!("{field} >= {least}"),
    }
}

fn between(field: &str, (least, end): Between) -> String {
    format!("{field} >= {least} and {field} < {end}")
}

/// `x in [404, 5xx]` said with numbers, classes that follow each other together. `None`: a text is neither.
fn any_of(field: &str, values: &[Literal]) -> Option<String> {
    let mut classes: Vec<Between> = Vec::new();
    let mut parts = Vec::new();
    for value in values {
        match (class_of(value), value) {
            (Some((least, end)), _) => match classes.last_mut() {
                Some(last) if last.1 == least => last.1 = end,
                _ => classes.push((least, end)),
            },
            (None, Literal::Number(number)) => {
                parts.push(format!("{field} == {}", spelling::number(*number)))
            }
            (None, _) => return None,
        }
    }
    parts.extend(classes.into_iter().map(|class| between(field, class)));
    Some(parts.join(" or "))
}
