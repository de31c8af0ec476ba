//! Comparisons that hold of more, or of something else, than they read: `x == a or b`, `event:name != exception`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind, Test};
use crate::condition::check::checker::Checker;
use crate::condition::lint::is_known_field;
use crate::rule::{CompareOp, Field, ItemScope};

impl<'a> Checker<'a> {
    /// `tier == gold or silver`: the second is an attribute of its own, `silver == true`. So it is in `path contains "/a" or "/b"`,
    /// in `tier != gold or silver`, and, in quotes, behind `and`.
    pub(super) fn doubt_alternatives(&mut self, parts: &'a [Node], is_and: bool) {
        let mut at = 0;
        while at < parts.len() {
            let first = &parts[at];
            let words: Vec<&Node> = parts[at + 1..]
                .iter()
                .take_while(|part| match is_and {
                    true => is_lone_text(part),
                    false => self.is_lone_word(part),
                })
                .collect();
            at += 1 + words.len();
            let (Some(last), Some(asked)) = (words.last(), asked(first, is_and)) else {
                continue;
            };
            let mut values = vec![self.place.folded(asked.value.range())];
            values.extend(words.iter().map(|word| self.place.folded(word.range())));
            let field = self.place.folded(asked.field.range());
            let joined = if is_and { " and " } else { " or " };
            let modern = match asked.by {
                By::List(word) => format!("{field} {word} [{}]", values.join(", ")),
                By::Each(word) => {
                    let each = values.iter().map(|value| format!("{field} {word} {value}"));
                    each.collect::<Vec<_>>().join(joined)
                }
            };
            let own = self.place.folded(words[0].range());
            let message =
                format!("`{own}` is an attribute of its own here, and asks whether it is `true`");
            let fault = self.fault(code::ATTRIBUTE_AS_VALUE, first.start..last.end, message);
            fault.help = Some(match (&asked.by, is_and) {
                (By::List(_), _) => {
                    format!("one of several values: `{modern}`; if it is meant: `{own} == true`")
                }
                (By::Each(_), _) => {
                    format!("of each value: `{modern}`; if it is meant: `{own} == true`")
                }
            });
            fault.suggestion = Some(modern);
        }
    }

    /// A word alone that reads as a further value, and not as something that is so or not.
    fn is_lone_word(&self, part: &'a Node) -> bool {
        const SO: [&str; 8] = [
            "ok", "valid", "active", "success", "error", "fatal", "test", "internal",
        ];
        match &part.kind {
            NodeKind::Quoted(_) => true,
            NodeKind::Name(word) => {
                let is_so = word.ends_with("ed")
                    || word.contains(['.', '_'])
                    || word.starts_with("is")
                    || word.starts_with("has")
                    || SO.contains(&&**word);
                !is_so
                    && !is_known_field(word)
                    && self.binding(word).is_none()
                    && self.vocabulary.field(word).is_none()
                    && self.vocabulary.macro_at(part, &self.bindings).is_none()
            }
            _ => false,
        }
    }

    /// `event:name != exception` is true of a span that has any other event beside it.
    pub(super) fn doubt_other_event(&mut self, node: &Node, field: Option<&Field>, op: CompareOp) {
        let is_of_event =
            field.and_then(Field::item) == Some(ItemScope::Event) && self.item.is_none();
        if op != CompareOp::Ne || !is_of_event {
            return;
        }
        let written = self.place.folded(node.range());
        let Some((left, right)) = written.split_once("!=") else {
            return;
        };
        let modern = format!("not ({} == {})", left.trim(), right.trim());
        let message =
            "this is true of a span that has some other event, and false of one without events";
        let fault = self.fault(code::SOME_OTHER_EVENT, node.range(), message);
        let own = left.trim().strip_prefix("event.").unwrap_or(left.trim());
        fault.help = Some(format!(
            "that no event is so: `{modern}`; that some event is another: `event.where({own} != {})`",
            right.trim()
        ));
        fault.suggestion = Some(modern);
    }
}

/// How several values are asked for.
enum By {
    /// All in a list behind this word.
    List(&'static str),
    /// One after the other, each behind this word.
    Each(&'static str),
}

/// A field that is held against a value, and how it would be against several.
struct Against<'n> {
    field: &'n Node,
    by: By,
    value: &'n Node,
}

/// What of a field the first of several parts asks; nothing where a second value could not be meant.
fn asked(first: &Node, is_and: bool) -> Option<Against<'_>> {
    let (node, is_denied) = match &first.bare().kind {
        NodeKind::Not(inner) => (inner.bare(), true),
        _ => (first.bare(), false),
    };
    let (field, by, value) = match &node.kind {
        NodeKind::Compare { left, op, right } => {
            let by = match (op, is_denied) {
                (CompareOp::Eq, false) if !is_and => By::List("in"),
                (CompareOp::Eq, true) | (CompareOp::Ne, false) => By::List("not in"),
                _ => return None,
            };
            (left, by, right)
        }
        NodeKind::Test { left, test, right } if !is_denied => {
            let word = match test {
                Test::Matches => "matches",
                Test::Text(op) => op.as_str(),
                Test::In | Test::NotIn => return None,
            };
            (left, By::Each(word), right)
        }
        _ => return None,
    };
    let is_value = match &value.bare().kind {
        NodeKind::Quoted(_) => true,
        NodeKind::Name(word) => !word.contains('.'),
        _ => false,
    };
    let is_named = matches!(
        field.bare().kind,
        NodeKind::Name(_) | NodeKind::Intrinsic(_)
    );
    (is_value && is_named).then_some(Against { field, by, value })
}

/// A text alone that is no name of an attribute, as far as one can tell.
fn is_lone_text(part: &Node) -> bool {
    matches!(&part.kind, NodeKind::Quoted(text) if !text.contains(['.', '_']))
}
