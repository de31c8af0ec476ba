//! What people look for behind a syntax error of YAML.

/// The first tab at or behind a place that only blanks and the begin of its line precede.
pub(super) fn indenting_tab(text: &str, at: usize) -> Option<usize> {
    let from = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let mut begin = from;
    for line in text[from..].split_inclusive('\n').take(64) {
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..blanks].find('\t').filter(|tab| begin + tab >= at) {
            return Some(begin + tab);
        }
        begin += line.len();
    }
    None
}

/// Whether the line of `at` begins with a key, deeper than the line before, which has a value behind its own key.
fn goes_on(text: &str, at: usize) -> bool {
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let own = &text[begin..at];
    let is_key = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let before = text[..begin].lines().next_back().unwrap_or_default();
    let has_value = before
        .trim_start_matches([' ', '-'])
        .split_once(": ")
        .is_some_and(|(key, value)| is_key(key) && !value.trim().is_empty());
    is_key(own.trim_start()) && has_value && indent(own) > indent(before)
}

/// What mostly lies behind a syntax error at `at`.
pub(super) fn hint(info: &str, text: &str, at: usize) -> &'static str {
    let rest = &text[at..];
    let first = rest.chars().next();
    if info.contains("tab") {
        return "indent with spaces, never with tabs";
    }
    if first == Some(':') && goes_on(text, at) {
        return "this line is indented deeper than the one before and so goes on with its text; begin both in one column";
    }
    if info.contains("double-quoted") && info.contains("trailing") {
        return "inside double quotes a `\"` is written `\\\"`; or write the text as a block (`|`)";
    }
    if info.contains("single-quoted") && info.contains("trailing") {
        return "inside single quotes a `'` is written `''`; or write the text as a block (`|`)";
    }
    if info.contains("flow") && matches!(first, Some('{' | '}' | '[' | ']')) {
        return "between braces or brackets a text with `{ } [ ] ,` needs quotes; or write it on lines of its own, as a block (`|`)";
    }
    match first {
        Some('@' | '`' | '%' | ',' | '{' | '[' | '}' | ']') => {
            "a text that begins with one of `@ % , { [ } ]` needs quotes, or a block (`|`)"
        }
        Some('\'' | '"') => {
            "is the closing quote missing? a `'` inside single quotes is written `''`"
        }
        Some(':') => "a text with `: ` in it needs quotes, or a block (`|`)",
        Some('*') => {
            "a text that begins with `*` needs quotes; else it is an alias, and no such anchor stands before it"
        }
        _ => {
            "look for a missing quote, colon or space, or for a line indented otherwise than those before it"
        }
    }
}
