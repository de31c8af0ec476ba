//! Patterns where a text is compared as it is: `host == "web-*"`, `path contains "^/admin"`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::spelling::quote;
use crate::diagnostic::fault::Origin;

impl Checker<'_> {
    /// Looks at `left word "text"`, which is `node`.
    pub(super) fn doubt_pattern(&mut self, node: &Node, left: &Node, word: &str, right: &Node) {
        let NodeKind::Quoted(text) = &right.bare().kind else {
            return;
        };
        if !self.doubts || self.place.origin != Origin::Here {
            return;
        }
        let field = self.place.folded(left.range());
        let (test, is_denied) = match word {
            "!=" => (meant("==", text), true),
            word => (meant(word, text), false),
        };
        let Some(test) = test else { return };
        let modern = match is_denied {
            true => format!("not ({field} {test})"),
            false => format!("{field} {test}"),
        };
        let message = format!("`{word}` takes `{text}` as it is, and for no pattern");
        let fault = self.fault(code::PATTERN_AS_TEXT, node.range(), message);
        fault.help = Some(format!(
            "write `{modern}`; if the text is meant: `{field} in [{}]`",
            quote(text)
        ));
        fault.suggestion = Some(modern);
    }
}

/// What stands behind the field where a pattern is meant; nothing of a text that may well be one.
fn meant(word: &str, text: &str) -> Option<String> {
    let is_regex =
        text.len() > 1 && text.starts_with('^') || text.contains(".*") || text.contains(".+");
    if is_regex {
        return Some(format!("matches {}", quote(text)));
    }
    // Routes, media types and topics have a `*` of their own, and shares a `%`.
    let is_percent = !text.contains(|c: char| c.is_ascii_digit());
    let any = match () {
        () if text.contains('*') && !text.contains('/') => '*',
        () if text.contains('%') && is_percent => '%',
        () => return None,
    };
    let inner = text.trim_matches(any);
    let (begins, ends) = (text.starts_with(any), text.ends_with(any));
    if inner.is_empty() || inner.contains(any) || inner.contains(' ') {
        return None;
    }
    let inner = quote(inner);
    match (word, begins, ends) {
        ("==" | "contains", true, true) => Some(format!("contains {inner}")),
        ("==", false, true) | ("starts with", false, true) => Some(format!("starts with {inner}")),
        ("==", true, false) | ("ends with", true, false) => Some(format!("ends with {inner}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_told_from_texts() {
        for (word, text, wanted) in [
            ("==", "web-*", Some("starts with \"web-\"")),
            ("==", "*@example.org", Some("ends with \"@example.org\"")),
            ("==", "%admin%", Some("contains \"admin\"")),
            ("contains", "*admin*", Some("contains \"admin\"")),
            ("contains", "^/admin", Some("matches \"^/admin\"")),
            ("==", "pay.*", Some("matches \"pay.*\"")),
            ("==", "*", None),
            ("==", "50%", None),
            ("==", "image/*", None),
            ("==", "GET /users/*", None),
            ("==", "2 * 3", None),
            ("contains", "a*", None),
            ("==", "^", None),
        ] {
            assert_eq!(meant(word, text).as_deref(), wanted, "{word} {text}");
        }
    }
}
