//! Text from outside as a terminal may be shown it.
//!
//! Names, values and messages come from traces, rule files and file names that others wrote. A control character steers a
//! terminal; a line or paragraph separator forges a line; a bidirectional or other format character makes a text read
//! as what it is not. Each is shown as an escape, `\u{202e}`, and everything else as it is.

use std::borrow::Cow;
use std::fmt::Write;

/// A character that is obeyed or unseen: general categories Cc, Zl, Zp and Cf of Unicode 16, less the format characters
/// that have a glyph of their own (Prepended_Concatenation_Mark, such as the Arabic number sign).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text from outside on one line: no line break, no colour, nothing hidden.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| 0)
}

/// A line of ours, with texts from outside in it; where `is_painted`, its colours are kept.
pub(super) fn line(text: &str, is_painted: bool) -> Cow<'_, str> {
    escaped(text, |rest| colour(rest, is_painted))
}

/// Lines of ours: as [`line`], with line breaks and tabs kept.
pub(super) fn lines(text: &str, is_painted: bool) -> Cow<'_, str> {
    escaped(text, |rest| match rest.as_bytes().first() {
        Some(b'\n' | b'\t') => 1,
        _ => colour(rest, is_painted),
    })
}

/// The length of the colour code that the text begins with: `ESC [`, digits and semicolons, `m`.
fn colour(text: &str, is_painted: bool) -> usize {
    let Some(code) = text.strip_prefix("\x1b[").filter(|_| is_painted) else {
        return 0;
    };
    let digits = code
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b';');
    let length = digits.count();
    if code.as_bytes().get(length) == Some(&b'm') {
        length + 3
    } else {
        0
    }
}

/// `kept` says of a text that begins with a hidden character how many of its bytes may stand.
fn escaped(text: &str, kept: impl Fn(&str) -> usize) -> Cow<'_, str> {
    // As most texts are.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_hidden) {
        let (plain, hidden) = rest.split_at(at);
        shown.push_str(plain);
        let length = match (kept(hidden), hidden.chars().next()) {
            (0, Some(character)) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "{}", character.escape_unicode());
                character.len_utf8()
            }
            (length, _) => {
                shown.push_str(&hidden[..length]);
                length
            }
        };
        rest = &hidden[length..];
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_or_cannot_be_seen_is_an_escape() {
        assert_eq!(
            one_line("a\u{1b}[31mb\r\n\u{9b}"),
            "a\\u{1b}[31mb\\u{d}\\u{a}\\u{9b}"
        );
        assert_eq!(
            one_line("\u{202e}txt\u{2028}\u{2066}"),
            "\\u{202e}txt\\u{2028}\\u{2066}"
        );
        assert_eq!(
            one_line("zero\u{200b}width\u{feff}"),
            "zero\\u{200b}width\\u{feff}"
        );
    }

    #[test]
    fn letters_of_any_script_marks_and_pictures_stand_as_they_are() {
        for text in [
            "",
            "plain",
            "é e\u{301}",
            "日本　語",
            "عربي \u{600}",
            "🚀",
            "a\u{a0}b",
        ] {
            assert!(
                matches!(one_line(text), Cow::Borrowed(same) if same == text),
                "{text:?}"
            );
        }
    }

    #[test]
    fn whatever_is_escaped_is_not_printable_to_the_standard_library_either() {
        let hidden: Vec<char> = ('\0'..=char::MAX).filter(|c| is_hidden(*c)).collect();
        // Of two characters, because a first one is escaped for more reasons.
        let is_printable = |c: &char| !format!("{:?}", format!("a{c}")).contains('\\');
        assert_eq!(hidden.iter().find(|c| is_printable(c)), None);
        assert!(hidden.len() > 65 + 32 + 100, "{} characters", hidden.len());
    }

    #[test]
    fn a_line_keeps_colours_only_where_it_is_painted() {
        let text = "\x1b[31;1mred\x1b[0m \x1b[2J\n";
        assert_eq!(line(text, true), "\x1b[31;1mred\x1b[0m \\u{1b}[2J\\u{a}");
        assert_eq!(
            line(text, false),
            "\\u{1b}[31;1mred\\u{1b}[0m \\u{1b}[2J\\u{a}"
        );
        assert_eq!(lines("a\n\tb\r\n\x1b", false), "a\n\tb\\u{d}\n\\u{1b}");
    }
}
