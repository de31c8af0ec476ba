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

/// What mostly lies behind a syntax error.
pub(super) fn hint(info: &str, rest: &str) -> &'static str {
    let first = rest.chars().next();
    if info.contains("tab") {
        return "indent with spaces, never with tabs";
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
