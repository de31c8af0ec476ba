//! What to write in place of one text: its YAML style, indentation and quotes.

use std::ops::Range;

use crate::condition::format::has_comment;
use crate::file::format_file::find::{Passage, scalar_begin};
use crate::file::yaml::{ScalarMap, Style};

/// What to write for a text, if anything changes.
pub(super) fn edit(
    text: &str,
    passage: &Passage<'_>,
    formatted: &str,
    newline: &str,
) -> Option<(Range<usize>, String)> {
    let scalar = passage.node.as_scalar()?;
    let formatted = formatted.trim_end();
    if scalar.value.trim_end() == formatted
        && (!formatted.contains('\n') || scalar.style == Style::Literal)
    {
        return None;
    }
    if formatted
        .chars()
        .any(|c| c.is_control() && c != '\n' || c == '\u{FEFF}')
    {
        // Written with escapes for a reason.
        return None;
    }
    let begin = scalar_begin(text, &passage.node);
    let end = ScalarMap::new(scalar, text).end();
    let is_block = matches!(scalar.style, Style::Literal | Style::Folded);
    if is_block || (formatted.contains('\n') && !passage.is_flow) {
        let (comment, end) = match is_block {
            true => (header_comment(text, begin), content_end(text, begin, end)),
            false => (String::new(), quoted_end(scalar.style, end)),
        };
        let indent = match is_block {
            true => content_indent(text, begin).filter(|&indent| indent > 0),
            false => None,
        };
        let indent = " ".repeat(indent.unwrap_or(passage.indent + 2));
        let mut block = format!("|{comment}");
        for line in formatted.lines() {
            block.push_str(newline);
            if !line.is_empty() {
                block.push_str(&indent);
                block.push_str(line);
            }
        }
        // What stood behind the text on its line, a comment, goes on with the header.
        if !is_block {
            let line_end = text[end..]
                .find(['\r', '\n'])
                .map_or(text.len(), |at| end + at);
            let behind = text[end..line_end].trim_end();
            if !behind.is_empty() {
                block.insert_str(1, behind);
            }
            return Some((begin..line_end, block));
        }
        return Some((begin..end, block));
    }
    let line = one_line(formatted)?;
    let (range, replacement) = match scalar.style {
        Style::DoubleQuoted => (
            begin..quoted_end(scalar.style, end),
            format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\"")),
        ),
        Style::Plain if is_plain(&line) => (begin..end, line),
        style => (
            begin..quoted_end(style, end),
            format!("'{}'", line.replace('\'', "''")),
        ),
    };
    (text[range.clone()] != replacement).then_some((range, replacement))
}

fn quoted_end(style: Style, end: usize) -> usize {
    match style {
        Style::SingleQuoted | Style::DoubleQuoted => end + 1,
        _ => end,
    }
}

/// Several lines as one; `None` if a comment would swallow what follows it.
fn one_line(formatted: &str) -> Option<String> {
    let mut out = String::new();
    let count = formatted.lines().count();
    for (index, line) in formatted.lines().enumerate() {
        if index + 1 < count && has_comment(line) {
            return None;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(line.trim());
    }
    Some(out)
}

/// Whether YAML reads a text as itself without quotes, in block and in flow collections.
fn is_plain(line: &str) -> bool {
    let starts_well = line.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '(');
    let is_word = matches!(
        line.to_lowercase().as_str(),
        "null" | "true" | "false" | "yes" | "no" | "on" | "off"
    );
    starts_well
        && !is_word
        && !line.contains(": ")
        && !line.ends_with(':')
        && !line.contains(" #")
        && !line.contains([',', '[', ']', '{', '}'])
}

/// The comment behind a block's header, with the space in front.
fn header_comment(text: &str, header: usize) -> String {
    let line = text[header..].lines().next().unwrap_or_default();
    match line.find(" #").or_else(|| line.find("\t#")) {
        Some(at) => line[at..].trim_end().to_owned(),
        None => String::new(),
    }
}

/// Indentation of a block's first line with content.
fn content_indent(text: &str, header: usize) -> Option<usize> {
    let line = text[header..]
        .lines()
        .skip(1)
        .find(|line| !line.trim().is_empty())?;
    Some(line.len() - line.trim_start_matches(' ').len())
}

/// The end of a block's last line with content, its line break excluded.
fn content_end(text: &str, header: usize, end: usize) -> usize {
    let end = end.min(text.len());
    header + text[header..end].trim_end().len()
}
