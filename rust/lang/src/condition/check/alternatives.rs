//! Comparisons that hold of more, or of something else, than they read: `x == a or b`, `event:name != exception`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::lint::is_known_field;
use crate::rule::{CompareOp, Field, ItemScope};

impl<'a> Checker<'a> {
    /// `tier == gold or silver`: the second is an attribute of its own, `silver == true`.
    pub(super) fn doubt_alternatives(&mut self, parts: &'a [Node]) {
        let mut at = 0;
        while at < parts.len() {
            let first = &parts[at];
            let words: Vec<&Node> = parts[at + 1..]
                .iter()
                .take_while(|part| self.is_lone_word(part))
                .collect();
            at += 1 + words.len();
            let (
                Some(last),
                NodeKind::Compare {
                    left,
                    op: CompareOp::Eq,
                    right,
                },
            ) = (words.last(), &first.bare().kind)
            else {
                continue;
            };
            let is_word = match &right.bare().kind {
                NodeKind::Quoted(_) => true,
                NodeKind::Name(word) => !word.contains('.'),
                _ => false,
            };
            if !is_word || !matches!(left.bare().kind, NodeKind::Name(_) | NodeKind::Intrinsic(_)) {
                continue;
            }
            let mut values = vec![self.place.folded(right.range())];
            values.extend(words.iter().map(|word| self.place.folded(word.range())));
            let field = self.place.folded(left.range());
            let modern = format!("{field} in [{}]", values.join(", "));
            let own = self.place.folded(words[0].range());
            let message =
                format!("`{own}` is an attribute of its own here, and asks whether it is `true`");
            let fault = self.fault(code::ATTRIBUTE_AS_VALUE, first.start..last.end, message);
            fault.help = Some(format!(
                "one of several values: `{modern}`; if it is meant: `{own} == true`"
            ));
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
